"""`run`: from a config to a result directory."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.arithmetic import COMPILED, WHY_INTERPRETED
from engine.config import Experiment, RawStrategy, load_config
from engine.config.kinds import entries_in
from engine.fingerprint import panels_read, plugin_files, run_digests, run_id
from engine.honesty import prove_prefix
from engine.inputs import Inputs, load_inputs
from engine.measures import cagr
from engine.progress import Progress
from engine.reading import Reader
from engine.result import (
    DecisionTable,
    Outcome,
    Result,
    check_writable,
    find_result,
    open_result,
    write_result,
)
from engine.simulation import Simulation, empty_sleeves, simulate_experiment
from engine.sleeve_panels import sleeve_panels
from engine.statistics import core_statistics
from engine.trials import check_trials, record, trial_of
from engine.universe import allowed
from feeds.arrays import Float, text
from feeds.errors import ConfigError
from feeds.libraries import version_of
from feeds.membership import Membership
from feeds.panel import Panel
from strategies.base import Signal
from strategies.registry import find

_LIBRARIES = ("backtrader", "numpy", "pandas", "pydantic", "pyyaml", "matplotlib")


def run(
    config: Experiment | Path | str | Mapping[str, Any],
    *,
    output: Path | str = "results",
    overrides: Iterable[str] = (),
    force: bool = False,
    tearsheet: bool = True,
    stock: bool = False,
    trial: bool = True,
    progress: Progress | None = None,
    reader: Reader | None = None,
) -> Result:
    """Replay an experiment and write its result directory.

    Parameters
    ----------
    config : Experiment, path of a config, YAML text or mapping
    output : path
        Results go to `<output>/<name>/<id>/`.
    overrides : iterable of str
        `a.b.c=VALUE`, as `--set` takes them; only for a config that is not loaded yet.
    force : bool
        Rebuild a result that exists.
    tearsheet : bool
        Whether to write the tear sheet as well.
    stock : bool
        Replay on stock backtrader: the same results, slower.
    trial : bool
        Whether to write the run down as a trial of its hypothesis, before there is a result to
        look at: false for the demo, for nulls and poison runs, and for reruns with other costs.
    progress : Progress
        Where to show progress; nowhere if left out.
    reader : Reader
        What other runs of this process have read; read anew if left out.

    Returns
    -------
    Result
        Read back from the directory. An id that exists is verified and returned as it is.

    Raises
    ------
    ConfigError, DataError, EngineError, OutputError
    """
    started = time.perf_counter()
    progress = progress or Progress(quiet=True)
    root = Path(output)
    experiment = _loaded(config, overrides)
    check_writable(root, experiment.name)
    if trial:
        check_trials(root)
    inputs = load_inputs(experiment, root / ".cache" / "panels", progress, reader)
    digests = _digests(experiment, inputs)
    identity = run_id(digests)
    found = None if force else find_result(root, experiment.name, identity)
    if found is not None:
        result = open_result(found)
        if trial:
            record(root, trial_of(experiment, digests, identity, result, result.benchmarks))
    else:
        prove = _proof(root, progress)
        simulation = simulate_experiment(experiment, inputs, prove, progress, stock=stock)
        outcome = _outcome(experiment, inputs, simulation, digests)
        log = _log(experiment, simulation.ledger.path, time.perf_counter() - started)
        if trial:
            benchmarks = outcome.benchmarks
            record(root, trial_of(experiment, digests, identity, outcome.ledger, benchmarks))
        found = write_result(outcome, root, force=force, log=log)
        result = open_result(found)
    if tearsheet and (force or not (found / "tearsheet.html").exists()):
        from engine.tearsheet import report

        progress.step("drawing the tear sheet", 0, 1)
        report(result)
        progress.step("drawing the tear sheet", 1, 1)
    return result


def simulate_again(
    experiment: Experiment, output: Path, progress: Progress
) -> tuple[Inputs, Simulation]:
    """The inputs and the simulation of a run; nothing is written."""
    inputs = load_inputs(experiment, output / ".cache" / "panels", progress)
    return inputs, simulate_experiment(experiment, inputs, _proof(output, progress), progress)


def growth_with(
    experiment: Experiment,
    inputs: Inputs,
    members: Membership,
    output: Path,
    progress: Progress,
) -> float:
    """Compound growth a year of a run with these members of the universe; nothing is written."""
    eligible = allowed(experiment, inputs.clock, members)[inputs.first_row :]
    chosen = replace(inputs, eligible=eligible, members=members)
    ledger = simulate_experiment(experiment, chosen, _proof(output, progress), progress).ledger
    nav = np.concatenate(([ledger.start_cash], ledger.nav))
    return cagr(nav, experiment.report.periods_per_year)


def _loaded(
    config: Experiment | Path | str | Mapping[str, Any], overrides: Iterable[str]
) -> Experiment:
    if not isinstance(config, Experiment):
        return load_config(config, overrides)
    if list(overrides):
        raise ConfigError(
            "overrides have no effect on a config that is loaded: give them to `load`, or give "
            "`run` the path"
        )
    return config


def _classes(experiment: Experiment) -> list[type]:
    """The classes whose code decides what the run does."""
    parts = [*experiment.signals.values(), *experiment.sleeves.values()]
    strategy = experiment.strategy
    if isinstance(strategy, RawStrategy):
        return [*map(type, parts), find("raw", strategy.name)]
    return [type(entry) for part in (*parts, strategy) for _, entry in entries_in(part)]


def _digests(experiment: Experiment, inputs: Inputs) -> dict[str, Any]:
    panels = panels_read(experiment.signals, inputs.panels, inputs.clock)
    # How caps were joined to the traded ids depends on the tables of coins, which are no panel.
    panels |= {f"of {name}": seen for name, seen in sleeve_panels(experiment, inputs).items()}
    classes, universe = _classes(experiment), inputs.eligible
    return run_digests(experiment.resolved(), panels, inputs.events, classes, universe)


def _proof(root: Path, progress: Progress) -> Any:
    """The prefix proof, with its verdicts kept beside the panel cache."""

    def prove(name: str, signal: Signal, seen: Panel, first_row: int, values: Float) -> None:
        step = partial(progress.step, f"proving signal '{name}', row")
        prove_prefix(name, signal, seen, first_row, values, root / ".cache" / "proofs", step)

    return prove


def _outcome(
    experiment: Experiment, inputs: Inputs, simulation: Simulation, digests: dict[str, Any]
) -> Outcome:
    ledger = simulation.ledger
    benchmarks = {name: other.nav for name, other in simulation.benchmarks.items()}
    identity = run_id(digests)
    statistics = core_statistics(
        ledger,
        experiment.report.periods_per_year,
        experiment.report.risk_free,
        benchmarks,
        simulation.counts,
        {name: of[inputs.first_row :] for name, of in simulation.signals.values.items()},
    )
    manifest = {
        "digests": digests,
        "simulated": inputs.simulated,
        "sources": dict(inputs.sources),
        "plugins": plugin_files(_classes(experiment)),
        "universe": {
            "ids": list(inputs.clock.ids),
            "min_age_days": experiment.universe.min_age_days,
            "point_in_time": experiment.universe.point_in_time or inputs.members is not None,
            "members": _members(inputs),
        },
        "definitions": {
            name: spec.words for name, spec in sorted(experiment.data.computed.items())
        },
        "quality": {name: panel.counts for name, panel in sorted(inputs.panels.items())},
        "warnings": [*inputs.warnings, *_warnings(simulation)],
    }
    return Outcome(
        experiment.name,
        identity,
        experiment.to_yaml(),
        manifest,
        ledger,
        simulation.sleeves,
        benchmarks,
        _decision_table(inputs, simulation),
        statistics,
    )


def _members(inputs: Inputs) -> list[dict[str, str]]:
    """Who belonged to the universe from when until when; empty if all ids did throughout."""
    if inputs.members is None:
        return []
    return [
        {
            "coin": stay.coin,
            "since": text(stay.since),
            "until": "" if np.isnat(stay.until) else text(stay.until),
            "source": stay.source,
        }
        for stay in inputs.members.stays
    ]


def _decision_table(inputs: Inputs, simulation: Simulation) -> DecisionTable:
    rows = np.array([decision.row for decision in simulation.decisions], dtype=np.int64)
    at = rows + inputs.first_row
    signals = simulation.signals
    return DecisionTable(
        inputs.clock.known_at[at],
        {name: values[at] for name, values in signals.values.items()},
        {name: ages[at] for name, ages in signals.age_days.items()},
        tuple(decision.shares for decision in simulation.decisions),
        tuple(decision.reason for decision in simulation.decisions),
    )


def _warnings(simulation: Simulation) -> list[str]:
    notes = []
    empty = empty_sleeves(simulation.decisions)
    if empty:
        count = simulation.counts["decisions_empty_sleeve"]
        notes.append(
            f"no id was eligible for {', '.join(empty)} at {count} decisions; that share of NAV "
            "stayed in cash"
        )
    for name, ledger in sorted(simulation.benchmarks.items()):
        stale = [i for i, held in zip(ledger.ids, ledger.stale.T, strict=True) if held.any()]
        if stale:
            notes.append(
                f"benchmark '{name}' held {', '.join(stale)} at times without a bar, valued at "
                "the last close"
            )
    return notes


def _log(experiment: Experiment, path: str, seconds: float) -> str:
    """What differs between machines and runs: versions, paths, time."""
    lines = [
        f"python {platform.python_version()} on {platform.system()} {platform.machine()}",
        *(f"{name} {version_of(name) or 'not installed'}" for name in _LIBRARIES),
        f"command {' '.join(sys.argv)}",
        f"data root {experiment.data.root}",
        f"path {path}",
        f"arithmetic {'compiled' if COMPILED else f'interpreted: {WHY_INTERPRETED}'}",
        f"seconds {seconds:.3f}",
    ]
    return "\n".join(lines) + "\n"
