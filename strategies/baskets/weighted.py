"""The base of baskets that share a sleeve among ids: who may be held, and how much of one."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

import numpy as np
from pydantic import Field

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.base import Basket, Names
from strategies.baskets.past import median_quote_volume, returns


class Weighted(Basket):
    """Weights over the eligible ids that are not excluded and are traded enough.

    What `max_weight` cuts goes to the other ids in proportion to their weights; what no id can
    take stays in cash.
    """

    exclude: Annotated[Names, "asset"] = Field(
        (), description="ids of the clock panel that are never held"
    )
    max_weight: float | None = Field(
        None, gt=0, le=1, description="largest weight of an id in the sleeve; blank: no limit"
    )
    min_median_quote_volume: float = Field(
        0.0,
        ge=0,
        description="least median of an id's daily quote volume over `volume_days`; 0: no limit",
    )
    volume_days: int = Field(30, ge=1, le=3650, description="days of that median")

    def weights(self, seen: Panel, eligible: Bool) -> Float:
        """Weights, float64 (N,)."""
        chosen = eligible & ~np.isin(seen.ids, self.exclude)
        if self.min_median_quote_volume > 0:
            chosen &= median_quote_volume(seen, self.volume_days) >= self.min_median_quote_volume
        return capped(self.sizes(seen, chosen), self.max_weight)

    @abstractmethod
    def sizes(self, seen: Panel, chosen: Bool) -> Float:
        """Weights of the chosen ids before the limit, float64 (N,), summing to at most 1."""


class OfReturns(Weighted):
    """Weights from the returns of the last `days` days.

    Returns are simple ones, from row to row: that of a portfolio is their weighted sum. An id
    without a bar in a row of the window, or in the row before it, is left out, and so is one whose
    price never moved.
    """

    days: int = Field(
        90, ge=2, le=3650, description="days of returns; ids without a bar in one are left out"
    )

    def sizes(self, seen: Panel, chosen: Bool) -> Float:
        """Weights before the limit, float64 (N,)."""
        past, out = returns(seen, self.days), np.zeros(len(seen.ids))
        if len(past) < 2:
            return out
        usable = chosen & (past.std(axis=0) > 0)  # never so where a return is unknown
        if usable.any():
            out[usable] = self.split(past[:, usable])
        return out

    @abstractmethod
    def split(self, past: Float) -> Float:
        """Weights of ids with the returns `past` (R, M), float64 (M,), summing to at most 1."""


def capped(sizes: Float, most: float | None) -> Float:
    """`sizes` with none above `most`: what is cut goes to the others in proportion.

    The largest sizes are cut first; what is left of the sum is shared by the sizes of the rest, of
    which more may then be above the limit. Where all are, less than the sum is returned.
    """
    if most is None or sizes.max(initial=0.0) <= most:
        return sizes
    out, order = np.zeros(len(sizes)), np.argsort(-sizes, kind="stable")
    tails = np.cumsum(sizes[order][::-1])[::-1]  # the sum of each size and all smaller ones
    rest = float(tails[0])
    for place, column in enumerate(order.tolist()):
        if sizes[column] * rest <= most * tails[place]:
            left = order[place:] if tails[place] > 0 else order[:0]
            out[left] = sizes[left] / tails[place] * rest
            break
        out[column] = most
        rest -= most
    return out
