"""Market events applied to panels: ids cut where a coin ended, and price levels that break."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from feeds.align import fill_forward
from feeds.arrays import DAY, Bool, Instant, read_only, text
from feeds.calendars import ALWAYS
from feeds.errors import DataError
from feeds.event_table import ENDING, KINDS, Event, read_events
from feeds.own_tables import BUILT_IN
from feeds.panel import EXPLAINED_BARS, MISSING_BARS, Panel

__all__ = [
    "BUILT_IN",
    "ENDING",
    "KINDS",
    "Event",
    "ScaleBreak",
    "halted",
    "read_events",
    "scale_breaks",
    "split_by_events",
]

PARTIAL_DAYS = "partial_days"
"""Bars that were left out because the coin ended, or its successor began, in their day."""

SAME_MONEY = 5.0
SCALE_BREAK = 9.99
"""An open this many times the close before it, or its inverse, is another unit or another coin."""


def halted(events: Iterable[Event], id: str, day: Instant) -> bool:
    """Whether `id` is halted on `day`: strictly between its last bar and the next."""
    return any(e.id == id and not e.ends and e.explains(day) for e in events)


def split_by_events(panel: Panel, events: Sequence[Event]) -> Panel:
    """The panel with every id cut where its coin ended, its later bars under the successor.

    Bars that an event accounts for move from `quality["missing_bars"]` to
    `quality["explained_bars"]`.

    Parameters
    ----------
    panel : Panel
    events : sequence of Event
        In order of date, as `read_events` gives them, so that a successor can end in its turn.

    Raises
    ------
    DataError
        For a bar where an event says that there was none, and a successor that is already an id.
    """
    begun = [event for event in events if len(panel) and event.last_bar <= panel.label[-1]]
    # Every table is copied once, with columns for all that take over; then bars move in place.
    split = _with_successors(panel, begun)
    for event in begun:
        if event.id in split.ids:
            split = _apply(split, event)
    if split.fields is panel.fields:
        return split
    frozen = {key: read_only(table) for key, table in split.fields.items()}
    return replace(split, fields=MappingProxyType(frozen))


def _with_successors(panel: Panel, events: Sequence[Event]) -> Panel:
    """The panel with a blank column for every coin that some bars will belong to.

    If there is any, its tables are copies that may be written to.
    """
    day = panel.label.astype("datetime64[D]")
    file_of = {name: name for name in panel.ids}
    added: list[str] = []
    for event in events:
        if event.id not in file_of or not event.successor:
            continue
        column = panel.ids.index(file_of[event.id])
        if not (_bars(panel, column) & (day >= event.first_bar_after)).any():
            continue
        if event.successor in file_of:
            raise DataError(
                f"panel '{panel.name}': {event.id} goes on as {event.successor} from "
                f"{event.first_bar_after}, but that id has a file too; choose another successor"
            )
        file_of[event.successor] = file_of[event.id]
        added.append(event.successor)
    if not added:
        return panel
    ids = tuple(sorted((*panel.ids, *added)))
    places = [ids.index(name) for name in panel.ids]
    fields = {}
    for key, values in panel.fields.items():
        fields[key] = np.full((len(panel), len(ids)), np.nan)
        fields[key][:, places] = values
    return replace(panel, ids=ids, fields=MappingProxyType(fields))


def _bars(panel: Panel, column: int) -> Bool:
    """Where one id has a bar, bool (T,); of tables that are still written to."""
    keys = ("close",) if "close" in panel.fields else tuple(panel.fields)
    return np.any([~np.isnan(panel.fields[key][:, column]) for key in keys], axis=0)


def _apply(panel: Panel, event: Event) -> Panel:
    column = panel.ids.index(event.id)
    has_bar = _bars(panel, column)
    day = panel.label.astype("datetime64[D]")
    slack = _slack(panel, event)
    before = has_bar & (day <= event.last_bar + slack)
    after = has_bar & (day >= event.first_bar_after - slack)  # nowhere if that is not known
    strange = np.flatnonzero(has_bar & ~before & ~after)
    if len(strange):
        until = "" if np.isnat(event.first_bar_after) else f" to {event.first_bar_after}"
        raise DataError(
            f"panel '{panel.name}': {event.id} has a bar on {text(panel.label[strange[0]])}, but "
            f"its {event.kind} says none after {event.last_bar}{until}. Correct the event or the "
            "file"
        )
    if event.ends:
        whole = (day <= event.last_bar) | (day >= event.first_bar_after)
        panel = _without_partial_days(panel, column, has_bar & ~whole)
        before, after = before & whole, after & whole
    if before.any() and after.any():
        first_after = panel.label[np.flatnonzero(after)[0]]
        last_before = panel.label[np.flatnonzero(before)[-1]]
        panel = _explain(panel, event, last_before, first_after)
    if event.ends and after.any():
        _hand_over(panel, event, after)
    return panel


def _slack(panel: Panel, event: Event) -> np.timedelta64:
    """How far from the dates of an event there may be bars.

    A market that stops in the middle of a day has hours on that day, and maybe a daily bar, though
    its last whole day is the one before. An end of a plain id has to be exact, since it decides
    whose bars they are.
    """
    apart = bool(np.isnat(event.first_bar_after)) or bool(
        event.first_bar_after - event.last_bar > 2 * DAY
    )
    hourly = bool(np.any(panel.label != panel.label.astype("datetime64[D]")))
    known_apart = event.whole_days and apart
    return DAY if known_apart or (hourly and not event.ends) else DAY - DAY


def _without_partial_days(panel: Panel, column: int, partial: Bool) -> Panel:
    """The panel without the bars of an id where `partial` (T,), listed as `partial_days`.

    The coin is written off after its last whole day: what nobody can hold has no price.
    """
    if not partial.any():
        return panel
    fields = {key: table.copy() for key, table in panel.fields.items()}
    for table in fields.values():
        table[partial, column] = np.nan
    known = panel.quality.get(PARTIAL_DAYS, {})
    labels = {**known, panel.ids[column]: panel.label[partial]}
    quality = MappingProxyType({**panel.quality, PARTIAL_DAYS: MappingProxyType(labels)})
    return replace(panel, fields=MappingProxyType(fields), quality=quality)


def _hand_over(panel: Panel, event: Event, after: Bool) -> None:
    """Move the bars `after` (T,) to the column of the successor."""
    old, new = panel.ids.index(event.id), panel.ids.index(event.successor)
    for table in panel.fields.values():
        table[after, new] = table[after, old]
        table[after, old] = np.nan


def _explain(panel: Panel, event: Event, last: Instant, first: Instant) -> Panel:
    """The panel with the missing bars between `last` and `first` explained by the event."""
    missing = panel.quality.get(MISSING_BARS, {})
    labels = missing.get(event.id)
    if labels is None:
        return panel
    inside = (labels > last) & (labels < first)
    still = {event.id: labels[~inside]}
    if event.ends:  # what is missing later is missing from the coin that took the name
        still = {event.id: labels[labels <= last], event.successor: labels[labels >= first]}
    explained = panel.quality.get(EXPLAINED_BARS, {})
    # No label is in both: what an earlier event explained is not missing any more.
    accounted = np.sort(np.concatenate((explained.get(event.id, labels[:0]), labels[inside])))
    known = {**explained, event.id: accounted}
    quality = {**panel.quality, MISSING_BARS: {**missing, **still}, EXPLAINED_BARS: known}
    return replace(panel, quality=MappingProxyType(quality))


class ScaleBreak(NamedTuple):
    """A price level that jumped across missing bars, in words.

    `same_money` says that the median quote volume of the ten bars on each side is the same within
    a factor of five: then the unit has changed, and not what the coin is worth.
    """

    text: str
    same_money: bool


def scale_breaks(panel: Panel, events: Sequence[Event]) -> tuple[ScaleBreak, ...]:
    """Where an id comes back from missing bars at ten times the close before them, or a tenth.

    Redenominations and reused tickers come with a suspension. A jump from one bar to the next is a
    price, however bad.
    """
    before = np.full_like(panel.close, np.nan)
    before[1:] = fill_forward(panel.close)[:-1]
    with np.errstate(invalid="ignore"):
        ratio = panel.open / before
        broken = (ratio >= SCALE_BREAK) | (ratio <= 1 / SCALE_BREAK)
    return tuple(
        ScaleBreak(
            f"{panel.ids[column]} opens at {panel.open[row, column]:.6g} on "
            f"{text(panel.label[row])} after missing bars and a close of {before[row, column]:.6g}",
            _is_same_money(panel, int(row), int(column)),
        )
        for row, column in np.argwhere(broken & _suspended(panel))
        if not _reopens(events, panel.ids[column], panel.label[row].astype("datetime64[D]"))
    )


def _is_same_money(panel: Panel, row: int, column: int) -> bool:
    if "volume" not in panel.fields:
        return False
    money = panel.volume[:, column] * panel.close[:, column]
    known = np.flatnonzero(~np.isnan(money))
    at = int(np.searchsorted(known, row))
    sides = money[known[max(at - 10, 0) : at]], money[known[at : at + 10]]
    if not all(len(side) for side in sides):
        return False
    old, new = (float(np.median(side)) for side in sides)
    return old > 0 and 1 / SAME_MONEY <= new / old <= SAME_MONEY


def _suspended(panel: Panel) -> Bool:
    """Where a bar of each id follows missing ones, bool (T, N)."""
    out = np.zeros(panel.has_bar.shape, dtype=bool)
    out[1:] = ~panel.has_bar[:-1]
    if panel.calendar == ALWAYS and len(panel):  # no row at all where every id was suspended
        step = panel.known_at[0] - panel.label[0]
        out[1:] |= (np.diff(panel.label) > step)[:, None]
    return out


def _reopens(events: Sequence[Event], id: str, day: Instant) -> bool:
    """Whether a halt of `id` is over on `day`, so that its price may be at any level."""
    return any(e.id == id and not e.ends and e.last_bar < day <= e.first_bar_after for e in events)
