"""Weighed runs with known numbers, for the tests of the page of a verdict."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.gates import Outcome
from engine.inference.crossvalidation import Paths
from engine.inference.findings import Inference
from engine.inference.haircut import Haircut
from engine.inference.overfitting import Overfitting
from engine.inference.reality_check import SuperiorAbility
from engine.inference.selection import Selection
from engine.result import Result
from engine.trials import Deflations, Figures, Trial, Trials
from engine.weighing import Weighed
from tests.engine.findings import against, deflation, deflations, inference

NAN = math.nan
HEAD = "0123456789abcdef" * 4
ANNUAL = (0.2, 0.7, 1.1, NAN)
"""Sharpe ratios a year of the trials, of which the last never traded."""
PATHS = (0.31, 0.52, 0.47)


def trial(place: int, annual: float, benchmarks: tuple[str, ...]) -> Trial:
    """A trial of 2,300 days with this ratio a year, raw, and half of it over each benchmark."""
    per_bar = annual / math.sqrt(365.0)
    raw = Figures(per_bar, 0.02 * per_bar, 0.02, 0.0, 3.0)
    active = {name: replace(raw, sharpe=per_bar / 2, mean=raw.mean / 2) for name in benchmarks}
    texts = dict.fromkeys(("time", "config", "data", "plugins", "engine"), "")
    names = ("returns", "times", *(f"vs {name}" for name in benchmarks))
    return Trial(
        key=f"{place}",
        hypothesis="rut-breakout",
        name="rotation",
        run=f"{place}",
        **texts,
        periods_per_year=365.0,
        bars=2300,
        raw=raw,
        active=active,
        series=dict.fromkeys(names, f"{place}"),
    )


def trials(benchmarks: tuple[str, ...], annual: tuple[float, ...] = ANNUAL) -> Trials:
    """A ledger of trials with these ratios a year."""
    made = tuple(trial(place, each, benchmarks) for place, each in enumerate(annual))
    return Trials("rut-breakout", made, 0, 210, HEAD, Path("nowhere"))


def deflated(benchmarks: tuple[str, ...]) -> Deflations:
    """48 trials, nearest to luck over the first benchmark."""
    every: dict[str, Any] = {
        name: deflation(0.42 + 0.02 * place, 0.31 - 0.02 * place)
        for place, name in enumerate(benchmarks)
    }
    found = deflations(deflation(0.97, 0.0001), **every)
    return replace(found, head=HEAD, apart={"btc": {"whose returns are gone": 2}})


def examined(benchmarks: tuple[str, ...]) -> Inference:
    """An inference with null distributions of 4 shifts and 5 rotations."""
    tests: dict[str, Any] = {name: against(0.3) for name in benchmarks}
    return replace(
        inference(**tests),
        shift_null=np.array([-0.001, 0.0, 0.0005, 0.002]),
        rotation_null=np.array([-math.inf, 0.0004, 0.0006, 0.0008, 0.0009]),
    )


def superior(reason: str = "", *, studentised: bool = True) -> SuperiorAbility:
    """Hansen's test of 3 models, the last of which is best."""
    values = (NAN, NAN, NAN, -1, NAN) if reason else (0.11, 0.22, 0.33, 2, 0.0004)
    return SuperiorAbility(*values, 2304, 3, 12.0, 1000, 5, studentised, reason)


def chosen(benchmarks: tuple[str, ...]) -> Selection:
    """The choice among three trials of which two are different."""
    worth = Overfitting(
        *(0.186, 0.25, -0.734, 0.02, -0.4, -0.3, 0.5, 0.6),
        blocks=16,
        splits=12870,
        left_out=3,
        n=2304,
        variants=2,
        duplicates=1,
    )
    sharpes = np.array(PATHS) / math.sqrt(365.0)
    return Selection(
        worth,
        Paths(sharpes, np.zeros(3, dtype=np.int64), 45, 3, 0, 0),
        {name: superior() for name in benchmarks},
        {name: superior(studentised=False) for name in benchmarks},
        ("rotation/a", "rotation/b", "rotation/c"),
        365.0,
        5,
        2309,
    )


CUTS = {
    "bonferroni": Haircut(0.465, 0.232, 0.746),
    "holm": Haircut(0.406, 0.264, 0.711),
    "bhy": Haircut(0.168, 0.437, 0.522),
}
GATES = (
    Outcome("dsr_min", 0.95, 0.42, kept=False, of="over alts"),
    Outcome("max_drawdown", 0.8, 0.6, kept=True),
    Outcome("shift_p_max", 0.05, NAN, kept=False, reason="no shares"),
)


def weighed_of(result: Result) -> Weighed:
    """A run with everything that it may be held against."""
    names = tuple(sorted(result.benchmarks))
    return Weighed(
        result,
        trials=trials(names),
        deflations=deflated(names),
        inference=examined(names),
        selection=chosen(names),
        haircuts=CUTS,
        outcomes=GATES,
    )
