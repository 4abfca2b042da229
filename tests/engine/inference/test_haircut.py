"""Haircuts: limits, the real p-values of others, and the authors' model drawn again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.inference.haircut import (
    autocorrelation_adjusted,
    haircuts,
    sharpe_of,
    simulated_haircuts,
    single_p_value,
)

NAN = math.nan


def test_a_ratio_and_its_p_value_are_each_other_s_inverse() -> None:
    assert sharpe_of(single_p_value(0.8, 60), 60) == pytest.approx(0.8)
    # t = 0.5 sqrt(5) of 60 months is below its 5 % value, 2.001.
    assert single_p_value(2.000995378 / math.sqrt(5), 60) == pytest.approx(0.05, abs=1e-8)


def test_a_single_test_is_not_cut() -> None:
    for cut in haircuts(0.8, 60, 1, np.array([])).values():
        assert cut.sharpe == pytest.approx(0.8)
        assert cut.lost == pytest.approx(0.0, abs=1e-9)


def test_more_tests_than_a_ratio_can_bear_leave_nothing() -> None:
    cut = haircuts(0.3, 24, 1000)["bonferroni"]
    assert (cut.p_value, cut.sharpe, cut.lost) == (1.0, 0.0, 1.0)


def test_holm_among_hopeless_others_is_bonferroni() -> None:
    found = haircuts(1.5, 60, 20, np.ones(19))
    assert found["holm"].p_value == pytest.approx(found["bonferroni"].p_value)
    # By 20 (1 + 1/2 + ... + 1/20) = 20 * 3.59774.
    assert found["bhy"].p_value == pytest.approx(3.5977397 * found["bonferroni"].p_value, rel=1e-6)


def test_a_loss_stays_a_loss() -> None:
    up, down = haircuts(1.0, 60, 5)["sidak"], haircuts(-1.0, 60, 5)["sidak"]
    assert down.sharpe == pytest.approx(-up.sharpe)
    assert down.lost == pytest.approx(up.lost)


def test_the_haircut_of_nothing_is_undefined() -> None:
    assert math.isnan(haircuts(0.0, 60, 5)["bonferroni"].lost)
    for cut in haircuts(1.0, 1, 5, np.ones(4)).values():
        assert np.isnan([cut.p_value, cut.sharpe, cut.lost]).all()
    for cut in simulated_haircuts(NAN, 60, 5, 0.2, seed=1).values():
        assert math.isnan(cut.p_value)


def test_memory_is_taken_out_first() -> None:
    assert autocorrelation_adjusted(1.0, 0.0) == pytest.approx(1.0)
    assert autocorrelation_adjusted(1.0, -0.1) > 1.0


def test_others_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="counts this test"):
        haircuts(1.0, 60, 3, np.ones(3))
    with pytest.raises(ValueError, match="counts this test"):
        haircuts(1.0, 60, 0)
    with pytest.raises(ValueError, match=r"from 0 to 0\.8, not 0\.9"):
        simulated_haircuts(1.0, 60, 5, 0.9, seed=1)


def test_a_seed_draws_the_same_again() -> None:
    first, again, other = (
        simulated_haircuts(1.0, 120, 50, 0.3, seed=seed, draws=300) for seed in (1, 1, 2)
    )
    assert first == again
    assert first["holm"].p_value == pytest.approx(other["holm"].p_value, abs=0.1)


def test_drawn_others_are_adjusted_as_real_ones_are() -> None:
    # A single draw is one set of others: the same p-value among them by the library.
    from engine.inference.haircut import _adjusted_among, _model_p_values

    single = single_p_value(0.9, 120)
    others = _model_p_values(30, 0.4, np.random.default_rng(3), draws=5)
    holm, bhy = _adjusted_among(single, others)
    for row in range(5):
        found = haircuts(0.9, 120, 31, others[row])
        assert holm[row] == pytest.approx(found["holm"].p_value, rel=1e-12)
        assert bhy[row] == pytest.approx(found["bhy"].p_value, rel=1e-12)


def test_a_test_without_a_p_value_counts_for_one_that_failed() -> None:
    found = haircuts(1.0, 120, 3, np.array([0.1, NAN]))
    assert found == haircuts(1.0, 120, 3, np.array([0.1, 1.0]))
    # Not 2 p, as if two had been made.
    assert found["holm"].p_value == pytest.approx(3.0 * single_p_value(1.0, 120))


def test_a_ratio_whose_p_value_no_float_holds_is_not_added_to() -> None:
    for cut in haircuts(100.0, 600, 10).values():
        assert (cut.sharpe, cut.lost) == (100.0, 0.0)
    assert haircuts(-100.0, 600, 10)["sidak"].sharpe == -100.0
    assert math.isnan(single_p_value(math.inf, 60))


def test_what_is_drawn_has_its_seed_and_count() -> None:
    drawn = simulated_haircuts(1.0, 120, 5, 0.2, seed=7, draws=20)
    assert {(cut.draws, cut.seed) for cut in drawn.values()} == {(20, 7)}
    unknown = simulated_haircuts(NAN, 120, 5, 0.2, seed=7, draws=20)
    assert {(cut.draws, cut.seed) for cut in unknown.values()} == {(20, 7)}
    assert haircuts(1.0, 120, 5)["sidak"].seed is None


def test_no_other_tests_no_draws_and_no_p_values_are_refused() -> None:
    with pytest.raises(ValueError, match="both are at least 1"):
        simulated_haircuts(1.0, 120, 0, 0.2, seed=1)
    with pytest.raises(ValueError, match="both are at least 1"):
        simulated_haircuts(1.0, 120, 5, 0.2, seed=1, draws=0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        sharpe_of(1.5, 60)
