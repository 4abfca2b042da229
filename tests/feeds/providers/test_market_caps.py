"""The real pycoingecko and coinmetrics clients against the vendors' wire formats."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.errors import ProviderError
from feeds.providers import NotOfferedError
from feeds.providers.coinmetrics import CoinMetrics as Adapter
from feeds.providers.patience import Patience
from tests.feeds.providers.conftest import Maker, Waits, days, pages
from tests.servers import coingecko, coinmetrics
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

NOW = "2024-06-03T12:00"
MISHAPS = pytest.mark.parametrize(
    ("answer", "least"),
    [(TOO_MANY, 7.0), (SERVER_ERROR, 0.5), (TRUNCATED, 0.5), (ERROR_PAGE, 0.5), (CUT, 0.5)],
    ids=["429", "5xx", "truncated", "200-with-a-page", "cut"],
)


@pytest.fixture
def gecko(loopback: Loopback) -> coingecko.CoinGecko:
    coins = {"bitcoin": ("2024-06-01", [60.0, 61.0, 62.0])}
    vendor = coingecko.CoinGecko(coins, NOW)
    loopback.play(coingecko.HOST, vendor)
    loopback.play(coingecko.PAID_HOST, vendor)
    return vendor


@pytest.fixture
def metrics(loopback: Loopback) -> coinmetrics.CoinMetrics:
    rows = {
        "2024-06-01": ("60.5", "600"),
        "2024-06-02": ("61.5", None),
        "2024-06-03": ("62.5", "620"),
    }
    vendor = coinmetrics.CoinMetrics({"btc": rows})
    loopback.play(coinmetrics.HOST, vendor)
    return vendor


@pytest.mark.usefixtures("gecko")
def test_coingecko_s_row_is_an_instant_the_close_of_the_day_before(make: Maker) -> None:
    """Known at 00:00 UTC of its own date, not a day later; the price of this moment is no row."""
    (page,) = pages(make("coingecko"), "coingecko/bitcoin/1d", NOW)
    series = page.series
    assert (series.stamp, series.ids) == ("instant", ("bitcoin",))
    assert list(series.time) == days("2024-06-01", "2024-06-02", "2024-06-03")
    assert {name: list(values) for name, values in series.fields.items()} == {
        "close": [60.0, 61.0, 62.0],
        "market_cap": [600.0, 610.0, 620.0],
        "volume": [120.0, 122.0, 124.0],
    }


@pytest.mark.usefixtures("gecko")
def test_days_the_free_plan_keeps_back_are_refused_before_asking(
    make: Maker, loopback: Loopback
) -> None:
    """Of 2024-06-03 the free plan reaches back to 2023-06-05: 364 days."""
    with pytest.raises(NotOfferedError, match=r"the last 365 days.*Ask from 2023-06-05 on"):
        pages(make("coingecko"), "coingecko/bitcoin/1d", NOW, since="2020-01-01")
    assert loopback.questions == []


@pytest.mark.usefixtures("gecko")
def test_a_paid_plan_gives_all(make: Maker, loopback: Loopback) -> None:
    paid = make("coingecko", environment={"COINGECKO_API_KEY": "secret"})
    (page,) = pages(paid, "coingecko/bitcoin/1d", NOW)
    assert len(page.series) == 3
    assert loopback.questions[0].host == coingecko.PAID_HOST
    assert b"secret" not in page.raw


@pytest.mark.usefixtures("gecko")
def test_a_limit_that_coingecko_changes_is_told_in_its_words(
    make: Maker, loopback: Loopback
) -> None:
    status = {"error_code": 10012, "error_message": "limited to the past 30 days"}
    loopback.answer_next("market_chart", as_json({"error": {"status": status}}, 401))
    with pytest.raises(ProviderError, match="refuses: limited to the past 30 days"):
        pages(make("coingecko"), "coingecko/bitcoin/1d", NOW)


@pytest.mark.usefixtures("gecko")
def test_an_unknown_coin_is_refused_in_coingecko_s_words(make: Maker) -> None:
    with pytest.raises(NotOfferedError, match="coin not found"):
        pages(make("coingecko"), "coingecko/nope/1d", NOW)


@pytest.mark.usefixtures("gecko")
def test_rows_of_hours_are_no_daily_rows(make: Maker, loopback: Loopback) -> None:
    hours = [[1_717_200_000_000 + hour * 3_600_000, 60.0] for hour in range(5)]
    said = dict.fromkeys(("prices", "market_caps", "total_volumes"), hours)
    loopback.answer_next("market_chart", as_json(said))
    with pytest.raises(ProviderError, match="not one row a day at 00:00 UTC"):
        pages(make("coingecko"), "coingecko/bitcoin/1d", NOW)


@pytest.mark.usefixtures("gecko")
@pytest.mark.parametrize("rows", [[], [[1_717_416_000_000, 60.0]]], ids=["none", "noon"])
def test_the_price_of_this_moment_alone_is_no_row(
    make: Maker, loopback: Loopback, rows: list[list[float]]
) -> None:
    """1,717,416,000 s is 2024-06-03T12:00."""
    said = dict.fromkeys(("prices", "market_caps", "total_volumes"), rows)
    loopback.answer_next("market_chart", as_json(said))
    with pytest.raises(NotOfferedError, match="has no rows in these days"):
        pages(make("coingecko"), "coingecko/bitcoin/1d", NOW)


@pytest.mark.usefixtures("gecko")
def test_without_a_key_there_are_five_requests_a_minute(make: Maker, waits: Waits) -> None:
    free = make("coingecko")
    for _ in range(2):
        pages(free, "coingecko/bitcoin/1d", NOW)
    assert waits == [12.0]


@MISHAPS
@pytest.mark.usefixtures("gecko")
def test_coingecko_is_asked_again_for_what_may_pass(
    make: Maker, loopback: Loopback, waits: Waits, answer: Answer, least: float
) -> None:
    loopback.answer_next("market_chart", answer)
    demo = make("coingecko", environment={"COINGECKO_DEMO_API_KEY": "demo"})
    (page,) = pages(demo, "coingecko/bitcoin/1d", NOW)
    assert len(page.series) == 3
    assert least <= sum(waits) <= max(7.0, 2.5)


@pytest.mark.usefixtures("gecko")
def test_a_silent_coingecko_is_given_up(make: Maker, loopback: Loopback) -> None:
    loopback.answer_next("market_chart", *[SILENT] * 6)
    with pytest.raises(ProviderError, match="asked 6 times"):
        pages(make("coingecko", timeout_seconds=0.1), "coingecko/bitcoin/1d", NOW)


@pytest.mark.usefixtures("metrics")
def test_coin_metrics_row_is_the_day_that_starts_there(make: Maker) -> None:
    """The day under way is dropped; a cap that is missing is NaN."""
    (page,) = pages(make("coinmetrics"), "coinmetrics/btc/1d", NOW)
    series = page.series
    assert (series.stamp, series.calendar) == ("day_start", "24/7")
    assert list(series.time) == days("2024-06-01", "2024-06-02")
    assert list(series.findings["unclosed"]) == days("2024-06-03")
    assert list(series.fields["close"]) == [60.5, 61.5]
    np.testing.assert_array_equal(series.fields["market_cap"], [600.0, np.nan])


@pytest.mark.usefixtures("metrics")
def test_coin_metrics_pages_go_on_after_the_last_day(loopback: Loopback, waits: Waits) -> None:
    patience = Patience("coinmetrics", wait=waits, clock=waits.clock)
    provider = Adapter(patience, timeout_seconds=5.0, rows_a_page=1)
    got = pages(provider, "coinmetrics/btc/1d", "2024-06-04")
    provider.close()
    assert [len(page.series) for page in got] == [1, 1, 1]
    starts = [question.query["start_time"] for question in loopback.questions]
    assert starts == ["2009-01-03", "2024-06-02", "2024-06-03", "2024-06-04"]


@pytest.mark.usefixtures("metrics")
def test_an_unknown_asset_is_refused_in_coin_metrics_words(make: Maker) -> None:
    with pytest.raises(NotOfferedError, match="Value 'nope' is not supported"):
        pages(make("coinmetrics"), "coinmetrics/nope/1d", NOW)


@MISHAPS
@pytest.mark.usefixtures("metrics")
def test_coin_metrics_is_asked_again_for_what_may_pass(
    make: Maker, loopback: Loopback, waits: Waits, answer: Answer, least: float
) -> None:
    loopback.answer_next("asset-metrics", answer)
    (page,) = pages(make("coinmetrics"), "coinmetrics/btc/1d", NOW)
    assert len(page.series) == 2
    assert least <= sum(waits) <= 7.0


@pytest.mark.usefixtures("metrics")
def test_a_silent_coin_metrics_is_given_up(make: Maker, loopback: Loopback) -> None:
    loopback.answer_next("asset-metrics", *[SILENT] * 6)
    with pytest.raises(ProviderError, match="asked 6 times"):
        pages(make("coinmetrics", timeout_seconds=0.1), "coinmetrics/btc/1d", NOW)
