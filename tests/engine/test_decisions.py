"""When a rule decides, and what it then wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from engine.attribution import sleeve_shares
from engine.cerebro.replay import replay_targets
from engine.decisions import Decider, Decision
from engine.execution import ExecutionSpec
from engine.inputs import Inputs
from engine.ledger import Ledger, OrderLog
from engine.signals import SignalValues, evaluate_signals
from feeds.arrays import Bool, Float, Instants
from feeds.errors import EngineError
from feeds.panel import Panel
from strategies.base import Basket, Signal, Strategy
from strategies.baskets import EqualWeight, Single
from strategies.rules import BuyAndHold, FixedMix, Rotation
from strategies.signals import Hysteresis, When
from tests.panels import coins, values

NAN = float("nan")
SLEEVES: dict[str, Basket] = {"a": Single(asset="A"), "b": Single(asset="B")}
PANEL = coins({"A": [1.0] * 8, "B": [1.0] * 8})
ROTATION = Rotation(signal="s", on={"a": 1.0}, off={"b": 1.0})


class _Level(Signal):
    def values(self, seen: Panel) -> Float:
        return seen.column("share").copy()


class _Close(Signal):
    def values(self, seen: Panel) -> Float:
        return seen.column("close").copy()


@dataclass(frozen=True)
class Days:
    """A schedule that is due at given rows of the clock."""

    rows: set[int]
    or_on_change: bool

    def due(self, closes: Instants, first_row: int = 0) -> Bool:
        return np.isin(np.arange(len(closes)), sorted(self.rows))[first_row:]


def decider(
    strategy: Strategy,
    signal: list[float],
    due: list[int],
    *,
    on_change: bool = False,
    panel: Panel = PANEL,
    eligible: Bool | None = None,
    sleeves: Mapping[str, Basket] = SLEEVES,
) -> Decider:
    rows, warm_up = len(signal), len(panel) - len(signal)
    known = SignalValues({"s": np.array([NAN] * warm_up + signal)}, {"s": np.zeros(len(panel))})
    if eligible is None:
        eligible = np.ones((rows, len(panel.ids)), dtype=bool)
    inputs = Inputs({}, panel, warm_up, (), eligible, False, ())
    schedule: Any = Days({warm_up + row for row in due}, on_change)
    return Decider(strategy, sleeves, inputs, known, schedule)


def log(of: Decider) -> list[tuple[int, str]]:
    of.decide_all()
    return [(decision.row, decision.reason) for decision in of.log]


def test_warm_up_then_the_first_known_close_then_the_schedule() -> None:
    found = log(decider(ROTATION, [NAN, NAN, 0, 0, 0, 0, 0, 0], due=[0, 4]))
    assert found == [(0, "warm_up"), (2, "initial"), (4, "scheduled")]


def test_a_change_waits_for_the_schedule_unless_it_may_decide_by_itself() -> None:
    signal = [0, 0, 1, 1, 1, 0, 0, 0]
    assert log(decider(ROTATION, signal, due=[4])) == [(0, "initial"), (4, "changed")]
    found = log(decider(ROTATION, signal, due=[4], on_change=True))
    assert found == [(0, "initial"), (2, "changed"), (4, "scheduled"), (5, "changed")]


def test_an_unknown_signal_takes_no_decision_and_is_logged_where_one_was_due() -> None:
    of = decider(ROTATION, [0, NAN, NAN, 1, 1, 1, 1, 1], due=[2], on_change=True)
    assert log(of) == [(0, "initial"), (2, "signal_unknown"), (3, "changed")]
    assert of.log[1].shares is None


def test_buy_and_hold_decides_once_when_every_sleeve_has_a_member() -> None:
    eligible = np.ones((8, 2), dtype=bool)
    eligible[:3, 1] = False
    strategy = BuyAndHold(hold={"a": 0.5, "b": 0.5})
    of = decider(strategy, [0.0] * 8, due=[0, 4], eligible=eligible)
    assert log(of) == [(3, "initial")]


def test_an_empty_sleeve_stays_in_cash_and_is_named() -> None:
    eligible = np.zeros((8, 2), dtype=bool)
    eligible[:, 0] = True
    of = decider(FixedMix(mix={"a": 0.4, "b": 0.6}), [0.0] * 8, due=[], eligible=eligible)
    (decision,) = of.decide_all()
    assert decision.target.tolist() == [0.4, 0.0]
    assert decision.empty == ("b",)


def test_equal_weight_divides_a_sleeve_over_what_is_eligible_at_that_close() -> None:
    panel = coins({"A": [1.0] * 3, "B": [1.0] * 3, "C": [1.0] * 3})
    eligible = np.array([[True, True, False]] * 3)
    of = decider(
        FixedMix(mix={"alts": 0.9}),
        [0.0] * 3,
        due=[],
        panel=panel,
        eligible=eligible,
        sleeves={"alts": EqualWeight()},
    )
    (decision,) = of.decide_all()
    assert decision.target == pytest.approx([0.45, 0.45, 0.0], rel=1e-15)


class Seen(Basket):
    def weights(self, seen: Panel, eligible: Bool) -> Float:
        return np.array([len(seen) / 100, 0.0])


class TooMuch(Basket):
    def weights(self, seen: Panel, eligible: Bool) -> Float:
        return np.array([0.7, 0.7])


class Uninvited(Basket):
    def weights(self, seen: Panel, eligible: Bool) -> Float:
        return np.array([0.0, 1.0])


def test_a_basket_sees_the_rows_up_to_the_decision_warm_up_included() -> None:
    of = decider(FixedMix(mix={"x": 1.0}), [0.0] * 3, due=[2], sleeves={"x": Seen()})
    # The panel has 8 rows, the period the last 3 of them: decisions at its first and last close.
    targets = [decision.target[0] for decision in of.decide_all()]
    assert targets == pytest.approx([0.06, 0.08])


@pytest.mark.parametrize(
    ("basket", "message"),
    [(TooMuch(), "sum to 1.4, above 1"), (Uninvited(), "a weight for B, not in the universe")],
)
def test_impossible_weights_stop_the_run(basket: Basket, message: str) -> None:
    eligible = np.array([[True, False]] * 8)
    if isinstance(basket, TooMuch):
        eligible[:] = True
    of = decider(
        FixedMix(mix={"x": 1.0}), [0.0] * 8, due=[], eligible=eligible, sleeves={"x": basket}
    )
    with pytest.raises(EngineError, match=message):
        of.decide_all()


class Returns(Strategy):
    """Returns whatever it is given."""

    what: Any = None

    @property
    def sleeves(self) -> tuple[str, ...]:
        return ("a", "b")

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        return self.what


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"nope": 1.0}, "a share for 'nope' at 2020-01-02; its sleeves are a, b"),
        ({"a": 2.0}, r"returned {'a': 2.0} at .* no leverage"),
        ({"a": -0.5, "b": 1.5}, "no leverage and no shorting"),
        ({"a": 0.6, "b": 0.6}, "sum to at most 1"),
        ({"a": NAN}, "shares are at least 0"),
        (0.5, "returned 0.5 at 2020-01-02; return a share by sleeve"),
    ],
)
def test_shares_that_no_portfolio_can_have_stop_the_run(shares: Any, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        decider(Returns(what=shares), [0.0] * 8, due=[]).decide_all()


class Broken(Basket):
    def weights(self, seen: Panel, eligible: Bool) -> Float:
        return seen.close[-1] / self.nothing  # type: ignore[attr-defined, no-any-return]


def test_a_basket_that_raises_is_named_with_its_sleeve() -> None:
    of = decider(FixedMix(mix={"x": 1.0}), [0.0] * 8, due=[], sleeves={"x": Broken()})
    with pytest.raises(EngineError, match=r"of sleeve 'x' raised AttributeError.*line \d+"):
        of.decide_all()


def test_a_rule_that_forgets_what_is_held_is_named() -> None:
    of = decider(Forgets(), [0.0] * 8, due=[])
    with pytest.raises(EngineError, match="strategy '' raised TypeError"):
        of.decide(0, {"cash": 1.0})


class Forgets(Returns):
    reads_held = True


class Stop(Strategy):
    """Leaves a market in which it holds something, but less than 40 %."""

    reads_held = True
    hold: dict[str, float]

    @property
    def sleeves(self) -> tuple[str, ...]:
        return ("a",)

    def rule(
        self, x: Mapping[str, float], held: Mapping[str, float] | None = None
    ) -> Mapping[str, float]:
        assert held is not None
        return {} if held.get("A", 1.0) < 0.4 else self.hold


def test_a_rule_may_read_what_is_held() -> None:
    panel = coins({"A": [10, 10, 10, 4, 4, 4], "B": [1.0] * 6})
    of = decider(Stop(hold={"a": 0.5}), [0.0] * 6, due=[], on_change=True, panel=panel)

    def weights_at(row: int, held: Mapping[str, float] | None) -> list[float] | None:
        decision = of.decide(row, held)
        return None if decision is None else decision.target.tolist()

    free = ExecutionSpec(cash=100.0, fee_bps=0.0, slippage_bps=0.0, reserve=0.0)
    ledger = replay_targets(panel, weights_at, free)
    # 50 in A falls to 20 of 70 at the fourth close, 29 %: sold at the next open. Holding nothing,
    # the rule wants half of 70 again, 8.75 at 4.
    assert [(d.row, d.reason) for d in of.log] == [(0, "initial"), (3, "changed"), (4, "changed")]
    assert ledger.shares[:, 0].tolist() == [0, 5, 5, 5, 0, 8.75]


def test_signals_are_computed_on_their_panel_and_carried_to_the_clock() -> None:
    clock = coins({"A": [1.0] * 6})
    weekly = values("share", [1.0, 3.0, 2.0], step_days=2)
    signals = {
        "level": _Level(panel="share", max_age_days=1.5),
        "high": When(when="level > 1.5"),
        "steady": Hysteresis(signal="level", enter=2.5, leave=1.5),
    }
    seen = []

    def prove(name: str, signal: object, panel: Panel, first: int, rows: Float) -> None:
        seen.append((name, panel.name, first))

    rest = {"share": weekly}, clock, 2, prove
    out = evaluate_signals(signals, *rest)
    # Known on days 1, 3 and 5; closes are at the end of days 1 to 6.
    np.testing.assert_array_equal(out.values["level"], [1, 3, 3, 2, 2, NAN])
    np.testing.assert_array_equal(out.values["high"], [0, 1, 1, 1, 1, NAN])
    np.testing.assert_array_equal(out.values["steady"], [0, 1, 1, 1, 1, NAN])
    assert out.age_days["steady"].tolist() == [1, 0, 1, 0, 1, 2]
    # The proof starts at the row that the first close of the period reads; a switch reads the
    # closes before it too.
    assert seen == [("level", "share", 0), ("high", "signals", 2), ("steady", "signals", 2)]
    seen.clear()
    evaluate_signals({"level": signals["level"], "high": signals["high"]}, *rest)
    assert seen == [("level", "share", 1), ("high", "signals", 2)]


@pytest.mark.parametrize(("calendar", "want"), [("XNYS", [NAN, 1, 1]), ("24/7", [1, 1, 2])])
def test_a_session_is_seen_by_hourly_coins_at_the_hour_after_its_close(
    calendar: str, want: list[float]
) -> None:
    hour = np.timedelta64(1, "h")
    label = np.datetime64("2024-01-16T20:00", "ns") + np.arange(3) * hour  # closes 21, 22, 23
    fields = dict.fromkeys(("open", "high", "low", "close"), np.ones((3, 1)))
    clock = Panel.build("coins", "24/7", label, label, label + hour, ("A",), fields)
    known = np.array(["2024-01-16T21:00", "2024-01-16T23:00"], dtype="datetime64[ns]")
    share = {"share": np.array([[1.0], [2.0]])}
    index = Panel.build("share", calendar, known, known, known, ("share",), share)
    out = evaluate_signals({"s": _Level(panel="share")}, {"share": index}, clock, 0, _no_proof)
    np.testing.assert_array_equal(out.values["s"], want)


def _no_proof(*_: object) -> None:
    return None


def test_a_holding_stays_with_the_sleeve_that_bought_it_until_it_is_sold() -> None:
    panel = coins({"A": [1.0] * 5, "B": [1.0] * 5})
    both = np.array([[0.25, 0.0], [0.25, 0.5]])  # sleeve 1 wants A as well
    only = np.array([[0.0, 0.0], [0.0, 1.0]])
    decisions = [Decision(0, "initial", {}, both), Decision(2, "changed", {}, only)]
    free = ExecutionSpec(cash=100.0, fee_bps=0.0, slippage_bps=0.0, reserve=0.0)
    targets = {d.row: d.target.tolist() for d in decisions}
    ledger = replay_targets(panel, lambda row, _: targets.get(row), free)
    shares = sleeve_shares(ledger, decisions, 2)
    # A is half of each sleeve; between decision and fill (row 2) it is still held.
    assert shares[0] == pytest.approx([0, 0.25, 0.25, 0, 0])
    assert shares[1] == pytest.approx([0, 0.75, 0.75, 1, 1])


def test_looking_only_where_something_can_happen_finds_every_decision() -> None:
    rng = np.random.default_rng(5)
    panel = coins({"A": [1.0] * 60, "B": [1.0] * 60})
    strategies = (
        ROTATION,
        FixedMix(mix={"a": 0.4, "b": 0.6}),
        BuyAndHold(hold={"a": 0.5, "b": 0.5}),
    )
    reasons = set()
    for draw in range(120):
        signal = np.repeat(rng.choice([0.0, -0.0, 1.0, 2.0, NAN], 20), 3).tolist()
        due = rng.choice(60, rng.integers(0, 20), replace=False).tolist()
        eligible = rng.random((60, 2)) < 0.7
        found, plain = (
            decider(strategies[draw % 3], signal, due, on_change=draw % 2 == 0, panel=panel,
                    eligible=eligible) for _ in range(2)
        )  # fmt: skip
        decided = found.decide_all()
        taken = [plain.decide(row) for row in range(60)]
        assert [d.row for d in decided] == [d.row for d in taken if d is not None]
        assert list(map(_line, found.log)) == list(map(_line, plain.log))
        reasons |= {decision.reason for decision in found.log}
    assert reasons == {"initial", "scheduled", "changed", "warm_up", "signal_unknown"}


def _line(decision: Decision) -> tuple[Any, ...]:
    weights = None if decision.weights is None else decision.weights.tolist()
    return decision.row, decision.reason, decision.shares, weights, decision.empty


def test_the_sleeves_of_holdings_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(6)
    bars, ids = 40, 3
    start, day = np.datetime64("2020-01-01", "ns"), np.timedelta64(1, "D")
    held = np.where(rng.random((bars, ids)) < 0.6, rng.random((bars, ids)), 0.0)
    marks = 10.0 * rng.random((bars, ids))
    marks[:5, 2], held[:5, 2] = NAN, 0.0
    cash = rng.random(bars)
    nav = cash + np.nansum(held * np.nan_to_num(marks), axis=1)
    names = ("A", "B", "C")
    ledger = Ledger(
        start, 1.0, start + day * np.arange(1, bars + 1), names, nav, cash, held,
        np.arange(bars), marks, np.zeros((bars, ids), dtype=bool), OrderLog.of((), names),
    )  # fmt: skip
    for count in (0, 1, 9):
        rows = np.sort(rng.choice(bars, count, replace=False)).tolist()
        weights = np.where(rng.random((count, 2, ids)) < 0.5, rng.random((count, 2, ids)), 0.0)
        decisions = [Decision(0, "signal_unknown")]
        decisions += [
            Decision(*each) for each in zip(rows, "x" * count, [{}] * count, weights, strict=True)
        ]
        found = sleeve_shares(ledger, decisions, 2)
        assert found.tobytes() == _plain_shares(ledger, decisions, 2).tobytes()


def _plain_shares(ledger: Ledger, decisions: Sequence[Decision], sleeves: int) -> Float:
    """Bar by bar: a holding belongs to the sleeves that last asked for it."""
    at = {d.row: d.weights for d in decisions if d.weights is not None}
    split = np.zeros((sleeves, len(ledger.ids)))
    out = np.zeros((sleeves, len(ledger.time)))
    for row in range(len(ledger.time)):
        for column in range(len(ledger.ids)):
            mark = np.nan_to_num(ledger.marks[row, column])
            out[:, row] += split[:, column] * (ledger.shares[row, column] * mark / ledger.nav[row])
        for column, asked in enumerate(at[row].T if row in at else ()):
            if asked.sum() > 0:
                split[:, column] = asked / asked.sum()
    return out


class _Greedy(Basket):
    """Allows itself what the universe does not."""

    def weights(self, seen: Panel, eligible: Bool) -> Float:
        eligible[:] = True
        return eligible / len(eligible)


def test_a_basket_cannot_change_who_is_eligible():
    of = decider(
        FixedMix(mix={"a": 1.0}),
        [1.0] * 8,
        [0],
        eligible=np.zeros((8, 2), dtype=bool),
        sleeves={"a": _Greedy()},
    )
    with pytest.raises(EngineError, match="read-only"):
        of.decide_all()


class _Vague(Strategy):
    """Returns no number."""

    def rule(self, x: Mapping[str, float]) -> Mapping[str, Any]:
        return {"a": None}

    @property
    def sleeves(self) -> tuple[str, ...]:
        return ("a",)


def test_a_share_that_is_no_number_stops_with_its_sleeve():
    with pytest.raises(EngineError, match=r"returned None for 'a' at 2020-01-02; shares are num"):
        decider(_Vague(), [1.0] * 8, [0]).decide_all()


def test_a_signal_of_an_id_that_lists_after_the_period_is_unknown():
    clock = coins({"A": [1.0] * 6})
    panel = replace(clock, left_out={"LATE": "begins after the period"})
    signals = {"late": _Close(panel="coins", id="LATE"), "a": _Close(panel="coins", id="A")}
    out = evaluate_signals(signals, {"coins": panel}, clock, 0, lambda *_: None)
    assert np.isnan(out.values["late"]).all()
    assert out.values["a"].tolist() == [1.0] * 6
