"""The vocabulary between a replay and its arithmetic: numbers for orders, buffers for bars."""

from __future__ import annotations

from typing import Any, NamedTuple

WORDS = (
    "", "open", "filled", "cancelled", "rejected", "skipped", "written_off",
    "band", "lot_size", "min_notional", "no_bar", "end_of_period",
    "superseded", "event", "shortfall", "no_cash", "delayed",
)  # fmt: skip
"""The status of an order and its reason are places in this list."""
NONE, OPEN, FILLED, CANCELLED, REJECTED, SKIPPED, WRITTEN_OFF = range(7)
BAND, LOT_SIZE, MIN_NOTIONAL, NO_BAR, END_OF_PERIOD = range(7, 12)
SUPERSEDED, EVENT, SHORTFALL, NO_CASH, DELAYED = range(12, 17)

PLACED, ACCEPTED, EXECUTED, REFUSED, WITHDRAWN = range(5)
"""Steps in the life of an order."""


class Change(NamedTuple):
    """Cash and holdings as they were from a row on, -1 being the time before all rows.

    `shares` and `average`, what was paid for them, are float (N,).
    """

    row: int
    cash: float
    shares: Any
    average: Any


class Step(NamedTuple):
    """What happened to an order of the last decision, and what it was like then.

    `kind` is one of the five above; `place` tells the order from the others of the decision;
    `reason` is a place in `WORDS`; sizes are signed.
    """

    kind: int
    place: int
    column: int
    ordered: float
    remaining: float
    shares: float
    price: float
    reason: int


class Rules(NamedTuple):
    """What sizes an order and what it costs, rates as shares of 1; see `ExecutionSpec`."""

    fee: float
    slippage: float
    reserve: float
    band: float
    lot_size: float
    min_notional: float
    rejects: bool


class Bars(NamedTuple):
    """Flat read-only buffers: doubles and bytes over (T, N), doubles over (T,).

    `marks` are last known closes, `opens` opening prices; `tradable` says that an id has a bar,
    `fillable` that somebody traded on it; `opened` and `closed` are the times of the rows.
    """

    marks: Any
    opens: Any
    tradable: Any
    fillable: Any
    opened: Any
    closed: Any
