"""Files of vendors into the store: read by some processes, written by one, in order of names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from feeds.arrays import Instant
from feeds.errors import DataError
from feeds.formats import Facts
from feeds.layouts import Layout
from feeds.reading import READER_VERSION, Result, Task, read_all
from feeds.store import FILE, Origin, Overlap, Problem, Revision, Store
from feeds.store.upkeep import manifests

Progress = Callable[[str, int, int], None]
"""Takes note that so many pieces of so many of a work with a name are done."""


@dataclass(frozen=True)
class Imported:
    """Rows of one series that a file has brought."""

    file: str
    key: str
    rows: int
    revision: Revision


@dataclass(frozen=True)
class Refused:
    """A file, or a series in it, that was left out, and why; the reason begins with the file."""

    file: str
    reason: str


@dataclass
class Report:
    """What became of the files.

    Attributes
    ----------
    files : int
        How many were found.
    seen : int
        How many were dealt with.
    unchanged : int
        How many of these had been imported before by the same rules.
    imported : list of Imported
    refused : list of Refused
    """

    files: int = 0
    seen: int = 0
    unchanged: int = 0
    imported: list[Imported] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def interrupted(self) -> bool:
        """Whether files are left; the same import again goes on with them."""
        return self.seen < self.files


def import_paths(
    paths: Sequence[Path],
    store: Store,
    layout: Layout | None,
    now: Instant,
    progress: Progress,
    workers: int = 2,
    *,
    facts: Facts | None = None,
    replace: bool = False,
) -> Report:
    """Import files, and all files in folders, that the store does not have yet.

    Parameters
    ----------
    paths : sequence of Path
        Files and folders. Rows of one series in several files are put together.
    store : Store
    layout : Layout or None
        What files are that do not say it themselves; it decides for the files that it names.
    now : datetime64[ns]
        Bars that close later are still open, and are left out.
    progress : callable
    workers : int
        Processes that read.
    facts : Facts or None
        What the user says about files that the layout does not name.
    replace : bool
        Whether the rows of a file count where they contradict those in the store, which is then
        reported as a revision; else such a file is refused: neither is known to be the right one.

    Returns
    -------
    Report
        Of all that was done, also after Ctrl-C: what was imported until then stays, and the same
        import again goes on with the rest.

    Raises
    ------
    DataError
        For a path that is not there, and when a reading process is killed.
    OutputError
        When the store cannot be written.
    """
    files = [each for each in _files(paths) if layout is None or not layout.skips(each[0])]
    report, done = Report(files=len(files)), _done(store)
    tasks = _tasks(files, layout, facts or Facts(), now, report)

    def new() -> Iterator[Task]:
        for task in tasks:
            if task.reading not in done:
                yield task
                continue
            report.unchanged += 1
            report.seen += 1
            progress("importing", report.seen, report.files)

    try:
        with closing(read_all(new(), min(workers, len(files)))) as results:
            for task, result in results:
                _keep(task, result, store, report, replace)
                done.add(task.reading)
                report.seen += 1
                progress("importing", report.seen, report.files)
    except KeyboardInterrupt:
        pass  # the report says that files are left
    return report


def _tasks(
    files: Sequence[tuple[str, Path]],
    layout: Layout | None,
    facts: Facts,
    now: Instant,
    report: Report,
) -> Iterator[Task]:
    """The files with their contents, each read when it is needed."""
    for file, path in files:
        try:
            content = path.read_bytes()
        except OSError as error:
            report.refused.append(Refused(file, f"{file}: cannot be read: {error.strerror}"))
            report.seen += 1
            continue
        entry = layout.match(file) if layout else None
        yield Task(file, content, entry, facts, now)


def _files(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Every file by its name relative to the path that led to it, in order, no hidden ones."""
    found = []
    for path in paths:
        if path.is_file():
            found.append((path.name, path))
        elif path.is_dir():
            inside = ((each.relative_to(path), each) for each in path.rglob("*"))
            found += [
                (name.as_posix(), each)
                for name, each in inside
                if each.is_file() and not any(part.startswith(".") for part in name.parts)
            ]
        else:
            raise DataError(f"{path.absolute()}: no such file or folder; correct the path")
    return sorted(set(found))


def _done(store: Store) -> set[tuple[str, str]]:
    """Raw files all of whose series are in the store, with the rules by which they were read."""
    keys: dict[tuple[str, str], set[str]] = {}
    count = {}
    for manifest in manifests(store, "*/*/*"):
        if isinstance(manifest, Problem):
            continue  # it is told when something is to be added to that series
        for source in (source for version in manifest.versions for source in version.sources):
            if source.origin.provider == FILE:
                request = source.origin.request
                for raw in source.raw:
                    keys.setdefault((raw, request["rules"]), set()).add(manifest.key)
                    count[raw, request["rules"]] = request["series"]
    return {reading for reading, found in keys.items() if len(found) == count[reading]}


def _keep(task: Task, result: Result, store: Store, report: Report, replace: bool) -> None:
    """Put what was read from a file into the store; what cannot be kept is listed."""
    if isinstance(result, DataError):
        report.refused.append(Refused(task.file, str(result)))
        return
    request = {"file": task.file, "rules": task.rules, "series": len(result)}
    origin = Origin(FILE, f"reader {READER_VERSION}", request, task.now, task.suffix)
    overlap: Overlap = "corrects" if replace else "agrees"
    for packed in result:
        try:
            version = store.extend(packed, task.content, origin, overlap=overlap)
        except DataError as error:
            report.refused.append(Refused(task.file, f"{task.file}: {error}"))
        else:
            report.imported.append(
                Imported(task.file, packed.key, packed.summary.rows, version.revision)
            )
