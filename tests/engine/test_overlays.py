"""Strategies around strategies, from the config to the orders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from engine.cerebro.replay import FAST, STOCK, replay_targets
from engine.config import load_config
from engine.config.explain import explain
from engine.config.schema import json_schema, node_at
from engine.execution import ExecutionSpec
from engine.runs import _classes
from engine.simulation import simulate_experiment
from feeds.errors import ConfigError, EngineError
from strategies.base import Strategy
from strategies.held import Held
from strategies.rules import FixedMix, Rotation, Stop, VolatilityTarget
from tests.engine import markets
from tests.engine.compared import compare
from tests.engine.test_decisions import decider
from tests.panels import coins

INSIDE = {"kind": "rotation", "signal": "risk_on", "on": {"alts": 0.9}, "off": {"btc": 1.0}}
NESTED = {
    "kind": "volatility_target",
    "volatility": "level",
    "target": 0.3,
    "of": {"kind": "stop", "loss": 0.1, "pause_days": 9, "to": {"btc": 0.5}, "of": INSIDE},
}
FREE = ExecutionSpec(cash=100.0, fee_bps=0.0, slippage_bps=0.0, reserve=0.0)


def config(strategy: dict[str, Any]) -> dict[str, Any]:
    return {**markets.EVERYTHING, "strategy": strategy, "benchmarks": {}}


def test_a_nested_strategy_reads_back_as_itself() -> None:
    found = load_config(config(NESTED))
    again = load_config(found.to_yaml())
    assert again.strategy == found.strategy
    assert again.to_yaml() == found.to_yaml()
    assert found.resolved()["strategy"]["of"]["of"] == INSIDE
    assert isinstance(found.strategy, VolatilityTarget)
    assert found.strategy.sleeves == ("alts", "btc")


def test_every_key_of_a_nested_strategy_is_in_the_schema_and_explained() -> None:
    values = load_config(config(NESTED)).resolved()
    for path in (("of", "of", "signal"), ("of", "to"), ("of", "pause_days"), ("target",)):
        assert node_at(("strategy", *path), values) is not None
    assert "number, above 0, below 1; required" in explain(
        "strategy.volatility_target.of.stop.loss"
    )
    inside = json_schema()["$defs"]["strategy_inside"]["oneOf"]
    kinds = {each["properties"]["kind"]["const"] for each in inside}
    assert "rotation" in kinds
    assert "raw" not in kinds
    assert json.dumps(json_schema()).count('"$ref": "#/$defs/strategy_inside"') >= 2


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (
            {**NESTED, "of": {**NESTED["of"], "of": {**INSIDE, "signal": "risk_onn"}}},
            "strategy.of.of.signal  unknown signal `risk_onn`. Did you mean `risk_on`?",
        ),
        (
            {**NESTED, "of": {**NESTED["of"], "to": {"bts": 1.0}}},
            "strategy.of.to  unknown sleeve `bts`. Did you mean `btc`?",
        ),
        ({**NESTED, "of": {**INSIDE, "onn": {}}}, "unknown key. Did you mean `strategy.of.on`?"),
        ({**NESTED, "of": {"kind": "rotate"}}, "strategy.of.kind"),
        (
            {"kind": "cases", "cases": [{"signal": "x", "hold": {"y": 1.0}}], "otherwise": {}},
            "strategy.cases[0].signal  unknown signal `x`",
        ),
        (
            {"kind": "cases", "cases": [{"signal": "level", "hold": {"y": 1.0}}], "otherwise": {}},
            "strategy.cases[0].hold",
        ),
        (
            {"kind": "ranking", "scores": {"alts": "leve", "eth": "level"}},
            "strategy.scores.alts  unknown signal `leve`. Did you mean `level`?",
        ),
        (
            {"kind": "ranking", "scores": {"alts": "level", "eth": "level"}},
            "strategy.scores  unknown sleeve `eth`",
        ),
    ],
)
def test_names_inside_are_checked_where_they_stand(strategy: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as stopped:
        load_config(config(strategy))
    words = " ".join(str(stopped.value).split())
    assert " ".join(message.split()) in words


def test_a_panel_of_caps_must_be_one_of_the_config() -> None:
    sleeves = {**markets.EVERYTHING["sleeves"], "large": {"kind": "cap_weight", "caps": "cap"}}
    with pytest.raises(ConfigError, match=r"sleeves.large.caps\s+unknown panel `cap`. Did you"):
        load_config({**markets.EVERYTHING, "sleeves": sleeves})


def test_the_code_of_every_strategy_inside_counts() -> None:
    classes = _classes(load_config(config(NESTED)))
    assert {VolatilityTarget, Stop, Rotation} <= set(classes)


PRICES = coins(
    {"A": [10, 10, 12, 15, 12, 12, 9, 9, 8, 8, 7.1, 7.1], "B": [1.0] * 12},
    {"A": [10, 10, 10, 12, 15, 12, 12, 9, 9, 8, 8, 7.1], "B": [1.0] * 12},
)
"""Opens are the closes before, so that a decision fills at the price that it saw."""


@pytest.mark.parametrize("stock", [False, True])
def test_a_stop_by_hand(stock: bool) -> None:
    strategy = Stop(of=FixedMix(mix={"a": 1.0}), loss=0.2, pause_days=4)
    of = decider(strategy, [0.0] * 12, due=[], on_change=True, panel=PRICES)

    def weights_at(row: int, held: Mapping[str, float]) -> list[float] | None:
        decision = of.decide(row, held)
        return None if decision is None else decision.target.tolist()

    ledger = replay_targets(PRICES, weights_at, FREE, stock=stock)
    # Bought at 10 at the first close, the account is worth 10 times the price: a peak of 150 at
    # 15, and 120 at 12 is 20 % less: out at the close of row 4, at the next open of 12. Four days
    # later, at row 8, it buys 15 at 8; 12 % less at 7.1 is no reason to leave.
    found = [(d.row, d.reason, d.shares) for d in of.log]
    assert found == [(0, "initial", {"a": 1.0}), (4, "changed", {}), (8, "changed", {"a": 1.0})]
    assert ledger.shares[:, 0].tolist() == [0, 10, 10, 10, 10, 0, 0, 0, 0, 15, 15, 15]
    assert ledger.nav[-1] == pytest.approx(15 * 7.1)


class Watch(Strategy):
    """Notes what it is told."""

    reads_held = True
    told: list[tuple[int, float, float, int]]

    @property
    def sleeves(self) -> tuple[str, ...]:
        return ("a",)

    @property
    def signals(self) -> tuple[str, ...]:
        return ("s",)

    def remember(self, x: Mapping[str, float], held: Held) -> Mapping[str, float]:
        blank = np.isnan(x["s"])
        return {"closes": held.memory.get("closes", 0) + 1, "blank": float(blank)}

    def rule(self, x: Mapping[str, float], held: Held | None = None) -> Mapping[str, float]:
        assert held is not None
        self.told.append((held.day, held.nav, held.entry_nav, int(held.memory["closes"])))
        return {"a": 1.0} if x["s"] > 0 else {}


def test_a_rule_is_told_the_day_the_nav_the_entry_and_what_it_remembers() -> None:
    watch = Watch(told=[])
    signal = [1, 1, 1, np.nan, 0, 0, 0, 1, 1, 1, 1, 1]
    of = decider(watch, signal, due=[], on_change=True, panel=PRICES)

    def weights_at(row: int, held: Mapping[str, float]) -> list[float] | None:
        decision = of.decide(row, held)
        return None if decision is None else decision.target.tolist()

    replay_targets(PRICES, weights_at, FREE)
    first = int(np.datetime64("2020-01-01").astype(int))
    assert [day - first for day, *_ in watch.told] == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    # Sold at the close of row 4 for 120 of 100, bought again at row 7.
    assert [nav for _, nav, _, _ in watch.told[:7]] == pytest.approx(
        [1, 1, 1.2, 1.2, 1.2, 1.2, 1.2]
    )
    entries = [entry for _, _, entry, _ in watch.told]
    assert entries == pytest.approx([1, 1, 1, 1, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2])
    # It remembers at every close, also at the one whose signal is unknown.
    assert [count for *_, count in watch.told] == [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12]


class Muddled(Watch):
    def remember(self, x: Mapping[str, float], held: Held) -> Any:
        return 3


def test_a_memory_that_is_no_mapping_is_named() -> None:
    of = decider(Muddled(told=[]), [1.0] * 12, due=[], panel=PRICES)
    with pytest.raises(EngineError, match="strategy '' raised TypeError"):
        of.decide(0, Held({"cash": 1.0}))


def test_what_is_remembered_cannot_be_written_to() -> None:
    of = decider(Scribbles(told=[]), [1.0] * 12, due=[], panel=PRICES)
    with pytest.raises(EngineError, match="does not support item assignment"):
        of.decide(0, Held({"cash": 1.0}))


class Scribbles(Watch):
    def rule(self, x: Mapping[str, float], held: Held | None = None) -> Mapping[str, float]:
        assert held is not None
        held.memory["closes"] = 0  # type: ignore[index]
        return {}


@pytest.mark.parametrize(
    "strategy",
    [
        {"kind": "stop", "loss": 0.03, "pause_days": 5, "of": INSIDE},
        {"kind": "stop", "loss": 0.05, "pause_days": 3, "since": "entry", "of": INSIDE},
        NESTED,
    ],
    ids=["peak", "entry", "nested"],
)
def test_overlays_are_the_same_on_stock_backtrader_to_the_last_bit(
    strategy: dict[str, Any],
) -> None:
    of = load_config(config(strategy))
    inputs = markets.prepared(of)
    fast, stock = (
        simulate_experiment(of, inputs, lambda *_: None, markets.QUIET, stock=each)
        for each in (False, True)
    )
    assert (fast.ledger.path, stock.ledger.path) == (FAST, f"{STOCK}: asked for")
    assert compare(fast.ledger, stock.ledger) is None
    assert [d.shares for d in fast.decisions] == [d.shares for d in stock.decisions]
    assert len({str(decision.shares) for decision in fast.decisions}) > 2


def test_a_later_row_changes_no_decision_of_an_overlay() -> None:
    of = load_config(config({"kind": "stop", "loss": 0.03, "of": INSIDE}))
    whole = markets.simulation(of, markets.prepared(of))
    panels, _ = markets.market()
    after = whole.ledger.time[200]
    spoilt = markets.simulation(
        of, markets.prepared(of, markets.spoilt(panels, after, markets.noise))
    )
    cut = [d for d in whole.decisions if d.row <= 200]
    assert [(d.row, d.reason, d.shares) for d in cut] == [
        (d.row, d.reason, d.shares) for d in spoilt.decisions if d.row <= 200
    ]
    np.testing.assert_array_equal(whole.ledger.nav[:201], spoilt.ledger.nav[:201])
