"""Signal events on the closes of the clock: when each became known, and how it went on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.study.held import rows_after
from feeds.arrays import Bool, Float, Instants, Int

ON, OFF, UNKNOWN = "on", "off", "unknown"


@dataclass(frozen=True, eq=False)
class Events:
    """The events of a signal in a period, a row each.

    Attributes
    ----------
    row : int64 (E,)
        Row of the period at whose close the event is known.
    age_days : float64 (E,)
        Age of the signal's value at that close.
    days_on : float64 (E,)
        Whole days until the first close at which the signal is known not to be above 0; NaN where
        the data end before.
    state : tuple of str
        The signal at the end of the longest horizon, or of the data: `on`, `off`, `unknown`.
    merged : int
        Events that followed another in fewer days than `merge_days`, and are part of it.
    """

    row: Int
    age_days: Float
    days_on: Float
    state: tuple[str, ...]
    merged: int

    def __len__(self) -> int:
        return len(self.row)


def event_rows(values: Float, first_row: int) -> Int:
    """Rows, counted from `first_row`, at which the signal comes to be above 0.

    Above 0 at this close, and known and not above 0 at the last close before at which it was known.
    A signal that is above 0 when it is first known gives no event: when that began, nobody knows.
    """
    known = np.flatnonzero(~np.isnan(values))
    above = values[known] > 0
    rows = known[1:][above[1:] & ~above[:-1]]
    return rows[rows >= first_row] - first_row


def merged(rows: Int, when: Instants, days: int) -> Int:
    """The rows without those that follow the last one kept in fewer than `days` days."""
    kept: list[int] = []
    for row in rows.tolist():
        if not kept or when[row] - when[kept[-1]] >= np.timedelta64(days, "D"):
            kept.append(row)
    return np.array(kept, dtype=np.int64)


def find_events(
    values: Float,
    age_days: Float,
    first_row: int,
    when: Instants,
    merge_days: int,
    longest_days: int,
) -> Events:
    """The events of a signal.

    Parameters
    ----------
    values, age_days : float64
        On all rows of the clock; those before `first_row` tell what came before the period.
    first_row : int
    when : datetime64[ns] (T,)
        What days are counted by, on the rows of the period.
    merge_days, longest_days : int
    """
    every = event_rows(values, first_row)
    rows = merged(every, when, merge_days)
    inside = values[first_row:]
    last = rows_after(when, rows, longest_days)
    last[last < 0] = len(when) - 1
    return Events(
        rows,
        age_days[first_row:][rows],
        np.array([_days_on(inside, when, row) for row in rows.tolist()], dtype=np.float64),
        tuple(states(inside[last])),
        len(every) - len(rows),
    )


def _days_on(values: Float, when: Instants, row: int) -> float:
    off = np.flatnonzero(values[row:] <= 0)
    if not len(off):
        return np.nan
    return float((when[row + off[0]] - when[row]) // np.timedelta64(1, "D"))


def states(values: Float) -> list[str]:
    """`on` above 0, `off` at 0 and below, `unknown` for NaN."""
    return [UNKNOWN if value != value else ON if value > 0 else OFF for value in values.tolist()]


def mask(rows: Int, count: int) -> Bool:
    """True at some rows of `count`."""
    out = np.zeros(count, dtype=bool)
    out[rows] = True
    return out
