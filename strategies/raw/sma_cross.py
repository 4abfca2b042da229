"""A raw strategy: every asset is held while its fast average is above its slow one.

A raw `backtrader.Strategy` sees backtrader as it is, hazards included. Asset lists differ in
length: `data.close[0]` of an asset that is not yet listed is not blank but a *later* price, so
look at `len(data)` first. `next` waits for every asset's first bar (for every indicator's, too),
so `prenext` must call it, or one late listing keeps the whole strategy out of the market. An asset
whose bars have ended keeps its last price, and orders for it stay open. The engine runs raw
strategies with `preload=False`, where reading tomorrow (`data.close[1]`) raises IndexError.
"""

from __future__ import annotations

from typing import Any, ClassVar

import backtrader as bt

from strategies.registry import register


@register("sma_cross")
class SmaCross(bt.Strategy):
    """Holds each asset with an equal slot of NAV while its fast average is above its slow one.

    Parameters
    ----------
    fast, slow : int
        Bars in the two simple averages of closes; `fast` below `slow`.
    share : float
        Share of NAV that all slots have together; the rest pays for gaps and fees.
    """

    params: ClassVar[Any] = (("fast", 20), ("slow", 100), ("share", 0.95))

    def __init__(self) -> None:
        if not 0 < self.p.fast < self.p.slow:
            raise ValueError(f"fast is {self.p.fast}; it lies between 0 and slow ({self.p.slow})")
        # Bars of other panels are there to be read, not traded.
        self.assets = [data for data in self.datas if getattr(data.p, "tradable", True)]
        self.averages = [
            (bt.ind.SMA(data.close, period=self.p.fast), bt.ind.SMA(data.close, period=self.p.slow))
            for data in self.assets
        ]

    def prenext(self) -> None:
        """Run before every asset has enough bars, as after."""
        self.next()

    def next(self) -> None:
        """Order the slots whose state has changed, sells first."""
        slot = self.p.share * self.broker.getvalue() / len(self.assets)
        buys = []
        for data, (fast, slow) in zip(self.assets, self.averages, strict=True):
            # Only a bar of this very close counts: not listed yet, halted and ended assets wait.
            if len(data) < self.p.slow or data.datetime[0] != self._now():
                continue
            rising, held = fast[0] > slow[0], self.getposition(data).size > 0
            if held and not rising:
                self.close(data)
            elif rising and not held:
                buys.append(data)
        for data in buys:
            self.buy(data, size=slot / data.close[0])

    def _now(self) -> float:
        return max(float(data.datetime[0]) for data in self.datas if len(data))
