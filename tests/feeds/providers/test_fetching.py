"""Fetching into the real store, with the real ccxt, against Binance's wire format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from feeds.errors import ConfigError
from feeds.fetching import Report, fetch_series
from feeds.providers import Provider
from feeds.store import Revision, Store
from tests.feeds.providers.conftest import Maker, Waits, days
from tests.servers.binance import HOST, Binance, klines
from tests.servers.proxy import SERVER_ERROR, TOO_MANY, Loopback, as_json
from tests.servers.yahoo import FUND, Chart, Yahoo

BTC, ETH = "binance/BTCUSDT/1d", "binance/ETHUSDT/1d"
CLOSES = [float(100 + day) for day in range(20)]
"""From 2024-01-01 to 2024-01-20."""

Fetch = Callable[..., Report]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


@pytest.fixture
def binance(loopback: Loopback) -> Binance:
    names = ("BTCUSDT", "ETHUSDT")
    vendor = Binance({name: klines("2024-01-01", CLOSES) for name in names})
    loopback.play(HOST, vendor)
    return vendor


@pytest.fixture
def fetch(make: Maker, store: Store, binance: Binance) -> Fetch:
    del binance

    def some(*keys: str, now: str = "2024-01-21", **options: object) -> Report:
        settled = {"provider": make, **options}
        return fetch_series(keys, store, np.datetime64(now, "ns"), **settled)  # type: ignore[arg-type]

    return some


def closes(store: Store, key: str = BTC) -> list[float]:
    return list(store.read(key).fields["close"])


def test_a_first_fetch_keeps_rows_raw_answers_and_where_they_came_from(
    fetch: Fetch, store: Store, binance: Binance
) -> None:
    binance.most = 8
    report = fetch(BTC)
    (got,) = report.fetched
    assert (got.rows, got.new_rows, got.revision) == (20, 20, Revision())
    assert [got.first, got.last] == days("2024-01-01", "2024-01-20")
    assert closes(store) == CLOSES
    version = store.manifest(BTC).current
    assert len(version.raw) == 3  # pages of 8, 8 and 4 rows
    assert version.provider == "binance"
    assert version.sources[0].origin.provider_version.startswith("ccxt 4.")
    assert dict(version.sources[0].origin.request) == {
        "market": "BTCUSDT",
        "bars": "1d",
        "since": "first",
    }
    assert list(store.verify()) == []
    assert (report.refused, report.failed, report.goes_on) == ({}, {}, "")


def test_the_next_fetch_asks_for_ten_old_rows_and_what_is_new(
    fetch: Fetch, store: Store, binance: Binance, loopback: Loopback
) -> None:
    fetch(BTC, now="2024-01-16")  # 15 rows: to 2024-01-15
    loopback.questions.clear()
    (got,) = fetch(BTC).fetched
    assert (got.rows, got.new_rows, got.revision) == (20, 5, Revision())
    (question,) = loopback.asked("klines")
    start = np.datetime64(int(question.query["startTime"]), "ms")
    assert start == np.datetime64("2024-01-06")
    assert closes(store) == CLOSES
    assert len(store.manifest(BTC).complete) == 1  # the same history, with more rows


def test_history_that_was_rewritten_is_read_again_and_the_old_version_stays(
    fetch: Fetch, store: Store, binance: Binance
) -> None:
    """The exchange restates its third day, long before the overlap, and its fifteenth, in it."""
    fetch(BTC, now="2024-01-16")
    restated = [*CLOSES[:2], 50.0, *CLOSES[3:14], 60.0, *CLOSES[15:]]
    binance.markets["BTCUSDT"] = klines("2024-01-01", restated)
    (got,) = fetch(BTC).fetched
    assert (got.new_rows, got.revision) == (5, Revision(changed=2))
    assert closes(store) == restated
    assert list(store.read(BTC, -2).fields["close"]) == CLOSES[:15]


def test_a_row_that_was_withdrawn_is_a_revision(
    fetch: Fetch, store: Store, binance: Binance
) -> None:
    fetch(BTC)
    rows = binance.markets["BTCUSDT"]
    binance.markets["BTCUSDT"] = rows[:12] + rows[13:]
    (got,) = fetch(BTC).fetched
    assert (got.new_rows, got.revision) == (0, Revision(removed=1))
    assert len(store.read(BTC)) == 19


def test_an_interrupted_rereading_is_taken_up_again(
    fetch: Fetch, store: Store, binance: Binance, loopback: Loopback
) -> None:
    fetch(BTC, now="2024-01-16")
    restated = [50.0, *CLOSES[1:14], 60.0, *CLOSES[15:]]
    binance.markets["BTCUSDT"], binance.most = klines("2024-01-01", restated), 11
    rows = binance.markets["BTCUSDT"]
    overlap, of_all = [rows[5:16], rows[16:]], [rows[:11]]
    loopback.answer_next("klines", *map(as_json, overlap + of_all), *[SERVER_ERROR] * 6)
    assert list(fetch(BTC).failed) == [BTC]
    assert closes(store) == CLOSES[:15]  # a run still reads the last complete version
    (got,) = fetch(BTC).fetched
    assert got.revision == Revision(changed=2)
    assert closes(store) == restated


def test_a_failed_fetch_keeps_its_pages_and_goes_on_after_them(
    fetch: Fetch, store: Store, binance: Binance, loopback: Loopback
) -> None:
    binance.most = 8
    rows = binance.markets["BTCUSDT"]
    loopback.answer_next("klines", as_json(rows[:8]), as_json(rows[8:16]), *[SERVER_ERROR] * 6)
    report = fetch(BTC)
    assert "answered with status 502" in report.failed[BTC]
    assert report.goes_on == f"data fetch {BTC}"
    assert store.manifest(BTC).newest.rows == 16
    assert store.manifest(BTC).complete == ()
    loopback.questions.clear()
    assert fetch(BTC).fetched[0].rows == 20
    assert len(loopback.asked("klines")) == 1
    assert closes(store) == CLOSES


def test_a_fetch_that_fails_leaves_a_complete_series_untouched(
    fetch: Fetch, store: Store, loopback: Loopback
) -> None:
    fetch(BTC, now="2024-01-16")
    before = store.manifest(BTC)
    loopback.answer_next("klines", *[SERVER_ERROR] * 6)
    assert list(fetch(BTC).failed) == [BTC]
    assert store.manifest(BTC) == before


def test_ctrl_c_ends_with_the_command_that_goes_on(
    make: Maker, store: Store, binance: Binance, loopback: Loopback
) -> None:
    """The user gives up while a rate limit is waited for, after a page of eight rows."""

    def impatient(seconds: float) -> None:
        raise KeyboardInterrupt

    def of(name: str) -> Provider:
        return make(name, wait=impatient)

    binance.most = 8
    rows = binance.markets["ETHUSDT"]
    loopback.answer_next("klines", as_json(rows[:8]), TOO_MANY)
    now = np.datetime64("2024-01-21", "ns")
    report = fetch_series([ETH, BTC, "yahoo/^RUT/1d"], store, now, provider=of)
    assert report.interrupted
    assert report.goes_on == f"data fetch {ETH} {BTC} 'yahoo/^RUT/1d'"
    assert store.manifest(ETH).newest.rows == 8
    assert list(store.verify()) == []


def test_a_market_that_is_not_there_does_not_stop_the_others(fetch: Fetch) -> None:
    report = fetch("binance/NOPEUSDT/1d", BTC)
    assert [got.key for got in report.fetched] == [BTC]
    assert "binance lists no such market" in report.refused["binance/NOPEUSDT/1d"]
    assert report.goes_on == ""  # asking again would not help


def test_a_vendor_that_is_down_is_not_asked_for_its_other_series(
    fetch: Fetch, loopback: Loopback
) -> None:
    loopback.answer_next("exchangeInfo", *[SERVER_ERROR] * 6)
    report = fetch(BTC, ETH, since=np.datetime64("2024-01-03", "ns"))
    assert report.failed[ETH] == "binance: not asked for this one, since it failed before"
    assert report.goes_on == f"data fetch --since 2024-01-03 {BTC} {ETH}"
    assert len(loopback.questions) == 6


def test_a_missing_key_fails_only_its_own_series(fetch: Fetch) -> None:
    report = fetch("fred/WALCL/native", BTC)
    assert "set FRED_API_KEY" in report.failed["fred/WALCL/native"]
    assert [got.key for got in report.fetched] == [BTC]


def test_a_vendor_that_nobody_knows_is_named_with_the_nearest(fetch: Fetch) -> None:
    with pytest.raises(ConfigError, match="did you mean binance"):
        fetch("binanse/BTCUSDT/1d")


def test_since_is_where_a_new_series_begins(fetch: Fetch, store: Store) -> None:
    fetch(BTC, since=np.datetime64("2024-01-11", "ns"))
    assert closes(store) == CLOSES[10:]


def test_an_earlier_since_is_fetched_once(fetch: Fetch, store: Store, loopback: Loopback) -> None:
    fetch(BTC, since=np.datetime64("2024-01-11", "ns"))
    fetch(BTC, since=np.datetime64("2023-01-01", "ns"))
    assert closes(store) == CLOSES
    loopback.questions.clear()
    fetch(BTC, since=np.datetime64("2023-01-01", "ns"))
    start = int(loopback.asked("klines")[0].query["startTime"])
    assert np.datetime64(start, "ms") == np.datetime64("2024-01-11")  # the overlap alone


def test_offline_asks_nobody(fetch: Fetch, store: Store, loopback: Loopback) -> None:
    fetch(BTC)
    loopback.questions.clear()

    def nobody(name: str) -> Provider:
        raise AssertionError(f"{name} was asked")

    report = fetch(BTC, ETH, offline=True, provider=nobody)
    assert report.kept == (BTC,)
    assert list(report.failed) == [ETH]
    assert loopback.questions == []


def test_progress_is_told_for_each_series_and_page(fetch: Fetch, binance: Binance) -> None:
    told: list[tuple[str, int, int]] = []
    binance.most = 10

    def progress(label: str, done: int, total: int) -> None:
        told.append((label, done, total))

    fetch(BTC, ETH, progress=progress)
    assert told[:4] == [
        (BTC, 0, 2),
        (f"{BTC} to 2024-01-10", 0, 2),
        (f"{BTC} to 2024-01-20", 0, 2),
        (ETH, 1, 2),
    ]


def test_a_bar_still_open_is_fetched_when_it_has_closed(fetch: Fetch, store: Store) -> None:
    fetch(BTC, now="2024-01-20T12:00")
    assert closes(store) == CLOSES[:19]
    fetch(BTC, now="2024-01-21T00:00")
    assert closes(store) == CLOSES


def test_waits_are_those_the_vendor_asks_for(
    fetch: Fetch, loopback: Loopback, waits: Waits
) -> None:
    loopback.answer_next("klines", TOO_MANY)
    fetch(BTC)
    assert waits == [7.0]


def test_a_dividend_rewrites_all_adjusted_closes_and_no_raw_one(
    make: Maker, store: Store, loopback: Loopback, tmp_path: Path
) -> None:
    """Twelve sessions are kept, adj_close equal to close; a dividend scales all before it."""
    import yfinance

    yfinance.set_tz_cache_location(str(tmp_path / "yfinance"))
    sessions = [f"2024-01-{day:02}" for day in (2, 3, 4, 5, 8, 9, 10, 11, 12, 16, 17, 18, 19)]
    raw = {session: 200.0 + place for place, session in enumerate(sessions)}
    vendor = Yahoo({"IWM": Chart(FUND, raw)})
    vendor.play(loopback)
    key = "yahoo/IWM/1d"
    fetch_series([key], store, np.datetime64("2024-01-19T12:00", "ns"), provider=make)
    scaled = {session: 0.5 * close for session, close in list(raw.items())[:-1]}
    vendor.charts["IWM"] = Chart(FUND, raw, dividends={sessions[-1]: 1.0}, adjusted=scaled)
    report = fetch_series([key], store, np.datetime64("2024-01-20", "ns"), provider=make)
    (got,) = report.fetched
    assert (got.new_rows, got.revision) == (1, Revision(changed=12))
    difference = store.diff(key)
    assert set(difference.changed.field) == {"adj_close"}
    assert closes(store, key) == list(raw.values())
