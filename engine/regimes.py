"""Which target was in force when, from the decision log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from feeds.arrays import Instant, Int, instants

if TYPE_CHECKING:
    from engine.result import Result

Target = Mapping[str, float]


@dataclass(frozen=True)
class Spell:
    """A stretch of time with one target in force, from the decision that set it.

    `first` is the position of that decision in the log; `stop` the close of the decision that set
    another target, or the last close.
    """

    target: Target
    start: Instant
    stop: Instant
    first: int


def spells(result: Result) -> tuple[Spell, ...]:
    """Every stretch with one target, in order; empty for a run without decisions.

    A decision that could not be taken leaves the target before it in force.
    """
    log = result.decisions
    starts: list[int] = []
    for row, target in enumerate(log.target):
        if target is not None and (not starts or dict(target) != dict(_at(result, starts[-1]))):
            starts.append(row)
    if not starts:
        return ()
    stops = [*(log.time[row] for row in starts[1:]), result.time[-1]]
    return tuple(
        Spell(_at(result, row), log.time[row], stop, row)
        for row, stop in zip(starts, stops, strict=True)
    )


def rotations(result: Result) -> int:
    """How often the target changed after it was first set."""
    return max(0, len(spells(result)) - 1)


def risk_on(result: Result) -> Target | None:
    """The target that the strategy calls `on`, None for a strategy without one."""
    on = result.experiment.get("strategy", {}).get("on")
    if not isinstance(on, Mapping):
        return None
    return {name: float(share) for name, share in sorted(on.items()) if share > 0}


def spell_of_bars(result: Result) -> Int:
    """For every bar the spell it was held in, -1 before the first; int64 (T,).

    A decision at a close is filled at the next open, so its bars are those that close later.
    """
    starts = instants([spell.start for spell in spells(result)])
    return np.searchsorted(starts, result.time, side="left") - 1


def _at(result: Result, row: int) -> Target:
    target = result.decisions.target[row]
    return {} if target is None else target
