"""`Ledger`: what a replay did, bar by bar and order by order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from engine.codes import WORDS
from feeds.arrays import Bool, Float, Instant, Instants, Int, frozen, instants

OPEN, FILLED, CANCELLED, REJECTED, SKIPPED, WRITTEN_OFF = WORDS[1:7]
_FIGURES = ("ordered", "shares", "price", "fee", "slippage")


@dataclass(frozen=True, slots=True)
class Order:
    """One order from decision to outcome.

    `ordered` and `shares` are signed (negative sells); `shares` is what was filled. `fee` and
    `slippage` are money, at least 0. `filled_at` is the opening instant of the bar that filled it,
    NaT if none did. A write-off has status `written_off`, `price` the recovery per share.
    """

    decided_at: Instant
    filled_at: Instant
    id: str
    ordered: float
    shares: float
    price: float
    fee: float
    slippage: float
    status: str
    reason: str


@dataclass(frozen=True, eq=False)
class OrderLog:
    """Orders as columns, in the order in which they were decided and queued; see `Order`.

    Attributes
    ----------
    decided_at, filled_at : datetime64[ns] (K,)
    column : int64 (K,)
        The id, by its place in the ledger's `ids`.
    ordered, shares, price, fee, slippage : float64 (K,)
    status, reason : int64 (K,)
        Places in `words`.
    words : tuple of str
        What `status` and `reason` are called.
    """

    decided_at: Instants
    filled_at: Instants
    column: Int
    ordered: Float
    shares: Float
    price: Float
    fee: Float
    slippage: Float
    status: Int
    reason: Int
    words: tuple[str, ...]

    @classmethod
    def of(cls, orders: Sequence[Order], ids: Sequence[str]) -> OrderLog:
        """The columns of orders that are there one by one."""
        place = {name: column for column, name in enumerate(ids)}
        words = tuple(sorted({word for o in orders for word in (o.status, o.reason)}))
        code = {word: number for number, word in enumerate(words)}

        def whole(values: Sequence[int]) -> Int:
            return frozen(np.array(values, dtype=np.int64))

        figures = np.array([[getattr(o, name) for name in _FIGURES] for o in orders], dtype=float)
        ordered, shares, price, fee, slippage = frozen(figures.reshape(-1, len(_FIGURES)).T)
        return cls(
            frozen(instants([o.decided_at for o in orders])),
            frozen(instants([o.filled_at for o in orders])),
            whole([place[o.id] for o in orders]),
            ordered,
            shares,
            price,
            fee,
            slippage,
            whole([code[o.status] for o in orders]),
            whole([code[o.reason] for o in orders]),
            words,
        )

    def __len__(self) -> int:
        return len(self.column)

    def take(self, places: Int) -> OrderLog:
        """The orders at some places, in this order."""
        columns = {each.name: getattr(self, each.name) for each in fields(self)}
        del columns["words"]
        return replace(self, **{name: column[places] for name, column in columns.items()})

    def having(self, status: str) -> Bool:
        """Which orders have this status, bool (K,)."""
        if status not in self.words:
            return np.zeros(len(self), dtype=bool)
        return self.status == self.words.index(status)


@dataclass(frozen=True, eq=False)
class Ledger:
    """NAV, cash and holdings at every close of the clock, and every order.

    Attributes
    ----------
    start : datetime64[ns]
        Opening instant of the first bar: point 0 of the equity curve, when NAV is the start cash.
    start_cash : float
    time : datetime64[ns] (T,)
        Closes of the clock.
    ids : tuple of str (N,)
    nav, cash : float64 (T,)
    held : float64 (K, N)
        Holdings, a row for each time they may have changed.
    held_at : int64 (T,)
        The row of `held` that is true at each close.
    marks : float64 (T, N)
        The prices that holdings are valued at; NaN before an id's first bar.
    stale : bool (T, N)
        Held without a bar at that close.
    log : OrderLog
        Every order, in the order in which they were decided and queued.
    path : str
        Which way through backtrader the replay took, and why.
    analyses : mapping of str to object
        What analyzers of the user found, by name.
    """

    start: Instant
    start_cash: float
    time: Instants
    ids: tuple[str, ...]
    nav: Float
    cash: Float
    held: Float
    held_at: Int
    marks: Float
    stale: Bool
    log: OrderLog
    path: str = ""
    analyses: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def shares(self) -> Float:
        """Holdings at every close, float64 (T, N)."""
        return frozen(self.held[self.held_at])

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        """The orders one by one."""
        log = self.log
        words = np.array(log.words, dtype=object)
        columns = (
            log.decided_at,
            log.filled_at,
            [self.ids[column] for column in log.column.tolist()],
            *(getattr(log, name).tolist() for name in _FIGURES),
            words[log.status],
            words[log.reason],
        )
        return tuple(Order(*row) for row in zip(*columns, strict=True))
