"""Returns and instants on disk, each file named by the SHA-256 of its content.

Plain little-endian numbers, float64 returns and int64 nanoseconds since 1970: trials of the same
dates share their instants, and those with the same benchmark its returns.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from feeds.arrays import Float, Instants, instants, read_only
from feeds.atomic import replace_whole, sync_folder

_BYTES = 8
"""Of a number."""


def content_of(values: Float | Instants) -> bytes:
    """The bytes by which a series is named and kept."""
    kind = "<f8" if values.dtype.kind == "f" else "<i8"
    return np.ascontiguousarray(values).view(values.dtype.str[1:]).astype(kind).tobytes()


def digest(content: bytes) -> str:
    """The name of a series."""
    return sha256(content).hexdigest()


ASIDE = ".tmp-writing"
"""Where a file is written before it has its name: one place, for those who hold the lock."""


def keep_all(folder: Path, contents: Iterable[bytes]) -> None:
    """Have the series in the folder, through to the disk; what is whole is not written again.

    Only for who holds the lock of the ledger.
    """
    new = False
    for content in contents:
        name = digest(content)
        if _content(folder, name) is None:
            replace_whole(folder / name, content, aside=ASIDE)
            new = True
    if new:
        sync_folder(folder)


def returns_of(folder: Path, name: str) -> Float | None:
    """Returns per bar, float64 (T,), read-only; None if they are gone or not what they were."""
    content = _content(folder, name)
    return None if content is None else read_only(np.frombuffer(content, "<f8"))


def instants_of(folder: Path, name: str) -> Instants | None:
    """Point 0 and all closes, datetime64[ns] (T + 1,); None if gone or not what they were."""
    content = _content(folder, name)
    return None if content is None else instants(np.frombuffer(content, "<i8").view("<M8[ns]"))


@dataclass(frozen=True, eq=False)
class Shelf:
    """Series in a folder; of those that many trials share, and of lengths, each is read once."""

    folder: Path
    _instants: dict[str, Instants | None] = field(default_factory=dict, repr=False)
    _lengths: dict[str, int] = field(default_factory=dict, repr=False)

    def returns(self, name: str) -> Float | None:
        """As `returns_of`, not held."""
        return returns_of(self.folder, name)

    def instants(self, name: str) -> Instants | None:
        """As `instants_of`."""
        if name not in self._instants:
            self._instants[name] = instants_of(self.folder, name)
        return self._instants[name]

    def length(self, name: str) -> int:
        """How many numbers the file of a series holds, whatever they are; -1 if there is none."""
        if name not in self._lengths:
            try:
                size = os.stat(f"{self.folder}/{name}").st_size
            except OSError:
                size = -1
            self._lengths[name] = size // _BYTES if size % _BYTES == 0 else -1
        return self._lengths[name]


def is_whole(folder: Path, name: str) -> bool:
    """Whether a series is there as it was written."""
    return _content(folder, name) is not None


def _content(folder: Path, name: str) -> bytes | None:
    try:
        # Plain calls: a search reads thousands of these, and `Path.read_bytes` takes twice as long.
        handle = os.open(f"{folder}/{name}", os.O_RDONLY)
        try:
            content = os.read(handle, os.fstat(handle).st_size)
        finally:
            os.close(handle)
    except OSError:  # a folder of that name among them
        return None
    return content if digest(content) == name else None
