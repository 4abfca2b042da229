"""CoinGecko's and Coin Metrics' histories of one coin."""

from __future__ import annotations

import re

from feeds.arrays import DAY
from feeds.formats.clocks import dates_of, in_utc, parse_clock
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, TextFormat, bars, check_always_open
from feeds.formats.names import one_of, slugs_in, words_of
from feeds.formats.sheets import Sheet

_EXPORT_NAME = re.compile(r"(.+)-([a-z]{3,4})-(?:max|\d+d?)")
_GECKO = {"price": "close", "market_cap": "market_cap", "total_volume": "volume"}
_LEGACY = {"price_usd": "close", "marketcap_usd": "market_cap"}
_COMMUNITY = {"priceusd": "close", "referencerateusd": "close", "capmrktcurusd": "market_cap"}


def _is_gecko(sheet: Sheet) -> bool:
    return sheet.has("snapped_at", *_GECKO)


def _read_gecko(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """What CoinGecko showed at each instant; a row of 00:00 is the close of the day before."""
    check_always_open(facts, sheet.source)
    clock = parse_clock(sheet.text("snapped_at"), sheet.source, "snapped_at", sheet.line)
    named = [part for word in words_of(sheet.source) if (part := _EXPORT_NAME.fullmatch(word))]
    found = [part[1] for part in named] or slugs_in(sheet.source)
    id = facts.id or one_of(found, sheet.source, "coin")
    notes = {
        "currency": named[0][2] if named else "not in the file",
        "market_cap": "0 where CoinGecko did not know it",
        **({} if facts.id else {"id": "from the name of the file, where CoinGecko writes symbols"}),
        **sheet.left_out("snapped_at", *_GECKO),
    }
    draft = Draft(
        sheet.source,
        f"{facts.vendor or 'coingecko'}/{id}/{facts.frequency or '1d'}",
        facts.stamp or "instant",
        in_utc(clock, facts.zone, sheet.source, "snapped_at"),
        sheet.fields(_GECKO),
        notes=notes,
    )
    return (draft,)


def _is_legacy(sheet: Sheet) -> bool:
    return sheet.has("date", *_LEGACY)


def _read_legacy(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """Price and cap of 00:00 UTC of each date, and by itself the volume of the day that follows."""
    check_always_open(facts, sheet.source)
    clock = parse_clock(sheet.text("date"), sheet.source, "date", sheet.line)
    dates, id = dates_of(clock), _id(sheet, facts)
    notes = {
        "close": "the price at 00:00 UTC of the date, so the close of the day before",
        "volume": "of the day that begins there, in US dollars",
        **sheet.left_out("date", "exchangevolume_usd", *_LEGACY),
    }
    prices = Draft(
        sheet.source, f"coinmetrics-open/{id}/1d", "instant", dates, sheet.fields(_LEGACY),
        notes=notes,
    )  # fmt: skip
    if "exchangevolume_usd" not in sheet.names:
        return (prices,)
    volume = {"volume": sheet.numbers("exchangevolume_usd")}
    return prices, Draft(
        sheet.source, f"{facts.vendor or 'coinmetrics'}/{id}/1d", "day_start", dates, volume,
        closes_at=dates + DAY, notes=notes,
    )  # fmt: skip


def _is_community(sheet: Sheet) -> bool:
    return sheet.names[:1] == ("time",) and bool(sheet.first("priceusd", "referencerateusd"))


def _read_community(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """Price and cap of the end of each date."""
    check_always_open(facts, sheet.source)
    clock = parse_clock(sheet.text("time"), sheet.source, "time", sheet.line)
    time = in_utc(clock, facts.zone, sheet.source, "time")
    columns = {sheet.first("priceusd", "referencerateusd"): "close", "capmrktcurusd": "market_cap"}
    notes = {"close": "at the end of the date", **sheet.left_out("time", *_COMMUNITY)}
    place = ("coinmetrics", _id(sheet, facts))
    return (bars(sheet.source, place, time, sheet.fields(columns), facts, notes),)


def _id(sheet: Sheet, facts: Facts) -> str:
    return facts.id or one_of(slugs_in(sheet.source), sheet.source, "coin")


GECKO = TextFormat("coingecko", "CoinGecko's export of one coin", _is_gecko, _read_gecko)
LEGACY = TextFormat(
    "coinmetrics-legacy", "Coin Metrics' table of 2019, price(USD)", _is_legacy, _read_legacy
)
COMMUNITY = TextFormat(
    "coinmetrics-community", "Coin Metrics' table, PriceUSD", _is_community, _read_community
)
