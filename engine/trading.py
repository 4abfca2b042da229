"""What trading did and cost: exposure, turnover, fees, order counts and trades of a ledger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.ledger import WRITTEN_OFF, Ledger
from feeds.arrays import Bool, Float, Int


def filled(ledger: Ledger) -> Bool:
    """Which orders traded, bool (K,); a write-off is not a trade."""
    return (ledger.log.shares != 0.0) & ~ledger.log.having(WRITTEN_OFF)


def fill_bars(ledger: Ledger) -> Int:
    """The bar of each order, int64 (K,): the first that closes after its `filled_at`.

    For an order that was never filled it means nothing.
    """
    return np.searchsorted(ledger.time, ledger.log.filled_at, side="right")


def one_way_turnover(ledger: Ledger) -> Float:
    """Traded notional at fill prices over twice the previous NAV, per bar, float64 (T,).

    Buying in from cash counts one half. A fill belongs to the bar that opened at its `filled_at`:
    the first one that closes after it.
    """
    fills = filled(ledger)
    traded = np.zeros(len(ledger.time))
    np.add.at(traded, fill_bars(ledger)[fills], _notional(ledger)[fills])
    before = np.concatenate(([ledger.start_cash], ledger.nav[:-1]))
    return traded / (2.0 * before)


def traded_notional(ledger: Ledger) -> float:
    """Sum of what was bought and sold at fill prices, in money; write-offs are no trades."""
    return _added_in_turn(_notional(ledger)[filled(ledger)])


def _notional(ledger: Ledger) -> Float:
    return np.abs(ledger.log.shares * ledger.log.price)


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


@dataclass(frozen=True, eq=False)
class Trades:
    """Every stretch over which an id was held without a break, in the order of their ends.

    What was added or sold on the way, by rebalancing, belongs to it. Those still held at the last
    close come last.

    Attributes
    ----------
    column, opened, closed : int64 (n,)
        Place of the id, the bar of the first fill, and that of the last, or the number of bars.
    pnl : float64 (n,)
        Money net of all costs; what is still held is valued at its mark.
    is_open : bool (n,)
        Still held at the last close: no trade yet.
    """

    column: Int
    opened: Int
    closed: Int
    pnl: Float
    is_open: Bool

    @property
    def held(self) -> Float:
        """Bars from the first fill to the last, float64 (n,)."""
        return (self.closed - self.opened).astype(np.float64)


def trades(ledger: Ledger) -> Trades:
    """All trades of a ledger; what is bought and sold on one bar is a trade of 0 bars.

    A write-off closes a trade at what was recovered. Turning from long to short at one fill does
    not.
    """
    bars = len(ledger.time)
    column, opened, closed = _stretches(ledger)
    log = ledger.log
    fills = np.flatnonzero(log.shares != 0.0)
    flow = -(log.shares[fills] * log.price[fills] + log.fee[fills])
    bar, of = fill_bars(ledger)[fills], log.column[fills]
    # Keys ascend by id, then by bar, so that one search finds the stretch of every fill.
    key, starts = of * (bars + 1) + bar, column * (bars + 1) + opened
    place = np.searchsorted(starts, key, side="right") - 1
    inside = (place >= 0) & (bar <= np.append(closed, -1)[place])
    inside &= np.append(column, -1)[place] == of
    lone, again = np.unique(key[~inside], return_inverse=True)
    made = np.bincount(place[inside], flow[inside], len(column))
    made_at_once = np.bincount(again, flow[~inside], len(lone))
    pnl = np.concatenate((made, made_at_once)).astype(np.float64, copy=False)
    column = np.concatenate((column, lone // (bars + 1)))
    opened, closed = (np.concatenate((each, lone % (bars + 1))) for each in (opened, closed))
    still = closed == bars
    last = ledger.held[ledger.held_at[-1]][column[still]] * ledger.marks[-1][column[still]]
    pnl[still] += last
    order = np.lexsort((column, closed))
    return Trades(column[order], opened[order], closed[order], pnl[order], still[order])


def _stretches(ledger: Ledger) -> tuple[Int, Int, Int]:
    """Id, first and last bar of every stretch that is held at a close at least, by id and bar."""
    changed = np.flatnonzero(np.diff(ledger.held_at, prepend=-1))
    held = ledger.held[ledger.held_at[changed]].T != 0.0
    none = np.zeros((len(held), 1), dtype=bool)
    turns = np.diff(np.concatenate((none, held, none), axis=1).astype(np.int8), axis=1)
    column, begin = np.nonzero(turns > 0)
    bar = np.append(changed, len(ledger.time))
    return column, bar[begin], bar[np.nonzero(turns < 0)[1]]
