"""`Held`: what the account holds, for rules that depend on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, runtime_checkable

_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Held(Mapping[str, float]):
    """Share of NAV by id, and of cash under `cash`, at a close of the clock.

    Attributes
    ----------
    shares : mapping of str to float
        What the mapping holds.
    nav : float
        NAV at this close in units of the start capital: 1.0 before anything was bought.
    day : int
        Whole days since 1970-01-01 of the label of this close.
    entry_nav : float
        NAV at the decision that last changed the rule's shares; 1.0 before the first.
    memory : mapping of str to float
        What the strategy's `remember` gave last; read-only, empty at the start.
    """

    shares: Mapping[str, float]
    nav: float = 1.0
    day: int = 0
    entry_nav: float = 1.0
    memory: Mapping[str, float] = field(default_factory=lambda: _NOTHING)

    def __getitem__(self, name: str) -> float:
        return self.shares[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.shares)

    def __len__(self) -> int:
        return len(self.shares)


@runtime_checkable
class Remembers(Protocol):
    """A strategy with a memory: a pure function from the old one to the new one.

    The engine calls `remember` at every close of the clock, before the rule, also where a signal
    is unknown: it is NaN in `x` then. What it returns is `held.memory` from then on.
    """

    def remember(self, x: Mapping[str, float], held: Held) -> Mapping[str, float]:
        """The memory after this close."""
        ...
