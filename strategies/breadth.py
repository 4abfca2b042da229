"""The base of signals that count how many of a panel's ids are in some state."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.base import Names, Signal

ELIGIBLE = "eligible"
"""Field that the engine adds to the clock panel: 1 where the universe allows an id, else 0."""


class Breadth(Signal):
    """The share of a panel's ids that are in some state, from 0 to 1.

    Counted are ids with a bar in the row; of the clock panel, those of them that the universe of
    the config allows at that row. Ids whose state is unknown are not counted.
    """

    exclude: Names = Field((), description="ids of the panel that are not counted")
    min_ids: int = Field(
        1, ge=1, le=10_000, description="ids that must have a known state; with fewer: unknown"
    )

    def counted(self, seen: Panel) -> Bool:
        """Which ids count at each row, bool (T, N)."""
        chosen = seen.has_bar & ~np.isin(seen.ids, self.exclude)
        return chosen & (seen[ELIGIBLE] > 0) if ELIGIBLE in seen.fields else chosen

    def share(self, state: Float, seen: Panel) -> Float:
        """The share of counted ids whose state (1, 0 or NaN, float64 (T, N)) is 1, float64 (T,)."""
        known = self.counted(seen) & ~np.isnan(state)
        number = known.sum(axis=1)
        on = (known & (state > 0)).sum(axis=1)
        return np.where(number >= self.min_ids, on / np.maximum(number, 1), np.nan)
