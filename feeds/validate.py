"""Checks at the border: what is wrong with a file stops here, with the row that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from feeds.arrays import Bool, Float, Instants, Int, text
from feeds.errors import DataError
from feeds.files import Rows
from feeds.panel import OHLC

TOLERANCE = 1e-9
"""Relative slack of high and low: vendors round each price by itself."""


def check_rows(rows: Rows, tradable: bool) -> tuple[Rows, Instants]:
    """Check one file and drop its blank rows.

    Parameters
    ----------
    rows : Rows
        A file as read.
    tradable : bool
        Whether the rows are bars; values other than bars may be zero, negative or partly blank.

    Returns
    -------
    Rows
        The rows that hold something, unchanged.
    datetime64[ns] (B,)
        Times of the blank rows that were dropped.

    Raises
    ------
    DataError
        Naming file, date, field and value of the first row that is wrong.
    """
    _check_order(rows)
    blank = _blank_bars(rows) if tradable else _all_nan(rows.values.values(), len(rows.time))
    if blank.all():
        raise DataError(f"{rows.source}: all {len(blank)} rows are blank; remove the file")
    kept = replace(
        rows,
        time=rows.time[~blank],
        known_at=None if rows.known_at is None else rows.known_at[~blank],
        values={field: values[~blank] for field, values in rows.values.items()},
    )
    for field, values in kept.values.items():
        _stop(
            kept, np.isinf(values), field, "numbers are finite. Correct the row, or leave it blank"
        )
    if tradable:
        _check_bars(kept)
    _check_release(kept)
    return kept, rows.time[blank]


def _check_order(rows: Rows) -> None:
    late = np.flatnonzero(rows.time[1:] <= rows.time[:-1]) + 1
    if not len(late):
        return
    here, before = rows.time[late[0]], rows.time[late[0] - 1]
    if here == before:
        raise DataError(
            f"{rows.source}: two rows for {text(here)}{_more(late)}. Keep the one that is right"
        )
    raise DataError(
        f"{rows.source}: {text(here)} follows {text(before)}{_more(late)}. "
        "Sort the rows by time, oldest first"
    )


def _all_nan(columns: Iterable[Float], count: int) -> Bool:
    blank = np.ones(count, dtype=bool)
    for values in columns:
        blank &= np.isnan(values)
    return blank


def _blank_bars(rows: Rows) -> Bool:
    """Rows without any price and without trade: vendors write 0 or nothing for the volume."""
    blank = _all_nan([rows.values[key] for key in OHLC], len(rows.time))
    if "volume" in rows.values:
        blank &= np.nan_to_num(rows.values["volume"]) == 0
    return blank


def _check_bars(rows: Rows) -> None:
    price = {key: rows.values[key] for key in OHLC}
    for key, values in price.items():
        _stop(
            rows,
            np.isnan(values),
            key,
            "part of a bar is no bar. Fill the row, or leave all of it blank if there was no bar",
        )
    for key, values in price.items():
        _stop(
            rows,
            values <= 0,
            key,
            "prices are above 0. Fix the row, or leave it blank if there was no bar",
        )
    high, low = price["high"], price["low"]
    slack = TOLERANCE * high
    _stop(rows, high < low - slack, "high", "it is below the low. Fix the row", low)
    for key in ("open", "close"):
        _stop(
            rows, price[key] > high + slack, key, "it is above the high. Fix the row", high, "high"
        )
        _stop(rows, price[key] < low - slack, key, "it is below the low. Fix the row", low)
    if "volume" in rows.values:
        _stop(rows, rows.values["volume"] < 0, "volume", "it is at least 0. Fix the row")


def _check_release(rows: Rows) -> None:
    if rows.known_at is None:
        return
    early = np.flatnonzero(rows.known_at < rows.time)
    if len(early):
        raise DataError(
            f"{rows.source}: the row {text(rows.time[early[0]])} is known_at "
            f"{text(rows.known_at[early[0]])}, before its own date{_more(early)}. "
            "known_at is the instant of publication"
        )


def _stop(
    rows: Rows,
    wrong: Bool,
    field: str,
    why: str,
    other: Float | None = None,
    other_name: str = "low",
) -> None:
    """Raise for the first row where `wrong`, with the value that it compares to."""
    found = np.flatnonzero(wrong)
    if not len(found):
        return
    value = rows.values[field][found[0]]
    shown = "blank" if np.isnan(value) else f"{value:.12g}"
    beside = "" if other is None else f" with {other_name} {other[found[0]]:.12g}"
    raise DataError(
        f"{rows.source}: {field} is {shown}{beside} on {text(rows.time[found[0]])}"
        f"{_more(found)}; {why}"
    )


def _more(found: Int) -> str:
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
