"""How long the bars of a table are, when each of them closes, and which stamp says so."""

from __future__ import annotations

import numpy as np

from feeds.arrays import DAY, Instants, instants
from feeds.calendars import Stamp
from feeds.errors import DataError

_MINUTES = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360,
    "8h": 480, "12h": 720, "1d": 1440, "3d": 4320, "1w": 10080,
}  # fmt: skip
MONTH = "1mo"
LENGTHS = (*_MINUTES, MONTH)
_MINUTE = np.timedelta64(1, "m")
_LONGEST_PAUSE = 5 * DAY
"""Exchanges close for weekends and holidays, of which two trading days may be all that is left."""


def length_of(time: Instants, source: str, traded_daily: bool = True) -> str:
    """The length of bars with these labels, by the shortest step between two of them.

    Parameters
    ----------
    time : datetime64[ns] (R,)
        In any order.
    source : str
        Where they are from, for messages.
    traded_daily : bool
        False for a market that closes on weekends.

    Raises
    ------
    DataError
        For a single label, and for steps of no usual length, asking for `--frequency`.
    """
    steps = np.diff(np.unique(time))
    if not len(steps):
        raise DataError(
            f"{source}: one bar does not show how long it is; give it with `--frequency 1d`"
        )
    shortest = steps.min()
    minutes = shortest / _MINUTE
    for length, each in _MINUTES.items():
        # Three days between dates are a weekend; where they are bars, close times say so.
        if minutes == each and length != "3d":
            return length
    if 28 * DAY <= shortest <= 31 * DAY:
        return MONTH
    if not traded_daily and DAY < shortest <= _LONGEST_PAUSE:
        return "1d"
    raise DataError(
        f"{source}: the closest rows are {minutes:g} minutes apart, which is no length of bars; "
        "correct the times, or give the length with `--frequency`"
    )


def length_between(opened: Instants, closed: Instants) -> str | None:
    """The length of bars that most rows have from open to close; None if it is no usual one."""
    spans, counts = np.unique(np.rint((closed - opened) / _MINUTE), return_counts=True)
    minutes = int(spans[counts.argmax()])
    if 28 * 1440 <= minutes <= 31 * 1440:
        return MONTH
    return next((length for length, each in _MINUTES.items() if each == minutes), None)


def closes(time: Instants, length: str, source: str) -> Instants:
    """When bars that open at `time` close.

    Raises
    ------
    DataError
        For a length that is none of `LENGTHS`.
    """
    if length == MONTH:
        months = time.astype("datetime64[M]")
        first = instants(months) == time
        return np.where(first, instants(months + 1), time + 31 * DAY)
    if length not in _MINUTES:
        raise DataError(f"{source}: '{length}' is no length of bars; use {', '.join(LENGTHS)}")
    return time + _MINUTES[length] * _MINUTE


def stamp_of(length: str) -> Stamp:
    """The stamp of 24/7 bars: `release`, known at their close, where the length has none."""
    if length == "1d":
        return "day_start"
    return "hour_start" if length == "1h" else "release"
