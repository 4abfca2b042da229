"""The section `benchmarks` of a config: what a run is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from engine.config.fields import Section
from strategies.base import Shares

_WAYS = ("sleeve", "mix", "random")


class RandomRotation(Section):
    """The strategy's own shares at times that have nothing to do with its signals.

    The shares come in the strategy's order, and each spell of equal shares keeps its length, but
    spells of the same shares change places at random, and the whole begins at a random close and
    goes on from the start at the end. Turnover and holding times are about the strategy's own.
    """

    seed: int = Field(1, ge=0, description="another seed gives another random rotation")


class BenchmarkSpec(Section):
    """One of `sleeve`, `mix` and `random`: with the costs and the schedule of the strategy."""

    sleeve: Annotated[str | None, "shares"] = Field(None, description="one sleeve, held throughout")
    mix: Annotated[Shares | None, "shares"] = Field(
        None, description="share of NAV by sleeve, held throughout; {} is cash"
    )
    random: RandomRotation | None = Field(
        None, description="the strategy's own shares at random times, with its turnover"
    )

    @model_validator(mode="after")
    def _one_way(self) -> BenchmarkSpec:
        given = [name for name in _WAYS if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"has {' and '.join(f'`{name}`' for name in given)}" if given else "is empty"
            raise ValueError(f"{found}; give one of `sleeve`, `mix` and `random`")
        return self

    @model_serializer(mode="wrap")
    def _only_what_is_given(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if value is not None}

    @property
    def held(self) -> Mapping[str, float] | None:
        """What is held throughout; None for a random rotation."""
        return {self.sleeve: 1.0} if self.sleeve is not None else self.mix
