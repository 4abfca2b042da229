"""Verdict and notices: words that follow from the numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.ledger import FILLED, REJECTED, WRITTEN_OFF, Order, OrderLog
from engine.notices import notices
from engine.regimes import risk_on, rotations, spell_of_bars, spells
from engine.result import DecisionTable, Outcome, Result, open_result, write_result
from engine.verdict import period, verdict
from engine.wording import bar_day, count, holdings, listed, money, percent, signed_percent
from feeds.arrays import instants
from tests.engine.outcomes import crowded, flat, outcome, rotation

DAY = np.timedelta64(1, "D")


def result_of(made: Outcome, root: Path) -> Result:
    return open_result(write_result(made, root))


def titles(result: Result) -> list[str]:
    return [notice.title for notice in notices(result)]


def growing(bars: int, last: float, benchmarks: dict[str, float]) -> Outcome:
    """NAV from 100,000 to `last`, benchmarks likewise, along straight lines."""
    base = flat(bars)
    path = np.linspace(100_000.0, last, bars + 1)[1:]
    others = {name: np.linspace(100_000.0, end, bars + 1)[1:] for name, end in benchmarks.items()}
    ledger = replace(base.ledger, nav=path, cash=path)
    return outcome(ledger, base.decisions, {}, others)


def test_the_verdict_compares_growth_a_year_with_each_benchmark(tmp_path: Path) -> None:
    # Two years of 365 days: 100,000 -> 144,000 is 20 % a year, 121,000 is 10 %, 169,000 is 30 %.
    made = growing(730, 144_000.0, {"btc": 121_000.0, "alts": 169_000.0})
    words = verdict(result_of(made, tmp_path))
    assert words[0] == (
        "100,000 became 144,000 over 2.0 years: +20.0 % a year after fees and slippage; "
        "it never fell."
    )
    assert words[1] == (
        "It beat btc by 10.0 points (+10.0 % a year); it trailed alts by 10.0 points "
        "(+30.0 % a year)."
    )
    assert words[-1] == "Nothing was ever traded, so there is nothing to judge."


def test_a_short_run_is_compared_over_its_whole_length(tmp_path: Path) -> None:
    words = verdict(result_of(growing(30, 110_000.0, {"btc": 105_000.0}), tmp_path))
    assert words[0].startswith("100,000 became 110,000 over 30 days: +10.0 % in all")
    assert words[1] == "It beat btc by 5.0 points (+5.0 % in all)."


def test_equal_growth_neither_beats_nor_trails(tmp_path: Path) -> None:
    words = verdict(result_of(growing(730, 144_000.0, {"btc": 144_000.0}), tmp_path))
    assert words[1] == "It equalled btc."


def test_many_benchmarks_are_counted_and_not_listed(tmp_path: Path) -> None:
    words = verdict(result_of(crowded(), tmp_path))
    assert words[1].endswith("of 20 benchmarks (a year); it equalled 1.")
    assert max(map(len, words)) < 200


def test_a_small_difference_is_called_chance(tmp_path: Path) -> None:
    result = result_of(rotation(), tmp_path)
    sizes = {name: result.value(f"vs_{name}.mean_difference_t") for name in result.benchmarks}
    sentence = next(words for words in verdict(result) if words.startswith("The mean difference"))
    assert any(abs(size) < 2 for size in sizes.values())
    assert "chance alone often gives as much" in sentence


def test_growth_and_mean_that_disagree_are_explained(tmp_path: Path) -> None:
    # btc doubles on even days and halves on odd ones: no growth, a mean of 25 % a day.
    base = flat(730)
    steady = 100_000.0 * 1.0001 ** np.arange(1, 731)
    wild = 100_000.0 * np.where(np.arange(730) % 2 == 0, 2.0, 1.0)
    ledger = replace(base.ledger, nav=steady, cash=steady)
    words = verdict(result_of(outcome(ledger, base.decisions, {}, {"btc": wild}), tmp_path))
    assert words[1].startswith("It beat btc")
    assert "for btc (its larger swings cost it growth)" in words[2]


def log_of(days: list[int], targets: list[dict[str, float] | None]) -> DecisionTable:
    start = np.datetime64("2018-01-01", "ns")
    time = instants([start + day * DAY for day in days])
    values = np.ones(len(days))
    reason = tuple("signal_unknown" if each is None else "scheduled" for each in targets)
    return DecisionTable(time, {"risk_on": values}, {"risk_on": values}, tuple(targets), reason)


def test_a_target_is_in_force_until_another_one_is_set(tmp_path: Path) -> None:
    base = flat(10)
    btc, alts = {"btc": 1.0}, {"alts": 1.0}
    log = log_of([2, 3, 5, 6, 8], [btc, btc, alts, None, btc])
    result = result_of(replace(base, decisions=log), tmp_path)
    found = spells(result)
    assert [(dict(each.target), each.first) for each in found] == [(btc, 0), (alts, 2), (btc, 4)]
    assert [each.stop - each.start for each in found] == [3 * DAY, 3 * DAY, 2 * DAY]
    assert rotations(result) == 2
    assert risk_on(result) == alts
    # Closes on days 1 to 10; a decision at the close of day 2 holds from the bar of day 3 on.
    assert spell_of_bars(result).tolist() == [-1, -1, 0, 0, 0, 1, 1, 1, 2, 2]


def test_a_handful_of_switches_is_said_to_prove_little(tmp_path: Path) -> None:
    log = log_of([2, 5], [{"btc": 1.0}, {"alts": 1.0}])
    at = instants(["2018-01-03"])[0]
    order = Order(at, at, "BTCUSDT", 1.0, 1.0, 10.0, 0.0, 0.0, FILLED, "")
    base = flat(400)
    traded = replace(base.ledger, log=OrderLog.of((order,), base.ledger.ids))
    made = replace(base, decisions=log, ledger=traded)
    result = result_of(made, tmp_path)
    assert verdict(result)[-1].startswith("The target changed 1 time: a lucky switch or two")
    assert "Few switches" in titles(result)


def test_a_hand_picked_universe_and_gaps_are_named(tmp_path: Path) -> None:
    result = result_of(flat(400), tmp_path)
    assert titles(result) == [
        "Survivorship-biased universe",
        "Gaps in panel 'coins'",
        "Gaps in panel 'equities'",
    ]
    assert "3 ids were picked by hand" in notices(result)[0].text
    assert notices(result)[1].text.startswith("7 missing bars. Positions")
    assert notices(result)[2].text.startswith("2 blank rows. Signals")


def test_a_point_in_time_universe_without_gaps_has_no_notice(tmp_path: Path) -> None:
    universe = {"ids": ["BTCUSDT"], "min_age_days": 0, "point_in_time": True}
    assert titles(result_of(flat(400, universe=universe, quality={}), tmp_path)) == []


def test_simulated_data_replace_the_warning_about_the_universe(tmp_path: Path) -> None:
    found = titles(result_of(flat(40, simulated=True, quality={}), tmp_path))
    assert found == ["Simulated data", "Short history"]


def test_the_generator_is_said_to_plant_an_effect_only_where_it_does(tmp_path: Path) -> None:
    result = result_of(flat(40, simulated=True, quality={}), tmp_path)
    assert "with a planted effect" in notices(result)[0].text
    luck = replace(result, experiment=result.experiment | {"data": {"simulated": {"effect": 0.0}}})
    assert "with no effect in it" in notices(luck)[0].text


def test_a_raw_strategy_is_said_to_be_unproven(tmp_path: Path) -> None:
    result = result_of(flat(400, quality={}), tmp_path)
    raw = replace(result, experiment=result.experiment | {"strategy": {"kind": "raw"}})
    assert "Raw strategy" in titles(raw)
    assert "Raw strategy" not in titles(result)


def test_unknown_signals_and_notes_of_the_run_are_named(tmp_path: Path) -> None:
    made = replace(flat(400, quality={}, warnings=["odd"]), decisions=log_of([2], [None]))
    result = result_of(made, tmp_path)
    assert titles(result)[1:] == ["Signals unknown", "Note of the run"]
    assert notices(result)[1].text.startswith("1 scheduled decision could not be taken")
    assert notices(result)[2].text == "Odd."


def test_orders_that_failed_shrank_or_were_written_off_are_named(tmp_path: Path) -> None:
    base = flat(400, quality={})
    at = base.ledger.time[3]

    def order(ordered: float, shares: float, status: str, reason: str) -> Order:
        return Order(at, at, "LUNAUSDT", ordered, shares, 0.5, 0.0, 0.0, status, reason)

    orders = (
        order(2.0, 2.0, FILLED, ""),
        order(2.0, 1.0, FILLED, "scaled"),
        order(2.0, 0.0, "skipped", "band"),
        order(2.0, 0.0, "skipped", "no_bar"),
        order(2.0, 0.0, REJECTED, "cash"),
        order(-3.0, -3.0, WRITTEN_OFF, "reuse"),
    )
    ids = ("LUNAUSDT",)
    made = replace(base, ledger=replace(base.ledger, ids=ids, log=OrderLog.of(orders, ids)))
    found = {each.title: each.text for each in notices(result_of(made, tmp_path))}
    assert found["Written off"] == "3 LUNAUSDT at 0.5 each on 2018-01-05 00:00 UTC."
    assert found["Orders not filled"] == "2 orders: 1 rejected (cash) and 1 skipped (no bar)."
    assert found["Orders shrunk"] == "1 buy was filled in part because cash was short."


def test_the_period_names_the_days_that_bars_cover(tmp_path: Path) -> None:
    # 31 bars from 2018-01-01; the last one closes on 2018-02-01 00:00.
    assert period(result_of(flat(31), tmp_path)) == "2018-01-01 to 2018-01-31"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (percent(0.3926), "39.3 %"),
        (percent(-0.0001), "0.0 %"),
        (percent(123.456), "12,346 %"),
        (percent(float("nan")), "n/a"),
        (signed_percent(0.061), "+6.1 %"),
        (signed_percent(-0.061), "-6.1 %"),
        (signed_percent(0.0), "0.0 %"),
        (money(812345.4), "812,345"),
        (money(0.014), "0.01"),
        (count(1, "order"), "1 order"),
        (count(1200, "order"), "1,200 orders"),
        (listed(["a", "b", "c"]), "a, b and c"),
        (listed([]), ""),
        (holdings({"alts": 0.6, "btc": 0.4}), "alts 60 %, btc 40 %"),
        (holdings({}), "cash"),
        (holdings(None), "as before"),
        (bar_day(np.datetime64("2024-02-01T00:00", "ns")), "2024-01-31"),
        (bar_day(np.datetime64("2024-02-01T21:00", "ns")), "2024-02-01"),
    ],
)
def test_numbers_read_as_people_write_them(shown: str, expected: str) -> None:
    assert shown == expected
