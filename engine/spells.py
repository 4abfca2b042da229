"""A random rotation: the shares a strategy wanted, at times that its signals did not choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engine.decisions import Decision
from feeds.arrays import Float
from strategies.base import Strategy

STATE = "spell"
"""The signal that a `Spells` reads: the number of its shares."""


class Spell(NamedTuple):
    """Rows of the period over which a rule's shares stayed the same."""

    shares: Mapping[str, float]
    rows: int


class Spells(Strategy):
    """The shares with the number that its only signal has."""

    choices: list[dict[str, float]]

    @property
    def signals(self) -> tuple[str, ...]:
        """The number of the shares."""
        return (STATE,)

    @property
    def sleeves(self) -> tuple[str, ...]:
        """The sleeves of all shares, sorted."""
        return tuple(sorted({sleeve for shares in self.choices for sleeve in shares}))

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        return self.choices[int(x[STATE])]


def spells_of(decisions: Sequence[Decision], rows: int) -> tuple[int, list[Spell]]:
    """The first row with shares, and the spells from there to the last of `rows` rows."""
    changes: list[tuple[int, Mapping[str, float]]] = []
    for decision in decisions:
        if decision.shares is not None and (not changes or decision.shares != changes[-1][1]):
            changes.append((decision.row, decision.shares))
    if not changes:
        return rows, []
    ends = [*(row for row, _ in changes[1:]), rows]
    found = [Spell(shares, end - row) for (row, shares), end in zip(changes, ends, strict=True)]
    return changes[0][0], found


def random_rotation(decisions: Sequence[Decision], rows: int, seed: int) -> tuple[Spells, Float]:
    """The strategy's spells in another order, as a strategy and the signal that it reads.

    The shares keep their order, and every spell its length; but spells of the same shares change
    places at random, and all of it is moved by a random number of rows, what leaves at the end
    coming in again at the start. The number of changes is the strategy's own, give or take one.

    Parameters
    ----------
    decisions : sequence of Decision
        Those of the strategy.
    rows : int
        Rows of the period.
    seed : int

    Returns
    -------
    Spells
    float64 (T,)
        The number of the shares at each row of the period; NaN before the first decision.
    """
    first, spells = spells_of(decisions, rows)
    random = np.random.default_rng(seed)
    names = [frozenset(spell.shares.items()) for spell in spells]
    number_of = {name: number for number, name in enumerate(dict.fromkeys(names))}
    choices = [dict(sorted(name)) for name in number_of]
    numbers = np.array([number_of[name] for name in names], dtype=np.int64)
    lengths = np.array([spell.rows for spell in spells], dtype=np.int64)
    by_shares = np.argsort(numbers, kind="stable")
    for same in np.split(by_shares, np.flatnonzero(np.diff(numbers[by_shares])) + 1):
        lengths[same] = random.permutation(lengths[same])
    signal = np.full(rows, np.nan)
    shift = int(random.integers(rows - first)) if spells else 0
    signal[first:] = np.roll(np.repeat(numbers, lengths), shift)
    return Spells(choices=choices or [{}]), signal
