"""The built-in strategies: rotation on a signal, buy and hold, a fixed mix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from strategies.base import Shares, SignalName, Strategy
from strategies.registry import register


@register("rotation")
class Rotation(Strategy):
    """Shares `on` while the signal is above 0, `off` while it is 0 or below."""

    signal: SignalName = Field(description="signal that switches; above 0 means on")
    on: Shares = Field(description="share of NAV by sleeve while the signal is on")
    off: Shares = Field(description="share of NAV by sleeve while it is off; {} is cash")

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        return self.on if x[self.signal] > 0 else self.off


@register("buy_and_hold")
class BuyAndHold(Strategy):
    """Buys `hold` at the first decision and leaves it alone afterwards."""

    once: ClassVar[bool] = True

    hold: Shares = Field(description="share of NAV by sleeve")

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        return self.hold


@register("fixed_mix")
class FixedMix(Strategy):
    """Goes back to the shares `mix` at every decision of the schedule."""

    mix: Shares = Field(description="share of NAV by sleeve")

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        return self.mix
