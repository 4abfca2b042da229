"""Where the files of a store are, under names that every file system keeps apart."""

from __future__ import annotations

import re
from pathlib import Path

from feeds.series import parts_of

_MANIFEST = ".json"
_PLAIN = re.compile(r"(?!(con|prn|aux|nul|com\d|lpt\d)(\.|$))[^A-Z~]*[^A-Z~.]")
"""Names that mean one thing everywhere: no capitals, no device of Windows, no dot at the end."""


def file_name(part: str) -> str:
    """A part of a key as a file name, different from any other's even where case is ignored.

    Names with capitals say in hexadecimal which letters those are: `BTCUSDT` is `BTCUSDT~7f`, and
    neither `btcusdt` nor `Btcusdt~40` can be taken for it.
    """
    if _PLAIN.fullmatch(part):
        return part
    capitals = int("".join("1" if letter.isupper() else "0" for letter in part), 2)
    return f"{part}~{capitals:x}"


def part_of(name: str) -> str:
    """The part of a key that `file_name` made a name of."""
    return name.partition("~")[0]


def manifest_path(root: Path, key: str) -> Path:
    """The manifest of a series."""
    vendor, id, frequency = (file_name(part) for part in parts_of(key))
    return root / "series" / vendor / id / f"{frequency}{_MANIFEST}"


def key_of(path: Path) -> str:
    """The key of the series whose manifest is at `path`."""
    vendor, id, name = path.parts[-3:]
    return "/".join(part_of(part) for part in (vendor, id, name.removesuffix(_MANIFEST)))


def manifest_paths(root: Path, vendor: str | None = None) -> list[Path]:
    """Every manifest, or every one of a vendor, in order of their paths."""
    pattern = f"{'*' if vendor is None else file_name(vendor)}/*/*{_MANIFEST}"
    return sorted((root / "series").glob(pattern))


def object_path(root: Path, name: str) -> Path:
    """The Parquet file called `name`."""
    return root / "objects" / name[:2] / name


def raw_path(root: Path, name: str) -> Path:
    """The file of a vendor called `name`."""
    return root / "raw" / name[:2] / name
