"""White's and Hansen's tests: their order, their limits, and how often they cry wolf."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.inference.reality_check import SuperiorAbility, reality_check, superior_ability

NOISE = np.random.default_rng(11).normal(0.0, 0.01, (250, 6))


def test_p_values_are_ordered_and_never_0() -> None:
    found = superior_ability(np.zeros(250), NOISE + 0.01, seed=1, resamples=99, length=2)
    assert 0.0 < found.lower <= found.consistent <= found.upper
    assert found.upper == pytest.approx(0.01)
    assert found.best == int(np.argmax(NOISE.mean(axis=0)))
    assert (found.n, found.models, found.resamples, found.seed) == (250, 6, 99, 1)


def test_models_that_only_lose_are_not_better() -> None:
    assert superior_ability(np.zeros(250), NOISE - 0.01, seed=1, resamples=99, length=2).upper > 0.9


def test_a_loud_model_without_skill_hides_a_quiet_one_from_white_alone() -> None:
    # The quiet model is ahead by 6 standard errors, the loud one varies fifty times as much.
    quiet = np.random.default_rng(1).normal(0.0004, 0.001, 250)
    loud = np.random.default_rng(2).normal(0.0, 0.05, 250)
    models = np.column_stack((quiet, loud - loud.mean()))
    by_hansen = superior_ability(np.zeros(250), models, seed=1, resamples=199, length=1)
    by_white = reality_check(np.zeros(250), models, seed=1, resamples=199, length=1)
    assert by_hansen.consistent <= 0.01
    assert by_white.upper >= 0.2
    assert (by_hansen.studentised, by_white.studentised) == (True, False)


def test_it_is_the_same_on_every_rerun() -> None:
    one, again = (
        superior_ability(NOISE[:, 0], NOISE[:, 1:], seed=4, resamples=99) for _ in range(2)
    )
    assert one == again


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (np.zeros((250, 1)), "no model differs"),
        (np.zeros((250, 0)), "there is no model"),
    ],
)
def test_what_cannot_be_told_is_undefined_with_a_reason(models: np.ndarray, words: str) -> None:
    found = superior_ability(np.zeros(250), models, seed=1)
    assert math.isnan(found.consistent)
    assert words in found.reason


@pytest.mark.parametrize("function", [superior_ability, reality_check])
def test_a_model_that_is_the_benchmark_plus_a_constant_is_not_the_best(
    function: Callable[..., SuperiorAbility],
) -> None:
    # Without it the figures are the same: it is left out, and said to be.
    benchmark = np.random.default_rng(2).normal(0.0, 0.01, 250)
    models = np.column_stack((benchmark + 0.05, NOISE))
    found = function(benchmark, models, seed=1, resamples=99, length=2)
    without = function(benchmark, NOISE, seed=1, resamples=99, length=2)
    leads = (NOISE - benchmark[:, None]).mean(axis=0)
    assert found.best == 1 + int(np.argmax(leads))
    assert found.lead == pytest.approx(leads.max(), rel=1e-12)
    assert (found.models, found.left_out) == (7, 1)
    assert found == replace(without, best=found.best, models=7, left_out=1)


@pytest.mark.parametrize(
    "wrong", [{"length": -1}, {"length": 0}, {"resamples": 0}, {"resamples": -5}]
)
def test_no_resamples_and_no_blocks_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="both are at least 1"):
        superior_ability(np.zeros(250), NOISE, seed=1, **wrong)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_returns_that_are_not_finite_are_refused(value: float) -> None:
    benchmark = np.zeros(250)
    benchmark[3] = value
    with pytest.raises(ValueError, match="finite"):
        superior_ability(benchmark, NOISE, seed=1)


@pytest.mark.filterwarnings("error")
def test_no_returns_say_nothing() -> None:
    found = superior_ability(np.zeros(0), np.zeros((0, 3)), seed=1)
    assert (found.reason, found.n, found.models) == ("0 returns are fewer than 16", 0, 3)


def test_too_few_returns_say_nothing() -> None:
    found = superior_ability(np.zeros(10), NOISE[:10], seed=1)
    assert math.isnan(found.consistent)
    assert "10 returns" in found.reason


def test_models_like_the_benchmark_are_seldom_called_better() -> None:
    rejected = 0
    for world in range(60):
        returns = np.random.default_rng([12, world]).normal(0.0, 0.01, (150, 6))
        found = superior_ability(returns[:, 0], returns[:, 1:], seed=world, resamples=99, length=1)
        rejected += found.consistent <= 0.05
    assert rejected <= 8  # 5 in 100 of 60 are 3; more than 8 come about in 1 of 200 such tests


def test_a_models_own_p_value_counts_the_best_of_all() -> None:
    random = np.random.default_rng(4)
    noise = random.normal(0.0, 0.01, (400, 6))
    models = noise + np.array([0.0, 0.0, 0.0, 0.0, 0.0008, 0.004])
    idle = np.zeros(400)
    found = [superior_ability(idle, models, seed=2, resamples=300, of=k) for k in range(6)]
    order = np.argsort([each.adjusted for each in found])
    assert order[0] == 5
    assert found[5].adjusted == found[5].consistent
    assert all(each.adjusted >= found[0].consistent for each in found)
    assert all(
        each.own_lead == pytest.approx(np.mean(models[:, k])) for k, each in enumerate(found)
    )
    alone = superior_ability(idle, models[:, [4]], seed=2, resamples=300, of=0)
    assert found[4].adjusted > alone.adjusted


def test_a_model_that_is_the_benchmark_plus_a_constant_has_no_p_value_of_its_own() -> None:
    random = np.random.default_rng(4)
    other = random.normal(0.0, 0.01, 200)
    models = np.column_stack((other + 0.001, random.normal(0.0, 0.01, 200)))
    found = superior_ability(other, models, seed=2, resamples=100, of=0)
    assert math.isnan(found.adjusted)
    assert math.isfinite(found.consistent)


@pytest.mark.parametrize("seed", [1, 2])
def test_p_values_are_those_of_arch(seed: int) -> None:
    from arch.bootstrap import SPA

    random = np.random.default_rng(seed)
    models = random.normal(0.0, 0.01, (300, 12)) + np.linspace(-0.004, 0.001, 12)
    other = random.normal(0.0, 0.01, 300)
    theirs = SPA(-other, -models, block_size=5, reps=200, studentize=False, seed=seed)
    theirs.compute()
    ours = reality_check(other, models, seed=seed, resamples=200, length=5)
    for name in ("lower", "consistent", "upper"):
        counted = (1 + 200 * theirs.pvalues[name]) / 201
        assert getattr(ours, name) == pytest.approx(counted, rel=1e-12)
