"""Differences of Sharpe ratios: invariances, a plain-loop bootstrap, size under the null."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from engine.inference.autocorrelation import lo_error
from engine.inference.sharpe_difference import (
    bootstrap_difference,
    hac_error,
    sharpe_difference,
)


def pair(count: int, seed: int = 1, lead: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Two series that share half of their noise."""
    random = np.random.default_rng(seed)
    returns = random.standard_normal((count, 2)) + random.standard_normal((count, 1))
    return 0.01 * returns[:, 0] + lead, 0.02 * returns[:, 1]


def test_leverage_changes_nothing_and_order_the_sign_only() -> None:
    first, second = pair(300)
    found = sharpe_difference(first, second)
    levered = sharpe_difference(3.0 * first, 0.5 * second)
    assert levered.difference == pytest.approx(found.difference)
    # The bandwidth, and nothing else, depends a little on the size of returns.
    assert levered.p_value == pytest.approx(found.p_value, abs=0.02)
    turned = sharpe_difference(second, first)
    assert turned.difference == pytest.approx(-found.difference)
    assert turned.p_value == pytest.approx(found.p_value)


@pytest.mark.parametrize("prewhitened", [False, True])
def test_a_clear_lead_is_found(prewhitened: bool) -> None:
    found = sharpe_difference(*pair(1_000, lead=0.004), prewhitened=prewhitened)
    assert found.difference > 0.2
    assert found.p_value < 1e-4
    assert found.method == ("hac_prewhitened" if prewhitened else "hac")


def test_independent_normal_returns_have_the_error_of_theory() -> None:
    returns = np.random.default_rng(2).normal(0.5, 1.0, 20_000)
    theory = lo_error(float(returns.mean() / returns.std(ddof=1)), 20_000)
    assert hac_error(returns) == pytest.approx(theory, rel=0.04)
    assert math.isnan(hac_error(np.zeros(50)))


def naive_sizes(first: np.ndarray, second: np.ndarray, block: int, starts: np.ndarray) -> list:
    """The authors' steps one by one: resample, difference, error from the blocks' sums."""
    rows = len(first)
    data = np.column_stack((first, second))
    gap = np.subtract(*(data.mean(axis=0) / data.std(axis=0, ddof=1)))
    sizes = []
    for chosen in starts:
        order = np.concatenate([(start + np.arange(block)) % rows for start in chosen])[:rows]
        drawn = data[order]
        mean, square = drawn.mean(axis=0), (drawn**2).mean(axis=0)
        scale = (square - mean**2) ** 1.5
        gradient = np.concatenate((square / scale, -0.5 * mean / scale)) * [1, -1, 1, -1]
        away = np.hstack((drawn - mean, drawn**2 - square))
        psi = np.zeros((4, 4))
        for j in range(rows // block):
            zeta = math.sqrt(block) * away[j * block : (j + 1) * block].mean(axis=0)
            psi += np.outer(zeta, zeta) / (rows // block)
        error = math.sqrt(gradient @ psi @ gradient / rows)
        drawn_gap = np.subtract(*(mean / drawn.std(axis=0, ddof=1)))
        sizes.append(abs(drawn_gap - gap) / error)
    return sizes


@pytest.mark.parametrize(("count", "block"), [(23, 5), (24, 1), (40, 20)])
def test_the_bootstrap_is_that_of_plain_loops(count: int, block: int) -> None:
    first, second = pair(count, seed=count, lead=0.004)
    found = bootstrap_difference(first, second, block=block, seed=9, resamples=200)
    starts = np.random.default_rng(9).integers(0, count, size=(200, count // block + 1))
    own = abs(found.difference) / sharpe_difference(first, second, prewhitened=True).error
    beaten = sum(size >= own for size in naive_sizes(first, second, block, starts))
    assert found.p_value == (1 + beaten) / 201
    assert (found.block, found.resamples, found.seed) == (block, 200, 9)


def test_a_seed_draws_the_same_again_whatever_is_held_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = pair(60, lead=0.002)
    whole = bootstrap_difference(first, second, block=4, seed=3, resamples=500)
    monkeypatch.setattr("engine.inference.sharpe_difference._CHUNK", 100)
    assert bootstrap_difference(first, second, block=4, seed=3, resamples=500) == whole


def test_equal_ratios_are_rejected_about_as_often_as_the_level_says() -> None:
    # 200 pairs: 5 % within three errors of 1.5 points.
    values = [
        bootstrap_difference(*pair(120, seed), block=5, seed=seed, resamples=199).p_value
        for seed in range(200)
    ]
    assert np.mean(np.array(values) <= 0.05) <= 0.10
    assert 0.4 <= np.mean(values) <= 0.6


def test_a_series_against_itself_has_no_error_to_test_with() -> None:
    first, _ = pair(100)
    for found in (
        sharpe_difference(first, first),
        sharpe_difference(first, 2.0 * first),
        bootstrap_difference(first, first, block=5, seed=1, resamples=50),
    ):
        assert found.difference == pytest.approx(0.0, abs=1e-12)
        assert math.isnan(found.p_value)
        assert "move as one" in found.reason


def test_what_is_undefined_has_a_reason() -> None:
    first, _ = pair(100)
    flat = sharpe_difference(first, np.zeros(100))
    assert math.isnan(flat.difference)
    assert math.isnan(flat.p_value)
    assert flat.reason == "the second returns do not vary"
    short = sharpe_difference(first[:5], first[5:10])
    assert short.reason == "5 returns, fewer than 10"


def test_pairs_that_are_none_are_refused() -> None:
    first, second = pair(100)
    with pytest.raises(ValueError, match="of one length"):
        sharpe_difference(first, second[1:])
    with pytest.raises(ValueError, match="every return finite"):
        sharpe_difference(first, np.where(second > 0, second, math.nan))
    with pytest.raises(ValueError, match="a block of 51 does not fit twice into 100"):
        bootstrap_difference(first, second, block=51, seed=1)


def test_a_p_value_far_out_keeps_its_digits() -> None:
    first = np.random.default_rng(1).normal(0.0, 0.01, 200)
    found = sharpe_difference(first, first + 0.001)
    expected = 2.0 * ndtr(-abs(found.difference) / found.error)
    assert 0.0 < found.p_value < 1e-60
    assert found.p_value == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_no_resamples_are_refused() -> None:
    first, second = pair(100)
    with pytest.raises(ValueError, match="0 resamples"):
        bootstrap_difference(first, second, block=5, seed=1, resamples=0)
