"""The recorder of a run on stock backtrader."""

from __future__ import annotations

import backtrader as bt
import numpy as np


class Recorder(bt.Analyzer):
    """Notes NAV, cash and holdings at every close of the clock."""

    params = (("market", None),)

    def __init__(self) -> None:
        rows = len(self.p.market.panel)
        self.rows = 0
        self.nav = np.full(rows, np.nan)
        self.cash = np.full(rows, np.nan)
        self.shares = np.full(self.p.market.marks.shape, np.nan)

    def prenext(self) -> None:
        """Record from the first bar of any feed on."""
        self.next()

    def next(self) -> None:
        """Record this bar if it closes a row of the clock."""
        row = self.p.market.row_at.get(self.strategy.lines.datetime[0])
        if row is None:
            return
        broker = self.strategy.broker
        self.nav[row], self.cash[row] = broker.getvalue(), broker.getcash()
        self.shares[row] = broker.shares()
        self.rows = row + 1
