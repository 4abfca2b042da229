"""One id of a panel as a backtrader data feed."""

from __future__ import annotations

import array
from typing import Any

import backtrader as bt
import numpy as np

from feeds.arrays import NS_PER_DAY, Bool, Float, Instant, Instants
from feeds.panel import Panel

_EPOCH = 719_163
"""backtrader counts days from 0001-01-01 as day 1; this is 1970-01-01."""

_LINES = ("open", "high", "low", "close", "volume")


def day_floats(times: Instants) -> Float:
    """Instants as the floating-point day numbers by which backtrader orders its bars."""
    day, nanoseconds = np.divmod(times.astype("datetime64[ns]").astype(np.int64), NS_PER_DAY)
    return (day + _EPOCH).astype(np.float64) + nanoseconds / NS_PER_DAY


def instant_of(day: float) -> Instant:
    """The instant of a backtrader day number, to the second."""
    return np.datetime64(round((day - _EPOCH) * 86_400), "s").astype("datetime64[ns]")


class PanelFeed(bt.feed.DataBase):
    """The bars of one id, stamped with the instant at which each became known.

    The line `opened_at` has the day number at which the bar opened.

    With `preload` the lines get whole buffers at once; without it, bars come one at a time and a
    strategy that reads ahead gets an IndexError.
    """

    lines: Any = ("opened_at",)
    params = (("columns", None), ("tradable", True))

    def start(self) -> None:
        """Begin before the first bar."""
        super().start()
        self._row = 0

    def preload(self) -> None:
        """Hand the buffers over to the lines, which own them for the run."""
        for k, line in enumerate(self.lines):
            line.array = self.p.columns[self._getlinealias(k)]
        self.home()

    def _load(self) -> bool:
        columns = self.p.columns
        if self._row >= len(columns["datetime"]):
            return False
        for k, line in enumerate(self.lines):
            line[0] = columns[self._getlinealias(k)][self._row]
        self._row += 1
        return True


def feed(panel: Panel, column: int, has_bar: Bool, *, tradable: bool = True) -> PanelFeed:
    """The feed of one id: a bar wherever `has_bar` (T,) says so, and no other."""
    rows = np.flatnonzero(has_bar)
    columns: dict[str, Any] = {
        "datetime": _buffer(day_floats(panel.known_at[rows])),
        "opened_at": _buffer(day_floats(panel.opened_at[rows])),
    }
    for name in _LINES:
        if name in panel.fields:
            columns[name] = _buffer(panel[name][rows, column])
    blank = _buffer(np.full(len(rows), np.nan))
    for name in (*_LINES, "openinterest"):
        columns.setdefault(name, blank)
    # No timeframe beyond the stamp matters: nothing is resampled inside backtrader.
    return PanelFeed(columns=columns, tradable=tradable, timeframe=bt.TimeFrame.Minutes)


def _buffer(values: Float) -> array.array[float]:
    out = array.array("d")
    out.frombytes(np.ascontiguousarray(values, dtype=np.float64).tobytes())
    return out
