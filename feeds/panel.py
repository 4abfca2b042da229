"""`Panel`: a table of what became known, row by row, for one set of ids."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from feeds.arrays import (
    Bool,
    Float,
    Instant,
    Instants,
    Int,
    day_number,
    frozen,
    instants,
    read_only,
    text,
)
from feeds.errors import DataError

OHLC = ("open", "high", "low", "close")
BLANK_ROWS, MISSING_BARS, EXPLAINED_BARS = "blank_rows", "missing_bars", "explained_bars"

Quality = Mapping[str, Mapping[str, Instants]]


def found(quality: Quality) -> Quality:
    """Findings as a panel holds them: read-only, and only ids for which there are some."""
    return MappingProxyType(
        {
            kind: MappingProxyType({name: times for name, times in each.items() if len(times)})
            for kind, each in quality.items()
        }
    )


@dataclass(frozen=True, eq=False)
class Panel:
    """Rows in the order in which they became known; every array is read-only.

    Attributes
    ----------
    name : str
        The name of the panel in the config.
    calendar : str
        `24/7`, or the name of an exchange calendar such as `XNYS`.
    label : datetime64[ns] (T,)
        What a row is called: the start of a 24/7 bar, the midnight of a session's date, the stamp
        of an instant. Strictly ascending.
    opened_at : datetime64[ns] (T,)
        When the bar opened; equals `known_at` for values that have no duration.
    known_at : datetime64[ns] (T,)
        When the row became known, in UTC. Strictly ascending.
    ids : tuple of str (N,)
        Unique; sorted in every panel that is read from files.
    fields : mapping of str to float64 (T, N)
        NaN means that there is no bar (or no value) for that id at that row.
    quality : mapping of str to mapping of str to datetime64[ns]
        Labels of what was found or repaired while reading, such as `missing_bars`, by kind and id.
    left_out : mapping of str to str
        Ids that are not there though they were asked for, and why.

    Notes
    -----
    The constructor trusts its arguments; `Panel.build` checks them and freezes the arrays.
    """

    name: str
    calendar: str
    label: Instants
    opened_at: Instants
    known_at: Instants
    ids: tuple[str, ...]
    fields: Mapping[str, Float]
    quality: Quality = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        name: str,
        calendar: str,
        label: Instants,
        opened_at: Instants,
        known_at: Instants,
        ids: tuple[str, ...],
        fields: Mapping[str, Float],
        quality: Quality | None = None,
    ) -> Panel:
        """Check shapes and order in time, and freeze every array.

        Raises
        ------
        DataError
            For a shape that does not fit, instants that do not ascend, a repeated id.
        """
        if len(set(ids)) != len(ids):
            raise DataError(f"panel '{name}' names an id twice: {', '.join(sorted(ids))}")
        label, opened_at, known_at = (frozen(instants(t)) for t in (label, opened_at, known_at))
        rows = len(known_at)
        for title, time in (("label", label), ("opened_at", opened_at)):
            if len(time) != rows:
                raise DataError(f"panel '{name}': {title} has {len(time)} rows, not {rows}")
        for title, time in (("label", label), ("known_at", known_at)):
            late = np.flatnonzero(time[1:] <= time[:-1])
            if len(late):
                here, before = time[late[0] + 1], time[late[0]]
                raise DataError(
                    f"panel '{name}': {title} {text(here)} follows {text(before)}; "
                    "rows must be in ascending order of time, one row a time"
                )
        table = {}
        for key, values in fields.items():
            if np.shape(values) != (rows, len(ids)):
                raise DataError(
                    f"panel '{name}': field '{key}' has shape {np.shape(values)}, "
                    f"not ({rows}, {len(ids)})"
                )
            table[key] = frozen(np.asarray(values, dtype=np.float64))
        return cls(
            name,
            calendar,
            label,
            opened_at,
            known_at,
            tuple(ids),
            MappingProxyType(table),
            MappingProxyType(dict(quality or {})),
        )

    def __len__(self) -> int:
        return len(self.known_at)

    def __getitem__(self, key: str) -> Float:
        """The field `key`, float64 (T, N)."""
        try:
            return self.fields[key]
        except KeyError:
            names = ", ".join(sorted(self.fields))
            raise DataError(f"panel '{self.name}' has no field '{key}'; it has {names}") from None

    @property
    def open(self) -> Float:
        """Opening prices, float64 (T, N)."""
        return self["open"]

    @property
    def high(self) -> Float:
        """Highest prices, float64 (T, N)."""
        return self["high"]

    @property
    def low(self) -> Float:
        """Lowest prices, float64 (T, N)."""
        return self["low"]

    @property
    def close(self) -> Float:
        """Closing prices, float64 (T, N)."""
        return self["close"]

    @property
    def volume(self) -> Float:
        """Traded volume, float64 (T, N)."""
        return self["volume"]

    def column(self, key: str) -> Float:
        """The field `key` of a panel with a single id, float64 (T,)."""
        values = self[key]
        if values.shape[1] != 1:
            raise DataError(
                f"panel '{self.name}' has {values.shape[1]} ids where one series is needed; name "
                f"one with `id`: {', '.join(self.ids[:20])}"
            )
        return values[:, 0]

    @property
    def day(self) -> Int:
        """Whole days since 1970-01-01 of every row's label, int64 (T,)."""
        return day_number(self.label)

    @property
    def tradable(self) -> bool:
        """Whether the panel holds bars (open, high, low, close) that orders can fill on."""
        return all(key in self.fields for key in OHLC)

    @cached_property
    def has_bar(self) -> Bool:
        """Where an id has a bar (any value of a value panel), bool (T, N)."""
        if "close" in self.fields:
            return ~np.isnan(self.fields["close"])
        blank = np.ones((len(self), len(self.ids)), dtype=bool)
        for values in self.fields.values():
            blank &= np.isnan(values)
        return ~blank

    def head(self, rows: int) -> Panel:
        """The first `rows` rows: exactly what was known when the last of them became known."""
        return self.rows(0, rows)

    def rows(self, start: int, stop: int) -> Panel:
        """The rows from `start` up to, not including, `stop`."""
        return Panel(
            self.name,
            self.calendar,
            self.label[start:stop],
            self.opened_at[start:stop],
            self.known_at[start:stop],
            self.ids,
            {key: values[start:stop] for key, values in self.fields.items()},
            self.quality,
            self.left_out,
        )

    def count_known(self, at: Instants) -> Int:
        """How many rows are known at each instant: known at or before it."""
        return np.searchsorted(self.known_at, at, side="right")

    def until(self, at: Instant) -> Panel:
        """The rows known at or before the instant `at`."""
        return self.head(int(self.count_known(instants([at]))[0]))

    def as_of(self, at: Instant) -> Panel:
        """The panel as a reader of that instant finds it: rows and findings up to then.

        A bar counts as missing only between two bars, so one that is missing at the end does not.
        """
        panel = self.until(at)
        if not len(panel):
            return panel
        last, end = {}, panel.label[-1]
        for name, has in zip(panel.ids, panel.has_bar.T, strict=True):
            rows = np.flatnonzero(has)
            last[name] = panel.label[rows[-1]] if len(rows) else panel.label[0]
        absent = (MISSING_BARS, EXPLAINED_BARS)
        quality = {
            kind: {
                name: labels[labels <= (last.get(name, end) if kind in absent else end)]
                for name, labels in each.items()
            }
            for kind, each in self.quality.items()
        }
        return replace(panel, quality=found(quality))

    @property
    def counts(self) -> dict[str, int]:
        """How many blank rows, missing bars and so on were found, by kind."""
        return {kind: sum(map(len, each.values())) for kind, each in self.quality.items()}

    def pick(self, ids: tuple[str, ...]) -> Panel:
        """The same rows for some of the ids only, in the order given."""
        if ids == self.ids:
            return self
        columns = [self.ids.index(name) for name in ids]
        return replace(
            self,
            ids=ids,
            fields=MappingProxyType(
                {key: read_only(table.take(columns, axis=1)) for key, table in self.fields.items()}
            ),
            quality=found(
                {
                    kind: {name: labels for name, labels in each.items() if name in ids}
                    for kind, each in self.quality.items()
                }
            ),
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of calendar, ids, instants and values; equal content gives an equal digest."""
        out = hashlib.sha256()
        out.update("\n".join((self.calendar, *self.ids, *sorted(self.fields))).encode())
        for time in (self.label, self.opened_at, self.known_at):
            out.update(np.ascontiguousarray(time.astype("<i8", copy=False)).data)
        for key in sorted(self.fields):
            # One bit pattern for every NaN, so that equal panels are equal bytes.
            values = np.where(np.isnan(self.fields[key]), np.nan, self.fields[key])
            out.update(values.astype("<f8", copy=False).data)
        return out.hexdigest()
