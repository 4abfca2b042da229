"""How many coins have done better than one of them, such as BTC."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import DAY, Float
from feeds.panel import Panel
from strategies.breadth import Breadth
from strategies.registry import register
from strategies.windows import MOST_DAYS, ROUNDING, first_rows


@register("outperformers")
class Outperformers(Breadth):
    """The share of ids whose return over `days` is above that of `benchmark`.

    Strictly above: an equal return, up to rounding (1e-12 of it), does not count. The return is
    the close over that of the last row labelled `days` days before or earlier, by at most
    `max_age_days`. The benchmark itself is not counted. It is the altcoin season index of the ids
    of the panel, from 0 to 1; other definitions take the 50 or 100 coins of the highest cap.

    Panel: bars of several ids. Range: 0 to 1; NaN where the return of the benchmark is unknown, or
    fewer than `min_ids` ids that count have a known return.

    Source: blockchaincenter.net, altcoin season: 75 % of the top 50 beat BTC over 90 days.
    """

    benchmark: str = Field(description="id of the panel that the others are compared with")
    days: int = Field(90, ge=1, le=MOST_DAYS, description="days of the return")

    example: ClassVar[dict[str, Any]] = {"panel": "coins", "benchmark": "BTC", "days": 90}

    @property
    def warm_up(self) -> int:
        """Days of the return."""
        return self.days

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        if self.benchmark not in seen.ids:  # it lists later
            return np.full(len(seen), np.nan)
        row = first_rows(seen.label, self.days) - 1
        age = (seen.label - self.days * DAY - seen.label[row]) / DAY
        there = (row >= 0) & (age <= self.max_age_days)
        before = np.where(there[:, None] & (seen.close[row] > 0), seen.close[row], np.nan)
        growth = seen.close / before
        of_benchmark = seen.ids.index(self.benchmark)
        least = growth[:, of_benchmark, None] * (1 + ROUNDING)
        state = np.where(np.isnan(growth) | np.isnan(least), np.nan, growth > least)
        state[:, of_benchmark] = np.nan
        return self.share(state, seen)
