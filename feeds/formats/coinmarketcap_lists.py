"""CoinMarketCap's lists of many coins: one day of all, a dated top N, the dominance chart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from feeds.arrays import DAY, Instants
from feeds.errors import DataError
from feeds.formats.clocks import in_utc, parse_clock
from feeds.formats.coinmarketcap import VENDOR, at_the_open, days, slug
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, TextFormat, check_always_open
from feeds.formats.lengths import length_of
from feeds.formats.names import stem_of
from feeds.formats.sheets import Sheet

_BARS = {key: key for key in ("open", "high", "low", "close", "volume")}
_SNAPSHOT = {
    "rank": "rank", "price": "close", "market_cap": "market_cap", "marketcap": "market_cap",
    "circulating_supply": "supply", "volume_24h": "volume",
}  # fmt: skip
_DATE = re.compile(r"(?<!\d)(\d{4})-?(\d\d)-?(\d\d)(?!\d)")
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9.-]+")
_LISTS = (100, 200, 500, 1000, 2000, 5000)


def _is_day(sheet: Sheet) -> bool:
    return sheet.has("coin", "date", "marketcap", *_BARS)


def _read_day(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """The bars of every coin on each day, and their market caps, which are those of the open."""
    check_always_open(facts, sheet.source)
    dates = days(parse_clock(sheet.text("date"), sheet.source, "date", sheet.line), sheet)
    ids = tuple(sheet.text("coin"))
    id = facts.id or "all"
    notes = {
        "market_cap": "at the open of the date, 00:00 UTC, in a series of its own",
        "volume": "24 hours, in US dollars, all markets together",
        **sheet.left_out("coin", "date", "marketcap", *_BARS),
    }
    prices = Draft(
        sheet.source,
        f"{facts.vendor or VENDOR}/{id}/1d",
        "day_start",
        dates,
        sheet.fields(_BARS),
        ids=ids,
        closes_at=dates + DAY,
        notes=notes,
    )
    caps = {"market_cap": sheet.numbers("marketcap")}
    return prices, at_the_open(sheet.source, id, dates, caps, notes, ids)


def _is_snapshot(sheet: Sheet) -> bool:
    ranked = sheet.has("rank", "name", "symbol", "price", "circulating_supply")
    return ranked and bool(sheet.first("market_cap", "marketcap"))


def _read_snapshot(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """Top coins as of the close of a date, known from the next midnight of UTC on."""
    check_always_open(facts, sheet.source)
    dates = _snapshot_dates(sheet)
    ids = ids_apart(dates, sheet.text("symbol"), sheet.text("name"))
    most = max(Counter(dates.tolist()).values())
    size = next((size for size in _LISTS if most <= size), most)
    draft = Draft(
        sheet.source,
        f"{facts.vendor or VENDOR}/{facts.id or f'top{size}'}/{facts.frequency or 'snapshot'}",
        "release",
        dates,
        sheet.fields(_SNAPSHOT),
        ids=ids,
        known_at=dates + DAY,
        closes_at=dates + DAY,
        notes={
            "market_cap": "at the close of the date, known a day later",
            "ids": "symbols; where two coins of a date share one, with the name behind",
            **sheet.left_out("snapshot_date", "date", "symbol", "name", *_SNAPSHOT),
        },
    )
    return (draft,)


def _snapshot_dates(sheet: Sheet) -> Instants:
    if column := sheet.first("snapshot_date", "date"):
        return days(parse_clock(sheet.text(column), sheet.source, column, sheet.line), sheet)
    found = _DATE.findall(stem_of(sheet.source))
    if len(found) != 1:
        raise DataError(
            f"{sheet.source}: neither a column snapshot_date nor its name says of which date it is;"
            " put the date into the name, such as top200_2022-05-01.csv"
        )
    clock = parse_clock(["-".join(found[0])] * len(sheet.rows), sheet.source, "name", sheet.line)
    return clock.wall


def ids_apart(dates: Instants, symbols: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The symbol of each row; where it stands twice on a date, `BNX.binaryx-old` and `BNX.binaryx`.

    A symbol is no identity: it is not unique on a date and moves from coin to coin. Which coin it
    was at the time is the business of the table of coins.
    """
    plain_symbols = [_NOT_IN_IDS.sub("-", symbol.strip()) for symbol in symbols]
    rows = list(zip(dates.tolist(), plain_symbols, strict=True))
    counts = Counter(rows)
    return tuple(
        row[1] if counts[row] == 1 else f"{row[1]}.{slug(name)}"
        for row, name in zip(rows, names, strict=True)
    )


def _is_chart(sheet: Sheet) -> bool:
    return sheet.names[:1] == ("datetime",) and sheet.has("btc", "eth", "others")


def _read_chart(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """Market caps of the largest coins and of the others at the instants of the chart."""
    check_always_open(facts, sheet.source)
    clock = parse_clock(sheet.text("datetime"), sheet.source, "DateTime", sheet.line)
    time = in_utc(clock, facts.zone, sheet.source, "DateTime")
    columns = {name: f"{name}_cap" for name in sheet.names[1:]}
    draft = Draft(
        sheet.source,
        f"{facts.vendor or VENDOR}/{facts.id or 'dominance-chart'}/"
        f"{facts.frequency or length_of(time, sheet.source)}",
        facts.stamp or "instant",
        time,
        sheet.fields(columns),
        notes={
            "others_cap": "everything but the coins named beside it, so not OTHERS.D",
            "zone": f"times in the file are at {facts.zone}" if facts.zone else "from the file",
        },
    )
    return (draft,)


DAY_OF_ALL = TextFormat(
    "coinmarketcap-day", "all coins of CoinMarketCap on one day", _is_day, _read_day
)
SNAPSHOT = TextFormat(
    "coinmarketcap-snapshot", "CoinMarketCap's top coins on a date", _is_snapshot, _read_snapshot
)
CHART = TextFormat(
    "coinmarketcap-chart", "CoinMarketCap's chart of dominance", _is_chart, _read_chart
)
