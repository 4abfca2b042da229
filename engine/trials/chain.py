"""Lines that hold the hash of the line before and their own: what was changed shows, and where.

A line is a JSON object that ends with `"previous":"<64>","hash":"<64>"}`; the hash is the SHA-256
of the line up to it. An object that begins with `trial` is an entry; one that begins with
`accepted` takes all bytes before it as they are: its `previous` is their SHA-256, whatever is wrong
with them, so that damage stays on the record and any further change to it shows.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

START = "0" * 64
"""What the first line has for the hash of the line before."""

_ENTRY, _ACCEPTED = b'{"trial":"', b'{"accepted":'
_END = 75
"""Length of the end of a line, `,\"hash\":\"<64>\"}`."""
_ANY_HYPOTHESIS = re.compile(rb'"hypothesis":"([^"]*)"')
_KEY = slice(len(_ENTRY), len(_ENTRY) + 64)
_HYPOTHESIS = _KEY.stop + len('","hypothesis":"')
"""Where the hypothesis of an entry begins: key and hypothesis come first, so that thousands of
lines can be counted without being read as JSON."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the ledger; `line` counts from 1 and is 0 for the whole of it."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


@dataclass(frozen=True, slots=True)
class Head:
    """The last line that was written, as told by a file of its own, and the count until then."""

    lines: int
    hash: str
    trials: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Chain:
    """What a ledger holds.

    Attributes
    ----------
    data : bytes
        The whole of it.
    lines : tuple of bytes
        Its whole lines, without line ends.
    unreadable : frozenset of int
        Numbers of the lines, from 1, whose own hash does not fit.
    faults : tuple of Fault
        What is wrong and has not been accepted; a torn end is none.
    accepted : tuple of Fault
        What was wrong, and is on the record as such.
    hash : str
        What the next line must have as `previous`.
    """

    data: bytes
    lines: tuple[bytes, ...]
    unreadable: frozenset[int]
    faults: tuple[Fault, ...]
    accepted: tuple[Fault, ...]
    hash: str

    @property
    def torn(self) -> bytes:
        """What follows the last line end: a line that a stopped process did not finish."""
        return self.data[self.data.rfind(b"\n") + 1 :]

    @cached_property
    def keys(self) -> Mapping[str, frozenset[str]]:
        """The trials of each hypothesis by key, each once however often it was written."""
        found: dict[bytes, set[bytes]] = {}
        for line in self._readable(_ENTRY):
            hypothesis = line[_HYPOTHESIS : line.index(b'"', _HYPOTHESIS)]
            found.setdefault(hypothesis, set()).add(line[_KEY])
        return {
            name.decode(): frozenset(key.decode() for key in keys)
            for name, keys in sorted(found.items())
        }

    @cached_property
    def lost(self) -> Mapping[str, int]:
        """Trials that are known to have been there, by hypothesis, and cannot be read any more."""
        out: Counter[str] = Counter()
        for line in self._readable(_ACCEPTED):
            out.update(json.loads(line)["lost"])
        return dict(sorted(out.items()))

    @cached_property
    def trials(self) -> Mapping[str, int]:
        """How many trials each hypothesis has had, lost ones included."""
        counts = Counter({name: len(keys) for name, keys in self.keys.items()})
        counts.update(self.lost)
        return dict(sorted(counts.items()))

    def entries(self, hypothesis: str | None = None) -> Iterator[dict[str, Any]]:
        """The entries of a hypothesis, or of all, in the order in which they were written."""
        begins = b"" if hypothesis is None else f'","hypothesis":"{hypothesis}"'.encode()
        for line in self._readable(_ENTRY):
            if line.startswith(begins, _KEY.stop):
                yield json.loads(line)

    def newest(self, key: str) -> dict[str, Any] | None:
        """The newest entry of a trial."""
        begins = _ENTRY + key.encode()
        if begins not in self.data:  # as for every trial that is made for the first time
            return None
        found = [line for line in self._readable(_ENTRY) if line.startswith(begins)]
        return json.loads(found[-1]) if found else None

    def losses(self, head: Head | None) -> dict[str, int]:
        """Trials that went missing and are not accounted for yet, by hypothesis.

        By the count that was kept apart; where that is gone, by what broken lines still say.
        """
        there = self.trials if head is None else head.trials
        counted = Counter(there) + (self._broken() if head is None else Counter())
        counted.subtract(self.trials)
        return {name: count for name, count in sorted(counted.items()) if count > 0}

    def _broken(self) -> Counter[str]:
        """Entries that cannot be read, by the hypothesis that they name, blank if none."""
        out: Counter[str] = Counter()
        for number in self.unreadable:
            if self.lines[number - 1].startswith(_ENTRY):
                named = _ANY_HYPOTHESIS.search(self.lines[number - 1])
                out[named[1].decode(errors="replace") if named else ""] += 1
        return out

    def _readable(self, begins: bytes) -> list[bytes]:
        lines = self.lines
        if self.unreadable:
            numbered = enumerate(self.lines, start=1)
            lines = tuple(line for number, line in numbered if number not in self.unreadable)
        return [line for line in lines if line.startswith(begins)]


EMPTY = Chain(b"", (), frozenset(), (), (), START)


def line_of(entry: Mapping[str, Any], previous: str) -> bytes:
    """An entry as a line, with the hash of what is before it and its own, line end included."""
    text = json.dumps(entry, separators=(",", ":"), allow_nan=False)
    body = f'{text[:-1]},"previous":"{previous}"'.encode()
    return body + _ending(sha256(body).hexdigest()) + b"\n"


def _ending(own: str) -> bytes:
    return b',"hash":"%b"}' % own.encode()


def checked(data: bytes, earlier: Chain = EMPTY) -> Chain:
    """The lines of a ledger, each checked against its own hash and the line before.

    Parameters
    ----------
    data : bytes
    earlier : Chain
        What was checked before: where `data` begins with it, only what follows is checked.
    """
    if data == earlier.data:
        return earlier
    if earlier.torn or not data.startswith(earlier.data):
        earlier = EMPTY
    lines, unreadable = list(earlier.lines), set(earlier.unreadable)
    faults, accepted = list(earlier.faults), list(earlier.accepted)
    offset, expected = len(earlier.data), earlier.hash.encode()
    for line in data[offset:].split(b"\n")[:-1]:
        lines.append(line)
        previous, claimed = line[-140:-76], line[-66:-2]
        if line[-_END:] != _ending(sha256(line[:-_END]).hexdigest()) or len(previous) != 64:
            unreadable.add(len(lines))
            faults.append(Fault(len(lines), "it was changed: its hash does not fit"))
        elif line.startswith(_ACCEPTED):
            if previous.decode() == sha256(data[:offset]).hexdigest():
                accepted, faults = [*accepted, *faults], []
            else:
                what = "what is before it is not what was accepted then"
                faults.append(Fault(len(lines), what))
        elif expected and previous != expected:
            faults.append(Fault(len(lines), _misplaced(previous.decode(), lines)))
        # What follows a line that claims no hash cannot be told; that line is a fault already.
        offset, expected = offset + len(line) + 1, claimed if _says_hash(line) else b""
    return Chain(
        data,
        tuple(lines),
        frozenset(unreadable),
        tuple(faults),
        tuple(accepted),
        expected.decode("ascii", "replace"),
    )


def _says_hash(line: bytes) -> bool:
    return line[-_END:].startswith(b',"hash":"')


def _misplaced(previous: str, lines: list[bytes]) -> str:
    """Why a line does not follow the one before it."""
    ends = _ending(previous)
    place = next((n for n, line in enumerate(lines, start=1) if line.endswith(ends)), None)
    if previous == START:
        return "it was the first line when it was written"
    if place is None:
        return "the line before it was changed or taken out"
    return f"it followed line {place} when it was written"


def against(chain: Chain, head: Head | None, name: str) -> Chain:
    """The chain with what the last line that was written says about its end.

    Lines beyond the head are well: a process ended after a line and before the head.
    """
    if head is None:
        what = f"{name} is missing, so that nobody can say whether lines were cut off the end"
        found = [Fault(0, what)] if chain.data else []
    elif len(chain.lines) < head.lines:
        gone = head.lines - len(chain.lines)
        found = [Fault(len(chain.lines) + 1, f"{gone} of {head.lines} lines are gone from here on")]
    elif head.lines and not chain.lines[head.lines - 1].endswith(_ending(head.hash)):
        found = [Fault(head.lines, f"it is not the line that was written last, by {name}")]
    else:
        return chain
    return Chain(
        chain.data,
        chain.lines,
        chain.unreadable,
        (*chain.faults, *found),
        chain.accepted,
        chain.hash,
    )
