"""Small made-up files, and how tests read them."""

from __future__ import annotations

from typing import Any

import numpy as np

from feeds.formats import Facts, read_vendor_file
from feeds.series import Series


def read(text: str | bytes, name: str, now: str | None = None, **facts: Any) -> tuple[Series, ...]:
    """The series of a file with this content and name."""
    content = text.encode() if isinstance(text, str) else text
    clock = None if now is None else np.datetime64(now, "ns")
    return read_vendor_file(content, name, clock, Facts(**facts))


def one(text: str | bytes, name: str, now: str | None = None, **facts: Any) -> Series:
    """The only series of a file."""
    (series,) = read(text, name, now, **facts)
    return series


def labels(series: Series) -> list[str]:
    """The labels, to the minute."""
    return [str(label)[:16] for label in series.time]


def known(series: Series) -> list[str]:
    """When each row of a release was known, to the minute."""
    assert series.known_at is not None
    return [str(label)[:16] for label in series.known_at]


def counts(series: Series) -> dict[str, int]:
    """How many rows each finding has."""
    return {kind: len(labels) for kind, labels in series.findings.items()}
