"""Cross-correlations of returns: which series is ahead, and what luck makes of many lags."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.inference.lead_lag import fewest_returns, lead_lag


def noise(seed: int, rows: int = 500) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.normal(size=rows), random.normal(size=rows)


def test_at_a_positive_lag_the_first_series_leads() -> None:
    first, other = noise(1)
    # Today's second is the first of three steps ago and as much noise.
    second = np.concatenate((np.zeros(3), first[:-3])) + other
    found = lead_lag(first, second)
    assert found.peak == 3
    assert found.is_clear
    assert not found.looks_misdated
    assert lead_lag(second, first).peak == -3


def test_each_correlation_is_that_of_the_pairs_that_overlap() -> None:
    first, second = noise(2, 80)
    found = lead_lag(first, second, most=4)
    assert found.lags.tolist() == list(range(-4, 5))
    assert found.at(0) == pytest.approx(np.corrcoef(first, second)[0, 1])
    assert found.at(2) == pytest.approx(np.corrcoef(first[:-2], second[2:])[0, 1])
    assert found.at(-3) == pytest.approx(np.corrcoef(first[3:], second[:-3])[0, 1])
    assert found.pointwise == pytest.approx(1.959964 / math.sqrt(80))


def test_the_band_of_the_largest_is_the_quantile_over_all_shifts_out_of_step() -> None:
    first, second = noise(3, 120)
    found = lead_lag(first, second, most=2)
    one, other = first - first.mean(), second - second.mean()
    size = math.sqrt((one @ one) * (other @ other))

    def around(shift: int) -> float:
        every = (one @ np.roll(other, -(shift + lag)) / size for lag in range(-2, 3))
        return max(map(abs, every))

    largest = sorted(around(shift) for shift in range(5, 116))
    # The smallest value that at least 95 % of the 111 do not exceed is the 106th.
    assert found.largest == pytest.approx(largest[105])


def test_of_independent_series_the_largest_leaves_its_band_one_time_in_twenty() -> None:
    every = [lead_lag(*noise(seed, 440)) for seed in range(150)]
    # 7.5 of 150 are expected, give or take 2.7 (one standard error).
    assert 1 <= sum(found.is_clear for found in every) <= 15
    # The pointwise band is no test of 21 lags: 1 - 0.95 ** 21 is 0.66.
    assert np.mean([abs(found.at(found.peak)) > found.pointwise for found in every]) > 0.5


def test_a_peak_one_step_away_with_nothing_at_zero_looks_like_a_wrong_date() -> None:
    first, other = noise(4)
    second = np.concatenate(([0.0], first[:-1])) + other
    assert lead_lag(first, second).looks_misdated
    # A real lead of one step beside a reaction at once does not.
    assert not lead_lag(first, second + 0.8 * first).looks_misdated


def test_few_returns_give_no_band_of_the_largest() -> None:
    found = lead_lag(*noise(5, fewest_returns(10) - 1))
    assert math.isnan(found.largest)
    assert not found.is_clear


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("flat", [np.zeros(500), np.full(500, 0.1), np.full(500, 1.0) + 1e-17])
def test_a_series_that_does_not_vary_has_no_correlation(flat: np.ndarray) -> None:
    other = noise(6)[1]
    found = lead_lag(flat, other)
    assert np.isnan(found.correlations).all()
    assert math.isnan(found.largest)
    assert (found.peak, found.is_clear, found.looks_misdated) == (0, False, False)
    assert found.reason == "the first returns do not vary"
    assert lead_lag(other, flat).reason == "the second returns do not vary"
    assert lead_lag(flat, flat).reason == "the first returns do not vary"


def test_a_stretch_that_does_not_vary_has_no_correlation_at_its_lags() -> None:
    # The only return that is not 0 is the last: at positive lags it is not among the pairs.
    first = np.array([0.0, 0.0, 0.0, 0.0, 0.3])
    found = lead_lag(first, np.array([0.1, -0.2, 0.1, 0.2, -0.1]), most=1)
    assert np.isnan(found.correlations).tolist() == [False, False, True]
    assert found.reason == ""
    # At lag -1 the pairs are (0, 0.1), (0, -0.2), (0, 0.1), (0.3, 0.2): away from the mean 0.225
    # and 0.15 for the last, squares 0.0675 and 0.09.
    assert found.at(-1) == pytest.approx(0.3 * 0.15 / math.sqrt(0.0675 * 0.09))
    assert found.peak == -1


def test_unknown_returns_too_few_and_lags_that_were_not_asked_for_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        lead_lag(np.array([0.1, np.nan]), np.array([0.1, 0.2]))
    first, second = noise(7, 20)
    with pytest.raises(ValueError, match="more than 20 needed"):
        lead_lag(first, second, most=10)
    with pytest.raises(ValueError, match="more than 0 needed"):
        lead_lag(first[:0], second[:0], most=0)
    with pytest.raises(ValueError, match="lags up to -1"):
        lead_lag(first, second, most=-1)
    with pytest.raises(ValueError, match="lag 99 is not among -2 to 2"):
        lead_lag(first, second, most=2).at(99)
