"""A blend of two portfolios by the strength of a signal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from strategies.base import Shares, SignalName, Strategy
from strategies.registry import register


@register("tilt")
class Tilt(Strategy):
    """A blend of `on` and `off` by how far the signal lies between `low` and `high`.

    With s = (signal - low) / (high - low), cut to 0 to 1, each sleeve gets s times its share in
    `on` plus 1 - s times its share in `off`. A signal that moves at every close moves the shares
    at every close: leave the schedule's `or_on_change` off, and set `execution.band`.
    """

    signal: SignalName = Field(description="signal whose strength counts")
    low: float = Field(description="at this value and below, all is `off`")
    high: float = Field(description="at this value and above, all is `on`")
    on: Shares = Field(description="share of NAV by sleeve at full strength")
    off: Shares = Field(description="share of NAV by sleeve without any; {} is cash")

    example: ClassVar[dict[str, Any]] = {
        "signal": "dominance",
        "low": -0.02,
        "high": 0.02,
        "on": {"alts": 1.0},
        "off": {"btc": 1.0},
    }

    @model_validator(mode="after")
    def _low_is_lower(self) -> Tilt:
        if not self.low < self.high:
            raise ValueError(f"`low` is {self.low:g}; it must be below `high`, {self.high:g}")
        return self

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        strength = (x[self.signal] - self.low) / (self.high - self.low)
        strength = min(1.0, max(0.0, strength))
        return {
            name: strength * self.on.get(name, 0.0) + (1.0 - strength) * self.off.get(name, 0.0)
            for name in self.sleeves
        }
