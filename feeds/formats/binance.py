"""Binance's klines: dumps without a header, and tables that name the twelve columns."""

from __future__ import annotations

import re

import numpy as np

from feeds.arrays import Instants, text
from feeds.errors import DataError
from feeds.formats.clocks import EPOCH, in_utc, parse_clock, parse_epochs
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, TextFormat, bars, check_always_open
from feeds.formats.lengths import length_between
from feeds.formats.names import one_of, stem_of
from feeds.formats.pairs import market_id, pairs_in
from feeds.formats.sheets import Sheet

_COLUMNS = (
    "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_asset_volume",
    "number_of_trades", "taker_buy_base_asset_volume", "taker_buy_quote_asset_volume", "ignore",
)  # fmt: skip
_FIELDS = {
    "open": "open", "high": "high", "low": "low", "close": "close", "volume": "volume",
    **dict.fromkeys(
        ("quote_asset_volume", "quote_volume", "quote_av", "qav", "quoteassetvolume"),
        "quote_volume",
    ),
    **dict.fromkeys(
        ("number_of_trades", "trades", "count", "num_trades", "numberoftrades"), "trades"
    ),
    **dict.fromkeys(
        ("taker_buy_base_asset_volume", "taker_buy_base", "taker_buy_volume", "tb_base_av",
         "taker_buy_base_volume", "takerbuybaseassetvolume"), "taker_base_volume",
    ),
    **dict.fromkeys(
        ("taker_buy_quote_asset_volume", "taker_buy_quote", "taker_buy_quote_volume",
         "tb_quote_av", "takerbuyquoteassetvolume"), "taker_quote_volume",
    ),
}  # fmt: skip
_OPEN_TIMES = ("open_time", "opentime", "timestamp", "open_date")
_CLOSE_TIMES = ("close_time", "closetime", "close_date")
_DUMP = re.compile(r"([A-Z0-9]+(?:_PERP|_\d{6})?)-(?:\d+[smhdw]|1mo|1M)-\d{4}.*")
_LATEST = np.timedelta64(1, "ms")
"""Klines end in the last milli- or microsecond before the next one."""


def _is_klines(sheet: Sheet) -> bool:
    if not sheet.names:
        first = sheet.rows[0]
        return len(first) == len(_COLUMNS) and bool(
            EPOCH.fullmatch(first[0]) and EPOCH.fullmatch(first[6])
        )
    return bool(
        sheet.first(*_OPEN_TIMES)
        and sheet.first(*_CLOSE_TIMES)
        and sheet.has("open", "high", "low", "close", "volume")
    )


def _read_klines(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    check_always_open(facts, sheet.source)
    if not sheet.names:
        sheet = sheet.named(*_COLUMNS)
    opens, ends = sheet.first(*_OPEN_TIMES), sheet.first(*_CLOSE_TIMES)
    time, closed = _times(sheet, opens, facts), _times(sheet, ends, facts)
    early = np.flatnonzero(closed <= time)
    if len(early):
        raise DataError(
            f"{sheet.source}: line {sheet.line + int(early[0])}: the bar {text(time[early[0]])} "
            f"closes at {text(closed[early[0]])}, before it opens; get the file again"
        )
    draft = bars(
        sheet.source,
        ("binance", _id(sheet.source, facts)),
        time,
        sheet.fields(_FIELDS),
        facts,
        {
            "volume": "in coins of the base; quote_volume in the quote currency",
            "market": "the file does not say whether spot or futures",
            **sheet.left_out(opens, ends, "ignore", *_FIELDS),
        },
        length_between(time, closed + _LATEST),
    )
    return (draft,)


def _times(sheet: Sheet, column: str, facts: Facts) -> Instants:
    cells = sheet.text(column)
    if EPOCH.fullmatch(cells[0].strip()):
        return parse_epochs(cells, sheet.source, column, sheet.line)
    # Binance's times are UTC; tables where somebody wrote them out are taken to have kept it.
    clock = parse_clock(cells, sheet.source, column, sheet.line)
    return in_utc(clock, facts.zone or "UTC", sheet.source, column)


def _id(source: str, facts: Facts) -> str:
    if facts.id:
        return facts.id
    if dump := _DUMP.fullmatch(stem_of(source)):
        return dump[1]
    found = [market_id(pair, "binance") for pair in pairs_in(source)]
    return one_of(found, source, "symbol")


KLINES = TextFormat(
    "binance-klines", "Binance klines, with or without a header", _is_klines, _read_klines
)
