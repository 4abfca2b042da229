"""A switch with two thresholds, so that a signal near one of them does not flicker."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from feeds.arrays import Float
from feeds.panel import Panel
from strategies.base import Combination, SignalName
from strategies.registry import register


@register("hysteresis")
class Hysteresis(Combination):
    """1 after `signal` was above `enter` until it is below `leave`, else 0.

    Between the thresholds the value is the last one; before the first crossing it is 0.

    Range: 1, 0; NaN where the signal is unknown, which changes nothing for the closes after it.
    """

    signal: SignalName = Field(description="signal that is switched on")
    enter: float = Field(allow_inf_nan=False, description="above it the switch goes on")
    leave: float = Field(
        allow_inf_nan=False, description="below it the switch goes off; at most `enter`"
    )

    example: ClassVar[dict[str, Any]] = {"signal": "dominance", "enter": 0.01, "leave": -0.01}

    @model_validator(mode="after")
    def _in_order(self) -> Hysteresis:
        if not self.leave <= self.enter:
            raise ValueError(f"`leave` is {self.leave:g}, above `enter` {self.enter:g}")
        return self

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        number = seen.column(self.signal)
        above, below = number > self.enter, number < self.leave
        rows = np.arange(len(number))
        last = np.maximum.accumulate(np.where(above | below, rows, -1))
        on = (last >= 0) & above[last]
        return np.where(np.isnan(number), np.nan, on.astype(np.float64))
