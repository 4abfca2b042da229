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
    "getposition", "set_fundmode", "params", "frompackages", "packages", "fundvalue", "fundshares",
    "fundmode",
}  # fmt: skip


class BatchBroker(ReplayBroker):
    """A `BackBroker` whose orders are the tickets of an `Account`, in backtrader's arithmetic.

    For those who listen, it makes genuine orders of the tickets and keeps genuine positions; what
    else they ask for is refused, see `NotCoveredError`.
    """

    params: Any = (("clock", None),)

    pending = submitted = orders = uncovered("the broker's own orders were read")
    placed = write_offs = reasons = d_credit = uncovered("the broker's own notes were read")

    _settings: dict[str, Any] = {}  # noqa: RUF012  (empty until somebody listens)

    def init(self) -> None:
        """Open the account; backtrader does so when it makes a broker and when it starts one."""
        bars, rules = self.p.market.bars, rules_of(self.p.execution)
        ids, cash = len(self.p.market.panel.ids), self.p.execution.cash
        sizing = Sizing(bars, ids, rules)
        self.account = Account(bars, ids, rules, sizing, cash, self.p.clock.listened)
        super().init()

    def start(self) -> None:
        """Begin with the start cash and no orders."""
        super().start()
        market: ReplayMarket = self.p.market
        self.rows, self._last_row = market.rows_at(self.p.clock.times)
        self.ending = [row in market.gaps_at for row in self.rows]
        self._notices = Notices(self) if self.p.clock.listened else None
        if self.p.clock.listened:
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """Send whoever uses more of a broker than is covered to stock backtrader."""
        self._settings = self._now_set()
        for name in set(dir(BackBroker)) - _COVERED:
            if not name.startswith("_"):
                setattr(self, name, lambda *_, name=name, **__: self.p.clock.refuse(f"{name}()"))

    def _now_set(self) -> dict[str, Any]:
        costs = {f"cost {name}": value for name, value in vars(self.comminfo[None].p).items()}
        return {**vars(self.p), **costs, "schemes": {**self.comminfo}, "start": self.startingcash}

    def stop(self) -> None:
        """Look for the last time at what others may have changed."""
        self._check_untouched()

    def next(self) -> None:
        """Book what events ended, check orders for cash, fill at the open of this bar."""
        row, account = self.rows[self.p.clock.now], self.account
        self._check_untouched()
        if row >= 0:
            for gap in self.p.market.gaps_at.get(row, ()):
                account.end(row, gap.column, gap.recovery)
                if gap.recovery is not None:
                    self.positions[self.p.feeds[gap.column]].fix(0, 0.0)
            account.check()
            account.fill(row)
        if self._notices is not None:
            self._notices.tell()
            self._notices.keep_positions()

    def rebalance(self, row: int, decided: int, weights: array[float], beyond_end: bool) -> None:
        """Take a decision at the close of a row."""
        self.account.decide(row, decided, weights, beyond_end)
        if self._notices is not None:
            self._notices.tell()

    def last_row(self) -> int:
        """The last row of the clock that has closed, -1 before the first."""
        return self._last_row[self.p.clock.now] if self.p.clock.now >= 0 else -1

    def shares(self) -> list[float]:
        """Shares held by column."""
        return list(self.account.shares)

    def _check_untouched(self) -> None:
        """Refuse the run if somebody who listens has changed a setting or a position."""
        if not self._settings:
            return
        if self._now_set() != self._settings:
            self.p.clock.refuse("a setting of the broker was changed")
        for column, data in self.p.feeds.items():
            position = self.positions[data]
            known = self.account.shares[column], self.account.average[column]
            if (position.size, position.price) != known:
                self.p.clock.refuse("a position was changed")

    @property
    def cash(self) -> float:
        """Cash of the account."""
        return self.account.cash

    @cash.setter
    def cash(self, value: float) -> None:
        if self._settings:
            self.p.clock.refuse("cash was set")

    def get_value(self, datas: Any = None, mkt: bool = False, lever: bool = False) -> float:
        """NAV at this instant from the account, any other value from the positions."""
        if datas is None and not mkt and not lever:
            row = self.last_row()
            value = self.account.value(row) if row >= 0 else self.account.cash
            self._fundval = value / self._fundshares
            return value
        if datas is None:
            self._get_value()
        elif len(datas) != 1:
            self.p.clock.refuse("the value of several positions was read")
        return super().get_value(datas, mkt, lever)

    getvalue = get_value

    def notify(self, order: Any) -> None:
        """Queue a clone of an order, as stock does with `copy`, which takes ten times as long."""
        order.executed.markpending()
        clone = twin(order)
        clone.executed = twin(order.executed)
        self.notifs.append(clone)


class BatchWeights(TargetWeights):
    """Target weights by way of a `BatchBroker`; `next` is called on every bar."""

    params: Any = (("clock", None),)

    skipped = decided_rows = uncovered("the strategy's own notes were read")

    def start(self) -> None:
        """Lay out which decision is due at which instant."""
        self._due: list[tuple[int, int, Any] | None] = [None] * len(self.p.clock.times)
        self._given = {**vars(self.p)}
        if self._asks:
            return
        instant_of = {row: now for now, row in enumerate(self.broker.rows)}
        for decided, weights in self.p.decisions.items():
            row = decided + self.p.execution.delay_bars
            if row in instant_of:
                self._due[instant_of[row]] = row, decided, weights
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

    def stop(self) -> None:
        """Note what is left over; refuse the run if somebody has changed what was given."""
        if vars(self.p) != self._given:
            self.p.clock.refuse("a parameter of the strategy was changed")
        super().stop()

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
