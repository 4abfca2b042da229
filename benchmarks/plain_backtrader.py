"""One process of plain backtrader: pandas feeds, indicators, `order_target_percent`, stock broker.

Written the way its documentation writes it; nothing of the engine is used.
"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path
from typing import Any

import backtrader as bt
import pandas as pd

from benchmarks.measure import measured, print_line
from benchmarks.workloads import (
    CASH,
    FEE,
    FRESH_DAYS,
    INVESTED,
    LOOKBACK_SESSIONS,
    MEAN_DAYS,
    PRICES,
    REBALANCE_DAYS,
    SLIPPAGE,
    Workload,
    load,
)


class Fractional(bt.CommissionInfo):
    """A proportional fee; sizes are not rounded to whole units."""

    params = (("commission", FEE),)

    def getsize(self, price: float, cash: float) -> float:
        """As many units as the cash pays for."""
        return self.p.leverage * (cash / price)


class Rotation(bt.Strategy):
    """All but the first asset at equal weight while risk is on, the first one while it is off."""

    params = (("per_day", 1),)

    def __init__(self) -> None:
        self.index, self.dominance, *self.traded = self.datas
        self.high = bt.indicators.Highest(self.index.close, period=LOOKBACK_SESSIONS)
        bars = MEAN_DAYS * self.p.per_day
        self.mean = bt.indicators.SMA(self.dominance.close, period=bars)
        self.record_on: datetime.date | None = None
        self.was_on: bool | None = None
        self.decided_bar = self.sessions = self.fills = 0

    def notify_order(self, order: Any) -> None:
        """Count fills."""
        self.fills += order.status == order.Completed

    def prenext(self) -> None:
        """Track records before the first decision."""
        self._track()

    def _track(self) -> None:
        if len(self.index) == self.sessions:
            return
        self.sessions = len(self.index)
        if self.sessions > LOOKBACK_SESSIONS and self.index.close[0] >= self.high[-1]:
            self.record_on = self.index.datetime.date(0)

    def next(self) -> None:
        """Decide on a change of state, or a week after the last decision."""
        self._track()
        bar, today = len(self.traded[0]), self.traded[0].datetime.date(0)
        fresh = self.record_on is not None and (today - self.record_on).days <= FRESH_DAYS
        on = bool(fresh and self.dominance.close[0] > self.mean[0])
        if on == self.was_on and bar - self.decided_bar < REBALANCE_DAYS * self.p.per_day:
            return
        self.was_on, self.decided_bar = on, bar
        others = len(self.traded) - 1
        weights = [0.0 if on else INVESTED] + [INVESTED / others if on else 0.0] * others
        nav = self.broker.getvalue()
        sells: list[tuple[Any, float]] = []
        buys: list[tuple[Any, float]] = []
        for data, weight in zip(self.traded, weights, strict=True):
            held = self.getposition(data).size * data.close[0]
            (sells if held > weight * nav else buys).append((data, weight))
        for data, weight in sells + buys:
            self.order_target_percent(data=data, target=weight)


def frames(workload: Workload) -> list[tuple[str, pd.DataFrame]]:
    """Index, dominance and every asset as the frames that `PandasData` reads."""
    out = [
        ("index", _flat(workload.index_at, workload.index)),
        ("dominance", _flat(workload.opened_at, workload.dominance)),
    ]
    when = pd.DatetimeIndex(workload.opened_at)
    for column, name in enumerate(workload.ids):
        prices = {key: workload.prices[key][:, column] for key in PRICES}
        out.append((name, pd.DataFrame(prices, index=when)))
    return out


def _flat(at: Any, values: Any) -> pd.DataFrame:
    prices = {key: 0.0 if key == "volume" else values for key in PRICES}
    return pd.DataFrame(prices, index=pd.DatetimeIndex(at))


def run(tables: list[tuple[str, pd.DataFrame]], per_day: int, stdstats: bool) -> tuple[float, int]:
    """Build a Cerebro, run it, and return what the account is worth and the number of fills."""
    cerebro = bt.Cerebro(stdstats=stdstats)
    for name, table in tables:
        days = per_day == 1 or name == "index"
        size = {"timeframe": bt.TimeFrame.Days if days else bt.TimeFrame.Minutes}
        if not days:
            size["compression"] = 60
        cerebro.adddata(bt.feeds.PandasData(dataname=table, **size), name=name)
    cerebro.broker.setcash(CASH)
    cerebro.broker.addcommissioninfo(Fractional())
    cerebro.broker.set_slippage_perc(SLIPPAGE, slip_open=True, slip_out=True)
    if stdstats:
        daily = {"timeframe": bt.TimeFrame.Days}
        cerebro.addanalyzer(bt.analyzers.TimeReturn, **daily)
        cerebro.addanalyzer(bt.analyzers.SharpeRatio, annualize=True, factor=365, **daily)
        cerebro.addanalyzer(bt.analyzers.DrawDown)
        cerebro.addanalyzer(bt.analyzers.TradeAnalyzer)
    cerebro.addstrategy(Rotation, per_day=per_day)
    (done,) = cerebro.run()
    return cerebro.broker.getvalue(), done.fills


def main() -> None:
    """Time one run and print one JSON line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("workload", type=Path)
    parser.add_argument("--bare", action="store_true", help="no observers, no analyzers")
    options = parser.parse_args()
    workload = load(options.workload)
    tables, per_day = frames(workload), workload.per_day
    figures, (final, fills) = measured(lambda: run(tables, per_day, not options.bare), calls=0)
    print_line(**figures, final=final, fills=fills)


if __name__ == "__main__":
    main()
