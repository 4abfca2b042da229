"""Looking after a store: which files are damaged, what may be thrown away, what there is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from feeds.arrays import Instant
from feeds.atomic import sync_folder
from feeds.errors import DataError
from feeds.store import places
from feeds.store.disk import CORRUPT, PART, sha256, write_durably
from feeds.store.history import without
from feeds.store.manifests import FILE, Manifest, Source, Version, from_bytes, to_bytes

if TYPE_CHECKING:
    from feeds.store.store import Store

_UNREADABLE = "cannot be read"


@dataclass(frozen=True)
class Problem:
    """A file that is not what it was when it was written, and what to do about it."""

    path: Path
    key: str
    what: str
    advice: str

    @property
    def lost(self) -> bool:
        """Whether its content is gone; what cannot be read may come back with rights or a disk."""
        return not self.what.startswith(_UNREADABLE)

    def __str__(self) -> str:
        return f"{self.path} ({self.key}) {self.what}; {self.advice}"


@dataclass(frozen=True)
class Freed:
    """What sweeping up has thrown away."""

    versions: int
    files: int
    size: int


@dataclass(frozen=True)
class Status:
    """One series in short, as its newest version has it.

    `versions` counts states of its history; `revised` the rows told otherwise in all of them.
    """

    key: str
    provider: str
    fetched_at: Instant
    ids: int
    rows: int
    first: Instant
    last: Instant
    complete: bool
    versions: int
    revised: int


def verify(store: Store, repair: bool) -> Iterator[Problem]:
    """Check every file that a manifest names; see `Store.verify`."""
    for path in places.manifest_paths(store.root):
        _, problems = _examine(store.root, path)
        if not problems:
            continue
        # Once more: a writer may have replaced the version that was being looked at.
        with store.writing() if repair else nullcontext():
            manifest, problems = _examine(store.root, path)
            if repair and problems:
                _set_aside(path, manifest, problems)
        yield from problems


def _examine(root: Path, path: Path) -> tuple[Manifest | None, list[Problem]]:
    """A manifest, and what is wrong with it or with a file that it names."""
    key = places.key_of(path)
    try:
        manifest = from_bytes(path.read_bytes(), str(path))
    except FileNotFoundError:
        return None, []  # a repair in another process has taken it away
    except OSError as error:
        what = f"{_UNREADABLE}: {error.strerror}"
        return None, [Problem(path, key, what, "look after rights and disk")]
    except DataError:
        again = "get the series again with `data fetch` or `data import`"
        return None, [Problem(path, key, "is damaged", again)]
    if manifest.key != key:
        what = f"is the manifest of {manifest.key}"
        return manifest, [Problem(path, key, what, "remove it, it was copied there")]
    problems = []
    for version in manifest.versions:
        files = [places.object_path(root, version.object)]
        files += [places.raw_path(root, name) for name in version.raw]
        for file in files:
            if what := _fault(file):
                problems.append(Problem(file, key, what, _advice(key, version)))
    return manifest, list(dict.fromkeys(problems))


def _fault(path: Path) -> str:
    """What is wrong with a file that is named by its checksum, "" if nothing."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"{_UNREADABLE}: {error.strerror}"
    return "" if sha256(content) == path.name.partition(".")[0] else "is damaged"


def _advice(key: str, version: Version) -> str:
    if version.provider != FILE:
        return f"get it again with `data fetch {key}`"
    return f"import {version.sources[-1].origin.request.get('file', 'its file')} again"


def _set_aside(path: Path, manifest: Manifest | None, problems: Iterable[Problem]) -> None:
    """Rename damaged files, and no longer name what is lost."""
    lost = {problem.path for problem in problems if problem.lost}
    for file in lost:
        if file.exists():
            os.replace(file, file.with_name(file.name + CORRUPT))
            sync_folder(file.parent)
    if path in lost or manifest is None:
        return
    names = {file.name for file in lost}
    kept = without(manifest.versions, {v.object for v in manifest.versions} & names)
    kept = tuple(replace(v, sources=tuple(_less(s, names) for s in v.sources)) for v in kept)
    if kept:
        write_durably(path, to_bytes(Manifest(manifest.key, kept)))
    else:
        path.unlink()
        sync_folder(path.parent)


def _less(source: Source, names: set[str]) -> Source:
    return replace(source, raw=tuple(name for name in source.raw if name not in names))


def sweep(store: Store, keep_versions: int | None) -> Freed:
    """Throw away what nothing names; see `Store.gc`."""
    with store.writing():
        named, dropped = set(), 0
        # All of them are read before anything is changed: a damaged one stops here.
        for manifest in [store.manifest(key) for key in sorted(store.keys())]:
            kept = manifest.versions
            if keep_versions is not None:
                old = manifest.complete[:-keep_versions]
                newer = {v.object for v in kept} - {v.object for v in old}
                kept = without(kept, {v.object for v in old} - newer)
            if len(kept) < len(manifest.versions):
                dropped += len(manifest.versions) - len(kept)
                path = places.manifest_path(store.root, manifest.key)
                write_durably(path, to_bytes(Manifest(manifest.key, kept)))
            named |= {name for version in kept for name in (version.object, *version.raw)}
        sizes = [_remove(path) for path in _files(store.root) if path.name not in named]
        return Freed(dropped, len(sizes), sum(sizes))


def _files(root: Path) -> Iterator[Path]:
    """Files that may be thrown away unless a manifest names them."""
    for folder in ("objects", "raw"):
        yield from (path for path in (root / folder).glob("*/*") if path.is_file())
    for pattern in (f"{PART}*", f"*{CORRUPT}"):
        yield from (root / "series").rglob(pattern)


def _remove(path: Path) -> int:
    size = path.stat().st_size
    path.unlink()
    return size


def manifests(store: Store, pattern: str) -> Iterator[Manifest | Problem]:
    """Every manifest, or what is wrong with it, in order of the keys."""
    for key in store.keys(pattern):
        try:
            yield store.manifest(key)
        except DataError as error:
            path = places.manifest_path(store.root, key)
            yield Problem(path, key, str(error), "see `data verify`")


def status(store: Store, pattern: str) -> Iterator[Status | Problem]:
    """What there is; see `Store.status`."""
    for manifest in manifests(store, pattern):
        if isinstance(manifest, Problem):
            yield manifest
            continue
        newest = manifest.newest
        revisions = [version.revision for version in manifest.versions]
        yield Status(
            manifest.key,
            newest.provider,
            newest.fetched_at,
            newest.ids,
            newest.rows,
            newest.first,
            newest.last,
            newest.complete,
            len(manifest.complete),
            sum(each.changed + each.added + each.removed for each in revisions),
        )
