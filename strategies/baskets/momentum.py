"""The assets that have risen most."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.baskets.past import growth
from strategies.baskets.weighted import Weighted
from strategies.registry import register


@register("momentum")
class Momentum(Weighted):
    """The same weight in the `count` eligible assets with the highest return over `days`.

    The return is that from the close of the last row that is `days` days old to this close; an
    asset without a bar in either is left out. With `min_return`, so is one whose return is not
    above it. Where fewer are left, they share the sleeve; of equal returns the id that is first in
    the alphabet wins.
    """

    count: int = Field(5, ge=1, le=10_000, description="how many assets are held")
    days: int = Field(90, ge=1, le=3650, description="days of the return")
    min_return: float | None = Field(
        None, gt=-1, description="the return must be above this; 0.1 is 10 %; blank: no limit"
    )

    example: ClassVar[dict[str, Any]] = {"exclude": ["BTC"], "count": 5, "days": 90}

    def sizes(self, seen: Panel, chosen: Bool) -> Float:
        """Weights before the limit, float64 (N,)."""
        risen, out = growth(seen, self.days), np.zeros(len(seen.ids))
        usable = chosen & ~np.isnan(risen)
        if self.min_return is not None:
            usable &= risen > self.min_return
        order = np.lexsort((np.array(seen.ids), -risen))
        best = order[usable[order]][: self.count]
        out[best] = 1.0 / max(len(best), 1)
        return out
