"""The lock of a ledger: one process at a time writes, and reads again what looks like damage."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "lock"
PATIENCE = 60.0
"""Seconds to wait for other processes, each of which writes one line at a time."""
_POLL = 0.005


@contextmanager
def locked(path: Path, *, make: bool = True) -> Iterator[None]:
    """Hold a file that only one process can hold; the system lets go of it when that ends.

    Parameters
    ----------
    path : Path
    make : bool
        Make the file if it is not there; if not, and for a file that may not be opened, go on
        without it, as a reader can.

    Raises
    ------
    TimeoutError
        When others do not let go of it.
    OSError
        When the file cannot be made.
    """
    try:
        import fcntl
    except ImportError:  # not POSIX; there filelock is worth the 20 ms of its import
        with _file_locked(path, make):
            yield
        return
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT if make else os.O_RDONLY, 0o644)
    except OSError:
        if make:
            raise
        yield
        return
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise TimeoutError from None
                time.sleep(_POLL)
        yield
    finally:
        os.close(handle)


@contextmanager
def _file_locked(path: Path, make: bool) -> Iterator[None]:
    from filelock import FileLock, Timeout

    if not make and not path.exists():
        yield
        return
    try:
        with FileLock(path, timeout=PATIENCE, poll_interval=_POLL):
            yield
    except Timeout:
        raise TimeoutError from None
