"""The real yfinance, over curl_cffi, against Yahoo's wire format."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from feeds.errors import ProviderError
from feeds.providers import NotOfferedError
from tests.feeds.providers.conftest import Maker, Waits, days, pages
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
from tests.servers.yahoo import COIN, FUND, INDEX, Chart, Yahoo

FRIDAY, MONDAY = "2024-03-08", "2024-03-11"  # the clocks of New York change in between


@pytest.fixture
def yahoo(loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yahoo:
    import yfinance

    yfinance.set_tz_cache_location(str(tmp_path / "yfinance"))
    vendor = Yahoo({"^RUT": Chart(INDEX, {FRIDAY: 2082.5, MONDAY: 2065.25})})
    vendor.play(loopback)
    return vendor


@pytest.mark.usefixtures("yahoo")
def test_rows_of_an_index_are_sessions_of_its_exchange(make: Maker) -> None:
    (page,) = pages(make("yahoo"), "yahoo/^RUT/1d", "2024-03-12")
    series = page.series
    assert (series.key, series.stamp, series.calendar) == ("yahoo/^RUT/1d", "session_close", "XNYS")
    assert list(series.time) == days(FRIDAY, MONDAY)
    assert {name: list(values) for name, values in series.fields.items()} == {
        "open": [2081.5, 2064.25],
        "high": [2084.5, 2067.25],
        "low": [2079.5, 2062.25],
        "close": [2082.5, 2065.25],
        "volume": [1000.0, 1001.0],
        "adj_close": [2082.5, 2065.25],
        "dividends": [0.0, 0.0],
        "splits": [0.0, 0.0],
    }
    assert series.notes["currency"] == "USD"
    assert b'"close": [2082.5, 2065.25]' in page.raw


def test_prices_stay_raw_and_every_adjustment_is_kept_beside_them(
    make: Maker, yahoo: Yahoo
) -> None:
    yahoo.charts["IWM"] = Chart(
        FUND,
        {FRIDAY: 200.0, MONDAY: 100.0},
        dividends={MONDAY: 0.5},
        splits={MONDAY: (2, 1)},
        adjusted={FRIDAY: 99.5},
    )
    (page,) = pages(make("yahoo"), "yahoo/IWM/1d", "2024-03-12")
    fields = {name: list(values) for name, values in page.series.fields.items()}
    assert fields["close"] == [200.0, 100.0]
    assert fields["adj_close"] == [99.5, 100.0]
    assert fields["dividends"] == [0.0, 0.5]
    assert fields["splits"] == [0.0, 2.0]
    assert fields["capital_gains"] == [0.0, 0.0]


def test_a_coin_has_days_of_utc_and_no_exchange(make: Maker, yahoo: Yahoo) -> None:
    closes = {"2024-03-09": 68500.0, "2024-03-10": 69000.0}
    yahoo.charts["BTC-USD"] = Chart(COIN, closes, opens_at=time(0, 0))
    (page,) = pages(make("yahoo"), "yahoo/BTC-USD/1d", "2024-03-11")
    assert (page.series.stamp, page.series.calendar) == ("day_start", "24/7")
    assert list(page.series.time) == days("2024-03-09", "2024-03-10")


def test_a_session_under_way_is_dropped_by_the_clock_of_the_exchange(
    make: Maker, yahoo: Yahoo
) -> None:
    """New York closes at 20:00 UTC on 2024-03-11, the first day of summer time."""
    del yahoo
    (page,) = pages(make("yahoo"), "yahoo/^RUT/1d", "2024-03-11T19:59")
    assert list(page.series.time) == days(FRIDAY)
    assert list(page.series.findings["unclosed"]) == days(MONDAY)
    (page,) = pages(make("yahoo"), "yahoo/^RUT/1d", "2024-03-11T20:00")
    assert list(page.series.time) == days(FRIDAY, MONDAY)


def test_rows_that_yahoo_leaves_empty_are_noted(make: Maker, yahoo: Yahoo) -> None:
    yahoo.charts["^RUT"] = Chart(INDEX, {"2024-03-07": 2084.0, FRIDAY: None, MONDAY: 2065.0})
    (page,) = pages(make("yahoo"), "yahoo/^RUT/1d", "2024-03-12")
    assert list(page.series.time) == days("2024-03-07", MONDAY)
    assert list(page.series.findings["blank_rows"]) == days(FRIDAY)


@pytest.mark.usefixtures("yahoo")
def test_only_rows_from_the_given_date_are_asked_for(make: Maker, loopback: Loopback) -> None:
    (page,) = pages(make("yahoo"), "yahoo/^RUT/1d", "2024-03-12", since=MONDAY)
    assert list(page.series.time) == days(MONDAY)
    # 2024-03-11 00:00 in New York, in summer time, is 04:00 UTC.
    assert loopback.questions[-1].query["period1"] == "1710129600"
    assert loopback.questions[-1].query["events"] == "div,splits,capitalGains"


@pytest.mark.usefixtures("yahoo")
def test_an_unknown_symbol_is_refused_in_yahoo_s_own_words(make: Maker, waits: Waits) -> None:
    with pytest.raises(NotOfferedError, match="No data found, symbol may be delisted"):
        pages(make("yahoo"), "yahoo/NOPE/1d", "2024-03-12")
    assert waits == []


def test_a_market_whose_close_is_unknown_needs_a_calendar(make: Maker, yahoo: Yahoo) -> None:
    future = {**INDEX, "instrumentType": "FUTURE", "fullExchangeName": "NY Mercantile"}
    yahoo.charts["CL=F"] = Chart(future, {MONDAY: 78.0})
    with pytest.raises(NotOfferedError, match=r"FUTURE at NY Mercantile .* name its calendar"):
        pages(make("yahoo"), "yahoo/CL=F/1d", "2024-03-12")
    (page,) = pages(make("yahoo"), "yahoo/CL=F/1d", "2024-03-13", calendar="CMES")
    assert page.series.calendar == "CMES"


@pytest.mark.parametrize(
    ("answer", "least"),
    [(TOO_MANY, 7.0), (SERVER_ERROR, 0.5), (TRUNCATED, 0.5), (ERROR_PAGE, 0.5), (CUT, 0.5)],
    ids=["429", "5xx", "truncated", "200-with-a-page", "cut"],
)
@pytest.mark.usefixtures("yahoo")
def test_what_may_pass_is_asked_again_after_a_wait(
    make: Maker, loopback: Loopback, waits: Waits, answer: Answer, least: float
) -> None:
    loopback.answer_next("/v8/finance/chart/", answer)
    (page,) = pages(make("yahoo"), "yahoo/^RUT/1d", "2024-03-12")
    assert len(page.series) == 2
    (waited,) = waits
    assert least <= waited <= max(7.0, 2 * least)


@pytest.mark.usefixtures("yahoo")
def test_a_silent_yahoo_is_given_up(make: Maker, loopback: Loopback) -> None:
    loopback.answer_next("/v8/finance/chart/", *[SILENT] * 6)
    with pytest.raises(ProviderError, match="asked 6 times"):
        pages(make("yahoo", timeout_seconds=0.1), "yahoo/^RUT/1d", "2024-03-12")


@pytest.mark.usefixtures("yahoo")
def test_an_answer_of_another_form_names_the_library(make: Maker, loopback: Loopback) -> None:
    make_answer = as_json({"chart": {"result": [{"meta": INDEX, "indicators": 1}], "error": None}})
    loopback.answer_next("/v8/finance/chart/", make_answer, make_answer)
    with pytest.raises(ProviderError, match="a newer yfinance may know it"):
        pages(make("yahoo"), "yahoo/^RUT/1d", "2024-03-12")


@pytest.mark.usefixtures("yahoo")
def test_other_lengths_of_bars_are_refused(make: Maker) -> None:
    with pytest.raises(NotOfferedError, match="write yahoo/\\^RUT/1d"):
        pages(make("yahoo"), "yahoo/^RUT/1h", "2024-03-12")


@pytest.mark.usefixtures("yahoo")
def test_a_certificate_that_is_not_trusted_is_named_and_not_asked_again(
    make: Maker, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("CURL_CA_BUNDLE")
    with pytest.raises(ProviderError, match="name the certificates with CURL_CA_BUNDLE"):
        pages(make("yahoo"), "yahoo/^RUT/1d", "2024-03-12")
    assert waits == []
