"""From a run on stock backtrader to its ledger."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cerebro.market import ReplayMarket
from engine.cerebro.noted import Skip, WriteOff
from engine.cerebro.recorder import Recorder
from engine.codes import DELAYED, END_OF_PERIOD, EVENT, NO_CASH, WORDS
from engine.ledger import (
    CANCELLED,
    FILLED,
    OPEN,
    REJECTED,
    SKIPPED,
    WRITTEN_OFF,
    Ledger,
    Order,
    OrderLog,
)
from feeds.align import fill_forward
from feeds.arrays import Float, Instant
from feeds.bars import instant_of

_NEVER = np.datetime64("NaT", "ns")
_STATUS = {
    "Completed": FILLED,
    "Canceled": CANCELLED,
    "Expired": CANCELLED,
    "Margin": REJECTED,
    "Rejected": REJECTED,
}
_DEFAULT_REASON = {CANCELLED: "cancelled", REJECTED: WORDS[NO_CASH], OPEN: WORDS[END_OF_PERIOD]}


def recorder_of(broker: Any) -> Recorder:
    """The recorder of the run that a broker belongs to."""
    return broker.cerebro.runningstrats[0].analyzers.getbyname("_recorder")


def ledger_of_stock(broker: Any) -> Ledger:
    """The ledger of a run on stock backtrader, as far as it went.

    Parameters
    ----------
    broker : ReplayBroker
        Its strategy notes `skipped` orders, and in `decided_rows` by order ref the rows at which
        orders were decided; a user's own has neither.
    """
    strategy = broker.cerebro.runningstrats[0]
    noted = recorder_of(broker)
    market: ReplayMarket = noted.p.market
    panel = market.panel
    nav, cash, shares = _without_gaps(noted)
    decided_rows = getattr(strategy, "decided_rows", {})
    skipped: list[Skip] = getattr(strategy, "skipped", [])
    lines = [(skip.row + 1, 1, _skipped(skip, market)) for skip in skipped]
    columns = {data: column for column, data in broker.p.feeds.items()}
    for time, order in broker.placed:
        row = market.row_at.get(time)
        placed = instant_of(time) if row is None else panel.known_at[row]
        opening = np.searchsorted(panel.opened_at, placed) if row is None else market.opening[row]
        decided = decided_rows.get(order.ref)
        decided_at = placed if decided is None else panel.known_at[decided]
        reason = broker.reasons.get(order.ref, "")
        line = _placed(order, decided_at, int(opening), columns[order.data], reason, market)
        lines.append((int(opening), 0, line))
    lines += [(off.row, -1, _written_off(off, market)) for off in broker.write_offs]
    lines.sort(key=lambda entry: entry[:2])  # stable: queue order within a row
    return Ledger(
        panel.opened_at[0],
        broker.startingcash,
        panel.known_at,
        panel.ids,
        nav,
        cash,
        shares,
        np.arange(len(shares)),
        market.marks,
        (shares != 0) & ~market.has_bar,
        OrderLog.of([line for _, _, line in lines], panel.ids),
    )


def _without_gaps(noted: Recorder) -> tuple[Float, Float, Float]:
    """NAV, cash and holdings; rows at which no feed had a bar keep those of the row before."""
    table = np.column_stack([noted.nav, noted.cash, noted.shares])
    if np.isnan(table[0, 0]):
        table[0] = 0.0
        table[0, :2] = noted.strategy.broker.startingcash
    table = fill_forward(table)
    return table[:, 0].copy(), table[:, 1].copy(), table[:, 2:].copy()


def _skipped(skip: Skip, market: ReplayMarket) -> Order:
    panel = market.panel
    return Order(
        panel.known_at[skip.decided_row], _NEVER, panel.ids[skip.column], skip.size, 0.0,
        np.nan, 0.0, 0.0, SKIPPED, skip.reason,
    )  # fmt: skip


def _written_off(off: WriteOff, market: ReplayMarket) -> Order:
    opened, name = market.panel.opened_at[off.row], market.panel.ids[off.column]
    return Order(
        opened,
        opened,
        name,
        -off.shares,
        -off.shares,
        off.price,
        0.0,
        0.0,
        WRITTEN_OFF,
        WORDS[EVENT],
    )


def _placed(
    order: Any, decided_at: Instant, opening: int, column: int, reason: str, market: ReplayMarket
) -> Order:
    panel, done = market.panel, order.executed
    status = _STATUS.get(order.getstatusname(), OPEN)
    reason = reason or _DEFAULT_REASON.get(status, "")
    filled, price, slippage = _NEVER, np.nan, 0.0
    if done.exbits:
        row = market.row_at[done.exbits[-1].dt]
        filled = panel.opened_at[row]
        # backtrader's own average divides size x price by size: one bit off for a single fill.
        price = done.exbits[0].price if len(done.exbits) == 1 else done.price
        if order.exectype == order.Market:
            slippage = abs(done.size) * abs(price - panel.open[row, column])
            if status == FILLED and not reason and row > opening:
                reason = WORDS[DELAYED]
    return Order(
        decided_at, filled, panel.ids[column], order.created.size, done.size, price,
        done.comm, slippage, status, reason,
    )  # fmt: skip
