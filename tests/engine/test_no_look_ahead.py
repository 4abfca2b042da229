"""Nothing that is known later changes what was done before: the whole run, poisoned."""

from __future__ import annotations

import numpy as np
import pytest

from engine.ledger import Order
from engine.simulation import Simulation
from feeds.arrays import Instant
from tests.engine import markets

SPOILS = {"noise": markets.noise, "blank": markets.blank, "backwards": markets.backwards}
ROWS = np.random.default_rng(11).choice(np.arange(5, 380), size=20, replace=False)
CASES = [
    *((int(row), name, "rotation") for row in ROWS for name in SPOILS),
    *((int(row), "noise", kind) for row in ROWS[:4] for kind in ("buy_and_hold", "fixed_mix")),
]


@pytest.fixture(scope="module")
def clean() -> dict[str, Simulation]:
    return {}


def _clean(known: dict[str, Simulation], strategy: str) -> Simulation:
    if strategy not in known:
        of = markets.experiment(strategy, benchmarks=False)
        known[strategy] = markets.simulation(of, markets.prepared(of))
    return known[strategy]


@pytest.mark.parametrize(("row", "spoil", "strategy"), CASES)
def test_a_spoilt_future_changes_nothing_before_it(
    clean: dict[str, Simulation], row: int, spoil: str, strategy: str
) -> None:
    of = markets.experiment(strategy, benchmarks=False)
    before = _clean(clean, strategy)
    instant = before.ledger.time[row]
    panels = markets.spoilt(markets.market()[0], instant, SPOILS[spoil])
    after = markets.simulation(of, markets.prepared(of, panels))
    rows = row + 1
    np.testing.assert_array_equal(after.ledger.nav[:rows], before.ledger.nav[:rows])
    np.testing.assert_array_equal(after.ledger.cash[:rows], before.ledger.cash[:rows])
    assert _holdings(after, rows) == _holdings(before, rows)
    assert _decisions(after, row) == _decisions(before, row)
    assert _orders(after, instant) == _orders(before, instant)
    for name, values in before.signals.values.items():
        # The clock begins before the period: warm-up rows are compared as well.
        ahead = len(values) - len(before.ledger.nav) + rows
        np.testing.assert_array_equal(after.signals.values[name][:ahead], values[:ahead])


def test_the_config_decides_often_enough_to_be_worth_poisoning(
    clean: dict[str, Simulation],
) -> None:
    run = _clean(clean, "rotation")
    assert run.counts["decisions_changed"] >= 5
    assert len([order for order in run.ledger.orders if order.shares]) >= 50


def _holdings(run: Simulation, rows: int) -> dict[str, list[float]]:
    table = run.ledger.shares[:rows]
    held = [column for column in range(table.shape[1]) if table[:, column].any()]
    return {run.ledger.ids[column]: table[:, column].tolist() for column in held}


def _decisions(run: Simulation, row: int) -> list[tuple[object, ...]]:
    found = []
    for decision in run.decisions:
        if decision.row <= row:
            weights = () if decision.weights is None else _named(run, decision.target)
            shares = None if decision.shares is None else dict(decision.shares)
            found.append((decision.row, decision.reason, shares, weights))
    return found


def _named(run: Simulation, weights: np.ndarray) -> tuple[tuple[str, float], ...]:
    pairs = zip(run.ledger.ids, weights.tolist(), strict=True)
    return tuple((name, weight) for name, weight in pairs if weight)


def _orders(run: Simulation, instant: Instant) -> list[tuple[object, ...]]:
    """Every order decided by then; its fill as well, if the bar that filled it was known."""
    known = run.ledger.time[run.ledger.time <= instant]

    def view(order: Order) -> tuple[object, ...]:
        filled = not np.isnat(order.filled_at) and order.filled_at < known[-1]
        end = (order.filled_at, order.shares, order.price, order.fee, order.reason)
        return (order.decided_at, order.id, order.ordered, end if filled else None)

    return [view(order) for order in run.ledger.orders if order.decided_at <= instant]
