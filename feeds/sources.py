"""Where the rows of a panel come from: files below the data root, or series of the store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from feeds.arrays import Instants
from feeds.errors import AbsentError, ConfigError, DataError
from feeds.files import Rows, file_bytes, parse_file
from feeds.panel_spec import PanelSpec, sources
from feeds.series import parts_of

if TYPE_CHECKING:
    from feeds.store import Store


VINTAGES = "vintages"
"""The frequency of a series with every release of every period."""


class Readings(NamedTuple):
    """Rows by id, and the labels of what was found in them before, by kind."""

    rows: Mapping[str, Rows]
    findings: Mapping[str, Instants]


class Source(Protocol):
    """Rows of one id or of several, which may be looked at without being read."""

    @property
    def name(self) -> str:
        """The path of the file, or the key of the series."""

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""

    def read(self, spec: PanelSpec, id: str) -> Readings:
        """The rows by id; `id` is that of a source of one id only."""


@dataclass(frozen=True)
class FileSource:
    """A file, in memory."""

    name: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its bytes."""
        return hashlib.sha256(self.content).hexdigest()

    def read(self, spec: PanelSpec, id: str) -> Readings:
        """The rows of the one id."""
        released = spec.stamp == "release"
        return Readings({id: parse_file(self.content, self.name, spec.columns, released)}, {})


@dataclass(frozen=True)
class StoredSource:
    """The last complete version of a series, which is read from the store when it is needed."""

    name: str
    digest: str
    store: Store

    def read(self, spec: PanelSpec, id: str) -> Readings:
        """The rows of each id that the series has, and what was mended when it was kept."""
        series = self.store.read(self.name)
        for what, told, meant in (
            ("stamp", series.stamp, spec.stamp),
            ("calendar", series.calendar, spec.calendar),
        ):
            if told != meant:
                raise ConfigError(
                    f"{self.name} has `{what}: {told}`, the config says {meant}; write {told}"
                )
        lacking = [field for field in spec.columns if field not in series.fields]
        if lacking:
            raise DataError(
                f"{self.name}: lacks the field {', '.join(lacking)}; "
                f"it has {', '.join(series.fields)}"
            )
        if parts_of(self.name)[2] == VINTAGES:  # its ids are days of publication
            rows = Rows(self.name, series.time, series.known_at, dict(series.fields))
            return Readings({id: rows}, series.findings)
        found = {}
        for column, each in enumerate(series.ids):
            at = series.column == column
            known_at = None if series.known_at is None else series.known_at[at]
            values = {field: series.fields[field][at] for field in spec.columns}
            found[each] = Rows(self.name, series.time[at], known_at, values)
        return Readings(found, series.findings)


class Sources(NamedTuple):
    """The sources of a panel by id, and why some ids are left out."""

    found: Mapping[str, Source]
    left_out: Mapping[str, str]


def find_sources(
    name: str,
    spec: PanelSpec,
    root: Path | None,
    ids: Sequence[str],
    absent: Literal["stop", "skip"] = "stop",
) -> Sources:
    """The file or the series of each id of the panel `name`.

    Parameters
    ----------
    name : str
    spec : PanelSpec
    root : Path or None
        The folder of the files, in which `store` is.
    ids : sequence of str
        The ids of the universe, used where the panel names none.
    absent : str
        What is done about an id without a file or series; if none has any, that stops.

    Raises
    ------
    ConfigError
        Without a root.
    DataError
        For what is missing or cannot be read.
    """
    if root is None:
        raise ConfigError(
            f"panel '{name}' reads {'files' if spec.files else 'the store'}, but data.root is not "
            "set; use `--set data.root=DIR`"
        )
    wanted = sources(name, spec, ids)
    find = _in_store(root) if spec.series else lambda place: _file(root, place)
    found: dict[str, Source] = {}
    left_out: dict[str, AbsentError] = {}
    for id, place in wanted.items():
        try:
            found[id] = find(place)
        except AbsentError as error:
            if absent == "stop" or not spec.one_a_file:
                raise
            left_out[id] = error
    if not found:
        raise next(iter(left_out.values()))
    # Without the folder: results are equal on every machine.
    what = "file" if spec.files else "series"
    return Sources(found, {id: f"there is no {what} {wanted[id]}" for id in left_out})


def any_there(name: str, spec: PanelSpec, root: Path | None, ids: Sequence[str]) -> bool:
    """Whether the file or series of any id is there."""
    if root is None:
        return False
    places = sources(name, spec, ids).values()
    if spec.files is not None:
        return any((root / place).is_file() for place in places)
    from feeds.store.places import manifest_path

    return any(manifest_path(root / "store", key).is_file() for key in places)


def _file(root: Path, place: str) -> Source:
    return FileSource(place, file_bytes(root / place, place))


def _in_store(root: Path) -> Callable[[str], Source]:
    from feeds.store import Store

    store = Store(root)

    def find(key: str) -> Source:
        return StoredSource(key, store.manifest(key).current.content, store)

    return find
