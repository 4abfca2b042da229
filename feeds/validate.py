"""Checks at the border: what is wrong with a file stops here, with the row that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from feeds.arrays import Bool, Float, Instants, Int, text
from feeds.errors import DataError
from feeds.files import Rows
from feeds.panel import OHLC

TOLERANCE = 1e-9
"""Relative slack of high and low: vendors round each price by itself."""

SPIKE = 10.0
BAD_BARS, SPIKES, WICKS = "bad_bars", "spikes", "wicks"


class Fault(NamedTuple):
    """Rows of one file that cannot be as they are.

    Attributes
    ----------
    kind : str
        `bad_bars`, or `contradicting_rows` and the like: a key of `feeds.quality.QualitySpec`.
    wrong : bool (R,)
    field : str
        The column that shows it.
    why : str
        What a right value is, and what to do.
    other : float (R,) or None
        What the value is compared with, called `other_name`.
    """

    kind: str
    wrong: Bool
    field: str
    why: str
    other: Float | None = None
    other_name: str = "low"


def only(rows: Rows, kept: Bool | Int) -> Rows:
    """Some of the rows."""
    return replace(
        rows,
        time=rows.time[kept],
        known_at=None if rows.known_at is None else rows.known_at[kept],
        values={field: values[kept] for field, values in rows.values.items()},
    )


def blank_rows(rows: Rows, tradable: bool) -> Bool:
    """Rows that hold nothing, bool (R,): no value, or no price and no trade.

    Raises
    ------
    DataError
        If all are blank.
    """
    blank = _all_nan(rows.values.values(), len(rows.time))
    if tradable:  # vendors write 0 or nothing for the volume
        blank = _all_nan([rows.values[key] for key in OHLC], len(rows.time))
        if "volume" in rows.values:
            blank &= np.nan_to_num(rows.values["volume"]) == 0
    if blank.all():
        raise DataError(f"{rows.source}: all {len(blank)} rows are blank; remove the file")
    return blank


def _all_nan(columns: Iterable[Float], count: int) -> Bool:
    blank = np.ones(count, dtype=bool)
    for values in columns:
        blank &= np.isnan(values)
    return blank


def bad_values(rows: Rows, tradable: bool) -> Iterator[Fault]:
    """What cannot be a value, or a bar: the first kind of fault first.

    Parameters
    ----------
    rows : Rows
        Without blank rows; values other than bars may be zero, negative or partly blank.
    tradable : bool
        Whether the rows are bars.
    """
    finite = "numbers are finite. Correct the row, or leave it blank"
    for field, values in rows.values.items():
        yield Fault(BAD_BARS, np.isinf(values), field, finite)
    if tradable:
        yield from _bad_bars(rows)


def _bad_bars(rows: Rows) -> Iterator[Fault]:
    price = {key: rows.values[key] for key in OHLC}
    part = "part of a bar is no bar. Fill the row, or leave all of it blank if there was no bar"
    for key, values in price.items():
        yield Fault(BAD_BARS, np.isnan(values), key, part)
    above = "prices are above 0. Fix the row, or leave it blank if there was no bar"
    for key, values in price.items():
        yield Fault(BAD_BARS, values <= 0, key, above)
    high, low = price["high"], price["low"]
    slack = TOLERANCE * high
    too_high = "it is above the high. Fix the row"
    too_low = "it is below the low. Fix the row"
    yield Fault(BAD_BARS, high < low - slack, "high", too_low, low)
    for key in ("open", "close"):
        yield Fault(BAD_BARS, price[key] > high + slack, key, too_high, high, "high")
        yield Fault(BAD_BARS, price[key] < low - slack, key, too_low, low)
    if "volume" in rows.values:
        negative = rows.values["volume"] < 0
        yield Fault(BAD_BARS, negative, "volume", "it is at least 0. Fix the row")


def spikes(rows: Rows) -> Iterator[Fault]:
    """Opens and closes ten times, or a tenth, of the closes before and after: slips of a keyboard.

    A crash does not come back within a bar, and the last bar has nothing after it to tell by.
    """
    close = rows.values["close"]
    before, after = _closes_before(close), np.concatenate((close[1:], [np.nan]))
    up, down = np.maximum(before, after) * SPIKE, np.minimum(before, after) / SPIKE
    why = "it is ten times away from the closes around it. Correct the row"
    for key in ("open", "close"):
        wrong = (rows.values[key] >= up) | (rows.values[key] <= down)
        yield Fault(SPIKES, wrong, key, why, before, "the close before of")


def wicks(rows: Rows) -> Iterator[Fault]:
    """Highs and lows ten times away from open, close and the close before: back within the bar."""
    first, last = rows.values["open"], rows.values["close"]
    before = _closes_before(last)
    top = np.fmax(np.maximum(first, last), before)
    bottom = np.fmin(np.minimum(first, last), before)
    why = "it is ten times away from the open and the close. Correct the row"
    above, below = rows.values["high"] >= top * SPIKE, rows.values["low"] <= bottom / SPIKE
    yield Fault(WICKS, above, "high", why, top, "open, close and the close before up to")
    yield Fault(WICKS, below, "low", why, bottom, "open, close and the close before down to")


def _closes_before(close: Float) -> Float:
    return np.concatenate(([np.nan], close[:-1]))


def check_release(rows: Rows) -> None:
    """Check that nothing was published before its own date.

    Raises
    ------
    DataError
        Naming the first row that was.
    """
    if rows.known_at is None:
        return
    early = np.flatnonzero(rows.known_at < rows.time)
    if len(early):
        raise DataError(
            f"{rows.source}: the row {text(rows.time[early[0]])} is known_at "
            f"{text(rows.known_at[early[0]])}, before its own date{more(early)}. "
            "known_at is the instant of publication"
        )


def described(rows: Rows, fault: Fault) -> str:
    """The first wrong row of a fault, with the value that shows it."""
    found = np.flatnonzero(fault.wrong)
    value = rows.values[fault.field][found[0]]
    shown = "blank" if np.isnan(value) else f"{value:.12g}"
    beside = ""
    if fault.other is not None:
        beside = f" with {fault.other_name} {fault.other[found[0]]:.12g}"
    return (
        f"{rows.source}: {fault.field} is {shown}{beside} on {text(rows.time[found[0]])}"
        f"{more(found)}; {fault.why}"
    )


def more(found: Int) -> str:
    """How many rows there are besides the first."""
    others = len(found) - 1
    return f" (and {others} more {'row' if others == 1 else 'rows'})" if others else ""


def missing_bars(grid: Instants, label: Instants, has_bar: Bool) -> list[Instants]:
    """Labels of the bars that are absent between the first and the last bar of each id.

    Parameters
    ----------
    grid : datetime64[ns] (G,)
        Every label there could be, ascending; holds all of `label`.
    label : datetime64[ns] (T,)
    has_bar : bool (T, N)

    Returns
    -------
    list of datetime64[ns] arrays, one an id
    """
    place = np.searchsorted(grid, label)
    out = []
    for column in has_bar.T:
        rows = place[column]
        absent = np.zeros(len(grid), dtype=bool)
        if len(rows):
            absent[rows[0] : rows[-1]] = True
            absent[rows] = False
        out.append(grid[absent])
    return out
