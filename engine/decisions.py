"""From signal values to decisions: when to rebalance, to which weights, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from numbers import Real
from types import MappingProxyType

import numpy as np

from engine.inputs import Inputs
from engine.schedule import Schedule
from engine.signals import SignalValues
from feeds.arrays import Bool, Float, Int, day_number, text
from feeds.errors import EngineError
from feeds.panel import Panel
from feeds.user_code import blame
from strategies.base import Basket, Strategy
from strategies.held import Held, Remembers

INITIAL = "initial"
SCHEDULED = "scheduled"
CHANGED = "changed"
WARM_UP = "warm_up"
SIGNAL_UNKNOWN = "signal_unknown"

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Decision:
    """One line of the decision log.

    `shares` is the target by sleeve, None where no decision could be taken; `weights` float64
    (S, N) splits it over the ids, a row a sleeve; `empty` names sleeves without a member.
    """

    row: int
    reason: str
    shares: Mapping[str, float] | None = None
    weights: Float | None = None
    empty: tuple[str, ...] = ()

    @property
    def target(self) -> Float:
        """Target weights by id, float64 (N,)."""
        assert self.weights is not None
        return self.weights.sum(axis=0)


class Decider:
    """Takes the decisions of one run, close by close, and remembers them in `log`.

    Parameters
    ----------
    strategy : Strategy
    sleeves : mapping of str to Basket
    inputs : Inputs
        The clock with its warm-up, so that baskets see it, and what the universe allows.
    signals : SignalValues
        On all rows of the clock.
    schedule : Schedule
        When a decision is due, and whether a change of the rule's shares asks for one as well.
    seen_by : mapping of str to Panel
        What the baskets of some sleeves see in place of the clock: the same rows, more fields.
    """

    def __init__(
        self,
        strategy: Strategy,
        sleeves: Mapping[str, Basket],
        inputs: Inputs,
        signals: SignalValues,
        schedule: Schedule,
        seen_by: Mapping[str, Panel] = MappingProxyType({}),
    ) -> None:
        self.log: list[Decision] = []
        self.sleeves = {name: sleeves[name] for name in strategy.sleeves}
        self._strategy = strategy
        self._clock = inputs.clock
        self._seen_by = seen_by
        self._first_row = first_row = inputs.first_row
        self._eligible = inputs.eligible.view()
        self._eligible.flags.writeable = False  # baskets are asked one after the other
        # The schedule looks at all closes, so that a period may start in the middle of a week.
        self._due: Bool = schedule.due(inputs.clock.known_at, first_row)
        self._on_change = schedule.or_on_change
        self._names = strategy.signals
        rows = [signals.values[name][first_row:] for name in self._names]
        self._values = np.column_stack(rows) if rows else np.empty((len(self._due), 0))
        self._known: Bool = ~np.any(np.isnan(self._values), axis=1)
        self._shares: dict[bytes, Mapping[str, float]] = {}
        self._last: Mapping[str, float] | None = None
        self._entry_nav = 1.0
        self._memory: Mapping[str, float] = MappingProxyType({})

    @property
    def known(self) -> Bool:
        """Rows of the period at which every signal the rule reads is known, bool (T,)."""
        return self._known

    @property
    def reads_held(self) -> bool:
        """Whether the rule depends on what is held, so that it must be asked close by close."""
        return self._strategy.reads_held

    def decide(self, row: int, held: Mapping[str, float] | None = None) -> Decision | None:
        """The decision at this row of the period, if there is one; rows must ascend."""
        if self._strategy.once and self._last is not None:
            return None
        now = self._now(row, held) if self._strategy.reads_held else None
        if not self._known[row]:
            if self._due[row]:
                reason = WARM_UP if self._last is None else SIGNAL_UNKNOWN
                self.log.append(Decision(row, reason))
            return None
        shares = self._rule(row, now)
        if self._last is None:
            reason = INITIAL
        elif shares != self._last and (self._due[row] or self._on_change):
            reason = CHANGED
        elif self._due[row]:
            reason = SCHEDULED
        else:
            return None
        decision = self._weigh(row, reason, shares)
        if self._strategy.once and decision.empty:
            return None  # a strategy that decides once waits for a member in every sleeve
        if now is not None and shares != self._last:
            self._entry_nav = now.nav
        self._last = shares
        self.log.append(decision)
        return decision

    def decide_all(self) -> list[Decision]:
        """All decisions of a strategy that does not read what is held."""
        for row in self._eventful().tolist():
            self.decide(row)
        return [decision for decision in self.log if decision.weights is not None]

    def _eventful(self) -> Int:
        """Rows at which a rule that does not read what is held may lead to a line in the log."""
        if self._strategy.once:  # any row may be the first at which every sleeve has a member
            return np.arange(len(self._due))
        # Where the values are those of the known row before, so are the shares.
        known = np.flatnonzero(self._known)
        bits = self._values[known].view(np.int64)
        moved = np.ones(len(known), dtype=bool)
        moved[1:] = np.any(bits[1:] != bits[:-1], axis=1)
        eventful = self._due.copy()
        eventful[known[moved]] = True
        return np.flatnonzero(eventful)

    def _x(self, row: int) -> dict[str, float]:
        return dict(zip(self._names, self._values[row].tolist(), strict=True))

    def _now(self, row: int, held: Mapping[str, float] | None) -> Held:
        """What is held at this close, with the rule's entry and what it remembers."""
        held = held if isinstance(held, Held) else Held(held or {})
        day = int(day_number(self._clock.label[self._first_row + row]))
        now = replace(held, day=day, entry_nav=self._entry_nav, memory=self._memory)
        if not isinstance(self._strategy, Remembers):
            return now
        with self._blame():
            memory = dict(self._strategy.remember(self._x(row), now))
        self._memory = MappingProxyType(memory)
        return replace(now, memory=self._memory)

    def _rule(self, row: int, held: Held | None) -> Mapping[str, float]:
        if held is not None:
            with self._blame():
                shares = self._strategy.rule(self._x(row), held)  # type: ignore[call-arg]
            return self._checked(shares, row)
        key = self._values[row].tobytes()
        if key not in self._shares:
            with self._blame():
                shares = self._strategy.rule(self._x(row))
            self._shares[key] = self._checked(shares, row)
        return self._shares[key]

    def _blame(self) -> AbstractContextManager[None]:
        return blame(f"strategy '{self._strategy.kind}'")

    def _checked(self, shares: Mapping[str, float], row: int) -> Mapping[str, float]:
        """The shares in order of their names, without those that are 0, if they can be held."""
        who = f"strategy '{self._strategy.kind}'"
        when = text(self._clock.known_at[self._first_row + row])
        if not isinstance(shares, Mapping):
            raise EngineError(f"{who} returned {shares!r} at {when}; return a share by sleeve")
        unknown = sorted(set(shares) - set(self.sleeves))
        if unknown:
            known = ", ".join(self.sleeves) or "none"
            raise EngineError(
                f"{who} returned a share for '{unknown[0]}' at {when}; its sleeves are {known}"
            )
        odd = [name for name in sorted(shares) if not isinstance(shares[name], Real)]
        if odd:
            raise EngineError(
                f"{who} returned {shares[odd[0]]!r} for '{odd[0]}' at {when}; shares are numbers"
            )
        out = {name: float(shares[name]) for name in sorted(shares) if shares[name] != 0}
        wrong = [name for name, share in out.items() if not 0 < share <= 1 + _ROUNDING]
        total = math.fsum(out.values())
        if wrong or total > 1 + _ROUNDING:
            raise EngineError(
                f"{who} returned {out} at {when}; shares are at least 0 and sum to at most 1: "
                "there is no leverage and no shorting"
            )
        return out

    def _weigh(self, row: int, reason: str, shares: Mapping[str, float]) -> Decision:
        rows = self._first_row + row + 1
        weights = np.zeros((len(self.sleeves), len(self._clock.ids)))
        empty = []
        eligible = self._eligible[row]
        for k, (name, basket) in enumerate(self.sleeves.items()):
            share = shares.get(name, 0.0)
            if share > 0:
                seen = self._seen_by.get(name, self._clock).head(rows)
                with blame(f"basket '{basket.kind}' of sleeve '{name}'"):
                    inside = np.asarray(basket.weights(seen, eligible), dtype=np.float64)
                _check_weights(name, inside, eligible, seen)
                weights[k] = share * inside
                if not np.count_nonzero(inside):
                    empty.append(name)
        return Decision(row, reason, shares, weights, tuple(empty))


def _check_weights(sleeve: str, weights: Float, eligible: Bool, seen: Panel) -> None:
    """Stop for weights that no portfolio can have."""
    problem, total = None, weights.sum()
    if weights.shape != eligible.shape:
        problem = f"{weights.shape} weights for {len(eligible)} ids"
    elif not (weights.min(initial=0.0) >= 0 and math.isfinite(total)):
        problem = "a weight that is negative or not a number"
    elif total > 1 + _ROUNDING:
        problem = f"weights that sum to {total:g}, above 1"
    elif np.count_nonzero(weights[~eligible]):
        names = np.array(seen.ids)[(weights != 0) & ~eligible]
        problem = f"a weight for {', '.join(names)}, not in the universe at that time"
    if problem:
        raise EngineError(
            f"sleeve '{sleeve}' returned {problem} at {text(seen.known_at[-1])}; mend its basket"
        )
