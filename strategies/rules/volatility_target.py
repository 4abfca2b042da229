"""Less of a strategy while its market is wild."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from strategies.base import SignalName
from strategies.held import Held
from strategies.registry import register
from strategies.rules.overlay import Overlay


@register("volatility_target")
class VolatilityTarget(Overlay):
    """The shares of `of`, scaled down so that the volatility stays near `target`.

    Every share is multiplied by min(1, target / volatility), and what is cut stays in cash; there
    is no leverage, so a calm market changes nothing. The volatility is a signal, so that the
    config says of what, over how many days and in which unit: `target` is in the same one, a year
    for the kind `volatility`. It moves at every close, and the shares with it: leave the
    schedule's `or_on_change` off, and set `execution.band`.
    """

    volatility: SignalName = Field(description="signal that holds the volatility, such as 0.8")
    target: float = Field(gt=0, description="the volatility to stay at, in the unit of the signal")

    example: ClassVar[dict[str, Any]] = {
        "of": {"kind": "rotation", "signal": "risk_on", "on": {"alts": 1.0}, "off": {"btc": 1.0}},
        "volatility": "btc_volatility",
        "target": 0.5,
    }

    def rule(self, x: Mapping[str, float], held: Held | None = None) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        now = x[self.volatility]
        scale = self.target / now if now > self.target else 1.0
        return {name: scale * share for name, share in self.shares_inside(x, held).items()}
