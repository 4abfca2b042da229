"""What is known about the versions of one series: how they were got, and what they say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from feeds.arrays import Instant
from feeds.errors import DataError

FILE = "file"
"""The provider of what the user has imported."""

_HEAD = '{"sha256": "%s",\n"manifest": '
_HEAD_LENGTH = len(_HEAD % ("0" * 64))
_TAIL = "}\n"


@dataclass(frozen=True)
class Origin:
    """How some bytes were got from a vendor.

    Attributes
    ----------
    provider : str
        Who was asked, such as `yahoo` or `binance`; `FILE` for a file that the user gave.
    provider_version : str
        The library and its release, or the reader and its version.
    request : mapping of str to JSON-able values
        What was asked for. Never a key or a password.
    fetched_at : datetime64[ns]
    suffix : str
        The ending of the bytes as a file, such as `.json` or `.csv.gz`.
    """

    provider: str
    provider_version: str
    request: Mapping[str, Any]
    fetched_at: Instant
    suffix: str = ""


@dataclass(frozen=True)
class Source:
    """Raw files, by their names in the store, and how they were got."""

    origin: Origin
    raw: tuple[str, ...]


@dataclass(frozen=True)
class Revision:
    """Rows that a vendor told otherwise than before; rows at either end are none of them."""

    changed: int = 0
    added: int = 0
    removed: int = 0

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.removed)


@dataclass(frozen=True)
class Summary:
    """What rows say, in short; `content` is a digest of all of it, whatever file holds it."""

    content: str
    rows: int
    ids: int
    first: Instant
    last: Instant
    stamp: str
    calendar: str
    fields: tuple[str, ...]
    findings: Mapping[str, int]
    notes: Mapping[str, str]


@dataclass(frozen=True)
class Version(Summary):
    """One state of a series.

    Attributes
    ----------
    object : str
        The name of the Parquet file with the rows.
    sources : tuple of Source
        Where the rows came from that the version before did not have.
    complete : bool
        False while a fetch is under way, or was stopped.
    builds_on : bool
        Whether the sources of the version before are needed for these rows as well.
    revision : Revision
        How the rows differ from those of the version before.
    """

    object: str
    sources: tuple[Source, ...]
    complete: bool
    builds_on: bool = False
    revision: Revision = field(default_factory=Revision)

    @property
    def raw(self) -> tuple[str, ...]:
        """Names of the raw files, each once."""
        return tuple(dict.fromkeys(name for source in self.sources for name in source.raw))

    @property
    def provider(self) -> str:
        """Who gave the newest rows."""
        return self.sources[-1].origin.provider

    @property
    def fetched_at(self) -> Instant:
        """When the newest rows were got."""
        return self.sources[-1].origin.fetched_at


@dataclass(frozen=True)
class Manifest:
    """The versions of one series, oldest first; only the newest may be incomplete."""

    key: str
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        """The last version, complete or not: where a fetch goes on."""
        return self.versions[-1]

    @property
    def complete(self) -> tuple[Version, ...]:
        """The versions that are whole."""
        return tuple(version for version in self.versions if version.complete)

    @property
    def current(self) -> Version:
        """The last version that is whole: what a run reads.

        Raises
        ------
        DataError
            While the first fetch has not come to its end.
        """
        for version in reversed(self.versions):
            if version.complete:
                return version
        raise DataError(
            f"{self.key}: only a part has been fetched, up to {_text(self.newest.last)}; "
            f"`data fetch {self.key}` goes on"
        )


def to_bytes(manifest: Manifest) -> bytes:
    """A manifest as JSON text that begins with the checksum of all that follows it."""
    # A line a version; with `indent` the standard library would take ten times as long.
    versions = ",\n".join(
        json.dumps(_version_json(version), sort_keys=True, ensure_ascii=False, allow_nan=False)
        for version in manifest.versions
    )
    body = f'{{"key": {json.dumps(manifest.key)}, "versions": [\n{versions}\n]}}{_TAIL}'
    return (_HEAD % hashlib.sha256(body.encode()).hexdigest() + body).encode()


def from_bytes(content: bytes, source: str) -> Manifest:
    """The manifest in the bytes that `to_bytes` made.

    Raises
    ------
    DataError
        For bytes whose checksum does not fit, naming the file.
    """
    body = content[_HEAD_LENGTH:]
    if content[:_HEAD_LENGTH] != (_HEAD % hashlib.sha256(body).hexdigest()).encode():
        raise DataError(
            f"{source} is damaged: its checksum does not fit. "
            "`data verify --repair` sets it aside; then fetch or import the series again"
        )
    said = json.loads(body[: -len(_TAIL)])
    return Manifest(said["key"], tuple(_version(each) for each in said["versions"]))


def _version_json(version: Version) -> dict[str, Any]:
    said = {each.name: getattr(version, each.name) for each in fields(version)}
    return said | {
        "first": _text(version.first),
        "last": _text(version.last),
        "findings": dict(version.findings),
        "notes": dict(version.notes),
        "revision": asdict(version.revision),
        "sources": [
            {
                "provider": source.origin.provider,
                "provider_version": source.origin.provider_version,
                "request": dict(source.origin.request),
                "fetched_at": _text(source.origin.fetched_at),
                "suffix": source.origin.suffix,
                "raw": source.raw,
            }
            for source in version.sources
        ],
    }


def _version(said: dict[str, Any]) -> Version:
    return Version(
        **said
        | {
            "first": _instant(said["first"]),
            "last": _instant(said["last"]),
            "fields": tuple(said["fields"]),
            "revision": Revision(**said["revision"]),
            "sources": tuple(_source(each) for each in said["sources"]),
        }
    )


def _source(said: dict[str, Any]) -> Source:
    origin = {key: value for key, value in said.items() if key != "raw"}
    origin["fetched_at"] = _instant(said["fetched_at"])
    return Source(Origin(**origin), tuple(said["raw"]))


def _text(time: Instant) -> str:
    """An instant exactly, in as few digits as it takes."""
    said = str(np.datetime_as_string(np.datetime64(time, "ns"), unit="auto"))
    return f"{said}Z" if "T" in said else said


def _instant(said: str) -> Instant:
    return np.datetime64(said.removesuffix("Z"), "ns")
