"""`Coin`, and the tables that coins are read from."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from feeds.arrays import Bool, Instant, Instants
from feeds.errors import DataError
from feeds.own_tables import table_bytes

CoinClass = Literal[
    "stablecoin", "wrapped", "staked", "leveraged", "commodity", "exchange-synthetic"
]
CLASSES: tuple[CoinClass, ...] = get_args(CoinClass)

COLUMNS = (
    "coin", "symbol", "name", "class", "class_since", "coingecko", "coinmarketcap", "tickers"
)  # fmt: skip

# As far apart as nanoseconds reach: the dates are compared with instants.
ALWAYS, FOREVER = np.datetime64("1700-01-01", "D"), np.datetime64("2262-01-01", "D")

_TICKER = re.compile(r"(\S+)(?: (from|until) (\d{4}-\d{2}-\d{2}))?")


class Span(NamedTuple):
    """A coin that an id stands for from the day `since` up to, not including, `until`."""

    coin: str
    since: Instant = ALWAYS
    until: Instant = FOREVER

    def covers(self, at: Instants) -> Bool:
        """Where an instant lies in the span."""
        return (at >= self.since) & (at < self.until)


@dataclass(frozen=True)
class Coin:
    """One coin and its names.

    Attributes
    ----------
    id : str
        The coin's own name here, usually CoinGecko's.
    symbol, name : str
        For readers.
    kind : str
        One of `CLASSES`, or empty.
    kind_since : datetime64[D]
        From when on the coin was known to be of its class.
    coingecko, coinmarketcap : str
        Ids of these vendors.
    tickers : tuple of Span
        Symbols it is traded under, each with its dates; `coin` of a span is the symbol.
    """

    id: str
    symbol: str
    name: str
    kind: str
    kind_since: Instant
    coingecko: str
    coinmarketcap: str
    tickers: tuple[Span, ...]

    def ticker(self, day: Instant) -> str:
        """The first symbol that the coin is traded under on `day`, in order of the table."""
        return next((span.coin for span in self.tickers if span.covers(day)), self.symbol)


def read_table(source: str, root: Path | None) -> dict[str, Coin]:
    """The coins of one table by id; see `feeds.coins.read_coins`."""
    return _read_table(source, table_bytes("coins", source, root))


def _read_table(source: str, content: bytes) -> dict[str, Coin]:
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if tuple(next(reader, [])) != COLUMNS:
            raise DataError(f"{source}: the first line must be {','.join(COLUMNS)}")
        out: dict[str, Coin] = {}
        for row in reader:
            if row:
                coin = _coin(f"{source}:{reader.line_num}", row)
                if coin.id in out:
                    raise DataError(f"{source}:{reader.line_num}: a second row for {coin.id}")
                out[coin.id] = coin
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{source}: is no CSV table in UTF-8: {error}") from None
    return out


def _coin(where: str, row: Sequence[str]) -> Coin:
    if len(row) != len(COLUMNS):
        raise DataError(f"{where}: has {len(row)} cells, not {len(COLUMNS)}: {','.join(COLUMNS)}")
    id, symbol, name, kind, since, coingecko, coinmarketcap, tickers = map(str.strip, row)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise DataError(f"{where}: coin '{id}' must be lower-case words with hyphens: terra-luna")
    if kind not in ("", *CLASSES):
        raise DataError(f"{where}: class '{kind}' is none of {', '.join(CLASSES)}")
    return Coin(
        id,
        symbol,
        name,
        kind,
        _date(where, since) if since else ALWAYS,
        coingecko or id,
        coinmarketcap or id,
        tuple(_ticker(where, part.strip()) for part in (tickers or symbol).split(";")),
    )


def _ticker(where: str, cell: str) -> Span:
    found = _TICKER.fullmatch(cell)
    if found is None:
        raise DataError(
            f"{where}: tickers '{cell}' must be symbols with ; between, each with `from` or "
            "`until` a date where it changed hands: LUNA until 2022-05-28; LUNC from 2022-05-28"
        )
    symbol, which, day = found.groups()
    date = _date(where, day) if day else None
    return Span(
        symbol.upper(),
        date if date is not None and which == "from" else ALWAYS,
        date if date is not None and which == "until" else FOREVER,
    )


def _date(where: str, cell: str) -> Instant:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
            return np.datetime64(cell, "D")
    except ValueError:
        pass
    raise DataError(f"{where}: '{cell}' is no date; write it as 2022-05-28")
