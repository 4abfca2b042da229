"""Digests: which code, which rows and which config a result stands for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from functools import cache
from pathlib import Path
from typing import Any

from feeds.events import Event
from feeds.panel import Panel

_PACKAGES = ("engine", "feeds", "strategies")


def digest_of(value: Any) -> str:
    """SHA-256 of a JSON-able value in canonical form: sorted keys, no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def package_digest() -> str:
    """SHA-256 over the sources of the three packages, by relative path and content."""
    out = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".csv") and path.is_file():
                content = path.read_bytes()
                out.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
                out.update(content)
    return out.hexdigest()


def run_digests(
    config: Mapping[str, Any], panels: Mapping[str, Panel], events: Sequence[Event]
) -> dict[str, Any]:
    """The digests that identify a run, each on its own so that a difference can be named."""
    return {
        "config": digest_of(config),
        "panels": {name: panel.digest for name, panel in sorted(panels.items())},
        "events": digest_of([[str(cell) for cell in astuple(event)] for event in events]),
        "package": package_digest(),
    }


def run_id(digests: Mapping[str, Any]) -> str:
    """The id of a run: 16 hex digits of the digest of its digests."""
    return digest_of(digests)[:16]
