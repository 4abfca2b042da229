"""Weekly bars made of the rows of a panel: a week is a bar once it is over, never before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from feeds.arrays import DAY, NS_PER_DAY, Bool, Float, Instants, Int
from feeds.calendars import ALWAYS
from feeds.panel import Panel

BarLength = Literal["week", "row"]

MONDAY = np.datetime64("1970-01-05", "ns")
WEEK = 7 * NS_PER_DAY


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars that consist of rows of a panel.

    Attributes
    ----------
    start, stop : int64 (B,)
        The rows of each bar, from `start` up to, not including, `stop`; equal where it has none.
    row : int64 (B,)
        The row with which a bar is known to be complete; its last one, or one after it.
    count : int64 (T,)
        How many bars are complete at each row of the panel.
    """

    start: Int
    stop: Int
    row: Int
    count: Int

    def last(self, values: Float) -> Float:
        """The last known number of each bar, float64 (B, N); NaN where it has none."""
        length = self.stop - self.start
        out = np.full((len(length), values.shape[1]), np.nan)
        for back in range(1, int(length.max(initial=0)) + 1):
            longer = np.flatnonzero(length >= back)
            out[longer] = np.where(
                np.isnan(out[longer]), values[self.stop[longer] - back], out[longer]
            )
        return out

    def lowest(self, values: Float) -> Float:
        """The lowest known number of each bar, float64 (B, N); NaN where it has none."""
        length = self.stop - self.start
        out = np.full((len(length), values.shape[1]), np.nan)
        for back in range(1, int(length.max(initial=0)) + 1):
            longer = np.flatnonzero(length >= back)
            out[longer] = np.fmin(out[longer], values[self.stop[longer] - back])
        return out

    def at_rows(self, claims: Bool) -> Bool:
        """What holds for the last complete bar of each row, bool (T, N); False before the first."""
        before = np.zeros((1, claims.shape[1]), dtype=bool)
        return np.concatenate((before, claims))[self.count]

    def is_fresh(self, events: Bool, label: Instants, days: int) -> Bool:
        """Whether an event became known less than `days` whole days before each row, bool (T, N).

        Parameters
        ----------
        events : bool (B, N)
            The bars with which an event becomes known.
        label : datetime64[ns] (T,)
            The labels of the rows; days count from the row with which the bar was complete.
        """
        bar = np.flatnonzero(events.any(axis=1))
        end = np.zeros(len(events), dtype=np.int32)
        end[bar] = np.searchsorted(label, label[self.row[bar]] + days * DAY)
        last = np.maximum.accumulate(np.where(events, end[:, None], np.int32(0)), axis=0)
        before = np.zeros((1, events.shape[1]), dtype=np.int32)
        return np.arange(len(label))[:, None] < np.concatenate((before, last))[self.count]


def bars_of(seen: Panel, length: BarLength) -> Bars:
    """The rows of `seen` themselves as bars, or its complete weeks.

    On a 24/7 panel a week is what became known after one Monday 00:00 UTC and until the next; a
    row known at that instant completes it. On the panel of an exchange it is the sessions up to
    Friday's, which completes it. Without such a row the first one after it does. Weeks without
    rows are bars too, so that bars are a week apart.
    """
    if length == "row":
        rows = np.arange(len(seen))
        return Bars(rows, rows + 1, rows, rows + 1)
    if seen.calendar == ALWAYS:
        passed = (seen.known_at - MONDAY).astype(np.int64)
        complete, week = passed // WEEK, -(-passed // WEEK) - 1
    else:
        # Day 0 was a Thursday, so that (day + 5) % 7 is 6 on a Friday and 0 on the next day.
        complete, week = (seen.day + 6) // 7, (seen.day + 5) // 7
    count = complete - week[:1]
    number = np.arange(count[-1] if len(count) else 0) + week[:1]
    return Bars(
        np.searchsorted(week, number),
        np.searchsorted(week, number, side="right"),
        np.searchsorted(complete, number, side="right"),
        count,
    )
