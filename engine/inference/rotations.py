"""Random rotations: the strategy's spells at other times, through the arithmetic with costs.

Each has the shares of the strategy in its order, its holding times and, give or take one, its
number of changes (`engine.spells`), is rebalanced when the strategy is, and pays the same costs:
the account and the sizing of a replay, called bar by bar without backtrader around them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from engine.arithmetic import Account, Sizing
from engine.cerebro.market import ReplayMarket, prepare
from engine.config import Experiment
from engine.decisions import Decision
from engine.execution import ExecutionSpec, rules_of
from engine.inference.timing import Timing, placed
from engine.inputs import Inputs
from engine.schedule import OnChange
from engine.simulation import Simulation
from engine.sleeve_panels import sleeve_panels
from engine.spells import random_rotation, spells_of
from feeds.arrays import DAY, Bool, Float, Int
from feeds.errors import EngineError
from strategies.base import Strategy

_AHEAD = 0.2
_MOST_DRAWS = 5


class Plan:
    """What an experiment's sleeves weigh when, found once for all rotations.

    Parameters
    ----------
    experiment : Experiment
        With a strategy of shares, a rule; a raw one has no spells.
    inputs : Inputs
    """

    def __init__(self, experiment: Experiment, inputs: Inputs) -> None:
        if not isinstance(experiment.strategy, Strategy):
            raise EngineError("a raw strategy has no shares by sleeve to rotate at random")
        self.sleeves = experiment.strategy.sleeves
        self.rows = len(inputs.clock) - inputs.first_row
        self.execution = experiment.execution
        self._experiment, self._inputs = experiment, inputs
        self._seen_by = sleeve_panels(experiment, inputs)
        self._once = experiment.strategy.once
        self._found: dict[tuple[str, int], Float] = {}
        self._targets: dict[tuple[tuple[str, float], ...], dict[int, Any]] = {}

    @cached_property
    def market(self) -> ReplayMarket:
        """The bars of the period, ready for an account."""
        inputs = self._inputs
        return prepare(inputs.period, inputs.others, inputs.events)

    @cached_property
    def due(self) -> Bool:
        """Where the strategy's schedule asks for a decision, bool (T,)."""
        schedule = self._experiment.schedule
        if schedule is None or self._once:
            schedule = OnChange(kind="on_change")
        return schedule.due(self._inputs.clock.known_at, self._inputs.first_row)

    @property
    def memory(self) -> int:
        """Rows of the clock that the longest window of a signal covers, 0 without signals."""
        closes = self._inputs.clock.known_at
        days = max((signal.warm_up for signal in self._experiment.signals.values()), default=0)
        span = (closes[-1] - closes[0]) / DAY
        return math.ceil(days * (len(closes) - 1) / span) if span > 0.0 else 0

    def inside(self, sleeve: str, row: int) -> Float:
        """Weights of the ids inside a sleeve at the close of a row of the period, float64 (N,)."""
        key = sleeve, row
        if key not in self._found:
            inputs, basket = self._inputs, self._experiment.sleeves[sleeve]
            seen = self._seen_by.get(sleeve, inputs.clock).head(inputs.first_row + row + 1)
            self._found[key] = np.asarray(basket.weights(seen, inputs.eligible[row]), dtype=float)
        return self._found[key]

    def target(self, shares: Mapping[str, float], row: int) -> Any:
        """Target weights of the ids for shares by sleeve at the close of a row, as a buffer."""
        return self.targets(shares, [row])[0]

    def targets(self, shares: Mapping[str, float], rows: Sequence[int]) -> list[Any]:
        """The same at several rows."""
        known = self._targets.setdefault(tuple(shares.items()), {})
        for row in rows:
            if row not in known:
                known[row] = self._weighed(shares, row)
        return [known[row] for row in rows]

    def _weighed(self, shares: Mapping[str, float], row: int) -> Any:
        # Summed as `engine.decisions` sums them, for the same bits.
        by_sleeve = np.zeros((len(self.sleeves), len(self._inputs.clock.ids)))
        for place, sleeve in enumerate(self.sleeves):
            if shares.get(sleeve, 0.0) > 0.0:
                by_sleeve[place] = shares[sleeve] * self.inside(sleeve, row)
        return memoryview(by_sleeve.sum(axis=0).tobytes()).cast("d")


def direct_nav(
    market: ReplayMarket, decisions: Mapping[int, Any], execution: ExecutionSpec
) -> Float:
    """NAV at every close of a replay of target weights by row, float64 (T,).

    The same as `engine.cerebro.replay.replay_targets` gives, to the last bit; but nothing stops it:
    a ruined account stays ruined, and what is stale is held at its last close.
    """
    bars, rules, ids = market.bars, rules_of(execution), len(market.panel.ids)
    account = Account(bars, ids, rules, Sizing(bars, ids, rules), execution.cash, False)
    rows = len(market.panel)
    due = {row + execution.delay_bars: (row, weights) for row, weights in decisions.items()}
    gaps_at = market.gaps_at
    for row in range(rows):
        for gap in gaps_at.get(row, ()):
            account.end(row, gap.column, gap.recovery)
        if account.live:
            account.check()
            account.fill(row)
        if row in due:
            account.decide(row, *due[row], False)
    changed = np.array([change.row for change in account.changes])
    latest = np.searchsorted(changed, np.arange(rows), side="right") - 1
    return np.frombuffer(account.values(latest))


def random_decisions(plan: Plan, log: Sequence[Decision], seed: int) -> dict[int, Any]:
    """Target weights by row of one random rotation.

    Parameters
    ----------
    plan : Plan
    log : sequence of Decision
        Those of the strategy.
    seed : int
        See `engine.spells.random_rotation`, whose benchmark it is with this seed.
    """
    spells, numbers = random_rotation(log, plan.rows, seed)
    return _decided(plan, spells.choices, numbers)


def _decided(plan: Plan, choices: Sequence[Mapping[str, float]], numbers: Float) -> dict[int, Any]:
    """Target weights by row for the number of the shares at each row, NaN before the first."""
    known = np.flatnonzero(~np.isnan(numbers))
    if not len(known):
        return {}
    first = int(known[0])
    decides = np.zeros(plan.rows, dtype=bool)
    decides[first:] = plan.due[first:]
    # A spell ends when it ends, whatever the schedule says about changes.
    decides[first + 1 :] |= numbers[first + 1 :] != numbers[first:-1]
    decides[first] = True
    rows: Int = np.flatnonzero(decides)
    found: dict[int, Any] = {}
    for number, each in enumerate(choices):
        shares = {sleeve: each[sleeve] for sleeve in sorted(each) if each[sleeve]}
        here = rows[numbers[rows] == number].tolist()
        found |= zip(here, plan.targets(shares, here), strict=True)
    return dict(sorted(found.items()))


def rotation_test(plan: Plan, simulation: Simulation, *, seed: int, count: int = 200) -> Timing:
    """Whether the strategy grew more than random rotations with its turnover and holding times.

    Parameters
    ----------
    plan : Plan
    simulation : Simulation
        What the strategy did; its NAV is net of costs, as is that of the rotations.
    seed, count : int

    Returns
    -------
    Timing
        Of the mean log growth a bar over the period; undefined without a change of shares.

    Notes
    -----
    Rotations that run ahead of the strategy are left out: those whose shares correlate by more than
    0.2 with its own shares over as many rows to come as its signals look back on.
    """
    log = simulation.decisions
    different = {tuple(d.shares.items()) for d in log if d.shares is not None}
    if len(different) < 2:
        why = "the shares never change, so that every rotation is the same"
        return Timing(math.nan, math.nan, np.empty(0), 0, 0, plan.rows, seed, why)
    observed = _growth(simulation.ledger.nav, plan)
    ahead = _Ahead(plan, log)
    null: list[float] = []
    for each in np.random.SeedSequence(seed).generate_state(_MOST_DRAWS * count).tolist():
        if len(null) == count:
            break
        spells, numbers = random_rotation(log, plan.rows, each)
        if ahead.of(spells.choices, numbers) <= _AHEAD:
            decided = _decided(plan, spells.choices, numbers)
            null.append(_growth(direct_nav(plan.market, decided, plan.execution), plan))
    if not null:
        why = "every rotation that was drawn runs ahead of the strategy"
        return Timing(observed, math.nan, np.empty(0), 0, 0, plan.rows, seed, why)
    return placed(observed, np.array(null), 0, plan.rows, seed)


class _Ahead:
    """How far a rotation runs ahead of the strategy, by what the strategy holds soon after.

    Signals that read traded prices turn after prices did; what turns before them owes that to the
    very returns that it is judged by.
    """

    def __init__(self, plan: Plan, log: Sequence[Decision]) -> None:
        self._sleeves = plan.sleeves
        self._first, spells = spells_of(log, plan.rows)
        rows = np.repeat(np.arange(len(spells)), [spell.rows for spell in spells])
        own = self._table([spell.shares for spell in spells])[rows]
        own = own - own.mean(axis=0)
        self._size = float(np.sum(own * own))
        memory = min(plan.memory, len(own) // 4)
        total = np.cumsum(np.concatenate((np.zeros_like(own[:1]), own, own[:memory])), axis=0)
        # Over the next rows, the first following the last.
        soon = (total[memory + 1 :] - total[1 : len(own) + 1])[: len(own)]
        self._soon = soon / memory if memory else np.zeros_like(own)

    def of(self, choices: Sequence[Mapping[str, float]], numbers: Float) -> float:
        """Correlation of a rotation with the strategy's shares over the memory of its signals."""
        held = self._table(choices)[numbers[self._first :].astype(np.int64)]
        return float(np.sum(held * self._soon)) / self._size

    def _table(self, choices: Sequence[Mapping[str, float]]) -> Float:
        return np.array([[each.get(name, 0.0) for name in self._sleeves] for each in choices])


def _growth(nav: Float, plan: Plan) -> float:
    """Mean log growth a bar, minus infinity for ruin."""
    left = float(nav[-1]) / plan.execution.cash
    return math.log(left) / len(nav) if left > 0.0 else -math.inf
