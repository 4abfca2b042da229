"""Writing that has reached the disk when it returns, and what a full or read-only one means."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feeds.atomic import replace_whole, sync_folder
from feeds.errors import OutputError

PART, CORRUPT = ".tmp-", ".corrupt"
"""How a file begins that was being written, and how one ends that was set aside as damaged."""

_PATIENCE, _POLL = 120.0, 0.005
"""Seconds to wait for other processes, each of which writes one series at a time."""


def write_durably(path: Path, content: bytes) -> None:
    """Write a file whole, in a folder that is made at need; both outlast a power cut."""
    make_folder(path.parent)
    replace_whole(path, content)
    sync_folder(path.parent)


def keep(path: Path, content: bytes) -> None:
    """Have a file with this content, under a name that no other content has.

    What is there already is not written again unless it is damaged.
    """
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    write_durably(path, content)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, so that it outlasts a power cut."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sha256(content: bytes) -> str:
    """The checksum by which files are named."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def writing_to(root: Path) -> Iterator[None]:
    """Hold the lock of a store, and say what to do if it cannot be written.

    Raises
    ------
    OutputError
        For any error of the operating system, and when others do not let go of the lock.
    """
    from filelock import FileLock, Timeout

    try:
        make_folder(root)
        with FileLock(root / ".lock", timeout=_PATIENCE, poll_interval=_POLL):
            yield
    except Timeout:
        raise OutputError(
            f"another process has been writing to {root.absolute()} for {_PATIENCE:.0f} s; wait "
            "for it to end, then run the same command again"
        ) from None
    except OSError as error:
        raise OutputError(
            f"cannot write to the store {root.absolute()}: {error.strerror or error}. "
            "What was in it is whole; make room or give rights, then run the same command again"
        ) from error
