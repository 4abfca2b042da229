"""What trading did and cost: exposure, turnover, fees and order counts of a ledger."""

from __future__ import annotations

import numpy as np

from engine.ledger import WRITTEN_OFF, Ledger
from feeds.arrays import Bool, Float


def filled(ledger: Ledger) -> Bool:
    """Which orders traded, bool (K,); a write-off is not a trade."""
    return (ledger.log.shares != 0.0) & ~ledger.log.having(WRITTEN_OFF)


def one_way_turnover(ledger: Ledger) -> Float:
    """Traded notional at fill prices over twice the previous NAV, per bar, float64 (T,).

    Buying in from cash counts one half. A fill belongs to the bar that opened at its `filled_at`:
    the first one that closes after it.
    """
    log, fills = ledger.log, filled(ledger)
    bar = np.searchsorted(ledger.time, log.filled_at[fills], side="right")
    traded = np.zeros(len(ledger.time))
    np.add.at(traded, bar, np.abs(log.shares[fills] * log.price[fills]))
    before = np.concatenate(([ledger.start_cash], ledger.nav[:-1]))
    return traded / (2.0 * before)


def fees(ledger: Ledger) -> float:
    """Sum of all fees, in money."""
    return _added_in_turn(ledger.log.fee)


def slippage(ledger: Ledger) -> float:
    """Sum of what fills cost beyond the open, in money."""
    return _added_in_turn(ledger.log.slippage)


def _added_in_turn(values: Float) -> float:
    # `sum` compensates for rounding from Python 3.12 on, `np.sum` adds in pairs.
    return float(np.cumsum(values)[-1]) if len(values) else 0.0


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
    log, words = ledger.log, ledger.log.words
    table = np.zeros((len(words), len(words)), dtype=np.int64)
    np.add.at(table, (log.status, log.reason), 1)
    found = {
        (words[status], words[reason]): int(table[status, reason])
        for status, reason in np.argwhere(table).tolist()
    }
    return dict(sorted(found.items()))


def stale_bars(ledger: Ledger) -> dict[str, int]:
    """For how many closes each id was held without a bar of its own; ids with any, sorted."""
    counts = ledger.stale.sum(axis=0).tolist()
    return {name: count for name, count in zip(ledger.ids, counts, strict=True) if count}
