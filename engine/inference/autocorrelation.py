"""The annual Sharpe ratio of returns that remember: Lo's factor in place of sqrt(P).

sqrt(P) is right for independent returns only. Stale marks make neighbouring returns alike, the
volatility per bar too small, and the annual ratio too large.

References
----------
Lo, The Statistics of Sharpe Ratios, Financial Analysts Journal 58(4) 2002; Newey and West (1987,
1994) for the weights and the lag.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.measures.moments import deviation, mean, varies
from feeds.arrays import Float

NAN = math.nan
_FEWEST_RETURNS = 3
_SHORT = 0.01
_TERMS = 10


def lo_error(ratio: float, count: int) -> float:
    """Standard error of a Sharpe ratio of independent normal returns: sqrt((1 + SR^2 / 2) / T)."""
    return math.sqrt((1.0 + ratio**2 / 2.0) / count) if count > 0 else NAN


def autocorrelations(returns: Float, lags: int) -> Float:
    """Autocorrelations at lags 1 to `lags`, sum d_t d_(t-k) / sum d_t^2, float64 (lags,).

    NaN for returns that do not vary; 0 at lags beyond the series.
    """
    if not varies(returns):
        return np.full(lags, NAN)
    away = returns - np.mean(returns)
    total = float(np.sum(away * away))
    found = [float(np.sum(away[k:] * away[:-k])) / total for k in range(1, lags + 1)]
    return np.array(found)


def aggregation_factor(periods: float, correlations: Sequence[float] | Float) -> float:
    """What a Sharpe ratio per period is multiplied by for one over `periods` of them.

    eta(q) = q / sqrt(q + 2 sum_k (q - k) rho_k), Lo's equation 20.

    Parameters
    ----------
    periods : float
        q, such as the periods a year.
    correlations : sequence of float
        At lags 1, 2, ...; those not given are 0, those from lag q on do not count.

    Returns
    -------
    float
        sqrt(q) without correlation; NaN where the correlations make the variance of a sum not
        positive, as noisy ones can.
    """
    weighted = sum(
        (periods - k) * float(rho) for k, rho in enumerate(correlations, start=1) if k < periods
    )
    variance = periods + 2.0 * weighted
    return periods / math.sqrt(variance) if variance > 0.0 else NAN


def ar1_factor(periods: float, rho: float) -> float:
    """`aggregation_factor` for an AR(1) process, whose correlations are rho^k, in closed form.

    sqrt(q) / sqrt(1 + 2 rho / (1 - rho) (1 - (1 - rho^q) / (q (1 - rho)))); NaN unless |rho| < 1
    and q is above 0.
    """
    if not (-1.0 < rho < 1.0 and periods > 0.0):
        return NAN
    variance = 1.0 + 2.0 * rho * _ar1_excess(periods, rho)
    return math.sqrt(periods / variance) if variance > 0.0 else NAN


def _ar1_excess(periods: float, rho: float) -> float:
    """The part (1 - (1 - rho^q) / (q (1 - rho))) / (1 - rho), (q - 1) / 2 where rho nears 1."""
    away = 1.0 - rho
    if periods * away >= _SHORT:
        # A power of a negative number to a fraction is complex; |rho|^q is nil for any q of use.
        power = rho**periods if rho >= 0.0 or float(periods).is_integer() else 0.0
        return (1.0 - (1.0 - power) / (periods * away)) / away
    # Of the closed form nothing but rounding is left: the binomial series of rho^q, term by term.
    total, term = 0.0, -1.0 / away
    for k in range(1, _TERMS):
        term *= -(periods - k) * away / k
        total += term / (k + 1)
    return total


def automatic_lag(count: int) -> int:
    """Lags that `count` returns can tell: floor(4 (T / 100)^(2/9)), at most a fourth of them."""
    return min(int(4.0 * (count / 100.0) ** (2.0 / 9.0)), count // 4)


@dataclass(frozen=True)
class AdjustedSharpe:
    """An annual Sharpe ratio with and without the autocorrelation of the returns.

    Attributes
    ----------
    plain : float
        sqrt(P) times the ratio per period.
    adjusted : float
        With autocorrelations up to `lag`, Bartlett weights.
    by_ar1 : float
        With an AR(1) process of the first one.
    first : float
        Autocorrelation at lag 1.
    lag : int
    reason : str
        Why they are NaN, empty where they are not.
    """

    plain: float
    adjusted: float
    by_ar1: float
    first: float
    lag: int
    reason: str = ""


def adjusted_sharpe(
    returns: Float, periods_per_year: float, lag: int | None = None
) -> AdjustedSharpe:
    """The annual Sharpe ratio with Lo's factor from a few autocorrelations.

    Parameters
    ----------
    returns : float64 (T,)
        Over the risk-free rate, finite.
    periods_per_year : float
        Above 0.
    lag : int, optional
        Lags that count, `automatic_lag` unless given: 364 sample autocorrelations of daily returns
        are noise. The weights 1 - k / (lag + 1) keep the variance of the sum positive.

    Raises
    ------
    ValueError
        For a return that is not finite, no periods a year, or a lag below 0.
    """
    if not np.all(np.isfinite(returns)):
        raise ValueError("every return must be finite")
    if not 0.0 < periods_per_year < math.inf or (lag is not None and lag < 0):
        raise ValueError(
            f"{periods_per_year} periods a year and a lag of {lag}: above 0, from 0 on"
        )
    count = len(returns)
    lags = automatic_lag(count) if lag is None else min(lag, max(count - 1, 0))
    if count < _FEWEST_RETURNS:
        reason = f"{count} returns, fewer than {_FEWEST_RETURNS}"
        return AdjustedSharpe(NAN, NAN, NAN, NAN, lags, reason)
    found = autocorrelations(returns, max(lags, 1))
    if math.isnan(float(found[0])):
        return AdjustedSharpe(NAN, NAN, NAN, NAN, lags, "the returns do not vary")
    ratio = mean(returns) / deviation(returns)
    first = float(found[0])
    weights = 1.0 - np.arange(1, lags + 1) / (lags + 1.0)
    return AdjustedSharpe(
        plain=ratio * math.sqrt(periods_per_year),
        adjusted=ratio * aggregation_factor(periods_per_year, found[:lags] * weights),
        by_ar1=ratio * ar1_factor(periods_per_year, first),
        first=first,
        lag=lags,
    )
