"""Binance's klines and plain tables of exchanges."""

from __future__ import annotations

import io
import zipfile

import pytest

from feeds.errors import DataError
from tests.feeds.formats.samples import counts, known, labels, one, read

HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_asset_volume,number_of_trades,"
    "taker_buy_base_asset_volume,taker_buy_quote_asset_volume,ignore\n"
)
DAY_MS = 86_400_000
NEW_YEAR = 1_735_689_600_000  # 2025-01-01T00:00Z


def row(opened: int, closed: int, close: float = 2.0) -> str:
    return f"{opened},1,3,0.5,{close},10,{closed},20,7,4,8,0\n"


def days(first: int, count: int, per_ms: int = 1) -> str:
    """Klines of days with epochs of `per_ms` units a millisecond."""
    starts = [(first + day * DAY_MS) * per_ms for day in range(count)]
    return "".join(
        row(start, start + DAY_MS * per_ms - 1, day + 1) for day, start in enumerate(starts)
    )


FIELDS = {
    "open": 1, "high": 3, "low": 0.5, "close": 1, "volume": 10, "quote_volume": 20, "trades": 7,
    "taker_base_volume": 4, "taker_quote_volume": 8,
}  # fmt: skip


@pytest.mark.parametrize("per_ms", [1, 1000], ids=["milliseconds", "microseconds"])
@pytest.mark.parametrize("header", ["", HEADER], ids=["dump", "table"])
def test_klines_with_and_without_header_in_either_unit(header: str, per_ms: int) -> None:
    series = one(header + days(NEW_YEAR, 3, per_ms), "BTCUSDT-1d-2025-01.csv")
    assert (series.key, series.stamp, series.calendar) == (
        "binance/BTCUSDT/1d",
        "day_start",
        "24/7",
    )
    assert labels(series) == [f"2025-01-0{day}T00:00" for day in (1, 2, 3)]
    assert {key: values[0] for key, values in series.fields.items()} == FIELDS


def test_a_dump_that_changes_its_unit_at_the_new_year_is_one_series() -> None:
    text = days(NEW_YEAR - DAY_MS, 1) + days(NEW_YEAR, 1, 1000)
    assert labels(one(text, "BTCUSDT-1d-2024-12.csv")) == ["2024-12-31T00:00", "2025-01-01T00:00"]


def test_a_zipped_dump_has_the_name_inside() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("1INCHUSDT-1h-2025-01.csv", row(NEW_YEAR, NEW_YEAR + 3_599_999))
    series = one(out.getvalue(), "x.zip")
    assert (series.key, series.stamp) == ("binance/1INCHUSDT/1h", "hour_start")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
         "taker_buy_quote_volume,ignore\n", "BTCUSD_PERP-1d-2025-01.csv"),
        ("Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades,"
         "Taker buy base asset volume,Taker buy quote asset volume,Ignore\n", "BTCUSD_PERP.csv"),
        ("timestamp,open,high,low,close,volume,close_time,quote_av,trades,tb_base_av,tb_quote_av,"
         "ignore\n", "BTCUSD_PERP.csv"),
    ],
)  # fmt: skip
def test_the_names_that_tools_give_the_columns_are_known(header: str, name: str) -> None:
    series = one(header + days(NEW_YEAR, 2), name, id="BTCUSD_PERP")
    assert {key: values[0] for key, values in series.fields.items()} == FIELDS


def test_iso_times_and_repeated_columns_that_are_blank_are_fine() -> None:
    text = (
        "open_time,open,high,low,close,volume,close_time,ignore,open_time.1,open_time\n"
        f"2025-01-01 00:00:00+00:00,1,1,1,1,1,{NEW_YEAR + DAY_MS - 1},0,,\n"
    )
    series = one(text, "TRXUSDT.csv")
    assert labels(series) == ["2025-01-01T00:00"]
    assert series.notes["columns_left_out"] == "open_time.1"


def test_two_columns_of_one_name_that_differ_are_refused() -> None:
    text = HEADER.replace("quote_asset_volume", "open") + days(NEW_YEAR, 2)
    with pytest.raises(DataError, match="has 2 columns named 'open' that differ"):
        read(text, "BTCUSDT.csv")


@pytest.mark.parametrize(
    ("step", "length", "stamp"),
    [(60_000, "1m", "release"), (3_600_000, "1h", "hour_start"), (4 * 3_600_000, "4h", "release"),
     (DAY_MS, "1d", "day_start"), (3 * DAY_MS, "3d", "release"), (7 * DAY_MS, "1w", "release")],
)  # fmt: skip
def test_the_close_time_tells_the_length(step: int, length: str, stamp: str) -> None:
    series = one(row(NEW_YEAR, NEW_YEAR + step - 1), "BTCUSDT.csv")
    assert (series.key, series.stamp) == (f"binance/BTCUSDT/{length}", stamp)


def test_months_close_with_the_month() -> None:
    text = row(NEW_YEAR, NEW_YEAR + 31 * DAY_MS - 1)
    text += row(NEW_YEAR + 31 * DAY_MS, NEW_YEAR + 59 * DAY_MS - 1)
    series = one(text, "BTCUSDT-1mo-2025-01.csv")
    assert series.key == "binance/BTCUSDT/1mo"
    assert known(series) == ["2025-02-01T00:00", "2025-03-01T00:00"]


def test_the_bar_that_is_still_open_is_dropped_by_the_clock() -> None:
    text = days(NEW_YEAR, 3)
    assert counts(one(text, "BTCUSDT.csv", now="2025-01-03T23:59")) == {"unclosed": 1}
    assert counts(one(text, "BTCUSDT.csv", now="2025-01-04T00:00")) == {}


def test_a_bar_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(DataError, match="line 1: the bar 2025-01-01 closes at 2024-12-31"):
        read(row(NEW_YEAR, NEW_YEAR - 1), "BTCUSDT.csv")


def test_an_exchange_never_closes() -> None:
    with pytest.raises(DataError, match="never closes; drop "):
        read(days(NEW_YEAR, 2), "BTCUSDT.csv", calendar="XNYS")
    with pytest.raises(DataError, match="its vendor stamps rows as day_start"):
        read(days(NEW_YEAR, 2), "BTCUSDT.csv", stamp="instant")


def test_a_name_without_symbol_asks_for_the_id() -> None:
    with pytest.raises(DataError, match=r"does not say which symbol it is.*`--id`"):
        read(days(NEW_YEAR, 2), "klines.csv")


BARS = "date,open,high,low,close,volume\n"


def test_bars_of_an_exchange_that_the_name_states() -> None:
    text = BARS + "2022-05-05 04:00:00,1,1,1,1,1\n2022-05-05 08:00:00,1,1,1,1,1\n"
    series = one(text, "binance_4h_LUNAUSDT.csv")
    assert (series.key, series.stamp) == ("binance/LUNAUSDT/4h", "release")
    assert known(series) == ["2022-05-05T08:00", "2022-05-05T12:00"]
    assert series.notes["zone"].startswith("not in the file; taken as UTC")
    shifted = one(text, "binance_4h_LUNAUSDT.csv", zone="-03:00")
    assert labels(shifted)[0] == "2022-05-05T07:00"
    assert "zone" not in shifted.notes


def test_a_last_row_that_breaks_off_is_dropped_and_counted() -> None:
    text = BARS + "2022-05-05 08:00:00,1,1,1,1,1\n2022-05-05 12:00:00,1,1,1,1,1\n"
    series = one(text + "2022-05-05 16:00:00,81.96,,,,\n", "binance_4h_LUNAUSDT.csv")
    assert len(series) == 2
    assert [str(when)[:16] for when in series.findings["cut_off"]] == ["2022-05-05T16:00"]


def test_epochs_in_a_plain_table_are_instants() -> None:
    text = (
        BARS.replace("date", "timestamp") + f"{NEW_YEAR},1,1,1,1,1\n{NEW_YEAR + DAY_MS},1,1,1,1,1\n"
    )
    assert labels(one(text, "kraken/XBTUSD.csv")) == ["2025-01-01T00:00", "2025-01-02T00:00"]


def test_a_name_that_contradicts_the_rows_is_refused() -> None:
    text = BARS + "2022-05-05 08:00:00,1,1,1,1,1\n2022-05-05 12:00:00,1,1,1,1,1\n"
    with pytest.raises(DataError, match="its name says 1d and its rows are 4h apart"):
        read(text, "binance_LUNAUSDT_1d.csv")


def test_a_long_table_becomes_a_series_for_each_market() -> None:
    text = (
        "date,symbol,base,open,high,low,close,volume\n"
        "2022-05-05,BADGER/USD,BADGER,1,1,1,1,1\n2022-05-06,BADGER/USD,BADGER,1,1,1,2,1\n"
        "2022-05-06,SPELL/USD,SPELL,1,1,1,3,1\n"
    )
    first, second = read(text, "coinbase_all.csv")
    assert (first.key, len(first)) == ("coinbase/BADGER-USD/1d", 2)
    assert (second.key, list(second.fields["close"])) == ("coinbase/SPELL-USD/1d", [3])
    with pytest.raises(DataError, match="If it holds bars of an exchange, name it with `--vendor`"):
        read(text, "all.csv")
    assert read(text, "all.csv", vendor="kraken")[0].key == "kraken/BADGERUSD/1d"
