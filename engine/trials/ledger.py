"""The ledger on disk: `trials.jsonl` in the output directory, and what belongs to it in `.trials`.

Only ever appended to, by one process at a time, and on the disk before the result is. A hidden
folder keeps what must outlive `rm -r results/*`: the count until the last line, and the returns.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.trials.chain import EMPTY, Chain, checked, line_of, spelled_out
from engine.trials.head import FOLDER, Head, against, read_head, write_head
from engine.trials.lock import LOCK, PATIENCE, locked
from engine.trials.series import keep_all
from engine.trials.trial import Trial, now
from feeds.atomic import sync_folder
from feeds.errors import DataError, DataWarning, OutputError

LEDGER = "trials.jsonl"

_CHECKED: dict[Path, Chain] = {}
"""What this process has checked before: of a ledger that has only grown, the rest is checked."""


def read_chain(output: Path) -> Chain:
    """The ledger of an output directory, checked; empty if there is none.

    Raises
    ------
    DataError
        When there is one that cannot be read.
    """
    chain, _ = _read(output)
    if chain.faults:
        # Others may have written while this was read: only what is still so between two lines is.
        with _told(output), locked(output / FOLDER / LOCK, make=False):
            chain, _ = _read(output)
    return chain


def _read(output: Path) -> tuple[Chain, Head | None]:
    """The ledger and the note of its last line, without waiting for anybody."""
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
    return against(chain, head, output), head


def check_trials(output: Path) -> Chain:
    """The ledger, or an error that says what is wrong with it; no run goes on without it.

    Raises
    ------
    DataError
        Naming file and line of what was changed, moved or cut off.
    """
    chain = read_chain(output)
    _stop_at_faults(output, chain)
    return chain


def _stop_at_faults(output: Path, chain: Chain) -> None:
    if chain.faults:
        first, more = chain.faults[0], len(chain.faults) - 1
        rest = f" (and {more} more)" if more else ""
        raise DataError(
            f"the trials ledger {output.absolute() / LEDGER} is damaged: {first}{rest}. "
            f"`trials verify -o {output}` tells all; put the file back as it was, or leave it and "
            f"have the damage on the record with `trials verify --accept -o {output}`"
        )


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
        chain, head = _read(output)
        _stop_at_faults(output, chain)
        if chain.unfinished:
            _warn_of_unfinished(output, chain)
        chain = _brought_up(output, chain, head)
        # A lost series comes back with the same run: its name is the digest of its content.
        keep_all(output / FOLDER, trial.values)
        entry = trial.entry()
        known = chain.newest(trial.key) or {}
        if all(known.get(name) == entry[name] for name in ("returns", "times", "benchmarks")):
            return False
        _append(output, chain, entry)
        return True


def accept(output: Path) -> Chain:
    """Go on with a damaged ledger: its bytes stay, and a line says what is wrong with them.

    Trials that went missing are counted on, as lost. Returns the ledger as it was before.
    """
    with _writing(output):
        chain, head = _read(output)
        if chain.faults:
            faults = [*spelled_out(chain.faults), *_unfinished(chain)]
            _append_accepted(output, chain, "damage", faults)
        elif chain.data:
            _brought_up(output, chain, head)
    return chain


def _brought_up(output: Path, chain: Chain, head: Head | None) -> Chain:
    """The ledger once what stopped processes left undone at its end is done."""
    if chain.unfinished:
        return _append_accepted(output, chain, "torn line", _unfinished(chain))
    # Before the first line there is a head as well: without one, a line looks like damage.
    if head is None or head.lines < len(chain.lines):
        write_head(output, chain)
    return chain


def _unfinished(chain: Chain) -> list[str]:
    lines = (*chain.lines, chain.torn)
    return [f"line {n}: {len(lines[n - 1])} bytes, not finished" for n in chain.unfinished]


def _warn_of_unfinished(output: Path, chain: Chain) -> None:
    first, last = chain.unfinished[0], chain.unfinished[-1]
    said = (
        f"line {first} of {output / LEDGER} was not finished by a process that stopped; it counts"
        if first == last
        else f"lines {first} to {last} of {output / LEDGER} were not finished by processes that "
        "stopped; they count"
    )
    warnings.warn(
        f"{said} for nothing, and a note of it is in line {last + 1}", DataWarning, stacklevel=3
    )


def _append_accepted(output: Path, chain: Chain, what: str, faults: list[str]) -> Chain:
    before = chain.data + (b"\n" if chain.torn else b"")
    entry = {
        "accepted": what,
        "time": now(),
        "faults": faults,
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
    """Add a line to the file, then note that it is the last one; the ledger as it is then.

    What does not get to the disk whole, as when that is full, is taken off the file again.
    """
    path = output.absolute() / LEDGER
    added = between + line_of(entry, chain.hash if previous is None else previous)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    whole = False
    try:
        left = memoryview(added)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
        whole = True
    finally:
        if not whole:
            with suppress(OSError):  # or it stays, as of a process that was killed
                os.ftruncate(handle, len(chain.data))
        os.close(handle)
    if not chain.data:
        sync_folder(output)
    after = checked(chain.data + added, _CHECKED.get(path, EMPTY))
    _CHECKED[path] = after
    write_head(output, after)
    return after


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Hold the lock of the ledger, and say what to do if it cannot be written."""
    with _told(output):
        (output / FOLDER).mkdir(parents=True, exist_ok=True)
        with locked(output / FOLDER / LOCK):
            yield


@contextmanager
def _told(output: Path) -> Iterator[None]:
    """Say what to do if the ledger cannot be written, or others do not let go of it."""
    try:
        yield
    except TimeoutError:
        raise OutputError(
            f"another process has been writing to {output.absolute() / LEDGER} for "
            f"{PATIENCE:.0f} s; wait for it to end, then run the same command again"
        ) from None
    except OSError as error:
        raise OutputError(
            f"cannot write to the trials ledger {output.absolute() / LEDGER}: "
            f"{error.strerror or error}; no result is made that it does not count. Give room or "
            "rights, or choose another directory with --output"
        ) from error
