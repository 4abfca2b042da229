"""How backtrader tells strategies and analyzers of orders, also of orders that others built."""

from __future__ import annotations

from collections import deque
from typing import Any

import backtrader as bt
import pytest
from backtrader.order import BuyOrder, OrderData, OrderExecutionBit, SellOrder
from backtrader.utils import AutoOrderedDict

from tests.engine.order_states import BOUGHT, BUY_FILLED, CLOSES, FEE, OPENS, SELL_FILLED
from tests.engine.tiny import START, Scripted, bars, engine, run, traced

SHARED = ("params", "info", "created")


def test_a_notice_is_a_clone_that_shares_all_but_its_status_and_totals() -> None:
    made: list[Any] = []
    done = run({1: lambda s: made.append(s.buy(size=1))}, bars([1, 2, 3]))
    (original,), told = made, done.orders
    assert [order.getstatusname() for order in told] == ["Submitted", "Accepted", "Completed"]
    for clone in told:
        assert type(clone) is BuyOrder
        assert clone is not original
        assert clone == original  # orders are equal by number
        assert clone.executed is not original.executed
        assert all(getattr(clone, name) is getattr(original, name) for name in SHARED)
        # So even the notice of acceptance has the later fill; `p1` and `p2` tell what is new.
        assert clone.executed.exbits is original.executed.exbits
    assert [(order.executed.p1, order.executed.p2) for order in told] == [(0, 0), (0, 0), (0, 1)]
    assert [len(order.executed.getpending()) for order in told] == [0, 0, 1]


def test_notices_wait_in_a_deque_until_they_are_fetched() -> None:
    done = run({1: lambda s: s.buy(size=1)}, bars([1]), checksubmit=False)
    broker = done.broker
    assert type(broker.notifs) is deque
    first = broker.notifs[0]
    broker.notify(first)
    assert broker.get_notification() is first
    assert broker.get_notification() == first
    assert broker.get_notification() is None


# What is told, and when: the number is the bar of the strategy.


def test_a_checked_order_is_told_three_times_at_the_bar_after() -> None:
    done = run({1: lambda s: s.buy(size=1)}, bars([1, 2, 3]))
    assert done.told == [(2, "Submitted"), (2, "Accepted"), (2, "Completed")]


def test_an_unchecked_order_is_accepted_at_once_and_never_submitted() -> None:
    queues = []

    def look(strategy: Any) -> None:
        order = strategy.buy(size=1)
        broker = strategy.broker
        queues.append((order.getstatusname(), [*broker.pending] == [order], [*broker.submitted]))

    done = run({1: look}, bars([1, 2, 3]), checksubmit=False)
    assert queues == [("Accepted", True, [])]
    assert done.told == [(2, "Accepted"), (2, "Completed")]
    assert done.broker.orders == []  # only checked orders are kept


def test_a_refused_order_is_told_where_it_was_refused() -> None:
    # 1,100 at the close of 1 are too much, and leave nothing for the 900 behind them; those alone
    # pass the first check, but cost 1,800 at the open of 2.
    script = {1: lambda s: [s.buy(size=1100), s.buy(size=900)]}
    first_falls = [(2, "Submitted"), (2, "Submitted"), (2, "Margin"), (2, "Margin")]
    assert run(script, bars([1, 2, 3])).told == first_falls
    script = {1: lambda s: s.buy(size=900)}
    at_execution = [(2, "Submitted"), (2, "Accepted"), (2, "Margin")]
    assert run(script, bars([1, 2, 3])).told == at_execution
    assert run(script, bars([1, 2, 3]), checksubmit=False).told == at_execution[1:]


def test_cancelling_finds_pending_orders_only() -> None:
    script = {1: lambda s: s.cancel(s.buy(size=1))}
    # A checked order still waits in `submitted`: it cannot be cancelled, and fills.
    assert run(script, bars([1, 2])).told[-1] == (2, "Completed")
    done = run(script, bars([1, 2]), checksubmit=False)
    assert done.told == [(2, "Accepted"), (2, "Canceled")]
    assert done.broker.cancel(done.orders[0]) is False


def test_an_order_of_the_last_bar_never_fills_and_is_never_told() -> None:
    for check, status in ((True, "Submitted"), (False, "Accepted")):
        orders: list[Any] = []
        script = {2: lambda s, orders=orders: orders.append(s.buy(size=1))}
        done = run(script, bars([1, 2]), checksubmit=check)
        assert [order.getstatusname() for order in orders] == [status]
        assert done.told == []
        assert done.broker.notifs


def test_a_strategy_keeps_notices_pending_until_its_bar_is_over() -> None:
    lengths = []

    def look(s: Any) -> None:
        lengths.append((len(s._orderspending), len(s._tradespending), len(s._orders)))

    script = {1: lambda s: s.buy(size=1), 2: lambda s: s.close()}
    done = run(script, bars([1, 2, 3, 4]), every_bar=look)
    # Three notices of the buy and a trade opened, three of the sale and a trade closed.
    assert lengths == [(0, 0, 0), (3, 1, 0), (3, 1, 3), (0, 0, 6)]
    assert list(done._trades) == [done.data]
    (trade,) = done._trades[done.data][0]  # by feed, then by trade id
    assert (trade.isclosed, trade.pnl) == (True, 1.0)


def test_orders_are_told_before_trades_before_cash_and_analyzers_after_the_strategy() -> None:
    log: list[str] = []
    notices = ["notify_order", "notify_trade", "notify_cashvalue", "notify_fund"]
    strategy = traced(Scripted, log, "strategy", *notices, "next")
    analyzer = traced(bt.Analyzer, log, "analyzer", *notices, "next")
    cerebro = engine(bars([1, 2]), checksubmit=False)
    cerebro.addstrategy(strategy, script={1: lambda s: s.buy(size=1)})
    cerebro.addanalyzer(analyzer)
    cerebro.run()
    both = [f"{who}.{{}}" for who in ("strategy", "analyzer")]
    told = {name: [one.format(name) for one in both] for name in (*notices, "next")}
    # Cash and value; both are told to the strategy, then both to each analyzer.
    money = ["strategy.notify_cashvalue", "strategy.notify_fund"]
    money += ["analyzer.notify_cashvalue", "analyzer.notify_fund"]
    second = told["notify_order"] * 2 + told["notify_trade"] + money + told["next"]
    assert log == money + told["next"] + second


def test_cash_and_value_are_told_at_every_bar_of_prenext_too() -> None:
    class Money(bt.Analyzer):
        def start(self) -> None:
            self.told: list[Any] = []

        def notify_cashvalue(self, cash: float, value: float) -> None:
            self.told.append((cash, value))

        def notify_fund(self, cash: float, value: float, fund: float, shares: float) -> None:
            self.told[-1] += (fund, shares)

    cerebro = engine(bars([10, 10, 12]), bars([1], days=[2]))
    cerebro.addstrategy(Scripted, script={1: lambda s: s.buy(size=50)})
    cerebro.addanalyzer(Money)
    (done,) = cerebro.run()
    # 10 shares of a fund of 100 each: 50 bought at 10 are worth 600 at 12.
    start, bought, risen = (1000, 1000, 100, 10), (500, 1000, 100, 10), (500, 1100, 110, 10)
    assert done.analyzers[0].told == [start, bought, risen]


def test_analyzers_start_before_the_strategy_and_stop_after_it() -> None:
    log: list[str] = []
    strategy = traced(Scripted, log, "strategy", "start", "next", "stop")
    analyzer = traced(bt.Analyzer, log, "analyzer", "start", "prenext", "next", "stop")
    cerebro = engine(bars([1, 2]), bars([1], days=[1]))
    cerebro.addstrategy(strategy)
    cerebro.addanalyzer(analyzer, _name="mine")
    (done,) = cerebro.run()
    assert type(done.analyzers.mine) is analyzer
    # `prenext` of an analyzer calls its `next` by default; after the strategy's own either way.
    assert log == [
        *["analyzer.start", "strategy.start"],
        *["strategy.next", "analyzer.prenext", "analyzer.next"],
        *["strategy.next", "analyzer.next"],
        *["strategy.stop", "analyzer.stop"],
    ]


def test_an_order_goes_through_submit_and_transmit() -> None:
    for check, last in ((True, []), (False, ["broker.submit_accept"])):
        log: list[str] = []
        methods = ["submit", "transmit", "submit_accept", "notify"]
        broker = traced(bt.brokers.BackBroker, log, "broker", *methods)
        run({1: lambda s: s.buy(size=1)}, bars([1]), broker=broker, checksubmit=check)
        assert log == ["broker.submit", "broker.transmit", *last, "broker.notify"]


def test_quick_notices_are_off() -> None:
    assert bt.Cerebro().p.quicknotify is False


def test_a_notice_goes_to_the_owner_of_the_order_or_else_to_the_first_strategy() -> None:
    cerebro = engine(bars([1, 2]), checksubmit=False)
    cerebro.addstrategy(Scripted)
    script = {1: lambda s: [s.buy(size=1), s.broker.buy(None, s.data, 1)]}
    cerebro.addstrategy(Scripted, script=script)
    first, second = cerebro.run()
    assert [order.owner for order in first.orders] == [None, None]
    assert [order.owner for order in second.orders] == [second, second]


# Orders that no broker made.


def built(kind: Any, owner: Any, size: float, executed: dict[str, Any]) -> Any:
    """A completed order, put together from the attributes of a genuine one."""
    order = object.__new__(kind)
    params = object.__new__(kind.params)
    vars(params).update(kind.params._getkwargsdefault())
    vars(params).update(owner=owner, data=owner.data, size=abs(size))
    vars(order).update(params=params, p=params, ref=next(bt.Order.refbasis))
    vars(order).update(BOUGHT)
    vars(order).update(info=AutoOrderedDict(), status=bt.Order.Completed, plen=1, pannotated=None)
    if size < 0:
        order.size = size
    for name, given in (("created", BOUGHT["created"]), ("executed", executed)):
        part = object.__new__(OrderData)
        vars(part).update(given)
        part.exbits = deque()
        setattr(order, name, part)
    (given,) = executed["exbits"]
    bit = object.__new__(OrderExecutionBit)
    vars(bit).update(given)
    order.executed.exbits.append(bit)
    order.comminfo = owner.broker.getcommissioninfo(owner.data)
    return order


class Builds(bt.brokers.BackBroker):
    """Trades nothing, and says at the second and third bar that it did."""

    def next(self) -> None:
        super().next()
        (strategy,) = self.cerebro.runningstrats
        if len(strategy) == 1:  # the strategy moves after the broker
            self.notifs.append(built(BuyOrder, strategy, 2.5, BUY_FILLED))
        if len(strategy) == 2:
            self.notifs.append(built(SellOrder, strategy, -2.5, SELL_FILLED))


@pytest.mark.parametrize("broker", [bt.brokers.BackBroker, Builds])
def test_built_orders_make_the_trades_and_notices_of_genuine_ones(broker: Any) -> None:
    trades = {1: lambda s: s.buy(size=2.5), 2: lambda s: s.sell(size=2.5)}
    script = {} if broker is Builds else trades
    done = run(script, bars(OPENS, CLOSES), fee=FEE, broker=broker)
    assert [bar for bar, name in done.told if name == "Completed"] == [2, 3]
    opened, closed = done.trades
    # 2.5 bought at 11 for 6.875 and sold at 12 for 7.5: 2.5 less 14.375.
    assert (opened.size, opened.price, opened.value) == (2.5, 11.0, 27.5)
    assert (opened.commission, opened.pnlcomm, opened.dtopen) == (6.875, -6.875, START + 1)
    assert (closed.size, closed.price, closed.pnl, closed.pnlcomm) == (0.0, 11.0, 2.5, -11.875)
    assert (closed.baropen, closed.barclose, closed.barlen, closed.dtclose) == (2, 3, 1, START + 2)
    assert (opened.justopened, opened.isopen, closed.isclosed) == (True, True, True)


@pytest.mark.parametrize(("forgotten", "error"), [("_ocos", KeyError), ("_pchildren", IndexError)])
def test_a_pending_order_needs_its_entries_in_two_books(forgotten: str, error: type) -> None:
    def forget(strategy: Any) -> None:
        strategy.buy(size=1)
        getattr(strategy.broker, forgotten).clear()

    with pytest.raises(error):
        run({1: forget}, bars([1, 2]), checksubmit=False)
