"""CoinGecko, Coin Metrics, TradingView, FRED, freqtrade, and tables of nobody."""

from __future__ import annotations

import io

import numpy as np
import pytest

from feeds.errors import DataError
from feeds.formats import recognise
from tests.feeds.formats.samples import counts, known, labels, one, read

GECKO = (
    "snapped_at,price,market_cap,total_volume\n"
    "2019-05-08 00:00:00 UTC,3.25,0.0,10\n2019-05-09 00:00:00 UTC,3.5,7.0,20\n"
)


def test_a_row_of_coingecko_is_the_instant_it_was_shown() -> None:
    series = one(GECKO, "luna-usd-max.csv")
    assert (series.key, series.stamp) == ("coingecko/luna/1d", "instant")
    assert labels(series) == ["2019-05-08T00:00", "2019-05-09T00:00"]
    assert list(series.fields["close"]) == [3.25, 3.5]
    assert list(series.fields["market_cap"]) == [0, 7]
    assert series.notes["currency"] == "usd"
    assert one(GECKO, "max.csv", id="terra-luna").key == "coingecko/terra-luna/1d"


def test_prices_of_the_old_coin_metrics_are_at_the_open_and_volumes_of_the_day() -> None:
    text = (
        "date,txCount,marketcap(USD),price(USD),exchangeVolume(USD)\n"
        "2013-12-08,5,,,\n2013-12-15,5,900,0.5,7\n2013-12-16,5,800,0.25,8\n"
    )
    prices, volumes = read(text, "coinmetrics_legacy_doge.csv")
    assert (prices.key, prices.stamp) == ("coinmetrics-open/doge/1d", "instant")
    assert (volumes.key, volumes.stamp) == ("coinmetrics/doge/1d", "day_start")
    assert list(prices.fields["close"]) == [0.5, 0.25]
    assert list(volumes.fields["volume"]) == [7, 8]
    assert counts(prices) == {"blank_rows": 1}
    assert prices.notes["columns_left_out"] == "txCount"


def test_prices_of_todays_coin_metrics_are_at_the_end_of_the_day() -> None:
    text = "time,AdrActCnt,CapMrktCurUSD,PriceUSD\n2024-01-01,5,900,0.5\n2024-01-02,5,901,0.6\n"
    series = one(text, "doge.csv")
    assert (series.key, series.stamp) == ("coinmetrics/doge/1d", "day_start")
    assert (series.fields["close"][0], series.fields["market_cap"][0]) == (0.5, 900)


CHART = (
    "time,open,high,low,close,MA,Smoothing Line,MA,Volume\n"
    "1605484800,1,3,0.5,2,NaN,NaN,5,10\n1605571200,2,3,0.5,2.5,1,NaN,6,20\n"
)


def test_a_chart_is_read_beside_its_indicators() -> None:
    series = one(CHART, "CRYPTOCAP_TOTAL, 1D.csv")
    assert (series.key, series.stamp) == ("tradingview/CRYPTOCAP_TOTAL/1d", "day_start")
    assert labels(series) == ["2020-11-16T00:00", "2020-11-17T00:00"]
    assert list(series.fields["volume"]) == [10, 20]
    assert series.notes["columns_left_out"] == "MA, Smoothing Line"


def test_a_chart_may_have_iso_times_and_an_exchange_in_its_name() -> None:
    text = CHART.replace("1605484800", "2020-11-16T00:00:00Z")
    text = text.replace("1605571200", "2020-11-16T04:00:00Z")
    series = one(text, "BINANCE_BTCUSDT, 240.csv")
    assert series.key == "tradingview/BINANCE_BTCUSDT/4h"
    assert known(series)[0] == "2020-11-16T04:00"


def test_text_in_a_price_is_refused_with_line_and_column() -> None:
    with pytest.raises(DataError, match="line 3, column close: 'gg' is no number"):
        read(CHART.replace("2.5", "gg"), "CRYPTOCAP_TOTAL3, 1D.csv")


def test_days_that_begin_with_a_session_ask_for_the_exchange() -> None:
    # 14:30 UTC is 09:30 in New York.
    text = CHART.replace("1605484800", "1605537000").replace("1605571200", "1605623400")
    with pytest.raises(DataError, match="its days begin at 2020-11-16T14:30Z"):
        read(text, "TVC_RUT, 1D.csv")
    series = one(text, "TVC_RUT, 1D.csv", calendar="XNYS")
    assert (series.stamp, labels(series)[0]) == ("session_close", "2020-11-16T00:00")


def test_prices_before_1970_have_negative_epochs() -> None:
    text = CHART.replace("1605484800", "-86400").replace("1605571200", "0")
    assert labels(one(text, "SP_SPX, 1D.csv")) == ["1969-12-31T00:00", "1970-01-01T00:00"]


def test_fred_tables_are_known_at_the_release() -> None:
    # Wednesday's balance sheet is told on Thursday at 16:30 in New York: 20:30 UTC in summer.
    text = "observation_date,WALCL\n2024-03-20,7514000\n2024-03-27,.\n"
    series = one(text, "WALCL.csv")
    assert (series.key, series.stamp) == ("fred/WALCL/native", "release")
    assert known(series) == ["2024-03-21T20:30"]
    assert counts(series) == {"blank_rows": 1}


def test_several_fred_series_in_one_table_are_several_series() -> None:
    text = "DATE,WALCL,DGS10\n2024-03-20,7514000,4.27\n2024-03-21,.,4.26\n"
    first, second = read(text, "fredgraph.csv")
    assert (first.key, len(first)) == ("fred/WALCL/native", 1)
    assert (second.key, len(second)) == ("fred/DGS10/native", 2)


def test_a_vintage_is_not_known_before_it_was_published() -> None:
    series = one("observation_date,M2SL_20240326\n2020-01-01,15406\n", "M2SL.csv")
    assert (series.key, series.notes["vintage"]) == ("fred/M2SL/native", "2024-03-26")
    assert known(series) == ["2024-03-27T00:00"]
    with pytest.raises(DataError, match="'2024-13-26' is no time"):
        read("observation_date,M2SL_20241326\n2020-01-01,15406\n", "M2SL.csv")


def test_a_fred_series_without_a_rule_asks_for_the_lag() -> None:
    text = "observation_date,SOMETHING\n2024-03-20,1\n"
    with pytest.raises(DataError, match="fred/SOMETHING: no release rule is known"):
        read(text, "SOMETHING.csv")
    assert known(one(text, "SOMETHING.csv", lag_days=40)) == ["2024-04-29T00:00"]


def feather(zone: str | None = "UTC", parquet: bool = False, **columns: list[float]) -> bytes:
    import pyarrow as pa
    from pyarrow import feather as arrow_feather
    from pyarrow import parquet as arrow_parquet

    days = np.array(["2023-05-03", "2023-05-04"], dtype="datetime64[ms]")
    table = {"date": pa.array(days, pa.timestamp("ms", zone))}
    table |= {key: pa.array([1.0, 2.0]) for key in ("open", "high", "low", "close", "volume")}
    out = io.BytesIO()
    written = pa.table({**table, **columns})
    if parquet:
        arrow_parquet.write_table(written, out)
    else:
        arrow_feather.write_feather(written, out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("SUI_USDT-1d.feather", "freqtrade/SUIUSDT/1d"),
        ("freqtrade_SUI_USDT-1d.feather", "freqtrade/SUIUSDT/1d"),
        ("user_data/data/binance/SUI_USDT-1d.feather", "binance/SUIUSDT/1d"),
        ("SUI_USDT_USDT-1d-futures.feather", "freqtrade/SUIUSDT/1d"),
    ],
)
def test_candles_of_freqtrade_have_their_pair_in_the_name(name: str, key: str) -> None:
    for content in (feather(), feather(parquet=True)):
        assert recognise(content, name).name == "freqtrade"
        series = one(content, name)
        assert (series.key, series.stamp) == (key, "day_start")
        assert labels(series) == ["2023-05-03T00:00", "2023-05-04T00:00"]
        assert list(series.fields["close"]) == [1.0, 2.0]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (feather(zone=None), "SUI_USDT-1d.feather", "not times with a zone"),
        (feather()[:200], "SUI_USDT-1d.feather", "no whole feather or Parquet file"),
        (feather(close=["a", "b"]), "SUI_USDT-1d.feather", "column close holds string"),  # type: ignore[list-item]
        (feather(), "candles.feather", "its name says no pair"),
        (b"date,open\n1,2\n", "SUI_USDT-1d.feather", "is neither text nor a whole feather"),
    ],
    ids=["naive", "truncated", "text", "name", "csv"],
)
def test_other_feather_files_are_refused(content: bytes, name: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(content, name)


def test_dotted_dates_are_read_and_taken_as_known_at_the_end_of_the_day() -> None:
    text = "\ufeffDate,Data\n2017.12.2,60.4\n2017.12.3,60.3\n"
    series = one(text, "BTC_dominance.csv")
    assert (series.key, series.stamp) == ("file/BTC_dominance/1d", "day_start")
    assert labels(series) == ["2017-12-02T00:00", "2017-12-03T00:00"]
    assert list(series.fields["data"]) == [60.4, 60.3]
    assert "never too early" in series.notes["stamp"]
    renamed = one(text, "BTC_dominance.csv", vendor="tradingview", id="BTC.D")
    assert renamed.key == "tradingview/BTC.D/1d"
    assert one(text, "BTC_dominance.csv", stamp="instant").stamp == "instant"
