# cython: language_level=3, annotation_typing=False
# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""The arithmetic of a rebalance: target weights in, signed orders out, each id with a reason.

The order of operations is that of backtrader's `order_target_percent`, so that both give the same
bits. Plain Python that is also compiled, to the same last bit: the C types are in `rebalance.pxd`
and `engine.arithmetic` chooses.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any

from engine.codes import BAND, LOT_SIZE, MIN_NOTIONAL, NO_BAR, NONE, Bars, Rules

SOURCE = ""
"""In a compiled copy, the digest of the source it was made from."""

_EPSILON = 2.0**-53
_ROUNDING = 8 * _EPSILON
_DUST = 1e-9
"""Buys are not shrunk below this share of their size: what cash is left is rounding."""


class Sizing:
    """Sizes the orders that move holdings to target weights.

    Parameters
    ----------
    bars : Bars
    ids : int
    rules : Rules

    Attributes
    ----------
    sizes : float (N,)
        What `plan` found: a signed order by id, 0 for none.
    reasons : int (N,)
        Why an order is left out, a place in `engine.codes.WORDS`; 0 if it is not.
    """

    sizes: array[float]
    reasons: array[int]

    def __init__(self, bars: Bars, ids: int, rules: Rules) -> None:
        self.sizes = array("d", bytes(8 * ids))
        self.reasons = array("i", bytes(4 * ids))
        self._targets = array("d", bytes(8 * ids))
        self._ids = ids
        self._marks = bars.marks
        self._tradable = bars.tradable
        self._reserve = rules.reserve
        self._band = rules.band
        self._lot_size = rules.lot_size
        self._min_notional = rules.min_notional
        self._fee = rules.fee

    def plan(self, row: int, weights: Any, shares: Any, nav: float) -> None:
        """Size an order for every id at the close of a row.

        Parameters
        ----------
        row : int
        weights : float (N,)
            Target share of NAV by id, at least 0, before the reserve.
        shares : float (N,)
            Holdings.
        nav : float
            NAV of this instant.
        """
        if len(weights) != self._ids or len(shares) != self._ids:
            raise ValueError(f"{len(weights)} weights, {len(shares)} holdings for {self._ids} ids")
        first = row * self._ids
        self._share_out(first, weights, shares, nav)
        for column in range(self._ids):
            self.sizes[column] = 0.0
            self.reasons[column] = NONE
            held = shares[column]
            if held == 0.0 and weights[column] == 0.0:
                continue
            mark = self._marks[first + column]
            if not self._tradable[first + column]:
                # What the order would have been, were there a bar.
                self.sizes[column] = _size(weights[column] * nav, held, mark)
                self.reasons[column] = NO_BAR
                continue
            target = self._targets[column] * nav
            size = _size(target, held, mark)
            self.sizes[column] = size
            if size == 0.0:
                continue
            current = held * mark
            if target and current and abs(target - current) < self._band * nav:
                self.reasons[column] = BAND
            elif abs(size * mark) < self._min_notional:
                self.reasons[column] = MIN_NOTIONAL
            elif self._lot_size and target:  # a target of 0 sells all there is
                lots = max(self.whole_lots(size), -held)
                if lots:
                    self.sizes[column] = lots
                else:
                    self.reasons[column] = LOT_SIZE

    def _share_out(self, first: int, weights: Any, shares: Any, nav: float) -> None:
        """Set target shares after the reserve, and after held ids without a bar, which keep theirs.

        With D the weights and K the present weights of those ids, and S the weights of the ids
        that can trade, the latter are multiplied by max(0, S + D - K) / S.
        """
        stuck = False
        for column in range(self._ids):
            self._targets[column] = weights[column] * (1.0 - self._reserve)
            if shares[column] and not self._tradable[first + column]:
                stuck = True
        if not stuck:
            return
        kept, asked, free = [], [], []
        for column in range(self._ids):
            if self._tradable[first + column]:
                free.append(self._targets[column])
            elif shares[column]:
                kept.append(shares[column] * self._marks[first + column])
                asked.append(self._targets[column])
        own = math.fsum(free)
        left = own + math.fsum(asked) - math.fsum(kept) / nav
        scale = max(0.0, left) / own if own else 0.0
        for column in range(self._ids):
            self._targets[column] *= scale

    def whole_lots(self, size: float, rounding: float = _ROUNDING) -> float:
        """`size` rounded towards zero to a whole number of lots; as it is where there are none.

        What is within `rounding` of a whole number, relative to it, is one.
        """
        if not self._lot_size:
            return size
        lots = math.floor(abs(size) / self._lot_size * (1.0 + rounding))
        return math.copysign(lots * self._lot_size, size)

    def affordable(self, cash: float, sizes: Sequence[float], prices: Sequence[float]) -> float:
        """The factor f = min(1, cash / cost of the buys) by which all buys of a bar are shrunk.

        Parameters
        ----------
        cash : float
            What is there after the sells of the bar.
        sizes, prices : sequences of float
            Shares to buy and the prices they fill at, slippage included.

        Returns
        -------
        float from 0 to 1, less a few units in the last place where rounding would overdraw; 0 for
        what is only rounding
        """
        if not sizes or self._left(cash, sizes, prices, 1.0) >= 0.0:
            return 1.0
        if cash <= 0.0:
            return 0.0
        bought = zip(sizes, prices, strict=True)
        cost = math.fsum([size * price * (1.0 + self._fee) for size, price in bought])
        factor, slack = cash / cost, _EPSILON
        if factor < _DUST:
            return 0.0
        while self._left(cash, sizes, prices, factor) < 0.0:
            factor = cash / cost * (1.0 - slack)
            slack *= 2.0
        return factor

    def _left(
        self, cash: float, sizes: Sequence[float], prices: Sequence[float], factor: float
    ) -> float:
        """Cash after buying `factor` of each size, step by step as backtrader takes it."""
        for place in range(len(sizes)):
            size, price = sizes[place], prices[place]
            cash -= size * factor * price
            cash -= size * factor * self._fee * price
        return cash


def _size(target: float, held: float, mark: float) -> float:
    """Signed shares from a holding to a target value; NaN where there is no mark yet."""
    current = held * mark
    if mark != mark:
        return math.nan
    if target == 0.0:
        return -held
    if target > current:
        return (target - current) / mark
    if target < current:
        # Rounding must not sell more than there is.
        return -min((current - target) / mark, held)
    return 0.0
