"""Plain backtrader, written the plain way: the second implementation every replay must equal.

Nothing of the engine is used: pandas feeds, `order_target_percent`, stock broker. The one rule
that backtrader has no words for is spelt out in `next`: a held coin without a bar keeps its
weight, and the rest is shared among the others.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import backtrader as bt
import numpy as np
import pandas as pd

from engine.execution import ExecutionSpec
from feeds.arrays import Bool, Float
from feeds.panel import Panel


class Fractional(bt.CommissionInfo):
    def getsize(self, price: float, cash: float) -> float:
        return self.p.leverage * (cash / price)


class Plain(bt.Strategy):
    params = (("decide", None), ("weights", None), ("days", None), ("reserve", 0.0))

    def __init__(self) -> None:
        self.nav: dict[int, float] = {}
        self.orders: list[Any] = []
        self.placed_rows: list[int] = []
        self.ties: set[tuple[int, str]] = set()
        self.traded = list(self.datas)

    def prenext(self) -> None:
        self.next()

    def next(self) -> None:
        now = self.datetime.datetime(0)
        row = self.p.days[pd.Timestamp(now)]
        nav = self.broker.getvalue()
        self.nav[row] = nav
        if not self.p.decide[row]:
            return
        for order in self.broker.get_orders_open():
            self.cancel(order)
        weights = {
            d: w * (1 - self.p.reserve)
            for d, w in zip(self.traded, self.p.weights[row], strict=True)
        }
        live = [d for d in self.datas if len(d) and d.datetime.datetime(0) == now]
        # backtrader's feeds compare by their prices.
        trading = {id(d) for d in live}
        stuck = [
            d for d in self.datas if id(d) not in trading and len(d) and self.getposition(d).size
        ]
        if stuck:
            kept = sum(self.getposition(d).size * d.close[0] for d in stuck) / nav
            asked = sum(weights[d] for d in stuck)
            free = sum(weights[d] for d in live)
            factor = max(0.0, free + asked - kept) / free if free else 0.0
            weights = {d: w * factor for d, w in weights.items()}
        sells, buys = [], []
        for d in live:
            value = self.getposition(d).size * d.close[0]
            (sells if value > weights[d] * nav else buys).append(d)
            if abs(value - weights[d] * nav) < 1e-9 * nav:
                self.ties.add((row, d._name))
        for d in sells + buys:
            order = self.order_target_percent(data=d, target=weights[d])
            if order is not None:
                self.orders.append(order)
                self.placed_rows.append(row)


class Outcome(NamedTuple):
    nav: dict[int, float]
    orders: list[tuple[int, str, str, int | None, float]]
    ties: set[tuple[int, str]]


def run_plain(panel: Panel, decide: Bool, weights: Float, spec: ExecutionSpec) -> Outcome:
    """NAV by row and orders as (decided row, id, status, filled row, size)."""
    cerebro = bt.Cerebro(stdstats=False)
    index = pd.DatetimeIndex(panel.known_at.astype("datetime64[us]"))
    for column, name in enumerate(panel.ids):
        frame = pd.DataFrame(
            {key: panel[key][:, column] for key in ("open", "high", "low", "close", "volume")},
            index=index,
        ).dropna()
        cerebro.adddata(bt.feeds.PandasData(dataname=frame), name=name)
    cerebro.broker.setcash(spec.cash)
    cerebro.broker.addcommissioninfo(Fractional(commission=spec.fee_bps / 10_000))
    cerebro.broker.set_slippage_perc(spec.slippage_bps / 10_000, slip_open=True, slip_out=True)
    days = {time: row for row, time in enumerate(index)}
    cerebro.addstrategy(
        Plain, decide=decide, weights=weights.tolist(), days=days, reserve=spec.reserve
    )
    done = cerebro.run()[0]
    orders = []
    stamps = {bt.date2num(time.to_pydatetime()): row for time, row in days.items()}
    for row, order in zip(done.placed_rows, done.orders, strict=True):
        status = {
            bt.Order.Completed: "filled",
            bt.Order.Canceled: "cancelled",
            bt.Order.Margin: "rejected",
        }.get(order.status, "open")
        filled = stamps[order.executed.dt] if status == "filled" else None
        orders.append((row, order.data._name, status, filled, order.created.size))
    return Outcome(done.nav, orders, done.ties)


def draw_panel(rng: np.random.Generator) -> Panel:
    """Coins with gaps, missing days, late listings, ends and crashes."""
    ids = int(rng.integers(2, 9))
    rows = int(rng.integers(40, 160))
    gap = rng.choice([0.0005, 0.01, 0.05])
    moves = rng.normal(0, 0.05, (rows, ids))
    for column in np.flatnonzero(rng.random(ids) < 0.15):
        moves[int(rng.integers(5, rows)), column] = math.log(0.01)  # a crash of 99 %
    close = np.exp(np.log(rng.uniform(0.001, 500, ids)) + np.cumsum(moves, axis=0))
    open_ = np.vstack([close[:1], close[:-1] * (1 + rng.normal(0, gap, (rows - 1, ids)))])
    reach = np.abs(rng.normal(0, 0.002, (2, rows, ids))) * rng.integers(0, 2)
    has = rng.random((rows, ids)) >= rng.choice([0.0, 0.03, 0.15])
    for column in range(1, ids):
        if rng.random() < 0.3:
            has[: int(rng.integers(1, rows // 2)), column] = False  # listed late
        if rng.random() < 0.2:
            has[int(rng.integers(rows // 2, rows)) :, column] = False  # the series ends
    has[:, 0] = True
    has[rows // 2, :] = True
    fields = {
        "open": open_,
        "high": np.maximum(open_, close) * (1 + reach[0]),
        "low": np.minimum(open_, close) * (1 - reach[1]),
        "close": close,
        "volume": rng.uniform(1e3, 1e6, (rows, ids)),
    }
    days = np.datetime64("2020-01-01", "ns") + np.arange(rows) * np.timedelta64(1, "D")
    return Panel.build(
        "coins",
        "24/7",
        days,
        days,
        days + np.timedelta64(1, "D"),
        tuple(f"C{column:02d}" for column in range(ids)),
        {key: np.where(has, values, np.nan) for key, values in fields.items()},
    )


def draw_decisions(rng: np.random.Generator, panel: Panel, total: float) -> tuple[Bool, Float]:
    """Random decision rows and random weights that sum to `total`."""
    rows, ids = len(panel), len(panel.ids)
    decide = rng.random(rows) < rng.choice([0.1, 0.3, 0.9])
    weights = rng.random((rows, ids)) * (rng.random((rows, ids)) < 0.6)
    sums = weights.sum(axis=1, keepdims=True)
    sums[sums == 0] = 1.0
    return decide, weights / sums * total
