"""Calibration and speed of the inference: `python benchmarks/inference.py --worlds 400`.

Prints what the tests say of worlds without anything to find, of worlds with the planted effect, and
how long the full inference takes. Every world has its own seed: a rerun prints the same figures,
but for times.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

if __name__ == "__main__":
    # Started as a file: modules are looked up from the repository.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import argparse

import numpy as np

from benchmarks import calibration
from engine.config import load_config
from engine.inference import resampled
from engine.inference.bootstrap import interval
from engine.inference.full import full_inference
from engine.inference.overfitting import overfitting
from engine.inputs import load_inputs
from engine.progress import Progress
from engine.simulation import simulate_experiment
from feeds.arrays import Float

Row = tuple[str, ...]
DRIFTS = {"no": 0.0, "mild": 0.0005, "strong": 0.002}
"""Drift of both sleeves a day: strong is the market doubling every year."""


def null_rows(worlds: int, cache: Path) -> list[Row]:
    """Shift test and random rotations where no rule has an edge."""
    rows: list[Row] = []
    for rule in ("index", "dominance"):

        def of_world(seed: int, rule: str = rule) -> tuple[float, float]:
            experiment = calibration.world(rule, seed, 0.0, years=3)
            return calibration.timing_p_values(
                experiment, cache, seed=seed, shifts=999, rotations=99
            )

        found = calibration.over_worlds(worlds, of_world)
        for column, test in enumerate(("circular shift", "random rotations")):
            rows.append(_null_row(f"{test}, rule of the {rule}", found[:, column]))
    return rows


def superior_rows(worlds: int) -> list[Row]:
    """Hansen's test where no model is better than the benchmark."""
    rows: list[Row] = []
    for name, cost in (("free of cost", 0.0), ("costs 30 bps", 0.003)):
        found = calibration.over_worlds(worlds, partial(calibration.superior_p_value, cost=cost))
        rows.append(_null_row(f"SPA, 10 models, {name}", found))
    return rows


def _null_row(name: str, p_values: Float) -> Row:
    known = p_values[~np.isnan(p_values)]
    return (
        name,
        str(len(known)),
        f"{calibration.uniform_p_value(known):.3f}",
        f"{100 * calibration.rejected(known):.1f} %",
        f"{100 * calibration.rejected(known, 0.1):.1f} %",
    )


def search_rows(searches: int) -> list[Row]:
    """How often a search for luck ends above 0.95."""
    rows: list[Row] = []
    for name, drift in DRIFTS.items():
        search = partial(calibration.search_probabilities, drift=drift)
        found = calibration.over_worlds(searches, search)
        above = 100 * np.mean(found > 0.95, axis=0)
        rows.append((f"{name} drift", str(searches), f"{above[0]:.1f} %", f"{above[1]:.1f} %"))
    return rows


def power_rows(worlds: int, effects: Sequence[float], cache: Path) -> list[Row]:
    """How often the planted effect is found, by its strength."""
    rows: list[Row] = []
    for effect in effects:

        def of_world(seed: int, effect: float = effect) -> tuple[float, float]:
            experiment = calibration.world("planted", seed, effect, years=8)
            return calibration.timing_p_values(
                experiment, cache, seed=seed, shifts=499, rotations=49
            )

        found = calibration.over_worlds(worlds, of_world)
        shares = [f"{100 * calibration.rejected(column, 0.1):.0f} %" for column in found.T]
        known = int(np.count_nonzero(~np.isnan(found[:, 0])))
        rows.append((f"effect {effect:g}", str(known), *shares))
    return rows


def speed_rows(config: Path, overrides: Sequence[str], cache: Path) -> list[Row]:
    """Seconds of the full inference of one run and of its parts, imports apart."""
    quiet = Progress(quiet=True)
    experiment = load_config(config, overrides)
    inputs = load_inputs(experiment, cache, quiet)
    run = simulate_experiment(experiment, inputs, lambda *_: None, quiet)
    returns = np.random.default_rng(1).normal(0.001, 0.03, len(run.ledger.nav))
    variants = np.random.default_rng(2).normal(0.0, 0.01, (2000, 200))
    # What comes first pays for imports, so it is not timed.
    full_inference(experiment, inputs, run, seed=1)
    timed: dict[str, Callable[[], object]] = {
        "full inference": lambda: full_inference(experiment, inputs, run, seed=1),
        "1,000 resamples, Sharpe": lambda: interval(resampled.sharpe(365.0), returns, seed=1),
        "PBO, S = 16, 200 x 2,000": lambda: overfitting(variants),
    }
    rows: list[Row] = []
    for name, call in timed.items():
        walls, processors = [], []
        for _ in range(3):
            wall, processor = time.perf_counter(), time.process_time()
            call()
            walls.append(time.perf_counter() - wall)
            processors.append(time.process_time() - processor)
        rows.append((name, f"{sorted(walls)[1]:.2f} s", f"{sorted(processors)[1]:.2f} s"))
    return rows


def _print(title: str, header: Row, rows: Sequence[Row]) -> None:
    table = [header, *rows]
    widths = [max(len(row[k]) for row in table) for k in range(len(header))]
    print(f"\n{title}")
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip(), flush=True)


def main() -> None:
    """Measure what is asked for, and print it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--worlds", type=int, default=400, help="null worlds a test")
    asked.add_argument("--searches", type=int, default=400, help="searches for luck a drift")
    asked.add_argument("--powers", type=int, default=40, help="worlds a strength of the effect")
    asked.add_argument("--config", type=Path, default=Path("configs/demo.yaml"), help="for speed")
    asked.add_argument("--set", dest="overrides", action="append", default=[], metavar="A.B=VALUE")
    given = asked.parse_args()
    with TemporaryDirectory() as folder:
        cache = Path(folder)
        speeds = speed_rows(given.config, given.overrides, cache)
        _print("Speed", ("median of 3 calls", "wall", "processor"), speeds)
        tests = ("worlds", "KS p", "at 5 %", "at 10 %")
        _print("Nothing to find: SPA", ("test", *tests), superior_rows(given.worlds))
        header = ("market", "searches", "active > 0.95", "raw > 0.95")
        _print("Best of 50 without skill, deflated", header, search_rows(given.searches))
        _print("Nothing to find: timing", ("test", *tests), null_rows(given.worlds, cache))
        header = ("planted", "worlds", "shift, at 10 %", "rotations, at 10 %")
        _print("Power", header, power_rows(given.powers, (0.0, 1.0, 3.0, 10.0), cache))


if __name__ == "__main__":
    main()
