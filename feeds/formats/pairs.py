"""Markets of exchanges: the pair in a name or a cell, and the exchange's own id of it."""

from __future__ import annotations

import itertools
import re

from feeds.formats.names import symbols_in, words_of

_HYPHENATED = frozenset({"coinbase", "kucoin", "okcoin", "okex", "okx"})
"""Exchanges that write BTC-USD; the others write BTCUSD."""

_CURRENCIES = """
AUD BNB BRL BTC BUSD CAD CHF DAI ETH EUR FDUSD GBP INR JPY KRW TRY TUSD USD USDC USDD USDP USDT XBT
"""
_QUOTES = frozenset(_CURRENCIES.split())
_COIN = re.compile(r"[A-Z0-9]{1,15}")


def market_id(symbol: str, exchange: str) -> str:
    """The exchange's own id of a pair written `BTC/USDT`, `BTC-USDT`, `BTC_USDT` or `BTCUSDT`."""
    pair = symbol.strip().partition(":")[0]
    mark = "-" if exchange in _HYPHENATED else ""
    return re.sub(r"[/_-]", mark, pair)


def pairs_in(name: str) -> list[str]:
    """The pairs in the name of a file, two words such as `SUI_USDT` put together."""
    words = words_of(name)
    for base, quote in itertools.pairwise(words):
        if _COIN.fullmatch(base) and quote.partition("-")[0] in _QUOTES:
            return [f"{base}/{quote.partition('-')[0]}"]
    return [word for word in symbols_in(name) if word not in _QUOTES]
