"""Universes: the largest coins with what was known then."""

from __future__ import annotations

import csv
import gzip
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feeds.arrays import instants
from feeds.coins import by_coin, read_coins
from feeds.errors import DataError
from feeds.panel import Panel
from feeds.universe import (
    Market,
    Membership,
    UniverseRules,
    candidates,
    month_starts,
    read_membership,
    top_by_cap,
)

COINS = read_coins()
DAY = np.timedelta64(1, "D")


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "ns")


def panel(fields: dict[str, dict[str, list[float | None]]], *, bars: bool = False) -> Panel:
    """Rows from 2020-01-01 on: known at 00:00, or bars that are known a day later."""
    tables = {key: np.array(list(ids.values()), dtype=float).T for key, ids in fields.items()}
    names = next(iter(fields.values()))
    label = instants(np.datetime64("2020-01-01") + np.arange(len(next(iter(tables.values())))))
    known_at = label + DAY if bars else label
    return Panel.build(
        "p", "24/7", label, known_at if not bars else label, known_at, tuple(names), tables
    )


def caps(**rows: list[float | None]) -> Market:
    return Market(panel({"market_cap": rows}))


def rules(top: int, **others: Any) -> UniverseRules:
    return UniverseRules(top=top, **{"min_age_days": 0, **others})


def chosen(market: Market, on: str, made: UniverseRules) -> list[str]:
    return [each.coin for each in candidates(market, day(on), made, COINS) if not each.reason]


def test_the_largest_are_chosen_with_the_caps_known_at_the_instant() -> None:
    market = caps(a=[1, 9, 1], b=[2, 2, 2], c=[3, 1, 9])
    assert chosen(market, "2020-01-01", rules(2)) == ["c", "b"]
    assert chosen(market, "2020-01-02", rules(2)) == ["a", "b"]
    # The row of the 2nd is the last known one second before the 3rd.
    assert chosen(market, "2020-01-02T23:59:59", rules(2)) == ["a", "b"]
    assert chosen(market, "2020-01-03", rules(2)) == ["c", "b"]


def test_equal_caps_are_ranked_by_name() -> None:
    assert chosen(caps(c=[2], b=[2], a=[2]), "2020-01-01", rules(2)) == ["a", "b"]


def test_every_coin_that_was_looked_at_is_told_with_its_reason() -> None:
    market = caps(
        aave=[None, 5], bitcoin=[9, 9], ethereum=[7, 7], monero=[1, 1], nothing=[0, None],
        terrausd=[8, 8],
    )  # fmt: skip
    found = candidates(market, day("2020-12-01"), rules(2, stale_days=500), COINS)
    assert [(each.rank, each.coin, each.reason) for each in found] == [
        (1, "bitcoin", ""),
        (2, "terrausd", "of a class that is left out"),
        (3, "ethereum", ""),
        (4, "aave", "not among the largest"),
        (5, "monero", "not among the largest"),
    ]
    young = candidates(market, day("2020-01-10"), rules(9, min_age_days=9), COINS)
    assert {each.coin: each.reason for each in young}["aave"] == "too young"  # seen on the 2nd
    assert {each.coin: each.reason for each in young}["terrausd"] == ""  # not before September 2020


def test_a_coin_counts_while_its_cap_is_not_much_older_than_the_newest() -> None:
    market = caps(a=[5, None, None, None], b=[1, 1, 1, 1])
    assert chosen(market, "2020-01-03", rules(9, max_age_days=2)) == ["a", "b"]
    assert chosen(market, "2020-01-04", rules(9, max_age_days=2)) == ["b"]


def test_caps_that_end_choose_no_universe() -> None:
    market = caps(a=[1, 1])
    assert chosen(market, "2020-02-16", rules(1)) == ["a"]  # 45 days after the 2nd
    with pytest.raises(DataError, match="no universe can be chosen at 2020-02-16T01:00Z, the new"):
        chosen(market, "2020-02-16T01:00", rules(1))
    with pytest.raises(DataError, match="the newest market cap known is of none"):
        chosen(market, "2019-12-31", rules(1))


def trading(days: int, **rows: tuple[list[float], list[float]]) -> Panel:
    """Daily bars of closes and volumes, the last ones of each list repeated."""

    def longer(values: list[float]) -> list[float | None]:
        return [*values, *[values[-1]] * (days - len(values))]

    return panel(
        {
            "close": {name: longer(close) for name, (close, _) in rows.items()},
            "volume": {name: longer(volume) for name, (_, volume) in rows.items()},
        },
        bars=True,
    )


def test_what_the_venue_does_not_trade_enough_is_left_out() -> None:
    # Three days of quote volume known at 4 January: a 10, 10, 10; b 0, 30, 30; c 60, 0, 0; d none.
    bars = trading(
        4, a=([2.0], [5.0]), b=([3.0], [0.0, 10.0]), c=([1.0], [60.0, 0.0, 0.0, 99.0])
    )  # fmt: skip
    market = Market(caps(a=[4] * 4, b=[3] * 4, c=[2] * 4, d=[1] * 4).caps, bars)
    found = candidates(
        market, day("2020-01-04"), rules(9, min_median_quote_volume=11, volume_days=3), COINS
    )
    assert {each.coin: each.reason for each in found} == {
        "a": "too little traded",
        "b": "",
        "c": "too little traded",
        "d": "not traded on the venue",
    }


def test_days_before_the_first_bar_count_as_days_without_volume() -> None:
    bars = trading(2, a=([1.0], [50.0]))
    market = Market(caps(a=[1] * 3).caps, bars)
    thin = rules(1, min_median_quote_volume=1, volume_days=4)
    # Two days of 50 and two of nothing have a median of 25.
    assert chosen(market, "2020-01-03", thin) == ["a"]
    assert chosen(market, "2020-01-03", rules(1, min_median_quote_volume=26, volume_days=4)) == []


def test_a_coin_that_is_halted_is_not_traded() -> None:
    bars = trading(3, a=([1.0, 1.0, np.nan], [1.0]), b=([1.0], [1.0]))
    market = Market(caps(a=[2] * 4, b=[1] * 4).caps, bars)
    assert chosen(market, "2020-01-03", rules(2, pegs=False)) == ["a", "b"]
    assert chosen(market, "2020-01-04", rules(2, pegs=False)) == ["b"]


def test_a_peg_is_known_by_its_price() -> None:
    random = np.random.default_rng(1)
    quiet = np.exp(random.normal(0, 0.002, 60))
    prices = {
        "near": quiet, "wild": np.exp(random.normal(0, 0.05, 60)), "far": 20 * quiet,
        "new": np.where(np.arange(60) < 40, np.nan, quiet),
    }  # fmt: skip
    bars = panel(
        {
            "close": {name: list(values) for name, values in prices.items()},
            "volume": {name: [1.0] * 60 for name in prices},
        },
        bars=True,
    )
    market = Market(caps(**{name: [1.0] * 61 for name in prices}).caps, bars)
    at = "2020-03-01"
    assert chosen(market, at, rules(9)) == ["far", "new", "wild"]  # 19 moves are too few to tell
    assert chosen(market, at, rules(9, pegs=False)) == ["far", "near", "new", "wild"]
    # Nothing is a peg before half of the days are known.
    assert "near" in chosen(market, "2020-01-20", rules(9))


def test_hourly_bars_are_refused() -> None:
    hourly = panel({"close": {"a": [1.0]}, "volume": {"a": [1.0]}})
    with pytest.raises(DataError, match="a universe needs daily bars"):
        Market(hourly, hourly)


def test_members_stay_while_they_are_chosen_again() -> None:
    when = instants(np.array(["2020-01-01", "2020-02-01", "2020-03-01"], dtype="datetime64[D]"))
    made = Membership.scheduled(when, [["a", "b"], ["b", "c"], ["a", "b"]], "s")
    assert [stay[:2] for stay in made.stays] == [
        ("a", when[0]),
        ("a", when[2]),
        ("b", when[0]),
        ("c", when[1]),
    ]
    assert [str(stay.until)[:10] for stay in made.stays] == [
        "2020-02-01", "NaT", "NaT", "2020-03-01",
    ]  # fmt: skip
    assert made.at(when[1] - np.timedelta64(1, "s")) == ("a", "b")
    assert made.at(when[1]) == ("b", "c")
    assert made.at(np.datetime64("2019-12-31")) == ()


def test_a_table_of_members_is_read_as_it_is_written() -> None:
    when = instants(np.array(["2020-01-01", "2020-02-01T12"], dtype="datetime64[h]"))
    made = Membership.scheduled(when, [["a", "b"], ["b"]], "monthly")
    assert made.table() == (
        "coin,since,until,source\na,2020-01-01,2020-02-01T12:00Z,monthly\nb,2020-01-01,,monthly\n"
    )
    assert read_membership(made.table(), "m.csv").table() == made.table()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("coin\n", "m.csv: the first line must be coin,since,until,source"),
        ("a,2020-01-01\n", "m.csv:2: has 2 cells, not 4"),
        ("a,2020-01-02,2020-01-01,\n", "m.csv: a is a member from 2020-01-02 until 2020-01-01"),
        ("a,2020-01-01,,\na,2020-01-05,,\n", "m.csv: a becomes a member on 2020-01-05 but has"),
        ("a,yesterday,,\n", "m.csv: "),
    ],
)
def test_a_table_that_is_wrong_stops(rows: str, message: str) -> None:
    content = rows if rows.startswith("coin") else f"coin,since,until,source\n{rows}"
    with pytest.raises(DataError) as error:
        read_membership(content, "m.csv")
    assert str(error.value).startswith(message)


def test_members_are_found_under_the_ids_of_their_markets() -> None:
    at = instants(np.array(["2022-05-01", "2022-06-01"], dtype="datetime64[D]"))
    made = Membership.constant(["terra-luna", "bitcoin"], "today")
    mask = made.mask(("BTCUSDT", "ETHUSDT", "LUNA2USDT", "LUNAUSDT"), at, COINS)
    # The ticker LUNA is another coin since 28 May, and LUNA2 always was.
    assert mask.tolist() == [[True, False, False, True], [True, False, False, False]]


def test_months_start_at_midnight_of_their_first_day() -> None:
    found = month_starts(day("2020-01-15"), day("2020-03-01"))
    assert [str(at)[:16] for at in found] == ["2020-02-01T00:00", "2020-03-01T00:00"]


def test_cutting_the_future_changes_nothing() -> None:
    random = np.random.default_rng(3)
    names = ("aave", "bitcoin", "ethereum", "monero", "tether", "x", "y", "z")
    level = np.exp(np.cumsum(random.normal(0, 0.05, (200, 8)), axis=0))
    level[:, 4] = 1 + random.normal(0, 0.001, 200)
    level[random.random(level.shape) < 0.03] = np.nan
    level[:90, 5] = np.nan  # x is listed late
    level[150:, 6] = np.nan  # y dies
    volume = random.lognormal(0, 1, level.shape)

    def market(rows: int) -> Market:
        def cut(table: np.ndarray) -> dict[str, list[float | None]]:
            return {name: list(table[:rows, i]) for i, name in enumerate(names)}

        bars = panel({"close": cut(level), "volume": cut(volume)}, bars=True)
        return Market(panel({"market_cap": cut(level * 100)}), bars)

    made = rules(3, min_age_days=20, min_median_quote_volume=0.5, exclude=[])
    when = month_starts(day("2020-03-01"), day("2020-07-15"))
    full = top_by_cap(market(200), when, made, COINS)
    asked = instants(np.datetime64("2020-03-01") + np.arange(120))
    whole = full.mask(names, asked, COINS)
    assert whole.any(axis=0).sum() > 4
    for known in when:
        rows = int((known - day("2020-01-01")) / DAY) + 1
        part = top_by_cap(market(rows), when[when <= known], made, COINS)
        here = asked <= known
        np.testing.assert_array_equal(part.mask(names, asked, COINS)[here], whole[here])


def test_six_years_of_400_coins_are_judged_in_seconds() -> None:
    random = np.random.default_rng(8)
    level = np.exp(np.cumsum(random.normal(0, 0.05, (2500, 400)), axis=0))
    names = tuple(f"c{i:03d}" for i in range(400))
    label = instants(np.datetime64("2018-01-01") + np.arange(2500))
    fields = {"close": level, "volume": np.ones_like(level)}
    bars = Panel.build("bars", "24/7", label, label, label + DAY, names, fields)
    caps = Panel.build("caps", "24/7", label, label, label, names, {"market_cap": level})
    begin = time.perf_counter()
    when = month_starts(day("2018-06-01"), day("2024-10-01"))
    found = top_by_cap(Market(caps, bars), when, UniverseRules(top=50), COINS)
    assert time.perf_counter() - begin < 3.0
    assert all(len(found.at(at)) == 50 for at in when[::10])


def monthly(shared: Path) -> Panel:
    """CoinMarketCap's snapshots of the first of the month, known at the second."""
    cells: dict[str, dict[str, float]] = {}
    path = shared / "data/dominance/cmc_monthly_top200_2020-2024.csv.gz"
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            if "old" not in row["name"]:  # BNX twice in 2023-03
                cells.setdefault(row["date"], {})[row["symbol"]] = float(row["market_cap"])
    ids = tuple(sorted({id for day in cells.values() for id in day}))
    table = np.array([[day.get(id, np.nan) for id in ids] for day in cells.values()])
    label = instants(np.array(list(cells), dtype="datetime64[D]"))
    found = Panel.build("caps", "24/7", label, label, label + DAY, ids, {"market_cap": table})
    return by_coin(found, COINS.of("coinmarketcap"))


@pytest.mark.shared
def test_the_top_twenty_before_and_after_terra(shared: Path) -> None:
    market = Market(monthly(shared))
    when = month_starts(day("2020-02-01"), day("2024-12-31"))
    found = top_by_cap(market, when, UniverseRules(top=20), COINS)
    # The snapshot of 1 May is known from the 2nd on: chosen on the 1st of June.
    assert "terra-luna" in found.at(day("2022-05-15"))
    assert "terra-luna" in found.at(day("2022-06-15"))  # chosen with the snapshot of 1 May
    after = found.at(day("2022-07-15"))
    assert not {"terra-luna", "terra-luna-2"} & set(after)
    every = {stay.coin for stay in found.stays}
    assert not every & {"tether", "usd-coin", "terrausd", "binance-usd", "wrapped-bitcoin", "dai"}
    assert {"bitcoin", "ethereum"} <= set(after)
    assert all(len(found.at(at)) == 20 for at in when)
    # Today's list looks better than what could be bought: it knows who survived.
    assert set(found.at(when[0])) - set(found.at(when[-1]))


@pytest.mark.shared
def test_membership_is_that_of_ids_on_the_venue(shared: Path) -> None:
    when = month_starts(day("2022-02-01"), day("2022-12-01"))
    market = Market(monthly(shared))
    found = top_by_cap(market, when, rules(150), COINS)
    at = instants(np.array(["2022-05-20", "2022-11-15"], dtype="datetime64[D]"))
    ids = ("BTCUSDT", "FTTUSDT", "LUNA2USDT", "LUNAUSDT", "LUNCUSDT", "USTUSDT")
    mask = found.mask(ids, at, COINS)
    assert mask[0].tolist() == [True, True, False, True, False, False]
    # The ticker LUNA is the new coin's by then; its bars are in the column LUNA2USDT.
    assert mask[1].tolist() == [True, True, True, True, True, False]
    # The new LUNA is first seen in the snapshot of 1 October: too young by the usual rule.
    older = top_by_cap(market, when, UniverseRules(top=150), COINS)
    assert older.mask(ids, at, COINS)[1].tolist() == [True, True, False, False, True, False]
