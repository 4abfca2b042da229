"""Files as vendors write them, to series: recognised by their content, or refused with the reason.

Each format is a module that knows one vendor's habits. Nothing is guessed in silence: what a file
does not say is taken from its name by stated rules, from the `Facts` the user gives, or refused.
"""

from __future__ import annotations

import numpy as np

from feeds.errors import DataError
from feeds.formats import (
    binance,
    coingecko,
    coinmarketcap,
    coinmarketcap_lists,
    cryptodatadownload,
    fred,
    freqtrade,
    plain_tables,
    tradingview,
    yahoo,
)
from feeds.formats.drafts import CUT_OFF, Draft, normalised
from feeds.formats.format import Facts, Format, TextFormat
from feeds.formats.sheets import Sheet, sheet_of
from feeds.formats.unpacking import decoded, is_arrow, unpacked
from feeds.series import Series

__all__ = ["CUT_OFF", "FORMATS", "Facts", "Format", "read_vendor_file", "recognise"]

_NO_FACTS = Facts()
FREQTRADE = Format("freqtrade", "candles of freqtrade in feather or Parquet")
FORMATS = (
    yahoo.HEADER_ROWS,
    binance.KLINES,
    cryptodatadownload.TABLE,
    coinmarketcap.EXPORT,
    coinmarketcap.KAGGLE,
    coinmarketcap_lists.DAY_OF_ALL,
    coinmarketcap_lists.SNAPSHOT,
    coinmarketcap_lists.CHART,
    coinmarketcap.PAGE,
    coingecko.GECKO,
    coingecko.LEGACY,
    coingecko.COMMUNITY,
    fred.TABLE,
    yahoo.DOWNLOAD,
    tradingview.CHART,
    plain_tables.BARS,
    plain_tables.DATED_VALUES,
)
"""Formats of text, the particular before the general: the first that matches is the one."""


def recognise(content: bytes, name: str) -> Format:
    """The format of a file, by its content.

    Parameters
    ----------
    content : bytes
        The whole file; gzip and zip are seen through.
    name : str
        Its name, with the folder it is in where that says something, such as the exchange.

    Raises
    ------
    DataError
        For a file that is empty, damaged, no table, or of no format that is known.
    """
    content, name = unpacked(content, name)
    return FREQTRADE if is_arrow(content) else _format_of(sheet_of(decoded(content, name), name))


def read_vendor_file(
    content: bytes, name: str, now: np.datetime64 | None = None, facts: Facts = _NO_FACTS
) -> tuple[Series, ...]:
    """The series in a vendor's file, each row as the vendor gave it.

    Parameters
    ----------
    content, name
        As those of `recognise`.
    now : datetime64 or None
        When the file was saved if that is known, else the present: bars that close later are
        dropped and noted. None: every bar counts as closed.
    facts : Facts
        What the user knows about the file.

    Raises
    ------
    DataError
        For a file that cannot be read without a guess, with what is wrong and what to do.
    """
    content, name = unpacked(content, name)
    drafts = _drafts(content, name, facts)
    stamps = {draft.stamp for draft in drafts} - {facts.stamp}
    if facts.stamp and stamps:
        raise DataError(
            f"{name}: its vendor stamps rows as {', '.join(sorted(stamps))}, which is not to be "
            f"changed to {facts.stamp}; drop `--stamp`"
        )
    return tuple(normalised(draft, now, facts.duplicates) for draft in drafts)


def _drafts(content: bytes, name: str, facts: Facts) -> tuple[Draft, ...]:
    if is_arrow(content):
        return freqtrade.read_candles(content, name, facts)
    sheet = sheet_of(decoded(content, name), name)
    return _format_of(sheet, facts).read(sheet, facts)


def _format_of(sheet: Sheet, facts: Facts = _NO_FACTS) -> TextFormat:
    found = next((each for each in FORMATS if each.matches(sheet)), None)
    if found is not None:
        return found
    if facts.vendor and plain_tables.holds_bars(sheet):
        return plain_tables.BARS
    bars = " If it holds bars of an exchange, name it with `--vendor`."
    head = sheet.labels or tuple(sheet.rows[0])
    shown = ", ".join(label or "(blank)" for label in head)[:200]
    what = "columns are" if sheet.labels else f"{len(head)} numbers without a header begin with"
    raise DataError(
        f"{sheet.source}: is of no known format; its {what} {shown}."
        f"{bars if plain_tables.holds_bars(sheet) else ''} If it is one of a folder of plain "
        "tables, describe the folder in a layout"
    )
