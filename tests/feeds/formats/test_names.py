"""What the names of files tell."""

from __future__ import annotations

import pytest

from feeds.errors import DataError
from feeds.formats.names import exchange_in, interval_in, one_of, slugs_in, symbols_in
from feeds.formats.pairs import market_id, pairs_in


@pytest.mark.parametrize(
    ("name", "symbols"),
    [
        ("^RUT.csv", ["^RUT"]),
        ("yahoo_v7_RUT_2000_2022.csv", ["RUT"]),
        ("yahoo_BTC-USD_2014_2024.csv.gz", ["BTC-USD"]),
        ("folder/BRK.B (2).csv", ["BRK.B"]),
        ("EURUSD=X.csv", ["EURUSD=X"]),
        ("binance_1D_1INCHUSDT.csv", ["1INCHUSDT"]),
        ("YAHOO_data.csv", []),
        ("A_B.csv", ["A", "B"]),
    ],
)
def test_a_symbol_is_a_word_in_capitals(name: str, symbols: list[str]) -> None:
    assert symbols_in(name) == symbols


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("coinmarketcap_semicolon_bitcoin_2025-2026_head.csv", ["bitcoin"]),
        ("Bitcoin_1_1_2025-8_22_2026_historical_data_coinmarketcap.csv", ["bitcoin"]),
        ("bitcoin-cash.csv", ["bitcoin-cash"]),
        ("coinmetrics_legacy_doge.csv", ["doge"]),
        ("coinmarketcap_ETH_daily.csv", []),
    ],
)
def test_a_slug_is_the_word_that_does_not_speak_about_the_file(name: str, slugs: list[str]) -> None:
    assert slugs_in(name) == slugs


def test_none_and_several_ask_for_the_id() -> None:
    assert one_of(["IWM", "IWM"], "f.csv", "symbol") == "IWM"
    with pytest.raises(DataError, match="its name has none; give it with `--id`"):
        one_of([], "f.csv", "symbol")
    with pytest.raises(DataError, match="its name could mean A, B"):
        one_of(["A", "B"], "f.csv", "symbol")


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("Binance_BTCUSDT_d.csv", "1d"),
        ("Binance_BTCUSDT_1h.csv", "1h"),
        ("binance_4h_LUNAUSDT.csv", "4h"),
        ("BTCUSDT-1mo-2024-05.csv", "1mo"),
        ("BINANCE_BTCUSDT, 240.csv", "4h"),
        ("CRYPTOCAP_TOTAL_1D.csv", "1d"),
        ("bitcoin_weekly_2018.csv", "1w"),
        ("BTC.csv", None),
        ("daily_and_weekly.csv", None),
    ],
)
def test_the_length_of_bars(name: str, length: str | None) -> None:
    assert interval_in(name) == length


@pytest.mark.parametrize(
    ("name", "exchange"),
    [
        ("Binance_BTCUSDT_d.csv", "binance"),
        ("data/kraken/ETH_EUR-1d.feather", "kraken"),
        ("gemini_to_binance.csv", None),
        ("BTC.csv", None),
    ],
)
def test_the_exchange_is_in_the_name_or_the_folder(name: str, exchange: str | None) -> None:
    assert exchange_in(name) == exchange


@pytest.mark.parametrize(
    ("symbol", "exchange", "id"),
    [
        ("BTC/USDT", "binance", "BTCUSDT"),
        ("BTC/USDT:USDT", "binance", "BTCUSDT"),
        ("BADGER/USD", "coinbase", "BADGER-USD"),
        ("BTC_EUR", "kraken", "BTCEUR"),
        ("TRXUSDT", "binance", "TRXUSDT"),
    ],
)
def test_ids_of_markets_are_those_of_the_exchange(symbol: str, exchange: str, id: str) -> None:
    assert market_id(symbol, exchange) == id


def test_a_pair_may_be_two_words() -> None:
    assert pairs_in("binance_SUI_USDT-1d.csv") == ["SUI/USDT"]
    assert pairs_in("binance_BTCUSDT_2021.csv") == ["BTCUSDT"]
