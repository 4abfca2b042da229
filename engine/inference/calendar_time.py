"""Calendar-time portfolios: one return a bar for all windows that are open, however they overlap.

Forward returns over windows that overlap share their bars, so they are not so many observations.
Held as one portfolio the windows give one return a bar, and a bar counts once (Fama 1998). What
dependence is left between bars is met by the standard error of Newey and West (1987).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from feeds.arrays import Bool, Float, Int

_FEWEST_WINDOWS = 2


@dataclass(frozen=True)
class CalendarTime:
    """The mean return a bar while any window is open, and how many standard errors it is.

    Attributes
    ----------
    bars : int
        Bars on which at least one window was open.
    mean : float
        NaN without such a bar.
    t : float
        NaN where undefined; `reason` says why.
    lag : int
        Of the Newey-West standard error.
    reason : str
    """

    bars: int
    mean: float
    t: float
    lag: int
    reason: str = ""


def open_windows(starts: Int, stops: Int, bars: int) -> Bool:
    """Where a window is open: after its start, up to and with its stop; bool (bars,).

    Raises
    ------
    ValueError
        For a window that ends before it begins, or is not within the bars.
    """
    if starts.shape != stops.shape or np.any((starts < 0) | (stops < starts) | (stops >= bars)):
        raise ValueError(f"a window begins before 0, ends before it begins, or not in {bars} bars")
    change = np.zeros(bars + 1, dtype=np.int64)
    np.add.at(change, starts + 1, 1)
    np.add.at(change, stops + 1, -1)
    return np.cumsum(change)[:bars] > 0


def newey_west_error(returns: Float, lag: int) -> float:
    """Standard error of the mean with Bartlett weights up to `lag`.

    sqrt((g0 + 2 sum_{k=1..L} (1 - k / (L + 1)) g_k) / n) with g_k = sum_t d_t d_(t-k) / n, d being
    the deviations from the mean: Newey and West (1987), as in a regression on a constant. NaN
    without returns.
    """
    if not len(returns):
        return math.nan
    away = returns - np.mean(returns)
    total = float(np.sum(away * away))
    for k in range(1, min(lag, len(away) - 1) + 1):
        total += 2.0 * (1.0 - k / (lag + 1.0)) * float(np.sum(away[k:] * away[:-k]))
    return math.sqrt(max(total, 0.0)) / len(away)


def calendar_time(starts: Int, stops: Int, returns: Float) -> CalendarTime:
    """The calendar-time portfolio of windows in one series of returns.

    Parameters
    ----------
    starts, stops : int64 (E,)
        Rows of the closes at which each window begins and ends: its returns are those of the rows
        after its start, up to and with its stop.
    returns : float64 (T,)
        Return from the close before to each close; bars with NaN are left out.

    Raises
    ------
    ValueError
        As `open_windows`, and for a return that is infinite.

    Notes
    -----
    The lag is the longest window less one, in bars. Below two such windows of bars the error cannot
    be told, and `t` is NaN.
    """
    if np.any(np.isinf(returns)):
        raise ValueError(f"the return at row {int(np.argmax(np.isinf(returns)))} is infinite")
    window = int(np.max(stops - starts, initial=0))
    lag = max(window - 1, 0)
    chosen = returns[open_windows(starts, stops, len(returns)) & ~np.isnan(returns)]
    if not len(chosen):
        return CalendarTime(0, math.nan, math.nan, lag, "no window is open on any bar")
    mean = float(np.mean(chosen))
    if len(chosen) < _FEWEST_WINDOWS * window or len(chosen) < 3:
        reason = f"{len(chosen)} bars are less than two windows of {window}"
        return CalendarTime(len(chosen), mean, math.nan, lag, reason)
    error = newey_west_error(chosen, lag)
    if error < 1e-12 * max(1.0, abs(mean)):
        return CalendarTime(len(chosen), mean, math.nan, lag, "the returns do not vary")
    return CalendarTime(len(chosen), mean, mean / error, lag)
