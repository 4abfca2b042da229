"""CryptoDataDownload's tables: newest first, times in UTC, a volume in either currency."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from feeds.arrays import DAY, Instant, Instants, text
from feeds.errors import DataError
from feeds.formats.clocks import in_utc, parse_clock, parse_epochs
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, TextFormat, bars, check_always_open, check_single
from feeds.formats.names import exchange_in
from feeds.formats.pairs import market_id
from feeds.formats.sheets import Sheet

_PRICES = ("open", "high", "low", "close")
_CREATED = re.compile(r"Created on (\d\d-\d\d-\d{4})")
_WHOLE = re.compile(r"\d{10}|\d{13}|\d{16}")


def _is_table(sheet: Sheet) -> bool:
    volumes = [name for name in sheet.names if name.startswith("volume_")]
    return sheet.has("date", "symbol", *_PRICES) and bool(volumes)


def _read_table(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    check_always_open(facts, sheet.source)
    clock = parse_clock(sheet.text("date"), sheet.source, "date", sheet.line)
    # The vendor states that its times are UTC.
    time = in_utc(clock, facts.zone or "UTC", sheet.source, "date")
    _check_epochs(sheet, time)
    symbols = np.array(sheet.text("symbol"))
    found = [str(each) for each in dict.fromkeys(symbols.tolist())]
    check_single(facts, len(found), sheet.source)
    exchange = exchange_in(sheet.source)
    vendor = f"cryptodatadownload-{exchange}" if exchange else "cryptodatadownload"
    drafts = []
    for symbol in found:
        rows = np.flatnonzero(symbols == symbol)
        columns = _columns(sheet, symbol)
        fields = {key: values[rows] for key, values in sheet.fields(columns).items()}
        notes = {
            "volume": "in coins of the base; quote_volume in the quote currency",
            **sheet.left_out("date", "symbol", "unix", *columns),
        }
        place = (vendor, market_id(symbol, exchange or ""))
        drafts.append(bars(sheet.source, place, time[rows], fields, facts, notes))
    saved_at = _saved_at(sheet)
    return tuple(_saved(draft, saved_at) for draft in drafts)


def _columns(sheet: Sheet, symbol: str) -> dict[str, str]:
    """Field by column: the volume named after the base is in coins, any other in the quote.

    The tables of some exchanges call the base's `Volume BTC` and the quote's plain `Volume`.
    """
    pair = re.sub("[^a-z0-9]", "", symbol.lower())
    coins = [name.removeprefix("volume_") for name in sheet.names if name.startswith("volume_")]
    # Both may begin the pair, as USDT and USD do in USDTUSD: the longer one is its base.
    base = max(
        (coin for coin in coins if coin == "from" or pair.startswith(coin)), key=len, default=""
    )
    if not base or len(coins) > 2 or (len(coins) == 2 and "volume" in sheet.names):
        raise DataError(
            f"{sheet.source}: which of its volumes counts coins of {symbol} cannot be told; "
            "name it after the coin, as in `Volume BTC`"
        )
    quote = next((f"volume_{coin}" for coin in coins if coin != base), "volume")
    return {
        **{key: key for key in _PRICES},
        f"volume_{base}": "volume",
        quote: "quote_volume",
        "tradecount": "trades",
        "trade_count": "trades",
    }


def _check_epochs(sheet: Sheet, time: Instants) -> None:
    """Stop where the column of epochs, as far as a spreadsheet left it whole, says otherwise."""
    if "unix" not in sheet.names:
        return
    cells = [cell.strip().removesuffix(".0") for cell in sheet.text("unix")]
    whole = [place for place, cell in enumerate(cells) if _WHOLE.fullmatch(cell)]
    if not whole:
        return
    stated = parse_epochs([cells[place] for place in whole], sheet.source, "unix", sheet.line)
    wrong = np.flatnonzero(stated != time[whole])
    if len(wrong):
        row = whole[int(wrong[0])]
        raise DataError(
            f"{sheet.source}: line {sheet.line + row}: date {text(time[row])} is not the instant "
            f"in the column unix, {text(stated[wrong[0]])}; the dates are in another zone than UTC"
        )


def _saved_at(sheet: Sheet) -> Instant | None:
    """The last instant of the day on which the line above the header says the file was made."""
    created = _CREATED.search(sheet.title)
    if not created:
        return None
    day = parse_clock([created[1].replace("-", "/")], sheet.source, "Created on", 1).wall[0]
    return day + DAY - np.timedelta64(1, "ms")


def _saved(draft: Draft, saved_at: Instant | None) -> Draft:
    return draft if saved_at is None else replace(draft, saved_at=saved_at)


TABLE = TextFormat(
    "cryptodatadownload", "a table of CryptoDataDownload, newest row first", _is_table, _read_table
)
