"""Files that are whole or not there, whoever writes them at the same time and however it ends."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_synced(path: Path, content: bytes) -> None:
    """Write a file through to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_whole(path: Path, content: bytes, *, aside: str = "") -> None:
    """Write a file aside and rename it to `path`; nothing is left behind if that fails.

    Parameters
    ----------
    path : Path
    content : bytes
    aside : str
        Name of the file aside, for writers that take turns by a lock: what one of them leaves that
        is killed, the next one takes away. By default each writer has a name of its own.

    Raises
    ------
    OSError
        When it cannot be written; what was at `path` stays.
    """
    # In the same folder: replacing is then one step.
    written = path.with_name(aside or f".tmp-{secrets.token_hex(8)}")
    if aside:
        written.unlink(missing_ok=True)
    try:
        write_synced(written, content)
        os.replace(written, path)
    finally:
        written.unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on the disk."""
    if os.name != "posix":
        return  # elsewhere a folder cannot be opened, and renames are durable without it
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
