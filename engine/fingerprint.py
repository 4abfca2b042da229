"""Digests: which code, which rows and which config a result stands for."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from engine.plugins import plugin_of
from feeds.arrays import Bool
from feeds.events import Event
from feeds.panel import Panel
from strategies.base import Signal

_PACKAGES = ("engine", "feeds", "strategies")
_LIBRARIES = ("abc", "backtrader", "builtins", "pydantic", "typing")
"""Where base classes come from; their versions are in run.log."""


def digest_of(value: Any) -> str:
    """SHA-256 of a JSON-able value in canonical form: sorted keys, no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def package_digest() -> str:
    """SHA-256 over the sources of the three packages, by relative path and content."""
    out = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent
    for source in sorted(path for package in _PACKAGES for path in _sources(root, package)):
        content = (root / source).read_bytes()
        out.update(f"{source}\0{len(content)}\0".encode())
        out.update(content)
    return out.hexdigest()


def _sources(root: Path, folder: str) -> Iterator[str]:
    """Sources below a folder by their path relative to `root`; `Path.rglob` takes twice as long."""
    with os.scandir(root / folder) as entries:
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if entry.is_dir():
                yield from _sources(root, path)
            elif entry.name.endswith((".py", ".csv")):
                yield path


def plugin_digests(classes: Iterable[type]) -> dict[str, str]:
    """The sources of classes that are not part of the packages, by qualified name.

    A class in a file stands for the whole file, and in a plugin for what that imports from its own
    folder too; one without a file, typed into a notebook, for the code of its methods.
    """
    out = {}
    for cls in classes:
        for base in cls.__mro__:
            top = base.__module__.partition(".")[0]
            if top not in (*_PACKAGES, *_LIBRARIES):
                out[f"{base.__module__}.{base.__qualname__}"] = _source_digest(base)
    return dict(sorted(out.items()))


def plugin_files(classes: Iterable[type]) -> list[str]:
    """The names, without folders, of the plugins that classes and their bases were loaded from."""
    files = {source_file(base) for cls in classes for base in cls.__mro__}
    return sorted({plugin.path.name for file in files if file and (plugin := plugin_of(file))})


def source_file(cls: type) -> Path | None:
    """The file that a class is written in; None for one typed into a notebook."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return Path(file) if file and Path(file).is_file() else None


def _source_digest(cls: type) -> str:
    file = source_file(cls)
    if file is not None:
        plugin = plugin_of(file)
        return plugin.digest if plugin else hashlib.sha256(file.read_bytes()).hexdigest()
    out = hashlib.sha256(cls.__qualname__.encode())
    for name, member in sorted(vars(cls).items()):
        code = getattr(member, "__code__", None)
        out.update(name.encode())
        out.update(_code(code) if code else b"")
    return out.hexdigest()


def _code(code: CodeType) -> bytes:
    """What a function does, without addresses and line numbers."""
    parts = [code.co_code, repr(code.co_names).encode()]
    for constant in code.co_consts:
        parts.append(_code(constant) if isinstance(constant, CodeType) else repr(constant).encode())
    return b"\0".join(parts)


def panels_read(
    signals: Mapping[str, Signal], panels: Mapping[str, Panel], clock: Panel
) -> dict[str, Panel]:
    """The panels that can change what a run does.

    Of the clock these are the ids of the universe, cut at the end of the period, and all its ids
    where a signal looks at them.
    """
    found = {**panels, clock.name: clock}
    if any(signal.panel == clock.name for signal in signals.values()):
        found[f"{clock.name} (signals)"] = panels[clock.name]
    return found


def run_digests(
    config: Mapping[str, Any],
    panels: Mapping[str, Panel],
    events: Sequence[Event],
    classes: Iterable[type] = (),
    universe: Bool | None = None,
) -> dict[str, Any]:
    """The digests that identify a run, each on its own so that a difference can be named.

    `universe` says which ids could be held when; what it was made of is in no panel.
    """
    return {
        "config": digest_of(config),
        "panels": {name: panel.digest for name, panel in sorted(panels.items())},
        "quality": digest_of(
            {name: [panel.counts, dict(panel.left_out)] for name, panel in sorted(panels.items())}
        ),
        "universe": "" if universe is None else hashlib.sha256(universe.tobytes()).hexdigest(),
        "events": digest_of([[str(cell) for cell in astuple(event)] for event in events]),
        "package": package_digest(),
        "plugins": plugin_digests(classes),
    }


def run_id(digests: Mapping[str, Any]) -> str:
    """The id of a run: 16 hex digits of the digest of its digests."""
    return digest_of(digests)[:16]
