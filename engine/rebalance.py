"""The arithmetic of a rebalance: target weights in, orders out, and what to do when cash is short.

Everything is plain arithmetic on numbers of one instant, in the order of operations of
backtrader's `order_target_percent`, so that both give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.execution import ExecutionSpec

BAND = "band"
LOT_SIZE = "lot_size"
MIN_NOTIONAL = "min_notional"
NO_BAR = "no_bar"

_ROUNDING = 1e-12
"""A size this close to a whole number of lots, relative to it, is one."""


class Planned(NamedTuple):
    """An order for the id in `column`, signed `size`; with a `reason` it is skipped instead."""

    column: int
    size: float
    reason: str = ""


class Holdings(NamedTuple):
    """What is known when orders are sized; sequences over ids.

    `closes` are the last known closes (NaN before the first bar), `tradable` says whether the id
    has a bar at this close.
    """

    nav: float
    shares: Sequence[float]
    closes: Sequence[float]
    tradable: Sequence[bool]


def plan_orders(
    weights: Sequence[float], held: Holdings, spec: ExecutionSpec
) -> tuple[list[Planned], list[Planned]]:
    """The orders that move the holdings to the target weights.

    Parameters
    ----------
    weights : sequence of float
        Target share of NAV by id, at least 0, before the reserve.
    held : Holdings
    spec : ExecutionSpec

    Returns
    -------
    orders, skipped : lists of Planned
        Orders are sells in id order, then buys in id order: backtrader checks cash in the order
        of submission. A held id without a bar keeps its weight and the rest is shared among the
        others; the reason for every order that is left out is in `skipped`.
    """
    targets = target_shares(weights, held, spec.reserve)
    sells: list[Planned] = []
    buys: list[Planned] = []
    skipped: list[Planned] = []
    for column, share in enumerate(targets):
        shares, close = held.shares[column], held.closes[column]
        target = share * held.nav
        if not held.tradable[column]:
            if shares or weights[column]:
                skipped.append(Planned(column, _wanted(weights[column], held, column), NO_BAR))
            continue
        current = shares * close
        size = _size(target, current, shares, close)
        if not size:
            continue
        reason = _left_out(target, current, size * close, held.nav, spec)
        lots = whole_lots(size, spec.lot_size) if spec.lot_size else size
        if not lots:
            reason = reason or LOT_SIZE
        if reason:
            skipped.append(Planned(column, size, reason))
        else:
            (sells if size < 0 else buys).append(Planned(column, lots))
    return sells + buys, skipped


def target_shares(weights: Sequence[float], held: Holdings, reserve: float) -> list[float]:
    """Target share of NAV by id after the reserve and after ids that must keep their weight.

    With D the weights and K the present weights of held ids without a bar, and S the weights of
    the ids that can trade, the latter are multiplied by max(0, S + D - K) / S.
    """
    targets = [weight * (1.0 - reserve) for weight in weights]
    stuck = [
        column for column, shares in enumerate(held.shares) if shares and not held.tradable[column]
    ]
    if not stuck:
        return targets
    kept = math.fsum(held.shares[column] * held.closes[column] for column in stuck) / held.nav
    wanted = math.fsum(targets[column] for column in stuck)
    free = math.fsum(
        target for target, tradable in zip(targets, held.tradable, strict=True) if tradable
    )
    scale = max(0.0, free + wanted - kept) / free if free else 0.0
    return [target * scale for target in targets]


def _size(target: float, current: float, shares: float, close: float) -> float:
    """Signed shares from the present holding to the target value, as backtrader computes them."""
    if not target:
        return -shares
    if target > current:
        return (target - current) / close
    if target < current:
        return -((current - target) / close)
    return 0.0


def _wanted(weight: float, held: Holdings, column: int) -> float:
    """What an order would have been for an id that has no bar now."""
    close = held.closes[column]
    if math.isnan(close):
        return math.nan
    return _size(weight * held.nav, held.shares[column] * close, held.shares[column], close)


def _left_out(
    target: float, current: float, notional: float, nav: float, spec: ExecutionSpec
) -> str:
    if target and current and abs(target - current) < spec.band * nav:
        return BAND
    if abs(notional) < spec.min_notional:
        return MIN_NOTIONAL
    return ""


def whole_lots(size: float, lot_size: float) -> float:
    """`size` rounded towards zero to a whole multiple of `lot_size`."""
    return math.copysign(math.floor(abs(size) / lot_size * (1 + _ROUNDING)) * lot_size, size)


def affordable(cash: float, sizes: Sequence[float], prices: Sequence[float], fee: float) -> float:
    """The factor f = min(1, cash / cost of the buys) by which all buys of a bar are shrunk.

    Parameters
    ----------
    cash : float
        What is there after the sells of the bar.
    sizes, prices : sequences of float
        Shares to buy and the prices they fill at, slippage included.
    fee : float
        Share of the notional.

    Returns
    -------
    float from 0 to 1, less a few units in the last place where rounding would overdraw the account
    """
    if _left(cash, sizes, prices, fee, 1.0) >= 0.0 or not sizes:
        return 1.0
    if cash <= 0.0:
        return 0.0
    cost = math.fsum(size * price * (1.0 + fee) for size, price in zip(sizes, prices, strict=True))
    factor, slack = cash / cost, 2.0**-53
    while _left(cash, sizes, prices, fee, factor) < 0.0:
        factor = cash / cost * (1.0 - slack)
        slack *= 2.0
    return factor


def _left(
    cash: float, sizes: Sequence[float], prices: Sequence[float], fee: float, factor: float
) -> float:
    """Cash after buying `factor` of each size, step by step as backtrader takes it."""
    for size, price in zip(sizes, prices, strict=True):
        cash -= size * factor * price
        cash -= size * factor * fee * price
    return cash
