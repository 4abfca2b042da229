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
from feeds.event_table import BUILT_IN, ENDING, KINDS, Event, read_events
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
    for event in events:
        if event.id in panel.ids and len(panel) and event.last_bar <= panel.label[-1]:
            panel = _apply(panel, event)
    return panel


def _apply(panel: Panel, event: Event) -> Panel:
    column = panel.ids.index(event.id)
    has_bar = panel.has_bar[:, column]
    day = panel.label.astype("datetime64[D]")
    # A market that halts in the middle of a day has bars in the hours of that day, though none
    # for the day; an end has to be exact, since it decides whose bars they are.
    hourly = bool(np.any(panel.label != day))
    slack = DAY if hourly and not event.ends else DAY - DAY
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
    if before.any() and after.any():
        first_after = panel.label[np.flatnonzero(after)[0]]
        last_before = panel.label[np.flatnonzero(before)[-1]]
        panel = _explain(panel, event, last_before, first_after)
    if event.ends and after.any():
        panel = _cut(panel, event, after)
    return panel


def _cut(panel: Panel, event: Event, after: Bool) -> Panel:
    """The panel with the bars `after` (T,) moved to a column for the successor."""
    if event.successor in panel.ids:
        raise DataError(
            f"panel '{panel.name}': {event.id} goes on as {event.successor} from "
            f"{event.first_bar_after}, but that id has a file too; choose another successor"
        )
    ids = tuple(sorted((*panel.ids, event.successor)))
    columns = [panel.ids.index(event.id if name == event.successor else name) for name in ids]
    fields = {}
    for key, values in panel.fields.items():
        table = values.take(columns, axis=1)
        table[after, ids.index(event.id)] = np.nan
        table[~after, ids.index(event.successor)] = np.nan
        fields[key] = read_only(table)
    return replace(panel, ids=ids, fields=MappingProxyType(fields))


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
