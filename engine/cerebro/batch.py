"""The fast path: a broker and a strategy that hand target weights to an `Account`."""

from __future__ import annotations

from array import array
from typing import Any

from backtrader.brokers import BackBroker

from engine.arithmetic import Account, Sizing
from engine.cerebro.broker import ReplayBroker
from engine.cerebro.clock import twin, uncovered
from engine.cerebro.market import ReplayMarket
from engine.cerebro.notices import Notices
from engine.cerebro.strategy import TargetWeights
from engine.execution import rules_of

_COVERED = {
    "init", "start", "stop", "next", "notify", "get_notification", "getcommissioninfo", "get_cash",
    "getcash", "get_value", "getvalue", "get_fundvalue", "get_fundshares", "get_fundmode",
    "getposition", "positions", "set_fundmode", "params", "frompackages", "packages",
    "cash", "fundvalue", "fundshares", "fundmode", "pending", "submitted", "orders",
}  # fmt: skip


class BatchBroker(ReplayBroker):
    """A `BackBroker` whose orders are the tickets of an `Account`, in backtrader's arithmetic.

    It has nothing to do on most bars. For those who listen, it makes genuine orders of the tickets
    and keeps genuine positions; whatever else they ask for is refused, see `NotCoveredError`.
    """

    params: Any = (("clock", None), ("listening", False))

    pending = submitted = orders = uncovered("the broker's own orders were read")

    def init(self) -> None:
        """Open the account; backtrader does so when it makes a broker and when it starts one."""
        bars, rules = self.p.market.bars, rules_of(self.p.execution)
        ids, cash = len(self.p.market.panel.ids), self.p.execution.cash
        sizing = Sizing(bars, ids, rules)
        self.account = Account(bars, ids, rules, sizing, cash, self.p.listening)
        super().init()

    def start(self) -> None:
        """Begin with the start cash and no orders."""
        super().start()
        market: ReplayMarket = self.p.market
        self.rows, self._last_row = market.rows_at(self.p.clock.times)
        self._ends: dict[int, list[tuple[int, float | None]]] = {}
        for gap in market.gaps:
            self._ends.setdefault(gap.row, []).append((gap.column, gap.recovery))
        self.ending = [row in self._ends for row in self.rows]
        self._notices = Notices(self) if self.p.listening else None
        if self.p.listening:
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """Send whoever uses more of a broker than is covered to stock backtrader."""
        self._settings = {**vars(self.p)}
        for name in set(dir(BackBroker)) - _COVERED:
            if not name.startswith("_"):
                setattr(self, name, lambda *_, name=name, **__: self.p.clock.refuse(f"{name}()"))

    def stop(self) -> None:
        """Refuse the run if somebody has changed the settings."""
        if self.p.listening and vars(self.p) != self._settings:
            self.p.clock.refuse("a setting of the broker was changed")

    def next(self) -> None:
        """Book what events ended, check orders for cash, fill at the open of this bar."""
        row, account = self.rows[self.p.clock.now], self.account
        if row >= 0:
            for column, recovery in self._ends.get(row, ()):
                account.end(row, column, recovery)
            account.check()
            account.fill(row)
        if self._notices is not None:
            self._notices.tell()
            self._stale = True

    def rebalance(self, row: int, decided: int, weights: array[float], beyond_end: bool) -> None:
        """Take a decision at the close of a row."""
        self.account.decide(row, decided, weights, beyond_end)
        if self._notices is not None:
            self._notices.tell()

    def last_row(self) -> int:
        """The last row of the clock that has closed, -1 before the first."""
        now = self.p.clock.now
        return self._last_row[now] if now >= 0 else -1

    def shares(self) -> list[float]:
        """Shares held by column."""
        return list(self.account.shares)

    cash = property(lambda self: self.account.cash, lambda self, value: None)

    @property
    def positions(self) -> Any:
        """The genuine positions, brought up to this bar when somebody looks."""
        if self._stale and self._notices is not None:
            self._stale = False
            self._notices.keep_positions()
        return self.held

    @positions.setter
    def positions(self, value: Any) -> None:
        self.held, self._stale = value, False

    def get_value(self, datas: Any = None, mkt: bool = False, lever: bool = False) -> float:
        """NAV at this instant from the account; any other value from the genuine positions."""
        if datas is None and not mkt and not lever:
            row = self.last_row()
            return self.account.value(row) if row >= 0 else self.account.cash
        if datas is None:
            self._get_value()
        return super().get_value(datas, mkt, lever)

    getvalue = get_value

    def get_fundvalue(self) -> float:
        """NAV by fund share."""
        return self.getvalue() / self._fundshares

    fundvalue = property(get_fundvalue)

    def notify(self, order: Any) -> None:
        """Queue a clone of an order, as stock does with `copy`, which takes ten times as long."""
        order.executed.markpending()
        clone = twin(order)
        clone.executed = twin(order.executed)
        self.notifs.append(clone)


class BatchWeights(TargetWeights):
    """Target weights by way of a `BatchBroker`; `next` is called on every bar."""

    params: Any = (("clock", None),)

    def start(self) -> None:
        """Lay out what is known before the first bar: which decision is due at which instant."""
        self._due: list[tuple[int, int, Any] | None] = [None] * len(self.p.clock.times)
        if self._asks:
            return
        instant_of = {row: now for now, row in enumerate(self.broker.rows)}
        for decided, weights in self.p.decisions.items():
            row = decided + self.p.execution.delay_bars
            if row in instant_of:
                self._due[instant_of[row]] = row, decided, array("d", weights)
            else:
                self._waiting.append((row, decided, weights))

    def next(self) -> None:
        """Take the decision that is due at this bar; most have none."""
        if self._asks:
            super().next()
            return
        due = self._due[self.p.clock.now]
        if due is not None:
            self.broker.rebalance(*due, beyond_end=False)

    def row(self) -> int | None:
        """The row of the clock that closes now."""
        row = self.broker.rows[self.p.clock.now]
        return row if row >= 0 else None

    def rebalance(self, row: int, decided: int, weights: array[float]) -> None:
        """Cancel what is open and place the orders that lead to the weights."""
        self.broker.rebalance(row, decided, weights, beyond_end=False)

    def leave(self, row: int, decided: int, weights: array[float]) -> None:
        """Note the orders of a decision for which there is no close left."""
        self.broker.rebalance(row, decided, weights, beyond_end=True)
