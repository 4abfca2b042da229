"""What the name of a file tells where its content does not: id, bar length, exchange.

The words of a name are what `_`, commas and blanks part. A symbol is the one word in capitals, a
slug the one word in small letters that does not speak about the file itself.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from feeds.errors import DataError

_EXCHANGES = """
binance binanceus bitfinex bitget bithumb bitmex bitstamp bittrex bybit cexio coinbase cryptocom
deribit exmo ftx gateio gemini huobi htx itbit kraken kucoin lbank mexc okcoin okex okx phemex
poloniex upbit
"""
EXCHANGES = frozenset(_EXCHANGES.split())
_VENDORS = EXCHANGES | {
    "coingecko", "coinmarketcap", "coinmetrics", "cryptodatadownload", "freqtrade", "fred",
    "kaggle", "tradingview", "yahoo", "yfinance",
}  # fmt: skip
_ABOUT_THE_FILE = """
all bars bom by candles cap caps chart close coin coins comma copy csv currency data date daily day
days dominance download each export file format from full head header historical history hour hourly
in iso kline klines legacy long market max minute month monthly of ohlc ohlcv only open price prices
raw row rows sample scrape semicolon since snapshot symbol symbols tab table tail test the time to
top usd v7 v8 vintage volume weekly with without year
"""
_NO_SLUGS = frozenset(_ABOUT_THE_FILE.split()) | _VENDORS
_INTERVALS = {
    **{each: each for each in ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h")},
    **{each: each for each in ("12h", "1d", "3d", "1w", "1mo")},
    **{"d": "1d", "daily": "1d", "h": "1h", "hourly": "1h", "60": "1h", "240": "4h", "w": "1w"},
    **{"weekly": "1w", "monthly": "1mo", "minute": "1m", "1min": "1m", "1wk": "1w", "1M": "1mo"},
}
_ENDINGS = (".csv", ".tsv", ".txt", ".feather", ".parquet", ".gz", ".zip")
_SYMBOL = re.compile(r"\^?[A-Z0-9][A-Z0-9.=^-]*")
_SLUG = re.compile(r"[a-z0-9][a-z0-9.-]*")
_DIGITS = re.compile(r"[0-9.-]*|\d+[a-z]{1,3}")


def stem_of(name: str) -> str:
    """The name of a file without folder, endings and a browser's ` (1)`."""
    stem = PurePosixPath(name).name
    while ending := next((each for each in _ENDINGS if stem.lower().endswith(each)), ""):
        stem = stem[: -len(ending)]
    return re.sub(r" ?\(\d+\)$", "", stem)


def words_of(name: str) -> list[str]:
    """The words of the name of a file."""
    return [word for word in re.split(r"[_,\s]+", stem_of(name)) if word]


def symbols_in(name: str) -> list[str]:
    """The words in capitals that name no bar length and no vendor."""
    return [
        word
        for word in words_of(name)
        if _SYMBOL.fullmatch(word)
        and re.search("[A-Z]", word)
        and interval_of(word) is None
        and word.lower() not in _VENDORS
    ]


def slugs_in(name: str) -> list[str]:
    """The words, in small letters, that speak about no file, date, bar length or vendor.

    `Bitcoin` counts, as CoinMarketCap writes in the names of its exports; `BTC` does not.
    """
    words = [word.lower() for word in words_of(name) if not word.isupper()]
    return [
        word
        for word in words
        if _SLUG.fullmatch(word)
        and not _DIGITS.fullmatch(word)
        and interval_of(word) is None
        and word not in _NO_SLUGS
    ]


def one_of(found: list[str], name: str, what: str) -> str:
    """The only id found in the name of a file.

    Raises
    ------
    DataError
        For none and for several, which asks for `--id`.
    """
    if len(set(found)) == 1:
        return found[0]
    seen = f"its name could mean {', '.join(found[:4])}" if found else "its name has none"
    raise DataError(
        f"{name}: the content does not say which {what} it is, and {seen}; give it with `--id`"
    )


def interval_in(name: str) -> str | None:
    """The bar length that the name of a file states, such as `1d`; None without exactly one."""
    parts = [part for word in words_of(name) for part in (word, *word.split("-"))]
    found = {length for part in parts if (length := interval_of(part)) is not None}
    return found.pop() if len(found) == 1 else None


def interval_of(word: str) -> str | None:
    """The bar length that a word means, such as `1d` for `D` and `daily`; None if it means none."""
    return _INTERVALS.get(word) or _INTERVALS.get(word.lower())


def exchange_in(name: str) -> str | None:
    """The exchange that the name of a file or of its folder states; None without exactly one."""
    path = PurePosixPath(name)
    words = {word.lower() for part in (path.parent.name, path.name) for word in words_of(part)}
    found = words & EXCHANGES
    return found.pop() if len(found) == 1 else None
