"""Tiny runs of stock backtrader, with nothing of ours in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import backtrader as bt

START = 737_425.0
"""backtrader's number of 2020-01-01, the first day of every tiny feed."""

Act = Callable[[Any], object]
Script = Mapping[int, Act]
"""What a strategy does at its n-th bar, counted from 1."""


class Rows(bt.feed.DataBase):
    """A feed of rows (day number, open, high, low, close)."""

    params = (("rows", ()),)

    def start(self) -> None:
        super().start()
        self._left = iter(self.p.rows)

    def _load(self) -> bool:
        row = next(self._left, None)
        if row is None:
            return False
        lines = self.lines
        lines.datetime[0], lines.open[0], lines.high[0], lines.low[0], lines.close[0] = row
        return True


class Scripted(bt.Strategy):
    """Acts by its script from the first bar of any feed on, and notes what it is told when."""

    params = (("script", None), ("every_bar", None))

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []
        self.orders: list[Any] = []
        self.trades: list[Any] = []

    def notify_order(self, order: Any) -> None:
        self.told.append((len(self), order.getstatusname()))
        self.orders.append(order)

    def notify_trade(self, trade: Any) -> None:
        self.trades.append(trade)

    def prenext(self) -> None:
        self.next()

    def next(self) -> None:
        for act in (self.p.every_bar, (self.p.script or {}).get(len(self))):
            if act:
                act(self)


def bars(
    opens: Sequence[float], closes: Sequence[float] | None = None, days: Sequence[float] = ()
) -> Any:
    """A feed of daily bars from START on, or at `days` after it; a close is the open by default."""
    table = zip(days or range(len(opens)), opens, closes or opens, strict=True)
    return Rows(rows=[(START + day, o, max(o, c), min(o, c), c) for day, o, c in table])


def engine(
    *feeds: Any, cash: float = 1000.0, fee: float = 0.0, broker: Any = None, **options: Any
) -> Any:
    """A Cerebro on feeds named A, B, C; `options` are parameters of its `BackBroker`."""
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.setbroker((broker or bt.brokers.BackBroker)(cash=cash, **options))
    cerebro.broker.setcommission(commission=fee)
    for name, data in zip("ABC", feeds, strict=False):
        cerebro.adddata(data, name=name)
    return cerebro


def run(
    script: Script,
    *feeds: Any,
    every_bar: Act | None = None,
    preload: bool = True,
    strategy: type = Scripted,
    **account: Any,
) -> Any:
    """The strategy after the run of a script."""
    cerebro = engine(*feeds, **account)
    cerebro.addstrategy(strategy, script=script, every_bar=every_bar)
    return cerebro.run(preload=preload, runonce=preload)[0]


def traced(base: Any, log: list[str], name: str, *methods: str) -> Any:
    """A subclass of `base` that logs `name.method` when one of the methods is called."""

    def tracing(method: str) -> Callable[..., Any]:
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            log.append(f"{name}.{method}")
            return getattr(base, method)(self, *args, **kwargs)

        return call

    return type(base)(f"Traced{name}", (base,), {method: tracing(method) for method in methods})
