"""Falling wedges, bar by bar: each is frozen before the bar that may break out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feeds.arrays import Bool, Float, Int
from strategies.pivots import Line, confirmed_lows, lines_through


@dataclass(frozen=True, eq=False)
class Wedge:
    """The wedge as it stood at each bar, (B,); NaN where there was none.

    Attributes
    ----------
    row : int64
        Row of the panel with which the bar was complete.
    upper, lower : float64
        Log of the two lines at the bar.
    slope_upper, slope_lower : float64
        Rise of the lines a bar, in logs.
    width_ratio : float64
        Width at the bar before over the width at the first pivot.
    apex : float64
        Where the lines meet, in bars from the first bar of the panel on.
    """

    row: Int
    upper: Float
    lower: Float
    slope_upper: Float
    slope_lower: Float
    width_ratio: Float
    apex: Float


def first_bar(half_width: int, pivots: int) -> int:
    """The first bar before which so many highs, or lows, can have been confirmed."""
    return 2 * half_width + 1 + (pivots - 1) * (half_width + 1)


def wedges(
    log: Float, row: Int, half_width: int, window: int, min_pivots: int, max_width_ratio: float
) -> Wedge:
    """The falling wedge at each bar, by pivots of `log`, float64 (B,), known before the bar."""
    pivots = confirmed_lows(np.stack((-log, log), axis=1), half_width).T
    lines = lines_through(log, pivots, half_width, window)
    high, low = (Line(*(each[side] for each in lines)) for side in (0, 1))
    bar = np.arange(len(log))
    width, closing = high.level - low.level, low.slope - high.slope
    start = width + closing * (bar - np.minimum(high.first, low.first))
    converges = (high.slope < low.slope) & (low.slope < 0) & (width > 0)
    enough = np.minimum(high.pivots, low.pivots) >= min_pivots
    ratio = (width + closing) / np.where(converges, start, 1.0)
    apex = bar + width / np.where(converges, closing, 1.0)
    found = converges & enough & (ratio <= max_width_ratio)
    columns = (high.level, low.level, high.slope, low.slope, ratio, apex)
    return Wedge(row, *(np.where(found, column, np.nan) for column in columns))


def breakouts(log: Float, wedge: Wedge, buffer: float, confirm: int) -> Bool:
    """The bars with which a breakout is known: `confirm` in turn above the line of the first."""
    bars = max(len(log) - confirm + 1, 0)
    line, slope = wedge.upper + buffer, wedge.slope_upper
    before = np.append(np.nan, log)[: len(log)]
    broke = ((log > line) & (before <= line - slope))[:bars]
    for later in range(1, confirm):
        broke &= log[later : later + bars] > (line + later * slope)[:bars]
    return np.append(np.zeros(confirm - 1, dtype=bool), broke)[: len(log)]
