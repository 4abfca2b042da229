"""What ids stand for, and when."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import feeds.coins
from feeds.arrays import instants
from feeds.coins import CLASSES, Coins, by_coin, read_coins
from feeds.errors import ConfigError, DataError
from feeds.panel import Panel

COINS = read_coins()
HEADER = "coin,symbol,name,class,class_since,coingecko,coinmarketcap,tickers"
DAY = np.timedelta64(1, "D")


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def table(tmp_path: Path, *rows: str) -> Coins:
    (tmp_path / "c.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return read_coins(["builtin", "c.csv"], tmp_path)


def test_the_built_in_table_is_in_order_and_each_name_stands_for_one_coin() -> None:
    path = Path(feeds.coins.__file__).with_name("coins.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["coin"] for row in rows] == sorted({row["coin"] for row in rows})
    for vendor in ("coingecko", "coinmarketcap"):
        names = [row[vendor] or row["coin"] for row in rows]
        assert len(set(names)) == len(names)
    assert {row["class"] for row in rows} == {"", *CLASSES}


@pytest.mark.parametrize(
    "id", ["bitcoin", "BTC", "btc", "BTCUSDT", "BTC-USD", "BTC/USDT", "BTC_USDT", "BTCEUR"]
)
def test_a_coin_is_found_by_every_spelling(id: str) -> None:
    assert COINS.coin_at(id, day("2020-01-01")) == "bitcoin"


@pytest.mark.parametrize(
    ("id", "on", "coin"),
    [
        ("LUNAUSDT", "2022-05-27", "terra-luna"),
        ("LUNAUSDT", "2022-05-28", "terra-luna-2"),
        ("LUNA2USDT", "2023-01-01", "terra-luna-2"),  # the column of the second LUNA
        ("LUNCUSDT", "2023-01-01", "terra-luna"),
        ("terra-luna", "2023-01-01", "terra-luna"),  # CoinGecko's id never changed
        ("terra-luna-v2", "2023-01-01", "terra-luna-2"),  # CoinMarketCap's
        ("USTUSDT", "2022-05-01", "terrausd"),
        ("USTC", "2023-01-01", "terrausd"),
        ("FTTUSDT", "2023-10-01", "ftx-token"),
        ("BTT", "2021-06-01", "bittorrent-old"),
        ("BTTCUSDT", "2023-01-01", "bittorrent"),
        ("COCOS2USDT", "2022-01-01", "cocos-bcx"),
        ("NANOUSDT", "2021-01-01", "nano"),
        ("XNOUSDT", "2023-01-01", "nano"),
    ],
)
def test_a_ticker_stands_for_the_coin_that_has_it_on_the_day(id: str, on: str, coin: str) -> None:
    assert COINS.coin_at(id, day(on)) == coin


def test_what_no_table_knows_is_a_coin_of_its_own() -> None:
    assert COINS.coin_at("XYZUSDT", day("2020-01-01")) == "xyz"
    assert COINS.coin_at("XYZ", day("2020-01-01")) == "xyz"
    assert COINS.coin_at("no-such-coin", day("2020-01-01")) == "no-such-coin"
    # No market of a coin IM against BTC.
    assert COINS.coin_at("IMBTC", day("2020-01-01")) == "imbtc"


def test_vendors_may_mean_different_coins_by_a_name() -> None:
    assert COINS.coin_at("bittorrent", day("2023-01-01")) == "bittorrent"
    at_cmc = COINS.of("coinmarketcap")
    assert at_cmc.coin_at("bittorrent", day("2023-01-01")) == "bittorrent-old"
    assert at_cmc.coin_at("bittorrent-new", day("2023-01-01")) == "bittorrent"


def test_classes_are_known_from_their_date_on() -> None:
    at = instants(np.array(["2020-09-20", "2020-09-21", "2023-01-01"], dtype="datetime64[D]"))
    ids = ("USTUSDT", "WBTC", "USTC", "STETH", "BTCUP", "PAXG", "ETHUSDT")
    stable = COINS.excluded(ids, at, ["stablecoin"])
    # UST began on 2020-09-21 and is USTC since 2022-05-28.
    assert [list(column) for column in stable.T[:3]] == [
        [False, True, False],
        [False, False, False],
        [False, False, True],
    ]
    every = COINS.excluded(ids, at, CLASSES)
    assert list(every[1]) == [True, True, False, True, True, True, False]
    assert not COINS.excluded(ids, at, []).any()


@pytest.mark.parametrize(
    ("id", "kind"),
    [
        ("BTCUPUSDT", "leveraged"),
        ("ETH3SUSDT", "leveraged"),
        ("ADABULL", "leveraged"),
        ("JUPUSDT", ""),  # no coin J
        ("SYRUPUSDT", ""),
        ("BULLUSDT", "leveraged"),
    ],
)
def test_leveraged_tokens_are_known_by_the_coin_they_multiply(id: str, kind: str) -> None:
    assert COINS.class_of(COINS.coin_at(id, day("2021-01-01")))[0] == kind


def panel(label: list[str], **closes: list[float | None]) -> Panel:
    at = instants(np.array(label, dtype="datetime64[D]"))
    table = np.array(list(closes.values()), dtype=float).T
    return Panel.build("p", "24/7", at, at, at + DAY, tuple(closes), {"close": table})


def test_by_coin_cuts_reused_tickers_and_joins_renamed_ones() -> None:
    days = ["2022-05-13", "2022-05-31", "2022-09-09"]
    found = by_coin(
        panel(days, BTCUSDT=[1, 2, 3], LUNAUSDT=[5e-5, 8.87, 5], LUNCUSDT=[None, None, 4e-4]),
        COINS,
    )
    assert found.ids == ("bitcoin", "terra-luna", "terra-luna-2")
    n = np.nan
    np.testing.assert_array_equal(found.close[:, 1], [5e-5, n, 4e-4])
    np.testing.assert_array_equal(found.close[:, 2], [n, 8.87, 5])


def test_by_coin_tells_of_rows_at_which_a_ticker_was_nobodys() -> None:
    found = by_coin(panel(["2022-05-27", "2022-05-28"], USTCUSDT=[1, 0.05]), COINS)
    np.testing.assert_array_equal(found.close, [[np.nan], [0.05]])
    assert list(found.quality["of_no_coin"]["USTCUSDT"]) == [np.datetime64("2022-05-27")]


def test_by_coin_stops_at_two_markets_of_one_coin() -> None:
    with pytest.raises(DataError, match="BTCUSDT, BTCEUR are all bitcoin; keep one of them"):
        by_coin(panel(["2020-01-01"], BTCUSDT=[1], BTCEUR=[1]), COINS)


def test_a_users_table_adds_coins_and_replaces_rows(tmp_path: Path) -> None:
    mine = table(
        tmp_path,
        "my-coin,MINE,Mine,,,,,MINE; OURS from 2021-01-01",
        "dai,DAI,Dai,,,,,DAI from 2019-11-18",
    )
    assert mine.coin_at("OURSUSDT", day("2022-01-01")) == "my-coin"
    assert mine.class_of("dai")[0] == ""
    assert mine.class_of("tether")[0] == "stablecoin"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("My Coin,M,M,,,,,", "c.csv:2: coin 'My Coin' must be lower-case words"),
        ("my,M,M,stable,,,,", "c.csv:2: class 'stable' is none of stablecoin, wrapped"),
        ("my,M,M,stablecoin,2020,,,", "c.csv:2: '2020' is no date"),
        ("my,M,M,,,,,M since 2020-01-01", "c.csv:2: tickers 'M since 2020-01-01' must be symbols"),
        ("my,M,M", "c.csv:2: has 3 cells, not 8"),
        ("my,BTC,M,,,,,", "BTC is bitcoin and my on 1700-01-01; a ticker is one coin at a time"),
    ],
)
def test_a_row_that_is_wrong_stops(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        table(tmp_path, row)
    assert message in str(error.value)


def test_tables_that_are_none_stop(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"coins file c.csv: data.root is not set"):
        read_coins(["c.csv"], None)
    with pytest.raises(ConfigError, match=r"data.coins: '../c.csv' must be a path below"):
        read_coins(["../c.csv"], tmp_path)
    (tmp_path / "c.csv").write_text("coin\n")
    with pytest.raises(DataError, match=r"c.csv: the first line must be coin,symbol"):
        read_coins(["c.csv"], tmp_path)
    (tmp_path / "c.csv").write_text(f"{HEADER}\na,A,A,,,,,\na,B,B,,,,,\n")
    with pytest.raises(DataError, match=r"c.csv:3: a second row for a"):
        read_coins(["c.csv"], tmp_path)


@pytest.mark.shared
def test_every_market_that_the_exchange_calls_a_stablecoin_is_one(shared: Path) -> None:
    with (shared / "data/crypto_daily/binance_spot_manifest.csv").open() as lines:
        kinds = {row["symbol"]: row["kind"] for row in csv.DictReader(lines)}
    # Before and after UST became USTC.
    at = instants(np.array(["2021-12-26", "2023-12-26"], dtype="datetime64[D]"))
    stable = COINS.excluded(tuple(kinds), at, ["stablecoin"]).any(axis=0)
    told = {name for name, kind in kinds.items() if kind == "stablecoin"}
    assert len(told) == 9
    assert told <= {name for name, is_stable in zip(kinds, stable, strict=True) if is_stable}


@pytest.mark.parametrize(
    ("id", "vendor", "coin"),
    [
        ("ARBUSD", "coinbase", "arbitrum"),
        ("USDTUSD", "", "tether"),
        ("DOTUSD", "kraken", "polkadot"),
        ("FTTUSD", "", "ftx-token"),
        ("BNBUSD", "", "binancecoin"),
        ("XBTUSD", "kraken", "bitcoin"),
        ("BTCBUSD", "binance", "bitcoin"),  # BTC in BUSD
        ("BTCUSDT", "", "bitcoin"),
    ],
)
def test_pairs_without_a_separator_are_read_by_what_is_known(
    id: str, vendor: str, coin: str
) -> None:
    assert read_coins().of(vendor).coin_at(id, np.datetime64("2022-05-01")) == coin
