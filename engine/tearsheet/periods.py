"""Returns by calendar month and year, from an equity curve with point 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feeds.arrays import DAY, Float, Instants, Int

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
    return _returns(time, nav, "M", slack_days)


def yearly_returns(time: Instants, nav: Float, slack_days: int) -> tuple[PeriodReturn, ...]:
    """The return of every calendar year in UTC; parameters as for `monthly_returns`."""
    return _returns(time, nav, "Y", slack_days)


def _returns(time: Instants, nav: Float, unit: str, slack_days: int) -> tuple[PeriodReturn, ...]:
    closes = time[1:] - _NANOSECOND
    periods: Int = closes.astype(f"datetime64[{unit}]").astype(np.int64)
    last = np.append(np.flatnonzero(np.diff(periods)), len(periods) - 1)
    ends = nav[1:][last]
    values = ends / np.concatenate((nav[:1], ends[:-1])) - 1.0
    step, out = np.timedelta64(1, unit), []  # type: ignore[call-overload]
    for row, value in zip(last.tolist(), values.tolist(), strict=True):
        period = closes[row].astype(f"datetime64[{unit}]")
        begin, end = period.astype("datetime64[ns]"), (period + step).astype("datetime64[ns]")
        missing = max((time[0] - begin) / DAY, (end - time[-1]) / DAY)
        out.append(PeriodReturn(str(period), value, bool(missing > slack_days)))
    return tuple(out)
