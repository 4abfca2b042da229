"""Random rotations: the arithmetic called directly gives the bits of the replay."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine.cerebro.market import prepare
from engine.cerebro.replay import replay_targets
from engine.config import Experiment, load_config
from engine.execution import ExecutionSpec
from engine.inference.positions import positions_of
from engine.inference.rotations import Plan, direct_nav, random_decisions, rotation_test
from engine.inputs import Inputs
from engine.simulation import Simulation
from engine.spells import random_rotation, spells_of
from feeds.errors import EngineError
from tests.engine import markets
from tests.panels import coins

RANDOM = {"lucky": {"random": {"seed": 23}}}


def ran(**parts: object) -> tuple[Experiment, Inputs, Simulation]:
    of = load_config({**markets.EVERYTHING, **parts})
    inputs = markets.prepared(of)
    return of, inputs, markets.simulation(of, inputs)


def targets(simulation: Simulation) -> dict[int, Any]:
    taken = [each for each in simulation.decisions if each.weights is not None]
    return {each.row: memoryview(each.target.tobytes()).cast("d") for each in taken}


@pytest.mark.parametrize(
    "execution",
    [
        {"band": 0.01},
        {"delay_bars": 3},
        {"delay_bars": 200},
        {"on_shortfall": "reject", "reserve": 0.0},
        {"lot_size": 0.5, "min_notional": 50.0, "fee_bps": 40.0},
    ],
    ids=str,
)
def test_the_strategys_own_decisions_give_the_navs_of_the_replay(
    execution: dict[str, object],
) -> None:
    of, inputs, run = ran(execution={**execution, "max_stale_days": 10_000})
    plan = Plan(of, inputs)
    np.testing.assert_array_equal(
        direct_nav(plan.market, targets(run), of.execution), run.ledger.nav
    )


def test_endings_and_halts_are_booked_as_in_the_replay() -> None:
    of, inputs, run = ran(strategy=markets.STRATEGIES["fixed_mix"])
    # Something of the kind happens in this market while it is held.
    assert any(order.status == "written_off" for order in run.ledger.orders)
    plan = Plan(of, inputs)
    np.testing.assert_array_equal(
        direct_nav(plan.market, targets(run), of.execution), run.ledger.nav
    )


def test_bars_of_other_panels_change_nothing() -> None:
    panel = coins({"A": [10.0, 11.0, 12.0, 9.0, 8.0], "B": [5.0, 5.0, None, 6.0, 7.0]})
    decisions = {0: [0.5, 0.5], 2: [0.0, 1.0]}
    other = coins({"C": [1.0, 2.0, 3.0, 4.0, 5.0]})
    beside = type(other)(**{**vars(other), "name": "beside"})
    ledger = replay_targets(panel, decisions, ExecutionSpec(), others=(beside,))
    market = prepare(panel, (), ())
    buffers = {
        row: memoryview(np.array(each).tobytes()).cast("d") for row, each in decisions.items()
    }
    np.testing.assert_array_equal(direct_nav(market, buffers, ExecutionSpec()), ledger.nav)


@pytest.mark.parametrize("schedule", ["weekly", "monthly", "on_change"])
def test_a_random_rotation_is_the_benchmark_of_that_seed(schedule: str) -> None:
    of, inputs, run = ran(schedule={"kind": schedule}, benchmarks=RANDOM)
    plan = Plan(of, inputs)
    nav = direct_nav(plan.market, random_decisions(plan, run.decisions, 23), of.execution)
    np.testing.assert_array_equal(nav, run.benchmarks["lucky"].nav)


def test_rotations_keep_the_shares_and_nearly_the_number_of_changes() -> None:
    of, inputs, run = ran()
    plan = Plan(of, inputs)
    _, own = spells_of(run.decisions, plan.rows)
    on = sum(spell.rows for spell in own if "alts" in spell.shares)
    for seed in range(5):
        decided = random_decisions(plan, run.decisions, seed)
        rows = [*decided, plan.rows]
        # BTC has 0.1 beside alts and 1 without.
        btc = inputs.clock.ids.index("BTC")
        held = [decided[row][btc] < 0.5 for row in rows[:-1]]
        long = sum(b - a for a, b, alts in zip(rows[:-1], rows[1:], held, strict=True) if alts)
        assert long == on
        changes = sum(a != b for a, b in pairwise(held))
        assert abs(changes - (len(own) - 1)) <= 1


def test_the_test_counts_rotations_that_grew_as_much() -> None:
    of, inputs, run = ran()
    plan = Plan(of, inputs)
    found = rotation_test(plan, run, seed=5, count=20)
    assert found.observed == pytest.approx(
        math.log(run.ledger.nav[-1] / of.execution.cash) / plan.rows
    )
    above = sum(each >= found.observed for each in found.null.tolist())
    assert found.p_value == pytest.approx((1 + above) / 21)
    assert (found.count, found.n, found.seed) == (20, plan.rows, 5)
    again = rotation_test(Plan(of, inputs), run, seed=5, count=20)
    np.testing.assert_array_equal(found.null, again.null)
    assert len(set(found.null.tolist())) > 10


def test_what_never_changes_cannot_be_rotated() -> None:
    of, inputs, run = ran(strategy=markets.STRATEGIES["fixed_mix"])
    found = rotation_test(Plan(of, inputs), run, seed=1, count=5)
    assert math.isnan(found.p_value)
    assert "never change" in found.reason


def test_a_raw_strategy_has_no_spells() -> None:
    parts = {key: markets.EVERYTHING[key] for key in ("version", "name", "period", "data", "clock")}
    raw = {"kind": "raw", "name": "sma_cross", "params": {"fast": 5, "slow": 20}}
    of = load_config({**parts, "strategy": raw})
    with pytest.raises(EngineError, match="no shares by sleeve"):
        Plan(of, markets.prepared(of))


def test_positions_are_the_targets_known_before_each_bar() -> None:
    of, inputs, run = ran()
    held = positions_of(Plan(of, inputs), run)
    first = run.decisions[0] if run.decisions[0].shares is not None else None
    taken = [each for each in run.decisions if each.shares is not None]
    assert held.first_row == taken[0].row + 1
    assert first is None or held.first_row == first.row + 1
    for bar in (0, 10, len(held.shares) - 1):
        before = [each for each in taken if each.row < held.first_row + bar][-1]
        expected = [before.shares.get(name, 0.0) * 0.98 for name in held.sleeves]  # type: ignore[union-attr]
        assert held.shares[bar].tolist() == pytest.approx(expected)
    # A mean of 28 days is the longest window of the signals, and the clock has a row a day.
    assert held.memory == 28
    # 10 and 5 basis points, on both sides of a switch.
    assert held.cost == pytest.approx(0.003)


def test_a_sleeve_of_one_coin_returns_what_the_coin_does() -> None:
    of, inputs, run = ran()
    held = positions_of(Plan(of, inputs), run)
    close = inputs.period.close[:, inputs.clock.ids.index("BTC")]
    own = close[1:] / close[:-1] - 1.0
    place = held.sleeves.index("btc")
    # Bought at the first open, and at no close at which it is rebalanced to what it is already.
    np.testing.assert_allclose(held.returns[1:, place], own[held.first_row :], rtol=1e-6, atol=1e-4)


def test_rotations_that_run_ahead_of_the_strategy_are_left_out() -> None:
    of, inputs, run = ran()
    plan = Plan(of, inputs)
    first, own = spells_of(run.decisions, plan.rows)
    held = np.repeat([spell.shares.get("alts", 0.0) for spell in own], [s.rows for s in own])
    away = held - held.mean()
    kept = []
    for seed in np.random.SeedSequence(5).generate_state(60).tolist():
        spells, numbers = random_rotation(run.decisions, plan.rows, seed)
        drawn = np.array([each.get("alts", 0.0) for each in spells.choices])
        other = drawn[numbers[first:].astype(int)]
        # Alts and BTC are each other's mirror, so that one sleeve tells as much as both. The
        # longest window of the signals has 28 rows.
        soon = [float(np.sum(other * np.roll(away, -k))) for k in range(1, 29)]
        if np.mean(soon) / np.sum(away * away) <= 0.2:
            nav = direct_nav(plan.market, random_decisions(plan, run.decisions, seed), of.execution)
            kept.append(math.log(nav[-1] / of.execution.cash) / plan.rows)
    assert 30 <= len(kept) < 60
    found = rotation_test(plan, run, seed=5, count=len(kept))
    np.testing.assert_allclose(found.null, kept, rtol=1e-12)
