"""The strategy that backtrader calls on every bar: target weights in, orders out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

import backtrader as bt

from engine.cerebro.market import ReplayMarket
from engine.rebalance import Holdings, plan_orders

Held = Mapping[str, float]
WeightsAt = Callable[[int, Held | None], "list[float] | None"]
"""Target weights for the decision at a row of the clock, None where there is none."""

SUPERSEDED = "superseded"
BEYOND_END = "end_of_period"


class Skip(NamedTuple):
    """An order that was not placed, and why."""

    row: int
    decided_row: int
    column: int
    size: float
    reason: str


class TargetWeights(bt.Strategy):
    """Rebalances to target weights at the closes of the clock that carry a decision.

    At a decision it cancels what is open, sizes every order from this close and the NAV of this
    instant, sells first and then buys, each in id order.
    """

    params = (("market", None), ("weights_at", None), ("execution", None), ("reads_held", False))

    def __init__(self) -> None:
        self.skipped: list[Skip] = []
        self.decided_rows: dict[int, int] = {}
        self._waiting: deque[tuple[int, int, list[float]]] = deque()

    def prenext(self) -> None:
        """Run from the first bar of any feed: a late listing must not hold up the others."""
        self.next()

    def next(self) -> None:
        """Decide if this is a close of the clock; an exchange's close in mid-day is not."""
        market: ReplayMarket = self.p.market
        row = market.row_at.get(self.lines.datetime[0])
        if row is None:
            return
        weights = self.p.weights_at(row, self._held(row) if self.p.reads_held else None)
        if weights is not None:
            self._waiting.append((row + self.p.execution.delay_bars, row, weights))
        while self._waiting and self._waiting[0][0] <= row:
            _, decided_row, weights = self._waiting.popleft()
            self._rebalance(row, decided_row, weights)

    def stop(self) -> None:
        """Note the orders of decisions whose delay reaches beyond the last close."""
        market: ReplayMarket = self.p.market
        last = len(market.panel) - 1
        for _, decided_row, weights in self._waiting:
            orders, _ = plan_orders(weights, self._holdings(last), self.p.execution)
            self.skipped += [Skip(last, decided_row, n.column, n.size, BEYOND_END) for n in orders]

    def _rebalance(self, row: int, decided_row: int, weights: list[float]) -> None:
        for order in self.broker.get_orders_open():
            order.addinfo(reason=SUPERSEDED)
            self.cancel(order)
        orders, skipped = plan_orders(weights, self._holdings(row), self.p.execution)
        for planned in orders:
            feed = self.p.market.feeds[planned.column]
            place = self.buy if planned.size > 0 else self.sell
            order = place(data=feed, size=abs(planned.size))
            self.decided_rows[order.ref] = decided_row
        for planned in skipped:
            self.skipped.append(Skip(row, decided_row, *planned))

    def _holdings(self, row: int) -> Holdings:
        market: ReplayMarket = self.p.market
        return Holdings(
            self.broker.getvalue(),
            market.shares(self.broker.positions),
            market.marks[row].tolist(),
            market.has_bar[row].tolist(),
        )

    def _held(self, row: int) -> Held:
        held = self._holdings(row)
        values = zip(self.p.market.panel.ids, held.shares, held.closes, strict=True)
        shares = {name: size * close / held.nav for name, size, close in values if size}
        return {"cash": self.broker.getcash() / held.nav, **shares}
