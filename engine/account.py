# cython: language_level=3, annotation_typing=False
# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""The arithmetic of fills: one account's cash, holdings and orders, costs and cash checks.

The order of operations is that of backtrader's `BackBroker`, so that both give the same bits; what
it rests on is in `tests/engine/test_backtrader_facts.py`. Plain Python that is also compiled, to
the same last bit: the C types are in `account.pxd` and `engine.arithmetic` chooses.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
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
    Change,
    Rules,
    Step,
)

SOURCE = ""
"""In a compiled copy, the digest of the source it was made from."""
_NO_PRICE = math.nan
_FIELDS = "qqqqbbdddd"
"""Types of the fields of an order, see `Account.log`."""


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
    steps : list of Step
        What happened to orders, in this order.
    changes : list of Change
        Cash and holdings, at first and whenever they changed.
    """

    def __init__(
        self, bars: Bars, ids: int, rules: Rules, sizing: Any, cash: float, listening: bool = False
    ) -> None:
        self.cash = cash
        self._now = _blank("d", ids), _blank("d", ids)
        self.shares, self.average = self._now
        self.live = 0
        self.steps: list[Step] = []
        self.changes: list[Change] = []
        self._ids = ids
        self._sizing = sizing
        self._sizes, self._reasons = sizing.sizes, sizing.reasons
        self._listening = listening
        self._unchecked = False
        self._marks, self._opens, self._fillable = bars.marks, bars.opens, bars.fillable
        self._opened, self._closed = bars.opened, bars.closed
        self._fee, self._slippage, self._rejects = rules.fee, rules.slippage, rules.rejects
        # The orders of the last decision by field. Those before it are in the log: none is open.
        self._orders = 0
        self._batch: tuple[array[Any], ...] = tuple(_blank(kind, ids) for kind in _FIELDS)
        self._column, self._decided, self._placed, self._filled = self._batch[:4]
        self._status, self._reason, self._ordered, self._traded = self._batch[4:8]
        self._price, self._fees = self._batch[8:]
        self._remaining = _blank("d", ids)
        self._log: tuple[list[array[Any]], ...] = tuple([] for _ in _FIELDS)
        self._remember(-1)

    def value(self, row: int) -> float:
        """NAV at the marks of a row."""
        return self.cash + self._worth(row, self.shares, self.average)

    def values(self, changes: Any) -> array[float]:
        """NAV at the marks of every row, after the change of that number."""
        found = navs = _blank("d", len(changes))
        number = -1
        for row in range(len(changes)):
            if changes[row] != number:
                number = changes[row]
                _, cash, shares, average = self.changes[number]
            navs[row] = cash + self._worth(row, shares, average)
        return found

    def _worth(self, row: int, shares: Any, average: Any) -> float:
        """Worth of holdings at the marks of a row, summed in the order of the ids."""
        first = row * self._ids
        total = 0.0
        for column in range(self._ids):
            held = shares[column]
            if held:
                mark = self._marks[first + column]
                gain = held * (mark - average[column])
                total += held * mark - gain
                total += gain
        return total

    def decide(self, row: int, decided: int, weights: Any, beyond_end: bool = False) -> None:
        """Withdraw what is open, then order sells in the order of ids, then buys likewise.

        Orders that are due after the last row are only noted.
        """
        if not beyond_end:
            self._withdraw(SUPERSEDED)
        self._log_orders()
        self._sizing.plan(row, weights, self.shares, self.value(row))
        for buys in (False, True):
            for column in range(self._ids):
                size = self._sizes[column]
                if size == 0.0 or self._reasons[column] or (size > 0.0) != buys:
                    continue
                place = self._order(row, decided, column, size)
                if beyond_end:
                    self._status[place], self._reason[place] = SKIPPED, END_OF_PERIOD
                    continue
                if self._listening:
                    self._step(place, PLACED)
                    if not self._rejects:
                        self._step(place, ACCEPTED)
        if beyond_end:
            return
        self.live = self._orders
        self._unchecked = self._rejects
        for column in range(self._ids):
            if self._reasons[column]:
                place = self._order(row, decided, column, self._sizes[column])
                self._status[place], self._reason[place] = SKIPPED, self._reasons[column]

    def check(self) -> None:
        """Refuse orders for want of cash, at the closes they were sized at, in their order.

        What a refused order would have cost still counts against those behind it: `reject` does
        as backtrader does.
        """
        if not self._unchecked:
            return
        self._unchecked = False
        cash = self.cash
        for place in range(self._orders):
            if self._status[place] != OPEN:
                continue
            price = self._marks[self._placed[place] * self._ids + self._column[place]]
            cash -= self._ordered[place] * price
            cash -= abs(self._ordered[place]) * self._fee * price
            if cash < 0.0:
                self._refuse(place)
            elif self._listening:
                self._step(place, ACCEPTED)

    def fill(self, row: int) -> None:
        """Fill what can fill at the open of a row, in the order of the orders."""
        live = self.live
        scaled = self._rejects
        for place in range(self._orders):
            if not self._can_fill(place, row):
                continue
            if self._remaining[place] > 0.0 and not scaled:
                scaled = True
                self._scale(row, place)
            if self._remaining[place]:
                self._execute(place, row)
            else:  # shrunk to nothing
                self._refuse(place)
        if self.live < live:
            self._remember(row)

    def end(self, row: int, column: int, recovery: float | None) -> None:
        """Cancel what is open for an id; with a recovery, book the holding at it, per mark."""
        self._withdraw(EVENT, column)
        held = self.shares[column]
        if recovery is None or not held:
            return
        price = recovery * self._marks[(row - 1) * self._ids + column]
        written_off = column, row, row, row, WRITTEN_OFF, EVENT, -held, -held, price, 0.0
        for field, kind, value in zip(self._log, _FIELDS, written_off, strict=True):
            field.append(array(kind, [value]))
        self.cash += held * price
        self.shares[column] = self.average[column] = 0.0
        self._remember(row)

    def log(self) -> Iterator[tuple[str, bytes]]:
        """Type code and values of each field of all orders, at the end: nothing fills any more.

        The fields are the column, the rows at which an order was decided, placed and filled (-1),
        places of its status and reason in `engine.codes.WORDS`, the signed sizes ordered and
        filled, the price and the fee.
        """
        self._log_orders()
        return zip(_FIELDS, map(b"".join, self._log), strict=True)

    def _order(self, row: int, decided: int, column: int, size: float) -> int:
        place = self._orders
        self._orders = place + 1
        self._column[place], self._decided[place] = column, decided
        self._placed[place], self._filled[place] = row, -1
        self._status[place], self._reason[place] = OPEN, NONE
        self._ordered[place] = self._remaining[place] = size
        self._traded[place], self._price[place], self._fees[place] = 0.0, _NO_PRICE, 0.0
        return place

    def _log_orders(self) -> None:
        for field, batch in zip(self._log, self._batch, strict=True):
            field.append(batch[: self._orders])
        self._orders = self.live = 0

    def _step(self, place: int, kind: int) -> None:
        now = self._ordered[place], self._remaining[place], self._traded[place]
        price, reason = self._price[place], self._reason[place]
        self.steps.append(Step(kind, place, self._column[place], *now, price, reason))

    def _withdraw(self, reason: int, column: int = -1) -> None:
        """Cancel what is open, of one id if it is given."""
        for place in range(self._orders):
            if self._status[place] == OPEN and (column < 0 or self._column[place] == column):
                self._close(place, CANCELLED, reason, WITHDRAWN)

    def _refuse(self, place: int) -> None:
        self._close(place, REJECTED, NO_CASH, REFUSED)

    def _close(self, place: int, status: int, reason: int, kind: int) -> None:
        self._status[place], self._reason[place] = status, reason
        self.live -= 1
        if self._listening:
            self._step(place, kind)

    def _remember(self, row: int) -> None:
        shares, average = self._now
        self.changes.append(Change(row, self.cash, shares[:], average[:]))

    def _can_fill(self, place: int, row: int) -> bool:
        """Whether an order is open, and its id has a later bar on which somebody traded."""
        placed = self._placed[place]
        if self._status[place] != OPEN or row <= placed:
            return False
        fillable = self._fillable[row * self._ids + self._column[place]]
        return bool(fillable) and self._opened[row] >= self._closed[placed]

    def _scale(self, row: int, first: int) -> None:
        """Shrink all buys of this bar by one factor, the sells before them being done."""
        buys = [
            place
            for place in range(first, self._orders)
            if self._remaining[place] > 0.0 and self._can_fill(place, row)
        ]
        sizes = [self._remaining[place] for place in buys]
        prices = [self._slipped(place, row) for place in buys]
        factor = self._sizing.affordable(self.cash, sizes, prices)
        if factor == 1.0:
            return
        for place in buys:
            self._remaining[place] = self._sizing.whole_lots(self._remaining[place] * factor, 0.0)
            self._reason[place] = SHORTFALL

    def _slipped(self, place: int, row: int) -> float:
        """The open of the row, slipped against the order."""
        slip = self._slippage if self._ordered[place] > 0.0 else -self._slippage
        return self._opens[row * self._ids + self._column[place]] * (1.0 + slip)

    def _execute(self, place: int, row: int) -> None:
        """Book a fill; a buy that cannot be paid for is refused."""
        column, size, price = self._column[place], self._remaining[place], self._slipped(place, row)
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
                self._refuse(place)
                return
        self._filled[place], self._traded[place], self._remaining[place] = row, size, 0.0
        self._price[place], self._fees[place] = price, fee
        self._close(place, FILLED, self._reason[place], EXECUTED)
        self.cash = cash
        self.shares[column] = held + size
        if held + size == 0.0:
            self.average[column] = 0.0
        elif size > 0.0:
            self.average[column] = (
                price if held == 0.0 else (average * held + size * price) / (held + size)
            )


def _blank(kind: str, count: int) -> array[Any]:
    return array(kind, [0]) * count
