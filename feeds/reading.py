"""Files of vendors to series ready to be kept, some of them read ahead by other processes."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import cached_property

from feeds.arrays import Instant
from feeds.cache import digest_of
from feeds.errors import DataError
from feeds.formats import Facts, read_vendor_file
from feeds.layouts import Entry, read_plain
from feeds.store import Packed, pack
from feeds.store.disk import sha256

READER_VERSION = "1"
"""Raise it whenever the same file would be read into other rows."""

_AHEAD = 4
"""Files a process that are read before it is their turn to be kept; more would take memory."""

_SUFFIX = re.compile(r"(\.[A-Za-z0-9]{1,9})?(\.gz|\.zip)?$")


@dataclass(frozen=True)
class Task:
    """One file to be read, and by what rules.

    Attributes
    ----------
    file : str
        Its name, relative to the folder that was imported.
    content : bytes
    entry : Entry or None
        What a layout says about it.
    facts : Facts
        What the user says about it, if there is no entry.
    now : datetime64[ns]
        Bars that close later are left out.
    """

    file: str
    content: bytes
    entry: Entry | None
    facts: Facts
    now: Instant

    @property
    def suffix(self) -> str:
        """The ending that the raw file has in the store."""
        found = _SUFFIX.search(self.file)
        return found[0] if found else ""

    @cached_property
    def rules(self) -> str:
        """A digest of all but the content that decides what is read from the file."""
        return digest_of(
            {
                "reader": READER_VERSION,
                "file": self.file,
                "entry": self.entry and self.entry.model_dump(mode="json"),
                "facts": asdict(self.facts),
            }
        )

    @cached_property
    def reading(self) -> tuple[str, str]:
        """The name of the raw file in the store, and the rules."""
        return sha256(self.content) + self.suffix, self.rules


Result = tuple[Packed, ...] | DataError
"""Every series in a file, or why there are none."""


def read_all(tasks: Iterator[Task], workers: int) -> Generator[tuple[Task, Result], None, None]:
    """What is in each file, in order; some are read ahead by other processes."""
    if workers < 2:
        for task in tasks:
            yield task, _read(task)
        return
    # Fresh processes: a forked one would share the threads of pyarrow, which fork does not copy.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _serve)
    waiting: deque[tuple[Task, Future[Result]]] = deque()
    try:
        for task in tasks:
            waiting.append((task, pool.submit(_read, task)))
            if len(waiting) >= workers * _AHEAD:
                task, future = waiting.popleft()
                yield task, future.result()
        for task, future in waiting:
            yield task, future.result()
    except BrokenProcessPool:
        raise DataError(
            "a process that read files was killed, perhaps for want of memory; what was imported "
            "stays. Import again, a folder at a time"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _serve() -> None:
    """Leave Ctrl-C to the process that writes, and end when it does, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _read(task: Task) -> Result:
    """The series in a file, ready to be kept, or why there are none."""
    try:
        if task.entry is not None:
            found = read_plain(task.content, task.file, task.entry, task.now)
        else:
            found = read_vendor_file(task.content, task.file, task.now, task.facts)
        return tuple(pack(series) for series in found)
    except DataError as error:
        return error
