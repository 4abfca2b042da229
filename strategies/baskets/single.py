"""One asset."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.base import AssetName, Basket
from strategies.registry import register


@register("single")
class Single(Basket):
    """All of the sleeve in one asset; in cash while that asset is not eligible, or not listed."""

    asset: AssetName = Field(description="id of the clock panel")

    example: ClassVar[dict[str, Any]] = {"asset": "BTC"}

    def weights(self, seen: Panel, eligible: Bool) -> Float:
        """Weights, float64 (N,)."""
        return np.asarray(eligible & (np.array(seen.ids) == self.asset), dtype=np.float64)
