"""Where a number stands among those of the last days."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Float, Instants
from feeds.panel import Panel
from strategies.registry import register
from strategies.series import SeriesSignal
from strategies.windows import MOST_DAYS, count_at_most, first_rows, is_whole, on_known


@register("percentile")
class Percentile(SeriesSignal):
    """The share of the last `days` days with a number not above the current one.

    The current number is one of them: the highest of a window is at 1, the lowest of n different
    ones at 1/n. Rows in which the number is blank are left out.

    Panel: values or bars of one id. Range: above 0 to 1; NaN where the number is blank and until
    the first known row is `days` old.
    """

    days: int = Field(ge=1, le=MOST_DAYS, description="days in the window")

    example: ClassVar[dict[str, Any]] = {"panel": "coins", "id": "BTC", "days": 365}

    @property
    def warm_up(self) -> int:
        """Days in the window."""
        return self.days

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        return on_known(self.series(seen), seen.label, self._of)

    def _of(self, number: Float, label: Instants) -> Float:
        first = first_rows(label, self.days)
        share = count_at_most(number, first) / (np.arange(len(number)) - first + 1)
        return np.where(is_whole(label, self.days), share, np.nan)
