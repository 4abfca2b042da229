"""The broker: backtrader's own, with honest answers to halts, endings and short cash."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any, NamedTuple

import backtrader as bt
from backtrader.position import Position

from engine.execution import ExecutionSpec
from engine.rebalance import affordable, whole_lots
from feeds.bars import PanelFeed
from feeds.errors import EngineError

SHORTFALL = "shortfall"


class FractionalCommission(bt.CommissionInfo):
    """A fee in proportion to the notional, and sizes that need not be whole.

    backtrader's own `getsize` truncates to whole units: half of 1,000 in a coin at 60,000 buys
    nothing, without a word.
    """

    def getsize(self, price: float, cash: float) -> float:
        """Units that `cash` buys at `price`."""
        return self.p.leverage * (cash / price)


class Gap(NamedTuple):
    """From `time` (a backtrader day number) on, after `bars` of them, `feed` has no bars.

    Orders for it are cancelled; with `recovery`, the position is written to that share of the
    last close and the coin has ended.
    """

    time: float
    feed: PanelFeed
    bars: int
    recovery: float | None


class WriteOff(NamedTuple):
    """A position that an event ended: `shares` became `price` each in cash."""

    time: float
    feed: PanelFeed
    shares: float
    price: float


class ReplayBroker(bt.brokers.BackBroker):
    """Genuine `BackBroker` for market orders that are sized in fractions.

    It differs from its base in five places: a bar fills only orders that were placed before it
    opened; nothing fills on a bar with volume 0; with `on_shortfall: scale` the buys of a bar are
    shrunk together instead of refused one by one; an event gap cancels orders and writes off
    positions; and every submission is noted with its time.
    """

    params = (("execution", ExecutionSpec()), ("gaps", ()), ("volume_matters", True))

    def start(self) -> None:
        """Begin with the start cash, costs and checks of the execution spec, no events behind."""
        spec = self.p.execution
        self.p.cash = spec.cash
        super().start()
        self.addcommissioninfo(FractionalCommission(commission=spec.fee_bps / 10_000))
        # Slippage is never capped at the bar's high or low: a rotation pays it in full.
        self.set_slippage_perc(spec.slippage_bps / 10_000, slip_open=True, slip_out=True)
        self.set_checksubmit(spec.on_shortfall == "reject")
        self.placed: list[tuple[float, Any]] = []
        self.write_offs: list[WriteOff] = []
        self._gaps = deque(sorted(self.p.gaps, key=lambda gap: gap.time))
        self._bar_is_scaled = False

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
        if order.data not in self.positions:
            self._add_position(order.data)
        return super().submit(order, check=check)

    def _add_position(self, data: Any) -> None:
        """Keep positions in the order of the feeds, because NAV is summed in that order.

        backtrader sums in the order in which positions were first looked at: the last bit of NAV
        would depend on who looked.
        """
        held = {**self.positions, data: Position()}
        in_order = ((feed, held[feed]) for feed in self.cerebro.datas if feed in held)
        self.positions: dict[Any, Any] = defaultdict(Position, in_order)

    def next(self) -> None:
        """Book what events ended, then let backtrader match orders and value positions."""
        self._bar_is_scaled = False
        while self._gaps and self._is_due(self._gaps[0]):
            self._close_gap(self._gaps.popleft())
        super().next()

    def _is_due(self, gap: Gap) -> bool:
        if len(gap.feed) < gap.bars:  # cheap, and true for years: the coin still trades
            return False
        now = max(data.datetime[0] for data in self.cerebro.datas if len(data))
        return bool(gap.time <= now)

    def _close_gap(self, gap: Gap) -> None:
        for queue in (self.submitted, self.pending):
            for order in [order for order in queue if order.data is gap.feed]:
                queue.remove(order)
                order.addinfo(reason="event")
                order.cancel()
                self.notify(order)
        position = self.positions.get(gap.feed)
        if gap.recovery is None or not position:
            return
        price = gap.recovery * gap.feed.close[0]
        self.write_offs.append(WriteOff(gap.time, gap.feed, position.size, price))
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

    def _can_fill(self, order: Any) -> bool:
        """Whether the coin has a bar that opened after the order, and on which somebody traded.

        backtrader asks only for a newer bar. An order placed at an exchange's close, in the middle
        of the coin's day, would fill at the open of that day, in the past.
        """
        data = order.data
        if not len(data) or data.opened_at[0] < order.info["placed_at"]:
            return False
        return not (self.p.volume_matters and data.volume[0] == 0.0)

    def _scale_buys(self, queue: list[Any]) -> None:
        """Shrink all buys of this bar by one factor, the sells before them being done.

        backtrader would refuse the last ones whole, without a word and in an order that depends
        on the names of the coins.
        """
        spec = self.p.execution
        buys, prices = [], []
        for order in queue:
            if order is None:  # the end of this bar's queue
                break
            if order.isbuy() and order.exectype == bt.Order.Market and self._can_fill(order):
                data = order.data
                buys.append(order)
                prices.append(self._slip_up(data.high[0], data.open[0], doslip=self.p.slip_open))
        sizes = [order.executed.remsize for order in buys]
        factor = affordable(self.cash, sizes, prices, spec.fee_bps / 10_000)
        if factor == 1.0:
            return
        for order, size in zip(buys, sizes, strict=True):
            shrunk = size * factor
            if spec.lot_size:
                shrunk = whole_lots(shrunk, spec.lot_size)
            order.executed.remsize = shrunk
            order.addinfo(reason=SHORTFALL)
