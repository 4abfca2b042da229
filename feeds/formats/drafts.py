"""`Draft`: rows as a format read them; `normalised` makes the series of them, losing nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from feeds.arrays import DAY, Bool, Float, Instants, Int, read_only, text
from feeds.calendars import ALWAYS, STEPS, Stamp, sessions
from feeds.errors import DataError
from feeds.panel import OHLC
from feeds.series import BLANK_ROWS, DUPLICATES, SORTED, UNCLOSED, Series, parts_of
from feeds.times import FIRST, LAST

CUT_OFF = "cut_off"
"""A last line that breaks off within its bar: it has an open, and no high, low or close."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,80}")


@dataclass(frozen=True, eq=False)
class Draft:
    """Rows in file order.

    Attributes
    ----------
    source : str
        The name of the file, for messages.
    key, stamp, calendar, fields, known_at, notes
        As those of `Series`.
    time : datetime64[ns] (R,)
    ids : tuple of str (R,) or None
        The id of each row of a cross section; None where the key names the only one.
    closes_at : datetime64[ns] (R,) or None
        When the period of each row ended; None where rows have no period or no clock.
    saved_at : datetime64[ns] or None
        The latest instant at which the file can have been saved, where the file says.
    """

    source: str
    key: str
    stamp: Stamp
    time: Instants
    fields: Mapping[str, Float]
    calendar: str = ALWAYS
    ids: tuple[str, ...] | None = None
    known_at: Instants | None = None
    closes_at: Instants | None = None
    saved_at: np.datetime64 | None = None
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def normalised(
    draft: Draft, now: np.datetime64 | None = None, keep: Literal["first", "last"] | None = None
) -> Series:
    """The series of a draft: sorted, each row once, without blank rows and open bars.

    Parameters
    ----------
    draft : Draft
    now : datetime64 or None
        A bar that closes later is still open. None: no clock, every bar counts as closed.
    keep : str or None
        Which of two rows of one label and id that differ: the first or the last of the file.

    Raises
    ------
    DataError
        For two rows of one label and id that differ if none was chosen, for rows off the grid of
        their stamp, for prices under the wrong names, for a file without a single value.
    """
    parts_of(draft.key)
    names, column = _columns(draft)
    _check_times(draft)
    blank, cut = _blank_rows(draft), _cut_off(draft)
    open_still = _unclosed(draft, now) & ~blank & ~cut
    kept = np.flatnonzero(~(blank | cut | open_still))
    if not len(kept):
        raise DataError(f"{draft.source}: none of its {len(blank)} rows holds a finished value")
    _check_columns(draft, kept)
    order = kept[np.lexsort((column[kept], draft.time[kept]))]
    order, twice = _each_once(draft, order, column, keep)
    found = {
        SORTED: _out_of_order(draft.time),
        DUPLICATES: draft.time[twice],
        BLANK_ROWS: draft.time[blank],
        CUT_OFF: draft.time[cut],
        UNCLOSED: draft.time[open_still],
    }
    taken = np.unique(column[order])
    return Series(
        key=draft.key,
        stamp=draft.stamp,
        calendar=draft.calendar,
        ids=tuple(names[place] for place in taken),
        time=read_only(draft.time[order]),
        column=read_only(np.searchsorted(taken, column[order]).astype(np.int64)),
        known_at=None if draft.known_at is None else read_only(draft.known_at[order]),
        fields=MappingProxyType({k: read_only(v[order]) for k, v in draft.fields.items()}),
        findings=MappingProxyType({k: read_only(np.sort(v)) for k, v in found.items() if len(v)}),
        notes=MappingProxyType(dict(draft.notes)),
    )


def _columns(draft: Draft) -> tuple[list[str], Int]:
    if draft.ids is None:
        return [parts_of(draft.key)[1]], np.zeros(len(draft.time), dtype=np.int64)
    names = sorted(set(draft.ids))
    if strange := [name for name in names if not _ID.fullmatch(name)]:
        raise DataError(
            f"{draft.source}: '{strange[0][:40]}' is no id; ids are letters, digits, dots, _ and -"
        )
    places = {name: place for place, name in enumerate(names)}
    return names, np.array([places[each] for each in draft.ids], dtype=np.int64)


def _check_times(draft: Draft) -> None:
    time = draft.time
    strange = np.flatnonzero((time < FIRST) | (time >= LAST) | np.isnat(time))
    if len(strange):
        raise DataError(f"{draft.source}: a time is outside the years 1850 to 2099")
    step = STEPS.get(draft.stamp) or (DAY if draft.stamp == "session_close" else None)
    if step is None:
        return
    off = np.flatnonzero((time - time.astype("datetime64[D]")) % step != 0 * DAY)
    if len(off):
        start = "a full hour" if draft.stamp == "hour_start" else "00:00 UTC"
        raise DataError(
            f"{draft.source}: the row {text(time[off[0]])} ({len(off)} rows in all) does not start "
            f"at {start}, as {draft.stamp} says; correct the zone of the times, or give `--stamp`"
        )


def _blank_rows(draft: Draft) -> Bool:
    """Rows without any value; of bars, without any price and without trade."""
    prices = [draft.fields[key] for key in OHLC if key in draft.fields]
    if len(prices) < len(OHLC):
        return np.all([np.isnan(v) for v in draft.fields.values()], axis=0)
    rest = [v for key, v in draft.fields.items() if key not in OHLC]
    nothing = [np.isnan(v) for v in prices] + [np.nan_to_num(v) == 0 for v in rest]
    return np.all(nothing, axis=0)


def _cut_off(draft: Draft) -> Bool:
    out = np.zeros(len(draft.time), dtype=bool)
    if set(OHLC) <= set(draft.fields):
        last = {key: draft.fields[key][-1] for key in OHLC}
        out[-1] = not np.isnan(last.pop("open")) and bool(np.all(np.isnan(list(last.values()))))
    return out


def _unclosed(draft: Draft, now: np.datetime64 | None) -> Bool:
    clocks = [each for each in (now, draft.saved_at) if each is not None]
    if not clocks or (draft.stamp == "release" and draft.closes_at is None):
        return np.zeros(len(draft.time), dtype=bool)
    clock = min(each.astype("datetime64[ns]") for each in clocks)
    if draft.closes_at is not None:
        return draft.closes_at > clock
    if draft.stamp != "session_close":
        return draft.time > clock
    out = draft.time >= clock
    # Sessions end within the UTC day of their date, so the calendar is needed on one day only.
    today = ~out & (draft.time + DAY > clock)
    if today.any():
        day = sessions(draft.calendar, draft.time[today].min(), draft.time[today].max())
        out |= today & np.isin(draft.time, day.label[day.closed_at > clock])
    return out


def _check_columns(draft: Draft, kept: Int) -> None:
    """Stop where most bars contradict themselves: their values stand under the wrong names."""
    if not set(OHLC) <= set(draft.fields):
        return
    open_, high, low, close = (draft.fields[key][kept] for key in OHLC)
    wrong = (high < np.fmax(open_, close)) | (low > np.fmin(open_, close)) | (high < low)
    if wrong.sum() * 2 > len(kept) and len(kept) > 1:
        raise DataError(
            f"{draft.source}: in {int(wrong.sum())} of {len(kept)} rows open or close lie outside "
            "of low to high: the columns are not what the header says. Get the file again"
        )


def _out_of_order(time: Instants) -> Instants:
    """The labels of rows that stand below a later one."""
    return time[1:][time[1:] < np.maximum.accumulate(time)[:-1]]


def _each_once(
    draft: Draft, order: Int, column: Int, keep: Literal["first", "last"] | None
) -> tuple[Int, Int]:
    """The rows of which none is told twice, and those that were left out.

    Raises
    ------
    DataError
        For rows of one label and id with different values, unless one of them is to be kept.
    """
    time, ids = draft.time[order], column[order]
    same = (time[1:] == time[:-1]) & (ids[1:] == ids[:-1])
    if keep is None:
        _check_alike(draft, order, np.flatnonzero(same))
    left_out = np.append(same, False) if keep == "last" else np.append(False, same)
    return order[~left_out], order[left_out]


def _check_alike(draft: Draft, order: Int, pairs: Int) -> None:
    """Stop where a row and the next one in `order`, of one label and id, differ."""
    for name, values in draft.fields.items():
        here, before = values[order[pairs + 1]], values[order[pairs]]
        differ = np.flatnonzero((here != before) & ~(np.isnan(here) & np.isnan(before)))
        if len(differ):
            place = differ[0]
            raise DataError(
                f"{draft.source}: two rows for {text(draft.time[order[pairs[place]]])} differ: "
                f"{name} is {before[place]:.12g} and {here[place]:.12g}"
                f"{f' (and {len(differ) - 1} more)' if len(differ) > 1 else ''}. Remove the wrong "
                "one, or keep the first or the last of the file with `--duplicates first|last`"
            )
