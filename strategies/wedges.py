"""Falling wedges, bar by bar: each is frozen before the bar that may break out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feeds.arrays import Bool, Float, Int
from strategies.pivots import confirmed_lows, lines_through

LEVEL = 1e-9
"""Rise a bar, in logs, up to which a line is level and two lines are parallel: it is less than a
millionth of the price over a window, and more than the rounding of the slopes."""


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
    (upper, lower), (upper_slope, lower_slope) = lines.level, lines.slope
    enough = (lines.pivots >= min_pivots).all(axis=0)
    width, closing = upper - lower, lower_slope - upper_slope
    bar = np.flatnonzero(enough & (closing > LEVEL) & (lower_slope < -LEVEL) & (width > 0))
    width, closing = width[bar], closing[bar]
    start = width + closing * (bar - lines.first[:, bar].min(axis=0))
    ratio, apex = (width + closing) / start, bar + width / closing
    narrow = ratio <= max_width_ratio
    table = np.full((6, len(log)), np.nan)
    columns = (upper[bar], lower[bar], upper_slope[bar], lower_slope[bar], ratio, apex)
    table[:, bar[narrow]] = np.stack(columns)[:, narrow]
    return Wedge(row, *table)


def breakouts(log: Float, wedge: Wedge, buffer: float, confirm: int) -> Bool:
    """The bars with which a breakout is known: `confirm` in turn above the line of the first."""
    bars = max(len(log) - confirm + 1, 0)
    line, slope = wedge.upper + buffer, wedge.slope_upper
    before = np.append(np.nan, log)[: len(log)]
    broke = ((log > line) & (before <= line - slope))[:bars]
    for later in range(1, confirm):
        broke &= log[later : later + bars] > (line + later * slope)[:bars]
    return np.append(np.zeros(confirm - 1, dtype=bool), broke)[: len(log)]
