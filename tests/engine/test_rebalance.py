"""The arithmetic of one rebalance, by hand."""

from __future__ import annotations

import math
from array import array
from typing import NamedTuple

import numpy as np
import pytest

from engine.account import Account
from engine.arithmetic import COMPILED
from engine.arithmetic import Account as RunningAccount
from engine.arithmetic import Sizing as RunningSizing
from engine.codes import WORDS, Bars
from engine.execution import ExecutionSpec, rules_of
from engine.rebalance import Sizing

FREE = ExecutionSpec(fee_bps=0.0, slippage_bps=0.0, reserve=0.0)
FORMS = [(Sizing, Account)] + [(RunningSizing, RunningAccount)] * COMPILED


class Planned(NamedTuple):
    column: int
    size: float
    reason: str


class Holdings(NamedTuple):
    nav: float
    shares: list[float]
    closes: list[float]
    tradable: list[bool]


def held(
    shares: list[float], closes: list[float], tradable: list[bool] | None = None, cash: float = 0.0
) -> Holdings:
    value = sum(n * c for n, c in zip(shares, closes, strict=True) if n)
    return Holdings(cash + value, shares, closes, tradable or [True] * len(shares))


def bars_of(closes: list[float], tradable: list[bool]) -> Bars:
    """One row that opened at 0 and closed at 1."""
    marks, has_bar = array("d", closes), bytearray(tradable)
    return Bars(marks, marks, has_bar, has_bar, array("d", [0.0]), array("d", [1.0]))


def plan_orders(
    weights: list[float], held: Holdings, spec: ExecutionSpec
) -> tuple[list[Planned], list[Planned]]:
    """What an account orders and what it skips, the same in both forms of the arithmetic."""
    bars, ids = bars_of(held.closes, held.tradable), len(weights)
    found = []
    for sizing, account in FORMS:
        value = sum(n * c for n, c in zip(held.shares, held.closes, strict=True) if n)
        size = sizing(bars, ids, rules_of(spec))
        book = account(bars, ids, rules_of(spec), size, held.nav - value)
        for column, shares in enumerate(held.shares):
            book.shares[column], book.average[column] = shares, held.closes[column]
        book.decide(0, 0, array("d", weights))
        fields = [memoryview(values).cast(kind) for kind, values in book.log()]
        column, _, _, _, _, reason, ordered, *_ = fields
        orders = zip(column, ordered, reason, strict=True)
        found.append([Planned(column, size, WORDS[why]) for column, size, why in orders])
    assert all(str(planned) == str(found[0]) for planned in found)  # as text NaN equals itself
    orders = [planned for planned in found[0] if not planned.reason]
    return orders, [planned for planned in found[0] if planned.reason]


def sizing_with(spec: ExecutionSpec) -> Sizing:
    return Sizing(bars_of([1.0], [True]), 1, rules_of(spec))


def test_sells_come_first_then_buys_each_in_id_order() -> None:
    # NAV 400: targets 100 each; A and C hold 200, so they sell 100 each, B and D buy 100 each.
    orders, skipped = plan_orders([0.25] * 4, held([20, 0, 20, 0], [10] * 4), FREE)
    assert [(o.column, o.size) for o in orders] == [(0, -10), (2, -10), (1, 10), (3, 10)]
    assert skipped == []


def test_sizes_come_from_the_close_and_the_nav_less_the_reserve() -> None:
    # 1,000 of cash, reserve 2 %: 980 at 49 a share is exactly 20 shares.
    spec = FREE.model_copy(update={"reserve": 0.02})
    orders, _ = plan_orders([1.0], held([0], [49.0], cash=1000.0), spec)
    assert orders[0].size == pytest.approx(20.0, rel=1e-15)


def test_a_target_of_zero_sells_exactly_what_is_held() -> None:
    orders, _ = plan_orders([0.0], held([1 / 3], [7.0]), FREE)
    assert orders[0].size == -1 / 3


def test_the_band_skips_small_changes_but_no_entry_and_no_exit() -> None:
    # NAV 1,000. A: 500 -> 505, half a percent: skipped. B: 500 -> 0 and C: 0 -> 5 go through.
    spec = FREE.model_copy(update={"band": 0.01})
    orders, skipped = plan_orders([0.505, 0.0, 0.005], held([50, 50, 0], [10] * 3), spec)
    assert [o.column for o in orders] == [1, 2]
    assert [(s.column, s.reason) for s in skipped] == [(0, "band")]


def test_lots_and_minimum_notional_leave_orders_out_with_a_reason() -> None:
    # 100 of NAV: 60 buys 0.6 of a coin at 100 (no whole lot), 40 buys 4 at 10 (below 50).
    lots = FREE.model_copy(update={"lot_size": 1.0})
    orders, skipped = plan_orders([0.6, 0.4], held([0, 0], [100, 10], cash=100.0), lots)
    assert [(o.column, o.size) for o in orders] == [(1, 4.0)]
    assert [(s.size, s.reason) for s in skipped] == [(0.6, "lot_size")]
    small = FREE.model_copy(update={"min_notional": 50.0})
    _, skipped = plan_orders([0.6, 0.4], held([0, 0], [100, 10], cash=100.0), small)
    assert [(s.column, s.reason) for s in skipped] == [(1, "min_notional")]


def test_a_held_id_without_a_bar_keeps_its_weight_and_the_rest_is_shared() -> None:
    # NAV 1,000: B is halted at 200 (20 %). A and C want 40 % each, B 20 %: together 100 %.
    # All the same: 80 % is left for A and C, 400 each.
    state = held([0, 20, 0], [10] * 3, [True, False, True], cash=800.0)
    orders, skipped = plan_orders([0.4, 0.2, 0.4], state, FREE)
    assert [(o.column, o.size) for o in orders] == [(0, 40.0), (2, 40.0)]
    assert [(s.column, s.reason) for s in skipped] == [(1, "no_bar")]
    # B is not wanted any more, but cannot be sold: A and C share 80 % instead of 100 %.
    orders, _ = plan_orders([0.5, 0.0, 0.5], state, FREE)
    assert [(o.column, o.size) for o in orders] == [(0, 40.0), (2, 40.0)]


def test_a_halted_holding_above_the_target_total_leaves_nothing_to_share() -> None:
    state = held([10, 60], [10, 10], [True, False], cash=300.0)  # NAV 1,000, 60 % halted
    orders, _ = plan_orders([0.5, 0.0], state, FREE)
    assert [(o.column, o.size) for o in orders] == [(0, -10)]


def test_an_id_that_is_not_listed_yet_is_skipped_and_its_weight_stays_in_cash() -> None:
    state = held([0, 0], [10, math.nan], [True, False], cash=100.0)
    orders, skipped = plan_orders([0.5, 0.5], state, FREE)
    assert [(o.column, o.size) for o in orders] == [(0, 5.0)]
    assert [(s.column, s.reason) for s in skipped] == [(1, "no_bar")]


def test_the_shortfall_factor_is_cash_over_the_cost_of_all_buys() -> None:
    # 10 at 5 and 5 at 10 with a fee of 1 %: 101 in all.
    with_fee = sizing_with(FREE.model_copy(update={"fee_bps": 100.0}))
    assert with_fee.affordable(50.5, [10, 5], [5.0, 10.0]) == pytest.approx(0.5, rel=1e-14)
    free = sizing_with(FREE)
    assert free.affordable(100.0, [10, 5], [5.0, 10.0]) == 1.0
    assert free.affordable(-1.0, [10], [5.0]) == 0.0
    assert free.affordable(0.0, [], []) == 1.0


def test_cash_that_is_only_rounding_buys_nothing() -> None:
    assert sizing_with(FREE).affordable(1e-8, [10], [5.0]) == 0.0
    assert sizing_with(FREE).affordable(1e-6, [10], [5.0]) == pytest.approx(2e-8)


@pytest.mark.parametrize("seed", range(20))
def test_shrunk_buys_use_all_cash_and_never_overdraw_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes, prices = rng.uniform(0.1, 1e4, (2, 300)).tolist()
    cash, fee = float(rng.uniform(1.0, 1e6)), 0.001
    factor = sizing_with(FREE.model_copy(update={"fee_bps": 10.0})).affordable(cash, sizes, prices)
    left = cash
    for size, price in zip(sizes, prices, strict=True):
        left -= size * factor * price
        left -= size * factor * fee * price
    assert 0.0 <= left < 1e-11 * cash


def lots(size: float, lot_size: float) -> float:
    return sizing_with(FREE.model_copy(update={"lot_size": lot_size})).whole_lots(size)


def test_lots_round_towards_zero_and_forgive_rounding() -> None:
    assert lots(2.9, 1.0) == 2.0
    assert lots(-2.9, 1.0) == -2.0
    assert lots(0.3, 0.1) == pytest.approx(0.3)  # 0.3 / 0.1 is 2.9999999999999996
    assert lots(1e14 + 0.5, 1.0) == 1e14  # half a unit is no rounding


def test_an_exit_sells_all_there_is_whatever_the_lots() -> None:
    # 0.07 / 0.01 is 7.000000000000001: rounding to lots would leave dust behind, or go short.
    spec = FREE.model_copy(update={"lot_size": 0.01})
    orders, _ = plan_orders([0.0], held([0.07], [3.0]), spec)
    assert orders[0].size == -0.07


def test_rounding_never_sells_more_than_there_is() -> None:
    # A target of 1e-30 of NAV is lost in the subtraction: (n * c - 1e-30) / c may exceed n.
    for shares in (1 / 3, 0.1, 7.7, 1e9 / 7):
        for close in (3.0, 0.07, 123.456):
            orders, _ = plan_orders([1e-30], held([shares], [close]), FREE)
            assert -shares <= orders[0].size < -0.999 * shares
