"""Returns by calendar month and year, from an equity curve with point 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.measures.calendar import monthly_table, yearly_table
from feeds.arrays import DAY, Float, Instants

_NANOSECOND = np.timedelta64(1, "ns")


@dataclass(frozen=True, slots=True)
class PeriodReturn:
    """The return of one month (`2020-03`) or year (`2020`); `partial` if the run covers less."""

    label: str
    value: float
    partial: bool


def monthly_returns(time: Instants, nav: Float, slack_days: int) -> tuple[PeriodReturn, ...]:
    """The return of every calendar month in UTC.

    Parameters
    ----------
    time : datetime64[ns] (T + 1,)
        Point 0 and the closes; a close at midnight belongs to the day that ends then.
    nav : float64 (T + 1,)
    slack_days : int
        Days that may be missing at either end of a whole month: 0 for a market that never closes,
        a few where weekends and holidays fall on its ends.
    """
    return _returns(time, nav, slack_days, monthly_table, "M")


def yearly_returns(time: Instants, nav: Float, slack_days: int) -> tuple[PeriodReturn, ...]:
    """The return of every calendar year in UTC; parameters as for `monthly_returns`."""
    return _returns(time, nav, slack_days, yearly_table, "Y")


def _returns(
    time: Instants,
    nav: Float,
    slack_days: int,
    table: Callable[[Float, Instants], dict[str, float]],
    unit: Literal["M", "Y"],
) -> tuple[PeriodReturn, ...]:
    found = table(nav[1:] / nav[:-1] - 1.0, time[1:] - _NANOSECOND)
    out = []
    for label, value in found.items():
        period = np.datetime64(label, unit)
        begin, end = (each.astype("datetime64[ns]") for each in (period, period + 1))
        missing = max((time[0] - begin) / DAY, (end - time[-1]) / DAY)
        out.append(PeriodReturn(label, value, bool(missing > slack_days)))
    return tuple(out)
