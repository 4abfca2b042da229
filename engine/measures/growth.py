"""How much a curve grew: in all, a year, a bar, and how steadily."""

from __future__ import annotations

import math

import numpy as np

from engine.measures.moments import NAN, mean, varies
from feeds.arrays import Float


def curve(returns: Float) -> Float:
    """The equity curve of `returns`: float64 (T + 1,), the start capital 1 as point 0."""
    return np.concatenate(([1.0], np.cumprod(1.0 + returns)))


def per_period(risk_free: float, periods_per_year: float) -> float:
    """The rate per bar that compounds to `risk_free` a year."""
    return float((1.0 + risk_free) ** (1.0 / periods_per_year) - 1.0)


def power(base: float, exponent: float) -> float:
    """`base ** exponent`, NaN where that is no finite real number."""
    if not base >= 0.0 or (base == 0.0 and exponent < 0.0):
        return NAN
    with np.errstate(over="ignore"):
        found = float(np.float64(base) ** exponent)
    return found if math.isfinite(found) else NAN


def n_periods(returns: Float) -> float:
    """Number of returns."""
    return float(len(returns))


def years_periods(returns: Float, periods_per_year: float) -> float:
    """Length in years as bars over bars a year."""
    return len(returns) / periods_per_year


def total_return(nav: Float) -> float:
    """Last NAV over the start capital, minus 1."""
    return float(nav[-1] / nav[0] - 1.0)


def cagr(nav: Float, periods_per_year: float) -> float:
    """Compound growth a year: (E_T / E_0)^(P/T) - 1; NaN beyond the range of a float."""
    return power(float(nav[-1] / nav[0]), periods_per_year / (len(nav) - 1)) - 1.0


def ann_return_arith(returns: Float, periods_per_year: float) -> float:
    """P times the mean return."""
    return periods_per_year * mean(returns)


def geometric_mean_period(nav: Float) -> float:
    """The return per bar that compounds to the total: (E_T / E_0)^(1/T) - 1."""
    return power(float(nav[-1] / nav[0]), 1.0 / (len(nav) - 1)) - 1.0


def best_period(returns: Float) -> float:
    """Largest return of a bar."""
    return float(np.maximum.reduce(returns)) if len(returns) else NAN


def worst_period(returns: Float) -> float:
    """Smallest return of a bar."""
    return float(np.minimum.reduce(returns)) if len(returns) else NAN


def stability_r2(nav: Float) -> float:
    """Squared correlation of the cumulative log return with time, bars 1 to T.

    NaN for a curve that fell to 0, that never moved, or of fewer than 2 bars.
    """
    growth = nav[1:] / nav[0]
    if len(growth) < 2 or not np.minimum.reduce(growth) > 0.0:
        return NAN
    logs = np.log(growth)
    if not varies(logs):
        return NAN
    time = np.arange(len(logs)) - (len(logs) - 1) / 2.0
    away = logs - mean(logs)
    shared = float(np.add.reduce(time * away))
    return shared**2 / float(np.add.reduce(time * time) * np.add.reduce(away * away))
