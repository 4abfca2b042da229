"""The vendors on loopback, and a wait that only notes how long it would have been."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from feeds.arrays import Instant
from feeds.providers import Page, Provider, Request, provider
from tests.servers.proxy import Loopback


class Waits(list[float]):
    """Seconds that would have been waited; the clock of the test moves by them alone."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)

    def clock(self) -> float:
        return sum(self)


class Maker(Protocol):
    """Makes a provider whose waits are noted."""

    def __call__(self, name: str, /, **options: Any) -> Provider: ...


@pytest.fixture
def loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    with Loopback() as playing:
        for name, value in playing.environment(tmp_path).items():
            monkeypatch.setenv(name, value)
        yield playing


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def make(waits: Waits, loopback: Loopback) -> Iterator[Maker]:
    with ExitStack() as open_lines:

        def of(name: str, **options: Any) -> Provider:
            played = {"wait": waits, "clock": waits.clock, "environment": {}, "seed": 1}
            made = provider(name, **{"timeout_seconds": 5.0, **played, **options})
            open_lines.callback(made.close)
            return made

        yield of


def pages(
    of: Provider, key: str, now: str, since: str | None = None, calendar: str | None = None
) -> list[Page]:
    """All pages of a series."""
    start: Instant | None = None if since is None else np.datetime64(since, "ns")
    return list(of.fetch(Request(key, calendar), start, np.datetime64(now, "ns")))


def days(*labels: str) -> list[np.datetime64]:
    return [np.datetime64(label, "ns") for label in labels]
