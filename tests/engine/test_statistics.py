"""The statistics of a run: names, units, bases, reasons; `measures/` has the formulas."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import measures, trading
from engine.ledger import FILLED, WRITTEN_OFF, Ledger, Order, OrderLog
from engine.measures.summary import summary
from engine.measures.table import MEASURES
from engine.measures.trades import trade_statistics
from engine.statistics import Statistic, core_statistics
from feeds.arrays import instants
from feeds.errors import EngineError
from tests.conftest import REPOSITORY

DAY = np.timedelta64(1, "D")
NAT = np.datetime64("NaT", "ns")


def curve(returns: Any) -> np.ndarray:
    return np.concatenate(([1.0], np.cumprod(1.0 + np.asarray(returns, dtype=float))))


def sample(shared: Path, name: str) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    folder = shared / "reference" / "metrics"
    expected = json.loads((folder / f"{name}.json").read_text())
    with (folder / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    returns, benchmark = (np.array([float(row[key]) for row in rows]) for key in ("ret", "bench"))
    return expected, returns, benchmark


def edge_case(shared: Path, name: str) -> dict[str, Any]:
    cases = json.loads((shared / "reference/metrics/edge_cases.json").read_text())["cases"]
    return next(case for case in cases if case["name"] == name)


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["empty", "below_minus_one", "with_nan", "infinite", "percent_not_fraction"]
)
def test_returns_that_no_account_can_have_stop_with_name_and_date(shared: Path, name: str) -> None:
    returns = [float("nan") if r is None else float(r) for r in edge_case(shared, name)["returns"]]
    ledger = ledger_of(100.0 * curve(returns)[1:])
    with pytest.raises(EngineError, match="the strategy"):
        core_statistics(ledger, 365.0, 0.0, {}, {})


def ledger_of(nav: Any, **changes: Any) -> Ledger:
    """A ledger without positions; point 0 is 100 at 2024-01-01."""
    nav = np.asarray(nav, dtype=float)
    none = np.zeros((len(nav), 1))
    start = np.datetime64("2024-01-01", "ns")
    values: dict[str, Any] = {
        "start": start,
        "start_cash": 100.0,
        "time": instants(start + (np.arange(len(nav)) + 1) * DAY),
        "ids": ("BTC",),
        "nav": nav,
        "cash": nav,
        "held": none,
        "held_at": np.arange(len(nav)),
        "marks": none + 1.0,
        "stale": none > 0,
        "orders": (),
    } | changes
    log = OrderLog.of(values.pop("orders"), values["ids"])
    return Ledger(**values, log=log)


def test_a_fill_belongs_to_the_bar_that_opens_with_it() -> None:
    # Bars close at midnight; a fill at 2024-01-02 00:00 opens the second bar, whose previous NAV
    # is 110. 33 money traded: 33 / (2 * 110) = 0.15.
    start = np.datetime64("2024-01-02", "ns")
    order = Order(start, start, "BTC", 3.0, 3.0, 11.0, 0.0, 0.0, FILLED, "")
    ledger = ledger_of([110.0, 110.0], orders=(order,))
    assert trading.one_way_turnover(ledger).tolist() == [0.0, pytest.approx(0.15)]


def test_a_write_off_is_no_trade() -> None:
    start = np.datetime64("2024-01-02", "ns")
    order = Order(start, start, "BTC", -3.0, -3.0, 0.5, 0.0, 0.0, WRITTEN_OFF, "delisting")
    ledger = ledger_of([110.0, 110.0], orders=(order,))
    assert trading.one_way_turnover(ledger).sum() == 0.0
    assert trading.order_counts(ledger) == {("written_off", "delisting"): 1}


def test_stale_positions_are_counted_and_named() -> None:
    ledger = ledger_of([100.0] * 3, stale=np.array([[False], [True], [True]]))
    found = {each.name: each for each in core_statistics(ledger, 365.0, 0.0, {}, {})}
    assert (found["stale_bars"].value, found["stale_bars"].basis) == (2.0, "BTC 2")


def test_an_undefined_statistic_has_a_reason_and_no_value() -> None:
    found = by_name(core_statistics(ledger_of([100.0] * 5), 365.0, 0.0, {}, {}))
    assert found["sharpe"].value is None
    assert found["sharpe"].reason == "returns do not vary"
    assert found["omega"].reason == "no losing bar"
    assert found["calmar"].reason == "no drawdown"
    assert found["max_dd_peak_index"].reason == "no drawdown"
    single = by_name(core_statistics(ledger_of([101.0]), 365.0, 0.0, {}, {}))
    assert single["ann_vol"].reason == "fewer than 2 returns"


def test_drawdown_positions_name_the_day_that_the_bar_covers() -> None:
    # Bars of 1, 2 and 3 January close at the next midnight: 110, 99, 111.
    found = by_name(core_statistics(ledger_of([110.0, 99.0, 111.0]), 365.0, 0.0, {}, {}))
    dates = [found[f"max_dd_{name}_index"].basis for name in ("peak", "trough", "recovery")]
    assert dates == ["bar of 2024-01-01", "bar of 2024-01-02", "bar of 2024-01-03"]
    fallen = by_name(core_statistics(ledger_of([99.0]), 365.0, 0.0, {}, {}))
    assert fallen["max_dd_peak_index"].basis == "start capital"
    assert fallen["max_dd_recovery_index"].reason == "not recovered by the last bar"


def test_every_statistic_has_a_finite_value_or_a_reason() -> None:
    rng = np.random.default_rng(5)
    every: list[Statistic] = []
    for bars in (1, 2, 3, 30):
        nav = 100 * np.cumprod(1 + 0.01 * rng.standard_normal(bars))
        every += core_statistics(
            ledger_of(nav), 365.0, 0.02, {"same": nav, "cash": nav * 0 + 100}, {}
        )
    for each in every:
        assert (each.value is None) == bool(each.reason), each
        assert each.value is None or math.isfinite(each.value), each


def test_the_basis_names_the_sample_and_marks_a_short_one() -> None:
    nav = 100 * np.cumprod(1 + 0.01 * np.random.default_rng(1).standard_normal(146))
    found = by_name(core_statistics(ledger_of(nav), 365.0, 0.02, {}, {}))
    # 146 days of 365 are 0.4 years.
    assert found["cagr"].basis == "146 daily returns, 365 a year; short sample: 0.4 years"
    assert found["sharpe"].basis.endswith("risk-free rate 0.02 a year")
    assert found["total_return"].basis == "146 daily returns, 365 a year"


def test_benchmarks_have_their_own_and_relative_statistics() -> None:
    nav = np.array([101.0, 99.0, 103.0])
    found = by_name(core_statistics(ledger_of(nav), 365.0, 0.0, {"btc": nav}, {"decisions": 4}))
    assert found["btc.total_return"].value == found["total_return"].value
    assert found["vs_btc.beta"].value == pytest.approx(1.0)
    assert found["vs_btc.tracking_error"].value == 0.0
    assert found["vs_btc.information_ratio"].reason == "both have the same returns"
    assert found["decisions"].value == 4.0


def test_the_mean_difference_is_given_in_standard_errors() -> None:
    # Differences of returns 0.02, 0.00, 0.01, 0.01: mean 0.01, deviation
    # sqrt((0.0001 + 0.0001) / 3) = 0.0081650, standard error 0.0040825, t = 2.4494897.
    r = np.array([0.02, 0.0, 0.01, 0.01])
    nav = 100 * curve(r)[1:]
    found = by_name(core_statistics(ledger_of(nav), 365.0, 0.0, {"cash": nav * 0 + 100}, {}))
    assert found["vs_cash.mean_difference_t"].value == pytest.approx(2.449489742783178, rel=1e-9)


def test_a_ruined_account_stops_with_the_date() -> None:
    with pytest.raises(EngineError, match=r"NAV of the strategy is 0 at 2024-01-03.*ruined"):
        core_statistics(ledger_of([100.0, 0.0, 0.0]), 365.0, 0.0, {}, {})
    with pytest.raises(EngineError, match="benchmark 'btc' has 1 values of NAV for 2 closes"):
        core_statistics(ledger_of([100.0, 100.0]), 365.0, 0.0, {"btc": np.array([1.0])}, {})


def test_doubling_the_periods_a_year_scales_ratios_by_root_two() -> None:
    r = 0.01 * np.random.default_rng(2).standard_normal(100)
    for measure in (measures.sharpe, measures.sharpe_se_mertens_annual):
        assert measure(r, 730, 0.0) == pytest.approx(measure(r, 365, 0.0) * math.sqrt(2), rel=1e-12)
    assert measures.psr_vs_0(r, 730, 0.0) == measures.psr_vs_0(r, 365, 0.0)


def by_name(found: tuple[Statistic, ...]) -> dict[str, Statistic]:
    assert len({each.name for each in found}) == len(found)
    return {each.name: each for each in found}


def test_the_value_at_risk_is_the_quantile_of_numpy_to_the_last_bit() -> None:
    rng = np.random.default_rng(8)
    for count in (*range(1, 60), 2310):
        returns = 0.02 * rng.standard_normal(count)
        cut = np.quantile(returns, 0.05)
        assert measures.var_hist_95(returns) == -cut
        assert measures.cvar_hist_95(returns) == -np.mean(returns[returns <= cut])


def test_figures_of_the_orders_are_those_of_a_plain_loop() -> None:
    rng = np.random.default_rng(9)
    days = np.datetime64("2024-01-01", "ns") + DAY * np.sort(rng.integers(0, 50, 300))
    kinds = [(FILLED, ""), (FILLED, "scaled"), ("skipped", "band"), (WRITTEN_OFF, "delisting")]
    orders = []
    for day, kind in zip(days, rng.integers(0, len(kinds), 300).tolist(), strict=True):
        status, reason = kinds[kind]
        price, fee, slippage = rng.random(3).tolist()
        shares = 0.0 if status == "skipped" else float(rng.standard_normal())
        orders.append(Order(day, day, "BTC", 1.0, shares, price, fee, slippage, status, reason))
    ledger = ledger_of(100.0 + rng.random(51), orders=orders)
    fees, slippage, traded = 0.0, 0.0, np.zeros(51)
    counts: dict[tuple[str, str], int] = {}
    for order in orders:
        fees, slippage = fees + order.fee, slippage + order.slippage
        counts[order.status, order.reason] = counts.get((order.status, order.reason), 0) + 1
        if order.shares and order.status != WRITTEN_OFF:
            bar = list(ledger.time).index(order.filled_at + DAY)
            traded[bar] += abs(order.shares * order.price)
    before = np.concatenate(([100.0], ledger.nav[:-1]))
    assert (trading.fees(ledger), trading.slippage(ledger)) == (fees, slippage)
    assert trading.order_counts(ledger) == counts
    assert list(trading.order_counts(ledger)) == sorted(counts)
    assert trading.one_way_turnover(ledger).tolist() == (traded / (2.0 * before)).tolist()


def test_the_tear_sheet_finds_what_it_needs() -> None:
    rng = np.random.default_rng(3)
    nav, other = 100 * np.cumprod(1 + 0.01 * rng.standard_normal((2, 400)), axis=1)
    found = by_name(core_statistics(ledger_of(nav), 365.0, 0.0, {"btc": other}, {}))
    for name in (
        *("best_period", "worst_month", "pct_positive_months", "avg_drawdown_episode"),
        *("current_drawdown", "pain_index", "var_hist_99", "tail_ratio", "upi_martin"),
        *("recovery_factor", "gain_to_pain_monthly", "stability_r2", "kelly_half", "btc.n_months"),
        *("vs_btc.r_squared", "vs_btc.up_capture_monthly_geomean", "vs_btc.batting_average"),
        *("vs_btc.treynor_cagr", "vs_btc.m2", "n_trades", "win_rate", "sqn_ddof1", "open_profit"),
        *("break_even_cost", "contribution_year.2024"),
    ):
        assert name in found, name


def test_statistics_of_a_run_are_those_of_summary() -> None:
    # Bars that close at midnight have the day before as their label.
    rng = np.random.default_rng(6)
    r, b = 0.02 * rng.standard_normal((2, 500))
    nav, other = (100 * curve(each)[1:] for each in (r, b))
    found = by_name(core_statistics(ledger_of(nav), 365.0, 0.03, {"b": other}, {}))
    labels = np.datetime64("2024-01-01") + np.arange(500)
    alone = summary(r, periods_per_year=365, risk_free=0.03, benchmark=b, timestamps=labels)
    checked = set()
    for name, value in alone.items():
        for prefix in ("", "vs_b."):
            if prefix + name in found:
                checked.add(name)
                own = found[prefix + name].value
                assert (math.nan if own is None else own) == pytest.approx(
                    value, rel=1e-9, abs=1e-12, nan_ok=True
                ), name
    assert len(checked) > 60


def test_the_basis_of_months_and_years_says_what_they_are() -> None:
    nav = 100 * np.cumprod(1 + 0.01 * np.random.default_rng(1).standard_normal(400))
    found = by_name(core_statistics(ledger_of(nav), 365.0, 0.0, {}, {}))
    # 1 January 2024 and 399 days on: to 3 February 2025.
    assert found["n_months"].value == 14
    assert found["n_months"].basis == "14 calendar months, the ends maybe in part"
    assert found["calmar_36m"].reason == "fewer than 36 months of returns"


def test_returns_are_split_by_signals_that_are_on_or_off() -> None:
    # NAV 100 -> 110 -> 99 -> 108.9 -> 130: gains of 10, -11, 9.9, 21.1. A bar belongs to the value
    # at the close before it: unknown, 1, 0, NaN.
    states = np.array([1.0, 0.0, np.nan, 1.0])
    ledger = ledger_of([110.0, 99.0, 108.9, 130.0])
    signals = {"risk_on": states, "level": np.array([0.3, 0.4, 0.5, 0.6])}
    found = by_name(core_statistics(ledger, 365.0, 0.0, {}, {}, signals))
    split = {state: found[f"contribution_signal.risk_on.{state}"] for state in ("on", "off")}
    assert split["on"].value == pytest.approx(-0.11)
    assert split["off"].value == pytest.approx(0.099)
    unknown = found["contribution_signal.risk_on.unknown"]
    assert unknown.value == pytest.approx(0.311)
    assert unknown.basis == "2 bars that began so; all states add up to total_return"
    assert not any("level" in name for name in found)


def test_a_signal_of_other_closes_stops() -> None:
    with pytest.raises(EngineError, match="3 values of a signal for 2 closes"):
        core_statistics(ledger_of([1.0, 2.0]), 365.0, 0.0, {}, {}, {"s": np.zeros(3)})


def test_the_docs_have_every_number() -> None:
    text = (REPOSITORY / "docs" / "statistics.md").read_text()
    rng = np.random.default_rng(3)
    nav = 100 * np.cumprod(1 + 0.01 * rng.standard_normal(40))
    of_a_run = by_name(core_statistics(ledger_of(nav), 365.0, 0.0, {"x": nav}, {}))
    names = {name.removeprefix("vs_x.").removeprefix("x.") for name in of_a_run}
    names |= set(MEASURES) | set(trade_statistics(nav, nav))
    missing = [name for name in sorted(names) if f"`{name.split('.')[0]}" not in text]
    assert missing == []
