"""Layouts: a YAML file that says what the plain tables of a folder hold and when it was known."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from feeds.arrays import DAY, Instants
from feeds.calendars import ALWAYS, STEPS, Stamp
from feeds.errors import ConfigError, DataError
from feeds.formats.clocks import in_utc, parse_clock
from feeds.formats.coinmarketcap_lists import ids_apart
from feeds.formats.drafts import Draft, normalised
from feeds.formats.sheets import Sheet, sheet_of
from feeds.formats.unpacking import decoded, unpacked
from feeds.release_lags import release_instants
from feeds.series import Series, parts_of
from feeds.times import TIME_COLUMNS

ID = "{id}"
_LARGEST = 1_000_000
_LAG = re.compile(r"(\d{1,3})d")
_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def _known_key(key: str) -> str:
    try:
        parts_of(key.replace(ID, "id"))
    except DataError as error:
        raise ValueError(str(error)) from None
    return key


def _inside(files: str) -> str:
    parts = PurePosixPath(files).parts
    if not parts or ".." in parts or files.startswith(("/", "~")) or files.count(ID) > 1:
        raise ValueError(f"'{files}' must be a path below the folder, with {ID} once or not at all")
    return files


def _columns(fields: object) -> object:
    return {name: name for name in fields} if isinstance(fields, list) else fields


def _known_lag(lag: str | None) -> str | None:
    if lag is not None and lag != "fred" and not _LAG.fullmatch(lag):
        raise ValueError(f"'{lag}' is no lag; write fred, or a number of days such as 1d")
    return lag


class Table(BaseModel):
    """One series that is in each of some files."""

    model_config = _STRICT

    series: Annotated[str, AfterValidator(_known_key)] = Field(
        description="key of the series; {id} in it stands for the id in the file's name"
    )
    stamp: Stamp = Field(description="what the time of a row means")
    calendar: str = Field(ALWAYS, description="24/7, or an exchange calendar such as XNYS")
    fields: Annotated[dict[str, str], BeforeValidator(_columns)] = Field(
        min_length=1, description="columns to read; a map where the field has another name"
    )
    lag: Annotated[str | None, AfterValidator(_known_lag)] = Field(
        None, description="when a row of stamp `release` was known: fred, or days such as 1d"
    )
    notes: dict[str, str] = Field({}, description="what a reader has to know")

    @model_validator(mode="after")
    def _lags_are_for_releases(self) -> Table:
        if (self.stamp == "release") != (self.lag is not None):
            raise ValueError("`lag` goes with `stamp: release`, and only with it")
        if (self.stamp == "session_close") == (self.calendar == ALWAYS):
            raise ValueError("`stamp: session_close` goes with an exchange, the others with 24/7")
        return self


class Entry(Table):
    """Files that hold the same columns, and the series in them."""

    files: Annotated[str, AfterValidator(_inside)] = Field(
        description="path below the folder; {id} in it stands for any name"
    )
    ids: list[str] | None = Field(None, description="only these ids")
    without: list[str] = Field([], alias="except", description="all ids but these")
    rename: dict[str, str] = Field({}, description="ids of the files to ids of the series")
    id_column: str | None = Field(None, description="column of ids, in a table of many")
    apart_by: str | None = Field(None, description="column that parts rows of one id and time")
    also: list[Table] = Field([], description="further series in the same files")

    @model_validator(mode="after")
    def _ids_have_a_place(self) -> Entry:
        keys = [table.series for table in (self, *self.also)]
        if any((ID in self.files) != (ID in key) for key in keys):
            raise ValueError("{id} has to be in `files` and in `series`, or in neither")
        if ID not in self.files and (self.ids or self.without or self.rename):
            raise ValueError("`ids`, `except` and `rename` need {id} in `files`")
        if len(set(keys)) < len(keys):
            raise ValueError("`also` names a series a second time")
        return self

    def id_in(self, path: str) -> str | None:
        """The id in a path, "" where the entry has none; None if the path is none of its files."""
        part = _pattern(self.files).fullmatch(path)
        if part is None:
            return None
        id = part["id"] if ID in self.files else ""
        return None if id in self.without or (self.ids is not None and id not in self.ids) else id


class Layout(BaseModel):
    """What is in a folder.

    Attributes
    ----------
    entries : list of Entry
        The first that matches a file says what it holds.
    skip : list of str
        Patterns such as `*.md` of files that hold no data.
    """

    model_config = _STRICT

    version: Literal[1]
    skip: list[str] = []
    entries: list[Entry] = Field(min_length=1)

    def match(self, relative_path: str) -> Entry | None:
        """The entry of a file by its path below the folder, None if no entry has it."""
        return next((each for each in self.entries if each.id_in(relative_path) is not None), None)

    def skips(self, relative_path: str) -> bool:
        """Whether the file is one of those that hold no data."""
        return any(fnmatchcase(relative_path, pattern) for pattern in self.skip)


@lru_cache(maxsize=256)
def _pattern(files: str) -> re.Pattern[str]:
    """Paths of an entry, packed with gzip or not, in whatever folder the layout is about."""
    before, id, after = files.removesuffix(".gz").partition(ID)
    name = "(?P<id>[^/]+)" if id else ""
    return re.compile(rf"(?:.*/)?{re.escape(before)}{name}{re.escape(after)}(?:\.gz)?")


def read_layout(path: Path) -> Layout:
    """The layout in a YAML file.

    Raises
    ------
    ConfigError
        For a file that cannot be read, or that says what no layout can, with all problems.
    """
    import yaml

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as a layout: {error}") from None
    if len(text) > _LARGEST:
        raise ConfigError(f"{path}: is {len(text):,} characters long; no layout is")
    try:
        content = yaml.load(text, _loader())
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is no YAML: {' '.join(str(error).split())[:300]}") from None
    try:
        return Layout.model_validate(content)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, each['loc'])) or 'layout'}: {_said(each)}"
            for each in error.errors(include_url=False)
        ]
        raise ConfigError(f"{path}: {'; '.join(problems[:8])}") from None


def _loader() -> type[Any]:
    """A safe loader that stops at a key told twice and at references, which layouts do not need."""
    import yaml

    class Loader(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("a layout has no references (*name)")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value]
            if twice := sorted({str(key) for key in keys if keys.count(key) > 1}):
                raise yaml.YAMLError(f"the key '{twice[0]}' stands twice at {node.start_mark}")
            return super().construct_mapping(node, deep)

    return Loader


def _said(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return "unknown key"
    if problem["type"] == "missing":
        return "has to be there"
    return f"{problem['msg'].removeprefix('Value error, ')}, not {str(problem['input'])[:60]!r}"


def read_plain(
    content: bytes, name: str, entry: Entry, now: np.datetime64 | None = None
) -> tuple[Series, ...]:
    """The series in a plain table, as its entry in the layout describes it.

    Parameters
    ----------
    content : bytes
        The whole file, packed with gzip or not.
    name : str
        Its path below the folder, which holds the id.
    entry : Entry
    now : datetime64 or None
        As for `feeds.formats.read_vendor_file`.

    Raises
    ------
    DataError
        For a table that is not as described, naming file, line and column.
    """
    found = entry.id_in(name)
    if found is None:
        raise DataError(f"{name}: is none of the files {entry.files} of the layout")
    id = entry.rename.get(found, found)
    content, source = unpacked(content, name)
    sheet = sheet_of(decoded(content, source), source)
    time = _time(sheet)
    ids = _ids(sheet, entry, time)
    return tuple(
        normalised(_draft(sheet, table, id, time, ids), now) for table in (entry, *entry.also)
    )


def _time(sheet: Sheet) -> Instants:
    columns = [name for name in TIME_COLUMNS if name in sheet.names]
    if len(columns) != 1:
        found = f"columns found: {', '.join(sheet.labels)[:200]}"
        raise DataError(f"{sheet.source}: needs one column date, time or timestamp; {found}")
    clock = parse_clock(sheet.text(columns[0]), sheet.source, columns[0], sheet.line)
    return in_utc(clock, None, sheet.source, columns[0])


def _ids(sheet: Sheet, entry: Entry, time: Instants) -> tuple[str, ...] | None:
    if entry.id_column is None:
        return None
    _check_columns(sheet, [entry.id_column, *([entry.apart_by] if entry.apart_by else [])])
    ids = sheet.text(entry.id_column)
    return tuple(ids) if not entry.apart_by else ids_apart(time, ids, sheet.text(entry.apart_by))


def _check_columns(sheet: Sheet, names: list[str]) -> None:
    missing = [name for name in names if name not in sheet.labels]
    if missing:
        raise DataError(
            f"{sheet.source}: lacks the column {', '.join(missing)} of its layout; columns found: "
            f"{', '.join(sheet.labels)[:200]}"
        )


def _draft(
    sheet: Sheet, table: Table, id: str, time: Instants, ids: tuple[str, ...] | None
) -> Draft:
    _check_columns(sheet, list(table.fields.values()))
    key = table.series.replace(ID, id)
    known_at = None
    if table.lag == "fred":
        known_at = release_instants(parts_of(key)[1], time)
    elif table.lag is not None:
        known_at = time + int(table.lag[:-1]) * DAY
    step = STEPS.get(table.stamp)
    closes_at = None if step is None else time + step
    fields = {field: sheet.numbers(_name(sheet, label)) for field, label in table.fields.items()}
    return Draft(
        sheet.source, key, table.stamp, time, fields, table.calendar, ids, known_at,
        closes_at, notes=table.notes,
    )  # fmt: skip


def _name(sheet: Sheet, label: str) -> str:
    return sheet.names[sheet.labels.index(label)]
