"""`Event`, and the tables that events are read from."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feeds.arrays import Instant
from feeds.errors import ConfigError, DataError
from feeds.files import file_bytes
from feeds.readers import inside_root

BUILT_IN = "builtin"
ENDING = ("delisting", "reuse", "redenomination", "migration")
KINDS = (*ENDING, "halt")
COLUMNS = ("id", "kind", "last_bar", "first_bar_after", "recovery", "successor", "source")

_UNKNOWN = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Event:
    """What happened to an id after the bar of the day `last_bar`.

    Attributes
    ----------
    id : str
    kind : str
        `delisting`, `reuse`, `redenomination` and `migration` end the coin: a holder is written
        off at `recovery` times the last close. `halt` does not: the same coin trades again.
    last_bar : datetime64[D]
        Date of the last bar's label.
    first_bar_after : datetime64[D] or NaT
        Date of the next bar under the same id, of another coin unless the kind is `halt`.
    recovery : float
        Share of the last close that a holder gets; NaN for a halt.
    successor : str
        The id that the bars from `first_bar_after` on belong to; empty for a halt, or if none.
    source : str
        Where this can be looked up.
    """

    id: str
    kind: str
    last_bar: Instant
    first_bar_after: Instant
    recovery: float
    successor: str
    source: str

    @property
    def ends(self) -> bool:
        """Whether the coin ends."""
        return self.kind in ENDING

    def explains(self, day: Instant) -> bool:
        """Whether the id has no bar on `day` because of this event."""
        before = bool(np.isnat(self.first_bar_after) or day < self.first_bar_after)
        return bool(day > self.last_bar) and (self.ends or before)


def read_events(sources: Sequence[str], root: Path | None) -> tuple[Event, ...]:
    """The events of several tables, in order of date and id.

    Parameters
    ----------
    sources : sequence of str
        `builtin`, or paths of CSV files relative to `root`.
    root : Path or None

    Raises
    ------
    ConfigError
        For a path without a root, or one that leads out of it.
    DataError
        For a row that is wrong or contradicts another, naming file and line.
    """
    found: list[tuple[str, Event]] = []
    for source in sources:
        found.extend(_read_table(source, _table_bytes(source, root)))
    found.sort(key=lambda item: (item[1].last_bar, item[1].id))
    _check_histories(found)
    return tuple(event for _, event in found)


def _table_bytes(source: str, root: Path | None) -> bytes:
    if source == BUILT_IN:
        return file_bytes(Path(__file__).with_name("events.csv"), source)
    if root is None:
        raise ConfigError(f"events file {source}: data.root is not set; use `--set data.root=DIR`")
    try:
        return file_bytes(root / inside_root(source), source)
    except ValueError as error:
        raise ConfigError(f"data.events: {error}") from None


def _read_table(source: str, content: bytes) -> list[tuple[str, Event]]:
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            raise DataError(f"{source}: the first line must be {','.join(COLUMNS)}")
        rows = [(f"{source}:{reader.line_num}", row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{source}: is no CSV table in UTF-8: {error}") from None
    return [(where, _event(where, row)) for where, row in rows]


def _event(where: str, row: Sequence[str]) -> Event:
    if len(row) != len(COLUMNS):
        raise DataError(f"{where}: has {len(row)} cells, not {len(COLUMNS)}: {','.join(COLUMNS)}")
    id, kind, last, first, recovery, successor, source = (cell.strip() for cell in row)
    if not id or not last:
        raise DataError(f"{where}: id and last_bar are needed in every row")
    if kind not in KINDS:
        raise DataError(f"{where}: kind '{kind}' is none of {', '.join(KINDS)}")
    last_bar = _date(where, "last_bar", last)
    first_bar_after = _date(where, "first_bar_after", first)
    if first_bar_after <= last_bar:
        raise DataError(f"{where}: first_bar_after {first} is not after last_bar {last}")
    if kind == "halt":
        if recovery or successor:
            raise DataError(
                f"{where}: a halt has no recovery and no successor, the same coin trades again; "
                "leave both blank"
            )
        return Event(id, kind, last_bar, first_bar_after, math.nan, "", source)
    if bool(first) != bool(successor):
        raise DataError(
            f"{where}: first_bar_after and successor go together: bars of {id} after the end "
            "belong to another id. Fill both or neither"
        )
    if successor == id:
        raise DataError(f"{where}: the successor of {id} must have another id")
    return Event(id, kind, last_bar, first_bar_after, _recovery(where, recovery), successor, source)


def _date(where: str, column: str, cell: str) -> Instant:
    if not cell:
        return _UNKNOWN
    try:
        # NumPy reads `9999999999` as a year.
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
            return np.datetime64(cell, "D")
    except ValueError:
        pass
    raise DataError(f"{where}: {column} '{cell}' is no date; write it as 2022-05-13")


def _recovery(where: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise DataError(
            f"{where}: recovery '{cell}' is no number of at least 0; write the share of the last "
            "close that holders got, 0 if nothing"
        )
    return value


def _check_histories(found: Sequence[tuple[str, Event]]) -> None:
    """Check that no id has two events at a time, or one after its end."""
    latest: dict[str, tuple[str, Event]] = {}
    for where, event in found:
        if event.id in latest:
            there, before = latest[event.id]
            if before.ends or not event.last_bar >= before.first_bar_after:
                raise DataError(
                    f"{where}: {event.id} already has a {before.kind} on {before.last_bar} in "
                    f"{there}; what follows an end belongs to its successor"
                )
        latest[event.id] = (where, event)
