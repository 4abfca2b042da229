"""The bars of one id as backtrader wants them: buffers of numbers, times as days."""

from __future__ import annotations

import array
from functools import cached_property

import numpy as np

from feeds.arrays import NS_PER_DAY, Bool, Float, Instant, Instants, Int
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


class FeedBars:
    """The bars of one id: a bar wherever `has_bar` (T,) says so, and no other.

    Buffers are made when they are asked for: most runs read none.
    """

    def __init__(self, panel: Panel, column: int, has_bar: Bool) -> None:
        self._panel, self._column, self._has_bar = panel, column, has_bar

    @cached_property
    def rows(self) -> Int:
        """Rows of the panel that are bars."""
        return np.flatnonzero(self._has_bar)

    def __len__(self) -> int:
        return len(self.rows)

    def buffer(self, line: str) -> array.array[float]:
        """The values of a line, one a bar; NaN where the panel has no such field."""
        if line == "datetime":
            values = day_floats(self._panel.known_at[self.rows])
        elif line == "opened_at":
            values = day_floats(self._panel.opened_at[self.rows])
        elif line in _LINES and line in self._panel.fields:
            values = self._panel[line][self.rows, self._column]
        else:
            values = np.full(len(self), np.nan)
        out = array.array("d")
        out.frombytes(np.ascontiguousarray(values, dtype=np.float64).tobytes())
        return out
