"""Combinatorial purged cross-validation: many out-of-sample paths from one sample.

Lopez de Prado (2018), chapter 12: the sample is cut into N groups, every choice of k of them is a
test whose training is the rest, and the tests put together give C(N-1, k-1) paths through the
whole sample. Training rows whose outcome reaches into a test are purged, and some rows after it are
embargoed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from engine.inference.resampled import sharpe_period
from feeds.arrays import Bool, Float, Int


@dataclass(frozen=True, eq=False)
class Split:
    """One choice of groups to test on.

    Attributes
    ----------
    groups : tuple of int
        Those tested on, ascending.
    test, train : bool (T,)
    """

    groups: tuple[int, ...]
    test: Bool
    train: Bool


@dataclass(frozen=True, eq=False)
class Paths:
    """Sharpe ratios per bar of the paths of the best variant of each training.

    Attributes
    ----------
    sharpes : float64 (P,)
        NaN where a path does not vary, or no variant could be picked for a part of it.
    picks : int64 (splits,)
        The variant that each split's training chose; -1 where none has a ratio there.
    splits, variants, purge, embargo : int
    reason : str
        Why the spread of the paths tells nothing; blank if it does.
    """

    sharpes: Float
    picks: Int
    splits: int
    variants: int
    purge: int
    embargo: int
    reason: str = ""


def split_count(groups: int, tests: int) -> int:
    """How many choices of `tests` among the groups there are."""
    return math.comb(groups, tests)


def path_count(groups: int, tests: int) -> int:
    """How many paths they make: each group is tested in C(N-1, k-1) splits."""
    return math.comb(groups - 1, tests - 1)


def edges(rows: int, groups: int) -> Int:
    """First rows of the groups and the end of the last; sizes differ by one row at most."""
    return np.arange(groups + 1) * rows // groups


def splits(
    rows: int, groups: int, tests: int, *, purge: int = 0, embargo: int = 0
) -> Iterator[Split]:
    """Every split, in the order of its groups.

    Parameters
    ----------
    rows, groups, tests : int
        At least one row a group, and fewer tests than groups.
    purge : int
        Bars that an outcome reaches ahead: as many training rows are left out before each test,
        and after it, where their own past is the test.
    embargo : int
        Further training rows left out after each test.
    """
    if not 0 < tests < groups <= rows or purge < 0 or embargo < 0:
        raise ValueError(
            f"{tests} tests of {groups} groups in {rows} rows, purge {purge}, embargo {embargo}"
        )
    bounds = edges(rows, groups).tolist()
    for chosen in combinations(range(groups), tests):
        test, near = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
        for group in chosen:
            begin, end = bounds[group], bounds[group + 1]
            test[begin:end] = True
            near[max(0, begin - purge) : end + purge + embargo] = True
        yield Split(chosen, test, ~near)


def path_sharpes(
    returns: Float, groups: int, tests: int, *, purge: int = 0, embargo: int = 0
) -> Paths:
    """How far the Sharpe ratio of the best variant depends on which part of the sample chose it.

    Parameters
    ----------
    returns : float64 (T, N)
        Per bar and variant, on the same dates; finite.
    groups, tests, purge, embargo : int
        See `splits`.

    Raises
    ------
    ValueError
        For a return that is not finite, and as `splits`.

    Notes
    -----
    Path j of a group is the j-th split that tests it. With one variant there is nothing to choose,
    and every path is the sample itself.
    """
    if returns.ndim != 2 or not np.all(np.isfinite(returns)):
        raise ValueError(f"returns of shape {returns.shape}: (T, N), and every one finite")
    rows, variants = returns.shape
    bounds = edges(rows, groups).tolist()
    paths = np.full((path_count(groups, tests), rows), math.nan)
    used = [0] * groups
    picks = []
    for split in splits(rows, groups, tests, purge=purge, embargo=embargo):
        pick = _pick(returns[split.train])
        picks.append(pick)
        for group in split.groups:
            here = slice(bounds[group], bounds[group + 1])
            if pick >= 0:
                paths[used[group], here] = returns[here, pick]
            used[group] += 1
    sharpes, chosen = sharpe_period(paths), np.array(picks)
    reason = _why_nothing(sharpes, chosen, variants)
    return Paths(sharpes, chosen, len(picks), variants, purge, embargo, reason)


def _pick(training: Float) -> int:
    """The variant with the best ratio; the only one whatever its ratio, -1 where none has one."""
    if training.shape[1] == 1:
        return 0
    ratios = sharpe_period(training.T)
    known = np.flatnonzero(np.isfinite(ratios))
    return int(known[np.argmax(ratios[known])]) if len(known) else -1


def _why_nothing(sharpes: Float, picks: Int, variants: int) -> str:
    if not variants:
        return "no variant"
    if variants == 1:
        return "one variant: nothing is chosen, so all paths are the same"
    if missing := int(np.count_nonzero(picks < 0)):
        return f"no variant has a ratio in the training of {missing} of {len(picks)} splits"
    return "" if np.any(np.isfinite(sharpes)) else "no path varies"
