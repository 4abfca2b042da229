"""The built-in baskets: one asset, or equal weights over all that are eligible."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from feeds.arrays import Bool, Float
from feeds.errors import ConfigError
from feeds.panel import Panel
from strategies.base import AssetName, Basket
from strategies.registry import register


def _column(basket: str, seen: Panel, asset: str) -> int:
    if asset not in seen.ids:
        raise ConfigError(
            f"basket '{basket}' names '{asset}', which is no id of panel '{seen.name}'; "
            f"it has {', '.join(seen.ids)}"
        )
    return seen.ids.index(asset)


def _in_order(ids: list[str]) -> list[str]:
    # Not `sorted` itself: pydantic would read the signature of a builtin from its documentation.
    return sorted(ids)


@register("single")
class Single(Basket):
    """All of the sleeve in one asset; in cash while that asset is not eligible."""

    asset: AssetName = Field(description="id of the clock panel")

    def weights(self, seen: Panel, eligible: Bool) -> Float:
        """Weights, float64 (N,)."""
        out = np.zeros(len(seen.ids))
        column = _column("single", seen, self.asset)
        out[column] = float(eligible[column])
        return out


@register("equal_weight")
class EqualWeight(Basket):
    """The same weight in every eligible asset that is not excluded; in cash when there is none."""

    exclude: Annotated[list[str], AfterValidator(_in_order), "asset"] = Field(
        default_factory=list, description="ids of the clock panel that are never held"
    )

    def weights(self, seen: Panel, eligible: Bool) -> Float:
        """Weights, float64 (N,)."""
        chosen = np.array(eligible, dtype=bool)
        chosen[[_column("equal_weight", seen, asset) for asset in self.exclude]] = False
        return chosen / max(np.count_nonzero(chosen), 1)
