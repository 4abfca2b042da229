"""One experiment on given inputs: signals, decisions, replay, benchmarks. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.attribution import sleeve_shares
from engine.cerebro.replay import replay_raw, replay_targets
from engine.cerebro.strategy import Decisions
from engine.config import Experiment, RawStrategy
from engine.decisions import SIGNAL_UNKNOWN, WARM_UP, Decider, Decision
from engine.inputs import Inputs
from engine.ledger import Ledger
from engine.progress import Progress
from engine.schedule import OnChange
from engine.signals import Prove, SignalValues, evaluate_signals
from feeds.arrays import Float
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
    steps = 1 + len(experiment.benchmarks)
    progress.step("replaying", 0, steps)
    if isinstance(experiment.strategy, RawStrategy):
        ledger, decider = _replay_raw(experiment, experiment.strategy, inputs), None
    else:
        decider = _decider(experiment, experiment.strategy, inputs, signals)
        ledger = _replay(experiment, experiment.strategy, inputs, decider, stock=stock)
    benchmarks = {}
    for done, (name, benchmark) in enumerate(sorted(experiment.benchmarks.items()), start=1):
        progress.step("replaying", done, steps)
        hold = _held_throughout(experiment, benchmark.sleeve)
        decide = _decider(experiment, hold, inputs, signals)
        benchmarks[name] = _replay(
            experiment, hold, inputs, decide, stop_when_stale=False, stock=stock
        )
    progress.step("replaying", steps, steps)
    if decider is None:
        return Simulation(ledger, signals, (), {}, benchmarks, {})
    shares = sleeve_shares(ledger, decider.log, len(decider.sleeves))
    return Simulation(
        ledger,
        signals,
        tuple(decider.log),
        dict(zip(decider.sleeves, shares, strict=True)),
        benchmarks,
        _counts(decider),
    )


def _held_throughout(experiment: Experiment, sleeve: str) -> Strategy:
    """The sleeve, rebalanced as the strategy is; bought once where only changes decide.

    What is bought once waits until the sleeve has a member: nothing would ever change, and the
    benchmark would stay in cash.
    """
    if experiment.schedule is None or isinstance(experiment.schedule, OnChange):
        return BuyAndHold(hold={sleeve: 1.0})
    return FixedMix(mix={sleeve: 1.0})


def _decider(
    experiment: Experiment, strategy: Strategy, inputs: Inputs, signals: SignalValues
) -> Decider:
    # A raw strategy has no schedule; its benchmarks are bought once and held.
    schedule = experiment.schedule or OnChange(kind="on_change")
    return Decider(strategy, experiment.sleeves, inputs, signals, schedule)


def _replay(
    experiment: Experiment,
    strategy: Strategy,
    inputs: Inputs,
    decider: Decider,
    *,
    stop_when_stale: bool = True,
    stock: bool = False,
) -> Ledger:
    def weights_at(row: int, held: Mapping[str, float]) -> list[float] | None:
        decision = decider.decide(row, held)
        return None if decision is None else decision.target.tolist()

    decisions: Decisions = weights_at
    if not strategy.reads_held:
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
