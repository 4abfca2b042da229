"""The laws a ledger obeys at every bar; a broken one stops the run instead of a wrong number."""

from __future__ import annotations

import numpy as np

from engine.execution import ExecutionSpec
from engine.ledger import WRITTEN_OFF, Ledger
from feeds.arrays import Bool, Float, text
from feeds.errors import EngineError
from feeds.panel import Panel

RELATIVE = 1e-8
"""Tolerance of sums over a whole run, relative to NAV."""


def check_laws(ledger: Ledger, panel: Panel, spec: ExecutionSpec, *, long_only: bool) -> None:
    """Check that cash, holdings, fills and NAV balance.

    Parameters
    ----------
    ledger : Ledger
    panel : Panel
        The bars that were replayed.
    spec : ExecutionSpec
    long_only : bool
        Whether cash and holdings must not be negative.

    Raises
    ------
    EngineError
        Naming the law and the first bar that breaks it.
    """
    value = np.nansum(ledger.shares * np.nan_to_num(ledger.marks), axis=1)
    _law("cash plus positions is NAV", ledger, ledger.cash + value, ledger.nav)
    _law("NAV is positive", ledger, np.minimum(ledger.nav, 0.0), np.zeros(len(ledger.time)))
    cash, shares = _replayed(ledger, panel)
    _law("cash changes by fills, fees and write-offs only", ledger, cash, ledger.cash)
    _law("holdings change by fills and write-offs only", ledger, shares, ledger.shares)
    if long_only:
        floor = np.minimum(ledger.cash, 0.0)
        _law("cash is never negative", ledger, floor, np.zeros(len(floor)))
        _law("no short positions", ledger, np.minimum(ledger.shares, 0.0), 0 * ledger.shares)
    _check_fills(ledger, panel, spec)


def _law(name: str, ledger: Ledger, left: Float, right: Float) -> None:
    scale = np.maximum(np.abs(ledger.nav), 1.0)
    if left.ndim == 2:
        scale = np.maximum(1.0, np.abs(right).max(initial=0.0, axis=0))
    wrong = ~(np.abs(left - right) <= RELATIVE * scale)
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise EngineError(
            f"ledger law broken at {text(ledger.time[row])}: {name} "
            f"({left[row]!r} against {right[row]!r}). This is a bug in the engine: no result "
            "was written; please report it with the config"
        )


def _replayed(ledger: Ledger, panel: Panel) -> tuple[Float, Float]:
    """Cash and holdings rebuilt from the order log alone."""
    cash_flow = np.zeros(len(ledger.time))
    traded = np.zeros(ledger.shares.shape)
    for order in ledger.orders:
        if order.shares:
            row = _row(panel, order.filled_at)
            cash_flow[row] -= order.shares * order.price + order.fee
            traded[row, ledger.ids.index(order.id)] += order.shares
    return ledger.start_cash + np.cumsum(cash_flow), np.cumsum(traded, axis=0)


def _row(panel: Panel, opened_at: object) -> int:
    return int(np.searchsorted(panel.opened_at, np.asarray(opened_at), side="right")) - 1


def _check_fills(ledger: Ledger, panel: Panel, spec: ExecutionSpec) -> None:
    """Fills belong to bars: after the decision, inside the bar, never more than was ordered."""
    volume = panel.fields.get("volume")
    for order in ledger.orders:
        if not order.shares or order.status == WRITTEN_OFF:
            continue
        row, column = _row(panel, order.filled_at), panel.ids.index(order.id)
        slip = spec.slippage_bps / 10_000 + RELATIVE
        prices = [panel[key][row, column] for key in ("open", "low", "high")]
        problems: dict[str, Bool | bool] = {
            "a fill precedes its decision": order.filled_at < order.decided_at,
            "a fill has no bar": not panel.has_bar[row, column],
            "a fill has no volume": volume is not None and volume[row, column] == 0,
            "a fill is outside its bar": not (
                min(prices) * (1 - slip) <= order.price <= max(prices) * (1 + slip)
            ),
            "more is filled than ordered": (
                abs(order.shares) > abs(order.ordered) * (1 + RELATIVE)
            ),
            "a fee is not the rate times the notional": not np.isclose(
                order.fee,
                abs(order.shares) * order.price * spec.fee_bps / 10_000,
                rtol=RELATIVE,
                atol=0.0,
            ),
        }
        for problem, broken in problems.items():
            if broken:
                raise EngineError(
                    f"ledger law broken at {text(order.filled_at)}: {problem} ({order}). This is "
                    "a bug in the engine: no result was written; please report it"
                )
