"""Trailing windows over the rows of a panel, linear in rows and equal for every prefix.

Everything here accumulates in row order, so that removing later rows changes no bit of what
came before; `np.sum`, `np.convolve` and their like do not promise that.
"""

from __future__ import annotations

import numpy as np

from feeds.arrays import DAY, Float, Instants, Int

MOST_DAYS = 36_500
"""The longest window, a hundred years: no series is longer, and no date is out of range."""
ROUNDING = 1e-12
"""Relative size below which a difference is rounding and counts as 0."""


def first_rows(label: Instants, days: int) -> Int:
    """The first row of the window of the last `days` days that ends at each row, int64 (T,).

    A row is inside when its label is later than the label at the end minus `days` days.
    """
    return np.searchsorted(label, label - days * DAY, side="right").astype(np.int64)


def trailing_sum(numbers: Float, first: Int) -> Float:
    """The sum of `numbers` from row `first[t]` to row t, float64 (T,).

    Running sums lose digits as they grow, so the rounding error of every addition is carried
    along (Knuth's two-sum) and the difference is good to the last digits of the window itself.
    """
    total = np.cumsum(numbers)
    before = np.append(0.0, total[:-1])
    added = total - before
    error = np.cumsum((before - (total - added)) + (numbers - added))
    before_error = np.append(0.0, error[:-1])
    out: Float = (total - before[first]) + (error - before_error[first])
    return out


def trailing_max(numbers: Float, rows: int) -> Float:
    """The maximum of each `rows` consecutive numbers, float64 (T - rows + 1,); empty if too few."""
    out, width = numbers, 1
    while width < rows and len(out):
        step = min(width, rows - width)
        out, width = np.maximum(out[step:], out[:-step]), width + step
    return out
