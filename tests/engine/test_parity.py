"""The replay equals plain backtrader, bar by bar and order by order."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.cerebro.replay import replay
from engine.execution import ExecutionSpec
from engine.ledger import Ledger
from feeds.panel import Panel
from tests.engine.plain import Outcome, draw_decisions, draw_panel, run_plain

NO_LIMIT = 10**6
CASES = 40


@pytest.mark.parametrize("seed", range(CASES))
def test_rejecting_replay_equals_plain_backtrader(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = draw_panel(rng)
    total = float(rng.choice([0.9, 1.0, 1.1]))  # 1.0 and 1.1 run out of cash all the time
    decide, weights = draw_decisions(rng, panel, total)
    spec = ExecutionSpec(
        on_shortfall="reject",
        reserve=float(rng.choice([0.0, 0.02])),
        # Without any fee, full investment leaves cash of exactly 0 and the last bit decides.
        fee_bps=float(rng.choice([1.0, 10.0])),
        slippage_bps=float(rng.choice([0.0, 5.0])),
        max_stale_days=NO_LIMIT,
    )
    plain = run_plain(panel, decide, weights, spec)
    ledger = replay(panel, decide, weights, spec)
    _assert_same_nav(ledger, plain)
    _assert_same_orders(ledger, plain, panel)


@pytest.mark.parametrize("seed", range(CASES, CASES + 20))
def test_scaling_replay_equals_plain_backtrader_while_cash_suffices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = draw_panel(rng)
    decide, weights = draw_decisions(rng, panel, 0.5)
    spec = ExecutionSpec(max_stale_days=NO_LIMIT)
    plain = run_plain(panel, decide, weights, spec)
    ledger = replay(panel, decide, weights, spec)
    assert not any(order.reason == "shortfall" for order in ledger.orders)
    _assert_same_nav(ledger, plain)
    _assert_same_orders(ledger, plain, panel)


def _assert_same_nav(ledger: Ledger, plain: Outcome) -> None:
    rows = np.array(sorted(plain.nav))
    expected = np.array([plain.nav[row] for row in rows])
    np.testing.assert_allclose(ledger.nav[rows], expected, rtol=1e-12, atol=0)


def _assert_same_orders(ledger: Ledger, plain: Outcome, panel: Panel) -> None:
    row_of = {time: row for row, time in enumerate(panel.known_at)}
    ours = []
    for order in ledger.orders:
        if order.status == "skipped":
            continue
        filled = None
        if order.status == "filled":
            filled = int(np.searchsorted(panel.opened_at, order.filled_at))
        ours.append((row_of[order.decided_at], order.id, order.status, filled, order.ordered))
    theirs = [order for order in plain.orders if order[:2] not in plain.ties]
    ours = [order for order in ours if order[:2] not in plain.ties]
    assert [order[:4] for order in ours] == [order[:4] for order in theirs]
    # A size is the difference of two values: its relative error is that of NAV, magnified.
    np.testing.assert_allclose(
        [order[4] for order in ours], [order[4] for order in theirs], rtol=1e-8
    )


@pytest.mark.shared
def test_the_benchmark_workload_ends_on_the_value_of_plain_backtrader(shared: Path) -> None:
    gen = _module(shared / "bench" / "gen.py")
    data = gen.make("W1")
    risk_on = gen.risk_on(data)
    decide = gen.decisions(data, risk_on)
    weights = gen.weight_panel(data, risk_on, decide)
    days = data["dt"].astype("datetime64[ns]")
    panel = Panel.build(
        "coins",
        "24/7",
        days,
        days,
        days + np.timedelta64(1, "D"),
        tuple(data["names"]),
        {key: data[key] for key in ("open", "high", "low", "close", "volume")},
    )
    spec = ExecutionSpec(reserve=0.0, band=0.0, on_shortfall="reject")
    ledger = replay(panel, decide, weights, spec)
    # The value of plain backtrader, printed by the benchmark's own script.
    assert ledger.nav[-1] == pytest.approx(22991.660135534246, rel=1e-12)
    scaled = replay(panel, decide, weights, ExecutionSpec(reserve=0.0))
    assert scaled.nav[-1] == pytest.approx(22991.660135534246, rel=1e-12)


def _module(path: Path):  # type: ignore[no-untyped-def]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
