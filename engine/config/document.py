"""`Document`: the plain values of a config and the place where each was written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from feeds.errors import ConfigError

KeyPath = tuple[str | int, ...]
"""Where a value stands: `("universe", "ids", 2)`."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: a file (or another source) and a line, 0 where there is none."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True)
class Document:
    """Plain values (maps, lists, text, numbers, booleans, null) and the origin of each path."""

    values: dict[str, Any]
    origins: dict[KeyPath, Origin] = field(default_factory=dict)
    source: str = "the config"

    def origin(self, path: KeyPath) -> Origin:
        """The origin of `path`, or of the nearest map above it that was written down."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return Origin(self.source)


def dotted(path: KeyPath) -> str:
    """`("universe", "ids", 2)` as `universe.ids[2]`."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else part
    return out


def short(text: str, most: int = 60) -> str:
    """`text`, cut where it is longer than any word of a config."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def from_mapping(values: Mapping[str, Any], source: str = "the config") -> Document:
    """A document of values that were built in Python; dates become text, tuples lists."""
    return Document(_plain_python(values, source), {}, source)


def shape_of(value: object) -> str:
    """What a value is in a config's words: map, list, text, number, true/false or null."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true/false"
    for types, word in ((dict, "map"), (list, "list"), (str, "text")):
        if isinstance(value, types):
            return word
    return "number"


def _plain_python(value: Any, source: str) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain_python(item, source) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_python(item, source) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str) and "\0" not in value:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ConfigError(f"{source}: {value!r} cannot stand in a config; use text and finite numbers")
