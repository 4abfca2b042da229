"""Trailing windows over the rows of a panel, linear in rows and equal for every prefix.

Everything here accumulates in row order, so that removing later rows changes no bit of what
came before; `np.sum`, `np.convolve` and their like do not promise that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from feeds.arrays import DAY, Bool, Float, Instants, Int

MOST_DAYS = 36_500
"""The longest window, a hundred years: no series is longer, and no date is out of range."""
ROUNDING = 1e-12
"""Relative size below which a difference is rounding and counts as 0."""


def on_known(numbers: Float, label: Instants, compute: Callable[[Float, Instants], Float]) -> Float:
    """`compute` of the known numbers and their labels, NaN in the other rows, float64 (T,)."""
    known = ~np.isnan(numbers)
    out = np.full(len(numbers), np.nan)
    out[known] = compute(numbers[known], label[known])
    return out


def first_rows(label: Instants, days: int) -> Int:
    """The first row of the window of the last `days` days that ends at each row, int64 (T,).

    A row is inside when its label is later than the label at the end minus `days` days.
    """
    return np.searchsorted(label, label - days * DAY, side="right").astype(np.int64)


def is_whole(label: Instants, days: int) -> Bool:
    """Whether the first row is `days` days old, so that a window is not cut short, bool (T,)."""
    return label - label[:1] >= days * DAY


def relative(numbers: Float, base: Float) -> Float:
    """`numbers` over `base` minus 1, float64 (T,); 0 where that is rounding.

    NaN where `base` is not above 0: what is lost on nothing, or on less, is no share of it.
    """
    with np.errstate(over="ignore"):
        out = np.where(base > 0, numbers, np.nan) / np.where(base > 0, base, 1.0) - 1
    return np.where(np.isinf(out), np.nan, np.where(np.abs(out) <= ROUNDING, 0.0, out))


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


def trailing_mean(numbers: Float, first: Int) -> Float:
    """The mean of `numbers` from row `first[t]` to row t, float64 (T,)."""
    return trailing_sum(numbers, first) / (np.arange(len(numbers)) - first + 1)


def trailing_highest(numbers: Float, first: Int) -> Float:
    """The maximum of `numbers` from row `first[t]` to row t, float64 (T,)."""
    rows = np.arange(len(numbers))
    length = rows - first + 1
    out, highest, width = numbers.copy(), numbers, 1
    while True:
        # `highest[i]` is that of `width` rows from i on: two of them cover up to twice the width.
        here = np.flatnonzero((length >= width) & (length < 2 * width))
        out[here] = np.maximum(highest[first[here]], highest[rows[here] - width + 1])
        if not (length >= 2 * width).any():
            return out
        highest, width = np.maximum(highest[:-width], highest[width:]), 2 * width


def trailing_count(claims: Bool, first: Int) -> Int:
    """How many of `claims` are true from row `first[t]` to row t, int64 (T,)."""
    total = np.append(0, np.cumsum(claims))
    return total[1:] - total[first]


def count_at_most(numbers: Float, first: Int) -> Int:
    """How many numbers from row `first[t]` to row t are at most that of row t, int64 (T,).

    A wavelet matrix: ranks are told apart bit by bit, the highest first, and rows regrouped by it,
    those with 0 first. Rows of a window stay neighbours within their group, so that each bit takes
    a handful of passes, whatever the length of the windows.
    """
    order = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
    wanted = np.searchsorted(np.sort(numbers), numbers, side="right")
    bounds = np.stack((first, np.arange(1, len(numbers) + 1)))
    out = np.zeros(len(numbers), dtype=np.int64)
    zeros = np.zeros(len(numbers) + 1, dtype=np.int64)
    for bit in reversed(range(len(numbers).bit_length())):
        one, up = order & (1 << bit) != 0, wanted & (1 << bit) != 0
        np.cumsum(~one, out=zeros[1:])
        below = zeros[bounds]
        out += np.where(up, below[1] - below[0], 0)
        bounds = np.where(up, bounds - below + zeros[-1], below)
        order = np.concatenate((order[~one], order[one]))
    return out
