# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False
"""The arithmetic of fills: one account's cash, holdings and orders, costs and cash checks.

The order of operations is that of backtrader's `BackBroker`, so that both give the same bits; what
it rests on is in `tests/engine/test_backtrader_facts.py`. Plain Python that is also compiled, to
the same last bit: the C types are in `account.pxd` and `engine.arithmetic` chooses.
"""

from __future__ import annotations

import math
from array import array
from typing import Any

from engine.codes import (
    ACCEPTED,
    CANCELLED,
    END_OF_PERIOD,
    EVENT,
    EXECUTED,
    FILLED,
    NO_CASH,
    NONE,
    OPEN,
    PLACED,
    REFUSED,
    REJECTED,
    SHORTFALL,
    SKIPPED,
    SUPERSEDED,
    WITHDRAWN,
    WRITTEN_OFF,
    Bars,
    Rules,
)

SOURCE = ""
"""In a compiled copy, the digest of the source it was made from."""


class Ticket:
    """An order: rows at which it was decided, placed and filled (-1), and what became of it.

    `status` and `reason` are places in `engine.codes.WORDS`; sizes are signed.
    """

    number: int
    column: int
    decided: int
    placed: int
    filled: int
    status: int
    reason: int
    ordered: float
    remaining: float
    shares: float
    price: float
    fee: float


class Account:
    """Cash, holdings and orders of one replay.

    Parameters
    ----------
    bars : Bars
    ids : int
    rules : Rules
    sizing : Sizing
    cash : float
    listening : bool
        Whether to keep `steps`.

    Attributes
    ----------
    cash : float
    shares, average : float (N,)
        Holdings, and what was paid for them on average.
    live : int
        Orders that wait: to be checked, or for a bar.
    tickets : list of Ticket
    steps : list of (Ticket, step)
        What happened to orders, in this order.
    changed : list of int
        Rows at which cash or holdings changed; what they were then is in the three below.
    past_cash, past_shares, past_average : list of float, array (K * N,), array (K * N,)
    """

    def __init__(
        self, bars: Bars, ids: int, rules: Rules, sizing: Any, cash: float, listening: bool = False
    ) -> None:
        self.cash = cash
        self._now = array("d", bytes(8 * ids)), array("d", bytes(8 * ids))
        self.shares, self.average = self._now
        self.live = 0
        self.tickets: list[Ticket] = []
        self.steps: list[tuple[Ticket, int]] = []
        self.changed: list[int] = []
        self.past_cash: list[float] = []
        self.past_shares, self.past_average = array("d"), array("d")
        self._ids = ids
        self._sizing = sizing
        self._sizes, self._reasons = sizing.sizes, sizing.reasons
        self._listening = listening
        self._queue: list[Ticket] = []
        self._unchecked = False
        self._marks, self._opens, self._fillable = bars.marks, bars.opens, bars.fillable
        self._opened, self._closed = bars.opened, bars.closed
        self._fee, self._slippage, self._rejects = rules.fee, rules.slippage, rules.rejects

    def value(self, row: int) -> float:
        """NAV at the marks of a row, summed in the order of the ids."""
        first = row * self._ids
        total = 0.0
        for column in range(self._ids):
            held = self.shares[column]
            if held:
                mark = self._marks[first + column]
                gain = held * (mark - self.average[column])
                total += held * mark - gain
                total += gain
        return self.cash + total

    def decide(self, row: int, decided: int, weights: Any, beyond_end: bool = False) -> None:
        """Withdraw what is open, then order sells in the order of ids, then buys likewise.

        Orders that are due after the last row are only noted.
        """
        if not beyond_end:
            for ticket in self._queue:
                self._withdraw(ticket, SUPERSEDED)
            self._queue = []
        self._sizing.plan(row, weights, self.shares, self.value(row))
        for buys in (False, True):
            for column in range(self._ids):
                size = self._sizes[column]
                if size == 0.0 or self._reasons[column] or (size > 0.0) != buys:
                    continue
                ticket = self._order(row, decided, column, size)
                if beyond_end:
                    ticket.status, ticket.reason = SKIPPED, END_OF_PERIOD
                    continue
                self._queue.append(ticket)
                self._step(ticket, PLACED)
                if not self._rejects:
                    self._step(ticket, ACCEPTED)
        if beyond_end:
            return
        for column in range(self._ids):
            if self._reasons[column]:
                ticket = self._order(row, decided, column, self._sizes[column])
                ticket.status, ticket.reason = SKIPPED, self._reasons[column]
        self._unchecked = self._rejects
        self.live = len(self._queue)

    def check(self) -> None:
        """Refuse orders for want of cash, at the closes they were sized at, in their order.

        What a refused order would have cost still counts against those behind it: `reject` does
        as backtrader does.
        """
        if not self._unchecked:
            return
        self._unchecked = False
        cash = self.cash
        passed = []
        for ticket in self._queue:
            price = self._marks[ticket.placed * self._ids + ticket.column]
            cash -= ticket.ordered * price
            cash -= abs(ticket.ordered) * self._fee * price
            if cash >= 0.0:
                passed.append(ticket)
                self._step(ticket, ACCEPTED)
            else:
                self._refuse(ticket)
        self._queue = passed
        self.live = len(passed)

    def fill(self, row: int) -> None:
        """Fill what can fill at the open of a row, in the order of the queue."""
        waiting = []
        scaled = self._rejects
        for place in range(len(self._queue)):
            ticket = self._queue[place]
            if not self._can_fill(ticket, row):
                waiting.append(ticket)
                continue
            if ticket.remaining > 0.0 and not scaled:
                scaled = True
                self._scale(row, place)
            if ticket.remaining:
                self._execute(ticket, row)
            else:  # shrunk to nothing
                self._refuse(ticket)
        if len(waiting) < len(self._queue):
            self._queue = waiting
            self.live = len(waiting)
            self._remember(row)

    def end(self, row: int, column: int, recovery: float | None) -> None:
        """Cancel what is open for an id; with a recovery, book the holding at it, per mark."""
        queue = []
        for ticket in self._queue:
            if ticket.column == column:
                self._withdraw(ticket, EVENT)
            else:
                queue.append(ticket)
        self._queue = queue
        self.live = len(queue)
        held = self.shares[column]
        if recovery is None or not held:
            return
        ticket = self._order(row, row, column, -held)
        ticket.status, ticket.reason, ticket.filled, ticket.shares = WRITTEN_OFF, EVENT, row, -held
        ticket.price = recovery * self._marks[(row - 1) * self._ids + column]
        self.cash += held * ticket.price
        self.shares[column] = self.average[column] = 0.0
        self._remember(row)

    def columns(self) -> tuple[array[int], array[float]]:
        """The fields of all tickets: six whole numbers and four figures, field after field."""
        count = len(self.tickets)
        whole, figures = array("q", bytes(48 * count)), array("d", bytes(32 * count))
        integers, reals = whole, figures
        for place in range(count):
            ticket = self.tickets[place]
            integers[place] = ticket.column
            integers[place + count] = ticket.decided
            integers[place + 2 * count] = ticket.placed
            integers[place + 3 * count] = ticket.filled
            integers[place + 4 * count] = ticket.status
            integers[place + 5 * count] = ticket.reason
            reals[place] = ticket.ordered
            reals[place + count] = ticket.shares
            reals[place + 2 * count] = ticket.price
            reals[place + 3 * count] = ticket.fee
        return whole, figures

    def _order(self, row: int, decided: int, column: int, size: float) -> Ticket:
        ticket = Ticket.__new__(Ticket)  # no arguments: a call with them takes longer than all else
        ticket.number, ticket.column = len(self.tickets), column
        ticket.decided, ticket.placed, ticket.filled = decided, row, -1
        ticket.status, ticket.reason = OPEN, NONE
        ticket.ordered = ticket.remaining = size
        ticket.shares, ticket.price, ticket.fee = 0.0, math.nan, 0.0
        self.tickets.append(ticket)
        return ticket

    def _step(self, ticket: Ticket, step: int) -> None:
        if self._listening:
            self.steps.append((ticket, step))

    def _withdraw(self, ticket: Ticket, reason: int) -> None:
        ticket.status, ticket.reason = CANCELLED, reason
        self._step(ticket, WITHDRAWN)

    def _refuse(self, ticket: Ticket) -> None:
        ticket.status, ticket.reason = REJECTED, NO_CASH
        self._step(ticket, REFUSED)

    def _remember(self, row: int) -> None:
        self.changed.append(row)
        self.past_cash.append(self.cash)
        self.past_shares.extend(self._now[0])
        self.past_average.extend(self._now[1])

    def _can_fill(self, ticket: Ticket, row: int) -> bool:
        """Whether the id has a bar that opened after the order and on which somebody traded."""
        if row <= ticket.placed or not self._fillable[row * self._ids + ticket.column]:
            return False
        return self._opened[row] >= self._closed[ticket.placed]

    def _scale(self, row: int, first: int) -> None:
        """Shrink all buys of this bar by one factor, the sells before them being done."""
        buys = [
            ticket
            for ticket in self._queue[first:]
            if ticket.remaining > 0.0 and self._can_fill(ticket, row)
        ]
        sizes = [ticket.remaining for ticket in buys]
        prices = [self._price(ticket, row) for ticket in buys]
        factor = self._sizing.affordable(self.cash, sizes, prices)
        if factor == 1.0:
            return
        for ticket in buys:
            ticket.remaining = self._sizing.whole_lots(ticket.remaining * factor, 0.0)
            ticket.reason = SHORTFALL

    def _price(self, ticket: Ticket, row: int) -> float:
        """The open of the row, slipped against the order."""
        slip = self._slippage if ticket.ordered > 0.0 else -self._slippage
        return self._opens[row * self._ids + ticket.column] * (1.0 + slip)

    def _execute(self, ticket: Ticket, row: int) -> None:
        """Book a fill; a buy that cannot be paid for is refused."""
        column, size, price = ticket.column, ticket.remaining, self._price(ticket, row)
        held, average = self.shares[column], self.average[column]
        fee = abs(size) * self._fee * price
        cash = self.cash
        if size < 0.0:
            # Cash comes back as what was paid plus the profit, one bit apart from size x price.
            cash += -size * average + -size * (price - average)
            cash -= fee
        else:
            cash -= size * price
            cash -= fee
            if cash < 0.0:
                self._refuse(ticket)
                return
        self._step(ticket, EXECUTED)
        ticket.status, ticket.filled, ticket.remaining = FILLED, row, 0.0
        ticket.shares, ticket.price, ticket.fee = size, price, fee
        self.cash = cash
        self.shares[column] = held + size
        if held + size == 0.0:
            self.average[column] = 0.0
        elif size > 0.0:
            self.average[column] = (
                price if held == 0.0 else (average * held + size * price) / (held + size)
            )
