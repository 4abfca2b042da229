"""Yahoo's prices: its own download, and what yfinance saves, with one header row or three."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import numpy as np

from feeds.arrays import Instants
from feeds.calendars import ALWAYS
from feeds.errors import DataError
from feeds.formats.clocks import dates_of, in_utc, parse_clock
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, TextFormat, bars, check_single, known_at_close
from feeds.formats.lengths import closes, length_of
from feeds.formats.names import one_of, symbols_in, words_of
from feeds.formats.sheets import Sheet, plain

_FIELDS = {
    "open": "open", "high": "high", "low": "low", "close": "close", "adj_close": "adj_close",
    "volume": "volume", "dividends": "dividends", "stock_splits": "splits",
    "capital_gains": "capital_gains",
}  # fmt: skip
_PRICES = ("open", "high", "low", "close")
_WHOLE_DAYS = ("1d", "1w", "1mo")
_PAIR = re.compile(r"[A-Z0-9]{2,12}-(USD|EUR|GBP|JPY|CAD|AUD|KRW|INR|CHF|CNY|BTC|ETH|USDT)")
_NEW_YORK = """
^DJA ^DJI ^DJT ^DJU ^GSPC ^IXIC ^MID ^NDX ^NYA ^OEX ^RUA ^RUI ^RUJ ^RUO ^RUT ^SOX ^SP600 ^SPX ^XAX
"""
_CBOE = "^FVX ^IRX ^TNX ^TYX ^VIX ^VVIX ^VXN"
"""Told until 16:15 New York time, a quarter of an hour longer than the New York Stock Exchange."""
_INDICES = {
    **dict.fromkeys(_NEW_YORK.split(), "XNYS"),
    **dict.fromkeys(_CBOE.split(), "XCBF"),
    "^FTSE": "XLON", "^GDAXI": "XETR", "^FCHI": "XPAR", "^N225": "XTKS", "^HSI": "XHKG",
    "^GSPTSE": "XTSE", "^AXJO": "XASX", "^KS11": "XKRX", "^SSMI": "XSWX", "^BVSP": "BVMF",
}  # fmt: skip
_CALENDARS = {
    "": "XNYS", "AS": "XAMS", "AX": "XASX", "BR": "XBRU", "CO": "XCSE", "DE": "XETR", "F": "XFRA",
    "HE": "XHEL", "HK": "XHKG", "IR": "XDUB", "JK": "XIDX", "KQ": "XKRX", "KS": "XKRX",
    "L": "XLON", "LS": "XLIS", "MC": "XMAD", "MI": "XMIL", "MX": "XMEX", "NZ": "XNZE",
    "OL": "XOSL", "PA": "XPAR", "SA": "BVMF", "SI": "XSES", "SS": "XSHG", "ST": "XSTO",
    "SW": "XSWX", "SZ": "XSHG", "T": "XTKS", "TO": "XTSE", "TW": "XTAI", "VI": "XWBO",
    "WA": "XWAR",
}  # fmt: skip
_HEADS = {"price": "Price", "ticker": "Ticker", "date": "Date", "datetime": "Datetime"}
_ADJUSTED = "close for splits only; adj_close for splits and dividends, as of the download"
_UNADJUSTED = "the file does not say whether prices are adjusted for dividends"
_VOLUME = "as in the file, which does not say its unit; files of one index differ by 100"


def _is_download(sheet: Sheet) -> bool:
    if not sheet.first("date", "datetime") or not sheet.has(*_PRICES):
        return False
    told = {word.lower() for word in words_of(sheet.source)} & {"yahoo", "yfinance"}
    return sheet.has("adj_close") or sheet.has("dividends", "stock_splits") or bool(told)


def _read_download(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    id = facts.id or one_of(symbols_in(sheet.source), sheet.source, "symbol")
    return (_prices(sheet, id, facts),)


def _has_header_rows(sheet: Sheet) -> bool:
    return sheet.names[:1] in (("price",), ("ticker",)) and plain(sheet.rows[0][0]) in _HEADS


def _read_header_rows(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """The series of a table whose columns have a price name and a ticker, in either order."""
    depth = next(
        (place for place, row in enumerate(sheet.rows) if plain(row[0]) not in _HEADS),
        len(sheet.rows),
    )
    heads = [(plain(row[0]), list(row[1:])) for row in (sheet.labels, *sheet.rows[:depth])]
    rows = sheet.rows[depth:]
    if not rows:
        raise DataError(f"{sheet.source}: has a header and no rows; get the file again")
    _check_heads(heads, rows[0], sheet)
    named = dict(heads)
    tickers = list(dict.fromkeys(named["ticker"]))
    check_single(facts, len(tickers), sheet.source)
    time = "Datetime" if "datetime" in named else "Date"
    drafts = []
    for ticker in tickers:
        places = [place for place, each in enumerate(named["ticker"], 1) if each == ticker]
        labels = (time, *(named["price"][place - 1] for place in places))
        table = replace(
            sheet,
            labels=labels,
            names=tuple(map(plain, labels)),
            rows=[[row[0], *(row[place] for place in places)] for row in rows],
            line=sheet.line + depth,
        )
        drafts.append(_prices(table, facts.id or ticker, facts))
    return tuple(drafts)


def _check_heads(heads: list[tuple[str, list[str]]], first: list[str], sheet: Sheet) -> None:
    """Stop for header rows that do not name every column once: its values are not to be trusted."""
    wrong = [
        f"the header row '{_HEADS[name]}' stands {count} times"
        for name, count in Counter(name for name, _ in heads).items()
        if count > 1
    ]
    named = dict(reversed(heads))
    wrong += [
        f"there is no header row '{_HEADS[name]}'"
        for name in ("price", "ticker")
        if name not in named
    ]
    prices, tickers = named.get("price", []), named.get("ticker", [])
    wrong += [
        f"column {place} is named '{label}', which is no price, and begins with {first[place - 1]}"
        for place, label in enumerate(prices, 2)
        if plain(label) not in _FIELDS
    ]
    columns = Counter(zip(prices, tickers, strict=False))
    wrong += [f"'{label}' stands {n} times" for (label, _), n in columns.items() if n > 1]
    wrong += ["a column has no ticker"] if not all(map(str.strip, tickers)) else []
    if wrong:
        raise DataError(
            f"{sheet.source}: {'; '.join(wrong)}. The columns are shifted against their names, as "
            "when a table is saved twice: what is under 'Close' may be no close. Download it again"
        )


def _prices(sheet: Sheet, id: str, facts: Facts) -> Draft:
    column = sheet.first("datetime", "date")
    clock = parse_clock(sheet.text(column), sheet.source, column, sheet.line)
    fields = sheet.fields(_FIELDS)
    if missing := [key for key in _PRICES if key not in fields]:
        raise DataError(f"{sheet.source}: has no column {', '.join(missing)}; get it again")
    notes = {
        "adjustment": _ADJUSTED if "adj_close" in fields else _UNADJUSTED,
        "volume": _VOLUME,
        **sheet.left_out(column, *_FIELDS),
    }
    dates, paired = dates_of(clock), _PAIR.fullmatch(id) is not None
    # A table of several tickers has blank rows where only another one was traded.
    held = clock.wall[~np.all([np.isnan(fields[key]) for key in _PRICES], axis=0)]
    if not len(held):
        raise DataError(f"{sheet.source}: all {len(dates)} rows of {id} are blank")
    length = facts.frequency or length_of(held, sheet.source, traded_daily=paired)
    if column == "datetime" or length not in _WHOLE_DAYS:
        time = in_utc(clock, facts.zone, sheet.source, column)
        draft = bars(sheet.source, ("yahoo", id), time, fields, facts, notes, length)
        return draft if paired else known_at_close(draft)
    calendar = facts.calendar or (ALWAYS if paired else _calendar(id, held, length, sheet.source))
    if calendar == ALWAYS:
        return bars(sheet.source, ("yahoo", id), dates, fields, facts, notes, length)
    daily = length == "1d"
    ends = None if daily else closes(dates, length, sheet.source)
    return Draft(
        source=sheet.source,
        key=f"{facts.vendor or 'yahoo'}/{id}/{length}",
        stamp="session_close" if daily else "release",
        calendar=calendar if daily else ALWAYS,
        time=dates,
        fields=fields,
        known_at=ends,
        closes_at=ends,
        notes=notes,
    )


def _calendar(id: str, dates: Instants, length: str, source: str) -> str:
    """Where a share, a fund or an index is traded, by the ending of its id."""
    weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
    if length == "1d" and (weekday >= 5).any():
        raise DataError(
            f"{source}: {id} has rows on weekends; if it trades on all days give `--calendar 24/7`"
        )
    if id in _INDICES:
        return _INDICES[id]
    ending = id.rpartition(".")[2] if "." in id else ""
    if id.startswith("^") or "=" in id or ending not in _CALENDARS:
        raise DataError(
            f"{source}: where {id} is traded is not known, so neither is when a session of it "
            "closes; give its calendar, such as `--calendar XNYS`"
        )
    return _CALENDARS[ending]


DOWNLOAD = TextFormat(
    "yahoo-download", "Yahoo's table, or one ticker saved by yfinance", _is_download, _read_download
)
HEADER_ROWS = TextFormat(
    "yfinance-header-rows",
    "yfinance's table with rows Price, Ticker and Date above the data",
    _has_header_rows,
    _read_header_rows,
)
