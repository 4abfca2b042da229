"""Curves on the same closes held against each other: intervals, paired differences, marks.

Pairs are on the same closes only, and made annual in the same way. Two families of tests are
adjusted for their number, each by itself: every run against the best, and every run against each
of its benchmarks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from engine.inference.multiple import LEVEL, contest, holm
from engine.redrawn import Curve, Gap, Own, Redrawn

Key = TypeVar("Key")
NAN = math.nan
RESAMPLES = 1000
OTHER_CLOSES = "other closes"
OTHER_RATE = "another risk-free rate"
OTHER_YEAR = "other bars a year"

__all__ = ["RESAMPLES", "Curve", "Gap", "Own", "Paired", "paired"]


@dataclass(frozen=True, eq=False)
class Paired:
    """What can be said about the differences of runs.

    Attributes
    ----------
    own : mapping of str to Own
        By name of run or benchmark.
    best : str
        The run with the highest Sharpe ratio of the contestants; blank where there are no two.
    contestants : tuple of str
        Those on the closes that most runs share, with one risk-free rate and bars a year.
    to_best : mapping of str to Gap
        Other contestants less the best.
    to_benchmarks : mapping of (str, str) to Gap
        Each run less each of its benchmarks.
    alike : tuple of str
        The best, and the runs that cannot be told from it at `level`.
    unpaired : mapping of str to str
        Why the other runs are not held against the best: OTHER_CLOSES and so on.
    level : float
    resamples, seed : int
    """

    own: Mapping[str, Own]
    best: str
    contestants: tuple[str, ...]
    to_best: Mapping[str, Gap]
    to_benchmarks: Mapping[tuple[str, str], Gap]
    alike: tuple[str, ...]
    unpaired: Mapping[str, str]
    level: float
    resamples: int
    seed: int


def paired(
    runs: Sequence[Curve],
    benchmarks: Sequence[Curve],
    of: Mapping[str, Iterable[str]],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Paired:
    """Hold runs against the best of them, and against their benchmarks.

    Parameters
    ----------
    runs, benchmarks : sequence of Curve
        No two of one name.
    of : mapping of str to iterable of str
        The benchmarks of each run, which are on its closes and made annual as it is.
    seed, resamples : int
        Of both bootstraps.
    """
    every = {curve.name: curve for curve in (*runs, *benchmarks)}
    drawings = [Redrawn.of(group, seed, resamples) for group in _groups((*runs, *benchmarks))]
    home = {name: drawing for drawing in drawings for name in drawing.places}
    alike = (each for group in _groups(runs) for each in _conventions(group))
    shared = max(alike, key=len, default=[])
    contestants = shared if len(shared) > 1 else []
    figures = np.array([home[each.name].sharpe(each.name).value for each in contestants])
    place = int(np.nanargmax(figures)) if np.any(np.isfinite(figures)) else -1
    best = contestants[place].name if place >= 0 else ""
    gaps = {
        each.name: home[best].gap(each, every[best])
        for each in contestants
        if best and each.name != best
    }
    p_values = np.array(
        [gaps[each.name].ledoit_wolf.p_value if each.name in gaps else NAN for each in contestants]
    )
    found = contest(figures, p_values) if best else None
    marks = found.indistinguishable.tolist() if found is not None else []
    against = {
        (run.name, name): home[run.name].gap(run, every[name])
        for run in runs
        for name in of.get(run.name, ())
    }
    return Paired(
        own={name: _own(home[name], curve) for name, curve in every.items()},
        best=best,
        contestants=tuple(each.name for each in contestants),
        to_best=_adjusted(gaps),
        to_benchmarks=_adjusted(against),
        alike=tuple(each.name for each, mark in zip(contestants, marks, strict=False) if mark),
        unpaired={
            run.name: _why(run, every[best]) for run in runs if best and run not in contestants
        },
        level=LEVEL,
        resamples=resamples,
        seed=seed,
    )


def _own(drawing: Redrawn, curve: Curve) -> Own:
    sharpe, cagr = drawing.sharpe(curve.name), drawing.cagr(curve.name)
    return Own(sharpe, cagr, drawing.max_drawdown(curve))


def _groups(curves: Iterable[Curve]) -> list[list[Curve]]:
    """Curves by their closes, in the order given."""
    found: dict[bytes, list[Curve]] = {}
    for curve in curves:
        found.setdefault(curve.times.tobytes(), []).append(curve)
    return list(found.values())


def _conventions(curves: Iterable[Curve]) -> list[list[Curve]]:
    """Curves by how they are made annual, in the order given."""
    found: dict[tuple[float, float], list[Curve]] = {}
    for curve in curves:
        found.setdefault(curve.convention, []).append(curve)
    return list(found.values())


def _why(run: Curve, best: Curve) -> str:
    """Why a run cannot be held against the best."""
    if not np.array_equal(run.times, best.times):
        return OTHER_CLOSES
    return OTHER_RATE if run.risk_free != best.risk_free else OTHER_YEAR


def _adjusted(gaps: Mapping[Key, Gap]) -> dict[Key, Gap]:
    """The gaps with Holm's p-values among all of them."""
    p_values = holm(np.array([gap.ledoit_wolf.p_value for gap in gaps.values()], dtype=float))
    return {
        key: replace(gap, adjusted=p)
        for (key, gap), p in zip(gaps.items(), p_values.tolist(), strict=True)
    }
