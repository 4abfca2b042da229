"""What a run on stock backtrader notes beside its orders."""

from __future__ import annotations

from typing import NamedTuple


class Skip(NamedTuple):
    """An order that was not placed, and why."""

    row: int
    decided_row: int
    column: int
    size: float
    reason: str


class WriteOff(NamedTuple):
    """A position that an event ended at a row: `shares` became `price` each in cash."""

    row: int
    column: int
    shares: float
    price: float
