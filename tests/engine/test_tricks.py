"""What the fast path leaves out of backtrader's constructions, each beside the real thing."""

from __future__ import annotations

import gc
from collections import deque
from copy import copy
from functools import partial
from typing import Any

import backtrader as bt
import numpy as np
import pytest
from backtrader.order import BuyOrder

from engine.cerebro.batch import BatchBroker
from engine.cerebro.clock import Clock, NotCoveredError, twin
from engine.cerebro.feed import ClockFeed
from engine.cerebro.market import prepare
from engine.cerebro.replay import replay, replay_raw, replay_targets
from engine.execution import ExecutionSpec
from engine.ledger import Ledger
from feeds.errors import DataError, EngineError
from feeds.panel import Panel
from tests.engine.tiny import bars
from tests.panels import coins

FREE = ExecutionSpec(cash=1000.0, fee_bps=0.0, slippage_bps=0.0, reserve=0.0)
PANEL = coins({"A": [10.0, 11.0, 12.0, 13.0], "B": [5.0, None, 5.0, 6.0]})


def kinds(one: Any) -> dict[str, str]:
    return {name: type(value).__name__ for name, value in vars(one).items()}


def test_another_feed_is_what_the_constructor_makes() -> None:
    market = prepare(PANEL, (), ())
    make: Any = ClockFeed
    clock = Clock(market.instants)
    first, bars_of = make(clock=clock), market.traded[1]
    made, genuine = first.another(bars=bars_of), make(clock=clock, bars=bars_of)
    assert kinds(made) == kinds(genuine)
    assert vars(made.p) == vars(genuine.p)
    for name, value in vars(genuine).items():
        own = getattr(made, name)
        if isinstance(value, list | deque):
            assert own == value
            assert own is not getattr(first, name), f"{name} is shared"
    assert made.lines is first.lines


def test_backtrader_finds_no_line_to_look_at_where_nobody_listens() -> None:
    market = prepare(PANEL, (), ())
    make: Any = ClockFeed
    first = make(clock=Clock(market.instants))
    cerebro = bt.Cerebro(stdstats=False)
    for bars_of in market.traded.values():
        cerebro.adddata(first.another(bars=bars_of))
    cerebro.addstrategy(Remembers)
    with pytest.raises(NotCoveredError, match="a line was moved"):  # as stock goes on to do
        cerebro.run()
    given = {name for name in vars(Remembers.made.pop()) if name.startswith("data")}
    assert given == {"datas", "data", "data0", "data1"}


class Remembers(bt.Strategy):
    made: list[Any] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.made.append(self)


def test_a_twin_is_a_shallow_copy() -> None:
    order = BuyOrder(owner=None, data=bars([1.0, 2.0]), size=3, simulated=True)
    assert vars(twin(order)) == vars(copy(order))
    assert vars(twin(order.created)) == vars(copy(order.created))
    assert twin(order).params is order.params


def test_a_replay_leaves_no_backtrader_objects_behind() -> None:
    gc.collect()
    gc.disable()
    try:
        replay(PANEL, np.array([0]), np.array([[0.5, 0.5]]), FREE)
        left = [one for one in gc.get_objects() if isinstance(one, BatchBroker | ClockFeed)]
    finally:
        gc.enable()
    assert left == []


@pytest.mark.parametrize("collecting", [True, False])
def test_a_replay_leaves_the_garbage_collector_as_it_was(collecting: bool) -> None:
    (gc.enable if collecting else gc.disable)()
    try:
        inner()
        with pytest.raises(EngineError, match="ZeroDivisionError"):
            replay_targets(PANEL, lambda row, held: 1 // 0, FREE)
        assert gc.isenabled() == collecting
    finally:
        gc.enable()


def inner() -> Ledger:
    return replay(PANEL, np.array([1]), np.array([[0.0, 0.5]]), FREE)


class ReplaysInside(bt.Analyzer):
    def start(self) -> None:
        self.navs: list[float] = []

    def next(self) -> None:
        self.navs.append(float(inner().nav[-1]))

    def get_analysis(self) -> list[float]:
        return self.navs


class RawReplaysInside(bt.Strategy):
    def next(self) -> None:
        inner()


@pytest.mark.parametrize("stock", [False, True])
def test_a_replay_may_be_called_inside_a_replay(stock: bool) -> None:
    expected = float(inner().nav[-1])
    given = PANEL, np.array([0]), np.array([[0.5, 0.0]]), FREE
    alone = replay(*given)
    ledger = replay(*given, analyzers={"inner": ReplaysInside}, stock=stock)
    assert set(ledger.analyses["inner"]) == {expected}
    assert ledger.nav.tolist() == alone.nav.tolist()
    asked = replay_targets(PANEL, lambda row, _: inner() and None, FREE, stock=stock)
    assert asked.nav.tolist() == [1000.0] * 4
    assert replay_raw(PANEL, RawReplaysInside, {}, FREE).nav.tolist() == [1000.0] * 4


class FailsAtOnce(bt.Strategy):
    def __init__(self) -> None:
        raise ValueError("no such thing")


def test_user_code_that_fails_before_the_first_bar_is_named() -> None:
    with pytest.raises(EngineError, match="the raw strategy 'FailsAtOnce' raised ValueError"):
        replay_raw(PANEL, FailsAtOnce, {}, FREE)
    wrong = {"returns": partial(bt.analyzers.TimeReturn, nope=1)}
    with pytest.raises(EngineError, match="an analyzer raised TypeError"):
        replay(PANEL, np.array([0]), np.array([[1.0, 0.0]]), FREE, analyzers=wrong)


@pytest.mark.parametrize(
    "decision_bars", [np.ones(3, bool), np.array([0.5, 1.0]), np.array([[0], [1]]), None, "0"]
)
def test_decision_bars_are_rows_or_a_mask_of_them(decision_bars: Any) -> None:
    with pytest.raises(DataError, match="whole numbers of rows, or a bool for each of the 4"):
        replay(PANEL, decision_bars, np.zeros((2, 2)), FREE)


@pytest.mark.parametrize("field", ["opened_at", "known_at"])
def test_rows_that_backtrader_cannot_tell_apart_are_refused(field: str) -> None:
    times = {name: np.array(getattr(PANEL, name)) for name in ("label", "opened_at", "known_at")}
    times[field][2] = times[field][1] + np.timedelta64(field == "known_at", "us")
    fields = {key: PANEL[key] for key in ("open", "high", "low", "close")}
    panel = Panel.build("coins", "24/7", **times, ids=PANEL.ids, fields=fields)
    with pytest.raises(DataError, match="rows open one after the other"):
        replay(panel, np.array([0]), np.zeros((1, 2)), FREE)


def test_two_panels_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="two panels have the same name"):
        replay(PANEL, np.array([0]), np.zeros((1, 2)), FREE, others=[PANEL])
