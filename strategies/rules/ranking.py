"""Sleeves ranked by a signal each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, PlainSerializer, model_validator

from strategies.base import Strategy, by_name
from strategies.registry import register


@register("ranking")
class Ranking(Strategy):
    """Equal shares of the `count` sleeves whose signals are highest.

    Each sleeve is ranked by the value of its own signal, and each of the top `count` gets
    1 / `count` of NAV. With `above`, a place in the top whose value is not above it stays in cash.
    Of equal values the sleeve that is first in the alphabet wins.
    """

    scores: Annotated[
        Mapping[str, str], AfterValidator(by_name), PlainSerializer(dict), "scores"
    ] = Field(min_length=1, description="the signal that ranks each sleeve, by sleeve")
    count: int = Field(1, ge=1, le=1000, description="how many sleeves are held")
    above: float | None = Field(
        None, description="only sleeves whose signal is above this are held; blank: all"
    )

    example: ClassVar[dict[str, Any]] = {
        "scores": {"alts": "dominance", "btc": "breakout"},
        "count": 1,
        "above": 0.0,
    }

    @model_validator(mode="after")
    def _enough_sleeves(self) -> Ranking:
        if self.count > len(self.scores):
            raise ValueError(
                f"`count` is {self.count}, but `scores` has {len(self.scores)} sleeves"
            )
        return self

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals that rank, each once."""
        return tuple(dict.fromkeys(self.scores.values()))

    @property
    def sleeves(self) -> tuple[str, ...]:
        """The sleeves that are ranked, sorted."""
        return tuple(self.scores)

    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        score = {sleeve: x[signal] for sleeve, signal in self.scores.items()}
        top = sorted(score, key=lambda sleeve: (-score[sleeve], sleeve))[: self.count]
        least = -math.inf if self.above is None else self.above
        return {sleeve: 1.0 / self.count for sleeve in top if score[sleeve] > least}
