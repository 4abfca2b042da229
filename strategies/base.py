"""The three small bases: `Signal`, `Basket`, `Strategy`.

A subclass declares its parameters as annotated fields, computes one thing, and is frozen: equal
parameters and equal rows give equal values.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

from feeds.arrays import Bool, Float
from feeds.panel import Panel

__all__ = [
    "AssetName",
    "Basket",
    "Combination",
    "Field",
    "Names",
    "PanelName",
    "Shares",
    "Signal",
    "SignalName",
    "Strategy",
    "by_name",
    "names_marked",
]


Value = TypeVar("Value")


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """`names`, sorted: their order means nothing."""
    return tuple(sorted(names))


def by_name(values: Mapping[str, Value]) -> Mapping[str, Value]:
    """`values`, sorted by their names and read-only, as all parameters are."""
    return MappingProxyType(dict(sorted(values.items())))


def _is_portfolio(shares: Mapping[str, float]) -> Mapping[str, float]:
    for sleeve, share in shares.items():
        if not (math.isfinite(share) and share >= 0):
            raise ValueError(f"the share of '{sleeve}' is {share}; shares are numbers from 0 to 1")
    if math.fsum(shares.values()) > 1 + 1e-9:
        raise ValueError(f"shares sum to {math.fsum(shares.values()):g}, above 1: no leverage")
    return by_name(shares)


SignalName = Annotated[str, "signal"]
"""A parameter that names a signal of the config; checked when the config is read."""

PanelName = Annotated[str, "panel"]
"""A parameter that names a panel of the config."""

AssetName = Annotated[str, "asset"]
"""A parameter that names an id of the clock panel."""

Names = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_in_order)]
"""A parameter that is a list of names in a config; sorted and read-only."""

Shares = Annotated[
    Mapping[str, float], AfterValidator(_is_portfolio), PlainSerializer(dict), "shares"
]
"""Share of NAV by sleeve, each at least 0, together at most 1; what is left stays in cash."""


class Parameters(BaseModel):
    """Frozen parameters that refuse unknown names and wrong types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    kind: ClassVar[str] = ""
    family: ClassVar[str] = ""
    example: ClassVar[Mapping[str, Any]] = {}
    """Parameters that make sense on the simulated market of the demo: documentation draws it, and
    tests begin with it."""


def names_marked(parameters: BaseModel, mark: str) -> tuple[str, ...]:
    """The values of all fields annotated with `mark` ("signal", "panel", "asset", "shares")."""
    found: list[str] = []
    for name, field in type(parameters).model_fields.items():
        if mark in field.metadata:
            value = getattr(parameters, name)
            found.extend([value] if isinstance(value, str) else value or ())
    return tuple(found)


class Signal(Parameters, ABC):
    """One number per row of a panel, from what has been seen up to that row.

    The value at row t is *defined* as the last element of `values` for the prefix that ends at t;
    the engine proves it (`engine.honesty`). NaN means unknown.
    """

    family: ClassVar[str] = "signal"

    panel: PanelName = Field(description="the panel whose rows it reads")
    id: str | None = Field(
        None, description="the one id of the panel that it reads; blank: all that there are"
    )
    max_age_days: float = Field(
        default=10.0,
        gt=0,
        description="days after which a value is too old, and unknown",
    )

    @property
    def inputs(self) -> tuple[str, ...]:
        """The signals this one reads; empty for a signal of a panel."""
        return names_marked(self, "signal")

    @property
    def lookback(self) -> int | None:
        """Rows that a value depends on, itself included; None when it may be all of them."""
        return None

    @property
    def warm_up(self) -> int:
        """Rows before the first known value, on daily 24/7 bars without blanks from a Monday on."""
        return 0

    @abstractmethod
    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,), one per row of `seen`."""


class Combination(Signal):
    """A signal of other signals: its panel has their values at the closes of the clock.

    `seen.column(name)` is the signal `name`, already carried to the clock, NaN where unknown.
    """

    panel: PanelName = Field(default="signals", description="always `signals`; leave it out")
    id: None = Field(None, description="always blank; leave it out")
    max_age_days: float = Field(
        default=10.0, gt=0, description="days from a close on after which its value is unknown"
    )


class Basket(Parameters, ABC):
    """Weights inside a sleeve, asked for at decisions only."""

    family: ClassVar[str] = "basket"

    @abstractmethod
    def weights(self, seen: Panel, eligible: Bool) -> Float:
        """Weights over the ids of `seen`, float64 (N,), at least 0, summing to 1.

        `seen` is the clock panel up to the decision; `eligible` says which ids the universe
        allows. All zero when no id qualifies: the sleeve's share then stays in cash.
        """


class Strategy(Parameters, ABC):
    """A scalar rule from signal values to the share of NAV in each sleeve.

    Set `reads_held = True` for a rule that depends on what is held; it is then called as
    `rule(x, held)` at every close of the clock with a `strategies.held.Held`: the share of NAV by
    id, and of cash under "cash", the NAV, and what `remember(x, held)`, if there is one, gave
    last. Both are pure functions: the engine keeps the memory.
    Set `once = True` for a strategy that decides a single time.
    """

    family: ClassVar[str] = "strategy"
    reads_held: ClassVar[bool] = False
    once: ClassVar[bool] = False

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals the rule reads."""
        return names_marked(self, "signal")

    @property
    def sleeves(self) -> tuple[str, ...]:
        """The sleeves the rule may hold, sorted."""
        return tuple(sorted(set(names_marked(self, "shares"))))

    @abstractmethod
    def rule(self, x: Mapping[str, float]) -> Mapping[str, float]:
        """Shares of NAV by sleeve for the signal values `x`, all of them known."""
