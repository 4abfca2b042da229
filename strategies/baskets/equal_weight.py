"""The same weight in each asset."""

from __future__ import annotations

from typing import Any, ClassVar

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.baskets.weighted import Weighted
from strategies.registry import register


@register("equal_weight")
class EqualWeight(Weighted):
    """The same weight in every eligible asset that is not excluded; in cash when there is none."""

    example: ClassVar[dict[str, Any]] = {"exclude": ["BTC"]}

    def sizes(self, seen: Panel, chosen: Bool) -> Float:
        """Weights before the limit, float64 (N,)."""
        return chosen / max(int(chosen.sum()), 1)
