"""TradingView's export of a chart, with whatever indicators were on it."""

from __future__ import annotations

import re

import numpy as np

from feeds.arrays import HOUR, Instants, instants
from feeds.calendars import ALWAYS
from feeds.errors import DataError
from feeds.formats.clocks import in_utc, is_midnight, parse_clock
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, TextFormat, bars, known_at_close
from feeds.formats.lengths import length_of
from feeds.formats.names import interval_of, one_of, words_of
from feeds.formats.sheets import Sheet
from feeds.times import in_range

_PRICES = ("open", "high", "low", "close")
_EPOCH = re.compile(r"-?\d{1,10}")
_WORD = re.compile(r"(?=.*[A-Z])[A-Z0-9][A-Z0-9.!]*")


def _is_chart(sheet: Sheet) -> bool:
    first = sheet.names[:5] == ("time", *_PRICES)
    cell = sheet.rows[0][0].strip()
    return first and bool(_EPOCH.fullmatch(cell) or "T" in cell or "tradingview" in sheet.source)


def _read_chart(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """The bars of the chart; a volume only where there is one column of that name."""
    time = _times(sheet, facts)
    columns = {key: key for key in _PRICES}
    if sheet.names.count("volume") == 1:
        columns["volume"] = "volume"
    fields = sheet.fields(columns)
    notes = {
        "volume": "as in the file, which does not say its unit",
        **sheet.left_out("time", *columns),
    }
    id = facts.id or _id(sheet.source)
    place = ("tradingview", id)
    if facts.calendar in (None, ALWAYS):
        if length_of(time, sheet.source) == "1d" and not is_midnight(time):
            raise DataError(
                f"{sheet.source}: its days begin at {time[0].astype('datetime64[m]')}Z, as those "
                "of an exchange; give its calendar, such as `--calendar XNYS`"
            )
        return (bars(sheet.source, place, time, fields, facts, notes),)
    if (length := length_of(time, sheet.source, traded_daily=False)) != "1d":
        draft = bars(sheet.source, place, time, fields, facts, notes, length)
        return (known_at_close(draft),)
    # A session opens on its date, or, in the far east, in the last hours of UTC before it.
    dates = instants((time + 3 * HOUR).astype("datetime64[D]"))
    draft = Draft(
        sheet.source, f"{facts.vendor or 'tradingview'}/{id}/1d", "session_close", dates, fields,
        calendar=facts.calendar, notes=notes,
    )  # fmt: skip
    return (draft,)


def _times(sheet: Sheet, facts: Facts) -> Instants:
    """Seconds since 1970, or ISO times."""
    cells = [cell.strip() for cell in sheet.text("time")]
    if not all(map(_EPOCH.fullmatch, cells)):
        clock = parse_clock(cells, sheet.source, "time", sheet.line)
        return in_utc(clock, facts.zone, sheet.source, "time")
    try:
        return in_range(np.array([int(cell) for cell in cells]).astype("datetime64[s]"))
    except ValueError as error:
        raise DataError(f"{sheet.source}: a time is {error}; get the file again") from None


def _id(source: str) -> str:
    """`CRYPTOCAP_TOTAL` for `CRYPTOCAP_TOTAL, 1D.csv`: exchange and symbol, as in the name."""
    words = [
        word
        for word in words_of(source)
        if _WORD.fullmatch(word) and interval_of(word) is None and word != "TRADINGVIEW"
    ]
    return one_of(["_".join(words)] if 0 < len(words) <= 2 else words, source, "symbol")


CHART = TextFormat("tradingview-chart", "TradingView's export of a chart", _is_chart, _read_chart)
