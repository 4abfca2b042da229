"""A portfolio that is bought once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from strategies.base import Shares, Strategy
from strategies.registry import register


@register("buy_and_hold")
class BuyAndHold(Strategy):
    """Buys `hold` at the first decision and leaves it alone afterwards."""

    once: ClassVar[bool] = True

    hold: Shares = Field(description="share of NAV by sleeve")

    example: ClassVar[dict[str, Any]] = {"hold": {"btc": 1.0}}

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        return self.hold
