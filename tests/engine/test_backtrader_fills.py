"""What backtrader's broker does with market orders and cash, with worked numbers."""

from __future__ import annotations

from typing import Any

import backtrader as bt
import pytest

from tests.engine.tiny import START, Rows, bars, run


def prices(done: Any) -> list[tuple[int, float]]:
    """Bar and price of each fill."""
    pairs = zip(done.told, done.orders, strict=True)
    return [(bar, order.executed.price) for (bar, name), order in pairs if name == "Completed"]


# Market orders.


def test_a_market_order_fills_at_the_next_bar_of_its_own_asset() -> None:
    # B has no bar on days 1 and 2; both are ordered at the close of day 0.
    script = {1: lambda s: [s.buy(s.data0, size=1), s.buy(s.data1, size=1)]}
    done = run(script, bars([10, 11, 12, 13]), bars([20, 23], days=[0, 3]))
    assert prices(done) == [(2, 11), (4, 23)]


def test_a_bar_with_the_stamp_of_the_order_does_not_fill_it() -> None:
    assert prices(run({1: lambda s: s.buy(size=1)}, bars([1, 2, 3], days=[0, 0, 1]))) == [(3, 3)]


def test_a_bar_without_volume_fills_an_order() -> None:
    class Silent(Rows):
        def _load(self) -> bool:
            loaded = super()._load()
            self.lines.volume[0] = 0.0
            return loaded

    rows = [(START + day, 5.0, 5.0, 5.0, 5.0) for day in range(2)]
    assert prices(run({1: lambda s: s.buy(size=1)}, Silent(rows=rows))) == [(2, 5.0)]


def test_a_bar_s_orders_are_taken_up_to_a_none_in_pending_that_marks_its_end() -> None:
    # B has no bar on day 1; its order goes behind the mark, to the next bar's queue.
    queues: list[list[str]] = []

    class Looking(bt.brokers.BackBroker):
        def _try_exec(self, order: Any) -> None:
            queues.append([waiting and waiting.data._name for waiting in [order, *self.pending]])
            super()._try_exec(order)

    def buy(s: Any) -> None:
        for data in (s.data1, s.data0):
            s.buy(data, size=1)

    run({1: buy}, bars([1, 2, 3]), bars([1, 2], days=[0, 2]), broker=Looking)
    assert queues == [["B", "A", None], ["A", None, "B"], ["B", None]]


def test_what_fills_is_the_size_that_remains_to_be_executed() -> None:
    class Shrinking(bt.brokers.BackBroker):
        def _try_exec(self, order: Any) -> None:
            order.executed.remsize = 4.0
            super()._try_exec(order)

    done = run({1: lambda s: s.buy(size=10)}, bars([1, 2]), broker=Shrinking)
    order = done.orders[-1]
    assert (order.getstatusname(), order.created.size, order.executed.size) == ("Completed", 10, 4)
    assert (done.position.size, done.broker.getcash()) == (4.0, 992.0)


def test_an_order_for_an_asset_that_ended_waits_for_ever() -> None:
    done = run({2: lambda s: s.sell(s.data1, size=1)}, bars([1] * 9), bars([5, 6], days=[0, 1]))
    assert done.told == [(3, "Submitted"), (3, "Accepted")]
    assert [order.alive() for order in done.broker.pending] == [True]


def test_a_position_in_an_asset_that_ended_stays_at_its_last_close() -> None:
    seen: list[float] = []
    ended = bars([5, 6], [5, 8], days=[0, 1])
    script = {1: lambda s: s.buy(s.data1, size=10)}
    run(script, bars([1] * 4), ended, every_bar=lambda s: seen.append(s.broker.getvalue()))
    # Bought at 6, worth 8 from that close on.
    assert seen == [1000, 1020, 1020, 1020]


def test_looking_at_the_position_in_a_feed_without_bars_crashes_the_broker() -> None:
    with pytest.raises(IndexError):
        run({1: lambda s: s.getposition(s.data1)}, bars([1, 2]), Rows())
    run({}, bars([1, 2]), Rows())


@pytest.mark.parametrize(
    ("options", "price"),
    [
        ({"slip_perc": 0.1}, 100.0),  # the parameter alone does not touch market orders
        ({"slip_perc": 0.1, "slip_open": True}, 104.0),  # capped at the high
        ({"slip_perc": 0.1, "slip_open": True, "slip_out": True}, 100 * (1 + 0.1)),
    ],
    ids=str,
)
def test_slippage_needs_slip_open_and_is_capped_without_slip_out(
    options: dict[str, Any], price: float
) -> None:
    done = run({1: lambda s: s.buy(size=1)}, bars([100, 100], [100, 104]), **options)
    assert prices(done) == [(2, price)]


def test_setting_slippage_by_its_method_switches_slip_open_on() -> None:
    names = ("slip_perc", "slip_open", "slip_limit", "slip_match", "slip_out")
    broker = bt.brokers.BackBroker()
    assert [getattr(broker.p, name) for name in names] == [0.0, False, True, True, False]
    broker.set_slippage_perc(0.01)
    assert [getattr(broker.p, name) for name in names] == [0.01, True, True, True, False]


def test_slippage_lowers_a_sale() -> None:
    options = {"slip_perc": 0.25, "slip_open": True, "slip_out": True}
    assert prices(run({1: lambda s: s.sell(size=1)}, bars([8, 8]), **options)) == [(2, 6.0)]


# The two cash checks.


def test_the_first_check_is_at_the_close_of_the_decision_with_the_fee() -> None:
    # 99 at 10 and 1 % are 999.9, 100 are 1,010; at the open of 1 either would be cheap.
    def told(size: float) -> str:
        script = {1: lambda s: s.buy(size=size)}
        return run(script, bars([10, 1]), fee=0.01).told[-1][1]

    assert [told(99), told(100)] == ["Completed", "Margin"]


def test_the_first_check_leaves_slippage_out_and_the_second_does_not() -> None:
    # 99 at 10 and 1 % suffice; at the slipped open of 11 they are 1,099.89.
    options = {"fee": 0.01, "slip_perc": 0.1, "slip_open": True, "slip_out": True}
    done = run({1: lambda s: s.buy(size=99)}, bars([10, 10]), **options)
    assert [name for _, name in done.told] == ["Submitted", "Accepted", "Margin"]


def test_after_a_refusal_the_first_check_goes_on_with_negative_cash() -> None:
    def rotate(s: Any) -> list[Any]:
        too_much = s.buy(s.data2, size=100)  # 600 - 1,000 = -400: refused
        sale = s.sell(s.data0, size=20)  # -200: refused, although a sale
        last = s.sell(s.data1, size=20)  # 0: accepted
        return [too_much, sale, last]

    def first(s: Any) -> None:  # 1,000 - 2 x 200
        s.buy(s.data0, size=20)
        s.buy(s.data1, size=20)

    orders: list[Any] = []
    script = {1: first, 2: lambda s: orders.extend(rotate(s))}
    run(script, *(bars([10, 10, 10]) for _ in range(3)))
    assert [order.getstatusname() for order in orders] == ["Margin", "Margin", "Completed"]


def test_sales_that_are_submitted_first_pay_for_purchases() -> None:
    orders: list[Any] = []

    def swap(s: Any) -> None:
        orders.extend([s.close(s.data0), s.buy(s.data1, size=100)])

    script = {1: lambda s: s.buy(s.data0, size=100), 2: swap}
    run(script, bars([10] * 3), bars([10] * 3))
    assert [order.getstatusname() for order in orders] == ["Completed", "Completed"]


def test_the_second_check_takes_orders_one_by_one_and_refuses_them_whole() -> None:
    # Bought at 8, 8 and 2 with 1,000: 800, then 800 are too much, then 100 are not.
    orders: list[Any] = []
    sizes = (100, 100, 50)

    def buy(s: Any) -> None:
        orders.extend(s.buy(data, size=n) for data, n in zip(s.datas, sizes, strict=True))

    run({1: buy}, bars([1, 8]), bars([1, 8]), bars([1, 2]))
    assert [order.getstatusname() for order in orders] == ["Completed", "Margin", "Completed"]


def test_only_the_opening_part_of_a_reversal_is_refused() -> None:
    # Short 10 at 10 for 100; 60 are bought back at 30: closing costs 300 of 1,100, opening
    # another 50 would cost 1,500.
    script = {1: lambda s: s.sell(size=10), 2: lambda s: s.buy(size=60)}
    done = run(script, bars([10, 10, 30]))
    assert [name for _, name in done.told[-2:]] == ["Partial", "Margin"]
    executed = done.orders[-1].executed
    assert (executed.size, executed.remsize, done.position.size) == (10, 50, 0)
    assert done.broker.getcash() == 800.0


def test_nothing_is_refused_for_going_short() -> None:
    done = run({1: lambda s: s.sell(size=1_000_000)}, bars([10, 10]))
    assert done.position.size == -1_000_000
    assert done.broker.getcash() == 10_001_000.0
