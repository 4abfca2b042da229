"""The strategy that backtrader calls on every bar: target weights in, orders out."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import backtrader as bt

from engine.arithmetic import Sizing
from engine.cerebro.market import ReplayMarket
from engine.cerebro.noted import Skip
from engine.codes import END_OF_PERIOD, SUPERSEDED, WORDS
from engine.execution import rules_of
from strategies.held import Held

Decisions = Mapping[int, Sequence[float]] | Callable[[int, Held], Sequence[float] | None]
"""Target weights by row of the clock, or what is asked at every close with what is held."""


class TargetWeights(bt.Strategy):
    """Rebalances to target weights at the closes of the clock that carry a decision.

    At a decision it cancels what is open, sizes every order from this close and the NAV of this
    instant, sells first and then buys, each in id order.
    """

    params: Any = (("market", None), ("decisions", None), ("execution", None))

    # backtrader looks for an owner up the stack: an inner replay would find the outer strategy.
    _OwnerCls = type("Nobody", (), {})

    def __init__(self) -> None:
        market: ReplayMarket = self.p.market
        self.skipped: list[Skip] = []
        self.decided_rows: dict[int, int] = {}
        self._waiting: deque[tuple[int, int, Sequence[float]]] = deque()
        self._asks = callable(self.p.decisions)
        self._sizing = Sizing(market.bars, len(market.panel.ids), rules_of(self.p.execution))

    def prenext(self) -> None:
        """Run from the first bar of any feed: a late listing must not hold up the others."""
        self.next()

    def next(self) -> None:
        """Decide if this is a close of the clock; an exchange's close in mid-day is not."""
        row = self.row()
        if row is None:
            return
        decisions = self.p.decisions
        weights = decisions(row, self._held(row)) if self._asks else decisions.get(row)
        if weights is not None:
            self._waiting.append((row + self.p.execution.delay_bars, row, weights))
        while self._waiting and self._waiting[0][0] <= row:
            _, decided, weights = self._waiting.popleft()
            self.rebalance(row, decided, array("d", weights))

    def stop(self) -> None:
        """Note the orders of decisions whose delay reaches beyond the last close."""
        last = len(self.p.market.panel) - 1
        for _, decided, weights in self._waiting:
            self.leave(last, decided, array("d", weights))

    def row(self) -> int | None:
        """The row of the clock that closes now."""
        return self.p.market.row_at.get(self.lines.datetime[0])

    def rebalance(self, row: int, decided: int, weights: array[float]) -> None:
        """Cancel what is open and place the orders that lead to the weights."""
        for order in self.broker.get_orders_open():
            self.broker.give_reason(order, SUPERSEDED)
            self.cancel(order)
        sizes, reasons = self._plan(row, weights)
        for column in _in_order(sizes, reasons):
            place = self.buy if sizes[column] > 0.0 else self.sell
            order = place(data=self.broker.p.feeds[column], size=abs(sizes[column]))
            self.decided_rows[order.ref] = decided
        for column, reason in enumerate(reasons):
            if reason:
                self.skipped.append(Skip(row, decided, column, sizes[column], WORDS[reason]))

    def leave(self, row: int, decided: int, weights: array[float]) -> None:
        """Note the orders of a decision for which there is no close left."""
        sizes, reasons = self._plan(row, weights)
        for column in _in_order(sizes, reasons):
            self.skipped.append(Skip(row, decided, column, sizes[column], WORDS[END_OF_PERIOD]))

    def _plan(self, row: int, weights: array[float]) -> tuple[list[float], list[int]]:
        shares = array("d", self.broker.shares())
        self._sizing.plan(row, weights, shares, self.broker.getvalue())
        return list(self._sizing.sizes), list(self._sizing.reasons)

    def _held(self, row: int) -> Held:
        """Shares of NAV by id, and `cash`; NAV in units of the start cash."""
        market, nav = self.p.market, self.broker.getvalue()
        held = zip(market.panel.ids, self.broker.shares(), market.marks[row].tolist(), strict=True)
        shares = {name: size * mark / nav for name, size, mark in held if size}
        return Held({"cash": self.broker.getcash() / nav, **shares}, nav / self.p.execution.cash)


def _in_order(sizes: Sequence[float], reasons: Sequence[int]) -> list[int]:
    """Columns to order for: sells in id order, then buys, for cash is checked in this order."""
    wanted = [column for column, size in enumerate(sizes) if size and not reasons[column]]
    return sorted(wanted, key=lambda column: sizes[column] > 0.0)
