"""All, any, or at least so many of several signals."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from feeds.arrays import Float
from feeds.panel import Panel
from strategies.base import Combination, Names
from strategies.registry import register


@register("at_least")
class AtLeast(Combination):
    """1 while at least `count` of the signals in `of` are above 0, else 0.

    Unknown signals are counted as Kleene's logic does: the value is 1 when enough are above 0
    without them, 0 when there would be too few with all of them.

    Range: 1, 0; NaN where the unknown signals decide.
    """

    of: Annotated[Names, Field(min_length=1, max_length=1000), "signal"] = Field(
        description="the signals that are counted, each once"
    )
    count: Literal["all", "any"] | Annotated[int, Field(ge=1)] = Field(
        "all", description="how many must be above 0: `all`, `any` (one), or a number"
    )

    example: ClassVar[dict[str, Any]] = {"of": ["breakout", "dominance", "risk_on"], "count": 2}

    @model_validator(mode="after")
    def _can_be_reached(self) -> AtLeast:
        twice = sorted({name for name in self.of if self.of.count(name) > 1})
        if twice:
            raise ValueError(f"`of` names {', '.join(twice)} twice; name each signal once")
        if self._needed > len(self.of):
            raise ValueError(f"`count` is {self.count}, but `of` names {len(self.of)} signals")
        return self

    @property
    def _needed(self) -> int:
        return {"all": len(self.of), "any": 1}.get(str(self.count)) or int(self.count)

    @property
    def lookback(self) -> int:
        """One row: nothing but the row itself."""
        return 1

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        numbers = np.column_stack([seen.column(name) for name in self.of])
        on, unknown = (numbers > 0).sum(axis=1), np.isnan(numbers).sum(axis=1)
        decided = np.where(on + unknown < self._needed, 0.0, np.nan)
        return np.where(on >= self._needed, 1.0, decided)
