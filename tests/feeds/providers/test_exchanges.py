"""The real ccxt against Binance's wire format."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.errors import ProviderError
from feeds.providers import NotOfferedError, Request
from tests.feeds.providers.conftest import Maker, Waits, days, pages
from tests.servers import coinbase as coinbase_server
from tests.servers.binance import HOST, Binance, klines
from tests.servers.proxy import (
    CUT,
    ERROR_PAGE,
    SERVER_ERROR,
    SILENT,
    TOO_MANY,
    TRUNCATED,
    Answer,
    Loopback,
    as_json,
)


@pytest.fixture
def binance(loopback: Loopback) -> Binance:
    vendor = Binance({"BTCUSDT": klines("2024-01-01", [10.0, 11.0, 12.0, 13.0, 14.0])})
    loopback.play(HOST, vendor)
    return vendor


@pytest.mark.usefixtures("binance")
def test_rows_are_what_the_exchange_sent(make: Maker) -> None:
    (page,) = pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-06")
    series = page.series
    assert (series.stamp, series.calendar, series.ids) == ("day_start", "24/7", ("BTCUSDT",))
    assert (
        series.time.tolist()
        == np.arange(
            np.datetime64("2024-01-01", "ns"), np.datetime64("2024-01-06"), np.timedelta64(1, "D")
        ).tolist()
    )
    assert {name: list(values[:2]) for name, values in series.fields.items()} == {
        "open": [9.0, 10.0],
        "high": [12.0, 13.0],
        "low": [7.0, 8.0],
        "close": [10.0, 11.0],
        "volume": [12.5, 12.5],
    }
    assert page.last
    assert b'"10.00000000"' in page.raw
    assert series.notes == {"volume": "base currency"}


def test_pages_go_on_after_the_last_bar_until_now(
    make: Maker, binance: Binance, loopback: Loopback
) -> None:
    binance.most = 2
    got = pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-06")
    assert [len(page.series) for page in got] == [2, 2, 1]
    assert [page.last for page in got] == [False, False, True]
    starts = [question.query["startTime"] for question in loopback.asked("klines")]
    # 2011-01-01, then a day after 2024-01-02 and after 2024-01-04; in ms.
    assert starts == ["1293840000000", "1704240000000", "1704412800000"]


def test_a_short_page_is_not_the_end(make: Maker, binance: Binance) -> None:
    """The exchange gives 3 of the 1,000 rows asked for, and has more."""
    binance.most = 3
    got = pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-06")
    assert sum(len(page.series) for page in got) == 5


def test_an_outage_is_a_gap_and_not_the_end(make: Maker, binance: Binance) -> None:
    rows = binance.markets["BTCUSDT"]
    binance.markets["BTCUSDT"] = rows[:2] + rows[4:]
    binance.most = 2
    got = pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-06")
    labels = np.concatenate([page.series.time for page in got])
    assert list(labels) == days("2024-01-01", "2024-01-02", "2024-01-05")


def test_bars_missing_where_pages_meet_are_asked_for_twice(
    make: Maker, binance: Binance, loopback: Loopback
) -> None:
    """Once the answer lacks the first row; the second time it is there."""
    binance.most = 2
    rows = binance.markets["BTCUSDT"]
    provider = make("binance")
    got = provider.fetch(Request("binance/BTCUSDT/1d"), None, np.datetime64("2024-01-06", "ns"))
    loopback.answer_next("klines", as_json(rows[:2]), as_json(rows[3:5]))
    labels = np.concatenate([page.series.time for page in got])
    assert len(labels) == 5
    assert len(loopback.asked("klines")) == 4  # a page, a gap, the page again, the last


def test_a_bar_still_open_is_dropped_by_the_clock(make: Maker, binance: Binance) -> None:
    (page,) = pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-05T23:59:59")
    assert page.series.time[-1] == np.datetime64("2024-01-04")
    assert list(page.series.findings["unclosed"]) == days("2024-01-05")


def test_the_same_bar_stays_when_the_clock_has_passed(make: Maker, binance: Binance) -> None:
    (page,) = pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-06T00:00")
    assert page.series.time[-1] == np.datetime64("2024-01-05")
    assert not page.series.findings


def test_a_market_that_no_longer_trades_ends_on_evidence(
    make: Maker, binance: Binance, loopback: Loopback
) -> None:
    """Two years after the last bar: one empty page, one look at the newest bar, no third."""
    binance.status["BTCUSDT"] = "BREAK"
    (page,) = pages(make("binance"), "binance/BTCUSDT/1d", "2026-01-01")
    assert (page.last, len(page.series)) == (True, 5)
    assert page.series.notes["market"] == "binance lists it as not trading"
    assert len(loopback.asked("klines")) == 3


@pytest.mark.usefixtures("binance")
def test_a_market_that_is_not_listed_is_refused_with_the_nearest(make: Maker) -> None:
    with pytest.raises(NotOfferedError, match="binance lists no such market; did you mean BTCUSDT"):
        pages(make("binance"), "binance/btcUSDT/1d", "2024-01-06")


def test_a_delisted_market_is_refused_in_the_words_of_the_exchange(
    make: Maker, binance: Binance
) -> None:
    binance.status["BTCUSDT"] = "GONE"
    with pytest.raises(NotOfferedError, match="Invalid symbol"):
        pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-06")


@pytest.mark.usefixtures("binance")
def test_a_length_the_exchange_lacks_is_refused_with_those_it_has(make: Maker) -> None:
    with pytest.raises(NotOfferedError, match=r"no bars of '7h'; it has .*1h, .*1d"):
        pages(make("binance"), "binance/BTCUSDT/7h", "2024-01-06")


def test_hours_are_known_when_they_end_and_longer_bars_tell_their_close(
    make: Maker, binance: Binance
) -> None:
    binance.markets["BTCUSDT"] = klines("2024-01-01", [10.0, 11.0, 12.0], "1h")
    (page,) = pages(make("binance"), "binance/BTCUSDT/1h", "2024-01-01T02:30")
    assert (page.series.stamp, len(page.series)) == ("hour_start", 2)
    binance.markets["BTCUSDT"] = klines("2024-01-01", [10.0, 11.0, 12.0], "4h")
    (page,) = pages(make("binance"), "binance/BTCUSDT/4h", "2024-01-01T09:00")
    assert page.series.stamp == "release"
    assert page.series.known_at is not None
    assert list(page.series.known_at) == days("2024-01-01T04:00", "2024-01-01T08:00")


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (TOO_MANY, [7.0, 7.0]),
        (SERVER_ERROR, [0.5, 1.0]),
        (TRUNCATED, [0.5, 1.0]),
        (ERROR_PAGE, [0.5, 1.0]),
        (CUT, [0.5, 1.0]),
    ],
    ids=["429", "5xx", "truncated", "200-with-a-page", "cut"],
)
@pytest.mark.usefixtures("binance")
def test_what_may_pass_is_asked_again_after_a_wait(
    make: Maker, loopback: Loopback, waits: Waits, answer: Answer, seconds: list[float]
) -> None:
    """Two failures, then the answer. Retry-After counts; else half to all of 1 s, then of 2 s."""
    provider = make("binance")
    loopback.answer_next("klines", answer, answer)
    (page,) = pages(provider, "binance/BTCUSDT/1d", "2024-01-06")
    assert len(page.series) == 5
    assert len(waits) == 2
    for waited, least in zip(waits, seconds, strict=True):
        assert least <= waited <= (least if answer is TOO_MANY else 2 * least)


@pytest.mark.usefixtures("binance")
def test_a_silent_exchange_is_given_up_after_six_attempts(
    make: Maker, loopback: Loopback, waits: Waits
) -> None:
    provider = make("binance", timeout_seconds=0.3)
    loopback.answer_next("exchangeInfo", *[SILENT] * 6)
    with pytest.raises(ProviderError, match=r"did not answer within 0.3 s; asked 6 times"):
        pages(provider, "binance/BTCUSDT/1d", "2024-01-06")
    assert len(waits) == 5


@pytest.mark.usefixtures("binance")
def test_an_exchange_that_wants_hours_of_rest_is_not_waited_for(
    make: Maker, loopback: Loopback, waits: Waits
) -> None:
    loopback.answer_next("klines", as_json({"msg": "banned"}, 418, {"Retry-After": "7200"}))
    with pytest.raises(ProviderError, match="wants 7200 s of rest"):
        pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-06")
    assert waits == []


@pytest.mark.usefixtures("binance")
def test_a_refusal_is_not_asked_again(make: Maker, loopback: Loopback, waits: Waits) -> None:
    said = "Service unavailable from a restricted location"
    loopback.answer_next("exchangeInfo", as_json({"code": 0, "msg": said}, 451))
    with pytest.raises(ProviderError, match=said):
        pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-06")
    assert waits == []


@pytest.fixture
def coinbase(loopback: Loopback) -> coinbase_server.Coinbase:
    """Two days of 2012, nothing for three years, and two days more."""
    days = {"2012-01-10": 6.0, "2012-01-11": 7.0, "2015-01-20": 210.0, "2015-01-21": 226.0}
    vendor = coinbase_server.Coinbase({"BTC-USD": days})
    loopback.play(coinbase_server.HOST, vendor)
    return vendor


@pytest.mark.usefixtures("coinbase")
def test_empty_stretches_are_crossed_while_the_newest_bar_lies_ahead(make: Maker) -> None:
    """From 2011-01-01 in stretches of 300 days: the second of them has the two first bars."""
    provider = make("coinbaseexchange")
    got = pages(provider, "coinbaseexchange/BTC-USD/1d", "2015-01-22")
    labels = np.concatenate([page.series.time for page in got])
    assert list(labels) == days("2012-01-10", "2012-01-11", "2015-01-20", "2015-01-21")
    assert list(got[0].series.fields["open"]) == [5.0, 6.0]
    assert [page.last for page in got] == [False, True]


@pytest.mark.usefixtures("coinbase")
def test_where_nothing_lies_ahead_stretches_are_not_crossed(
    make: Maker, loopback: Loopback
) -> None:
    provider = make("coinbaseexchange")
    pages(provider, "coinbaseexchange/BTC-USD/1d", "2024-01-01", since="2015-01-20")
    assert len(loopback.asked("candles")) == 3  # bars, an empty stretch, the newest bars


@pytest.mark.usefixtures("binance")
def test_a_certificate_that_is_not_trusted_is_named_and_not_asked_again(
    make: Maker, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE")
    with pytest.raises(ProviderError, match="name the certificates with REQUESTS_CA_BUNDLE"):
        pages(make("binance"), "binance/BTCUSDT/1d", "2024-01-06")
    assert waits == []
