"""Two portfolios and the signal that switches between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from strategies.base import Shares, SignalName, Strategy
from strategies.registry import register


@register("rotation")
class Rotation(Strategy):
    """Shares `on` while the signal is above 0, `off` while it is 0 or below."""

    signal: SignalName = Field(description="signal that switches; above 0 means on")
    on: Shares = Field(description="share of NAV by sleeve while the signal is on")
    off: Shares = Field(description="share of NAV by sleeve while it is off; {} is cash")

    example: ClassVar[dict[str, Any]] = {
        "signal": "risk_on",
        "on": {"alts": 1.0},
        "off": {"btc": 1.0},
    }

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        return self.on if x[self.signal] > 0 else self.off
