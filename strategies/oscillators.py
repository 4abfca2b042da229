"""Oscillators that smooth recursively, for many ids at once: RSI and the MACD histogram."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from feeds.arrays import Float

RSI_BARS = 14
FAST, SLOW, SIGNAL = 12, 26, 9
FIRST_RSI, FIRST_MACD = RSI_BARS + 1, SLOW + SIGNAL - 1
"""Known numbers until the first value."""
FEW = 8
"""Columns up to which plain numbers are quicker than arrays."""


def rsi(numbers: Float) -> Float:
    """Wilder's relative strength index over 14 changes, 0 to 100, float64 (B, N).

    Mean gains and losses begin with the plain mean of the first 14 changes of an id and move by a
    fourteenth of the difference from then on; 50 where both are 0. Blanks are passed over: each
    id counts its own bars. The value depends on where the numbers begin, less with every bar.

    References
    ----------
    Wilder (1978), New Concepts in Technical Trading Systems.
    """
    own = _own_bars(numbers)
    change = np.diff(own, axis=0)
    # Both in one table: the loop over bars then runs once.
    both = np.concatenate((np.maximum(change, 0.0), np.maximum(-change, 0.0)), axis=1)
    gain, loss = np.split(smoothed(both, RSI_BARS, 1 / RSI_BARS), 2, axis=1)
    total = gain + loss
    strength = np.where(total == 0, 50.0, 100.0 * gain / np.where(total == 0, 1.0, total))
    return _in_place(np.concatenate((np.full_like(own[:1], np.nan), strength)), numbers)


def macd_histogram(numbers: Float) -> Float:
    """The MACD line (12, 26) less its signal line (9), float64 (B, N).

    Exponential means begin with the plain mean of their first numbers. Blanks are passed over.

    References
    ----------
    Appel (1979), The Moving Average Convergence-Divergence Trading Method.
    """
    own = _own_bars(numbers)
    line = smoothed(own, FAST, 2 / (FAST + 1)) - smoothed(own, SLOW, 2 / (SLOW + 1))
    signal = smoothed(line[SLOW - 1 :], SIGNAL, 2 / (SIGNAL + 1))
    before = np.full((min(SLOW - 1, len(own)), own.shape[1]), np.nan)
    return _in_place(line - np.concatenate((before, signal)), numbers)


def smoothed(numbers: Float, bars: int, weight: float) -> Float:
    """The mean of the first `bars` rows, then moved by `weight` of the difference to each row."""
    out = np.full(numbers.shape, np.nan)
    if len(numbers) < bars:
        return out
    mean = numbers[0].copy()
    for row in range(1, bars):
        mean += numbers[row]
    out[bars - 1] = mean / bars
    along = _one_by_one if numbers.shape[1] <= FEW else _row_by_row
    along(out[bars - 1 :], numbers[bars - 1 :], weight)
    return out


def _one_by_one(out: Float, numbers: Float, weight: float) -> None:
    """Smooth column by column in plain numbers, which is the quicker way for a few of them."""
    for into, own in zip(out.T, numbers.T, strict=True):
        into[:] = list(
            accumulate(
                own[1:].tolist(), lambda mean, x: mean + weight * (x - mean), initial=float(into[0])
            )
        )


def _row_by_row(out: Float, numbers: Float, weight: float) -> None:
    """Smooth all columns at once, to the same bits."""
    step = np.empty_like(out[0])
    for row in range(1, len(out)):
        np.subtract(numbers[row], out[row - 1], out=step)
        np.multiply(step, weight, out=step)
        np.add(out[row - 1], step, out=out[row])


def _own_bars(numbers: Float) -> Float:
    """The known numbers of each id from the top on, without blanks, NaN after the last."""
    known = ~np.isnan(numbers)
    out = np.full(numbers.shape, np.nan)
    out[(np.cumsum(known, axis=0) - 1)[known], np.nonzero(known)[1]] = numbers[known]
    return out


def _in_place(own: Float, numbers: Float) -> Float:
    """Values by own bars, each where its number is; NaN at blanks."""
    known = ~np.isnan(numbers)
    out = np.full(numbers.shape, np.nan)
    out[known] = own[(np.cumsum(known, axis=0) - 1)[known], np.nonzero(known)[1]]
    return out
