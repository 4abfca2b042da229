"""What an id stands for: coins, the names that vendors have for them, and their classes.

A ticker is no identity: LUNA has been two coins. The tables say which coin each vendor's id was at
which date; an id that is in no table is a coin of its own, never guessed from a likeness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from feeds.arrays import Bool, Instant, Instants
from feeds.coin_table import ALWAYS, CLASSES, Coin, CoinClass, Span, read_table
from feeds.errors import DataError
from feeds.own_tables import BUILT_IN
from feeds.panel import Panel, found

__all__ = ["BUILT_IN", "CLASSES", "Coin", "CoinClass", "Coins", "Span", "by_coin", "read_coins"]

OF_NO_COIN = "of_no_coin"

_QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "GBP", "TRY", "DAI",
           "BTC", "ETH", "BNB")  # fmt: skip
_NO_DOLLARS = "binance"
"""Where nothing is quoted in dollars, but much in coins whose names end in USD."""
_SURE_QUOTES = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD")
_PAIR = re.compile(r"([A-Z0-9.]+)([-/_](\w+))")
_LEVERAGED = re.compile(r"(.+?)(?:UP|DOWN|BULL|BEAR|[2-5][LS])")


class Spelling(NamedTuple):
    """The id of a market as a ticker and what follows it: `LUNA2` and `USDT`."""

    base: str
    tail: str


@dataclass(frozen=True)
class Coins:
    """The coins of the tables, and what ids stand for.

    Attributes
    ----------
    by_id : dict of str to Coin
    vendor : str
        Whose ids are asked about: `coingecko`, `coinmarketcap`, an exchange; empty if unknown.
    """

    by_id: dict[str, Coin]
    vendor: str = ""

    @cached_property
    def holders(self) -> dict[str, tuple[Span, ...]]:
        """The coins that have had each ticker, in order of time.

        The second coin of a ticker also has a column of its own: LUNA2USDT, as `label` says.

        Raises
        ------
        DataError
            For two coins with one ticker at a time.
        """
        found: dict[str, list[Span]] = {}
        for coin in self.by_id.values():
            for ticker, since, until in coin.tickers:
                found.setdefault(ticker, []).append(Span(coin.id, since, until))
        ordered = {name: tuple(sorted(spans, key=_begin)) for name, spans in found.items()}
        for ticker, spans in ordered.items():
            for before, after in pairwise(spans):
                if after.since < before.until:
                    raise DataError(
                        f"coins: {ticker} is {before.coin} and {after.coin} on {after.since}; "
                        "a ticker is one coin at a time, so give both their dates"
                    )
        labels = {
            f"{ticker}{place}": (Span(span.coin),)
            for ticker, spans in ordered.items()
            for place, span in enumerate(spans[1:], 2)
        }
        return {**labels, **ordered}

    @cached_property
    def _names(self) -> dict[str, str]:
        """Coins by the ids that stand for them for good: the asked vendor's, then their own."""
        slugs = {
            "coinmarketcap": {coin.coinmarketcap: coin.id for coin in self.by_id.values()},
            "coingecko": {coin.coingecko: coin.id for coin in self.by_id.values()},
        }
        own = {name: name for name in self.by_id}
        return slugs["coinmarketcap"] | slugs["coingecko"] | own | slugs.get(self.vendor, {})

    def of(self, vendor: str) -> Coins:
        """The same coins, asked about by the ids of one vendor."""
        return replace(self, vendor=vendor)

    def spelled(self, id: str) -> Spelling:
        """A market's id as ticker and tail; all of it is the ticker where no quote is known."""
        upper = id.upper()
        if upper in self.holders:
            return Spelling(upper, "")
        if (cut := _PAIR.fullmatch(upper)) and cut[3] in _QUOTES:
            return Spelling(cut[1], cut[2])
        cuts = [
            Spelling(upper.removesuffix(quote), quote)
            for quote in _QUOTES
            if upper.endswith(quote) and upper != quote
        ]
        known = [each for each in cuts if each.base in self.holders]
        if known and self.vendor != _NO_DOLLARS:
            # ARBUSD is ARB in dollars and not AR in BUSD.
            return max(known, key=lambda each: len(each.base))
        sure = [each for each in cuts if each.tail in _SURE_QUOTES]
        return (known or sure or [Spelling(upper, "")])[0]

    def spans(self, id: str) -> tuple[Span, ...]:
        """The coins that an id stands for, in order of time; itself where no table knows it.

        The ids of CoinGecko and CoinMarketCap and the coins' own stand for one coin for good; the
        rest is read as a ticker, with or without the coin it is quoted in.
        """
        if id in self._names:
            return (Span(self._names[id]),)
        base = self.spelled(id).base
        return self.holders.get(base) or (Span(base.lower()),)

    def coin_at(self, id: str, day: Instant) -> str:
        """The coin that an id stands for on a day; the nearest earlier one between two."""
        spans = self.spans(id)
        begun = [span for span in spans if span.since <= day]
        return (begun or spans)[-1 if begun else 0].coin

    def names_coin(self, id: str) -> bool:
        """Whether an id is a coin's or an aggregator's own, which no other coin takes over."""
        return id in self._names

    def labels(self, ticker: str) -> dict[str, str]:
        """Columns of a ticker's coins by label: `LUNA` for the first, `LUNA2` for the second."""
        holders = self.holders.get(ticker, ())
        return {
            ticker if place == 1 else f"{ticker}{place}": span.coin
            for place, span in enumerate(holders, 1)
        }

    def label(self, coin: str, ticker: str) -> str:
        """What the column of a coin is called under a ticker that it has or had.

        Raises
        ------
        DataError
            If the coin never had the ticker.
        """
        for label, holder in self.labels(ticker).items():
            if holder == coin:
                return label
        raise DataError(f"coins: {coin} was never traded as {ticker}; add that to its tickers")

    def class_of(self, coin: str) -> tuple[str, Instant]:
        """The class of a coin and since when it was known; empty for an ordinary one."""
        if known := self.by_id.get(coin):
            return known.kind, known.kind_since
        # BTCUP, ETH3S: what is leveraged is a coin that everybody knows.
        long_or_short = _LEVERAGED.fullmatch(coin.upper())
        if long_or_short and long_or_short[1] in self.holders:
            return "leveraged", ALWAYS
        return "", ALWAYS

    def excluded(self, ids: Sequence[str], at: Instants, classes: Iterable[str]) -> Bool:
        """Where each id stands for a coin then known to be of one of `classes`, bool (T, N)."""
        out = np.zeros((len(at), len(ids)), dtype=bool)
        wanted = set(classes)
        for column, id in enumerate(ids) if wanted else ():
            for span in self.spans(id):
                kind, since = self.class_of(span.coin)
                if kind in wanted:
                    out[:, column] |= span.covers(at) & (at >= since)
        return out

    def is_coin(self, ids: Sequence[str], at: Instants, coin: str) -> Bool:
        """Where each id stands for `coin`, bool (T, N)."""
        out = np.zeros((len(at), len(ids)), dtype=bool)
        for column, id in enumerate(ids):
            for span in self.spans(id):
                if span.coin == coin:
                    out[:, column] |= span.covers(at)
        return out


def _begin(span: Span) -> Instant:
    return span.since


def by_coin(panel: Panel, coins: Coins) -> Panel:
    """The panel with a column for each coin in place of one for each of a vendor's ids.

    Columns of tickers that were taken over are cut at the date of the table, and columns of one
    coin under several tickers are joined. Rows at which a ticker was no coin's are left out and
    listed as `of_no_coin`.

    Raises
    ------
    DataError
        If two columns have values for the same coin at the same time.
    """
    day = panel.label
    parts: dict[str, list[tuple[int, Bool]]] = {}
    of_no_coin = {}
    for column, id in enumerate(panel.ids):
        left = panel.has_bar[:, column]
        for span in coins.spans(id):
            rows = span.covers(day) & panel.has_bar[:, column]
            left = left & ~rows
            if rows.any():
                parts.setdefault(span.coin, []).append((column, rows))
        of_no_coin[id] = day[left]
    ids = tuple(sorted(parts))
    fields = {key: np.full((len(panel), len(ids)), np.nan) for key in panel.fields}
    for place, coin in enumerate(ids):
        filled = np.zeros(len(panel), dtype=bool)
        for column, rows in parts[coin]:
            if (filled & rows).any():
                twice = ", ".join(panel.ids[column] for column, _ in parts[coin])
                raise DataError(f"panel '{panel.name}': {twice} are all {coin}; keep one of them")
            filled |= rows
            for key, table in fields.items():
                table[rows, place] = panel.fields[key][rows, column]
    return Panel.build(
        panel.name,
        panel.calendar,
        panel.label,
        panel.opened_at,
        panel.known_at,
        ids,
        fields,
        found({OF_NO_COIN: of_no_coin}),
    )


def read_coins(sources: Sequence[str] = (BUILT_IN,), root: Path | None = None) -> Coins:
    """The coins of several tables; a later row replaces an earlier one of the same coin.

    Parameters
    ----------
    sources : sequence of str
        `builtin`, or paths of CSV files relative to `root`.
    root : Path or None

    Raises
    ------
    ConfigError
        For a path without a root, or one that leads out of it.
    DataError
        For a row that is wrong, naming file and line.
    """
    by_id: dict[str, Coin] = {}
    for source in sources:
        by_id |= read_table(source, root)
    coins = Coins(by_id)
    _ = coins.holders  # so that a ticker of two coins stops here
    return coins
