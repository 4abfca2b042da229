"""A small version of the calibration: what `benchmarks/inference.py` shows with many worlds."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks import calibration
from benchmarks.inference import DRIFTS


def test_tests_of_timing_do_not_cry_wolf_where_nothing_is_planted(tmp_path: Path) -> None:
    def of_world(seed: int) -> tuple[float, float]:
        experiment = calibration.world("index", seed, 0.0, years=2)
        return calibration.timing_p_values(experiment, tmp_path, seed=seed, shifts=99, rotations=19)

    found = calibration.over_worlds(14, of_world)
    for p_values in found.T:
        assert np.count_nonzero(~np.isnan(p_values)) >= 8
        # More than 3 of 14 at the 5 % level come about in 4 of 1,000 such tests.
        assert np.count_nonzero(p_values <= 0.05) <= 3
        assert calibration.uniform_p_value(p_values) > 0.01


def test_tests_of_timing_find_what_is_planted_strongly(tmp_path: Path) -> None:
    experiment = calibration.world("planted", 2, 10.0, years=8)
    found = calibration.timing_p_values(experiment, tmp_path, seed=1, shifts=199, rotations=19)
    assert max(found) <= 0.1


@pytest.mark.parametrize("drift", DRIFTS.values(), ids=DRIFTS)
def test_a_search_for_luck_does_not_pass_on_active_returns(drift: float) -> None:
    found = calibration.over_worlds(20, lambda s: calibration.search_probabilities(s, drift))
    assert np.mean(found[:, 0] > 0.95) <= 0.075


def test_raw_returns_of_a_rising_market_pass_any_deflation() -> None:
    found = calibration.over_worlds(20, lambda s: calibration.search_probabilities(s, 0.004))
    assert np.mean(found[:, 1] > 0.95) > 0.5


def test_both_sleeves_of_a_null_market_are_worth_the_same() -> None:
    found = np.array(
        [calibration.sleeves(np.random.default_rng(s), 500, 0.001).mean(axis=0) for s in range(200)]
    )
    gap = found[:, 1] - found[:, 0]
    assert abs(gap.mean()) < 3.0 * gap.std() / math.sqrt(len(gap))
    assert found.mean() == pytest.approx(0.001, abs=0.0003)
