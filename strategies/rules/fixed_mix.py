"""A portfolio that is restored at every decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from strategies.base import Shares, Strategy
from strategies.registry import register


@register("fixed_mix")
class FixedMix(Strategy):
    """Goes back to the shares `mix` at every decision of the schedule."""

    mix: Shares = Field(description="share of NAV by sleeve")

    example: ClassVar[dict[str, Any]] = {"mix": {"btc": 0.6, "alts": 0.4}}

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        return self.mix
