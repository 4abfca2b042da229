"""Weights by market cap."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.baskets.weighted import Weighted
from strategies.registry import register

MARKET_CAP = "market_cap"


@register("cap_weight")
class CapWeight(Weighted):
    """Eligible assets weighted by their market cap.

    The engine joins the field `market_cap` of the panel `caps` to the traded ids by coin: an asset
    has the last cap of its coin that was known at the decision, and none once that is older than
    `max_age_days`. An asset without a known cap above 0 is left out.
    """

    caps: Annotated[str | None, "panel"] = Field(
        None,
        description="panel with the field `market_cap`, one id a coin; blank: the clock panel "
        "itself has it",
    )
    max_age_days: float = Field(
        10.0, gt=0, le=3650, description="days after which a cap of `caps` is unknown"
    )

    example: ClassVar[dict[str, Any]] = {
        "caps": "market_caps",
        "exclude": ["BTC"],
        "max_weight": 0.25,
    }

    def sizes(self, seen: Panel, chosen: Bool) -> Float:
        """Weights before the limit, float64 (N,)."""
        caps = np.where(chosen, np.nan_to_num(seen[MARKET_CAP][-1]), 0.0).clip(min=0.0)
        return caps / (math.fsum(caps) or 1.0)
