"""A coin toss that lasts: what a signal looks like when there is nothing in it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.base import Signal
from strategies.registry import register
from strategies.windows import MOST_DAYS


@register("random_state")
class RandomState(Signal):
    """1 or 0 by chance, in spells of `mean_on_days` and `mean_off_days` on average.

    A seeded Markov chain over the days since 1970-01-01: each day a spell ends with probability 1
    over its mean length. The value of a day depends on seed and means alone, not on the panel, so
    that two panels, and a panel that starts later, see the same spells. Read it beside a signal of
    the same habits: what this one earns, chance earns.

    Panel: any; of its rows only the dates are looked at. Range: 1, 0; NaN before 1970.
    """

    seed: int = Field(1, ge=0, le=2**32 - 1, description="another seed gives other spells")
    mean_on_days: float = Field(ge=1, le=MOST_DAYS, description="mean days of a spell of 1")
    mean_off_days: float = Field(ge=1, le=MOST_DAYS, description="mean days of a spell of 0")

    example: ClassVar[dict[str, Any]] = {
        "panel": "coins",
        "seed": 1,
        "mean_on_days": 60,
        "mean_off_days": 180,
    }

    @property
    def lookback(self) -> int:
        """One row: nothing but its date."""
        return 1

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        day = seen.day
        on = self._chain(int(day.max(initial=0)) + 1)[np.maximum(day, 0)]
        return np.where(day >= 0, on.astype(np.float64), np.nan)

    def _chain(self, days: int) -> Bool:
        """The state of each day since 1970-01-01, bool (days,); fewer days are its beginning."""
        leaves_on, leaves_off = 1 / self.mean_on_days, 1 / self.mean_off_days
        drawn = np.random.default_rng(self.seed).random(days)
        # The first state is drawn from the share of days on; any other day's number changes both
        # states, or only the one that is left more easily, which settles the state, or none.
        start = drawn[0] < self.mean_on_days / (self.mean_on_days + self.mean_off_days)
        changes = drawn < min(leaves_on, leaves_off)
        settles = ~changes & (drawn < max(leaves_on, leaves_off))
        changes[0] = settles[0] = False
        settled = np.maximum.accumulate(np.where(settles, np.arange(days), 0))
        switches = np.cumsum(changes)
        base = np.where(settled > 0, leaves_on < leaves_off, start)
        return base ^ ((switches - switches[settled]) % 2 == 1)
