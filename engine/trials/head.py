"""The note of the line that was written last: what shows that the end of the ledger is there.

A file beside the ledger, written after each line and before the first one. Processes that end in
between leave it a line behind, and the next one that writes brings it up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.trials.chain import Chain, Fault, ending
from engine.trials.series import ASIDE
from feeds.atomic import replace_whole, sync_folder

FOLDER, HEAD = ".trials", "head.json"
_NAME = f"{FOLDER}/{HEAD}"
_MOST_BEYOND = 2
"""Whole lines that a killed process can leave beyond the head: a trial, or a note and a trial."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last line that was written, and the count until then."""

    lines: int
    hash: str
    trials: Mapping[str, int]


def read_head(output: Path) -> Head | None:
    """What was noted when the last line was written; None if that is gone or no such note."""
    try:
        said = json.loads((output / FOLDER / HEAD).read_bytes())
        trials = {str(name): _count(number) for name, number in said["trials"].items()}
        return Head(_count(said["lines"]), str(said["hash"]), trials)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _count(said: Any) -> int:
    if type(said) is not int or said < 0:
        raise ValueError(f"{said} is no count")
    return said


def write_head(output: Path, chain: Chain) -> Head:
    """Note that the last line of the chain was written last, through to the disk."""
    head = Head(len(chain.lines), chain.hash, chain.trials)
    said = {"lines": head.lines, "hash": head.hash, "trials": head.trials}
    replace_whole(output / FOLDER / HEAD, json.dumps(said).encode(), aside=ASIDE)
    sync_folder(output / FOLDER)
    return head


def against(chain: Chain, head: Head | None, output: Path) -> Chain:
    """The chain with what the last line that was written says about its end.

    Lines beyond the head are well, and what is broken there was not finished: processes ended
    before they had noted it, and the next one notes it before it adds a line.
    """
    if head is None:
        if not chain.data:
            return chain
        there = (output / FOLDER / HEAD).exists()
        why = "cannot be read" if there else "is missing"
        what = f"{_NAME} {why}, so that nobody can say whether lines were cut off the end"
        return replace(chain, faults=(*chain.faults, Fault(0, what)))
    beyond = range(head.lines + 1, len(chain.lines) + 1)
    broken = [
        fault.line
        for fault in chain.faults
        if fault.line in beyond and fault.line in chain.unreadable
    ]
    faults = tuple(fault for fault in chain.faults if fault.line not in broken)
    if chain.torn and len(chain.lines) >= head.lines:
        broken.append(len(chain.lines) + 1)
    found = _at_head(chain, head)
    if not broken and not found:
        return chain
    return replace(chain, faults=(*faults, *found), unfinished=tuple(broken))


def _at_head(chain: Chain, head: Head) -> list[Fault]:
    """What does not fit between a chain and the note of its last line."""
    whole, left = len(chain.lines), len(chain.torn)
    if whole < head.lines:
        what = f"{head.lines - whole} of {head.lines} lines are gone from here on"
        return [Fault(whole + 1, what + (f", all but {left} bytes" if left else ""))]
    if head.lines and not chain.lines[head.lines - 1].endswith(ending(head.hash)):
        return [Fault(head.lines, f"it is not the line that was written last, by {_NAME}")]
    beyond = range(head.lines + 1, whole + 1)
    if sum(number not in chain.unreadable for number in beyond) > _MOST_BEYOND:
        return [Fault(0, f"{_NAME} tells of {head.lines} of {whole} lines: it is an old one")]
    return []
