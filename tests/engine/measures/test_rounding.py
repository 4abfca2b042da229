"""What rounding leaves of nothing is nothing: losses, moves, equal depths, denominators."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.drawdowns import deepest, episodes
from engine.measures import (
    batting_average,
    down_capture_arith,
    down_capture_total_compounded_nonpos,
    gain_to_pain_monthly,
    pct_positive_months,
    rolling_sortino,
    up_capture_geomean_period,
    up_capture_total_compounded,
)
from engine.measures.summary import reasons, summary
from engine.measures.trades import trade_statistics

# What is left where a price comes back to where it was.
RISING = np.tile([0.01, 0.02, -1.1102230246251565e-16, 0.005], 10)


def test_a_loss_of_rounding_is_no_loss() -> None:
    found, why = (of(RISING, periods_per_year=365) for of in (summary, reasons))
    for name in ("omega", "profit_factor_bars", "gain_to_pain", "payoff_ratio_bars", "sortino"):
        assert math.isnan(found[name]), name
        assert why[name] == "no losing bar"
    # Ten of forty returns are 0, so that the 5 % quantile is.
    assert math.isnan(found["tail_ratio"])
    assert why["tail_ratio"] == "the 5 % quantile is 0"
    assert (found["hit_rate_nonzero"], found["hit_rate_all"]) == (1.0, 0.75)
    assert found["exposure_from_returns"] == 0.75
    # From 0.005 over 0.01 to 0.02, then nothing.
    assert (found["longest_win_streak"], found["longest_loss_streak"]) == (3.0, 0.0)
    assert (found["n_drawdowns"], found["downside_dev_period"]) == (0.0, 0.0)


@pytest.mark.parametrize("least", [-1e-16, -1e-17, -1e-200, -5e-324])
def test_the_smallest_losses_are_undefined_ratios_and_no_error(least: float) -> None:
    found = summary([0.01, 0.02, least], periods_per_year=365)
    same = summary([0.01, 0.02, 0.0], periods_per_year=365)
    assert {name for name, value in found.items() if math.isnan(value)} == {
        name for name, value in same.items() if math.isnan(value)
    }
    assert found == pytest.approx(same, abs=1e-9, nan_ok=True)


def test_a_gain_of_rounding_is_no_win() -> None:
    found = summary(-RISING, periods_per_year=365)
    assert (found["hit_rate_nonzero"], found["hit_rate_all"]) == (0.0, 0.0)
    assert (found["longest_win_streak"], found["longest_loss_streak"]) == (0.0, 3.0)
    assert found["omega"] == 0.0
    assert math.isnan(found["avg_win"])


def test_a_benchmark_that_moves_by_rounding_does_not_move() -> None:
    own, other = np.array([0.5, 0.1, -0.2, 0.3]), np.array([1e-16, 0.2, -0.1, -1e-16])
    # One bar rises, one falls: 0.1 / 0.2 and 0.2 / 0.1. Not rising are three: 1.5 * 0.8 * 1.3 - 1.
    assert up_capture_geomean_period(own, other) == pytest.approx(0.5, rel=1e-12)
    assert up_capture_total_compounded(own, other) == pytest.approx(0.5, rel=1e-12)
    assert down_capture_arith(own, other) == pytest.approx(2.0, rel=1e-12)
    nonpos = down_capture_total_compounded_nonpos(own, other)
    assert nonpos == pytest.approx((1.5 * 0.8 * 1.3 - 1.0) / -0.1, rel=1e-12)
    # 0.1 + 0.2 exceeds 0.3 by rounding: ahead on one bar of two.
    assert batting_average(np.array([0.1 + 0.2, 0.2]), np.array([0.3, 0.1])) == 0.5


def test_a_month_that_comes_back_is_neither_won_nor_lost() -> None:
    assert pct_positive_months(np.array([2.2e-16, 0.5])) == 0.5
    assert math.isnan(gain_to_pain_monthly(np.array([-2.2e-16, 0.5])))


def test_trades_that_come_back_are_breakeven() -> None:
    found = trade_statistics(np.array([1e-16, -1e-16, 0.0, 2.0, -1.0]), np.ones(5))
    assert (found["n_wins"], found["n_losses"], found["n_breakeven"]) == (1.0, 1.0, 3.0)
    assert (found["win_rate"], found["win_rate_excl_breakeven"]) == (0.2, 0.5)
    assert (found["profit_factor"], found["payoff_ratio"]) == (2.0, 2.0)


def test_losses_that_do_not_vary_have_a_downside_deviation() -> None:
    # Every bar loses 0.001: mean -0.001 over 0.001, times sqrt(365) a year.
    found, why = (of([-0.001] * 50, periods_per_year=365) for of in (summary, reasons))
    assert found["sortino_period"] == pytest.approx(-1.0, rel=1e-12)
    assert found["sortino"] == pytest.approx(-math.sqrt(365.0), rel=1e-12)
    assert found["sortino_subset_denominator"] == found["sortino"]
    assert why["sharpe"] == "returns do not vary"
    assert why["sortino_std_of_negatives"] == "the losing bars do not vary"
    rolled = rolling_sortino(np.full(5, -0.001), 2, 365.0)
    np.testing.assert_allclose(rolled, [np.nan, *[-math.sqrt(365.0)] * 4], rtol=1e-12)


def test_one_return_and_losses_of_next_to_nothing_have_no_sortino_ratio() -> None:
    why = reasons([-0.5], periods_per_year=365)
    assert why["sortino"] == why["sortino_period"] == "fewer than 2 returns"
    assert np.isnan(rolling_sortino(np.array([-0.5, -0.1]), 1, 365.0)).all()
    # One loss of 2e-12 in 100 bars: a downside deviation of 2e-13.
    few = np.append(np.full(99, 0.01), -2e-12)
    assert reasons(few, periods_per_year=365)["sortino"].startswith("a downside deviation of 0")
    assert np.isnan(rolling_sortino(few, 100, 365.0)).all()


def test_of_depths_equal_up_to_rounding_the_first_counts() -> None:
    # 1, 1.1, 0.77, 1.54, 1.078: twice 30 % below the peak, the second deeper by one bit.
    found = summary([0.1, -0.3, 1.0, -0.3], periods_per_year=365)
    assert (found["max_dd_peak_index"], found["max_dd_trough_index"]) == (1.0, 2.0)
    assert found["max_dd_recovery_index"] == 3.0
    nav = np.array([1.0, 1.1, 1.1 * 0.7, 1.54, 1.54 * 0.7, 2.0, 1.2, 3.0, 3.0 * 0.7])
    assert [each.peak for each in episodes(nav)] == [1, 3, 5, 7]
    # 40 % first, then three of 30 % in the order of time.
    assert [each.peak for each in deepest(nav, 4)] == [5, 1, 3, 7]
    assert [each.peak for each in deepest(nav, 2)] == [5, 1]
    assert [each.trough for each in deepest(nav, 2)] == [6, 2]


@pytest.mark.parametrize("rounding", [-1e-16, 0.0, 1e-16])
def test_of_troughs_equal_up_to_rounding_the_first_counts(rounding: float) -> None:
    nav = np.array([1.0, 0.7, 0.77, 0.7 + rounding, 0.9])
    (only,) = episodes(nav)
    assert (only.trough, only.to_trough) == (1, 1)
    assert only.depth == pytest.approx(-0.3, rel=1e-12)
    assert summary(nav[1:] / nav[:-1] - 1, periods_per_year=365)["max_dd_trough_index"] == 1.0
