"""What trading did and cost: exposure, turnover, fees and order counts of a ledger."""

from __future__ import annotations

from collections import Counter

import numpy as np

from engine.ledger import WRITTEN_OFF, Ledger, Order
from feeds.arrays import Float, instants


def fills(ledger: Ledger) -> tuple[Order, ...]:
    """The orders that traded; a write-off is not a trade."""
    return tuple(o for o in ledger.orders if o.shares != 0.0 and o.status != WRITTEN_OFF)


def one_way_turnover(ledger: Ledger) -> Float:
    """Traded notional at fill prices over twice the previous NAV, per bar, float64 (T,).

    Buying in from cash counts one half. A fill belongs to the bar that opened at its `filled_at`:
    the first one that closes after it.
    """
    filled = fills(ledger)
    opened = instants([order.filled_at for order in filled])
    bar = np.searchsorted(ledger.time, opened, side="right")
    traded = np.zeros(len(ledger.time))
    np.add.at(traded, bar, [abs(order.shares * order.price) for order in filled])
    before = np.concatenate(([ledger.start_cash], ledger.nav[:-1]))
    return traded / (2.0 * before)


def fees(ledger: Ledger) -> float:
    """Sum of all fees, in money."""
    return float(sum(order.fee for order in ledger.orders))


def slippage(ledger: Ledger) -> float:
    """Sum of what fills cost beyond the open, in money."""
    return float(sum(order.slippage for order in ledger.orders))


def exposure_time_fraction(ledger: Ledger) -> float:
    """Share of bars at whose close anything is held."""
    return float(np.mean(np.any(ledger.shares != 0.0, axis=1)))


def gross_exposure(ledger: Ledger) -> Float:
    """Sum of the absolute values of all positions over NAV, per bar, float64 (T,)."""
    value = np.where(ledger.shares == 0.0, 0.0, ledger.shares * ledger.marks)
    held: Float = np.abs(value).sum(axis=1)
    return held / ledger.nav


def order_counts(ledger: Ledger) -> dict[tuple[str, str], int]:
    """How many orders ended in each (status, reason), in sorted order."""
    return dict(sorted(Counter((order.status, order.reason) for order in ledger.orders).items()))


def stale_bars(ledger: Ledger) -> dict[str, int]:
    """For how many closes each id was held without a bar of its own; ids with any, sorted."""
    counts = ledger.stale.sum(axis=0).tolist()
    return {name: count for name, count in zip(ledger.ids, counts, strict=True) if count}
