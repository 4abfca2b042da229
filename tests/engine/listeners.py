"""Analyzers that note all they are told and can read, and those that backtrader comes with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import backtrader as bt
import numpy as np

_TIMES = {"timeframe": bt.TimeFrame.Days}


def plain(thing: Any) -> Any:
    """An object as words and numbers; references and addresses are left out."""
    if isinstance(thing, np.generic):
        return thing.item()
    if thing is None or isinstance(thing, str | int | float | bool):
        return thing
    if isinstance(thing, Mapping):
        return {key: plain(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple) or type(thing).__name__ == "deque":
        return [plain(each) for each in thing]
    if isinstance(thing, bt.feed.DataBase):
        return thing._name
    if isinstance(thing, bt.order.OrderData | bt.order.OrderExecutionBit):
        return {key: plain(value) for key, value in vars(thing).items()}
    if isinstance(thing, bt.CommInfoBase):
        return type(thing).__name__, dict(thing.p._getkwargs())
    return type(thing).__name__


class Listener(bt.Analyzer):
    """Keeps what it notes in `seen`."""

    def create_analysis(self) -> None:
        self.seen: list[Any] = []
        self._refs: dict[int, int] = {}

    def get_analysis(self) -> list[Any]:
        return self.seen

    def number(self, ref: int) -> int:
        """Which one it is among those seen: references go on from replay to replay."""
        return self._refs.setdefault(ref, len(self._refs))

    def note(self, *what: Any) -> None:
        self.seen.append([len(self.strategy), *map(plain, what)])


class Orders(Listener):
    """All there is about every order at every notice."""

    def notify_order(self, order: Any) -> None:
        held = self.strategy.getposition(order.data)
        own = {key: vars(order)[key] for key in sorted({*vars(order)} - {"ref", "params", "p"})}
        asked = {key: getattr(order.p, key) for key in order.p._getkeys() if key != "owner"}
        kind = order.getstatusname(), order.ordtypename(), order.getordername(), order.isbuy()
        going = order.alive(), order.active(), order.size, order.plimit
        self.note(self.number(order.ref), kind, going, own, asked, order.executed.getpending())
        self.note(held.size, held.price, len(order.data), order.data.close[0])


class Trades(Listener):
    """All there is about every trade at every notice."""

    def notify_trade(self, trade: Any) -> None:
        own = {key: vars(trade)[key] for key in sorted({*vars(trade)} - {"ref"})}
        self.note(self.number(trade.ref), own, str(trade.open_datetime()))


class Money(Listener):
    """Cash, NAV and the fund's view of them."""

    def notify_cashvalue(self, cash: float, value: float) -> None:
        self.note("cash", cash, value)

    def notify_fund(self, cash: float, value: float, fundvalue: float, shares: float) -> None:
        self.note("fund", cash, value, fundvalue, shares)

    def next(self) -> None:
        broker = self.strategy.broker
        self.note(broker.getcash(), broker.getvalue(), broker.get_cash(), broker.get_value())
        self.note(broker.cash, broker.get_fundvalue(), broker.get_fundshares(), broker.fundmode)
        self.note(broker.startingcash)

    prenext = next


class Bars(Listener):
    """Which of its calls came when, and what the bars are that there have been."""

    def _bars(self, call: str) -> None:
        self.note(call, self.strategy.datetime[0], str(self.strategy.datetime.datetime()))
        for data in self.datas:
            if len(data):
                lines = [getattr(data, name)[0] for name in data.getlinealiases()]
                self.note(data._name, len(data), lines, str(data.datetime.datetime(0)))
                self.note(data.close[1 - len(data)], list(data.close.get(size=len(data))))

    def start(self) -> None:
        self.note("start", [data._name for data in self.datas], self.strategy.getdatanames())

    def prenext(self) -> None:
        self._bars("prenext")

    def nextstart(self) -> None:
        self._bars("nextstart")

    def next(self) -> None:
        self._bars("next")

    def stop(self) -> None:
        self._bars("stop")


class Positions(Listener):
    """What is held, at every instant, of ids that have had a bar."""

    def next(self) -> None:
        broker = self.strategy.broker
        for data in filter(len, self.datas):
            held = self.strategy.getposition(data)
            self.note(data._name, held.size, held.price, bool(held))
            self.note(broker.getposition(data).size, broker.get_value([data]))

    prenext = next


class EarlyPositions(Positions):
    """What is held of every id, before any has had a bar."""

    def start(self) -> None:
        for data in reversed(self.datas):
            self.note(data._name, self.strategy.getposition(data).size)

    stop = start


LISTENERS: dict[str, Callable[..., Any]] = {
    kind.__name__: kind for kind in (Orders, Trades, Money, Bars, Positions, EarlyPositions)
}

_A = bt.analyzers
BACKTRADERS: dict[str, Callable[..., Any]] = {
    "TradeAnalyzer": _A.TradeAnalyzer,
    "DrawDown": _A.DrawDown,
    "TimeDrawDown": partial(_A.TimeDrawDown, **_TIMES),
    "TimeReturn": partial(_A.TimeReturn, **_TIMES),
    "SharpeRatio": partial(_A.SharpeRatio, **_TIMES),
    "SharpeRatio_A": partial(_A.SharpeRatio_A, **_TIMES),
    "Transactions": partial(_A.Transactions, headers=True),
    "Returns": partial(_A.Returns, **_TIMES),
    "SQN": _A.SQN,
    "PeriodStats": partial(_A.PeriodStats, **_TIMES),
    "VWR": partial(_A.VWR, **_TIMES),
    "Calmar": _A.Calmar,
    "LogReturnsRolling": partial(_A.LogReturnsRolling, **_TIMES),
    "PositionsValue": partial(_A.PositionsValue, headers=True, cash=True),
}
AT_FIRST_FEED: dict[str, Callable[..., Any]] = {
    "GrossLeverage": _A.GrossLeverage,
    "PyFolio": _A.PyFolio,
}
"""Those that read the time of the first feed, at whose first bar they ought to begin."""
