"""What a strategy wanted to hold over each bar, and what its sleeves returned: for shift tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.execution import ExecutionSpec
from engine.inference.rotations import Plan, direct_nav
from engine.simulation import Simulation
from feeds.arrays import Float, Int


@dataclass(frozen=True, eq=False)
class Positions:
    """Target shares by sleeve and the sleeves' returns, from the first decision on.

    Attributes
    ----------
    shares : float64 (T, S)
        Share of NAV over the bar of each row, as last decided before it, after the reserve.
    returns : float64 (T, S)
        Of each sleeve held alone, before costs.
    cost : float
        Of one-way turnover, see `engine.inference.timing`: fee and slippage, paid twice.
    sleeves : tuple of str (S,)
    first_row : int
        Row of the period of the first bar.
    memory : int
        Rows that the signals look back on, as far as they say; at most a quarter of all.
    """

    shares: Float
    returns: Float
    cost: float
    sleeves: tuple[str, ...]
    first_row: int
    memory: int


def positions_of(plan: Plan, simulation: Simulation) -> Positions:
    """The positions of a run whose strategy is a rule of shares.

    Targets, not holdings: what a holding drifts by between decisions is no timing, and would count
    as turnover.
    """
    spec = plan.execution
    taken = [each for each in simulation.decisions if each.shares is not None]
    rows = np.array([each.row for each in taken], dtype=np.int64)
    wanted = np.array(
        [[(each.shares or {}).get(name, 0.0) for name in plan.sleeves] for each in taken]
    ).reshape(len(taken), len(plan.sleeves))
    # A decision at a close counts from the next bar on, or as much later as it is delayed.
    first = min(int(rows[0]) + 1 + spec.delay_bars, plan.rows) if len(rows) else plan.rows
    at = np.arange(first, plan.rows)
    last = np.searchsorted(rows + spec.delay_bars, at, side="left") - 1
    shares = wanted[last] * (1.0 - spec.reserve)
    returns = [_returns(plan, name, rows)[first:] for name in plan.sleeves]
    cost = 2.0 * (spec.fee_bps + spec.slippage_bps) / 10_000.0
    empty = np.empty((plan.rows - first, 0))
    table = np.column_stack(returns) if returns else empty
    memory = min(plan.memory, len(at) // 4)
    return Positions(shares, table, cost, plan.sleeves, first, memory)


def _returns(plan: Plan, sleeve: str, decided: Int) -> Float:
    """Returns of a sleeve held alone, without costs, float64 (T,); 0 where it has no member.

    It is rebalanced when the schedule asks; where only changes decide, when the strategy decided.
    """
    rows = np.flatnonzero(plan.due) if plan.due.any() else decided
    spec = ExecutionSpec(
        cash=plan.execution.cash, fee_bps=0.0, slippage_bps=0.0, reserve=0.0, band=0.0
    )
    targets = {row: plan.target({sleeve: 1.0}, row) for row in _with_first(plan, sleeve, rows)}
    nav = np.concatenate(([spec.cash], direct_nav(plan.market, targets, spec)))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(nav[:-1] > 0.0, nav[1:] / nav[:-1] - 1.0, 0.0)


def _with_first(plan: Plan, sleeve: str, rows: Int) -> list[int]:
    """The rows, and before them the first at which the sleeve has a member."""
    before = range(int(rows[0]) if len(rows) else plan.rows)
    first = next((row for row in before if np.any(plan.inside(sleeve, row))), None)
    return sorted({*rows.tolist(), *([] if first is None else [first])})
