"""What the replay does around the arithmetic: fills, shortfalls, gaps, endings, delays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import backtrader as bt
import numpy as np
import pytest

from engine import trading
from engine.cerebro import replay as paths
from engine.cerebro.replay import replay_raw
from engine.execution import ExecutionSpec
from engine.ledger import Ledger
from feeds.errors import DataError, EngineError
from feeds.events import Event
from feeds.panel import Panel
from tests.engine.measures.references import FOLDER, Example, of_form, read_rows
from tests.panels import coins

FREE = ExecutionSpec(cash=1000.0, fee_bps=0.0, slippage_bps=0.0, reserve=0.0)
NOT_A_DAY = np.datetime64("NaT", "D")


def event(name: str, kind: str, last: str, after: str | None, recovery: float) -> Event:
    first = np.datetime64(after, "D") if after else NOT_A_DAY
    return Event(name, kind, np.datetime64(last, "D"), first, recovery, "", "a test")


def replay(*given: Any, **more: Any) -> Ledger:
    """The fast replay; stock backtrader must say the same."""
    return _both(paths.replay, *given, **more)


def replay_targets(*given: Any, **more: Any) -> Ledger:
    return _both(paths.replay_targets, *given, **more)


def _both(way: Any, *given: Any, **more: Any) -> Ledger:
    fast, stock = way(*given, **more), way(*given, **more, stock=True)
    assert (fast.path, stock.path) == ("fast", "stock backtrader: asked for")
    for name in ("nav", "cash", "shares", "stale"):
        np.testing.assert_array_equal(getattr(fast, name), getattr(stock, name), name)
    assert str(fast.orders) == str(stock.orders)  # as text NaN equals itself
    return fast


def outcomes(ledger: Ledger) -> list[tuple[str, str, str]]:
    return [(order.id, order.status, order.reason) for order in ledger.orders]


def test_a_decision_fills_at_the_next_open_and_not_at_its_own_close() -> None:
    panel = coins({"A": [10, 10, 12]}, open_={"A": [10, 11, 10]})
    ledger = replay(panel, np.array([0]), np.array([[1.0]]), FREE)
    (order,) = ledger.orders
    # 100 shares from the close of 10; at the open of 11 cash buys 90.9 of them.
    assert order.decided_at == np.datetime64("2020-01-02", "ns")
    assert order.filled_at == np.datetime64("2020-01-02", "ns")
    assert order.price == 11.0
    assert ledger.shares[:, 0] == pytest.approx([0, 1000 / 11, 1000 / 11], rel=1e-11)


def test_buys_are_shrunk_together_when_cash_falls_short() -> None:
    # Half of 1,000 in each: 50 A at 10, 50 B at 10. B opens at 20: costs 500 + 1,000,
    # so both are shrunk to two thirds.
    panel = coins({"A": [10, 10], "B": [10, 20]}, open_={"A": [10, 10], "B": [10, 20]})
    ledger = replay(panel, np.array([0]), np.array([[0.5, 0.5]]), FREE)
    assert ledger.shares[-1] == pytest.approx([50 * 2 / 3, 50 * 2 / 3], rel=1e-11)
    assert outcomes(ledger) == [("A", "filled", "shortfall"), ("B", "filled", "shortfall")]
    assert 0 <= ledger.cash[-1] < 1e-8


def test_rejecting_refuses_whole_orders_as_backtrader_does() -> None:
    panel = coins({"A": [10, 10], "B": [10, 20]}, open_={"A": [10, 10], "B": [10, 20]})
    spec = FREE.model_copy(update={"on_shortfall": "reject"})
    ledger = replay(panel, np.array([0]), np.array([[0.5, 0.5]]), spec)
    assert outcomes(ledger) == [("A", "filled", ""), ("B", "rejected", "no_cash")]
    assert ledger.shares[-1].tolist() == [50.0, 0.0]


@pytest.mark.parametrize(("open_", "close"), [(0.0, 10.0), (np.nan, 10.0), (10.0, -1.0)])
def test_a_bar_without_a_positive_price_is_refused(open_: float, close: float) -> None:
    panel = coins({"A": [10, close, 10]}, open_={"A": [10, open_, 10]})
    with pytest.raises(DataError, match="the bar of A at 2020-01-02 has open and close"):
        replay(panel, np.array([0]), np.array([[1.0]]), FREE)


def test_a_decision_at_a_close_without_any_bar_supersedes_and_is_skipped() -> None:
    panel = coins({"A": [10, 10, None, 10], "B": [1, None, None, 1]})
    weights = np.array([[0.0, 0.5], [0.5, 0.0]])
    ledger = replay(panel, np.array([0, 2]), weights, FREE)
    # B waits for its bar; at the third close nobody has one, but the decision is taken.
    assert outcomes(ledger) == [("B", "cancelled", "superseded"), ("A", "skipped", "no_bar")]


def test_a_write_off_is_booked_where_the_event_says_so_whoever_trades() -> None:
    panel = coins({"A": [10, 10, None, None, None]})
    ended = event("A", "delisting", "2020-01-02", None, 0.0)
    ledger = replay(panel, np.array([0]), np.array([[0.5]]), FREE, events=[ended])
    assert ledger.nav.tolist() == [1000, 1000, 500, 500, 500]


def test_sells_of_the_same_bar_pay_for_the_buys() -> None:
    panel = coins({"A": [10, 10, 10], "B": [10, 10, 10]})
    weights = np.array([[1.0, 0.0], [0.0, 1.0]])
    ledger = replay(panel, np.array([0, 1]), weights, FREE)
    assert ledger.shares[-1] == pytest.approx([0.0, 100.0], rel=1e-11)


def test_an_order_waits_for_the_next_bar_of_its_own_coin() -> None:
    panel = coins({"A": [10, None, 12], "B": [1, 1, 1]}, open_={"A": [10, None, 11], "B": [1] * 3})
    ledger = replay(panel, np.array([0]), np.array([[0.5, 0.0]]), FREE)
    (order,) = ledger.orders
    assert (order.status, order.reason, order.price) == ("filled", "delayed", 11.0)
    assert order.filled_at == np.datetime64("2020-01-03", "ns")


def test_nothing_fills_on_a_bar_without_volume() -> None:
    volume = {"A": [5.0, 0.0, 5.0]}
    panel = coins({"A": [10, 10, 12]}, open_={"A": [10, 11, 12]}, volume=volume)
    ledger = replay(panel, np.array([0]), np.array([[0.5]]), FREE)
    assert [(o.price, o.reason) for o in ledger.orders] == [(12.0, "delayed")]


def test_open_orders_are_cancelled_at_the_next_decision() -> None:
    panel = coins({"A": [10, None, None, 10], "B": [1, 1, 1, 1]})
    ledger = replay(panel, np.array([0, 1]), np.array([[0.5, 0], [0, 0.5]]), FREE)
    assert outcomes(ledger) == [("A", "cancelled", "superseded"), ("B", "filled", "")]


def test_a_decision_on_the_last_bar_is_left_open() -> None:
    panel = coins({"A": [10, 10]})
    ledger = replay(panel, np.array([1]), np.array([[0.5]]), FREE)
    assert outcomes(ledger) == [("A", "open", "end_of_period")]


def test_a_delay_moves_orders_and_not_decisions() -> None:
    panel = coins({"A": [10, 20, 40]}, open_={"A": [10, 20, 40]})
    spec = FREE.model_copy(update={"delay_bars": 1})
    ledger = replay(panel, np.array([0]), np.array([[0.5]]), spec)
    (order,) = ledger.orders
    # Decided at the close of the first bar, sized at the close of the second (500 at 20 is 25).
    assert order.decided_at == panel.known_at[0]
    assert order.filled_at == panel.opened_at[2]
    assert order.ordered == 25.0
    assert order.reason == ""


@pytest.mark.shared
@pytest.mark.parametrize(("recovery", "key"), [(0.0, "recovery_0"), (0.1, "recovery_10pct")])
def test_a_delisting_writes_the_position_off(shared: Path, recovery: float, key: str) -> None:
    toy = json.loads((shared / "reference/domain/delisting_toy.json").read_text())
    # The toy holds 100 units bought at 10 beside 1,000 of cash: one bar earlier buys them.
    closes = [10.0, *toy["closes"]]
    other = [1.0] * len(closes)
    panel = coins({"DEAD": closes, "OTHER": other})
    spec = FREE.model_copy(update={"cash": 2000.0})
    last = str(panel.label[toy["last_bar"] + 1].astype("datetime64[D]"))
    events = [event("DEAD", "delisting", last, None, recovery)]
    ledger = replay(panel, np.array([0]), np.array([[0.5, 0.0]]), spec, events=events)
    want = toy["expected"]["equity_before"] + toy["expected"][key]["equity_after"]
    assert ledger.nav[1:].tolist() == want
    assert ledger.shares[-2:, 0].tolist() == [0.0, 0.0]
    off = [order for order in ledger.orders if order.status == "written_off"]
    assert [(order.id, order.shares, order.price) for order in off] == [
        ("DEAD", -100.0, recovery * 0.5)
    ]


def test_an_event_gap_cancels_the_open_orders_of_its_coin_only() -> None:
    panel = coins({"A": [10, None, None], "B": [1, None, 1], "C": [1, 1, 1]})
    events = [event("A", "delisting", "2020-01-01", None, 0.0)]
    ledger = replay(panel, np.array([0]), np.array([[0.3, 0.3, 0.3]]), FREE, events=events)
    assert outcomes(ledger) == [
        ("A", "cancelled", "event"),
        ("B", "filled", "delayed"),
        ("C", "filled", ""),
    ]


def test_a_rejecting_broker_cancels_at_a_gap_too() -> None:
    panel = coins({"A": [10, None, None], "B": [1, 1, 1]})
    events = [event("A", "delisting", "2020-01-01", None, 0.0)]
    spec = FREE.model_copy(update={"on_shortfall": "reject"})
    ledger = replay(panel, np.array([0]), np.array([[0.3, 0.3]]), spec, events=events)
    assert outcomes(ledger) == [("A", "cancelled", "event"), ("B", "filled", "")]


def test_a_position_without_bars_stops_the_run_after_max_stale_days() -> None:
    closes = [10.0, 10.0, *[None] * 40]
    panel = coins({"A": closes, "B": [1.0] * 42})
    with pytest.raises(DataError, match=r"A is held at 2020-02-02 .* no bar since 2020-01-02, 31"):
        replay(panel, np.array([0]), np.array([[0.5, 0.0]]), FREE)


def test_a_declared_halt_explains_a_position_without_bars() -> None:
    closes = [10.0, 10.0, *[None] * 39, 5.0]
    panel = coins({"A": closes, "B": [1.0] * 42})
    halt = event("A", "halt", "2020-01-02", "2020-02-11", np.nan)
    ledger = replay(panel, np.array([0]), np.array([[0.5, 0.0]]), FREE, events=[halt])
    # 50 A at 10 stay at 500 during the halt, flagged, and are worth 250 after it.
    assert ledger.nav[[1, 20, 40, 41]].tolist() == [1000.0, 1000.0, 1000.0, 750.0]
    assert ledger.stale[:, 0].sum() == 39


def test_a_ruined_account_stops_the_run() -> None:
    panel = coins({"A": [10, 10, None], "B": [1, 1, 1]})
    events = [event("A", "delisting", "2020-01-02", None, 0.0)]
    with pytest.raises(EngineError, match="ruined at 2020-01-04"):
        replay(panel, np.array([0]), np.array([[1.0, 0.0]]), FREE, events=events)


def test_rows_without_any_bar_keep_nav_and_holdings() -> None:
    panel = coins({"A": [10, 10, None, 12]})
    ledger = replay(panel, np.array([0]), np.array([[0.5]]), FREE)
    assert ledger.nav.tolist() == [1000.0, 1000.0, 1000.0, 1100.0]


def test_a_rule_sees_the_share_of_nav_it_holds() -> None:
    panel = coins({"A": [10, 10, 20]})
    seen = {}

    def weights_at(row, held):  # type: ignore[no-untyped-def]
        seen[row] = dict(held)
        return [0.5] if row == 0 else None

    replay_targets(panel, weights_at, FREE)
    # 500 in A of 1,000; after it doubles, 1,000 of 1,500.
    assert seen == {
        0: {"cash": 1.0},
        1: {"cash": 0.5, "A": 0.5},
        2: {"cash": 1 / 3, "A": 2 / 3},
    }


class Scripted(bt.Strategy):
    """Places the orders of the worked example, by bar."""

    params = (("orders", ()),)

    def next(self) -> None:
        for bar, name, quantity in self.p.orders:
            if bar == len(self) - 1:
                self.order = self.buy(data=self.getdatabyname(name), size=quantity) if (
                    quantity > 0
                ) else self.sell(data=self.getdatabyname(name), size=-quantity)  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("example", of_form("ledger"), ids=lambda each: each.name)
def test_a_worked_ledger_is_reproduced_in_every_column(example: Example) -> None:
    toy, panel = example.content, _bars(FOLDER / f"{example.name}_bars.csv")
    orders = tuple((o["decided_bar"], o["symbol"], float(o["qty"])) for o in toy["orders"])
    fee, slippage = (1e4 * float(toy[name]) for name in ("fee_rate", "slippage_rate"))
    spec = ExecutionSpec(cash=float(toy["initial_cash"]), fee_bps=fee, slippage_bps=slippage)
    ledger = replay_raw(panel, Scripted, {"orders": orders}, spec)
    bars = _columns(ledger, panel)
    for each in toy["expected_bars"]:
        assert set(each) <= set(bars), "a column that nobody has worked out"
        row = {name: bars[name][each["bar"]] for name in each}
        wanted = {name: np.nan if value is None else value for name, value in each.items()}
        assert row == pytest.approx(wanted, abs=1e-8, nan_ok=True), each["bar"]
    filled = [order for order in ledger.orders if order.status == "filled"]
    for order, fill in zip(filled, toy["fills"], strict=True):
        found = {
            "decided_bar": int(np.searchsorted(panel.known_at, order.decided_at)),
            "filled_bar": int(np.searchsorted(panel.opened_at, order.filled_at)),
            "qty": order.shares,
            "fill_price": order.price,
            "fee": order.fee,
        }
        wanted = {name: float(value) for name, value in fill.items() if name != "symbol"}
        assert order.id == fill["symbol"]
        assert found == pytest.approx(wanted, abs=1e-8)
    totals = _totals(bars)
    assert {name: totals[name] for name in toy["totals"]} == pytest.approx(toy["totals"], abs=1e-8)


def _columns(ledger: Ledger, panel: Panel) -> dict[str, np.ndarray]:
    """What a worked ledger may tell of each bar, of which the first is before any fill."""
    log, fills = ledger.log, trading.fill_bars(ledger)
    notional = np.abs(log.shares * log.price)

    def by_bar(values: np.ndarray) -> np.ndarray:
        return np.array([values[fills == bar].sum() for bar in range(len(ledger.nav))])

    return {
        "bar": np.arange(len(ledger.nav)),
        "cash": ledger.cash,
        **{f"qty_{name}": ledger.shares[:, column] for column, name in enumerate(panel.ids)},
        "positions_value": np.nansum(ledger.shares * panel.close, axis=1),
        "equity": ledger.nav,
        "ret": np.append(np.nan, ledger.nav[1:] / ledger.nav[:-1] - 1.0),
        "gross_exposure": trading.gross_exposure(ledger),
        "traded_notional": by_bar(notional),
        "one_way_turnover": trading.one_way_turnover(ledger),
        "cum_fees": np.cumsum(by_bar(log.fee)),
        "cum_slippage": np.cumsum(by_bar(log.slippage)),
    }


def _totals(bars: dict[str, np.ndarray]) -> dict[str, float]:
    """What a worked ledger may tell of the whole, the bar before any fill left out."""
    run = {name: values[1:] for name, values in bars.items()}
    held = np.count_nonzero(run["positions_value"])
    turnover, count = run["one_way_turnover"].sum(), len(run["bar"])
    return {
        "fees": run["cum_fees"][-1],
        "slippage": run["cum_slippage"][-1],
        "final_equity": run["equity"][-1],
        "total_return": run["equity"][-1] / bars["equity"][0] - 1.0,
        "sum_one_way_turnover": turnover,
        "annual_one_way_turnover_365": turnover * 365.0 / count,
        "bars_with_position": float(held),
        "exposure_time_fraction": held / count,
        "avg_gross_exposure": run["gross_exposure"].mean(),
    }


def _long_only(example: Example) -> bool:
    """Whether target weights, which are never negative, can tell the ledger."""
    bars = example.content["expected_bars"]
    return all(bar[name] >= 0 for bar in bars for name in bar if name.startswith("qty_"))


@pytest.mark.shared
@pytest.mark.parametrize(
    "example", list(filter(_long_only, of_form("ledger"))), ids=lambda each: each.name
)
def test_a_worked_ledger_is_reproduced_from_target_weights(example: Example) -> None:
    toy, panel = example.content, _bars(FOLDER / f"{example.name}_bars.csv")
    bars = sorted({order["decided_bar"] for order in toy["orders"]})
    weights = []
    for bar in bars:
        state = toy["expected_bars"][bar]
        quantity = {name: state[f"qty_{name}"] for name in panel.ids}
        for order in toy["orders"]:
            if order["decided_bar"] == bar:
                quantity[order["symbol"]] += float(order["qty"])
        weights.append(
            [quantity[n] * panel.close[bar, k] / state["equity"] for k, n in enumerate(panel.ids)]
        )
    fee, slippage = (1e4 * float(toy[name]) for name in ("fee_rate", "slippage_rate"))
    # The band keeps the last bit of a weight from becoming an order of its own.
    spec = ExecutionSpec(
        cash=float(toy["initial_cash"]),
        fee_bps=fee,
        slippage_bps=slippage,
        reserve=0.0,
        band=1e-9,
    )
    ledger = replay(panel, np.array(bars), np.array(weights), spec)
    assert ledger.nav == pytest.approx([b["equity"] for b in toy["expected_bars"]], abs=1e-8)


def _bars(path: Path) -> Panel:
    rows = read_rows(path)
    names, count = sorted({row["symbol"] for row in rows}), 1 + max(int(r["bar"]) for r in rows)
    cells = {(row["symbol"], int(row["bar"])): row for row in rows}
    table: dict[str, dict[str, list[float | None]]] = {
        key: {
            name: [
                float(cells[name, bar][key]) if (name, bar) in cells else None
                for bar in range(count)
            ]
            for name in names
        }
        for key in ("open", "close")
    }
    return coins(table["close"], open_=table["open"])


class Raises(bt.Strategy):
    def next(self) -> None:
        if len(self) == 2:
            self.undefined_name  # noqa: B018


class Peeks(bt.Strategy):
    def next(self) -> None:
        self.data.close[1]


def test_a_raw_strategy_that_raises_is_named_with_its_place() -> None:
    panel = coins({"A": [1, 2, 3]})
    with pytest.raises(EngineError, match=r"raw strategy 'Raises' raised AttributeError.*line"):
        replay_raw(panel, Raises, {})


def test_a_raw_strategy_that_reads_ahead_fails() -> None:
    panel = coins({"A": [1, 2, 3]})
    with pytest.raises(EngineError, match="raised IndexError"):
        replay_raw(panel, Peeks, {})


@pytest.mark.parametrize(
    ("bars", "weights", "message"),
    [
        ([0], [[0.5, 0.5]], r"weights have shape \(1, 2\); 1 decisions on 2 bars of 1 ids"),
        ([0], [[np.nan]], r"weights at 2020-01-02 are \[nan\]; they are numbers of at least 0"),
        ([1], [[-0.5]], r"weights at 2020-01-03 are \[-0.5\]"),
        ([2], [[0.5]], "decision bars must ascend and lie in 0 to 1"),
        ([-1], [[0.5]], "decision bars must ascend"),
        ([1, 0], [[0.5], [0.5]], "decision bars must ascend"),
    ],
)
def test_weights_that_do_not_fit_the_panel_are_refused(
    bars: list[int], weights: list[list[float]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        replay(coins({"A": [1, 2]}), np.array(bars), np.array(weights))


def test_orders_that_a_delay_moves_beyond_the_end_are_in_the_log() -> None:
    spec = FREE.model_copy(update={"delay_bars": 2})
    panel = coins({"A": [10, 10, 10]})
    ledger = replay(panel, np.array([1]), np.array([[0.5]]), spec)
    (order,) = ledger.orders
    assert (order.status, order.reason, order.ordered) == ("skipped", "end_of_period", 50.0)
    assert order.decided_at == panel.known_at[1]


class BuysTheIndex(bt.Strategy):
    def next(self) -> None:
        self.buy(data=self.getdatabyname("index.RUT"), size=1)


class CountsCalls(bt.Strategy):
    calls: ClassVar[list[str]] = []

    def next(self) -> None:
        index = self.getdatabyname("index.RUT")
        self.calls.append(f"{self.datetime.datetime(0):%dT%H} {index.close[0]:g}")


def index_panel() -> Panel:
    """Closes at 21:00 of the 1st and 2nd, in the middle of the coins' days."""
    days = np.datetime64("2020-01-01", "ns") + np.arange(2) * np.timedelta64(1, "D")
    closes = days + np.timedelta64(21, "h")
    table = {key: np.array([[5.0], [6.0]]) for key in ("open", "high", "low", "close")}
    return Panel.build("index", "XNYS", days, days, closes, ("RUT",), table)


def test_bars_of_other_panels_are_replayed_at_their_own_closes() -> None:
    CountsCalls.calls.clear()
    replay_raw(coins({"A": [1, 2, 3]}), CountsCalls, {}, others=[index_panel()])
    assert CountsCalls.calls == ["02T00 5", "02T21 6", "03T00 6", "04T00 6"]


def test_an_exchange_close_in_mid_day_is_no_decision_and_fills_nothing() -> None:
    panel = coins({"A": [10, 10, 12]}, open_={"A": [10, 11, 12]})
    alone = replay_targets(panel, lambda row, _: [0.5] if row == 0 else None, FREE)
    beside = replay_targets(
        panel, lambda row, _: [0.5] if row == 0 else None, FREE, others=[index_panel()]
    )
    np.testing.assert_array_equal(alone.nav, beside.nav)
    assert alone.orders == beside.orders


def test_an_order_for_bars_that_are_not_traded_is_refused() -> None:
    with pytest.raises(EngineError, match=r"index\.RUT, which is not in the clock panel"):
        replay_raw(coins({"A": [1, 2, 3]}), BuysTheIndex, {}, others=[index_panel()])


class BuysAtALimit(bt.Strategy):
    order = None

    def next(self) -> None:
        if self.order is None:
            self.order = self.buy(size=1, price=9.5, exectype=bt.Order.Limit)


def test_a_limit_order_is_not_filled_by_the_bar_it_was_placed_on() -> None:
    # Placed at the close of a bar that opened at 9: the index's close at 21:00 calls the broker
    # while the coin still shows that bar, and plain backtrader would fill in the past.
    panel = coins({"A": [10, 10, 10]}, open_={"A": [9, 10, 9.2]})
    ledger = replay_raw(panel, BuysAtALimit, {}, FREE, others=[index_panel()])
    (order,) = ledger.orders
    assert (order.price, order.filled_at) == (9.2, panel.opened_at[2])


class BuysWhenTheIndexCloses(bt.Strategy):
    def next(self) -> None:
        if self.datetime.datetime(0).hour == 21 and not self.position:
            self.buy(size=1)


def test_an_order_placed_at_another_close_keeps_its_own_instant() -> None:
    panel = coins({"A": [10, 10, 10, 10]})
    ledger = replay_raw(panel, BuysWhenTheIndexCloses, {}, FREE, others=[index_panel()])
    (order,) = ledger.orders
    # The index closes at 21:00 of the 2nd; the coin opens next at 00:00 of the 3rd.
    assert str(order.decided_at)[:16] == "2020-01-02T21:00"
    assert (str(order.filled_at)[:10], order.reason) == ("2020-01-03", "")


def test_the_example_of_the_docs_runs() -> None:
    page = Path(__file__).resolve().parent.parent.parent / "docs" / "execution.md"
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    space: dict[str, Any] = {}
    exec(code, space)
    # 10 BTC are wanted at 100; at the open of 110 the cash buys 9.09. They are worth 1090.9 at
    # 120, and buy 99.2 ETH wanted at 11: at the open of 12 the proceeds pay for 90.9.
    assert space["ledger"].nav == pytest.approx([1000, 1000, 1000 / 11 * 12, 1000 / 11 * 12])
    assert space["ledger"].shares[-1] == pytest.approx([0, 1000 / 11])
