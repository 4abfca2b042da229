"""Pivots that never move, lines through them, and lows in turn that diverge from an oscillator."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from feeds.arrays import Bool, Float, Int
from strategies.windows import ROUNDING


class Line(NamedTuple):
    """A line through each of S sets of pivots, anew at every bar, (S, B)."""

    level: Float
    """Height at the bar itself, NaN with fewer than two pivots, float64."""
    slope: Float
    """Rise a bar, NaN with fewer than two pivots, float64."""
    pivots: Int
    """How many pivots the line goes through, int64."""
    first: Int
    """Bar of the earliest of them; without any the bar itself, int64."""


def confirmed_lows(numbers: Float, half_width: int) -> Bool:
    """The bars with which a low `half_width` bars before is confirmed, bool (B, N).

    A low is less than each of the `half_width` numbers before it and at most each of those after
    it; next to a blank there is none. The highs are the lows of the negative numbers.
    """
    count, k = len(numbers) - 2 * half_width, half_width
    out = np.zeros(numbers.shape, dtype=bool)
    if count <= 0:
        return out
    low = numbers[k : k + count]
    found = ~np.isnan(low)
    for step in range(1, k + 1):
        found &= low < numbers[k - step : k - step + count]
        found &= low <= numbers[k + step : k + step + count]
    out[2 * k :] = found
    return out


def lines_through(numbers: Float, confirmed: Bool, half_width: int, window: int) -> Line:
    """The least squares lines at each bar through the pivots of the `window` bars before it.

    Parameters
    ----------
    numbers : float64 (B,)
    confirmed : bool (S, B)
        For each set of pivots, the bars with which the one `half_width` bars before is confirmed.
    half_width : int
    window : int
        A bar uses the pivots at most so many bars before it that were confirmed before it.
    """
    bar = np.arange(len(numbers))
    at, rows = np.maximum(bar - half_width, 0), window - half_width
    begin = np.maximum(bar - rows, 0)
    x, y = np.where(confirmed, at, 0), np.where(confirmed, numbers[at], 0.0)
    # Sums up to the bar before: those of whole numbers are exact, and x counts from the bar itself.
    total = np.zeros((3, len(confirmed), len(bar) + 1), dtype=np.int64)
    np.cumsum((confirmed, x, x * x), axis=2, out=total[:, :, 1:])
    n, sx, sxx = total[:, :, :-1] - total.take(begin, axis=2)
    sy, sxy = _sums_before(np.stack((y, x * y)), rows)
    sxx, sxy, sx = sxx - bar * (2 * sx - n * bar), sxy - bar * sy, sx - n * bar
    enough = n >= 2
    spread = np.where(enough, n * sxx - sx * sx, 1)
    slope = np.where(enough, n * sxy - sx * sy, np.nan) / spread
    level = (sy - slope * sx) / np.maximum(n, 1)
    later = np.where(confirmed, bar, len(bar))[:, ::-1]
    earliest = np.minimum.accumulate(later, axis=1)[:, ::-1].take(begin, axis=1) - half_width
    return Line(level, slope, n, np.where(n > 0, earliest, bar))


def _sums_before(parts: Float, rows: int) -> Float:
    """The sums of the `rows` numbers before each, along the last axis.

    Cut into blocks of `rows`, a window is the end of one and the beginning of the next: no number
    outside of the window is ever added and taken away again.
    """
    count = parts.shape[-1]
    padded = np.zeros((*parts.shape[:-1], count // rows + 2, rows))
    flat = padded.reshape(*parts.shape[:-1], -1)
    flat[..., rows : rows + count] = parts
    begun = np.cumsum(padded, axis=-1)
    ended = np.cumsum(padded[..., ::-1], axis=-1)[..., ::-1]
    begun[..., 1:, :-1] += ended[..., :-1, 1:]
    return begun.reshape(flat.shape)[..., rows - 1 : rows - 1 + count]


def divergences(
    price: Float,
    oscillator: Float,
    half_width: int,
    apart: tuple[int, int],
    depth: float,
    unit: Float | float,
) -> Bool:
    """The bars with which a bullish divergence becomes known, bool (B, N).

    Two lows of `price` in turn, at least and at most so many bars `apart`: the second is below
    (1 - `depth`) times the first while the oscillator is higher, by more than 1e-12 of its `unit`,
    float64 (B, N) or one number, which is rounding. Known when the second low is.
    """
    column, bar = np.nonzero(confirmed_lows(price, half_width).T)  # by id, in order of time
    second = bar - half_width
    first, of_first = np.append(-1, second)[:-1], np.append(-1, column)[:-1]
    found = (column == of_first) & (second - first >= apart[0]) & (second - first <= apart[1])
    found &= price[second, column] < price[first, column] * (1 - depth)
    rounding = ROUNDING * np.broadcast_to(unit, price.shape)[second, column]
    found &= oscillator[second, column] - oscillator[first, column] > rounding
    events = np.zeros(price.shape, dtype=bool)
    events[bar[found], column[found]] = True
    return events
