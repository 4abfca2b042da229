"""Measures over a window that moves along with the bars.

A window holds the bar itself and the `window - 1` before it, never a later one; the first
`window - 1` values are NaN, and so is a ratio over a window without a spread. The risk-free rate
is 0. With `at`, int64 (K,), only the windows that end with these bars are measured, float64 (K,):
enough for a figure, however long the windows.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from engine.measures.bars import lost
from engine.measures.checks import checked_periods, checked_returns
from engine.measures.moments import ZERO
from feeds.arrays import Float, Int
from feeds.errors import DataError

_CELLS = 1 << 18
"""Cells of windows that are laid out together: memory stays small for any length."""


def rolling_return(returns: Float, window: int, at: Int | None = None) -> Float:
    """Compounded return over each window, float64 (T,)."""
    return _rolled(lambda own: np.multiply.reduce(1.0 + own, axis=1) - 1.0, window, at, returns)


def rolling_vol(
    returns: Float, window: int, periods_per_year: float, at: Int | None = None
) -> Float:
    """Volatility a year over each window, float64 (T,)."""
    return math.sqrt(checked_periods(periods_per_year)) * _rolled(_deviation, window, at, returns)


def rolling_sharpe(
    returns: Float, window: int, periods_per_year: float, at: Int | None = None
) -> Float:
    """Sharpe ratio a year over each window, float64 (T,)."""

    def ratio(own: Float) -> Float:
        return _over(_mean(own), _deviation(own))

    return math.sqrt(checked_periods(periods_per_year)) * _rolled(ratio, window, at, returns)


def rolling_sortino(
    returns: Float, window: int, periods_per_year: float, at: Int | None = None
) -> Float:
    """Sortino ratio a year over each window, target 0, float64 (T,)."""

    def ratio(own: Float) -> Float:
        losses = np.where(lost(own), own, 0.0)
        down = np.sqrt(_mean(losses * losses))
        return _over(_mean(own), np.where((down > ZERO) & (window > 1), down, 0.0))

    return math.sqrt(checked_periods(periods_per_year)) * _rolled(ratio, window, at, returns)


def rolling_beta(returns: Float, benchmark: Float, window: int, at: Int | None = None) -> Float:
    """Least-squares slope on the benchmark over each window, float64 (T,)."""

    def slope(own: Float, other: Float) -> Float:
        away = np.where(_deviation(other)[:, None] > 0.0, other - _mean(other)[:, None], 0.0)
        shared = np.add.reduce(away * (own - _mean(own)[:, None]), axis=1)
        return _over(shared, np.add.reduce(away * away, axis=1))

    return _rolled(slope, window, at, returns, benchmark)


def rolling_maxdd(returns: Float, window: int, at: Int | None = None) -> Float:
    """Deepest fall from a peak inside each window, its start included, float64 (T,)."""

    def fall(own: Float) -> Float:
        grown = np.multiply.accumulate(1.0 + own, axis=1)
        peak = np.maximum(np.maximum.accumulate(grown, axis=1), 1.0)
        deepest = np.minimum.reduce(grown / peak - 1.0, axis=1)
        return np.where(deepest > -ZERO, 0.0, deepest)

    return _rolled(fall, window, at, returns)


def _rolled(measure: Callable[..., Float], window: int, at: Int | None, *series: Float) -> Float:
    """The measure of each window of each series, in pieces."""
    if window < 1:
        raise DataError(f"a window of {window} bars is none; give at least 1")
    series = tuple(map(checked_returns, series, ("the returns", "the benchmark's returns")))
    if len({len(each) for each in series}) > 1:
        raise DataError(f"{len(series[1])} returns of the benchmark for {len(series[0])} bars")
    ends = np.arange(len(series[0])) if at is None else at
    out = np.full(len(ends), np.nan)
    whole = np.flatnonzero(ends >= window - 1)
    if not len(whole):
        return out
    views = [np.lib.stride_tricks.sliding_window_view(each, window) for each in series]
    step = max(_CELLS // window, 1)
    for start in range(0, len(whole), step):
        piece = whole[start : start + step]
        begins = ends[piece] - window + 1
        # Neighbours are a slice, which copies nothing.
        rows: slice | Int = begins if at is not None else slice(begins[0], begins[-1] + 1)
        out[piece] = measure(*(view[rows] for view in views))
    return out


def _mean(windows: Float) -> Float:
    return np.add.reduce(windows, axis=1) / windows.shape[1]


def _deviation(windows: Float) -> Float:
    """Standard deviation with ddof 1 of each row, 0 if it is rounding only."""
    count, middle = windows.shape[1], _mean(windows)
    if count < 2:
        return np.full(len(windows), np.nan)
    away = windows - middle[:, None]
    found = np.sqrt(np.add.reduce(away * away, axis=1) / (count - 1))
    return np.where(found < ZERO * np.maximum(1.0, np.abs(middle)), 0.0, found)


def _over(top: Float, bottom: Float) -> Float:
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0.0)
