"""Two versions of one series: what differs between them, and the two taken together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from feeds.arrays import Bool, Float, Instants, Int, text
from feeds.errors import DataError
from feeds.series import BLANK_ROWS, UNCLOSED, Series
from feeds.store.manifests import Revision
from feeds.validate import TOLERANCE

Overlap = Literal["replaces", "corrects", "agrees"]
Names = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows by their labels and ids, (R,) each."""

    time: Instants
    id: Names

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, eq=False)
class Changes(Cells):
    """Values that two versions of a row tell differently, one field of one row an element."""

    field: Names
    old: Float
    new: Float


@dataclass(frozen=True, eq=False)
class Difference:
    """What a newer version of a series says otherwise than an older one.

    Attributes
    ----------
    added, removed : Cells
        Rows that only the newer one has, and rows that only the older one has.
    changed : Changes
        Values of the rows that both have, in the fields of the older one.
    revision : Revision
        How many rows that is, without those before the first or after the last row of the older
        one: these, like new fields, are more of the same history, not another one.
    """

    added: Cells
    removed: Cells
    changed: Changes
    revision: Revision


class _Pair:
    """Two versions of a series whose rows are numbered alike, in the order of rows.

    A row is the same in both if it has the same label and id, and the same `known_at` where that
    is its own: a later vintage of a figure is another row.
    """

    def __init__(self, old: Series, new: Series) -> None:
        for said in ("key", "stamp", "calendar"):
            before, now = getattr(old, said), getattr(new, said)
            if before != now:
                raise DataError(
                    f"{old.key}: its {said} is {before}, in the new rows it is {now}; they are "
                    "not of one series. Keep the new rows under another id"
                )
        self.old, self.new = old, new
        self.ids = tuple(sorted({*old.ids, *new.ids}))
        self.old_rows, self.new_rows = self._numbers()
        _, self.old_both, self.new_both = np.intersect1d(
            self.old_rows, self.new_rows, assume_unique=True, return_indices=True
        )

    def _numbers(self) -> tuple[Int, Int]:
        parts = [
            (self.old.time, self.new.time),
            (self.column(self.old), self.column(self.new)),
        ]
        if self.old.known_at is not None and self.new.known_at is not None:
            parts.append((self.old.known_at, self.new.known_at))
        number = np.zeros(len(self.old) + len(self.new), dtype=np.int64)
        for pair in parts:
            distinct, rank = np.unique(np.concatenate(pair), return_inverse=True)
            number = number * len(distinct) + rank
        old, new = np.split(number, [len(self.old)])
        # Rows that contradict each other are told apart by their order.
        again = np.concatenate([_occurrence(old), _occurrence(new)])
        old, new = np.split(number * (again.max() + 1) + again, [len(self.old)])
        return old, new

    def column(self, series: Series) -> Int:
        """The id of each row, by its place among the ids of both."""
        return np.searchsorted(self.ids, series.ids)[series.column].astype(np.int64)


def compare(old: Series, new: Series) -> Difference:
    """What `new` says otherwise than `old`, two versions of one series.

    Raises
    ------
    DataError
        For two series with other keys, stamps or calendars.
    """
    pair = _Pair(old, new)
    gone, come = np.ones(len(old), dtype=bool), np.ones(len(new), dtype=bool)
    gone[pair.old_both], come[pair.new_both] = False, False
    found, differs = [], np.zeros(len(pair.old_both), dtype=bool)
    for field, values in old.fields.items():
        before, now = values[pair.old_both], _told(new, field)[pair.new_both]
        other = (before != now) & ~(np.isnan(before) & np.isnan(now))
        differs |= other
        rows = _cells(new, pair.new_both[other])
        found.append((rows, np.full(len(rows), field), before[other], now[other]))
    inside = come & (new.time >= old.time[0]) & (new.time <= old.time[-1])
    return Difference(
        _cells(new, come),
        _cells(old, gone),
        Changes(
            np.concatenate([rows.time for rows, *_ in found]),
            np.concatenate([rows.id for rows, *_ in found]),
            *(np.concatenate(column) for column in list(zip(*found, strict=True))[1:]),
        ),
        Revision(int(differs.sum()), int(inside.sum()), int(gone.sum())),
    )


def together(old: Series, new: Series, overlap: Overlap) -> Series:
    """Older and newer rows of a series as one.

    Parameters
    ----------
    old, new : Series
    overlap : str
        What the newer rows are where there are older ones; see `Store.extend`.

    Raises
    ------
    DataError
        For rows that do not belong together, or contradict each other and should not.
    """
    if overlap == "agrees":
        check_agreement(old, new)
        return merge(new, old, whole=False)
    return merge(old, new, whole=overlap == "replaces")


def check_agreement(old: Series, new: Series) -> None:
    """Check that rows that both versions have say the same, but for rounding; a blank says nothing.

    Raises
    ------
    DataError
        If they do not, with the first value that differs.
    """
    changed = compare(old, new).changed
    near = np.abs(changed.new - changed.old) <= TOLERANCE * np.abs(changed.old)
    wrong = np.flatnonzero(~near & ~np.isnan(changed.new))
    if not len(wrong):
        return
    first = wrong[np.argmin(changed.time[wrong])]
    rows = len(set(zip(changed.time[wrong].tolist(), changed.id[wrong], strict=True)))
    raise DataError(
        f"{old.key}: {rows} row{'s' * (rows != 1)} contradict{'s' * (rows == 1)} what is in the "
        f"store, first {changed.field[first]} of {changed.id[first]} at "
        f"{text(changed.time[first])}: {float(changed.new[first])}, there "
        f"{float(changed.old[first])}. If the new rows are right, import them with `--replace`; if "
        "they are of another market or in another unit, under another `--id`"
    )


def merge(old: Series, new: Series, whole: bool) -> Series:
    """Both versions together; what `new` says counts, where it says anything.

    Parameters
    ----------
    old, new : Series
    whole : bool
        Whether `new` has every row that the vendor knows between its first and its last label:
        then rows of `old` in between that it does not have are gone. Else they stay.

    Raises
    ------
    DataError
        For two series with other keys, stamps or calendars.

    Notes
    -----
    A field that only `old` has keeps its values.
    """
    pair = _Pair(old, new)
    if not len(new):
        return old
    stays = np.ones(len(old), dtype=bool)
    if whole:
        stays &= (old.time < new.time[0]) | (old.time > new.time[-1])
    stays[pair.old_both] = False
    order = np.argsort(np.concatenate([pair.old_rows[stays], pair.new_rows]))

    def joined(before: NDArray[Any], now: NDArray[Any]) -> NDArray[Any]:
        out = np.concatenate([before[stays], now])[order]
        out.flags.writeable = False
        return out

    fields = {}
    for field in {**old.fields, **new.fields}:
        now = _told(new, field)
        if field not in new.fields:  # then `now` is an array of its own
            now[pair.new_both] = old.fields[field][pair.old_both]
        fields[field] = joined(_told(old, field), now)
    released = old.known_at is not None and new.known_at is not None
    time = joined(old.time, new.time)
    return Series(
        old.key,
        old.stamp,
        old.calendar,
        pair.ids,
        time,
        joined(pair.column(old), pair.column(new)),
        joined(old.known_at, new.known_at) if released else None,  # type: ignore[arg-type]
        MappingProxyType(fields),
        _findings(old, new, time),
        MappingProxyType({**old.notes, **new.notes}),
    )


def _occurrence(numbers: Int) -> Int:
    """How many rows with the same number come before each, in ascending numbers."""
    return np.arange(len(numbers)) - np.searchsorted(numbers, numbers)


def _told(series: Series, field: str) -> Float:
    """A field of a series, NaN where it has none."""
    found = series.fields.get(field)
    return np.full(len(series), np.nan) if found is None else found


def _cells(series: Series, rows: Int | Bool) -> Cells:
    return Cells(series.time[rows], np.array(series.ids, dtype=str)[series.column[rows]])


def _findings(old: Series, new: Series, time: Instants) -> Mapping[str, Instants]:
    """What was found in either, without bars that were open or blank and have come since."""
    out = {}
    for kind in sorted({*old.findings, *new.findings}):
        none = np.empty(0, dtype="datetime64[ns]")
        labels = np.union1d(old.findings.get(kind, none), new.findings.get(kind, none))
        if kind in (UNCLOSED, BLANK_ROWS):
            labels = np.setdiff1d(labels, time)
        out[kind] = labels
    return MappingProxyType(out)
