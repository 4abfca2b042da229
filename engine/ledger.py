"""`Ledger`: what a replay did, bar by bar and order by order."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.arrays import Bool, Float, Instant, Instants

FILLED = "filled"
CANCELLED = "cancelled"
REJECTED = "rejected"
SKIPPED = "skipped"
OPEN = "open"
WRITTEN_OFF = "written_off"


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
    shares, marks : float64 (T, N)
        Holdings and the prices they are valued at; NaN mark before an id's first bar.
    stale : bool (T, N)
        Held without a bar at that close.
    orders : tuple of Order
        In the order in which they were decided and queued.
    """

    start: Instant
    start_cash: float
    time: Instants
    ids: tuple[str, ...]
    nav: Float
    cash: Float
    shares: Float
    marks: Float
    stale: Bool
    orders: tuple[Order, ...]
