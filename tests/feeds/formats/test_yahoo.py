"""Yahoo's tables and those that yfinance saves."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.errors import DataError
from feeds.formats import recognise
from tests.feeds.formats.samples import counts, known, labels, one, read

HEAD = "Date,Open,High,Low,Close,Adj Close,Volume\n"
WEEK = HEAD + "".join(f"2024-01-{d:02},10,12,9,11,10.5,100\n" for d in (4, 5, 8))
"""Thursday, Friday, Monday."""

THREE_ROWS = """\
Price,Close,High,Low,Open,Volume
Ticker,^RUT,^RUT,^RUT,^RUT,^RUT
Date,,,,,
2024-01-02,11,12,9,10,100
2024-01-03,12,13,10,11,200
"""


def test_a_download_has_all_fields_and_sessions_of_new_york() -> None:
    series = one(WEEK, "IWM.csv")
    assert (series.key, series.stamp, series.calendar) == ("yahoo/IWM/1d", "session_close", "XNYS")
    assert {key: values[0] for key, values in series.fields.items()} == {
        "open": 10, "high": 12, "low": 9, "close": 11, "adj_close": 10.5, "volume": 100,
    }  # fmt: skip
    assert "does not say its unit" in series.notes["volume"]
    assert "adj_close for splits and dividends" in series.notes["adjustment"]


def test_columns_are_read_by_name_not_by_place() -> None:
    text = "Date,Adj Close,Close,High,Low,Open,Volume\n"
    text += "2024-01-04,1,2,4,1,3,5\n2024-01-05,1,2,4,1,3,5\n"
    series = one(text, "IWM.csv")
    assert [series.fields[key][0] for key in ("open", "high", "low", "close")] == [3, 4, 1, 2]


def test_blank_and_null_rows_are_counted() -> None:
    text = HEAD + "2024-01-02,,,,,,\n2024-01-03,null,null,null,null,null,null\n"
    series = one(text + WEEK.removeprefix(HEAD), "IWM.csv")
    assert labels(series)[0] == "2024-01-04T00:00"
    assert counts(series) == {"blank_rows": 2}


def test_a_pair_of_coins_trades_on_all_days() -> None:
    text = HEAD + "2024-01-05,1,1,1,1,1,1\n2024-01-06,1,1,1,1,1,1\n"
    series = one(text, "BTC-USD.csv")
    assert (series.key, series.stamp, series.calendar) == ("yahoo/BTC-USD/1d", "day_start", "24/7")


def test_rows_on_weekends_contradict_an_exchange() -> None:
    text = HEAD + "2024-01-05,1,1,1,1,1,1\n2024-01-06,1,1,1,1,1,1\n"
    with pytest.raises(DataError, match="IWM has rows on weekends"):
        read(text, "IWM.csv")
    assert one(text, "IWM.csv", calendar="24/7").stamp == "day_start"


@pytest.mark.parametrize(
    ("id", "calendar"), [("VOD.L", "XLON"), ("7203.T", "XTKS"), ("^VIX", "XCBF"), ("BRK-B", "XNYS")]
)
def test_the_ending_of_an_id_says_where_it_trades(id: str, calendar: str) -> None:
    assert one(WEEK, "f.csv", id=id).calendar == calendar


@pytest.mark.parametrize("id", ["GC=F", "^XYZ", "ABC.QQ"])
def test_an_unknown_exchange_is_asked_for(id: str) -> None:
    with pytest.raises(DataError, match=f"where {id.replace('^', '.')} is traded is not known"):
        read(WEEK, "f.csv", id=id)
    assert one(WEEK, "f.csv", id=id, calendar="XNYS").calendar == "XNYS"


def test_dates_with_the_zone_of_the_exchange_are_sessions() -> None:
    # What Ticker.history() saves: midnight in New York is 05:00 UTC of the same session.
    text = "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n"
    text += "2024-01-04 00:00:00-05:00,1,1,1,1,1,0.5,0\n2024-07-05 00:00:00-04:00,1,1,1,1,1,0,2\n"
    series = one(text, "IWM.csv", frequency="1d")
    assert labels(series) == ["2024-01-04T00:00", "2024-07-05T00:00"]
    assert list(series.fields["dividends"]) == [0.5, 0]
    assert list(series.fields["splits"]) == [0, 2]
    assert "does not say whether" in series.notes["adjustment"]


def test_a_single_row_asks_for_its_length() -> None:
    text = HEAD + "2024-01-04,1,1,1,1,1,1\n"
    with pytest.raises(DataError, match="give it with `--frequency 1d`"):
        read(text, "IWM.csv")
    assert one(text, "IWM.csv", frequency="1d").stamp == "session_close"


def test_a_friday_and_a_monday_are_days_of_an_exchange() -> None:
    assert one(HEAD + "\n".join(WEEK.splitlines()[2:]), "IWM.csv").key == "yahoo/IWM/1d"


def test_weeks_and_months_are_known_when_they_end() -> None:
    row = ",1,1,1,1,1,1\n"
    weeks = one(HEAD + "2024-01-01" + row + "2024-01-08" + row, "IWM.csv")
    assert (weeks.key, weeks.stamp) == ("yahoo/IWM/1w", "release")
    assert known(weeks) == ["2024-01-08T00:00", "2024-01-15T00:00"]
    months = one(HEAD + "2024-01-01" + row + "2024-02-01" + row, "IWM.csv")
    assert known(months) == ["2024-02-01T00:00", "2024-03-01T00:00"]


def test_an_open_session_is_dropped_by_the_clock() -> None:
    # Monday 2024-01-08, 15:00 UTC: New York has just opened.
    assert counts(one(WEEK, "IWM.csv", now="2024-01-08T15:00")) == {"unclosed": 1}
    assert counts(one(WEEK, "IWM.csv", now="2024-01-08T21:00")) == {}


def test_intraday_bars_are_known_at_their_close() -> None:
    text = HEAD.replace("Date", "Datetime")
    text += "2024-01-04 09:30:00-05:00,1,1,1,1,1,1\n2024-01-04 10:30:00-05:00,1,1,1,1,1,1\n"
    series = one(text, "IWM.csv")
    assert (series.key, series.stamp) == ("yahoo/IWM/1h", "release")
    assert labels(series)[0] == "2024-01-04T14:30"
    assert known(series)[0] == "2024-01-04T15:30"


def test_three_header_rows_are_read_in_either_order() -> None:
    ticker_first = (
        "Ticker,^RUT,^RUT,^RUT,^RUT,^RUT\nPrice,Open,High,Low,Close,Volume\n"
        "2024-01-02,10,12,9,11,100\n2024-01-03,11,13,10,12,200\n"
    )
    for text in (THREE_ROWS, THREE_ROWS.replace("\n", "\r\n"), ticker_first):
        series = one(text, "data.csv")
        assert (series.key, series.calendar) == ("yahoo/^RUT/1d", "XNYS")
        assert [series.fields[key][1] for key in ("open", "high", "low", "close")] == [
            11,
            13,
            10,
            12,
        ]


def test_a_table_of_several_tickers_becomes_several_series() -> None:
    text = (
        "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume\n"
        "Ticker,BTC-USD,IWM,BTC-USD,IWM,BTC-USD,IWM,BTC-USD,IWM,BTC-USD,IWM\n"
        "Date,,,,,,,,,,\n"
        "2024-01-05,2,20,2,20,2,20,2,20,1,1\n"
        "2024-01-06,3,,3,,3,,3,,1,\n"
        "2024-01-08,4,40,4,40,4,40,4,40,1,1\n"
    )
    coin, fund = read(text, "data.csv")
    assert (coin.key, len(coin)) == ("yahoo/BTC-USD/1d", 3)
    assert (fund.key, len(fund), fund.calendar) == ("yahoo/IWM/1d", 2, "XNYS")
    assert counts(fund) == {"blank_rows": 1}
    with pytest.raises(DataError, match="holds 2 series, which one id cannot name"):
        read(text, "data.csv", id="IWM")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Ticker,^RUT", "Ticker,^RUT,^RUT,^RUT,^RUT,^RUT\nTicker,^RUT", "'Ticker' stands 2 times"),
        ("Price,Close,High", "Price,Price,Close", "column 2 is named 'Price', .* begins with 11"),
        ("Close,High", "Close,Close", "'Close' stands 2 times"),
        ("Ticker,^RUT", "Ticker,", "a column has no ticker"),
        ("Ticker,^RUT,^RUT,^RUT,^RUT,^RUT\n", "", "there is no header row 'Ticker'"),
    ],
)
def test_header_rows_that_do_not_name_each_column_once_are_refused(
    old: str, new: str, said: str
) -> None:
    text = THREE_ROWS.replace(old, new, 1)
    assert recognise(text.encode(), "RUT.csv").name == "yfinance-header-rows"
    with pytest.raises(DataError, match=said + r".*columns are shifted"):
        read(text, "RUT.csv")


def test_values_shifted_under_good_names_are_refused() -> None:
    # adj close, close, high, low, open under Close, High, Low, Open, Volume.
    rows = "2024-01-02,9,11,12,9.5,10\n2024-01-03,10,12,13,10.5,11\n"
    text = "".join(THREE_ROWS.splitlines(keepends=True)[:3]) + rows
    with pytest.raises(DataError, match="the columns are not what the header says"):
        read(text, "RUT.csv")


def test_prices_are_bit_identical_to_the_text() -> None:
    text = HEAD + "2024-01-04,0.1,640.0999755859375,0.1,2.2250738585072014e-308,1,1\n" * 1
    text += "2024-01-05,1,1,1,1,1,1\n"
    series = one(text, "IWM.csv")
    assert series.fields["high"][0] == 640.0999755859375
    assert series.fields["close"][0] == np.float64("2.2250738585072014e-308")
