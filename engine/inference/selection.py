"""What the choice of the best among several variants is worth.

Four questions about one table of returns: whether the best in one half of the sample stays above
the median in the other (PBO), how far its Sharpe ratio depends on which part of the sample chose
it (CPCV), and whether any variant beats a benchmark once all are counted (White, Hansen).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from engine.inference.crossvalidation import Paths, path_sharpes
from engine.inference.overfitting import Overfitting, overfitting
from engine.inference.reality_check import SuperiorAbility, reality_check, superior_ability
from engine.said import plain
from feeds.arrays import Float, read_only

GROUPS, TESTS = 10, 2
"""Of the cross-validation: 45 splits, 9 paths."""


@dataclass(frozen=True, eq=False)
class Selection:
    """What choosing the best of several variants on the same bars is worth.

    Attributes
    ----------
    overfitting : Overfitting
        By symmetric halves of 16 blocks.
    paths : Paths
        Of 10 groups with 2 tests, for the best of each training.
    superior, reality : mapping of str to SuperiorAbility
        By benchmark, all variants being the models: Hansen's test, White's reality check. Empty
        where there is nothing to choose.
    names : tuple of str
        Of the variants, in the order of the columns.
    periods_per_year : float
    seed : int
        Of the resamples of both tests.
    n : int
        Bars.
    reason : str
        Why there is nothing to choose; blank if there is.
    """

    overfitting: Overfitting
    paths: Paths
    superior: Mapping[str, SuperiorAbility]
    reality: Mapping[str, SuperiorAbility]
    names: tuple[str, ...]
    periods_per_year: float
    seed: int
    n: int
    reason: str = ""

    @property
    def path_sharpes(self) -> Float:
        """Sharpe ratios a year of the paths, float64 (P,)."""
        return read_only(self.paths.sharpes * math.sqrt(self.periods_per_year))

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values; ratios of paths a year, all others as their tables say."""
        return {
            "variants": list(self.names),
            "n": self.n,
            "seed": self.seed,
            "reason": self.reason,
            "overfitting": _plain(asdict(self.overfitting)) | {"caution": self.overfitting.caution},
            "cross_validation": {
                "groups": GROUPS,
                "tests": TESTS,
                "splits": self.paths.splits,
                "sharpe_of_paths": [plain(each) for each in self.path_sharpes.tolist()],
                "reason": self.paths.reason,
            },
            "superior": {name: _plain(asdict(each)) for name, each in self.superior.items()},
            "reality_check": {name: _plain(asdict(each)) for name, each in self.reality.items()},
        }


def selection(
    returns: Float,
    names: tuple[str, ...],
    benchmarks: Mapping[str, Float],
    *,
    periods_per_year: float,
    seed: int,
    resamples: int = 1000,
) -> Selection:
    """Judge the choice among variants.

    Parameters
    ----------
    returns : float64 (T, M)
        Per bar and variant, all on the same bars; finite.
    names : tuple of str
        Of the M variants.
    benchmarks : mapping of str to float64 (T,)
        Their returns on the same bars.
    periods_per_year : float
    seed, resamples : int
        Of the bootstraps of both tests.

    Raises
    ------
    ValueError
        For names or benchmarks that do not fit the returns, or a return that is not finite.
    """
    if returns.ndim != 2 or len(names) != returns.shape[1]:
        raise ValueError(f"{len(names)} names for returns of shape {returns.shape}")
    worth = overfitting(returns)
    reason = worth.reason if worth.variants < 2 else ""
    drawn = partial(_tested, returns, {} if reason else benchmarks, seed, resamples)
    return Selection(
        worth,
        _paths(returns),
        drawn(superior_ability),
        drawn(reality_check),
        names,
        periods_per_year,
        seed,
        len(returns),
        reason,
    )


def _tested(
    returns: Float,
    benchmarks: Mapping[str, Float],
    seed: int,
    resamples: int,
    test: Callable[..., SuperiorAbility],
) -> Mapping[str, SuperiorAbility]:
    """One of the two tests against each benchmark."""
    found = {
        name: test(other, returns, seed=seed, resamples=resamples)
        for name, other in sorted(benchmarks.items())
    }
    return MappingProxyType(found)


def _paths(returns: Float) -> Paths:
    """The paths; a sample shorter than its groups has none."""
    rows, variants = returns.shape
    if rows >= 2 * GROUPS and variants:
        return path_sharpes(returns, GROUPS, TESTS)
    why = f"{rows} rows are fewer than 2 in each of {GROUPS} groups" if variants else "no variants"
    return Paths(np.empty(0), np.empty(0, dtype=np.int64), 0, variants, 0, 0, why)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}
