"""Many tests at once: p-values adjusted for their number, and who is as good as the best.

Bonferroni and Holm (1979) keep the chance of one false discovery among all below the level; BHY
(Benjamini and Yekutieli 2001) keeps the share of false discoveries below it, under any dependence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from feeds.arrays import Bool, Float, frozen

LEVEL = 0.05
Method = Literal["bonferroni", "holm", "bhy"]
_METHODS = {"bonferroni": "bonferroni", "holm": "holm", "bhy": "fdr_by"}


def adjusted(p_values: Float, method: Method) -> Float:
    """P-values adjusted for how many there are, in the order given, at most 1.

    Parameters
    ----------
    p_values : float64 (M,)
        In [0, 1]; NaN, a test that could not be made, stays NaN and counts for nothing.
    method : {'bonferroni', 'holm', 'bhy'}

    Returns
    -------
    float64 (M,)
        From statsmodels' `multipletests`.

    Raises
    ------
    ValueError
        For a p-value outside [0, 1], or another method.
    """
    if method not in _METHODS:
        raise ValueError(f"no method '{method}': there are {', '.join(_METHODS)}")
    known = ~np.isnan(p_values)
    if np.any((p_values[known] < 0.0) | (p_values[known] > 1.0)):
        raise ValueError("p-values are numbers from 0 to 1")
    found = np.full(len(p_values), np.nan)
    if np.any(known):
        from statsmodels.stats.multitest import multipletests

        found[known] = multipletests(p_values[known], method=_METHODS[method])[1]
    return found


def holm(p_values: Float) -> Float:
    """Holm's step-down adjustment: max over j <= i of (M + 1 - j) p_(j)."""
    return adjusted(p_values, "holm")


def bhy(p_values: Float) -> Float:
    """The adjustment of Benjamini, Hochberg and Yekutieli: min over j >= i of M c(M) / j p_(j).

    c(M) is the sum of 1 / i for i = 1 to M.
    """
    return adjusted(p_values, "bhy")


@dataclass(frozen=True, eq=False)
class Contest:
    """Which of many are no worse than the best as far as the data can tell.

    Attributes
    ----------
    best : int
        Position of the one with the highest figure; -1 where no figure is known.
    adjusted : float64 (M,)
        Holm's p-values of the differences to the best, NaN for the best and where untested.
    indistinguishable : bool (M,)
        Whether a one is the best or cannot be told from it at `level`. Untested ones are not told
        apart either, and those without a figure are out of the contest.
    level : float
    """

    best: int
    adjusted: Float
    indistinguishable: Bool
    level: float


def best_of(figures: Float) -> int:
    """Position of the highest figure, the first among equals; -1 where all are NaN."""
    known = np.flatnonzero(~np.isnan(figures))
    return int(known[np.argmax(figures[known])]) if len(known) else -1


def contest(figures: Float, p_values: Float, level: float = LEVEL) -> Contest:
    """Mark those that cannot be told from the best.

    Parameters
    ----------
    figures : float64 (M,)
        Higher is better; NaN where undefined.
    p_values : float64 (M,)
        Of the paired difference of each to the best, two-sided; NaN where it could not be tested.
        That of the best itself is not looked at.
    level : float

    Raises
    ------
    ValueError
        For another number of p-values than of figures.

    Notes
    -----
    The best was chosen by the same data, which makes the differences to it look larger than they
    are: a mark is safe to give, and its absence is weaker than the level says.
    """
    if figures.shape != p_values.shape:
        raise ValueError(f"{p_values.shape} p-values for {figures.shape} figures")
    best = best_of(figures)
    tested = p_values.copy()
    tested[np.isnan(figures)] = np.nan
    if best >= 0:
        tested[best] = np.nan
    found = holm(tested)
    alike = ~np.isnan(figures) & ~(found < level)
    return Contest(best, frozen(found), frozen(alike), level)
