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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.trials.head import Head

START = "0" * 64
"""What the first line has for the hash of the line before."""

_ENTRY, _ACCEPTED = b'{"trial":"', b'{"accepted":'
_END = 75
"""Length of the end of a line, `,\"hash\":\"<64>\"}`."""
_ANY_HYPOTHESIS = re.compile(rb'"hypothesis":"([^"]*)"')
_TOLD = re.compile(r"line (\d+): (.*)", re.DOTALL)
_MOST_TOLD = 100
"""Faults that an accepting line spells out; of more it says how many."""
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
        What is wrong and has not been accepted; a line that was not finished is none.
    accepted : tuple of Fault
        What was wrong, as the lines say that accepted it.
    hash : str
        What the next line must have as `previous`.
    since : int
        Number of the last line that accepted what is before it; 0 if there is none.
    unfinished : tuple of int
        Numbers of the lines beyond the head that stopped processes did not finish: the torn one,
        and those to which a later process, stopped as well, has added a line end.
    """

    data: bytes
    lines: tuple[bytes, ...]
    unreadable: frozenset[int]
    faults: tuple[Fault, ...]
    accepted: tuple[Fault, ...]
    hash: str
    since: int = 0
    unfinished: tuple[int, ...] = ()

    @property
    def torn(self) -> bytes:
        """What follows the last line end."""
        return self.data[self.data.rfind(b"\n") + 1 :]

    @cached_property
    def keys(self) -> Mapping[str, frozenset[str]]:
        """The trials of each hypothesis by key, each once however often it was written."""
        found: dict[str, set[bytes]] = {}
        for hypothesis, key, _ in self.heads():
            found.setdefault(hypothesis, set()).add(key)
        return {
            name: frozenset(key.decode() for key in keys) for name, keys in sorted(found.items())
        }

    def heads(self) -> Iterator[tuple[str, bytes, bytes]]:
        """Hypothesis, key and whole line of each entry, in order."""
        names: dict[bytes, str] = {}
        for line in self._readable(_ENTRY):
            name = line[_HYPOTHESIS : line.index(b'"', _HYPOTHESIS)]
            if name not in names:
                names[name] = name.decode()
            yield names[name], line[_KEY], line

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
    return body + ending(sha256(body).hexdigest()) + b"\n"


def ending(own: str) -> bytes:
    """How a line ends that has this hash."""
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
    faults, accepted, since = list(earlier.faults), list(earlier.accepted), earlier.since
    offset, expected = len(earlier.data), earlier.hash.encode()
    for line in data[offset:].split(b"\n")[:-1]:
        lines.append(line)
        previous, claimed = line[-140:-76], line[-66:-2]
        if line[-_END:] != ending(sha256(line[:-_END]).hexdigest()) or len(previous) != 64:
            unreadable.add(len(lines))
            faults.append(Fault(len(lines), "it was changed: its hash does not fit"))
        elif line.startswith(_ACCEPTED):
            told = _told(line)
            if told is None:
                unreadable.add(len(lines))
                faults.append(Fault(len(lines), "it does not say what was accepted"))
            elif previous == sha256(data[:offset]).hexdigest().encode():
                # What the line says counts: of a line that was cut off, the bytes show nothing.
                accepted, faults, since = [*accepted, *(told or faults)], [], len(lines)
            else:
                what = "what is before it is not what was accepted then"
                faults.append(Fault(len(lines), what))
        elif expected and previous != expected:
            what = _misplaced(previous.decode("ascii", "replace"), lines)
            faults.append(Fault(len(lines), what))
        # What follows a line that claims no hash cannot be told; that line is a fault already.
        offset, expected = offset + len(line) + 1, claimed if _says_hash(line) else b""
    return Chain(
        data,
        tuple(lines),
        frozenset(unreadable),
        tuple(faults),
        tuple(accepted),
        expected.decode("ascii", "replace"),
        since,
    )


def spelled_out(faults: Sequence[Fault]) -> list[str]:
    """Faults as an accepting line tells them; of very many, the first and how many more."""
    more = len(faults) - _MOST_TOLD
    rest = [f"and {more} more"] if more > 0 else []
    return [*map(str, faults[:_MOST_TOLD]), *rest]


def _told(line: bytes) -> list[Fault] | None:
    """What an accepting line says was wrong; None where it cannot be read."""
    try:
        said = json.loads(line)
        if not all(isinstance(number, int) for number in said["lost"].values()):
            return None
        found = [(_TOLD.fullmatch(what), what) for what in said["faults"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return [Fault(int(parts[1]), parts[2]) if parts else Fault(0, what) for parts, what in found]


def _says_hash(line: bytes) -> bool:
    return line[-_END:].startswith(b',"hash":"')


def _misplaced(previous: str, lines: list[bytes]) -> str:
    """Why a line does not follow the one before it."""
    ends = ending(previous)
    place = next((n for n, line in enumerate(lines, start=1) if line.endswith(ends)), None)
    if previous == START:
        return "it was the first line when it was written"
    if place is None:
        return "the line before it was changed or taken out"
    return f"it followed line {place} when it was written"
