"""CryptoDataDownload's tables."""

from __future__ import annotations

import pytest

from feeds.errors import DataError
from tests.feeds.formats.samples import counts, labels, one, read

DAILY = """\
unix,date,symbol,open,high,low,close,Volume BTC,Volume USDT,tradecount
1.61093E+12,1/18/2021 0:00,BTC/USDT,2,3,1,2,5,50,7
1610841600000,1/17/2021 0:00,BTC/USDT,2,3,1,2,6,60,NULL
1610755200,1/16/2021,BTC/USDT,2,3,1,2,7,70,NULL
"""


def test_newest_first_with_two_volumes_and_a_damaged_epoch() -> None:
    series = one(DAILY, "Binance_BTCUSDT_d.csv")
    assert series.key == "cryptodatadownload-binance/BTCUSDT/1d"
    assert labels(series)[0] == "2021-01-16T00:00"
    assert list(series.fields["volume"]) == [7, 6, 5]
    assert list(series.fields["quote_volume"]) == [70, 60, 50]
    assert counts(series) == {"out_of_order": 2}


def test_the_last_bar_is_dropped_by_the_clock() -> None:
    assert counts(one(DAILY, "Binance_BTCUSDT_d.csv", now="2021-01-18T12:00"))["unclosed"] == 1


def test_epochs_that_a_spreadsheet_left_whole_have_to_agree_with_the_dates() -> None:
    text = DAILY.replace("1/17/2021 0:00", "1/17/2021 3:00")
    with pytest.raises(DataError, match=r"line 3: date 2021-01-17T03:00Z is not the instant"):
        read(text, "Binance_BTCUSDT_d.csv")


def test_a_line_above_the_header_says_when_the_file_was_made() -> None:
    text = (
        "Created on 10-17-2019,https://www.CryptoDataDownload.com\r\n"
        "date,symbol,open,high,low,close,volume_btc,volume\r\n"
        "2019-10-17,BTCUSD,2,3,1,2,5,50\r\n2019-10-16,BTCUSD,2,3,1,2,6,60\r\n"
    )
    series = one(text, "Coinbase_BTCUSD_d.csv")
    assert series.key == "cryptodatadownload-coinbase/BTCUSD/1d"
    assert labels(series) == ["2019-10-16T00:00"]
    # The plain `volume` is the one in dollars.
    assert (series.fields["volume"][0], series.fields["quote_volume"][0]) == (6, 60)
    assert counts(series)["unclosed"] == 1
    with pytest.raises(DataError, match="line 1, column Created on: '99/17/2019' is no time"):
        read(text.replace("10-17-2019", "99-17-2019"), "Coinbase_BTCUSD_d.csv")


def test_hours_of_the_twelve_hour_clock() -> None:
    text = (
        "https://www.CryptoDataDownload.com\n"
        "Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USD\n"
        "2019-10-17 01-PM,BTCUSD,2,3,1,2,5,50\n2019-10-17 12-PM,BTCUSD,2,3,1,2,6,60\n"
    )
    series = one(text, "Gemini_BTCUSD_1h.csv")
    assert (series.key, series.stamp) == ("cryptodatadownload-gemini/BTCUSD/1h", "hour_start")
    assert labels(series) == ["2019-10-17T12:00", "2019-10-17T13:00"]


@pytest.mark.parametrize(
    ("symbol", "volumes", "base"),
    [("USDTUSD", "Volume USDT,Volume USD", 5), ("USDTUSD", "Volume USD,Volume USDT", 50)],
)
def test_the_base_is_the_longer_start_of_the_pair(symbol: str, volumes: str, base: int) -> None:
    text = f"date,symbol,open,high,low,close,{volumes}\n2019-10-17,{symbol},2,3,1,2,5,50\n"
    series = one(text, f"Kraken_{symbol}_d.csv")
    assert series.fields["volume"][0] == base


def test_volumes_that_name_other_coins_are_refused() -> None:
    with pytest.raises(DataError, match="which of its volumes counts coins of ETH/USDT"):
        read(DAILY.replace("BTC/USDT", "ETH/USDT"), "Binance_ETHUSDT_d.csv")


def test_rows_of_two_vintages_that_differ_stop_and_may_be_chosen() -> None:
    text = DAILY + "1610755200,1/16/2021,BTC/USDT,2,3,1,2,7.5,70,NULL\n"
    with pytest.raises(DataError, match=r"two rows for 2021-01-16 differ: volume is 7 and 7.5"):
        read(text, "Binance_BTCUSDT_d.csv")
    assert one(text, "Binance_BTCUSDT_d.csv", duplicates="last").fields["volume"][0] == 7.5
