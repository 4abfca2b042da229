"""Weights by the inverse of volatility."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from feeds.arrays import Float
from strategies.baskets.weighted import OfReturns
from strategies.registry import register


@register("inverse_volatility")
class InverseVolatility(OfReturns):
    """Eligible assets weighted by the inverse of the volatility of their last `days` days.

    The volatility is the standard deviation (ddof 1) of simple returns from row to row. An asset
    without a bar in a row of the window is left out, and so is one whose price never moved.
    """

    example: ClassVar[dict[str, Any]] = {"exclude": ["BTC"], "days": 60, "max_weight": 0.25}

    def split(self, past: Float) -> Float:
        """Weights of ids with these returns, float64 (M,)."""
        inverse = 1.0 / past.std(axis=0, ddof=1)
        return inverse / math.fsum(inverse)
