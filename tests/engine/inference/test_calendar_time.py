"""Calendar-time portfolios: a bar counts once, however many windows hold it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.inference.calendar_time import calendar_time, newey_west_error, open_windows


def test_a_window_holds_the_bars_after_its_start_up_to_its_stop() -> None:
    # Windows 0-2, 1-4 and 6-7: bars 1, 2 and 2, 3, 4 and 7.
    open_ = open_windows(np.array([0, 1, 6]), np.array([2, 4, 7]), 9)
    assert np.flatnonzero(open_).tolist() == [1, 2, 3, 4, 7]


def test_the_standard_error_by_hand() -> None:
    # 1, 2, 3, 6: mean 3, away -2, -1, 0, 3. Squares 14; lag 1: 2 + 0 + 0 = 2, weight 1/2.
    # (14 + 2 * 1/2 * 2) / 4 = 4 is n times the variance of the mean: sqrt(4 / 4) = 1.
    assert newey_west_error(np.array([1.0, 2.0, 3.0, 6.0]), 1) == pytest.approx(1.0)
    # Without lags sqrt(14 / 4 / 4).
    assert newey_west_error(np.array([1.0, 2.0, 3.0, 6.0]), 0) == pytest.approx(math.sqrt(14) / 4)


def test_the_standard_error_is_that_of_statsmodels() -> None:
    # statsmodels 0.15.0: OLS(returns, ones).fit(cov_type="HAC", cov_kwds={"maxlags": lag}).bse
    returns = np.array([0.01, 0.03, -0.02, 0.04, 0.05, -0.01, 0.0, 0.02, -0.03, 0.06])
    known = {0: 0.009082951062292474, 2: 0.005461989869391311, 5: 0.0031490739379485292}
    for lag, error in known.items():
        assert newey_west_error(returns, lag) == pytest.approx(error, rel=1e-12)


def test_overlapping_windows_are_one_return_a_bar() -> None:
    returns = np.array([np.nan, 0.01, 0.02, -0.01, 0.03, 0.0, 0.05, -0.02, 0.01])
    # Bars 1 to 4 and 7 to 8, although bar 2 is in two windows: 0.01 0.02 -0.01 0.03 -0.02 0.01.
    found = calendar_time(np.array([0, 1, 6]), np.array([2, 4, 8]), returns)
    assert (found.bars, found.lag) == (6, 2)
    assert found.mean == pytest.approx(0.04 / 6)
    chosen = np.array([0.01, 0.02, -0.01, 0.03, -0.02, 0.01])
    assert found.t == pytest.approx(found.mean / newey_west_error(chosen, 2))


def test_too_few_bars_give_no_t_and_say_why() -> None:
    returns = np.array([np.nan, *np.linspace(-0.01, 0.02, 9)])
    found = calendar_time(np.array([0]), np.array([8]), returns)
    assert math.isnan(found.t)
    assert found.reason == "8 bars are less than two windows of 8"
    assert calendar_time(np.array([], dtype=int), np.array([], dtype=int), returns).bars == 0


def test_returns_that_do_not_vary_give_no_t() -> None:
    found = calendar_time(np.array([0, 3]), np.array([2, 5]), np.full(9, 0.01))
    assert math.isnan(found.t)
    assert found.reason == "the returns do not vary"


@pytest.mark.parametrize(("start", "stop"), [(0, 9), (-1, 3), (4, 3)])
def test_a_window_that_is_not_within_the_bars_is_refused(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="not in 9 bars"):
        calendar_time(np.array([0, start]), np.array([8, stop]), np.full(9, 0.01))


def test_an_infinite_return_is_refused_and_no_returns_have_no_error() -> None:
    returns = np.full(9, 0.01)
    returns[5] = math.inf
    with pytest.raises(ValueError, match="row 5 is infinite"):
        calendar_time(np.array([0]), np.array([2]), returns)
    assert math.isnan(newey_west_error(np.array([]), 2))
