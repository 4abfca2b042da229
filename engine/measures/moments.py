"""Mean, spread and shape of a series: what every other measure is made of."""

from __future__ import annotations

import math

import numpy as np

from feeds.arrays import Float

NAN = math.nan
ZERO = 1e-12
"""A spread below this times `max(1, |mean|)` is rounding."""


def mean(values: Float) -> float:
    """Arithmetic mean; NaN for an empty series."""
    return float(np.add.reduce(values)) / len(values) if len(values) else NAN


def deviation(values: Float) -> float:
    """Standard deviation with ddof 1; NaN for fewer than 2 values.

    The steps of `np.std`, so that the last bit is the same, without its overhead.
    """
    if len(values) < 2:
        return NAN
    away = values - mean(values)
    return math.sqrt(float(np.add.reduce(away * away)) / (len(values) - 1))


def spread(values: Float) -> float:
    """`deviation`, but 0 where it is rounding only."""
    found = deviation(values)
    return 0.0 if found < ZERO * max(1.0, abs(mean(values))) else found


def varies(values: Float) -> bool:
    """Whether `values` have a spread beyond rounding: a ratio to it makes sense."""
    return spread(values) > 0.0  # NaN, for fewer than 2 values, compares false


def moment(values: Float, order: int) -> float:
    """Standardised central moment of order 3 or 4, divisor T; NaN without a spread."""
    count = len(values)
    if count < 2:
        return NAN
    middle = mean(values)
    away = values - middle
    square = away * away
    variance = mean(square)
    if math.sqrt(variance * count / (count - 1)) < ZERO * max(1.0, abs(middle)):
        return NAN
    # Products in place of `**`: quick, and the same to the last bit on any machine.
    return mean(square * (away if order == 3 else square)) / variance ** (order / 2)


def mean_period(returns: Float) -> float:
    """Mean return per bar."""
    return mean(returns)


def skew_population(returns: Float) -> float:
    """Third standardised moment g1, divisor T."""
    return moment(returns, 3)


def skew_sample(returns: Float) -> float:
    """Skew corrected for bias: G1 = g1 sqrt(T (T - 1)) / (T - 2); NaN for fewer than 3."""
    count = len(returns)
    if count < 3:
        return NAN
    return skew_population(returns) * math.sqrt(count * (count - 1)) / (count - 2)


def excess_kurtosis_population(returns: Float) -> float:
    """Fourth standardised moment g2, divisor T, minus 3."""
    return moment(returns, 4) - 3.0


def excess_kurtosis_sample(returns: Float) -> float:
    """Excess kurtosis corrected for bias, NaN for fewer than 4.

    G2 = (T - 1) / ((T - 2)(T - 3)) ((T + 1) g2 + 6).
    """
    count = len(returns)
    if count < 4:
        return NAN
    inner = (count + 1) * excess_kurtosis_population(returns) + 6.0
    return (count - 1) / ((count - 2) * (count - 3)) * inner


def jarque_bera(returns: Float) -> float:
    """Distance from a normal distribution: T / 6 (g1^2 + g2^2 / 4) (Jarque and Bera 1980)."""
    skew, kurtosis = skew_population(returns), excess_kurtosis_population(returns)
    return len(returns) / 6.0 * (skew**2 + kurtosis**2 / 4.0)


def autocorr_lag1(returns: Float) -> float:
    """Autocorrelation from one bar to the next: sum of d_t d_(t-1) over sum of d_t^2."""
    if not varies(returns):
        return NAN
    away = returns - mean(returns)
    return float(np.add.reduce(away[1:] * away[:-1]) / np.add.reduce(away * away))


def mertens(ratio: float, skew: float, kurtosis: float) -> float:
    """Variance of a Sharpe ratio per period, times T - 1: 1 - g3 SR + (g4 - 1) / 4 SR^2.

    Mertens (2002); `skew` and `kurtosis` (3 for a normal) with divisor T.
    """
    return 1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio**2
