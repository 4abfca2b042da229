"""CoinMarketCap's histories of one coin: exports, copies of its pages, a set on Kaggle.

A market cap belongs to an instant. Today's history gives it at the close of the day; pages that
were saved before 2019 gave it at the open. The implied supply, cap by price, tells which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from feeds.arrays import Float, Instants, Int
from feeds.errors import DataError
from feeds.formats.clocks import Clock, dates_of, in_utc, parse_clock
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, TextFormat, bars, check_always_open, check_single
from feeds.formats.lengths import length_between
from feeds.formats.names import one_of, slugs_in, stem_of, symbols_in
from feeds.formats.sheets import Sheet, plain

VENDOR = "coinmarketcap"
AT_THE_OPEN = "coinmarketcap-open"
"""The vendor of series that hold what CoinMarketCap states for 00:00 UTC of the date."""

_BARS = {key: key for key in ("open", "high", "low", "close", "volume")}
_CAPS = {"market_cap": "market_cap", "marketcap": "market_cap"}
_SUPPLY = {"circulatingsupply": "supply", "circulating_supply": "supply"}
_FIELDS = {**_BARS, **_CAPS, **_SUPPLY}
_CURRENCY = {"volume": "24 hours, in the currency of the prices, all markets together"}
_FEWEST_FOR_BASIS = 10
_EXPORT_NAME = re.compile(r"(.+?)_[\d_]+-[\d_]+_historical_data_coinmarketcap")


def _is_export(sheet: Sheet) -> bool:
    return sheet.has("timeopen", "timeclose", "open", "high", "low", "close", "marketcap")


def _read_export(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    check_always_open(facts, sheet.source)
    opened = _instants(sheet, "timeopen", facts)
    closed = _instants(sheet, "timeclose", facts) + np.timedelta64(1, "ms")
    length = length_between(opened, closed)
    if length is None and not facts.frequency:
        raise DataError(
            f"{sheet.source}: timeOpen and timeClose enclose no usual length; give `--frequency`"
        )
    # The column `name` holds the id of the currency (2781 is the US dollar), not the coin's.
    left_out = sheet.left_out(
        "timeopen", "timeclose", "timehigh", "timelow", "timestamp", "name", *_FIELDS
    )
    notes = {**_CURRENCY, **left_out}
    place = (VENDOR, _id(sheet.source, facts))
    return (bars(sheet.source, place, opened, sheet.fields(_FIELDS), facts, notes, length),)


def _instants(sheet: Sheet, column: str, facts: Facts) -> Instants:
    clock = parse_clock(sheet.text(column), sheet.source, column, sheet.line)
    return in_utc(clock, facts.zone, sheet.source, column)


def _is_page(sheet: Sheet) -> bool:
    if sheet.names[:1] != ("date",) or not sheet.has(*_BARS) or not sheet.first(*_CAPS):
        return False
    # `Dec 16, 2020` is the page's own writing; tables with other dates have to name the vendor.
    return sheet.rows[0][0].strip()[:1].isalpha() or VENDOR in sheet.source.lower()


def _read_page(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    check_always_open(facts, sheet.source)
    id = _id(sheet.source, facts)
    return _coin(sheet, id, np.arange(len(sheet.rows)), facts, ("date", *_FIELDS))


def _is_kaggle(sheet: Sheet) -> bool:
    return sheet.has("sno", "name", "symbol", "date", "marketcap", *_BARS)


def _read_kaggle(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    check_always_open(facts, sheet.source)
    names = np.array(sheet.text("name"))
    found = [str(name) for name in dict.fromkeys(names.tolist())]
    check_single(facts, len(found), sheet.source)
    drafts: list[Draft] = []
    for name in found:
        rows = np.flatnonzero(names == name)
        id = facts.id or slug(name)
        drafts += _coin(sheet, id, rows, facts, ("sno", "name", "symbol", "date", *_FIELDS))
    return tuple(drafts)


def _id(source: str, facts: Facts) -> str:
    if facts.id:
        return facts.id
    if export := _EXPORT_NAME.fullmatch(stem_of(source)):
        return slug(export[1])
    return one_of(slugs_in(source) or symbols_in(source), source, "coin")


def slug(name: str) -> str:
    """`Ethereum Classic` as `ethereum-classic`, which is how CoinMarketCap makes most slugs."""
    return plain(name).replace("_", "-")


def _coin(
    sheet: Sheet, id: str, rows: Int, facts: Facts, read: tuple[str, ...]
) -> tuple[Draft, ...]:
    """The bars of one coin and, where they belong to the open, its market caps by themselves."""
    dates = days(parse_clock(sheet.text("date"), sheet.source, "date", sheet.line), sheet)[rows]
    fields = {key: values[rows] for key, values in sheet.fields(_FIELDS).items()}
    basis = cap_basis(dates, fields)
    notes = {"market_cap": f"at the {basis} of the date", **_CURRENCY, **sheet.left_out(*read)}
    if basis == "close":
        return (bars(sheet.source, (VENDOR, id), dates, fields, facts, notes),)
    caps = {"market_cap": fields.pop("market_cap")}
    return (
        bars(sheet.source, (VENDOR, id), dates, fields, facts, notes),
        at_the_open(sheet.source, id, dates, caps, notes),
    )


def days(clock: Clock, sheet: Sheet) -> Instants:
    """Dates of days that end at 24:00 UTC; `23:59:59` is how some files write the end of one.

    Raises
    ------
    DataError
        For any other time of day.
    """
    dates = dates_of(clock)
    seconds = (clock.wall - dates) / np.timedelta64(1, "s")
    if clock.offset is not None and np.any(clock.offset != np.timedelta64(0, "ns")):
        raise DataError(f"{sheet.source}: the dates are not in UTC; convert them")
    if not np.all((seconds == 0) | (seconds >= 86_399)):
        raise DataError(
            f"{sheet.source}: the days of CoinMarketCap end at 23:59:59 UTC, and here is "
            f"{clock.wall[0].astype('datetime64[s]')}; the times are in another zone"
        )
    return dates


def cap_basis(dates: Instants, fields: Mapping[str, Float]) -> str:
    """Whether market caps belong to the `open` or the `close` of their days.

    The supply that a cap implies moves little from day to day with the right price, and by as much
    as the price with the other. Too few rows: `close`, which is never known too early.
    """
    order = np.argsort(dates, kind="stable")
    cap = fields["market_cap"][order]
    moves = {}
    for basis in ("open", "close"):
        price = fields[basis][order]
        usable = (cap > 0) & (price > 0)
        steps = np.abs(np.diff(np.log(cap[usable] / price[usable])))
        if len(steps) < _FEWEST_FOR_BASIS:
            return "close"
        moves[basis] = float(np.median(steps))
    return "open" if moves["open"] < moves["close"] else "close"


def at_the_open(
    source: str,
    id: str,
    dates: Instants,
    fields: Mapping[str, Float],
    notes: Mapping[str, str],
    ids: tuple[str, ...] | None = None,
) -> Draft:
    """The draft of values that are known at 00:00 UTC of their date."""
    key = f"{AT_THE_OPEN}/{id}/1d"
    return Draft(source, key, "instant", dates, fields, ids=ids, notes=notes)


EXPORT = TextFormat(
    "coinmarketcap-export",
    "CoinMarketCap's export with timeOpen, marketCap and circulatingSupply",
    _is_export,
    _read_export,
)
PAGE = TextFormat(
    "coinmarketcap-page", "a copy of CoinMarketCap's page of one coin", _is_page, _read_page
)
KAGGLE = TextFormat(
    "coinmarketcap-kaggle",
    "the Kaggle set with SNo, Name, Symbol and Marketcap",
    _is_kaggle,
    _read_kaggle,
)
