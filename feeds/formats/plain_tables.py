"""Tables whose header names no vendor: bars of an exchange named by the file, dated values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from feeds.errors import DataError
from feeds.formats.clocks import EPOCH, in_utc, is_dotted, parse_clock, parse_epochs
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, TextFormat, bars, check_always_open, check_single
from feeds.formats.lengths import length_of
from feeds.formats.names import exchange_in, one_of, stem_of
from feeds.formats.pairs import market_id, pairs_in
from feeds.formats.sheets import Sheet, plain

_TIMES = ("date", "time", "timestamp", "datetime")
_BARS = {key: key for key in ("open", "high", "low", "close", "volume")}
_SYMBOLS = ("symbol", "pair", "market")


def _is_bars(sheet: Sheet) -> bool:
    return exchange_in(sheet.source) is not None and holds_bars(sheet)


def holds_bars(sheet: Sheet) -> bool:
    """Whether the columns are those of bars, whoever made them."""
    return bool(sheet.first(*_TIMES)) and sheet.has("open", "high", "low", "close")


def _read_bars(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """The bars of each market in a table of an exchange; its name says which exchange."""
    check_always_open(facts, sheet.source)
    exchange = facts.vendor or exchange_in(sheet.source) or ""
    column = sheet.first(*_TIMES)
    notes = {"volume": "as in the file, which does not say its unit"}
    cells = sheet.text(column)
    if EPOCH.fullmatch(cells[0].strip()):
        time = parse_epochs(cells, sheet.source, column, sheet.line)
    else:
        clock = parse_clock(cells, sheet.source, column, sheet.line)
        time = in_utc(clock, facts.zone or "UTC", sheet.source, column)
        if clock.offset is None and not clock.dated and facts.zone is None:
            notes["zone"] = f"not in the file; taken as UTC, in which {exchange} stamps its bars"
    by = sheet.first(*_SYMBOLS)
    notes |= sheet.left_out(column, by, "base", "quote", *_BARS)
    fields = sheet.fields(_BARS)
    if not by:
        found = [market_id(pair, exchange) for pair in pairs_in(sheet.source)]
        id = facts.id or one_of(found, sheet.source, "symbol")
        return (bars(sheet.source, (exchange, id), time, fields, facts, notes),)
    symbols = np.array(sheet.text(by))
    names = [str(each) for each in dict.fromkeys(symbols.tolist())]
    check_single(facts, len(names), sheet.source)
    length = length_of(time, sheet.source)
    drafts = []
    for name in names:
        rows = np.flatnonzero(symbols == name)
        if not market_id(name, exchange):
            raise DataError(f"{sheet.source}: line {sheet.line + rows[0]}: the symbol is blank")
        place = (exchange, market_id(name, exchange))
        some = {key: values[rows] for key, values in fields.items()}
        drafts.append(bars(sheet.source, place, time[rows], some, facts, notes, length))
    return tuple(drafts)


def _is_dated_values(sheet: Sheet) -> bool:
    return (
        len(sheet.names) == 2 and sheet.names[0] in ("date", "time") and is_dotted(sheet.rows[0][0])
    )


def _read_dated_values(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """Values whose source the file does not name; taken as known at the end of their day."""
    check_always_open(facts, sheet.source)
    column, value = sheet.names
    clock = parse_clock(sheet.text(column), sheet.source, column, sheet.line)
    notes = {
        "vendor": "not in the file",
        "stamp": "the file does not say whether a row is the start or the end of its date; "
        "taken as the end, which is never too early",
    }
    id = facts.id or stem_of(sheet.source)
    fields = {plain(value) or "value": sheet.numbers(value)}
    draft = bars(sheet.source, ("file", id), clock.wall, fields, facts, notes)
    if facts.stamp == "instant":
        draft = replace(draft, stamp="instant", closes_at=None)
    return (draft,)


BARS = TextFormat(
    "exchange-bars",
    "bars of an exchange that the file's name or folder states, of one market or many",
    _is_bars,
    _read_bars,
)
DATED_VALUES = TextFormat(
    "dated-values",
    "two columns: dates such as 2017.12.2, and values",
    _is_dated_values,
    _read_dated_values,
)
