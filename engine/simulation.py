"""One experiment on given inputs: signals, decisions, replay, benchmarks. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.attribution import sleeve_shares
from engine.cerebro.replay import replay_raw, replay_targets
from engine.cerebro.strategy import Decisions
from engine.config import BenchmarkSpec, Experiment, RawStrategy
from engine.decisions import SIGNAL_UNKNOWN, WARM_UP, Decider, Decision
from engine.inputs import Inputs
from engine.ledger import Ledger
from engine.progress import Progress
from engine.schedule import OnChange, Schedule
from engine.signals import Prove, SignalValues, evaluate_signals
from engine.sleeve_panels import sleeve_panels
from engine.spells import STATE, random_rotation
from feeds.arrays import Float
from feeds.panel import Panel
from strategies.base import Strategy
from strategies.registry import find
from strategies.rules import BuyAndHold, FixedMix


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a run did, before it is described.

    Attributes
    ----------
    ledger : Ledger
    signals : SignalValues
        On all rows of the clock.
    decisions : tuple of Decision
    sleeves : mapping of str to float64 (T,)
        Share of NAV held in each sleeve.
    benchmarks : mapping of str to Ledger
    counts : mapping of str to int
        Closes in warm-up, closes with an unknown signal, decisions by reason.
    """

    ledger: Ledger
    signals: SignalValues
    decisions: tuple[Decision, ...]
    sleeves: Mapping[str, Float]
    benchmarks: Mapping[str, Ledger]
    counts: Mapping[str, int]


def simulate_experiment(
    experiment: Experiment,
    inputs: Inputs,
    prove: Prove,
    progress: Progress,
    *,
    stock: bool = False,
) -> Simulation:
    """Run the strategy and its benchmarks through the replay, on request on stock backtrader.

    Raises
    ------
    CheckError
        When a signal reads the future, before the first order.
    EngineError, DataError
        When the run cannot go on.
    """
    signals = evaluate_signals(
        experiment.signals, inputs.panels, inputs.clock, inputs.first_row, prove
    )
    seen_by = sleeve_panels(experiment, inputs)
    steps = 1 + len(experiment.benchmarks)
    progress.step("replaying", 0, steps)
    if isinstance(experiment.strategy, RawStrategy):
        ledger, decider = _replay_raw(experiment, experiment.strategy, inputs), None
    else:
        decider = _decider(experiment, experiment.strategy, inputs, signals, seen_by)
        ledger = _replay(experiment, decider, inputs, stock=stock)
    log = () if decider is None else tuple(decider.log)
    benchmarks = {}
    for done, (name, benchmark) in enumerate(sorted(experiment.benchmarks.items()), start=1):
        progress.step("replaying", done, steps)
        against = _against(experiment, benchmark, inputs, log, seen_by)
        benchmarks[name] = _replay(experiment, against, inputs, stop_when_stale=False, stock=stock)
    progress.step("replaying", steps, steps)
    if decider is None:
        return Simulation(ledger, signals, (), {}, benchmarks, {})
    shares = sleeve_shares(ledger, decider.log, len(decider.sleeves))
    return Simulation(
        ledger,
        signals,
        log,
        dict(zip(decider.sleeves, shares, strict=True)),
        benchmarks,
        _counts(decider),
    )


def _against(
    experiment: Experiment,
    benchmark: BenchmarkSpec,
    inputs: Inputs,
    log: Sequence[Decision],
    seen_by: Mapping[str, Panel],
) -> Decider:
    """What takes the decisions of a benchmark; `log` has those of the strategy."""
    none = SignalValues({}, {})
    if benchmark.held is not None:
        hold = held_throughout(experiment, benchmark.held)
        return _decider(experiment, hold, inputs, none, seen_by)
    assert benchmark.random is not None
    first = inputs.first_row
    spells, numbers = random_rotation(log, len(inputs.clock) - first, benchmark.random.seed)
    signal = np.concatenate((np.full(first, np.nan), numbers))
    signals = SignalValues({STATE: signal}, {STATE: np.zeros(len(signal))})
    # A spell ends when it ends, whatever the schedule of the strategy says about changes; what is
    # decided once is not decided again.
    schedule = _schedule(experiment).model_copy(update={"or_on_change": True})
    if isinstance(experiment.strategy, Strategy) and experiment.strategy.once:
        schedule = OnChange(kind="on_change")
    return Decider(spells, experiment.sleeves, inputs, signals, schedule, seen_by)


def held_throughout(experiment: Experiment, shares: Mapping[str, float]) -> Strategy:
    """The shares, rebalanced as the strategy is; bought once where only changes decide.

    What is bought once waits until every sleeve has a member: nothing would ever change, and the
    benchmark would stay in cash.
    """
    if isinstance(_schedule(experiment), OnChange):
        return BuyAndHold(hold=dict(shares))
    return FixedMix(mix=dict(shares))


def _schedule(experiment: Experiment) -> Schedule:
    # A raw strategy has no schedule; its benchmarks are bought once and held.
    return experiment.schedule or OnChange(kind="on_change")


def _decider(
    experiment: Experiment,
    strategy: Strategy,
    inputs: Inputs,
    signals: SignalValues,
    seen_by: Mapping[str, Panel],
) -> Decider:
    schedule = _schedule(experiment)
    return Decider(strategy, experiment.sleeves, inputs, signals, schedule, seen_by)


def _replay(
    experiment: Experiment,
    decider: Decider,
    inputs: Inputs,
    *,
    stop_when_stale: bool = True,
    stock: bool = False,
) -> Ledger:
    def weights_at(row: int, held: Mapping[str, float]) -> list[float] | None:
        decision = decider.decide(row, held)
        return None if decision is None else decision.target.tolist()

    decisions: Decisions = weights_at
    if not decider.reads_held:
        # All targets are known before the first bar is replayed.
        decisions = {d.row: d.target.tolist() for d in decider.decide_all()}
    return replay_targets(
        inputs.period,
        decisions,
        experiment.execution,
        events=inputs.events,
        others=inputs.others,
        stop_when_stale=stop_when_stale,
        stock=stock,
    )


def _replay_raw(experiment: Experiment, strategy: RawStrategy, inputs: Inputs) -> Ledger:
    return replay_raw(
        inputs.period,
        find("raw", strategy.name),
        strategy.params,
        experiment.execution,
        events=inputs.events,
        others=inputs.others,
    )


def _counts(decider: Decider) -> dict[str, int]:
    reasons = [decision.reason for decision in decider.log]
    known = np.flatnonzero(decider.known)
    first = int(known[0]) if len(known) else len(decider.known)
    counts = {
        "closes_warm_up": first,
        "closes_signal_unknown": int((~decider.known[first:]).sum()),
        "decisions": sum(decision.weights is not None for decision in decider.log),
        "decisions_empty_sleeve": sum(bool(decision.empty) for decision in decider.log),
    }
    for reason in sorted(set(reasons) - {WARM_UP, SIGNAL_UNKNOWN}):
        counts[f"decisions_{reason}"] = reasons.count(reason)
    return counts


def empty_sleeves(decisions: Sequence[Decision]) -> tuple[str, ...]:
    """Sleeves that had no member at some decision, so that their share stayed in cash."""
    return tuple(sorted({name for decision in decisions for name in decision.empty}))
