"""`study`: from a config to what happened after its signal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.config import Experiment, load_config
from engine.fingerprint import panels_read, run_digests, run_id
from engine.honesty import prove_prefix
from engine.inputs import Inputs, load_inputs
from engine.progress import Progress
from engine.result import check_writable
from engine.signals import evaluate_signals
from engine.study.abnormal import Abnormal, abnormal_returns
from engine.study.events import Events, find_events, mask
from engine.study.evidence import Evidence, evidence, why_none
from engine.study.forward import (
    DIFFERENCE,
    SERIES,
    Spread,
    by_regime,
    forward_returns,
    path_returns,
    spread,
    why_blank,
)
from engine.study.held import Held, hold
from engine.study.question import Question, question
from engine.study.sessions import SessionLeadLag, session_lead_lag, session_series
from feeds.arrays import Float, Instant, Instants, Int
from feeds.panel import Panel
from strategies.base import Signal

BEFORE_DAYS = 30


@dataclass(frozen=True, eq=False)
class Study:
    """What happened after a signal.

    Attributes
    ----------
    id, name, claim : str
    path : Path or None
        Where the files are, once they are written.
    question : Question
    start, end : datetime64[ns]
        Opening of the first bar and last close of the period.
    simulated : bool
    manifest : mapping
        Digests, sources and warnings.
    experiment_yaml : str
    known_at : datetime64[ns] (E,)
        Close at which each event is known.
    entered_at : datetime64[ns] (E,)
        Close from which its forward returns count; NaT after the last one.
    events : Events
    forward : mapping of int to mapping of str to float64 (E,)
        Forward returns by horizon in days and series (`alts`, `base`, `difference`).
    why_blank : tuple of str
        The reasons for those that are NaN.
    others : mapping of int to mapping of str to Spread
        The same from all other closes of the period.
    why_no_p_values : str
    evidence : mapping of int to Evidence
        By horizon; empty with fewer than ten events.
    abnormal : Abnormal
        What followed beyond a market model, over the shortest horizon.
    days : int64 (K,)
        Days before and after an event at which the paths are known.
    paths : float64 (E, K)
        Difference of the returns since the event.
    band : float64 (3, K)
        5 %, 50 % and 95 % quantile of the paths from all other closes.
    regimes : mapping of str to mapping of str to Spread
        Returns a bar by state of the signal and series.
    lead_lags : tuple of SessionLeadLag
    """

    id: str
    name: str
    claim: str
    path: Path | None
    question: Question
    start: Instant
    end: Instant
    simulated: bool
    manifest: Mapping[str, Any]
    experiment_yaml: str
    known_at: Instants
    entered_at: Instants
    events: Events
    forward: Mapping[int, Mapping[str, Float]]
    why_blank: tuple[str, ...]
    others: Mapping[int, Mapping[str, Spread]]
    why_no_p_values: str
    evidence: Mapping[int, Evidence]
    abnormal: Abnormal
    days: Int
    paths: Float
    band: Float
    regimes: Mapping[str, Mapping[str, Spread]]
    lead_lags: tuple[SessionLeadLag, ...]

    def summary(self) -> str:
        """What happened, as text of at most 100 columns."""
        from engine.study.text import summary

        return summary(self)


def study(
    config: Experiment | Path | str | Mapping[str, Any],
    *,
    output: Path | str = "results",
    overrides: Iterable[str] = (),
    signal: str | None = None,
    progress: Progress | None = None,
) -> Study:
    """Find what happened after a signal and write it to `<output>/<name>/study-<id>/`.

    Parameters
    ----------
    config : Experiment, path of a config, YAML text or mapping
    output : path
    overrides : iterable of str
        `a.b.c=VALUE`, as `--set` takes them; only for a config that is not loaded yet.
    signal : str or None
        In place of the one that the config studies.
    progress : Progress
        Where to show progress; nowhere if left out.

    Raises
    ------
    ConfigError, DataError, EngineError, OutputError
    """
    from engine.study.files import write_study

    progress, root = progress or Progress(quiet=True), Path(output)
    experiment = config if isinstance(config, Experiment) else load_config(config, overrides)
    asked = question(experiment, signal)
    check_writable(root, experiment.name)
    inputs = load_inputs(experiment, root / ".cache" / "panels", progress)
    found = examine(experiment, inputs, asked, root / ".cache" / "proofs", progress)
    return replace(found, path=write_study(found, root))


def examine(
    experiment: Experiment,
    inputs: Inputs,
    asked: Question,
    proofs: Path | None,
    progress: Progress,
) -> Study:
    """The study of an experiment on given inputs; nothing is written but verdicts of proofs."""
    values, ages = _signal_values(experiment, inputs, asked.signal, proofs, progress)
    held = hold(experiment, inputs, (asked.alts, asked.base), progress)
    inside = values[inputs.first_row :]
    longest = max(asked.horizons_days)
    events = find_events(values, ages, inputs.first_row, held.when, asked.merge_days, longest)
    every = np.arange(len(held.when))
    other = ~mask(events.row, len(every))
    sides = (held, asked.alts, asked.base)
    everywhere = {days: forward_returns(*sides, every, days) for days in asked.horizons_days}
    forward = {
        days: {name: each[name][events.row] for name in SERIES} for days, each in everywhere.items()
    }
    differences = held.returns(asked.alts) - held.returns(asked.base)
    outcomes = {days: each[DIFFERENCE] for days, each in everywhere.items()}
    why = why_none(len(events))
    offsets = np.arange(-BEFORE_DAYS, longest + 1)
    paths = np.column_stack([path_returns(*sides, every, int(d))[DIFFERENCE] for d in offsets])
    entered = np.where(events.row + held.entry < len(every), events.row + held.entry, -1)
    manifest = _manifest(experiment, inputs, asked, held, inside)
    return Study(
        id=run_id(manifest["digests"]),
        name=experiment.name,
        claim=experiment.hypothesis.claim if experiment.hypothesis else "",
        path=None,
        question=asked,
        start=inputs.period.opened_at[0],
        end=held.known_at[-1],
        simulated=inputs.simulated,
        manifest=manifest,
        experiment_yaml=experiment.to_yaml(),
        known_at=held.known_at[events.row],
        entered_at=np.where(entered < 0, np.datetime64("NaT", "ns"), held.known_at[entered]),
        events=events,
        forward=forward,
        why_blank=why_blank(held, events.row, forward),
        others={
            days: {name: spread(each[name][other]) for name in SERIES}
            for days, each in everywhere.items()
        },
        why_no_p_values=why,
        evidence={} if why else evidence(held, events.row, outcomes, differences, asked.seed),
        abnormal=abnormal_returns(*sides, events.row, min(asked.horizons_days)),
        days=offsets,
        paths=paths[events.row],
        band=_quantiles(paths[other]),
        regimes=by_regime(held, asked.alts, asked.base, inside),
        lead_lags=_lead_lags(experiment, inputs, held),
    )


def _signal_values(
    experiment: Experiment, inputs: Inputs, name: str, proofs: Path | None, progress: Progress
) -> tuple[Float, Float]:
    """Values and ages of the signal on all rows of the clock, proven to read no future."""

    def prove(each: str, signal: Signal, seen: Panel, first_row: int, values: Float) -> None:
        step = partial(progress.step, f"proving signal '{each}', row")
        prove_prefix(each, signal, seen, first_row, values, proofs, step)

    wanted = _with_inputs(experiment.signals, name)
    found = evaluate_signals(wanted, inputs.panels, inputs.clock, inputs.first_row, prove)
    return found.values[name], found.age_days[name]


def _with_inputs(signals: Mapping[str, Signal], name: str) -> dict[str, Signal]:
    """A signal and all that it reads, directly or not."""
    found: dict[str, Signal] = {}
    left = [name]
    while left:
        each = left.pop()
        if each not in found:
            found[each] = signals[each]
            left.extend(signals[each].inputs)
    return found


def _quantiles(paths: Float) -> Float:
    """The 5, 50 and 95 % quantile of each column, NaN where no path is known; (3, K)."""
    out = np.full((3, paths.shape[1]), np.nan)
    for column, values in enumerate(paths.T):
        known = values[~np.isnan(values)]
        if len(known):
            out[:, column] = np.quantile(known, (0.05, 0.5, 0.95))
    return out


def _lead_lags(experiment: Experiment, inputs: Inputs, held: Held) -> tuple[SessionLeadLag, ...]:
    found = (
        session_lead_lag(panel, held, sleeve)
        for panel in session_series(experiment.signals, inputs.panels).values()
        for sleeve in sorted(held.nav)
    )
    return tuple(each for each in found if each is not None)


def _manifest(
    experiment: Experiment, inputs: Inputs, asked: Question, held: Held, values: Float
) -> dict[str, Any]:
    panels = panels_read(experiment.signals, inputs.panels, inputs.clock)
    classes = map(type, (*experiment.signals.values(), *experiment.sleeves.values()))
    config = {"experiment": experiment.resolved(), "study": asdict(asked)}
    by_hand = not (
        inputs.simulated or inputs.members is not None or experiment.universe.point_in_time
    )
    is_switch = len(np.unique(values[~np.isnan(values)])) <= 2
    many = (
        f"'{asked.signal}' takes many values, and counts as on above 0: study a switch made of it, "
        "such as a hysteresis"
    )
    picked = "the ids were picked by hand, by somebody who knew how it went on"
    stale = (
        f"sleeve '{name}' held {', '.join(ids)} at times without a bar, valued at the last close"
        for name, ids in sorted(held.stale.items())
        if ids
    )
    return {
        "digests": run_digests(config, panels, inputs.events, classes, inputs.eligible),
        "simulated": inputs.simulated,
        "sources": dict(inputs.sources),
        "warnings": [
            *((picked,) if by_hand else ()),
            *(() if is_switch else (many,)),
            *inputs.warnings,
            *stale,
        ],
    }
