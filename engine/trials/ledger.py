"""The ledger on disk: `trials.jsonl` in the output directory, and what belongs to it in `.trials`.

Only ever appended to, by one process at a time, and on the disk before the result is. A hidden
folder keeps what must outlive `rm -r results/*`: the count until the last line, and the returns.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.trials.chain import EMPTY, Chain, Head, against, checked, line_of
from engine.trials.series import keep_all
from engine.trials.trial import Trial, now
from feeds.atomic import replace_whole, sync_folder
from feeds.errors import DataError, DataWarning, OutputError

LEDGER, FOLDER = "trials.jsonl", ".trials"
_HEAD, _LOCK = "head.json", "lock"
_PATIENCE, _POLL = 60.0, 0.005
"""Seconds to wait for other processes, each of which writes one line at a time."""

_CHECKED: dict[Path, Chain] = {}
"""What this process has checked before: of a ledger that has only grown, the rest is checked."""


def read_chain(output: Path) -> Chain:
    """The ledger of an output directory, checked; empty if there is none.

    Raises
    ------
    DataError
        When there is one that cannot be read.
    """
    path = output.absolute() / LEDGER
    # In this order: another process may add a line in between, which is then beyond the head.
    head = read_head(output)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise DataError(f"the trials ledger {path} cannot be read: {error.strerror}") from error
    chain = checked(data, _CHECKED.get(path, EMPTY))
    _CHECKED[path] = chain
    return against(chain, head, f"{FOLDER}/{_HEAD}")


def read_head(output: Path) -> Head | None:
    """What was noted when the last line was written; None if that is gone or no such note."""
    try:
        said = json.loads((output / FOLDER / _HEAD).read_bytes())
        trials = {str(name): int(count) for name, count in said["trials"].items()}
        return Head(int(said["lines"]), str(said["hash"]), trials)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def check_trials(output: Path) -> Chain:
    """The ledger, or an error that says what is wrong with it; no run goes on without it.

    Raises
    ------
    DataError
        Naming file and line of what was changed, moved or cut off.
    """
    chain = read_chain(output)
    if chain.faults:
        first, more = chain.faults[0], len(chain.faults) - 1
        rest = f" (and {more} more)" if more else ""
        raise DataError(
            f"the trials ledger {output.absolute() / LEDGER} is damaged: {first}{rest}. "
            f"`trials verify -o {output}` tells all; put the file back as it was, or leave it and "
            f"have the damage on the record with `trials verify --accept -o {output}`"
        )
    return chain


def record(output: Path, trial: Trial) -> bool:
    """Write a trial down, unless it is known with these very returns; True if a line was written.

    A trial that is known with other returns, of another version of the program, is written again
    and counted once. When this returns, line and returns have reached the disk.

    Raises
    ------
    DataError
        When the ledger is damaged; nothing is written then.
    OutputError
        When it cannot be written, or others do not let go of it.
    """
    with _writing(output):
        chain = check_trials(output)
        # A lost series comes back with the same run: its name is the digest of its content.
        keep_all(output / FOLDER, trial.values)
        entry = trial.entry()
        known = chain.newest(trial.key) or {}
        if all(known.get(name) == entry[name] for name in ("returns", "times", "benchmarks")):
            return False
        if chain.torn:
            chain = _accept_torn(output, chain)
        _append(output, chain, entry)
        return True


def accept(output: Path) -> Chain:
    """Go on with a damaged ledger: its bytes stay, and a line says what is wrong with them.

    Trials that went missing are counted on, as lost. Returns the ledger as it was before.
    """
    with _writing(output):
        chain = read_chain(output)
        if chain.faults or chain.torn:
            faults = [str(fault) for fault in chain.faults]
            _append_accepted(output, chain, "damage" if faults else "torn line", faults)
    return chain


def _accept_torn(output: Path, chain: Chain) -> Chain:
    number = len(chain.lines) + 1
    warnings.warn(
        f"line {number} of {output / LEDGER} was not finished by a process that stopped; it counts "
        f"for nothing, and a note of it is in line {number + 1}",
        DataWarning,
        stacklevel=3,
    )
    words = f"line {number}: {len(chain.torn)} bytes, not finished"
    return _append_accepted(output, chain, "torn line", [words])


def _append_accepted(output: Path, chain: Chain, what: str, faults: list[str]) -> Chain:
    before = chain.data + (b"\n" if chain.torn else b"")
    entry = {
        "accepted": what,
        "time": now(),
        "faults": faults[:100],
        "lost": chain.losses(read_head(output)),
    }
    previous = sha256(before).hexdigest()
    return _append(output, chain, entry, previous, before[len(chain.data) :])


def _append(
    output: Path,
    chain: Chain,
    entry: Mapping[str, Any],
    previous: str | None = None,
    between: bytes = b"",
) -> Chain:
    """Add a line to the file, then note that it is the last one; the ledger as it is then."""
    path = output.absolute() / LEDGER
    added = between + line_of(entry, chain.hash if previous is None else previous)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        left = memoryview(added)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    if not chain.data:
        sync_folder(output)
    after = checked(chain.data + added, _CHECKED.get(path, EMPTY))
    _CHECKED[path] = after
    head = {"lines": len(after.lines), "hash": after.hash, "trials": after.trials}
    replace_whole(output / FOLDER / _HEAD, json.dumps(head).encode())
    return after


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Hold the lock of the ledger, and say what to do if it cannot be written."""
    try:
        (output / FOLDER).mkdir(parents=True, exist_ok=True)
        with _locked(output / FOLDER / _LOCK):
            yield
    except TimeoutError:
        raise OutputError(
            f"another process has been writing to {output.absolute() / LEDGER} for "
            f"{_PATIENCE:.0f} s; wait for it to end, then run the same command again"
        ) from None
    except OSError as error:
        raise OutputError(
            f"cannot write to the trials ledger {output.absolute() / LEDGER}: "
            f"{error.strerror or error}; no result is made that it does not count. Give room or "
            "rights, or choose another directory with --output"
        ) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a file that only one process can hold; the system lets go of it when that ends."""
    try:
        import fcntl
    except ImportError:  # not POSIX; there filelock is worth the 20 ms of its import
        from filelock import FileLock, Timeout

        try:
            with FileLock(path, timeout=_PATIENCE, poll_interval=_POLL):
                yield
        except Timeout:
            raise TimeoutError from None
        return
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        until = time.monotonic() + _PATIENCE
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
