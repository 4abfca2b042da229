"""Circular shifts of positions: worked by hand, by a plain loop, and on positions without skill."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kstest

from engine.inference import resampled
from engine.inference.resampled import StatisticOfRows
from engine.inference.timing import circular_shift_test, placed, turnover

SIGNAL = np.array([1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], dtype=float)[:, None]
NEXT = np.array([0.03, 0.02, -0.01, 0.0, 0.04, -0.02, 0.01, -0.03, 0.02, -0.01, 0.0, -0.02])[
    :, None
]


def total(returns: np.ndarray) -> np.ndarray:
    return np.asarray(returns.sum(axis=1))


def spells(random: np.random.Generator, rows: int, length: float) -> np.ndarray:
    """A position that is 0 or 1 in spells of a mean length."""
    return (np.cumsum(random.random(rows) < 1.0 / length) % 2).astype(float)


def test_all_shifts_of_a_toy_are_those_worked_by_hand() -> None:
    found = circular_shift_test(SIGNAL, NEXT, seed=1, statistic=total)
    expected = [-0.02, 0.0, -0.01, 0.07, 0.0, -0.03, -0.03, 0.08, -0.01, -0.02, -0.02]
    assert found.observed == pytest.approx(0.11)
    np.testing.assert_allclose(found.null, expected, atol=1e-12)
    assert found.p_value == pytest.approx(1 / 12)
    assert (found.count, found.possible, found.n, found.seed) == (11, 11, 12, None)
    assert found.percentile == 1.0


def test_turnover_is_half_of_what_is_traded_round_the_circle() -> None:
    # From cash into the one sleeve is half, from one sleeve to the other all; the first row follows
    # the last: 0.5 from the one to the other.
    shares = np.array([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0], [0.5, 0.5]])
    np.testing.assert_allclose(turnover(shares), [0.5, 1.0, 1.0, 0.5])


def test_turnover_counts_what_goes_to_cash() -> None:
    # Selling 1 and holding cash moves cash by 1: traded 1 of NAV, one-way with cash counted 1.
    np.testing.assert_allclose(turnover(np.array([[1.0], [0.0]])), [1.0, 1.0])


@pytest.mark.parametrize("statistic", [resampled.growth, resampled.sharpe_period])
def test_shifts_are_net_of_costs(statistic: StatisticOfRows) -> None:
    random = np.random.default_rng(2)
    one = spells(random, 40, 6.0)
    shares, returns = np.column_stack((one, 1.0 - one)), random.normal(0.0, 0.02, (40, 2))
    found = circular_shift_test(shares, returns, cost=0.003, seed=1, statistic=statistic)
    for shift in (0, 1, 17, 39):
        moved = np.roll(shares, shift, axis=0)
        traded = np.abs(moved - np.roll(moved, 1, axis=0)).sum(axis=1) / 2
        net = (moved * returns).sum(axis=1) - 0.003 * traded
        expected = statistic(net[None, :])[0]
        value = found.observed if shift == 0 else found.null[shift - 1]
        assert value == pytest.approx(expected, rel=1e-10)


def test_shifts_are_drawn_by_seed_without_repetition() -> None:
    random = np.random.default_rng(3)
    shares, returns = spells(random, 300, 20.0)[:, None], random.normal(0.0, 0.02, (300, 1))
    one = circular_shift_test(shares, returns, seed=5, count=50)
    again = circular_shift_test(shares, returns, seed=5, count=50)
    other = circular_shift_test(shares, returns, seed=6, count=50)
    np.testing.assert_array_equal(one.null, again.null)
    assert not np.array_equal(one.null, other.null)
    assert (one.count, one.possible, one.seed) == (50, 299, 5)
    assert len(set(one.null.tolist())) == 50


def test_shifts_that_are_too_short_are_left_out() -> None:
    found = circular_shift_test(SIGNAL, NEXT, seed=1, min_shift=3, statistic=total)
    np.testing.assert_allclose(found.null, [-0.01, 0.07, 0.0, -0.03, -0.03, 0.08, -0.01], atol=1e-9)
    assert found.p_value == pytest.approx(1 / 8)


def test_shifts_that_move_positions_ahead_are_left_out() -> None:
    # 2 rows ahead are 10 rows later on a circle of 12: the last two of eleven shifts.
    found = circular_shift_test(SIGNAL, NEXT, seed=1, lead=2, statistic=total)
    expected = [-0.02, 0.0, -0.01, 0.07, 0.0, -0.03, -0.03, 0.08, -0.01]
    np.testing.assert_allclose(found.null, expected, atol=1e-12)


def test_what_cannot_be_told_is_undefined_with_a_reason() -> None:
    held = circular_shift_test(np.ones((20, 1)), np.zeros((20, 1)), seed=1)
    assert math.isnan(held.p_value)
    assert "never change" in held.reason
    short = circular_shift_test(SIGNAL, NEXT, seed=1, min_shift=7)
    assert math.isnan(short.p_value)
    assert "no shift of at least 7" in short.reason
    with pytest.raises(ValueError, match="finite"):
        circular_shift_test(SIGNAL, np.where(NEXT > 0.03, np.nan, NEXT), seed=1)


def test_returns_below_all_and_costs_below_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match=r"row 4 is -1\.2: none is below -1"):
        circular_shift_test(SIGNAL, np.where(NEXT == 0.04, -1.2, NEXT), seed=1)
    for cost in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="costs are at least 0"):
            circular_shift_test(SIGNAL, NEXT, cost=cost, seed=1)


def test_an_arrangement_without_a_statistic_does_not_help() -> None:
    null = np.array([math.nan, 0.1, 0.2])
    assert placed(0.5, null, 3, 10, 1).p_value == 0.5  # (1 + 1) / (1 + 3)
    assert math.isnan(placed(math.nan, null, 3, 10, 1).p_value)


def test_ruin_is_below_everything() -> None:
    shares, returns = np.array([[1.0], [0.0], [0.0]]), np.array([[-1.0], [0.1], [0.2]])
    found = circular_shift_test(shares, returns, seed=1)
    assert found.observed == -math.inf
    assert found.p_value == 1.0


def test_positions_without_skill_have_uniform_p_values() -> None:
    p_values = []
    for world in range(300):
        random = np.random.default_rng([7, world])
        one = spells(random, 200, 15.0)
        shares = np.column_stack((one, 1.0 - one))
        returns = random.normal(0.0005, 0.03, (200, 2))
        p_values.append(circular_shift_test(shares, returns, cost=0.003, seed=world).p_value)
    known = np.array(p_values)
    assert kstest(known, "uniform").pvalue > 0.01
    assert abs(np.mean(known <= 0.05) - 0.05) <= 0.025


def test_skill_is_found_the_more_often_the_stronger_it_is() -> None:
    def rejected(edge: float) -> float:
        count = 0
        for world in range(40):
            random = np.random.default_rng([9, world])
            one = spells(random, 400, 10.0)[:, None]
            returns = random.normal(0.0, 0.02, (400, 1)) + edge * one
            count += circular_shift_test(one, returns, seed=world, count=199).p_value <= 0.05
        return count / 40

    found = [rejected(edge) for edge in (0.0, 0.003, 0.012)]
    assert found == sorted(found)
    assert found[0] <= 0.15
    assert found[2] >= 0.9
