"""Statistics against worked examples: other libraries' values, pocket-calculator ledgers."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import measures, trading
from engine.drawdowns import (
    deepest,
    drawdown,
    episodes,
    max_drawdown,
    max_drawdown_duration,
    time_underwater_fraction,
    ulcer_index,
)
from engine.ledger import FILLED, WRITTEN_OFF, Ledger, Order, OrderLog
from engine.statistics import Statistic, core_statistics
from feeds.arrays import instants
from feeds.errors import EngineError

SAMPLES = ("tiny10", "bacon_monthly", "crypto_365", "crypto_hourly", "nasdaq_vs_sp500_252")
DAY = np.timedelta64(1, "D")
NAT = np.datetime64("NaT", "ns")


def curve(returns: Any) -> np.ndarray:
    return np.concatenate(([1.0], np.cumprod(1.0 + np.asarray(returns, dtype=float))))


def all_measures(r: np.ndarray, b: np.ndarray | None, p: float, y: float) -> dict[str, float]:
    nav = curve(r)
    worst = deepest(nav, 1)
    found = {
        "total_return": measures.total_return(nav),
        "cagr": measures.cagr(nav, p),
        "ann_return_arith": measures.ann_return_arith(r, p),
        "vol_period": measures.vol_period(r),
        "ann_vol": measures.ann_vol(r, p),
        "sharpe_period": measures.sharpe_period(r, p, y),
        "sharpe": measures.sharpe(r, p, y),
        "downside_dev_period": measures.downside_dev_period(r),
        "ann_downside_dev": measures.ann_downside_dev(r, p),
        "sortino": measures.sortino(r, p),
        "max_drawdown": max_drawdown(nav),
        "max_drawdown_duration": max_drawdown_duration(nav),
        "max_dd_peak_index": worst[0].peak if worst else math.nan,
        "max_dd_trough_index": worst[0].trough if worst else math.nan,
        "max_dd_recovery_index": math.nan,
        "n_drawdowns": len(episodes(nav)),
        "current_drawdown": drawdown(nav)[-1],
        "calmar": measures.calmar(nav, p),
        "ulcer_index": ulcer_index(nav),
        "time_underwater_fraction": time_underwater_fraction(nav),
        "skew_population": measures.skew_population(r),
        "excess_kurtosis_population": measures.excess_kurtosis_population(r),
        "var_hist_95": measures.var_hist_95(r),
        "cvar_hist_95": measures.cvar_hist_95(r),
        "hit_rate_nonzero": measures.hit_rate_nonzero(r),
        "hit_rate_all": measures.hit_rate_all(r),
        "omega": measures.omega(r),
        "autocorr_lag1": measures.autocorr_lag1(r),
        "psr_vs_0": measures.psr_vs_0(r, p, y),
        "sharpe_se_mertens_annual": measures.sharpe_se_mertens_annual(r, p, y),
    }
    if worst and worst[0].recovery is not None:
        found["max_dd_recovery_index"] = worst[0].recovery
    if b is not None:
        found |= {
            "beta": measures.beta(r, b),
            "alpha_ann_arith": measures.alpha_ann_arith(r, b, p, y),
            "alpha_period": measures.alpha_ann_arith(r, b, p, y) / p,
            "correlation": measures.correlation(r, b),
            "tracking_error": measures.tracking_error(r, b, p),
            "information_ratio": measures.information_ratio(r, b, p),
        }
    return found


def sample(shared: Path, name: str) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    folder = shared / "reference" / "metrics"
    expected = json.loads((folder / f"{name}.json").read_text())
    with (folder / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    returns, benchmark = (np.array([float(row[key]) for row in rows]) for key in ("ret", "bench"))
    return expected, returns, benchmark


@pytest.mark.shared
@pytest.mark.parametrize("name", SAMPLES)
def test_every_measure_equals_the_reference_value(shared: Path, name: str) -> None:
    expected, r, b = sample(shared, name)
    meta = expected["meta"]
    found = all_measures(r, b, meta["periods_per_year"], meta["risk_free_annual"])
    checked = 0
    for key, value in found.items():
        reference = expected["metrics"][key]["value"] if key in expected["metrics"] else None
        if key not in expected["metrics"]:
            continue
        checked += 1
        if reference is None:
            assert math.isnan(value), key
        else:
            close = pytest.approx(reference, rel=meta["relative_tolerance"], abs=1e-12)
            assert value == close, key
    assert checked == len(found)


@pytest.mark.shared
@pytest.mark.parametrize("name", SAMPLES)
def test_the_five_deepest_drawdowns_have_the_reference_dates(shared: Path, name: str) -> None:
    expected, r, _ = sample(shared, name)
    found = deepest(curve(r), 5)
    assert len(found) == len(expected["drawdowns_top5"])
    for mine, reference in zip(found, expected["drawdowns_top5"], strict=True):
        assert (mine.peak, mine.trough) == (reference["peak"], reference["trough"])
        assert mine.recovery == reference["recovery"]
        assert mine.bars == reference["length"]
        assert mine.depth == pytest.approx(reference["depth"], rel=1e-9)


EDGE = (
    "one",
    "zeros",
    "constant_positive",
    "all_positive",
    "all_negative",
    "first_bar_loss",
    "total_loss",
    "exact_recovery",
    "never_recovers",
    "double_bottom",
    "equals_benchmark",
    "flat_benchmark",
)


def edge_case(shared: Path, name: str) -> dict[str, Any]:
    cases = json.loads((shared / "reference/metrics/edge_cases.json").read_text())["cases"]
    return next(case for case in cases if case["name"] == name)


@pytest.mark.shared
@pytest.mark.parametrize("name", EDGE)
def test_degenerate_returns_give_the_reference_value_or_nothing(shared: Path, name: str) -> None:
    case = edge_case(shared, name)
    r = np.array(case["returns"], dtype=float)
    b = np.array(case["benchmark"], dtype=float) if "benchmark" in case else None
    found = all_measures(r, b, case["periods_per_year"], 0.0)
    checked = 0
    for key, reference in case["expect"].items():
        if key in found:
            checked += 1
            if reference is None:
                assert math.isnan(found[key]), key
            else:
                assert found[key] == pytest.approx(reference, rel=1e-9, abs=1e-12), key
    assert checked


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


def rotation_ledger(shared: Path) -> tuple[Ledger, dict[str, Any]]:
    """The worked rotation: bar 0 is point 0, bars 1 to 7 are the run."""
    data = json.loads((shared / "reference/metrics/ledger_rotation.json").read_text())
    with (shared / "reference/metrics/ledger_rotation_bars.csv").open(newline="") as file:
        price = {
            (int(row["bar"]), row["symbol"]): (float(row["open"]), float(row["close"]))
            for row in csv.DictReader(file)
        }
    bars, ids = data["expected_bars"][1:], ("BTC", "ETH", "SOL")
    start = np.datetime64("2024-01-01", "ns")
    orders = tuple(
        Order(
            start + fill["decided_bar"] * DAY,
            start + (fill["filled_bar"] - 1) * DAY,
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
    ledger = ledger_of(
        [bar["equity"] for bar in bars],
        start_cash=10_000.0,
        ids=ids,
        cash=np.array([bar["cash"] for bar in bars]),
        held=np.array([[bar[f"qty_{name}"] for name in ids] for bar in bars]),
        marks=np.array([[price[bar["bar"], name][1] for name in ids] for bar in bars]),
        stale=np.zeros((7, 3), dtype=bool),
        orders=orders,
    )
    return ledger, data


@pytest.mark.shared
def test_trading_figures_equal_the_pocket_calculator(shared: Path) -> None:
    ledger, data = rotation_ledger(shared)
    bars, totals = data["expected_bars"][1:], data["totals"]
    turnover = [bar["one_way_turnover"] for bar in bars]
    assert trading.one_way_turnover(ledger) == pytest.approx(turnover, abs=1e-12)
    exposure = [bar["gross_exposure"] for bar in bars]
    assert trading.gross_exposure(ledger) == pytest.approx(exposure, abs=1e-12)
    found = {each.name: each.value for each in core_statistics(ledger, 365.0, 0.0, {}, {})}
    assert found["fees"] == pytest.approx(totals["fees"], abs=1e-8)
    assert found["slippage"] == pytest.approx(totals["slippage"], abs=1e-8)
    assert found["total_return"] == pytest.approx(totals["total_return"], abs=1e-12)
    assert found["one_way_turnover"] == pytest.approx(totals["sum_one_way_turnover"], abs=1e-10)
    yearly = totals["annual_one_way_turnover_365"]
    assert found["ann_one_way_turnover"] == pytest.approx(yearly, rel=1e-9)
    assert found["exposure_time_fraction"] == pytest.approx(totals["exposure_time_fraction"])
    assert found["avg_gross_exposure"] == pytest.approx(totals["avg_gross_exposure"], rel=1e-9)
    assert found["orders.filled"] == 7


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
