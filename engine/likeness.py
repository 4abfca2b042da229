"""How alike runs are: correlation of their returns, and what they hold in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from feeds.arrays import Float

if TYPE_CHECKING:
    from engine.result import Result

_ZERO = 1e-12


def correlations(results: Sequence[Result]) -> Float:
    """Correlation of the returns of every two runs on the same closes, float64 (M, M).

    NaN for runs on other closes, and for returns that do not vary.
    """
    return _of_pairs(results, _correlation)


def overlaps(results: Sequence[Result]) -> Float:
    """Mean share of NAV that two runs hold in sleeves of the same name, or in cash; (M, M).

    The mean over the closes of the sum over sleeves of the smaller of both shares: 1 for runs that
    follow the same signal, 0 for runs that never hold the same. NaN for runs on other closes, and
    without sleeves.
    """
    return _of_pairs(results, _overlap)


def _of_pairs(results: Sequence[Result], figure: Callable[[Result, Result], float]) -> Float:
    out = np.full((len(results), len(results)), math.nan)
    for row, one in enumerate(results):
        for column, two in enumerate(results[: row + 1]):
            if np.array_equal(one.instants, two.instants):
                out[row, column] = out[column, row] = figure(one, two)
    return out


def _correlation(one: Result, two: Result) -> float:
    away = [each.returns - np.mean(each.returns) for each in (one, two)]
    sizes = [math.sqrt(float(np.sum(each * each))) for each in away]
    if min(sizes) <= _ZERO:
        return math.nan
    return float(np.sum(away[0] * away[1])) / (sizes[0] * sizes[1])


def _overlap(one: Result, two: Result) -> float:
    if not (one.sleeves and two.sleeves):
        return math.nan
    common = np.minimum(one.cash / one.nav, two.cash / two.nav)
    for name in one.sleeves.keys() & two.sleeves.keys():
        common = common + np.minimum(one.sleeves[name], two.sleeves[name])
    return float(np.mean(common))
