"""The recorder: an analyzer that turns a backtrader run into a `Ledger`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import backtrader as bt
import numpy as np

from engine.cerebro.broker import WriteOff
from engine.cerebro.market import ReplayMarket
from engine.cerebro.strategy import Skip
from engine.ledger import (
    CANCELLED,
    FILLED,
    OPEN,
    REJECTED,
    SKIPPED,
    WRITTEN_OFF,
    Ledger,
    Order,
)
from feeds.align import fill_forward
from feeds.arrays import DAY, Float, Instant, text
from feeds.bars import instant_of
from feeds.errors import DataError, EngineError

_RUIN = 1e-9
"""Share of the start cash below which nothing but rounding is left."""

_NEVER = np.datetime64("NaT", "ns")
_STATUS = {
    bt.Order.Completed: FILLED,
    bt.Order.Canceled: CANCELLED,
    bt.Order.Expired: CANCELLED,
    bt.Order.Margin: REJECTED,
    bt.Order.Rejected: REJECTED,
}
_DEFAULT_REASON = {CANCELLED: "cancelled", REJECTED: "no_cash", OPEN: "end_of_period"}


class Recorder(bt.Analyzer):
    """Notes NAV, cash and holdings at every close of the clock; stops a run that cannot go on."""

    params = (("market", None), ("max_stale_days", 30), ("stop_when_stale", True))

    def start(self) -> None:
        """Begin with nothing recorded."""
        rows = len(self.p.market.panel)
        self.nav = np.full(rows, np.nan)
        self.cash = np.full(rows, np.nan)
        self.shares = np.full(self.p.market.marks.shape, np.nan)

    def prenext(self) -> None:
        """Record from the first bar of any feed on."""
        self.next()

    def next(self) -> None:
        """Record this bar if it closes a row of the clock."""
        market: ReplayMarket = self.p.market
        row = market.row_at.get(self.strategy.lines.datetime[0])
        if row is None:
            return
        broker = self.strategy.broker
        self.nav[row], self.cash[row] = broker.getvalue(), broker.getcash()
        self.shares[row] = market.shares(broker.positions)
        if not self.nav[row] > _RUIN * broker.startingcash:
            raise EngineError(
                f"ruined at {text(market.panel.known_at[row])}: NAV is {self.nav[row]:g}; "
                "there is nothing left to run with"
            )
        if self.p.stop_when_stale:
            self._check_stale(row)

    def _check_stale(self, row: int) -> None:
        market: ReplayMarket = self.p.market
        silent = (self.shares[row] != 0) & ~market.has_bar[row] & ~market.halted[row]
        for column in np.flatnonzero(silent):
            last = np.flatnonzero(market.has_bar[: row + 1, column])[-1]
            days = (market.panel.label[row] - market.panel.label[last]) / DAY
            if days > self.p.max_stale_days:
                name = market.panel.ids[column]
                raise DataError(
                    f"{name} is held at {text(market.panel.label[row])} but has had no bar since "
                    f"{text(market.panel.label[last])}, {days:g} days. If it was delisted or "
                    "halted, declare the event in a file under `data.events`; if the data just "
                    "end there, leave the id out or raise `execution.max_stale_days`"
                )


def ledger_of(
    recorder: Recorder, broker: Any, decided_rows: Mapping[int, int], skipped: Sequence[Skip]
) -> Ledger:
    """The ledger of a finished run.

    Parameters
    ----------
    recorder : Recorder
    broker : ReplayBroker
    decided_rows : mapping of order ref to row
        Where an order was decided earlier than it was placed.
    skipped : sequence of Skip
    """
    market: ReplayMarket = recorder.p.market
    panel = market.panel
    nav, cash, shares = _without_gaps(recorder, broker.startingcash)
    lines = [(skip.row + 1, 1, _skipped(skip, market)) for skip in skipped]
    columns = {data: column for column, data in market.feeds.items()}
    for time, order in broker.placed:
        placed = instant_of(time)
        decided = decided_rows.get(order.ref)
        decided_at = placed if decided is None else panel.known_at[decided]
        line = _placed(order, decided_at, placed, columns[order.data], market)
        lines.append((market.row_opening(placed), 0, line))
    for off in broker.write_offs:
        row = market.row_at[off.time]
        lines.append((row, -1, _written_off(off, row, columns[off.feed], market)))
    lines.sort(key=lambda entry: entry[:2])  # stable: queue order within a row
    return Ledger(
        panel.opened_at[0],
        broker.startingcash,
        panel.known_at,
        panel.ids,
        nav,
        cash,
        shares,
        market.marks,
        (shares != 0) & ~market.has_bar,
        tuple(line for _, _, line in lines),
    )


def _without_gaps(recorder: Recorder, cash: float) -> tuple[Float, Float, Float]:
    """Rows at which no feed had a bar keep what the row before had; before the first, cash."""
    table = np.column_stack([recorder.nav, recorder.cash, recorder.shares])
    if np.isnan(table[0, 0]):
        table[0] = 0.0
        table[0, :2] = cash
    table = fill_forward(table)
    return table[:, 0].copy(), table[:, 1].copy(), table[:, 2:].copy()


def _skipped(skip: Skip, market: ReplayMarket) -> Order:
    panel = market.panel
    return Order(
        panel.known_at[skip.decided_row], _NEVER, panel.ids[skip.column], skip.size, 0.0,
        np.nan, 0.0, 0.0, SKIPPED, skip.reason,
    )  # fmt: skip


def _written_off(off: WriteOff, row: int, column: int, market: ReplayMarket) -> Order:
    opened, name = market.panel.opened_at[row], market.panel.ids[column]
    return Order(
        opened, opened, name, -off.shares, -off.shares, off.price, 0.0, 0.0, WRITTEN_OFF, "event"
    )


def _placed(
    order: Any, decided_at: Instant, placed: Instant, column: int, market: ReplayMarket
) -> Order:
    panel, done = market.panel, order.executed
    status = _STATUS.get(order.status, OPEN)
    reason = order.info.get("reason", "") or _DEFAULT_REASON.get(status, "")
    filled, price, slippage = _NEVER, np.nan, 0.0
    if done.exbits:
        row = market.row_at[done.exbits[-1].dt]
        filled = panel.opened_at[row]
        # backtrader's own average divides size x price by size: one bit off for a single fill.
        price = done.exbits[0].price if len(done.exbits) == 1 else done.price
        if order.exectype == bt.Order.Market:
            slippage = abs(done.size) * abs(price - panel.open[row, column])
            if status == FILLED and not reason and row > market.row_opening(placed):
                reason = "delayed"
    return Order(
        decided_at, filled, panel.ids[column], order.created.size, done.size, price,
        done.comm, slippage, status, reason,
    )  # fmt: skip
