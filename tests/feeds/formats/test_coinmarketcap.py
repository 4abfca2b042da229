"""CoinMarketCap's histories and lists."""

from __future__ import annotations

import pytest

from feeds.errors import DataError
from feeds.formats import recognise
from tests.feeds.formats.samples import counts, known, labels, one, read

EXPORT = (
    "\ufefftimeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;"
    "circulatingSupply;timestamp\n"
    '"{0}T00:00:00.000Z";"{1}T23:59:59.999Z";"{0}T01:00:00.000Z";"{0}T02:00:00.000Z";"2781";'
    '10;12;9;11.5;100;2300;200;"{1}T23:59:59.999Z"\n'
)


def test_an_export_of_days_is_read_by_its_times() -> None:
    series = one(EXPORT.format("2025-01-01", "2025-01-01"), "coinmarketcap_bitcoin_2025.csv")
    assert (series.key, series.stamp) == ("coinmarketcap/bitcoin/1d", "day_start")
    assert {key: values[0] for key, values in series.fields.items()} == {
        "open": 10, "high": 12, "low": 9, "close": 11.5, "volume": 100, "market_cap": 2300,
        "supply": 200,
    }  # fmt: skip


def test_the_name_of_an_export_holds_the_name_of_the_coin() -> None:
    name = "Ethereum Classic_1_1_2025-8_22_2026_historical_data_coinmarketcap.csv"
    series = one(EXPORT.format("2025-01-01", "2025-01-01"), name)
    assert series.key == "coinmarketcap/ethereum-classic/1d"


def test_weeks_are_known_when_they_end() -> None:
    series = one(EXPORT.format("2024-12-30", "2025-01-05"), "Bitcoin_historical_data.csv")
    assert (series.key, series.stamp) == ("coinmarketcap/bitcoin/1w", "release")
    assert known(series) == ["2025-01-06T00:00"]
    assert counts(one(
        EXPORT.format("2024-12-30", "2025-01-05") + EXPORT.format("2025-01-06", "2025-01-12")
        .split("\n")[1], "bitcoin.csv", now="2025-01-12T12:00",
    )) == {"unclosed": 1}  # fmt: skip


def page(caps: str, rows: int = 14) -> str:
    """Prices that alternate between 100 and 200, and caps of 21 coins at the open or the close."""
    lines = []
    for day in range(rows, 0, -1):
        opened, closed = (100, 200) if day % 2 else (200, 100)
        cap = 21 * (opened if caps == "open" else closed)
        lines.append(f"Dec {day:02}, 2017\t{opened}\t200\t100\t{closed}\t1,000,000\t{cap:,}\n")
    return "date\topen\thigh\tlow\tclose\tvolume\tmarket_cap\n" + "".join(lines)


def test_a_page_with_caps_at_the_close_is_one_series() -> None:
    series = one(page("close"), "coinmarketcap_ETH_2017.csv")
    assert (series.key, series.stamp) == ("coinmarketcap/ETH/1d", "day_start")
    assert labels(series)[0] == "2017-12-01T00:00"
    assert (series.fields["volume"][0], series.fields["market_cap"][0]) == (1_000_000, 4200)
    assert counts(series) == {"out_of_order": 13}


def test_caps_at_the_open_are_a_series_of_their_own_that_is_known_a_day_before() -> None:
    bars, caps = read(page("open"), "coinmarketcap_ETH_2017.csv")
    assert (bars.key, bars.stamp) == ("coinmarketcap/ETH/1d", "day_start")
    assert "market_cap" not in bars.fields
    assert (caps.key, caps.stamp) == ("coinmarketcap-open/ETH/1d", "instant")
    assert caps.fields["market_cap"][0] == 2100


def test_too_few_rows_to_tell_are_taken_as_the_later_of_both() -> None:
    assert one(page("open", rows=5), "coinmarketcap_ETH_2017.csv").stamp == "day_start"


def test_stars_behind_the_names_of_the_page_are_no_part_of_them() -> None:
    text = page("close").replace("open\thigh\tlow\tclose", "Open*\tHigh\tLow\tClose**")
    text = text.replace("market_cap", "Market Cap").replace("date", "Date")
    assert recognise(text.encode(), "ETH.csv").name == "coinmarketcap-page"


def test_the_kaggle_set_has_its_coin_inside_and_days_that_end_at_midnight() -> None:
    text = (
        "SNo,Name,Symbol,Date,High,Low,Open,Close,Volume,Marketcap\n"
        "1,Binance Coin,BNB,2020-01-01 23:59:59,3,1,2,2.5,10,250\n"
        "2,Binance Coin,BNB,2020-01-02 23:59:59,3,1,2,2.5,10,250\n"
    )
    series = one(text, "coin_BinanceCoin.csv")
    assert (series.key, series.stamp) == ("coinmarketcap/binance-coin/1d", "day_start")
    assert labels(series) == ["2020-01-01T00:00", "2020-01-02T00:00"]
    assert [series.fields[key][0] for key in ("open", "high", "low", "close")] == [2, 3, 1, 2.5]
    with pytest.raises(DataError, match=r"days of CoinMarketCap end at 23:59:59 UTC"):
        read(text.replace("23:59:59", "20:59:59"), "coin_BinanceCoin.csv")


def test_one_day_of_all_coins_is_a_cross_section_with_caps_at_the_open() -> None:
    text = (
        "coin,date,open,high,low,close,volume,marketcap,average\n"
        "bitcoin,20171216,10,12,9,11,100,210,10.5\nsanta-coin,20171216,1,1,1,1,5,,1\n"
    )
    bars, caps = read(text, "all.csv", now="2017-12-17T00:00")
    assert (bars.key, bars.stamp, bars.ids) == (
        "coinmarketcap/all/1d", "day_start", ("bitcoin", "santa-coin")
    )  # fmt: skip
    assert (caps.key, caps.stamp, caps.ids) == (
        "coinmarketcap-open/all/1d",
        "instant",
        ("bitcoin",),
    )
    assert counts(caps) == {"blank_rows": 1}
    with pytest.raises(DataError, match="none of its 2 rows holds a finished value"):
        read(text, "all.csv", now="2017-12-16T12:00")


SNAPSHOT = (
    "Rank,Name,Symbol,Market Cap,Price,Circulating Supply,Volume (24h),% 1h,% 24h,% 7d{0}\n"
    "1,Bitcoin,BTC,2000,100,20,50,1,1,1{1}\n2,BinaryX,BNX,900,9,100,5,1,1,1{1}\n"
    "3,BinaryX (old),BNX,800,8,100,5,1,1,1{1}\n"
)


def test_a_snapshot_is_known_from_the_next_midnight_on() -> None:
    series = one(SNAPSHOT.format(",snapshot_date", ",20220501"), "top.csv")
    assert (series.key, series.stamp) == ("coinmarketcap/top100/snapshot", "release")
    assert set(labels(series)) == {"2022-05-01T00:00"}
    assert set(known(series)) == {"2022-05-02T00:00"}
    assert series.ids == ("BNX.binaryx", "BNX.binaryx-old", "BTC")
    assert {key: values[2] for key, values in series.fields.items()} == {
        "rank": 1, "close": 100, "market_cap": 2000, "supply": 20, "volume": 50,
    }  # fmt: skip


def test_the_date_of_a_snapshot_may_be_in_its_name_but_has_to_be_somewhere() -> None:
    text = SNAPSHOT.format("", "")
    assert labels(one(text, "top200_2022-05-01.csv"))[0] == "2022-05-01T00:00"
    with pytest.raises(DataError, match="of which date it is"):
        read(text, "top200.csv")


CHART = (
    '\ufeff"DateTime";"BTC";"ETH";"Others"\n'
    '"2013-05-04 21:00:00";1254762149,4585037;0;80617818,54149635\n'
    '"2013-05-11 21:00:00";1288631442,1985626;0;74918509,80143735\n'
)


def test_the_local_times_of_a_chart_are_refused_until_their_zone_is_given() -> None:
    with pytest.raises(DataError, match=r"every row is at 21:00, so midnight UTC .* -03:00`"):
        read(CHART, "chart.csv")
    series = one(CHART, "chart.csv", zone="-03:00")
    assert (series.key, series.stamp) == ("coinmarketcap/dominance-chart/1w", "instant")
    assert labels(series) == ["2013-05-05T00:00", "2013-05-12T00:00"]
    assert series.fields["btc_cap"][0] == 1254762149.4585037
    assert "not OTHERS.D" in series.notes["others_cap"]


def test_a_stamp_that_the_vendor_does_not_use_is_refused() -> None:
    with pytest.raises(DataError, match="its vendor stamps rows as day_start"):
        read(page("open"), "coinmarketcap_ETH_2017.csv", stamp="instant")
