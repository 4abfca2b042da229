"""`PanelSpec`: where the rows of a panel are, in files or in the store, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from feeds.calendars import Stamp
from feeds.errors import ConfigError, DataError
from feeds.panel import OHLC
from feeds.series import parts_of
from feeds.times import TIME_COLUMNS

ENDINGS = (".csv", ".csv.gz", ".parquet")
_NAME = re.compile(r"[A-Za-z0-9^._=-]{1,80}")


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


def _series_key(key: str) -> str:
    try:
        parts_of(key.replace("{id}", "id"))
    except DataError as error:
        raise ValueError(str(error)) from None
    return key


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

    files: Annotated[str, AfterValidator(_known_ending)] | None = Field(
        None, description="path below data.root; {id} in it stands for each id in turn"
    )
    series: Annotated[str, AfterValidator(_series_key)] | None = Field(
        None,
        description="vendor/id/frequency in the store below data.root, in place of files; {id} as "
        "there",
    )
    stamp: Stamp = Field(description="what the time of a row means, and so when it is known")
    calendar: str = Field(description="24/7, or an exchange calendar such as XNYS")
    fields: Annotated[Literal["ohlcv", "ohlc"] | list[str], AfterValidator(_plain_fields)] = Field(
        description="ohlcv, ohlc, or the names of value columns"
    )
    ids: Annotated[list[str] | None, AfterValidator(_plain_ids)] = Field(
        None, description="ids to read, where they are not those of the universe"
    )
    publish_lag_hours: float = Field(
        0.0,
        ge=0,
        le=87_600,
        description="hours after the instant of its stamp at which a row is published and known",
    )
    totals: bool = Field(
        False,
        description="whether to make one row of all ids: `total_cap` and `btc_cap` for an id `btc`",
    )
    otherwise: PanelSpec | None = Field(
        None, description="the panel to read where none of these files or series is there"
    )

    @model_validator(mode="after")
    def _is_somewhere(self) -> PanelSpec:
        if (self.files is None) == (self.series is None):
            raise ValueError("needs `files` or `series`, one of the two")
        if self.ids is not None and not self.one_a_file:
            raise ValueError(f"`ids` needs {{id}} in `{'files' if self.files else 'series'}`")
        if self.totals and (isinstance(self.fields, str) or len(self.fields) != 1):
            raise ValueError("`totals` needs one field, which is added up over the ids")
        if self.publish_lag_hours and self.stamp == "release":
            raise ValueError(
                "`publish_lag_hours` has no effect with `stamp: release`, whose file says when "
                "each row was published; remove it"
            )
        return self

    @property
    def place(self) -> str:
        """The path or the key of its rows, with `{id}` where there is one for each."""
        return self.files or self.series or ""

    @property
    def vendor(self) -> str:
        """The vendor of its series; empty for files, which do not tell."""
        return "" if self.series is None else parts_of(self.series.replace("{id}", "id"))[0]

    @property
    def one_a_file(self) -> bool:
        """Whether every id has a file or a series of its own."""
        return "{id}" in self.place

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
    """The file or the series of each id of the panel `name`, by id in order.

    Raises
    ------
    ConfigError
        For `{id}` without any id to put there.
    """
    if not spec.one_a_file:
        return {own_id(spec): spec.place}
    chosen = sorted(spec.ids or ids)
    if not chosen:
        raise ConfigError(
            f"panel '{name}': `{spec.place}` has {{id}} but there are no ids; "
            "name them under universe.ids, or as `ids` of the panel"
        )
    try:
        check_ids(chosen)
    except ValueError as error:
        raise ConfigError(f"panel '{name}': {error}") from None
    return {each: spec.place.replace("{id}", each) for each in chosen}


def own_id(spec: PanelSpec) -> str:
    """The id of a panel whose file or series has no `{id}`."""
    if spec.series is not None:
        return parts_of(spec.series)[1]
    return PurePosixPath(spec.place).name.split(".")[0]
