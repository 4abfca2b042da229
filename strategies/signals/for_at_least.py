"""A signal that has been on for some time."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Float
from feeds.panel import Panel
from strategies.base import Combination, SignalName
from strategies.registry import register
from strategies.windows import MOST_DAYS, first_rows, is_whole, trailing_count


@register("for_at_least")
class ForAtLeast(Combination):
    """1 where `signal` has been above 0 at every close of the last `days` days, else 0.

    A close belongs to them when its label is later than the current label minus the days, the
    current one included. A close at which it was not above 0 decides, whatever is unknown.

    Range: 1, 0; NaN where unknown closes decide, and until the first close is `days` old.
    """

    signal: SignalName = Field(description="the signal that has to last")
    days: int = Field(ge=1, le=MOST_DAYS, description="days for which it has to be above 0")

    example: ClassVar[dict[str, Any]] = {"signal": "dominance", "days": 14}

    @property
    def warm_up(self) -> int:
        """Days for which it has to last."""
        return self.days

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        number, first = seen.column(self.signal), first_rows(seen.label, self.days)
        off, unknown = (trailing_count(at, first) for at in (number <= 0, np.isnan(number)))
        on = np.where(off > 0, 0.0, np.where(unknown > 0, np.nan, 1.0))
        return np.where(is_whole(seen.label, self.days), on, np.nan)
