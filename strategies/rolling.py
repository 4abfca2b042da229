"""Windows of so many rows over many ids at once, the same bits wherever the rows begin.

Every result is made of the rows of its window only, taken in the same order; no running sum is
carried along. So a signal built of these has a finite `lookback`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feeds.arrays import Bool, Float

Counts = NDArray[np.int32]
BLOCK = 160_000
"""Numbers that are ranked together: few enough to stay in the processor's cache."""
FLUSH = 127
"""Lags after which counts of 8 bits have to be added up."""


def earlier(numbers: Float, rows: int) -> Float:
    """Each number moved `rows` rows down, float64 (T, N); NaN where there is none."""
    out = np.full(numbers.shape, np.nan)
    out[rows:] = numbers[: max(len(numbers) - rows, 0)]
    return out


def window_sum(numbers: Float, rows: int) -> Float:
    """The sum of the last `rows` rows, float64 (T, N); NaN with a blank or too few of them.

    Sums of 1, 2, 4, ... rows are put together, in the same order for every window.
    """
    out = np.full(numbers.shape, np.nan)
    # `power[i]` is the sum of `length` rows from i on, `total[i]` that of `width` rows.
    power, length, total, width = numbers, 1, numbers[:0], 0
    while length <= min(rows, len(numbers)):
        if rows & length:
            width += length
            left = max(len(numbers) - width + 1, 0)
            total = power[:left] + total[length : length + left] if width > length else power
        power, length = power[length:] + power[:-length], 2 * length
    if rows <= len(numbers):
        out[rows - 1 :] = total
    return out


def count_known(claims: Bool, rows: int) -> Counts:
    """How many of the last `rows` rows are true, int32 (T, N)."""
    total = np.cumsum(claims, axis=0, dtype=np.int32)
    out = total.copy()
    out[rows:] -= total[: max(len(total) - rows, 0)]
    return out


def rank_share(numbers: Float, rows: int, least: int) -> Float:
    """The share of the known numbers of the last `rows` rows that are at most the current one.

    Returns
    -------
    float64 (T, N) in (0, 1]
        NaN where the number itself is, or fewer than `least` are known.
    """
    out = np.full(numbers.shape, np.nan)
    used = np.flatnonzero((~np.isnan(numbers)).sum(axis=0) >= least)
    step = max(BLOCK // max(len(numbers), 1), 1)
    for begin in range(0, len(used), step):
        ids = used[begin : begin + step]
        some = np.ascontiguousarray(numbers[:, ids])
        known = ~np.isnan(some)
        number = count_known(known, rows)
        share = _at_most(some, rows, least) / np.maximum(number, 1)
        out[:, ids] = np.where(known & (number >= least), share, np.nan)
    return out


def _at_most(numbers: Float, rows: int, least: int) -> Counts:
    """How many of the last `rows` numbers are at most the current one, itself included.

    Rows that cannot have `least` rows behind them are passed over.
    """
    total = np.ones(numbers.shape, dtype=np.int32)
    few = np.zeros(numbers.shape, dtype=np.int8)
    is_less = np.empty(numbers.shape, dtype=bool)
    for lag in range(1, min(rows, len(numbers))):
        begin = max(lag, least - 1)
        earlier_one = numbers[begin - lag : len(numbers) - lag]
        np.less_equal(earlier_one, numbers[begin:], out=is_less[begin:])
        few[begin:] += is_less[begin:].view(np.int8)
        if lag % FLUSH == 0:
            total += few
            few[:] = 0
    return total + few


def robust_score(numbers: Float, rows: int, wanted: Bool) -> Float:
    """The distance to the median of the last `rows` rows in units of 1.4826 times their MAD.

    MAD is the median of the absolute differences to the median; for a normal distribution 1.4826
    of it is a standard deviation.

    Returns
    -------
    float64 (T, N)
        NaN where it is not `wanted`, with a blank in the window or too few rows, and where more
        than half of the numbers are equal, so that there is no unit.
    """
    out = np.full(numbers.shape, np.nan)
    if len(numbers) < rows:
        return out
    windows = np.lib.stride_tricks.sliding_window_view(numbers, rows, axis=0)
    row, column = np.nonzero(wanted[rows - 1 :])
    step = max(BLOCK * 5 // rows, 1)
    for begin in range(0, len(row), step):
        at = row[begin : begin + step], column[begin : begin + step]
        window = windows[at]
        current, middle = window[:, -1], _median(window)
        unit = 1.4826 * _median(np.abs(window - middle[:, None]))
        flat = ~(unit > 0)
        score = (current - middle) / np.where(flat, 1.0, unit)
        out[at[0] + rows - 1, at[1]] = np.where(flat, np.nan, score)
    return out


def _median(windows: Float) -> Float:
    """The median of each row, float64 (M,); NaN with a blank."""
    order, half = np.sort(windows, axis=1), windows.shape[1] // 2
    middle = order[:, half] if windows.shape[1] % 2 else (order[:, half - 1] + order[:, half]) / 2
    return np.where(np.isnan(order[:, -1]), np.nan, middle)
