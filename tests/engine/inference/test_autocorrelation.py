"""Sharpe ratios of returns with memory: closed forms, hand-worked lags, stale marks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.inference.autocorrelation import (
    adjusted_sharpe,
    aggregation_factor,
    ar1_factor,
    autocorrelations,
    automatic_lag,
)

NAN = math.nan


@pytest.mark.parametrize("rho", [-0.5, -0.1, 0.0, 0.3, 0.9])
def test_the_closed_form_is_the_sum_over_all_lags(rho: float) -> None:
    powers = [rho**k for k in range(1, 40)]
    assert ar1_factor(12, rho) == pytest.approx(aggregation_factor(12, powers), rel=1e-12)


def test_without_correlation_the_factor_is_the_root() -> None:
    assert aggregation_factor(365, ()) == pytest.approx(math.sqrt(365))
    assert ar1_factor(365.25, 0.0) == pytest.approx(math.sqrt(365.25))


def test_a_negative_root_to_a_fraction_of_a_period_is_left_out() -> None:
    assert ar1_factor(365.25, -0.3) == pytest.approx(ar1_factor(365, -0.3), rel=1e-3)


def test_what_cannot_be_is_not_a_number() -> None:
    # 12 + 2 * 11 * (-0.9) < 0
    assert math.isnan(aggregation_factor(12, (-0.9,)))
    assert math.isnan(ar1_factor(12, 1.0))


def test_autocorrelations_are_worked_by_hand() -> None:
    # Deviations -1.5, -0.5, 0.5, 1.5, squares 5: (0.75 - 0.25 + 0.75) / 5, (-0.75 - 0.75) / 5.
    found = autocorrelations(np.array([1.0, 2.0, 3.0, 4.0]), 5)
    assert found == pytest.approx([0.25, -0.3, -0.45, 0.0, 0.0])
    assert np.isnan(autocorrelations(np.ones(4), 2)).all()


def test_the_lag_grows_slowly_with_the_sample() -> None:
    # 4 * 1; 4 * 36.5^(2/9) = 8.9; a fourth of 8.
    assert [automatic_lag(count) for count in (100, 3650, 8)] == [4, 8, 2]


def test_stale_marks_inflate_the_plain_ratio_and_not_the_adjusted_one() -> None:
    true = np.random.default_rng(1).normal(0.002, 0.02, 4_001)
    stale = (true[1:] + true[:-1]) / 2.0
    honest = adjusted_sharpe(true[1:], 365)
    found = adjusted_sharpe(stale, 365)
    # Half of each day's move is marked a day late: the variance per bar halves.
    assert found.plain == pytest.approx(math.sqrt(2) * honest.plain, rel=0.05)
    assert found.adjusted == pytest.approx(honest.plain, rel=0.05)
    assert found.first == pytest.approx(0.5, abs=0.03)
    assert found.adjusted < found.plain


def test_no_lags_leave_the_ratio_as_it_is() -> None:
    returns = np.array([0.01, 0.02, -0.01, 0.03])
    found = adjusted_sharpe(returns, 252, lag=0)
    assert found.adjusted == pytest.approx(found.plain)
    assert found.lag == 0


@pytest.mark.parametrize(
    ("returns", "reason"),
    [
        (np.full(30, 0.01), "the returns do not vary"),
        (np.array([0.01, 0.02]), "2 returns, fewer than 3"),
        (np.array([]), "0 returns, fewer than 3"),
    ],
)
def test_what_is_undefined_has_a_reason(returns: np.ndarray, reason: str) -> None:
    found = adjusted_sharpe(returns, 365)
    assert np.isnan([found.plain, found.adjusted, found.by_ar1, found.first]).all()
    assert found.reason == reason


@pytest.mark.parametrize("away", [1e-2, 1e-3, 8.4e-4, 8.3e-4, 1e-6, 1e-9, 1e-12])
def test_near_one_the_closed_form_is_still_the_sum(away: float) -> None:
    rho = 1.0 - away
    powers = [rho**k for k in range(1, 12)]
    assert ar1_factor(12, rho) == pytest.approx(aggregation_factor(12, powers), rel=1e-11)


def test_returns_that_are_one_and_the_same_gain_nothing_by_time() -> None:
    # q returns of correlation 1 have q^2 the variance: the ratio is that of one of them.
    assert ar1_factor(12, 1.0 - 1e-16) == pytest.approx(1.0, abs=1e-12)
    assert ar1_factor(365.25, 1.0 - 1e-16) == pytest.approx(1.0, abs=1e-12)
    # 1 + (q^2 - 1) / (6 q) (1 - rho) for rho near 1.
    assert ar1_factor(12, 0.999999999) == pytest.approx(1.0 + 143e-9 / 72, abs=1e-14)


def test_what_makes_no_sense_is_refused_and_what_is_empty_undefined() -> None:
    returns = np.array([0.01, 0.02, -0.01, 0.03])
    for periods in (0.0, -5.0, NAN):
        with pytest.raises(ValueError, match="periods a year"):
            adjusted_sharpe(returns, periods)
    with pytest.raises(ValueError, match="a lag of -1"):
        adjusted_sharpe(returns, 365, lag=-1)
    with pytest.raises(ValueError, match="must be finite"):
        adjusted_sharpe(np.array([0.01, NAN, 0.02]), 365)
    assert math.isnan(ar1_factor(0.0, 0.5))


@pytest.mark.filterwarnings("error")
def test_no_returns_have_no_autocorrelations() -> None:
    assert np.isnan(autocorrelations(np.array([]), 2)).all()
