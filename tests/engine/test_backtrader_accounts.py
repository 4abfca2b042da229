"""What backtrader's broker keeps: its state, positions, cash and value to the last bit, sizes."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

import backtrader as bt
import pytest
from backtrader.position import Position

from tests.engine.tiny import START, bars, run

# The broker's own state.


def test_a_broker_starts_with_these_attributes() -> None:
    broker = bt.brokers.BackBroker(cash=1000.0)
    broker.start()
    state = {name: value for name, value in vars(broker).items() if name not in ("p", "params")}
    assert list(state.pop("comminfo")) == [None]
    assert repr(state.pop("_fhistlast")) == "[nan, nan]"
    assert state == {
        "startingcash": 1000.0,
        "cash": 1000.0,
        "_value": 1000.0,
        "_valuemkt": 0.0,
        "_valuelever": 0.0,
        "_valuemktlever": 0.0,
        "_leverage": 1.0,
        "_unrealized": 0.0,
        "orders": [],
        "pending": deque(),
        "_toactivate": deque(),
        "positions": {},
        "d_credit": {},
        "notifs": deque(),
        "submitted": deque(),
        "_pchildren": {},
        "_ocos": {},
        "_ocol": {},
        "_fundval": 100.0,
        "_fundshares": 10.0,
        "_cash_addition": deque(),
        "_userhist": [],
        "_fundhist": [],
    }
    assert type(broker.positions) is defaultdict
    assert broker.positions.default_factory is Position


def test_a_broker_starts_anew_with_every_run_but_keeps_its_commissions() -> None:
    broker = bt.brokers.BackBroker(cash=1000.0)
    commission = bt.CommissionInfo(commission=0.001)
    broker.addcommissioninfo(commission)
    broker.cash, broker.positions = 7.0, {"A": 1}
    broker.start()
    assert (broker.cash, dict(broker.positions)) == (1000.0, {})
    assert broker.comminfo == {None: commission}


def test_a_position_has_these_attributes() -> None:
    assert vars(Position()) == {
        "size": 0,
        "price": 0.0,
        "price_orig": 0.0,
        "adjbase": None,
        "upopened": 0,
        "upclosed": 0,
        "updt": None,
    }
    position = Position()
    # Opened, added to at (2 x 10 + 2 x 20) / 4, reduced at an unchanged price, reversed.
    assert position.update(2, 10.0) == (2, 10.0, 2, 0)
    assert position.update(2, 20.0) == (4, 15.0, 2, 0)
    assert position.update(-1, 30.0) == (3, 15.0, 0, -1)
    assert position.update(-4, 30.0) == (-1, 30.0, -1, -3)
    assert position.update(1, 30.0) == (0, 0.0, 0, 1)
    assert not position
    position.fix(5, 2.0)
    assert (position.size, position.price, bool(position)) == (5, 2.0, True)


# Cash and value, to the last bit.


def test_a_sale_books_cost_and_profit_not_size_times_price() -> None:
    # 3 at 0.1 and then at 0.3, from no cash to speak of.
    done = run(
        {1: lambda s: s.buy(size=3), 2: lambda s: s.close()}, bars([0.1, 0.1, 0.3]), cash=3 * 0.1
    )
    assert done.broker.getcash() == 3 * 0.1 + 3 * (0.3 - 0.1)
    assert 3 * 0.1 + 3 * (0.3 - 0.1) != 3 * 0.3


def test_a_holding_is_valued_less_and_then_plus_its_unrealised_profit() -> None:
    # 7 bought at 0.3 for all the cash, closing at 0.1.
    done = run({1: lambda s: s.buy(size=7)}, bars([0.3, 0.3], [0.3, 0.1]), cash=7 * 0.3)
    value, unrealised = 7 * 0.1, 7 * (0.1 - 0.3)
    assert done.broker.getcash() == 0.0
    assert done.broker.getvalue() == (value - unrealised) + unrealised
    assert (value - unrealised) + unrealised != value


def test_a_short_holding_is_valued_as_it_is() -> None:
    done = run({1: lambda s: s.sell(size=7)}, bars([0.3, 0.3], [0.3, 0.1]), cash=0.1)
    assert done.broker.getvalue() == (0.1 + 7 * 0.3) - 7 * 0.1


@pytest.mark.parametrize(("first", "value"), [("data0", 1e16), ("data1", 1e16 + 2)])
def test_holdings_are_summed_in_the_order_in_which_they_were_first_looked_at(
    first: str, value: float
) -> None:
    # One each at 1e16, 1 and 1. Beside 1e16 a 1 is lost, before it two of them are not.
    def buy(s: Any) -> None:
        s.getposition(getattr(s, first))
        for data in (s.data1, s.data2, s.data0):
            s.buy(data, size=1)

    done = run({1: buy}, bars([1e16] * 2), bars([1] * 2), bars([1] * 2), cash=1e16 + 2)
    assert done.broker.getcash() == 0.0
    assert done.broker.getvalue() == value


def test_a_fee_is_size_times_rate_times_price_in_this_order() -> None:
    done = run({1: lambda s: s.buy(size=3)}, bars([0.3, 0.3]), fee=0.1)
    assert done.orders[-1].executed.comm == 3 * 0.1 * 0.3
    assert 3 * 0.1 * 0.3 != 3 * 0.3 * 0.1
    assert done.broker.getcash() == (1000 - 3 * 0.3) - 3 * 0.1 * 0.3


def test_the_base_commission_is_in_percent_and_its_subclass_in_fractions() -> None:
    assert bt.comminfo.CommInfoBase(commission=1.0).getcommission(10, 100.0) == 10.0
    assert bt.CommissionInfo(commission=0.01).getcommission(-10, 100.0) == 10.0
    broker = bt.brokers.BackBroker()
    broker.setcommission(commission=0.01)
    assert broker.comminfo[None].getcommission(10, 100.0) == 10.0


def test_stock_like_assets_cost_nothing_between_trades() -> None:
    commission = bt.CommissionInfo(commission=0.01)
    assert (commission.stocklike, commission.margin, commission.get_leverage()) == (True, None, 1.0)
    assert (commission.p.interest, commission.cashadjust(5, 10.0, 20.0)) == (0.0, 0.0)
    done = run({1: lambda s: s.buy(size=1)}, bars([10, 10, 20, 5]))
    assert done.broker.getcash() == 990.0
    assert dict(done.broker.d_credit) == {done.data: 0.0}
    # A held position notes the last close and time all the same.
    position = done.position
    assert (position.adjbase, bt.date2num(position.datetime)) == (5.0, START + 3)


# Sizes.


def test_a_target_is_sized_by_the_close_of_the_decision_and_the_value_of_then() -> None:
    # Half of 1,000 at the close of 10 are 50, whatever the next open; then the 50 bought at 20
    # are worth 1,000 of 1,000, and half of that are 25 less.
    script = dict.fromkeys([1, 2], lambda s: s.order_target_percent(target=0.5))
    done = run(script, bars([10, 20, 20]))
    sizes = [order.executed.size for order in done.orders if order.status == order.Completed]
    assert sizes == [50, -25]


def test_orders_of_one_bar_are_sized_without_each_other() -> None:
    script = {1: lambda s: [s.order_target_percent(target=0.5) for _ in "ab"]}
    assert run(script, bars([10, 10])).position.size == 100


def test_a_target_of_zero_closes_to_exactly_nothing() -> None:
    buys = dict.fromkeys([1, 2, 3], lambda s: s.buy(size=0.1))
    done = run(buys | {4: lambda s: s.order_target_percent(target=0.0)}, bars([1] * 5))
    assert done.orders[-1].executed.size == -(0.1 + 0.1 + 0.1)
    assert (done.position.size, done.position.price) == (0.0, 0.0)


def test_default_sizes_are_whole_and_too_little_is_silently_nothing() -> None:
    assert bt.comminfo.CommInfoBase().getsize(60_000.0, 10_000.0) == 0
    assert bt.comminfo.CommInfoBase().getsize(3.0, 10.0) == 3
    orders: list[Any] = []
    script = {1: lambda s: orders.append(s.order_target_percent(target=0.5))}
    assert run(script, bars([60_000, 60_000])).told == []
    assert orders == [None]


def test_the_value_within_next_has_the_fills_of_this_bar() -> None:
    seen = []
    script = {1: lambda s: s.buy(size=100)}
    run(script, bars([10, 10], [10, 12]), every_bar=lambda s: seen.append(s.broker.getvalue()))
    assert seen == [1000, 1200]


def test_positions_may_go_short_without_anybody_asking() -> None:
    # B misses a day; a sale decided on each of two days closes it twice.
    script = {1: lambda s: s.buy(s.data1, size=5), 2: lambda s: s.close(s.data1)}
    script |= {3: script[2]}
    done = run(script, bars([1] * 5), bars([1] * 4, days=[0, 1, 3, 4]))
    assert done.getposition(done.data1).size == -5
