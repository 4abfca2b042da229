"""What luck finds in a search, against simulations of searches without skill."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.inference.searches import (
    effective_trials,
    expected_best,
    expected_maximum,
    independent_trials,
    independent_variance,
    lucky_search,
    mean_correlation,
    min_backtest_years,
    min_backtest_years_bound,
    weighted_variance,
)

NAN = math.nan


@pytest.mark.parametrize("trials", [10, 45, 200])
def test_the_expected_maximum_is_near_the_integral_that_it_stands_for(trials: int) -> None:
    z = np.linspace(-8.0, 8.0, 20_001)
    density = np.exp(-(z**2) / 2.0) / math.sqrt(2.0 * math.pi)
    below = np.cumsum(density) * (z[1] - z[0])
    exact = np.sum(z * trials * density * below ** (trials - 1)) * (z[1] - z[0])
    assert expected_maximum(trials) == pytest.approx(exact, rel=0.025)


def test_a_single_trial_searches_nothing_and_part_of_a_second_a_little() -> None:
    assert expected_maximum(1) == 0.0
    assert expected_maximum(1.5) == pytest.approx(0.5197553442805939 / 2)
    assert expected_maximum(1.999999) == pytest.approx(expected_maximum(2), abs=1e-6)
    assert math.isnan(expected_maximum(0))
    assert math.isnan(expected_maximum(NAN))


def test_the_best_of_a_search_scales_with_the_spread() -> None:
    assert expected_best(10, 0.04) == pytest.approx(0.2 * 1.57459830134575)
    assert expected_best(1, NAN) == 0.0
    assert math.isnan(expected_best(10, NAN))
    assert math.isnan(expected_best(10, -1.0))


def test_a_better_target_needs_fewer_years() -> None:
    assert min_backtest_years(45, 2.0) == pytest.approx(4.998087004443404 / 4)
    # 2 ln 45 / 4
    assert min_backtest_years_bound(45, 2.0) == pytest.approx(1.9033312449)
    assert math.isnan(min_backtest_years_bound(0))


def test_no_target_needs_no_years_and_no_search_is_without_end() -> None:
    for target in (0.0, -1.0, NAN):
        assert math.isnan(min_backtest_years(10, target))
        assert math.isnan(min_backtest_years_bound(10, target))
    # The largest of N normals grows like sqrt(2 ln N): 8.58 for 1e16.
    assert expected_maximum(1e16) == pytest.approx(math.sqrt(2 * math.log(1e16)), rel=0.06)
    assert expected_maximum(1e15) < expected_maximum(1e16) < expected_maximum(1e300)
    assert math.isnan(expected_maximum(math.inf))
    assert math.isnan(min_backtest_years_bound(math.inf))


def test_a_lucky_search_has_a_best_that_good() -> None:
    # A ratio of 0 is beaten by half of all trials: 1 - 0.5^3.
    assert lucky_search(0.0, 100, 3) == pytest.approx(0.875)
    # Beyond 1.644854 errors is one trial in 20.
    assert lucky_search(0.1644854, 101, 1) == pytest.approx(0.05, abs=1e-6)
    # Of 2: twice the tail of 10 errors, 7.61985e-24, whose digits 1 - tail would lose.
    assert lucky_search(1.0, 101, 2) == pytest.approx(2 * 7.61985e-24, rel=1e-5, abs=0.0)
    assert math.isnan(lucky_search(NAN, 100, 3))
    assert math.isnan(lucky_search(0.1, 1, 3))


def test_the_mean_correlation_is_that_of_the_table_of_correlations() -> None:
    random = np.random.default_rng(3)
    returns = random.standard_normal((200, 6)) + random.standard_normal((200, 1))
    table = np.corrcoef(returns.T)
    expected = (table.sum() - 6) / 30
    assert mean_correlation(returns) == pytest.approx(expected, rel=1e-12)
    # One that does not vary correlates with nothing and is not among the pairs.
    padded = np.column_stack((returns, np.full(200, 0.01)))
    assert mean_correlation(padded) == pytest.approx(expected, rel=1e-12)


def test_trials_that_go_against_each_other_are_not_more_than_they_are() -> None:
    rise = np.array([0.01, -0.02, 0.03, 0.01])
    assert mean_correlation(np.column_stack((rise, -rise))) == 0.0
    assert effective_trials(np.column_stack((rise, -rise))) == 2.0


@pytest.mark.parametrize("value", [NAN, math.inf])
def test_a_trial_with_an_unknown_return_is_refused_by_its_place(value: float) -> None:
    # Left in, it would make twenty trials count for one.
    returns = np.random.default_rng(2).normal(0.0, 0.01, (200, 20))
    returns[7, 13] = value
    for function in (mean_correlation, effective_trials):
        with pytest.raises(ValueError, match="trial 13 has a return that is not finite"):
            function(returns)


@pytest.mark.parametrize("correlation", [NAN, 2.0, -1.1, math.inf])
def test_what_is_no_correlation_is_refused(correlation: float) -> None:
    with pytest.raises(ValueError, match="from -1 to 1"):
        independent_trials(20, correlation)
    with pytest.raises(ValueError, match="from -1 to 1"):
        independent_variance(0.1, correlation, 100)


def test_a_negative_correlation_makes_no_more_trials_than_were_made() -> None:
    assert independent_trials(20, -0.3) == 20.0
    assert independent_variance(0.02, -0.3, 1001) == 0.02


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (5, 0), (5, 1)])
def test_correlation_that_cannot_be_told_is_taken_for_none(shape: tuple[int, int]) -> None:
    assert mean_correlation(np.ones(shape)) == 0.0


def test_copies_of_one_trial_are_one_trial() -> None:
    one = np.random.default_rng(1).standard_normal((100, 1))
    assert effective_trials(np.repeat(one, 30, axis=1)) == pytest.approx(1.0)


def test_copies_added_to_different_trials_count_for_twice_those_at_most() -> None:
    # Columns of a Hadamard matrix less the first are uncorrelated.
    signs = np.array([[1.0]])
    for _ in range(3):
        signs = np.block([[signs, signs], [signs, -signs]])
    different = signs[:, 1:]
    assert effective_trials(different) == pytest.approx(7.0)
    padded = np.hstack((different, np.repeat(different[:, :1], 500, axis=1)))
    assert 7.0 < effective_trials(padded) < 14.0


def test_what_trials_have_in_common_does_not_spread_them() -> None:
    # 0.02 / (1 - 0.6)
    assert independent_variance(0.02, 0.6, 1001) == pytest.approx(0.05)
    # Noise alone spreads by 1 / 1000, whatever few trials show.
    assert independent_variance(1e-6, 0.0, 1001) == pytest.approx(0.001)
    assert independent_variance(NAN, 0.0, 1001) == pytest.approx(0.001)
    assert independent_variance(0.0, 1.0, 1001) == pytest.approx(0.001)
    assert math.isnan(independent_variance(0.1, 0.0, 1))


@pytest.mark.parametrize("trials", [2, 5, 10, 50])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8, 0.95])
def test_few_searches_without_skill_look_lucky_or_pass_deflation(
    trials: int, correlation: float
) -> None:
    """Ratios in standard errors; the error of a share from 10,000 searches is 0.2 points."""
    random = np.random.default_rng(trials)
    own = random.standard_normal((10_000, trials)).max(axis=1)
    common = random.standard_normal(10_000)
    best = math.sqrt(correlation) * common + math.sqrt(1.0 - correlation) * own
    effective = independent_trials(trials, correlation)
    # With 1 / (n - 1) for the unit of variance, a ratio in errors is one of two returns.
    lucky = np.mean([lucky_search(ratio, 2, effective) < 0.05 for ratio in best[:4_000]])
    assert 0.02 <= lucky <= 0.08
    passed = np.mean(best - expected_maximum(effective) > 1.6448536)
    assert passed <= 0.07


def test_a_lucky_search_nine_errors_out_has_its_digits() -> None:
    # 1 - Phi(9) = 1.1285884e-19 in the tables.
    assert lucky_search(0.9, 101, 1) == pytest.approx(1.1285884e-19, rel=1e-7, abs=0.0)


def test_a_short_record_hardly_spreads_the_ratios_of_long_ones() -> None:
    ratios, lengths = np.array([0.05, 0.06, math.nan, 0.30]), np.array([2000.0, 2000.0, 9.0, 40.0])
    # By hand: weights 1, 1, 0.02; mean 0.116 / 2.02; 0.000106... + 0.02 (0.30 - m)^2 = 0.00124...
    middle = 0.116 / 2.02
    squares = (0.05 - middle) ** 2 + (0.06 - middle) ** 2 + 0.02 * (0.30 - middle) ** 2
    expected = squares / (2.02 - (1.0 + 1.0 + 0.0004) / 2.02)
    assert weighted_variance(ratios, lengths) == pytest.approx(expected, rel=1e-12)
    assert weighted_variance(ratios, lengths) < 0.07 * weighted_variance(ratios)


def test_records_of_one_length_have_the_usual_variance() -> None:
    ratios = np.array([0.1, 0.4, math.nan, -0.2])
    assert weighted_variance(ratios, np.full(4, 7.0)) == pytest.approx(0.09, rel=1e-12)
    assert weighted_variance(ratios) == pytest.approx(0.09, rel=1e-12)
    assert math.isnan(weighted_variance(ratios[:1], np.ones(1)))
