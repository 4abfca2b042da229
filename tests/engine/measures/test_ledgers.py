"""Turnover, costs, exposure, trades and contributions of ledgers that can be redone by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import attribution, trading
from engine.ledger import FILLED, WRITTEN_OFF, Ledger, Order
from engine.measures.calendar import calendar_starts
from engine.measures.trades import trade_statistics
from engine.statistics import core_statistics
from feeds.arrays import instants
from feeds.errors import DataError, EngineError
from tests.engine.measures.references import FOLDER, Example, of_form, read_rows
from tests.engine.test_statistics import by_name, ledger_of

DAY = np.timedelta64(1, "D")
START = np.datetime64("2024-01-01", "ns")


def reference_ledger(example: Example) -> Ledger:
    """A worked ledger: bar 0 is point 0, the bars after it are the run."""
    data = example.content
    price = {
        (int(row["bar"]), row["symbol"]): (float(row["open"]), float(row["close"]))
        for row in read_rows(FOLDER / f"{example.name}_bars.csv")
    }
    bars = data["expected_bars"][1:]
    ids = tuple(sorted({symbol for _, symbol in price}))
    orders = tuple(
        Order(
            START + fill["decided_bar"] * DAY,
            START + (fill["filled_bar"] - 1) * DAY,
            fill["symbol"],
            float(fill["qty"]),
            float(fill["qty"]),
            fill["fill_price"],
            fill["fee"],
            abs(float(fill["qty"]))
            * abs(fill["fill_price"] - price[fill["filled_bar"], fill["symbol"]][0]),
            FILLED,
            "",
        )
        for fill in data["fills"]
    )
    return ledger_of(
        [bar["equity"] for bar in bars],
        start_cash=float(data["initial_cash"]),
        ids=ids,
        cash=np.array([bar["cash"] for bar in bars]),
        held=np.array([[bar[f"qty_{name}"] for name in ids] for bar in bars]),
        marks=np.array([[price[bar["bar"], name][1] for name in ids] for bar in bars]),
        stale=np.zeros((len(bars), len(ids)), dtype=bool),
        orders=orders,
    )


@pytest.mark.shared
@pytest.mark.parametrize("example", of_form("ledger"), ids=lambda each: each.name)
def test_trading_figures_equal_the_pocket_calculator(example: Example) -> None:
    ledger, data = reference_ledger(example), example.content
    bars, totals = data["expected_bars"][1:], data["totals"]
    turnover = [bar["one_way_turnover"] for bar in bars]
    assert trading.one_way_turnover(ledger) == pytest.approx(turnover, abs=1e-12)
    exposure = [bar["gross_exposure"] for bar in bars]
    assert trading.gross_exposure(ledger) == pytest.approx(exposure, abs=1e-12)
    notional = sum(bar["traded_notional"] for bar in bars)
    assert trading.traded_notional(ledger) == pytest.approx(notional, abs=1e-8)
    found = {each.name: each.value for each in core_statistics(ledger, 365.0, 0.0, {}, {})}
    assert found["fees"] == pytest.approx(totals["fees"], abs=1e-8)
    assert found["slippage"] == pytest.approx(totals["slippage"], abs=1e-8)
    assert found["total_return"] == pytest.approx(totals["total_return"], abs=1e-12)
    assert found["one_way_turnover"] == pytest.approx(totals["sum_one_way_turnover"], abs=1e-10)
    yearly = totals["annual_one_way_turnover_365"]
    assert found["ann_one_way_turnover"] == pytest.approx(yearly, rel=1e-9)
    assert found["exposure_time_fraction"] == pytest.approx(totals["exposure_time_fraction"])
    assert found["avg_gross_exposure"] == pytest.approx(totals["avg_gross_exposure"], rel=1e-9)
    assert found.get("orders.filled", 0.0) == len(data["fills"])
    before = totals["final_equity"] - float(data["initial_cash"]) + totals["fees"]
    assert found["profit_before_costs"] == pytest.approx(before + totals["slippage"], abs=1e-8)


@pytest.mark.shared
@pytest.mark.parametrize("example", of_form("ledger"), ids=lambda each: each.name)
def test_trades_and_contributions_add_up_to_the_profit(example: Example) -> None:
    ledger, totals = reference_ledger(example), example.content["totals"]
    profit = totals["final_equity"] - ledger.start_cash
    assert trading.trades(ledger).pnl.sum() == pytest.approx(profit, abs=1e-8)
    whole = pytest.approx(totals["total_return"], abs=1e-12)
    assert sum(attribution.by_id(ledger).values()) == whole
    assert sum(attribution.by_year(ledger).values()) == whole
    bars = len(ledger.time)
    for starts in (list(range(0, bars, step)) for step in (1, 2, 3, bars)):
        pieces = attribution.contributions(ledger, np.array(starts))
        gains = np.diff(np.append(ledger.nav[np.array(starts[1:], int) - 1], ledger.nav[-1]))
        assert pieces.sum() == whole
        assert pieces.sum(axis=1)[1:] * ledger.start_cash == pytest.approx(gains, abs=1e-8)


@pytest.mark.shared
def test_the_trades_of_the_rotation_are_those_worked_by_hand(shared: Path) -> None:
    (example,) = (each for each in of_form("ledger") if each.name == "ledger_rotation")
    found = trading.trades(reference_ledger(example))
    # BTC: 50 bought at 102.051 on bar 1 (place 0), sold at 102.9485 on bar 3: 44.875 less fees
    # 5.10255 and 5.147425. SOL: 1500 at 1.30065 on bar 3, sold at 1.49925 on bar 6: 297.9 less
    # 1.950975 and 2.248875. ETH: 300 at 9.90495 on bar 3; 100 sold at 9.3953 on bar 5 and 200 at
    # 10.49475 on bar 7: 939.53 + 2098.95 - 2971.485 = 66.995 less 2.971485, 0.93953 and 2.09895.
    assert found.column.tolist() == [0, 2, 1]
    assert found.opened.tolist() == [0, 2, 2]
    assert found.closed.tolist() == [2, 5, 6]
    assert found.pnl == pytest.approx([34.625025, 293.70015, 60.985035], abs=1e-8)
    assert not found.is_open.any()


def order(day: int, name: str, shares: float, price: float, **changes: Any) -> Order:
    values = {"fee": 1.0, "status": FILLED, "reason": ""} | changes
    at = START + day * DAY
    return Order(at, at, name, shares, shares, price, slippage=0.0, **values)  # type: ignore[arg-type]


def traded() -> Ledger:
    """A is bought, added to, written off; B is held at the end; C is bought and sold on one bar.

    Closes of A are 10, 12, none; of B 5, 5, 8. All start with 1,000, all fees are 1.
    """
    orders = (
        order(0, "A", 10.0, 10.0),
        order(1, "A", 5.0, 11.0),
        order(1, "B", 20.0, 5.0),
        order(2, "A", -15.0, 2.0, status=WRITTEN_OFF, reason="delisting", fee=0.0),
        order(2, "C", 3.0, 7.0),
        order(2, "C", -3.0, 9.0),
    )
    held = np.array([[10.0, 0.0, 0.0], [15.0, 20.0, 0.0], [0.0, 20.0, 0.0]])
    marks = np.array([[10.0, 5.0, np.nan], [12.0, 5.0, np.nan], [12.0, 8.0, 7.0]])
    # Cash: 1000 - 101 = 899; 899 - 56 - 101 = 742; 742 + 30 - 22 + 26 = 776.
    cash = np.array([899.0, 742.0, 776.0])
    nav = cash + np.nansum(held * np.nan_to_num(marks), axis=1)
    return ledger_of(
        nav,
        start_cash=1000.0,
        ids=("A", "B", "C"),
        cash=cash,
        held=held,
        marks=marks,
        stale=np.zeros((3, 3), dtype=bool),
        orders=orders,
    )


def test_write_offs_and_quick_turns_are_trades_and_what_is_held_is_not() -> None:
    ledger = traded()
    found = trading.trades(ledger)
    # A: -101 - 56 + 30 = -127 over 2 bars. C: -22 + 26 = 4 in 0 bars. B: -101 + 20 * 8 = 59, held.
    assert found.column.tolist() == [0, 2, 1]
    assert found.pnl.tolist() == [-127.0, 4.0, 59.0]
    assert found.held.tolist() == [2.0, 0.0, 2.0]
    assert found.is_open.tolist() == [False, False, True]
    # NAV ends at 776 + 160 = 936: a loss of 64.
    assert found.pnl.sum() == ledger.nav[-1] - 1000.0 == -64.0
    values = by_name(core_statistics(ledger, 365.0, 0.0, {}, {}))
    assert (values["n_trades"].value, values["win_rate"].value) == (2.0, 0.5)
    assert (values["open_positions"].value, values["open_profit"].value) == (1.0, 59.0)
    assert values["avg_holding_bars"].value == 1.0
    # Costs of 5 were paid on 100 + 55 + 100 + 21 + 27 traded: 303, a write-off is no trade.
    assert values["profit_before_costs"].value == -59.0
    assert values["break_even_cost"].value == pytest.approx(-59.0 / 303.0)


def test_contributions_are_by_id_and_year_and_add_up() -> None:
    ledger = traded()
    assert attribution.by_id(ledger) == pytest.approx({"A": -0.127, "B": 0.059, "C": 0.004})
    values = by_name(core_statistics(ledger, 365.0, 0.0, {}, {}))
    assert values["contribution.A"].value == pytest.approx(-0.127)
    assert values["total_return"].value == pytest.approx(-0.064)
    # By bar: A 10 * 10 - 101 = -1, then 15 * 12 - 100 - 56 = 24, then 30 - 180 = -150.
    by_bar = attribution.contributions(ledger, np.arange(3)) * 1000.0
    assert by_bar[:, 0] == pytest.approx([-1.0, 24.0, -150.0])
    assert by_bar[:, 1] == pytest.approx([0.0, -1.0, 60.0])
    assert by_bar[:, 2] == pytest.approx([0.0, 0.0, 4.0])


@pytest.mark.parametrize("starts", [[], [1], [0, 3], [0, 7], [0, 2, 2], [0, 2, 1], [-1, 1]])
def test_stretches_that_are_not_those_of_the_ledger_stop(starts: list[int]) -> None:
    with pytest.raises(EngineError, match="they ascend from 0 below 3"):
        attribution.contributions(traded(), np.array(starts, dtype=np.int64))


@pytest.mark.parametrize(
    ("pnl", "held", "words"),
    [
        ([1.0, 2.0], [1.0], r"profits \(2,\) and bars held \(1,\)"),
        ([[1.0]], [[1.0]], r"profits \(1, 1\)"),
        ([1.0, np.nan], [1.0, 2.0], "the trade at place 1 made nan over 2.0 bars"),
        ([1.0, 2.0], [np.inf, 2.0], "the trade at place 0 made 1.0 over inf bars"),
        (["a"], [1.0], "the profits are no numbers"),
    ],
)
def test_what_are_no_trades_stops(pnl: object, held: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        trade_statistics(pnl, held)  # type: ignore[arg-type]


def test_a_list_of_trades_is_as_good_as_an_array() -> None:
    assert trade_statistics([1.0, -2.0], [3, 4])["win_rate"] == 0.5  # type: ignore[arg-type]


def test_a_close_at_midnight_belongs_to_the_year_that_ends() -> None:
    time = instants(np.array(["2023-12-31", "2024-01-01", "2024-01-02"]))
    ledger = ledger_of([110.0, 120.0, 90.0], start=time[0] - DAY, time=time)
    assert attribution.by_year(ledger) == pytest.approx({"2023": 0.2, "2024": -0.3})
    assert calendar_starts(time - np.timedelta64(1, "ns"), "Y").tolist() == [0, 2]


def test_random_ledgers_keep_their_sums() -> None:
    rng = np.random.default_rng(12)
    for _ in range(20):
        bars, ids = 30, ("A", "B", "C")
        marks = 10.0 + rng.random((bars, 3))
        wanted = rng.integers(0, 3, (bars, 3)) * (rng.random((bars, 3)) < 0.7)
        held = wanted.astype(float)
        moves = np.diff(held, axis=0, prepend=0.0)
        orders = [
            order(bar, ids[column], moves[bar, column], 10.0 + rng.random(), fee=rng.random())
            for bar, column in np.argwhere(moves).tolist()
        ]
        paid = np.zeros(bars)
        for each in orders:
            paid[int((each.filled_at - START) / DAY)] += each.shares * each.price + each.fee
        cash = 500.0 - np.cumsum(paid)
        nav = cash + (held * marks).sum(axis=1)
        ledger = ledger_of(
            nav, start_cash=500.0, ids=ids, cash=cash, held=held, marks=marks, orders=orders
        )
        found = trading.trades(ledger)
        assert found.pnl.sum() == pytest.approx(nav[-1] - 500.0, abs=1e-9)
        # A trade for every time that holdings of an id begin.
        begins = (held > 0) & (np.vstack((np.zeros(3), held[:-1])) == 0)
        assert len(found.pnl) == begins.sum()
        assert found.is_open.sum() == (held[-1] > 0).sum()
        assert found.held.sum() == (held > 0).sum()
        whole = pytest.approx(nav[-1] / 500.0 - 1.0, abs=1e-12)
        signal = rng.integers(0, 2, bars).astype(float)
        for split in (
            attribution.by_id(ledger),
            attribution.by_year(ledger),
            attribution.by_state(ledger, signal),
        ):
            assert sum(split.values()) == whole
        assert sum(attribution.bars_by_state(ledger, signal).values()) == bars


def test_trades_without_any_are_counted_and_nothing_else() -> None:
    found = trade_statistics(np.empty(0), np.empty(0))
    assert (found["n_trades"], found["net_profit"]) == (0.0, 0.0)
    assert np.isnan(found["win_rate"])
    ledger = ledger_of([100.0, 101.0])
    assert len(trading.trades(ledger).pnl) == 0
    values = by_name(core_statistics(ledger, 365.0, 0.0, {}, {}))
    assert values["win_rate"].reason == "no closed trade"
    assert values["break_even_cost"].reason == "nothing was traded"


def test_the_best_five_trades_have_their_share_of_the_profit() -> None:
    # Wins 1 to 6: the best five are 20 of 21.
    pnl = np.array([1.0, 2.0, -9.0, 3.0, 4.0, 5.0, 6.0])
    assert trade_statistics(pnl, pnl)["best_5_share_of_profit"] == pytest.approx(20.0 / 21.0)
    two = trade_statistics(np.array([1.0, -5.0]), np.ones(2))
    assert two["best_5_share_of_profit"] == 1.0
