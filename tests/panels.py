"""Small panels for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from feeds.arrays import Float
from feeds.panel import Panel

DAY = np.timedelta64(1, "D")


def coins(
    close: Mapping[str, Sequence[float | None]],
    open_: Mapping[str, Sequence[float | None]] | None = None,
    volume: Mapping[str, Sequence[float]] | None = None,
    start: str = "2020-01-01",
) -> Panel:
    """Daily 24/7 bars; None is no bar, the open is the close unless it is given."""
    ids = tuple(close)
    closes = _table(close)
    opens = _table(open_) if open_ else closes.copy()
    volumes = _table(volume) if volume else np.where(np.isnan(closes), np.nan, 1000.0)
    days = np.datetime64(start, "ns") + np.arange(len(closes)) * DAY
    fields = {
        "open": opens,
        "high": np.maximum(opens, closes),
        "low": np.minimum(opens, closes),
        "close": closes,
        "volume": volumes,
    }
    return Panel.build("coins", "24/7", days, days, days + DAY, ids, fields)


def values(name: str, rows: ArrayLike, start: str = "2020-01-01", step_days: int = 1) -> Panel:
    """A value panel of one series, known at the instants it is labelled with."""
    column = np.asarray(rows, dtype=np.float64)[:, None]
    times = np.datetime64(start, "ns") + np.arange(len(column)) * step_days * DAY
    return Panel.build(name, "24/7", times, times, times, (name,), {name: column})


def _table(columns: Mapping[str, Sequence[float | None]]) -> Float:
    rows = [[np.nan if cell is None else cell for cell in column] for column in columns.values()]
    return np.array(rows, dtype=np.float64).T
