"""A signal, some days late."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import DAY, Float
from feeds.panel import Panel
from strategies.base import Combination, SignalName
from strategies.registry import register
from strategies.windows import MOST_DAYS, first_rows


@register("delay")
class Delay(Combination):
    """The value that `signal` had `days` days ago.

    That is the value of the last close labelled `days` days before the current one or earlier, by
    at most `max_age_days`.

    Range: that of the signal; NaN where it was unknown, and before the first close is `days` old.
    """

    signal: SignalName = Field(description="the signal that comes late")
    days: int = Field(ge=1, le=MOST_DAYS, description="days by which it is late")

    example: ClassVar[dict[str, Any]] = {"signal": "breakout", "days": 90}

    @property
    def warm_up(self) -> int:
        """Days by which it is late."""
        return self.days

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        row = first_rows(seen.label, self.days) - 1
        age = (seen.label - self.days * DAY - seen.label[row]) / DAY
        there = (row >= 0) & (age <= self.max_age_days)
        return np.where(there, seen.column(self.signal)[row], np.nan)
