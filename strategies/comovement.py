"""Correlations of the returns of two series over trailing windows, at any lag between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from feeds.arrays import Float
from strategies.windows import ROUNDING


def correlations(first: Float, second: Float, rows: int, lags: Sequence[int]) -> Float:
    """Trailing correlations of log returns, float64 (number of lags, T).

    Rows in which one of the two is unknown or not above 0 are left out, so that a return spans
    them. A value is the correlation of the last `rows` pairs of returns of the rows that are left,
    `first` taken `lag` of these rows earlier (`second`, for a lag below 0).

    Parameters
    ----------
    first, second : float64 (T,)
    rows : int
        Pairs of returns in a window.
    lags : sequence of int

    Returns
    -------
    float64 (number of lags, T)
        From -1 to 1; NaN in the rows left out, until a window is full, and where one of the two
        does not move.
    """
    both = (first > 0) & (second > 0)
    out = np.full((len(lags), len(first)), np.nan)
    if both.sum() < 2:
        return out
    one, other = (_moments(np.diff(np.log(each[both])), rows) for each in (first, second))
    places = np.flatnonzero(both)[1:]
    for line, lag in zip(out, lags, strict=True):
        found = _at_lag(one, other, lag, rows) if lag >= 0 else _at_lag(other, one, -lag, rows)
        line[places[len(places) - len(found) :]] = found
    return np.clip(out, -1.0, 1.0)


class _Moments(NamedTuple):
    """Returns (R,), and their sums and sizes (root of n times n variances) in full windows."""

    returns: Float
    total: Float
    size: Float


def _moments(returns: Float, rows: int) -> _Moments:
    total, squares = _windows(returns, rows), _windows(returns * returns, rows)
    spread = rows * squares - total * total
    # What a constant growth leaves of the difference is rounding, and no movement.
    moves = spread > ROUNDING * rows * squares
    return _Moments(returns, total, np.sqrt(np.where(moves, spread, np.nan)))


def _at_lag(early: _Moments, late: _Moments, lag: int, rows: int) -> Float:
    """Correlations of `early`, `lag` rows earlier, with `late`, of the last rows that have one."""
    pairs = max(len(early.returns) - lag, 0)
    together = _windows(early.returns[:pairs] * late.returns[len(late.returns) - pairs :], rows)
    full = len(together)
    shared = rows * together - early.total[:full] * late.total[len(late.total) - full :]
    return shared / (early.size[:full] * late.size[len(late.size) - full :])


def _windows(numbers: Float, rows: int) -> Float:
    """Sums of each `rows` consecutive numbers, float64 (T - rows + 1,); empty if too few.

    As in `strategies.windows.trailing_sum` the rounding errors of running sums are carried along.
    """
    total, error = np.zeros(len(numbers) + 1), np.zeros(len(numbers) + 1)
    before, after = total[:-1], np.cumsum(numbers, out=total[1:])
    added = after - before
    np.cumsum((before - (after - added)) + (numbers - added), out=error[1:])
    return (total[rows:] - total[:-rows]) + (error[rows:] - error[:-rows])
