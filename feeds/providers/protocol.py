"""What every provider promises: pages of one series, each with the bytes the vendor sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from feeds.arrays import Instant
from feeds.errors import ProviderError
from feeds.series import Series, parts_of


@dataclass(frozen=True)
class Request:
    """One series to be fetched.

    Attributes
    ----------
    key : str
        `vendor/id/frequency`, such as `binance/BTCUSDT/1d`.
    calendar : str or None
        Where the user knows better than the vendor which exchange this was traded on.
    """

    key: str
    calendar: str | None = None

    @property
    def id(self) -> str:
        """The name of the market, coin or statistic, as the vendor writes it."""
        return parts_of(self.key)[1]

    @property
    def frequency(self) -> str:
        """How often there is a row."""
        return parts_of(self.key)[2]


@dataclass(frozen=True, eq=False)
class Page:
    """Part of a series, in order of time.

    Attributes
    ----------
    series : Series
    raw : bytes
        What the vendor sent; several answers one after the other, a line each.
    suffix : str
        The ending of a file with such bytes.
    asked : mapping of str to str
        The question, so that a reader could put it again; never holds a key of the user.
    last : bool
        Whether the vendor has no more.
    """

    series: Series
    raw: bytes
    suffix: str
    asked: Mapping[str, str]
    last: bool = True


class Provider(Protocol):
    """A vendor: its name, the release of the library that talks to it, and its series."""

    vendor: str
    version: str

    def fetch(self, request: Request, since: Instant | None, now: Instant) -> Iterator[Page]:
        """Pages of rows from `since` (None: from the first) that are final at `now`.

        Raises
        ------
        NotOfferedError
            For a series that the vendor does not have, with the vendor's own reason.
        UnreachableError
            For a vendor that cannot be reached, or that wants to be left alone.
        ProviderError
            For answers that are no data.
        """
        ...

    def close(self) -> None:
        """Hang up; nothing can be fetched afterwards."""
        ...


def in_order(pages: Iterator[Page]) -> Iterator[Page]:
    """The same pages, of which only the very last is marked as the last.

    A page is handed on when the next one has come, or when there will be none: then the page in
    hand is not lost.
    """
    held: Page | None = None
    try:
        for page in pages:
            if held is not None:
                yield replace(held, last=False)
            held = page
    except (ProviderError, KeyboardInterrupt):
        if held is not None:
            yield replace(held, last=False)
        raise
    if held is not None:
        yield replace(held, last=True)
