"""What an order of backtrader is, attribute by attribute, through its life."""

from __future__ import annotations

import itertools
import pprint
from typing import Any

import backtrader as bt
import pytest
from backtrader.order import BuyOrder, OrderBase, SellOrder

from tests.engine.order_states import (
    ASKED,
    BLANK,
    BOUGHT,
    BUY_FILLED,
    CLOSES,
    FEE,
    OPENS,
    SELL_FILLED,
    SUBMITTED,
)
from tests.engine.tiny import START, bars, run


class Watched(bt.brokers.BackBroker):
    """Notes the state of each order when it is made and whenever somebody is told of it."""

    def start(self) -> None:
        super().start()
        self.states: list[dict[str, Any]] = []
        self.originals: list[Any] = []

    def transmit(self, order: Any, check: bool = True) -> Any:
        self.states.append(state(order))
        return super().transmit(order, check)

    def notify(self, order: Any) -> None:
        super().notify(order)
        self.states.append(state(order))
        self.originals.append(order)


shown = pprint.pformat  # sorts names, and tells 0 from 0.0 and from -0.0


def state(order: Any) -> dict[str, Any]:
    """All instance attributes but the number and the parameters, the nested ones as dicts."""
    values = {name: value for name, value in vars(order).items() if name not in ("p", "params")}
    del values["ref"]
    for name in ("created", "executed"):
        values[name] = dict(vars(values[name]))
        values[name]["exbits"] = [dict(vars(bit)) for bit in values[name]["exbits"]]
    return values | {"info": dict(order.info)}


def watch(script: Any, opens: list[float] = OPENS, closes: list[float] = CLOSES, **of: Any) -> Any:
    feed = bars(opens, closes)
    return run(script, feed, broker=Watched, fee=FEE, **({"cash": 1000.0} | of))


def test_an_order_that_is_checked_at_submission_has_these_attributes() -> None:
    done = watch({1: lambda s: s.buy(size=2.5)})
    made, submitted, accepted, completed = done.broker.states
    assert shown(made) == shown(BOUGHT)
    assert shown(submitted) == shown(SUBMITTED)
    # The check is at the next bar and submits once more: the length is then 2.
    after_check = SUBMITTED | {"status": bt.Order.Accepted, "plen": 2, "pannotated": None}
    assert shown(accepted) == shown(after_check)
    comminfo = done.broker.getcommissioninfo(done.data)
    fill = {"status": bt.Order.Completed, "comminfo": comminfo, "executed": BUY_FILLED}
    assert shown(completed) == shown(after_check | fill)


def test_an_order_that_is_not_checked_at_submission_has_these_attributes() -> None:
    done = watch({1: lambda s: s.buy(size=2.5)}, checksubmit=False)
    made, accepted, completed = done.broker.states
    assert shown(made) == shown(BOUGHT)
    at_once = SUBMITTED | {"status": bt.Order.Accepted, "pannotated": None}
    assert shown(accepted) == shown(at_once)
    comminfo = done.broker.getcommissioninfo(done.data)
    fill = {"status": bt.Order.Completed, "comminfo": comminfo, "executed": BUY_FILLED}
    assert shown(completed) == shown(at_once | fill)


def test_a_sell_order_has_a_size_of_its_own_that_is_negative() -> None:
    script = {1: lambda s: s.buy(size=2.5), 2: lambda s: s.sell(size=2.5)}
    done = watch(script, checksubmit=False)
    made, _, completed = done.broker.states[3:]
    created = {"pclose": 11.5, "price": 11.5, "pricelimit": 11.5, "dt": START + 1, "size": -2.5}
    sold = {
        "size": -2.5,
        "dteos": START + 1.9999999999,
        "created": BLANK | ASKED | created,
        "executed": BLANK | {"remsize": -2.5},
    }
    assert shown(made) == shown(BOUGHT | sold)
    bought, *_, order = done.broker.originals
    assert (order.p.size, order.size) == (2.5, -2.5)
    assert "size" not in vars(bought)  # a buy reads its parameter
    assert shown(completed["executed"]) == shown(SELL_FILLED)


def test_an_order_refused_at_submission_only_gets_a_status_and_a_time() -> None:
    # 2.5 at the close of 10.5 and 25 % are 32.8125.
    done = watch({1: lambda s: s.buy(size=2.5)}, cash=32.0)
    refused = {"status": bt.Order.Margin, "executed": BLANK | {"remsize": 2.5, "dt": START + 1}}
    assert shown(done.broker.states[2:]) == shown([SUBMITTED | refused])


@pytest.mark.parametrize(("check", "plen"), [(True, 2), (False, 1)])
def test_an_order_refused_at_execution_only_gets_a_status_and_a_time(
    check: bool, plen: int
) -> None:
    # 32.8125 suffice at the close; 2.5 at the open of 11 and 25 % are 34.375.
    done = watch({1: lambda s: s.buy(size=2.5)}, cash=33.0, checksubmit=check)
    refused = {"status": bt.Order.Margin, "executed": BLANK | {"remsize": 2.5, "dt": START + 1}}
    expected = BOUGHT | refused | {"plen": plen, "pannotated": None}
    assert shown(done.broker.states[-1]) == shown(expected)


def test_a_cancelled_order_only_gets_a_status_and_a_time() -> None:
    done = watch({1: lambda s: s.cancel(s.buy(size=2.5))}, checksubmit=False)
    cancelled = {"status": bt.Order.Canceled, "executed": BLANK | {"remsize": 2.5, "dt": START}}
    expected = SUBMITTED | cancelled | {"pannotated": None}
    assert shown(done.broker.states[2:]) == shown([expected])


def test_the_parameters_of_an_order_are_one_object_under_two_names() -> None:
    done = watch({1: lambda s: s.buy(size=2.5)})
    order = done.broker.originals[0]
    assert order.params is order.p
    assert type(order.p) is BuyOrder.params
    given = {"owner": done, "data": done.data, "size": 2.5}
    names = ["price", "pricelimit", "exectype", "valid", "oco", "trailamount", "trailpercent"]
    rest = {"parent": None, "tradeid": 0, "transmit": True, "simulated": False, "histnotify": False}
    assert vars(order.p) == given | dict.fromkeys(names) | rest
    # What an order does not have itself it has from them, `exectype` is its own.
    assert (order.data, order.tradeid, order.exectype) == (done.data, 0, bt.Order.Market)


def test_a_number_is_drawn_for_each_order_and_for_no_clone() -> None:
    done = run(
        {1: lambda s: [s.buy(size=1), s.sell(size=1)], 2: lambda s: s.buy(size=1)}, bars([1] * 3)
    )
    numbers = sorted({order.ref for order in done.orders})
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert next(bt.Order.refbasis) == numbers[-1] + 1
    assert BuyOrder.refbasis is SellOrder.refbasis is OrderBase.refbasis
    assert type(OrderBase.refbasis) is itertools.count


def test_the_average_price_of_a_fill_is_size_times_price_over_size() -> None:
    # 3 x 0.1 is 0.30000000000000004, and a third of that not the price of the fill.
    done = watch({1: lambda s: s.buy(size=3)}, [0.1, 0.1], [0.1, 0.1])
    executed = done.orders[-1].executed
    assert executed.exbits[0].price == 0.1
    assert executed.price == 0.10000000000000002


def test_adding_below_cost_notes_a_profit_of_minus_zero() -> None:
    # The closed part of 0 times a falling price.
    script = dict.fromkeys([1, 2], lambda s: s.buy(size=1))
    done = watch(script, [10.0, 10.0, 9.0], [10.0, 10.0, 9.0])
    executed = done.orders[-1].executed
    assert [repr(executed.exbits[0].pnl), repr(executed.pnl)] == ["-0.0", "0.0"]
    assert (executed.psize, executed.pprice) == (2, 9.5)
