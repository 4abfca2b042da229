"""Hypotheses of one ledger that look like the same one: an id that is renamed begins at no trials.

Nothing is counted together by this; it is told, because only who wrote the ids can say.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from engine.trials.chain import Chain

_NAMED = 3
"""Other hypotheses that are named; of more, how many there are."""
_WHAT = b'"config":"', b'","engine":"'
_RETURNS = b'"returns":"'
_FLAT = b'"raw":{"sharpe":null'


class Namesakes:
    """What the hypotheses of a ledger have in common.

    Parameters
    ----------
    chain : Chain
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def notes(self, hypothesis: str) -> tuple[str, ...]:
        """What may be the same idea under another id, a sentence each.

        Ids that differ only in case or punctuation, and hypotheses with trials of the same config,
        data and plugins, or of the same returns (but for those that never moved).
        """
        every = self._chain.trials
        alike = {
            name for name in every if name != hypothesis and _plain(name) == _plain(hypothesis)
        }
        twins = self._twins.get(hypothesis, {}) if len(every) > 1 else {}
        others = sorted(alike | set(twins), key=lambda name: (-len(twins.get(name, ())), name))
        notes = [
            _note(hypothesis, name, every[name], len(twins.get(name, ())), name in alike)
            for name in others[:_NAMED]
        ]
        more = len(others) - _NAMED
        if more > 0:
            look = "hypothesis looks" if more == 1 else "hypotheses look"
            notes.append(f"{more:,} more {look} like '{hypothesis}' in these ways")
        return tuple(notes)

    @cached_property
    def _twins(self) -> Mapping[str, Mapping[str, frozenset[bytes]]]:
        """Keys of the trials of each hypothesis that each other one has as well."""
        entries = [(hypothesis, key, _marks(line)) for hypothesis, key, line in self._chain.heads()]
        having: dict[bytes, set[str]] = {}
        for hypothesis, _, marks in entries:
            for mark in marks:
                having.setdefault(mark, set()).add(hypothesis)
        found: dict[str, dict[str, set[bytes]]] = {}
        for hypothesis, key, marks in entries:
            for other in set().union(*(having[mark] for mark in marks)) - {hypothesis}:
                found.setdefault(hypothesis, {}).setdefault(other, set()).add(key)
        return {
            name: {other: frozenset(keys) for other, keys in others.items()}
            for name, others in found.items()
        }


def _marks(line: bytes) -> list[bytes]:
    """What tells a trial whatever it is for: config, data and plugins; and returns that move."""
    first, last = line.find(_WHAT[0]), line.find(_WHAT[1])
    marks = [line[first:last]] if 0 <= first < last else []
    place = line.rfind(_RETURNS)
    if place >= 0 and _FLAT not in line:
        marks.append(line[place : place + len(_RETURNS) + 64])
    return marks


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum()) or name


def _note(hypothesis: str, other: str, count: int, twins: int, alike: bool) -> str:
    ways = ["differs in case or punctuation only"] if alike else []
    if twins:
        same = "same config, data and plugins or the same returns"
        ways.append(f"has the {same} in {twins:,} of the trials of '{hypothesis}'")
    trials = f"{count:,} {'trial' if count == 1 else 'trials'}"
    return (
        f"the hypothesis '{other}' ({trials}) {' and '.join(ways)}; its trials are not counted for "
        f"'{hypothesis}': one idea needs one id"
    )
