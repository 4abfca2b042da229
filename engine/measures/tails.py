"""The far ends of the returns: value at risk, expected shortfall, tail ratio.

Losses are positive numbers. Quantiles interpolate linearly (type 7, NumPy's default).
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from engine.measures.moments import (
    NAN,
    ZERO,
    deviation,
    excess_kurtosis_population,
    mean,
    skew_population,
)
from engine.measures.risk import vol_period
from feeds.arrays import Float

_Z = NormalDist().inv_cdf(0.05)
"""The normal deviate that 5 % fall below."""


def var_hist_95(returns: Float) -> float:
    """Loss exceeded on 5 % of bars."""
    return -_quantile(returns, 0.05)


def var_hist_99(returns: Float) -> float:
    """Loss exceeded on 1 % of bars."""
    return -_quantile(returns, 0.01)


def cvar_hist_95(returns: Float) -> float:
    """Mean loss of the bars at or beyond `var_hist_95`."""
    return _shortfall(returns, 0.05)


def cvar_hist_99(returns: Float) -> float:
    """Mean loss of the bars at or beyond `var_hist_99`."""
    return _shortfall(returns, 0.01)


def var_normal_95(returns: Float) -> float:
    """Loss that a normal distribution exceeds on 5 % of bars: -(mean + z std), z = -1.645."""
    return -(mean(returns) + _Z * vol_period(returns))


def cvar_normal_95(returns: Float) -> float:
    """Mean loss of a normal distribution beyond `var_normal_95`: -(mean - std pdf(z) / 0.05)."""
    return -(mean(returns) - vol_period(returns) * NormalDist().pdf(_Z) / 0.05)


def var_cornish_fisher_95(returns: Float) -> float:
    """The normal loss with the quantile corrected for skew S and excess kurtosis K.

    z + (z^2 - 1) S/6 + (z^3 - 3z) K/24 - (2z^3 - 5z) S^2/36, with a standard deviation of ddof 0
    (Cornish and Fisher 1938).
    """
    skew, kurtosis = skew_population(returns), excess_kurtosis_population(returns)
    z = _Z + (_Z**2 - 1.0) * skew / 6.0 + (_Z**3 - 3.0 * _Z) * kurtosis / 24.0
    z -= (2.0 * _Z**3 - 5.0 * _Z) * skew**2 / 36.0
    spread = deviation(returns) * math.sqrt((len(returns) - 1) / max(len(returns), 1))
    return -(mean(returns) + z * spread)


def tail_ratio(returns: Float) -> float:
    """The 95 % quantile over the 5 % quantile, both without sign; NaN for a lower one of 0."""
    low = abs(_quantile(returns, 0.05))
    return abs(_quantile(returns, 0.95)) / low if low > ZERO else NAN


def _shortfall(returns: Float, level: float) -> float:
    return -mean(returns[returns <= _quantile(returns, level)])


def _quantile(values: Float, level: float) -> float:
    """The quantile of type 7, what `np.quantile` gives without importing `numpy.ma`."""
    if not len(values):
        return NAN
    place = (len(values) - 1) * level
    lower = math.floor(place)
    upper = min(lower + 1, len(values) - 1)
    ordered = np.partition(values, (lower, upper))
    above, low, high = place - lower, float(ordered[lower]), float(ordered[upper])
    return low + (high - low) * above if above < 0.5 else high - (high - low) * (1.0 - above)
