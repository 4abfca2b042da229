"""Series from vendors into the store: what is new, what was rewritten, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Protocol

import numpy as np

from feeds.arrays import Bool, Instant, text
from feeds.errors import DataError, ProviderError
from feeds.providers import NotOfferedError, Page, Provider, Request, UnreachableError
from feeds.providers import provider as known_provider
from feeds.series import Series, parts_of
from feeds.store import Origin, Revision, Store
from feeds.store.comparing import compare

OVERLAP_ROWS = 10
"""Rows at the end that are asked for again, to find history that was rewritten."""

_FIRST = "first"
"""Where a fetch began that asked for everything the vendor has."""


class Progress(Protocol):
    """Whoever wants to know how far a fetch is."""

    def __call__(self, label: str, done: int, total: int) -> None:
        """Hear where it is, how many series are done, and how many there are."""


@dataclass(frozen=True)
class Fetched:
    """One series that is now up to date.

    Attributes
    ----------
    key : str
    first, last : datetime64[ns]
        Labels of its first and last row.
    rows, new_rows : int
    revision : Revision
        Rows that the vendor now tells otherwise; the older version is kept.
    """

    key: str
    first: Instant
    last: Instant
    rows: int
    new_rows: int
    revision: Revision


@dataclass(frozen=True)
class Report:
    """What a fetch came to.

    Attributes
    ----------
    fetched : tuple of Fetched
    kept : tuple of str
        Offline: series that are in the store, as they are.
    refused : mapping of str to str
        Series that their vendor does not have, with its reason.
    failed : mapping of str to str
        Series that can be tried again, with what went wrong.
    remaining : tuple of str
        Series that were not asked for before the fetch was interrupted, and the one under way.
    since : datetime64 or None
        What the fetch was told.
    """

    fetched: tuple[Fetched, ...] = ()
    kept: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    remaining: tuple[str, ...] = ()
    since: Instant | None = None

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped it."""
        return bool(self.remaining)

    @property
    def goes_on(self) -> str:
        """The command that goes on where this one ended; empty if there is nothing to do."""
        keys = (*self.remaining, *self.failed)
        since = "" if self.since is None else f" --since {text(self.since)}"
        return f"data fetch{since} {' '.join(map(_quoted, keys))}" if keys else ""


def fetch_series(
    keys: Sequence[str],
    store: Store,
    now: Instant,
    *,
    since: Instant | None = None,
    calendars: Mapping[str, str] | None = None,
    provider: Callable[[str], Provider] = known_provider,
    progress: Progress | None = None,
    offline: bool = False,
) -> Report:
    """Bring series of the store up to date, each page kept as soon as it is there.

    Parameters
    ----------
    keys : sequence of str
        `vendor/id/frequency` each.
    store : Store
    now : datetime64
        Rows that are not final by then are left for the next time.
    since : datetime64 or None
        Where a series begins that is not kept yet, and the earliest row asked for of one that is;
        None: all that the vendor has.
    calendars : mapping of str to str
        The exchange calendar of a key, where the user knows better than the vendor.
    provider : callable
        The provider of a vendor's name; asked once for each.
    progress : callable
    offline : bool
        Ask nobody: series that are kept are good as they are, others have failed.

    Raises
    ------
    OutputError
        When the store cannot be written; what is in it holds.
    ConfigError
        For the name of a vendor that nobody knows.

    Notes
    -----
    A vendor that cannot be reached is not asked for its other series. Ctrl-C ends the fetch with
    a report; the store then holds every page that had come.
    """
    keys = tuple(dict.fromkeys(keys))
    vendors = {key: parts_of(key)[0] for key in keys}
    if offline:
        return _offline(keys, store)
    fetched: list[Fetched] = []
    refused: dict[str, str] = {}
    failed: dict[str, str] = {}
    with ExitStack() as lines:
        providers, unreachable = _providers(vendors.values(), provider, lines)
        for done, key in enumerate(keys):
            vendor = vendors[key]
            if vendor in unreachable:
                failed[key] = unreachable[vendor]
                continue
            request = Request(key, (calendars or {}).get(key))
            tell = partial(progress or _silent, done=done, total=len(keys))
            try:
                fetched.append(_fetch(request, providers[vendor], store, now, since, tell))
            except NotOfferedError as error:
                refused[key] = str(error)
            except UnreachableError as error:
                failed[key] = str(error)
                unreachable[vendor] = f"{vendor}: not asked for this one, since it failed before"
            except (ProviderError, DataError) as error:
                failed[key] = str(error)
            except KeyboardInterrupt:
                return Report(tuple(fetched), (), refused, failed, keys[done:], since)
    return Report(tuple(fetched), (), refused, failed, (), since)


def _providers(
    vendors: Iterable[str], provider: Callable[[str], Provider], lines: ExitStack
) -> tuple[dict[str, Provider], dict[str, str]]:
    """The provider of each vendor, or what it lacks; they hang up with `lines`."""
    found, lacking = {}, {}
    for vendor in dict.fromkeys(vendors):
        try:
            found[vendor] = provider(vendor)
            lines.callback(found[vendor].close)
        except UnreachableError as error:
            lacking[vendor] = str(error)
    return found, lacking


def _offline(keys: Sequence[str], store: Store) -> Report:
    kept = tuple(key for key in keys if key in store and store.manifest(key).complete)
    reason = "not in the store as a whole, and nobody is asked offline"
    return Report(kept=kept, failed={key: f"{key}: {reason}" for key in keys if key not in kept})


def _silent(label: str, done: int, total: int) -> None:
    """Tell nobody."""


def _fetch(
    request: Request,
    provider: Provider,
    store: Store,
    now: Instant,
    since: Instant | None,
    tell: Callable[[str], None],
) -> Fetched:
    """Bring one series up to date: rows after the last, and all of them if some were rewritten."""
    key = request.key
    tell(key)
    before, end = _kept(key, store)
    start = end if end is not None and _asked_for(key, store, since) else since
    pages = provider.fetch(request, start, now)
    first = next(pages, None)
    if first is None:
        raise NotOfferedError(f"{key}: {provider.vendor} has no rows{_from(start)}")
    if before is not None and start is not None and not _agree(before, first.series, start):
        first, pages, start = _again(request, provider, before, now) or (first, pages, start)
    for page in chain([first], pages):
        _keep(page, provider, store, now, start)
        if len(page.series):
            tell(f"{key} to {text(page.series.time[-1])}")
    return _report(key, before, store)


def _kept(key: str, store: Store) -> tuple[Series | None, Instant | None]:
    """The rows kept, once they were complete, and from where on to ask for more."""
    if key not in store:
        return None, None
    manifest = store.manifest(key)
    if not manifest.complete:
        return None, manifest.newest.last
    rows = store.read(key)
    return rows, np.unique(rows.time)[-OVERLAP_ROWS:][0]


def _asked_for(key: str, store: Store, since: Instant | None) -> bool:
    """Whether rows from `since` on have been asked for before, whenever they begin."""
    manifest = store.manifest(key)
    starts = [
        source.origin.request.get("since")
        for version in manifest.versions
        for source in version.sources
    ]
    if since is None:
        return _FIRST in starts
    return manifest.newest.first <= since or any(
        start == _FIRST or (start is not None and np.datetime64(start) <= since) for start in starts
    )


def _again(
    request: Request, provider: Provider, before: Series, now: Instant
) -> tuple[Page, Iterator[Page], Instant] | None:
    """Everything that is kept, asked for again; None if the vendor no longer gives that much."""
    start = before.time[0]
    pages = provider.fetch(request, start, now)
    try:
        return next(pages), pages, start
    except (NotOfferedError, StopIteration):
        return None


def _keep(page: Page, provider: Provider, store: Store, now: Instant, start: Instant) -> None:
    key = page.series.key
    if not len(page.series) and key not in store:
        if page.last:
            raise NotOfferedError(f"{key}: {provider.vendor} has no row yet that is final")
        return
    asked = {**page.asked, "since": _FIRST if start is None else str(start)}
    origin = Origin(provider.vendor, provider.version, asked, now, page.suffix)
    store.extend(page.series, page.raw, origin, complete=page.last)


def _agree(before: Series, page: Series, start: Instant) -> bool:
    """Whether what both have from `start` on is the same.

    Rows of another kind (stamp, calendar) are left to the store, which refuses them.
    """
    if not len(page) or (before.stamp, before.calendar) != (page.stamp, page.calendar):
        return True
    old = _cut(before, (before.time >= start) & (before.time <= page.time[-1]))
    new = _cut(page, page.time <= before.time[-1])
    if not len(old) or not len(new):
        return not len(old)
    return not compare(old, new).revision


def _cut(series: Series, rows: Bool) -> Series:
    known_at = series.known_at
    return replace(
        series,
        time=series.time[rows],
        column=series.column[rows],
        known_at=None if known_at is None else known_at[rows],
        fields={name: values[rows] for name, values in series.fields.items()},
    )


def _report(key: str, before: Series | None, store: Store) -> Fetched:
    after = store.read(key)
    first, last, rows = after.time[0], after.time[-1], len(after)
    if before is None:
        return Fetched(key, first, last, rows, rows, Revision())
    difference = compare(before, after)
    return Fetched(key, first, last, rows, len(difference.added), difference.revision)


def _from(since: Instant | None) -> str:
    return "" if since is None else f" from {text(since)} on"


def _quoted(key: str) -> str:
    """A key as it is typed in a shell, where ^ and = may mean something."""
    return f"'{key}'" if set(key) & set("^=") else key
