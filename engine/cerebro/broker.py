"""The broker: backtrader's own, with honest answers to halts, endings and short cash."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import backtrader as bt
from backtrader.position import Position

from engine.arithmetic import Sizing
from engine.cerebro.market import Gap
from engine.cerebro.noted import WriteOff
from engine.codes import EVENT, NO_CASH, SHORTFALL, WORDS
from engine.execution import ExecutionSpec, rules_of
from feeds.errors import EngineError


class FractionalCommission(bt.CommissionInfo):
    """A fee in proportion to the notional, and sizes that need not be whole units."""

    def getsize(self, price: float, cash: float) -> float:
        """Units that `cash` buys at `price`."""
        return self.p.leverage * (cash / price)


class Positions(dict[Any, Position]):
    """Positions by feed, in the order in which NAV sums them; only what is held is iterated over.

    backtrader makes a position for every feed that somebody looks at, and values it from then on,
    in the order of the looks, also where the feed has no price yet or none at all.
    """

    def __missing__(self, data: Any) -> Position:
        return Position()

    def __iter__(self) -> Iterator[Any]:
        return (data for data, position in self.items() if position)


class ReplayBroker(bt.brokers.BackBroker):
    """Genuine `BackBroker` for market orders that are sized in fractions.

    A bar fills only orders that were placed before it opened, and none if its volume is 0; with
    `on_shortfall: scale` the buys of a bar are shrunk together instead of refused one by one; an
    event gap cancels orders and writes off positions; every submission is noted with its time.
    """

    params: Any = (("execution", ExecutionSpec()), ("market", None), ("feeds", {}))

    def start(self) -> None:
        """Begin with the start cash, costs and checks of the execution spec, no events behind."""
        spec = self.p.execution
        self.p.cash = spec.cash
        super().start()
        self.addcommissioninfo(FractionalCommission(commission=spec.fee_bps / 10_000))
        # Slippage is never capped at the bar's high or low: a rotation pays it in full.
        self.set_slippage_perc(spec.slippage_bps / 10_000, slip_open=True, slip_out=True)
        self.set_checksubmit(spec.on_shortfall == "reject")
        self.positions = Positions((feed, Position()) for feed in self.p.feeds.values())
        self.placed: list[tuple[float, Any]] = []
        self.reasons: dict[int, str] = {}
        self.write_offs: list[WriteOff] = []
        self._gaps = deque(self.p.market.gaps)
        self._volume_matters = "volume" in self.p.market.panel.fields
        self._sizing = Sizing(self.p.market.bars, len(self.p.market.panel.ids), rules_of(spec))
        self._bar_is_scaled = False

    def shares(self) -> list[float]:
        """Shares held by column."""
        out = [0.0] * len(self.p.market.panel.ids)
        for column, data in self.p.feeds.items():
            out[column] = self.positions[data].size
        return out

    def submit(self, order: Any, check: bool = True) -> Any:
        """Queue an order and note the time at which the strategy placed it.

        Raises
        ------
        EngineError
            For an order on bars that are only there to be read.
        """
        if not order.data.p.tradable:
            raise EngineError(
                f"an order for {order.data._name}, which is not in the clock panel: only the ids "
                "of the clock panel are traded; filter `self.datas` by `data.p.tradable`"
            )
        now = order.owner.lines.datetime[0]
        order.addinfo(placed_at=now)
        self.placed.append((now, order))
        return super().submit(order, check=check)

    def next(self) -> None:
        """Book what events ended, then let backtrader match orders and value positions."""
        self._bar_is_scaled = False
        while self._gaps and self.p.market.times[self._gaps[0].row] <= self._now():
            self._close_gap(self._gaps.popleft())
        super().next()

    def check_submitted(self) -> None:
        """Check orders for cash at closes of the clock, whatever other bars there are."""
        if self.submitted and self._now() in self.p.market.row_at:
            super().check_submitted()

    def _now(self) -> float:
        """Time of this bar; the strategy's own line still shows the one before."""
        return max(data.datetime[0] for data in self.cerebro.datas if len(data))

    def _close_gap(self, gap: Gap) -> None:
        feed = self.p.feeds[gap.column]
        for queue in (self.submitted, self.pending):
            for order in [order for order in queue if order.data is feed]:
                queue.remove(order)
                self.give_reason(order, EVENT)
                order.cancel()
                self.notify(order)
        position = self.positions.get(feed)
        if gap.recovery is None or not position:
            return
        price = gap.recovery * float(self.p.market.marks[gap.row - 1, gap.column])
        self.write_offs.append(WriteOff(gap.row, gap.column, position.size, price))
        self.cash += position.size * price
        position.fix(0, 0.0)

    def _try_exec(self, order: Any) -> None:
        if not self._can_fill(order):
            return  # the order waits for the next bar of its own coin
        if order.isbuy() and not self._bar_is_scaled and not self.p.checksubmit:
            self._bar_is_scaled = True
            self._scale_buys([order, *self.pending])
        if order.executed.remsize:
            super()._try_exec(order)
        else:  # shrunk to nothing
            order.margin()
            self.notify(order)

    def notify(self, order: Any) -> None:
        """Tell of an order; one that cash does not suffice for says so, also if it was shrunk."""
        if order.status == order.Margin:
            self.give_reason(order, NO_CASH)
        super().notify(order)

    def give_reason(self, order: Any, reason: int) -> None:
        """Note why an order ends as it does, for the ledger and for those who listen."""
        self.reasons[order.ref] = WORDS[reason]
        order.addinfo(reason=WORDS[reason])

    def _get_value(self, datas: Any = None, lever: bool = False) -> float:
        if datas and len(datas) == 1 and not self.positions[datas[0]]:
            return 0.0  # there may be no price
        return super()._get_value(datas, lever)

    def _can_fill(self, order: Any) -> bool:
        """Whether the coin has a bar that opened after the order, and on which somebody traded.

        backtrader asks only for a newer bar. An order placed at an exchange's close, in the middle
        of the coin's day, would fill at the open of that day, in the past.
        """
        data = order.data
        placed = order.info["placed_at"]
        if not len(data) or data.datetime[0] <= placed or data.opened_at[0] < placed:
            return False
        return not (self._volume_matters and data.volume[0] == 0.0)

    def _scale_buys(self, queue: list[Any]) -> None:
        """Shrink all buys of this bar by one factor, the sells before them being done.

        backtrader would refuse the last ones whole, without a word and in an order that depends
        on the names of the coins.
        """
        buys, prices = [], []
        for order in queue:
            if order is None:  # the end of this bar's queue
                break
            if order.isbuy() and order.exectype == bt.Order.Market and self._can_fill(order):
                data = order.data
                buys.append(order)
                prices.append(self._slip_up(data.high[0], data.open[0], doslip=self.p.slip_open))
        sizes = [order.executed.remsize for order in buys]
        factor = self._sizing.affordable(self.cash, sizes, prices)
        if factor == 1.0:
            return
        for order, size in zip(buys, sizes, strict=True):
            order.executed.remsize = self._sizing.whole_lots(size * factor, 0.0)
            self.give_reason(order, SHORTFALL)
