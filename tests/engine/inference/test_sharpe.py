"""Errors and probabilities of Sharpe ratios: limits, inverses, and a simulation with memory."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import log_ndtr

from engine.inference.sharpe import (
    critical_sharpe,
    min_track_record,
    min_track_record_2025,
    observed_false_discovery,
    planned_false_discovery,
    power,
    probabilistic_sharpe,
    probabilistic_sharpe_2025,
    sharpe_error,
    sharpe_error_2025,
)

NAN = math.nan


def test_the_error_of_normal_returns_needs_a_ratio_and_a_count_only() -> None:
    # sqrt((1 + 0.5^2 / 2) / 100) = sqrt(0.01125)
    assert sharpe_error(0.5, 101) == pytest.approx(0.10606601717798213)
    # With divisor n in place of n - 1.
    assert sharpe_error_2025(0.5, 100) == pytest.approx(0.10606601717798213)


def test_losses_that_are_rare_and_large_widen_the_error_of_a_good_ratio() -> None:
    # 1 + 2 * 0.2 + 9 / 4 * 0.04 = 1.49 against 1.02
    assert sharpe_error(0.2, 101, -2.0, 10.0) == pytest.approx(math.sqrt(0.0149))
    assert sharpe_error(0.2, 101) == pytest.approx(math.sqrt(0.0102))


def test_a_ratio_is_above_itself_with_probability_one_half() -> None:
    assert probabilistic_sharpe(0.3, 50, -1.0, 6.0, 0.3) == pytest.approx(0.5)
    assert probabilistic_sharpe_2025(0.3, 50, -1.0, 6.0, 0.3) == pytest.approx(0.5)


def test_a_record_of_the_least_length_reaches_the_confidence() -> None:
    # 1 + 1.02 (1.644854 / 0.1)^2 = 276.96, so the 277th return is the first to do.
    assert min_track_record(0.2, 0.0, 3.0, 0.1) == pytest.approx(276.966, abs=1e-3)
    assert probabilistic_sharpe(0.2, 276, 0.0, 3.0, 0.1) < 0.95
    assert probabilistic_sharpe(0.2, 277, 0.0, 3.0, 0.1) > 0.95


def test_against_zero_neither_skew_nor_kurtosis_matters_in_the_form_of_2025() -> None:
    assert probabilistic_sharpe_2025(0.1, 400, -3.0, 20.0) == pytest.approx(
        probabilistic_sharpe_2025(0.1, 400, 0.0, 3.0)
    )
    # (1.644854 / 0.1)^2
    assert min_track_record_2025(0.1, -3.0, 20.0) == pytest.approx(270.554, abs=1e-3)


@pytest.mark.parametrize(
    "value",
    [
        sharpe_error(NAN, 100),
        sharpe_error(0.1, 1),
        # 1 - 5 + (10 - 1) / 4 < 0: no series has such moments.
        sharpe_error(1.0, 100, 5.0, 10.0),
        sharpe_error_2025(0.1, 0),
        sharpe_error_2025(0.1, 100, autocorrelation=1.0),
        probabilistic_sharpe(0.1, 1, 0.0, 3.0),
        probabilistic_sharpe(0.1, 100, NAN, NAN),
        min_track_record(0.1, 0.0, 3.0, 0.1),
        min_track_record(-0.1, 0.0, 3.0),
        min_track_record_2025(0.1, 0.0, 3.0, 0.2),
        observed_false_discovery(NAN, 24, 0.0, 3.0, 0.5, 0.1),
    ],
)
def test_what_is_undefined_is_not_a_number(value: float) -> None:
    assert math.isnan(value)


def test_memory_widens_the_error_as_in_a_simulation() -> None:
    # AR(1) of 0.5, normal, ratio 0.5: n Var = 3 + (1 + 2 * 0.25 / 0.75) * 0.5^2 / 2 = 3.2083.
    assert 400 * sharpe_error_2025(0.5, 400, autocorrelation=0.5) ** 2 == pytest.approx(3.20833333)
    random = np.random.default_rng(7)
    noise = random.standard_normal((500, 3_000)) * math.sqrt(0.75)
    values = np.zeros_like(noise)
    values[0] = noise[0] / math.sqrt(0.75)
    for row in range(1, len(noise)):
        values[row] = 0.5 * values[row - 1] + noise[row]
    ratios = (0.5 + values[100:]).mean(axis=0) / values[100:].std(axis=0, ddof=1)
    # The error of a variance from 3,000 draws is 2.6 %.
    assert 400 * ratios.var() == pytest.approx(3.208, rel=0.08)


@pytest.mark.parametrize(
    ("benchmark", "shape", "rho", "expected"),
    [
        (0.3, (60, -1.0, 6.0), 0.2, (0.18300159379998127, 0.4981206254519783, 135.91128445182434)),
        (0.1, (200, 0.5, 4.0), -0.3, (0.05020151698596677, 0.9999919003985017, 34.092449005692686)),
        (0.0, (24, -2.0, 9.0), 0.5, (0.35355339059327384, 0.2623189071418781, 202.9157590571561)),
    ],
)
def test_with_memory_the_values_are_those_of_the_authors_library(
    benchmark: float,
    shape: tuple[int, float, float],
    rho: float,
    expected: tuple[float, float, float],
) -> None:
    """Expected values from jsharpe 0.6.3."""
    found = (
        sharpe_error_2025(benchmark, *shape, rho),
        power(*shape, benchmark + 0.3, benchmark, 0.05, rho),
        min_track_record_2025(benchmark + 0.2, *shape[1:], benchmark, 0.95, rho),
    )
    assert found == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_a_true_ratio_at_the_benchmark_is_found_at_the_level() -> None:
    shape = (60, -1.0, 6.0)
    assert power(*shape, 0.1, 0.1, 0.05) == pytest.approx(0.05)
    assert critical_sharpe(100, 0.0, 3.0) == pytest.approx(0.1644854, abs=1e-7)


def test_false_discoveries_follow_bayes() -> None:
    # 0.05 * 0.9 / (0.05 * 0.9 + 0.5 * 0.1)
    assert planned_false_discovery(0.5, 0.1) == pytest.approx(0.045 / 0.095)
    assert planned_false_discovery(0.5, 0.0) == 1.0
    # Where luck and skill are as likely to show it, the prior is all that is known.
    assert observed_false_discovery(0.2, 50, 0.0, 3.0, 0.0, 0.3) == pytest.approx(0.7)
    low, high = (observed_false_discovery(r, 50, 0.0, 3.0, 0.4, 0.1) for r in (0.2, 0.4))
    assert high < low


def test_tails_that_no_float_holds_are_weighed_by_their_logarithms() -> None:
    # 70 errors above luck and 60 above skill: both tails are below 1e-308 or near it.
    ratio, count, prior = 5.0, 200, 0.1
    by_luck = log_ndtr(-ratio * math.sqrt(count))
    by_skill = log_ndtr(-(ratio - 0.5) / math.sqrt(1.125 / count))
    expected = math.exp(by_luck + math.log(0.9) - by_skill - math.log(0.1))
    found = observed_false_discovery(ratio, count, 0.0, 3.0, 0.5, prior)
    assert 0.0 < found < 1e-100
    assert found == pytest.approx(expected, rel=1e-9, abs=0.0)
    # exp(-1e5) and less, of which nothing is left, is no reason not to know.
    assert observed_false_discovery(50.0, 1000, 0.0, 3.0, 0.5, 0.1) == 0.0


@pytest.mark.parametrize(("prior", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_a_certain_prior_stays_certain(prior: float, expected: float) -> None:
    assert observed_false_discovery(0.3, 50, 0.0, 3.0, 0.4, prior) == expected
    assert planned_false_discovery(0.5, prior) == expected
    assert math.isnan(observed_false_discovery(NAN, 50, 0.0, 3.0, 0.4, prior))


def test_a_probability_outside_its_range_is_refused_by_its_name() -> None:
    for prior in (1.5, -0.1):
        with pytest.raises(ValueError, match="a prior of"):
            planned_false_discovery(0.5, prior)
        with pytest.raises(ValueError, match="a prior of"):
            observed_false_discovery(0.2, 50, 0.0, 3.0, 0.4, prior)
    with pytest.raises(ValueError, match=r"a power of 1\.5"):
        planned_false_discovery(1.5, 0.1)
    for level in (0.0, 1.0, 5.0):
        with pytest.raises(ValueError, match="a level of"):
            critical_sharpe(100, 0.0, 3.0, level=level)
        with pytest.raises(ValueError, match="a level of"):
            planned_false_discovery(0.5, 0.1, level)
    for function in (min_track_record, min_track_record_2025):
        with pytest.raises(ValueError, match="a confidence of 95"):
            function(0.1, 0.0, 3.0, confidence=95)


@pytest.mark.parametrize("function", [min_track_record, min_track_record_2025])
def test_no_record_is_needed_for_less_than_an_even_chance(
    function: Callable[..., float],
) -> None:
    # The square of the quantile made 0.3 as hard to reach as 0.7.
    for confidence in (0.0, 0.3, 0.5, 1.0, NAN):
        assert math.isnan(function(0.1, 0.0, 3.0, confidence=confidence))
    assert function(0.1, 0.0, 3.0, confidence=0.7) > 1.0
