"""The base of strategies that change the shares of another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, field_validator

from strategies.base import Strategy, names_marked
from strategies.entries import Entry
from strategies.held import Held, Remembers

Nested = Annotated[Strategy, Entry("strategy")]
"""A parameter that holds another strategy, `{kind: name, ...}`."""

_INSIDE = "of."
"""What begins the names of what the strategy inside remembers."""


class Overlay(Strategy):
    """A strategy that changes the shares of the strategy `of`, which may be an overlay again."""

    of: Nested = Field(description="the strategy whose shares are changed")

    @field_validator("of")
    @classmethod
    def _decides_again(cls, of: Strategy) -> Strategy:
        if of.once:
            raise ValueError(
                f"`{of.kind}` decides once, and what is around it asks again and again: write "
                "`kind: fixed_mix`, whose shares are restored when a decision is due"
            )
        return of

    @property
    def reads_held(self) -> bool:  # type: ignore[override]
        """Whether the strategy inside does."""
        return self.of.reads_held

    @property
    def signals(self) -> tuple[str, ...]:
        """Its own signals and those of the strategy inside, each once."""
        return tuple(dict.fromkeys((*names_marked(self, "signal"), *self.of.signals)))

    @property
    def sleeves(self) -> tuple[str, ...]:
        """Its own sleeves and those of the strategy inside, sorted."""
        return tuple(sorted({*names_marked(self, "shares"), *self.of.sleeves}))

    def shares_inside(self, x: Mapping[str, float], held: Held | None) -> Mapping[str, float]:
        """What the strategy inside wants."""
        if not self.of.reads_held:
            return self.of.rule(x)
        inside = None if held is None else _inside(held)
        return self.of.rule(x, inside)  # type: ignore[call-arg]

    def remember(self, x: Mapping[str, float], held: Held) -> Mapping[str, float]:
        """What the strategy inside remembers, under names of its own."""
        if not isinstance(self.of, Remembers):
            return {}
        memory = self.of.remember(x, _inside(held))
        return {f"{_INSIDE}{name}": value for name, value in memory.items()}


def _inside(held: Held) -> Held:
    """The same account with the memory of the strategy inside."""
    memory = {
        name.removeprefix(_INSIDE): value
        for name, value in held.memory.items()
        if name.startswith(_INSIDE)
    }
    return replace(held, memory=MappingProxyType(memory))
