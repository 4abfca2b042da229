"""Deflated Sharpe ratios of whole searches: what lowers them, and what drift does to them."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from engine.inference.deflated import Deflated, deflate, mean_correlation, shape
from engine.inference.sharpe import probabilistic_sharpe
from tests.conftest import REPOSITORY

NAN = math.nan


def searched(returns: np.ndarray) -> Deflated:
    """The best column of (T, M), deflated by all of them."""
    ratios = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
    best = returns[:, int(np.argmax(ratios))]
    return deflate(best, ratios, mean_correlation(returns))


def test_the_shape_of_returns_is_worked_by_hand() -> None:
    # Mean 0.01; deviations -0.01, 0.03, -0.01, -0.01 have mean square 3e-4, mean cube 6e-6 and
    # mean fourth power 2.1e-7.
    ratio, skew, kurtosis = shape(np.array([0.0, 0.04, 0.0, 0.0]))
    assert ratio == pytest.approx(0.01 / math.sqrt(4e-4))
    assert skew == pytest.approx(6e-6 / 3e-4**1.5)
    assert kurtosis == pytest.approx(2.1e-7 / 9e-8)


def test_one_trial_is_deflated_by_nothing() -> None:
    returns = np.random.default_rng(2).normal(0.001, 0.01, 300)
    ratio, skew, kurtosis = shape(returns)
    found = deflate(returns, np.array([ratio]))
    alone = probabilistic_sharpe(ratio, 300, skew, kurtosis)
    assert (found.probability, found.alone) == (alone, alone)
    assert (found.trials, found.effective, found.expected_best) == (1, 1.0, 0.0)
    assert math.isnan(found.variance)


def test_trials_that_are_known_of_count_though_their_ratios_are_lost() -> None:
    random = np.random.default_rng(4)
    returns, ratios = random.normal(0.001, 0.01, 300), random.normal(0.0, 0.06, 5)
    few, many = deflate(returns, ratios), deflate(returns, ratios, trials=50)
    undefined = deflate(returns, np.append(ratios, np.full(45, NAN)))
    assert (few.trials, many.trials) == (5, 50)
    assert many.probability < few.probability
    assert many.luck > few.luck
    assert undefined == many


def test_copies_of_a_trial_do_not_lower_the_bar() -> None:
    random = np.random.default_rng(5)
    returns = random.normal(0.0, 0.01, (500, 20))
    before = searched(returns)
    for copied in range(3):
        padded = np.hstack((returns, np.repeat(returns[:, copied : copied + 1], 300, axis=1)))
        assert searched(padded).expected_best > 0.95 * before.expected_best


def test_all_that_is_quoted_is_shown() -> None:
    returns = np.random.default_rng(6).normal(0.0005, 0.01, (400, 8))
    found = searched(returns)
    shown = found.as_json()
    assert shown["trials"] == 8
    assert shown["probability"] == found.probability
    assert found.expected_best == pytest.approx(
        math.sqrt(found.spread) * math.sqrt(found.min_years_at_1)
    )


@pytest.mark.parametrize(
    ("returns", "reason"),
    [
        (np.zeros(50), "the returns do not vary"),
        (np.full(50, 0.01), "the returns do not vary"),
        (np.array([0.01, 0.02]), "2 returns, fewer than 3"),
        (np.array([]), "0 returns, fewer than 3"),
    ],
)
def test_what_is_undefined_has_a_reason(returns: np.ndarray, reason: str) -> None:
    found = deflate(returns, np.array([NAN, 0.1, 0.2]))
    assert math.isnan(found.probability)
    assert math.isnan(found.luck)
    assert found.reason == reason
    assert found.as_json()["probability"] is None


def test_returns_that_are_not_finite_and_no_trial_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="every return finite"):
        deflate(np.array([0.01, math.inf, 0.02]), np.array([0.1]))
    with pytest.raises(ValueError, match="the selected trial itself"):
        deflate(np.array([0.01, 0.03, 0.02]), np.array([]))


def test_a_correlation_that_is_none_and_an_infinite_ratio_are_refused() -> None:
    returns, ratios = np.array([0.01, 0.03, 0.02]), np.array([0.1, 0.2])
    for correlation in (NAN, 2.0):
        with pytest.raises(ValueError, match="from -1 to 1"):
            deflate(returns, ratios, correlation=correlation)
    with pytest.raises(ValueError, match="infinite"):
        deflate(returns, np.array([0.1, math.inf]))
    opposed = deflate(returns, ratios, correlation=-0.5)
    assert (opposed.correlation, opposed.effective) == (0.0, 2.0)


@pytest.mark.parametrize("drift", [0.0, 0.0005, 0.004])
def test_the_best_of_50_random_rotations_seldom_passes_over_its_benchmark(drift: float) -> None:
    """150 searches: rotations between two assets of equal drift, against half of each."""
    random = np.random.default_rng(8)
    raw = active = 0
    for _ in range(150):
        assets = random.normal(drift, 0.02, (250, 2))
        # Held for ten bars on average, and half of every choice is common to all.
        drawn = random.random((25, 50)) + random.random((25, 1))
        first = np.repeat(drawn > 1.0, 10, axis=0)
        returns = np.where(first, assets[:, :1], assets[:, 1:])
        raw += searched(returns).probability > 0.95
        active += searched(returns - assets.mean(axis=1, keepdims=True)).probability > 0.95
    assert active / 150 <= 0.075
    # Drift is not skill, but deflation of raw returns takes it for skill.
    assert (raw / 150 > 0.5) == (drift == 0.004)


def test_nothing_heavy_is_imported() -> None:
    program = (
        "import sys, numpy as np\n"
        "from engine.inference.deflated import deflate, mean_correlation\n"
        "returns = np.array([[0.01, 0.02], [0.03, -0.01], [0.0, 0.01]])\n"
        "deflate(returns[:, 0], np.array([0.1, 0.2]), mean_correlation(returns))\n"
        "from engine.inference import autocorrelation, event_study, haircut, multiple\n"
        "from engine.inference import sharpe_difference\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    heavy = {"scipy", "statsmodels", "arch", "pandas", "numpy.ma", "numpy.polynomial"}
    assert not heavy & set(done.stdout.split())
