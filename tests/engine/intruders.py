"""Analyzers that do more than listen, each in one way: the fast path must notice every one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import backtrader as bt

from tests.engine.listeners import Listener

Deed = Callable[[Any], Any]


def intruder(deed: Deed, when: str = "next", at: int = 12) -> type[Listener]:
    """An analyzer that does something once: at the `at`-th instant, or in the call named `when`."""

    class Intruder(Listener):
        def next(self) -> None:
            self.note(self.strategy.broker.getvalue())
            if when == "next" and len(self.strategy) == at:
                self.note(deed(self))

        prenext = next

        def start(self) -> None:
            if when == "start":
                self.note(deed(self))

        def stop(self) -> None:
            if when == "stop":
                self.note(deed(self))

    return Intruder


def _first_with_bar(analyzer: Any) -> Any:
    return next(data for data in analyzer.datas if len(data))


def _swallowed(analyzer: Any) -> Any:
    with suppress(Exception):
        analyzer.strategy.buy(data=_first_with_bar(analyzer), size=0.5)
    return "on"


def _cancel(analyzer: Any) -> Any:
    for order in analyzer.strategy.broker.get_orders_open():
        analyzer.strategy.cancel(order)
        return "cancelled"
    return "none open"


def _commission(analyzer: Any) -> Any:
    analyzer.strategy.broker.setcommission(commission=0.01)


def _slippage_field(analyzer: Any) -> Any:
    analyzer.strategy.broker.p.slip_perc = 0.01


def _timer(analyzer: Any) -> Any:
    analyzer.strategy.add_timer(bt.timer.SESSION_START)


def _indicator(analyzer: Any) -> Any:
    bt.ind.SMA(analyzer.data.close, period=2)


def _close_all(analyzer: Any) -> Any:
    for data in filter(len, analyzer.datas):
        analyzer.strategy.close(data)


def _change_positions(analyzer: Any) -> Any:
    held = [analyzer.strategy.getposition(data) for data in filter(len, analyzer.datas)]
    for position in filter(None, held):
        position.fix(1.0, 1.0)


def _write(analyzer: Any) -> Any:
    _first_with_bar(analyzer).close[0] = 1.0


def _whole_positions(analyzer: Any) -> Any:
    held = {data._name: analyzer.strategy.getposition(data) for data in analyzer.datas if len(data)}
    return {name: dict(vars(position)) for name, position in held.items() if position}


def _unbegun(read: Deed) -> Deed:
    """Reads of the feeds that have had no bar yet."""

    def deed(analyzer: Any) -> Any:
        found = []
        for data in analyzer.datas:
            if not len(data):
                try:
                    found.append(str(read(data)))
                except IndexError:
                    found.append("IndexError")
        return found

    return deed


def _of_first(read: Deed) -> Deed:
    """Reads of the first feed that has a bar; on stock, reading ahead is an error."""

    def deed(analyzer: Any) -> Any:
        try:
            return str(read(_first_with_bar(analyzer)))
        except IndexError:
            return "IndexError"

    return deed


def _broker(deed: Deed) -> Deed:
    return lambda analyzer: deed(analyzer.strategy.broker)


class PutsBack(Listener):
    """Changes the slippage at one bar, and puts it back ten bars later."""

    def next(self) -> None:
        if len(self.strategy) in (3, 13):
            self.strategy.broker.p.slip_perc = 0.05 if len(self.strategy) == 3 else 0.0
        self.note(self.strategy.broker.getvalue())

    prenext = next


class GivesReasons(Listener):
    """Writes into the notes of every order it hears of."""

    def notify_order(self, order: Any) -> None:
        order.addinfo(reason="a reason of my own")
        self.note(order.getstatusname())


def _priced(analyzer: Any) -> Any:
    for data, position in analyzer.strategy.broker.positions.items():
        if position:
            position.price = 1.0
            return data._name
    return "nothing held"


READS: dict[str, type[Listener]] = {
    "reasons of its own": GivesReasons,
    "positions": intruder(_broker(lambda b: sum(bool(p) for p in b.positions.values()))),
    "the strategy's positions": intruder(
        lambda a: sorted(p.size for p in a.strategy.positions.values() if p)
    ),
    "all of a position": intruder(_whole_positions),
    "the levered value": intruder(_broker(lambda b: b.get_value(lever=True))),
    "the value of each": intruder(
        lambda a: [a.strategy.broker.get_value([data]) for data in a.datas], at=2
    ),
}
"""Analyzers that read more than most do; the fast path has it all."""

DEEDS: dict[str, type[Listener]] = {
    "buys": intruder(lambda a: a.strategy.buy(data=_first_with_bar(a), size=0.5).size),
    "sells": intruder(lambda a: a.strategy.sell(data=_first_with_bar(a), size=0.5).size),
    "buys in secret": intruder(_swallowed),
    "buys a share": intruder(lambda a: a.strategy.order_target_percent(_first_with_bar(a), 0.1)),
    "closes": intruder(_close_all),
    "cancels": intruder(_cancel, at=14),
    "adds cash": intruder(_broker(lambda b: b.add_cash(1000.0))),
    "sets cash": intruder(_broker(lambda b: b.set_cash(1000.0))),
    "assigns cash": intruder(_broker(lambda b: setattr(b, "cash", 1000.0))),
    "changes a setting and puts it back": PutsBack,
    "prices a position": intruder(_priced),
    "reads what was placed": intruder(_broker(lambda b: len(b.placed))),
    "reads credits": intruder(_broker(lambda b: len(b.d_credit))),
    "reads what was skipped": intruder(lambda a: len(a.strategy.skipped)),
    "stops the run": intruder(lambda a: a.strategy.env.runstop()),
    "adds a timer": intruder(_timer, "start"),
    "adds a timer later": intruder(_timer),
    "adds an indicator": intruder(_indicator, "start"),
    "changes a position": intruder(_change_positions, at=18),
    "assigns decisions": intruder(lambda a: setattr(a.strategy.p, "decisions", {})),
    "sets commission": intruder(_commission),
    "sets commission at the start": intruder(_commission, "start"),
    "changes a commission": intruder(
        lambda a: setattr(a.strategy.broker.getcommissioninfo(a.data).p, "commission", 0.01)
    ),
    "sets slippage": intruder(_broker(lambda b: b.set_slippage_perc(0.01))),
    "assigns slippage": intruder(_slippage_field),
    "assigns slippage at the start": intruder(_slippage_field, "start"),
    "sets the fund mode": intruder(_broker(lambda b: b.set_fundmode(True, 50.0)), "start"),
    "asks not to be checked": intruder(_broker(lambda b: b.set_checksubmit(False))),
    "cheats on close": intruder(_broker(lambda b: b.set_coc(True))),
    "writes a price": intruder(_write),
    "moves a line": intruder(lambda a: _first_with_bar(a).close.rewind()),
    "reads pending": intruder(_broker(lambda b: len(b.pending))),
    "reads open orders": intruder(_broker(lambda b: len(b.get_orders_open()))),
    "reads orders": intruder(_broker(lambda b: len(b.orders))),
    "reads leverage": intruder(_broker(lambda b: b.get_leverage())),
    "reads the value of two": intruder(
        _broker(lambda b: (b.get_value(b.cerebro.datas[:2]), b.getvalue(), b.get_fundvalue()))
    ),
    "reads ahead": intruder(_of_first(lambda d: d.close[1])),
    "reads a time ahead": intruder(_of_first(lambda d: d.datetime.datetime(1))),
    "reads a slice ahead": intruder(_of_first(lambda d: list(d.close.get(ago=1, size=2)))),
    "reads a place": intruder(_of_first(lambda d: d.close.getzeroval(len(d) + 1))),
    "reads places": intruder(_of_first(lambda d: len(d.close.getzero(0, 50)))),
    "reads a plot": intruder(_of_first(lambda d: len(d.close.plotrange(0, 50)))),
    "reads the buffer": intruder(_of_first(lambda d: len(d.close.array))),
    "reads how many bars there are": intruder(_of_first(lambda d: d.buflen())),
    "reads how many values there are": intruder(_of_first(lambda d: d.close.buflen())),
    "reads a bar too far back": intruder(_of_first(lambda d: d.close[-len(d)])),
    "reads a slice too far back": intruder(_of_first(lambda d: list(d.close.get(size=len(d) + 3)))),
    "reads a time too far back": intruder(_of_first(lambda d: d.datetime.date(-len(d)))),
    "reads before the first bar": intruder(_unbegun(lambda d: d.close[0]), at=1),
    "reads a time before the first bar": intruder(_unbegun(lambda d: d.datetime.date()), at=1),
    "reads raw time before the first bar": intruder(_unbegun(lambda d: d.datetime.tm_raw()), at=1),
}
"""Analyzers that do or read what only stock backtrader has, or what is wrong to do or read."""

SOMETIMES = {"prices a position", "buys a share", "changes a position", "closes"} | {
    name for name in DEEDS if "before the first bar" in name
}
"""Deeds for which there is not always an occasion."""
