"""`PanelSpec` and its reader: files under the data root to a validated `Panel`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from feeds.arrays import Instants, text
from feeds.calendars import Bounds, Stamp, bounds, check_grid, check_stamp
from feeds.errors import ConfigError, DataError
from feeds.files import Rows, file_bytes, parse_file
from feeds.panel import BLANK_ROWS, MISSING_BARS, OHLC, Panel, found
from feeds.times import TIME_COLUMNS
from feeds.validate import check_rows, missing_bars

ENDINGS = (".csv", ".csv.gz", ".parquet")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,80}")


def inside_root(path: str) -> str:
    """`path`, if it cannot lead out of the folder it is relative to.

    Raises
    ------
    ValueError
        For an absolute path, a `..`, a backslash or an empty path.
    """
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith(("/", "~")) or re.search(r"[\\\0:]", path):
        raise ValueError(f"'{path}' must be a path below data.root, with / and without ..")
    return path


def _known_ending(path: str) -> str:
    if not inside_root(path).endswith(ENDINGS):
        raise ValueError(f"'{path}' ends in none of {', '.join(ENDINGS)}")
    return path


def _plain_ids(ids: list[str] | None) -> list[str] | None:
    if ids is None:
        return None
    check_ids(ids)
    if not ids or len(set(ids)) != len(ids):
        raise ValueError("ids must be named, each once")
    return ids


def check_ids(ids: Sequence[str]) -> None:
    """Check that ids can be parts of file names.

    Raises
    ------
    ValueError
        For an id with characters other than letters, digits, dot, underscore and hyphen.
    """
    for name in ids:
        if not _NAME.fullmatch(name) or not name.strip("."):
            raise ValueError(f"id '{name}': use up to 80 letters, digits, dots, _ and -")


def _plain_fields(fields: str | list[str]) -> str | list[str]:
    if isinstance(fields, str):
        return fields
    taken = [name for name in fields if name in (*TIME_COLUMNS, "known_at") or not name.strip()]
    if not fields or taken or len(set(fields)) != len(fields):
        raise ValueError("name the value columns, each once, without the time column")
    return fields


class PanelSpec(BaseModel):
    """Where the rows of a panel are, what they hold, and when each of them became known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    files: Annotated[str, AfterValidator(_known_ending)] = Field(
        description="path below data.root; {id} in it stands for each id in turn"
    )
    stamp: Stamp = Field(description="what the time of a row means, and so when it is known")
    calendar: str = Field(description="24/7, or an exchange calendar such as XNYS")
    fields: Annotated[Literal["ohlcv", "ohlc"] | list[str], AfterValidator(_plain_fields)] = Field(
        description="ohlcv, ohlc, or the names of value columns"
    )
    ids: Annotated[list[str] | None, AfterValidator(_plain_ids)] = Field(
        None, description="ids to read, where they are not those of the universe"
    )

    @model_validator(mode="after")
    def _ids_have_a_place(self) -> PanelSpec:
        if self.ids is not None and "{id}" not in self.files:
            raise ValueError("`ids` needs {id} in `files`")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the number columns."""
        if isinstance(self.fields, str):
            return (*OHLC, "volume") if self.fields == "ohlcv" else OHLC
        return tuple(self.fields)

    @property
    def tradable(self) -> bool:
        """Whether the rows are bars."""
        return isinstance(self.fields, str)


def sources(name: str, spec: PanelSpec, ids: Sequence[str]) -> dict[str, str]:
    """The file of each id of the panel `name`, relative to the data root, by id in order.

    Raises
    ------
    ConfigError
        For `{id}` in `files` without any id to put there.
    """
    if "{id}" not in spec.files:
        return {PurePosixPath(spec.files).name.split(".")[0]: spec.files}
    chosen = sorted(spec.ids or ids)
    if not chosen:
        raise ConfigError(
            f"panel '{name}': `files` has {{id}} but there are no ids; "
            "name them under universe.ids, or as `ids` of the panel"
        )
    try:
        check_ids(chosen)
    except ValueError as error:
        raise ConfigError(f"panel '{name}': {error}") from None
    return {each: spec.files.replace("{id}", each) for each in chosen}


def read_files(
    name: str, spec: PanelSpec, root: Path | None, ids: Sequence[str]
) -> dict[str, bytes]:
    """The bytes of every file of the panel `name`, by path relative to the root.

    Raises
    ------
    ConfigError
        Without a root.
    DataError
        For a file that is missing or cannot be read.
    """
    if root is None:
        raise ConfigError(
            f"panel '{name}' reads files, but data.root is not set; use `--set data.root=DIR`"
        )
    return {path: file_bytes(root / path, path) for path in sources(name, spec, ids).values()}


def build_panel(
    name: str, spec: PanelSpec, ids: Sequence[str], contents: Mapping[str, bytes]
) -> Panel:
    """The validated panel in the bytes of its files.

    Parameters
    ----------
    name : str
        The name of the panel.
    spec : PanelSpec
    ids : sequence of str
        The ids of the universe, used where `files` has `{id}` and the panel names none.
    contents : mapping of str to bytes
        As `read_files` gives it.

    Raises
    ------
    ConfigError, DataError
        For anything that fails a check; see docs/data.md.
    """
    check_stamp(name, spec.stamp, spec.calendar)
    tables, blank_rows = {}, {}
    for each, path in sources(name, spec, ids).items():
        rows = parse_file(contents[path], path, spec.columns, spec.stamp == "release")
        rows, blank_rows[each] = check_rows(rows, spec.tradable)
        check_grid(rows.time, spec.stamp, path)
        tables[each] = rows
    label = np.unique(np.concatenate([rows.time for rows in tables.values()]))
    when = (
        _release(tables, label)
        if spec.stamp == "release"
        else bounds(
            label,
            spec.stamp,
            spec.calendar,
            {rows.source: rows.time for rows in tables.values()},
        )
    )
    fields = {key: np.full((len(label), len(tables)), np.nan) for key in spec.columns}
    for column, rows in enumerate(tables.values()):
        places = np.searchsorted(label, rows.time)
        for key, values in rows.values.items():
            fields[key][places, column] = values
    panel = Panel.build(
        name, spec.calendar, label, when.opened_at, when.known_at, tuple(tables), fields
    )
    quality = {BLANK_ROWS: blank_rows}
    if when.grid is not None:
        absent = missing_bars(when.grid, label, panel.has_bar)
        quality[MISSING_BARS] = dict(zip(panel.ids, absent, strict=True))
    return replace(panel, quality=found(quality))


def _release(tables: Mapping[str, Rows], label: Instants) -> Bounds:
    known_at = np.full(len(label), np.datetime64("NaT", "ns"))
    for rows in tables.values():
        places = np.searchsorted(label, rows.time)
        before, here = known_at[places], rows.known_at
        assert here is not None
        clash = np.flatnonzero(~np.isnat(before) & (before != here))
        if len(clash):
            raise DataError(
                f"{rows.source}: the row {text(rows.time[clash[0]])} is known_at "
                f"{text(here[clash[0]])}, in another file of the panel at "
                f"{text(before[clash[0]])}; make it one panel a file"
            )
        known_at[places] = here
    return Bounds(known_at, known_at, None)
