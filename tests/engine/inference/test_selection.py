"""What choosing among variants is worth, on tables whose answer is known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from engine.inference.selection import Selection, selection

BARS = 480


def market(columns: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, (BARS, columns))


def judged(table: np.ndarray, **benchmarks: np.ndarray) -> Selection:
    names = tuple(f"v{place}" for place in range(table.shape[1]))
    return selection(table, names, benchmarks, periods_per_year=365.0, seed=11, resamples=300)


def test_a_variant_that_is_best_everywhere_is_no_overfitting() -> None:
    common = market(1)
    found = judged(common + 0.002 * np.arange(12.0), idle=np.zeros(BARS))
    assert found.overfitting.pbo == 0.0
    # The last one is picked by every split, so that each path is that variant itself.
    last = common[:, 0] + 0.022
    own = np.mean(last) / np.std(last, ddof=1) * math.sqrt(365.0)
    np.testing.assert_allclose(found.path_sharpes, own, rtol=1e-12)
    assert set(found.paths.picks.tolist()) == {11}
    assert found.superior["idle"].consistent < 0.05
    assert found.reality["idle"].upper < 0.05
    assert found.superior["idle"].best == 11


def test_noise_has_no_best_and_paths_that_disagree() -> None:
    chances = [judged(market(20, seed)).overfitting.pbo for seed in range(12)]
    # Of exchangeable variants the pick is above the median in the other half as often as below.
    assert abs(np.mean(chances) - 0.5) < 0.15
    found = judged(market(20), idle=np.zeros(BARS))
    assert np.ptp(found.path_sharpes) > 0.1
    assert (len(found.path_sharpes), found.paths.splits) == (9, 45)
    assert found.superior["idle"].consistent > 0.05
    # The reality check centres hopeless models as well, which can only make it more cautious.
    assert found.reality["idle"].upper >= found.reality["idle"].consistent


@pytest.mark.parametrize("columns", [0, 1])
def test_without_a_choice_there_is_a_reason(columns: int) -> None:
    found = judged(market(columns))
    assert "there is no choice" in found.reason
    assert math.isnan(found.overfitting.pbo)
    assert found.paths.reason


def test_equal_variants_are_no_choice_either() -> None:
    found = judged(np.repeat(market(1), 3, axis=1))
    assert "1 different variant" in found.reason
    assert found.overfitting.duplicates == 2


def test_a_short_sample_has_no_paths_but_a_reason() -> None:
    found = judged(market(3)[:19])
    assert len(found.path_sharpes) == 0
    assert "19 rows are fewer" in found.paths.reason


def test_it_is_plain_json_with_seed_and_count_and_the_same_again() -> None:
    table, idle = market(4), np.zeros(BARS)
    once, again = (
        json.dumps(judged(table, idle=idle).as_json(), allow_nan=False, sort_keys=True)
        for _ in range(2)
    )
    assert once == again
    found = json.loads(once)
    assert found["seed"] == 11
    assert found["superior"]["idle"]["resamples"] == 300
    assert found["overfitting"]["caution"].startswith("4 variants")


def test_names_must_fit() -> None:
    with pytest.raises(ValueError, match="2 names for returns of shape"):
        selection(market(3), ("a", "b"), {}, periods_per_year=365.0, seed=1)
