"""Statistics of many series of returns at once, for resampling: a row in, a number out.

Row by row they equal `engine.measures`; NaN where undefined. docs/statistics.md has the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from feeds.arrays import Float

StatisticOfRows = Callable[[Float], Float]
"""From returns, float64 (B, T), to a value for each row, float64 (B,)."""

TINY = 1e-12


def mean(returns: Float) -> Float:
    """Mean return of each row."""
    return np.asarray(np.mean(returns, axis=1))


def growth(returns: Float) -> Float:
    """Mean log return of each row, that of ruin being minus infinity."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.mean(np.log1p(returns), axis=1))


def sharpe_period(returns: Float) -> Float:
    """Mean over standard deviation (ddof 1) of each row, per bar."""
    if returns.shape[1] < 2:
        return np.full(len(returns), math.nan)
    middle = np.mean(returns, axis=1)
    away = returns - middle[:, None]
    spread = np.sqrt(np.sum(away * away, axis=1) / (returns.shape[1] - 1))
    steady = spread < TINY * np.maximum(1.0, np.abs(middle))
    return np.where(steady, math.nan, middle / np.where(steady, 1.0, spread))


def max_drawdown(returns: Float) -> Float:
    """Deepest fall from a peak of the curve of each row, the start counted as one; at most 0."""
    curve = np.cumprod(1.0 + returns, axis=1)
    peak = np.maximum(np.maximum.accumulate(curve, axis=1), 1.0)
    return np.asarray(np.min(curve / peak, axis=1, initial=1.0)) - 1.0


def sharpe(periods_per_year: float, risk_free: float = 0.0) -> StatisticOfRows:
    """The Sharpe ratio a year; `risk_free` is an effective annual rate."""
    return partial(_sharpe, periods_per_year, risk_free)


def cagr(periods_per_year: float) -> StatisticOfRows:
    """Compound growth a year: exp(P times the mean log return) - 1; -1 for ruin."""
    return partial(_cagr, periods_per_year)


def _sharpe(periods_per_year: float, risk_free: float, returns: Float) -> Float:
    rate = (1.0 + risk_free) ** (1.0 / periods_per_year) - 1.0
    return math.sqrt(periods_per_year) * sharpe_period(returns - rate if rate else returns)


def _cagr(periods_per_year: float, returns: Float) -> Float:
    with np.errstate(over="ignore"):
        return np.expm1(periods_per_year * growth(returns))
