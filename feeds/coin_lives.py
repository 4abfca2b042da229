"""When the coins of the simulated market list, halt and die."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feeds.arrays import Bool, Instants, Int
from feeds.event_table import Event


@dataclass(frozen=True, eq=False)
class CoinLives:
    """The days, counted from the start, on which coins have bars; BTC is the first of them.

    Attributes
    ----------
    days : int
        Days of the market.
    first, last : int64 (N,)
        The first and the last day with a bar.
    dies : int64 (at least 3,)
        Columns of the coins that end before the market does.
    halted : int
        Column of the coin that halts.
    halt : tuple of int
        First day without a bar, and first day with one again.
    """

    days: int
    first: Int
    last: Int
    dies: Int
    halted: int
    halt: tuple[int, int]

    @classmethod
    def draw(cls, random: np.random.Generator, days: int, coins: int) -> CoinLives:
        """Lives at random: BTC and some founders from the first day, the others later."""
        first = np.zeros(coins, dtype=np.int64)
        founders = max(4, coins // 4)
        # Earlier listings have lower numbers; none in the last 30 % of the days.
        first[founders:] = np.sort(random.integers(30, int(days * 0.7), coins - founders))
        last = np.full(coins, days - 1)
        dies = np.sort(random.choice(np.arange(1, coins), max(3, coins // 8), replace=False))
        share = random.uniform(0.35, 0.8, len(dies))
        last[dies] = first[dies] + ((days - first[dies]) * share).astype(np.int64)
        halted = int(random.choice(np.delete(np.arange(1, coins), dies - 1)))
        begins = int(first[halted] + (days - first[halted]) * 0.6)
        return cls(days, first, last, dies, halted, (begins, begins + int(random.integers(12, 45))))

    @property
    def has_bar(self) -> Bool:
        """Where a coin has a bar, bool (days, N)."""
        day = np.arange(self.days)[:, None]
        out = np.asarray((day >= self.first) & (day <= self.last))
        out[slice(*self.halt), self.halted] = False
        return out

    def events(self, day: Instants, ids: tuple[str, ...]) -> tuple[Event, ...]:
        """The delistings and the halt, in order of date; `day` (days,) are their dates."""
        never = np.datetime64("NaT", "D")
        found = [
            Event(
                ids[coin], "delisting", day[self.last[coin]], never, 0.05 * (i % 2), "", "simulated"
            )
            for i, coin in enumerate(self.dies)
        ]
        begins, ends = self.halt
        found.append(
            Event(ids[self.halted], "halt", day[begins - 1], day[ends], np.nan, "", "simulated")
        )
        return tuple(sorted(found, key=lambda event: (event.last_bar, event.id)))
