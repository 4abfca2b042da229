"""`Format`: one way in which a vendor writes files; `Facts`: what a user knows about a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from feeds.arrays import Float, Instants
from feeds.calendars import ALWAYS, Stamp
from feeds.errors import DataError
from feeds.formats.drafts import Draft
from feeds.formats.lengths import closes, length_of, stamp_of
from feeds.formats.names import interval_in
from feeds.formats.sheets import Sheet


@dataclass(frozen=True)
class Facts:
    """What the user says about a file, which wins over what its name suggests.

    Attributes
    ----------
    vendor, id, frequency : str or None
        The parts of the key.
    zone : str or None
        The zone of times that do not say theirs: `UTC`, `-03:00`, `America/New_York`.
    stamp, calendar : str or None
        As those of `Series`. A stamp only for files whose vendor is unknown; what a vendor's rows
        mean is not to be changed.
    lag_days : int or None
        Days from the label of a row to its publication, where no release rule is known.
    duplicates : str or None
        Which of two rows of one label that differ to keep: the `first` or the `last` of the file.
    """

    vendor: str | None = None
    id: str | None = None
    frequency: str | None = None
    zone: str | None = None
    stamp: Stamp | None = None
    calendar: str | None = None
    lag_days: int | None = None
    duplicates: Literal["first", "last"] | None = None


@dataclass(frozen=True)
class Format:
    """One way in which a vendor writes files.

    Attributes
    ----------
    name : str
        Such as `binance-klines`.
    about : str
        What it is, in a few words.
    """

    name: str
    about: str


@dataclass(frozen=True)
class TextFormat(Format):
    """A format of text.

    Attributes
    ----------
    matches : callable
        Whether a table is written so.
    read : callable
        The rows of a table that is.
    """

    matches: Callable[[Sheet], bool]
    read: Callable[[Sheet, Facts], tuple[Draft, ...]]


def bars(
    source: str,
    place: tuple[str, str],
    time: Instants,
    fields: Mapping[str, Float],
    facts: Facts,
    notes: Mapping[str, str],
    length: str | None = None,
) -> Draft:
    """The draft of bars of a market that never closes.

    Parameters
    ----------
    source : str
        The name of the file.
    place : tuple of str
        Vendor and id.
    time : datetime64[ns] (R,)
        When each bar opened.
    fields, notes
        As those of `Draft`.
    facts : Facts
    length : str or None
        How long the bars are, where the content says; else the steps between them do.

    Raises
    ------
    DataError
        For a length that cannot be told, or that is not the one in the name of the file.
    """
    length = facts.frequency or length or _length(time, source)
    ends = closes(time, length, source)
    stamp = stamp_of(length)
    return Draft(
        source=source,
        key=f"{facts.vendor or place[0]}/{facts.id or place[1]}/{length}",
        stamp=stamp,
        time=time,
        fields=fields,
        known_at=ends if stamp == "release" else None,
        closes_at=ends,
        notes=notes,
    )


def known_at_close(draft: Draft) -> Draft:
    """The same bars, known when each of them closes, wherever they start."""
    return replace(draft, stamp="release", known_at=draft.closes_at)


def _length(time: Instants, source: str) -> str:
    named = interval_in(source)
    if len(np.unique(time)) < 2 and named:
        return named
    length = length_of(time, source)
    # Only shorter steps contradict the name: a coin that hardly trades has long ones.
    if named and closes(time[:1], named, source) > closes(time[:1], length, source):
        raise DataError(
            f"{source}: its name says {named} and its rows are {length} apart; "
            "give the length with `--frequency`"
        )
    return length


def check_single(facts: Facts, found: int, source: str) -> None:
    """Check that `--id` was not given for a file of many series.

    Raises
    ------
    DataError
        If it was.
    """
    if found > 1 and facts.id:
        raise DataError(f"{source}: holds {found} series, which one id cannot name; drop `--id`")


def check_always_open(facts: Facts, source: str) -> None:
    """Check that no exchange calendar was given for a 24/7 market.

    Raises
    ------
    DataError
        If one was.
    """
    if facts.calendar not in (None, ALWAYS):
        raise DataError(
            f"{source}: a table of this kind is read as one of a market that never closes; drop "
            "`--calendar`, or describe sessions of an exchange in a layout (`stamp: session_close`)"
        )
