"""The probability of overfitting against a plain second implementation and limit cases."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import linregress, rankdata

from engine.inference.overfitting import overfitting, split_count

NOISE = np.random.default_rng(8).normal(0.0, 0.01, (97, 7))


def plainly(returns: np.ndarray, blocks: int) -> dict[str, float]:
    """The paper's steps one by one."""
    rows = returns[len(returns) % blocks :]
    parts = np.split(rows, blocks)
    weights, inside, outside = [], [], []
    for chosen in combinations(range(blocks), blocks // 2):
        others = [place for place in range(blocks) if place not in chosen]
        here, there = (
            np.concatenate([parts[place] for place in places]) for places in (chosen, others)
        )
        ratios = [half.mean(axis=0) / half.std(axis=0, ddof=1) for half in (here, there)]
        pick = int(np.argmax(ratios[0]))
        weights.append(rankdata(ratios[1])[pick] / (returns.shape[1] + 1))
        inside.append(ratios[0][pick])
        outside.append(ratios[1][pick])
    weight = np.array(weights)
    line = linregress(inside, outside)
    return {
        "pbo": float(np.mean(np.log(weight / (1 - weight)) <= 1e-15)),
        "loss": float(np.mean(np.array(outside) < 0)),
        "slope": line.slope,
        "intercept": line.intercept,
        "mean_logit": float(np.mean(np.log(weight / (1 - weight)))),
    }


def test_it_equals_the_steps_of_the_paper() -> None:
    # 97 rows in 6 blocks: the first is left out. 7 variants: a pick may be the median itself.
    found = overfitting(NOISE, 6)
    for name, expected in plainly(NOISE, 6).items():
        assert getattr(found, name) == pytest.approx(expected, abs=1e-11), name
    assert (found.splits, found.n, found.variants) == (20, 96, 7)


def test_it_does_not_depend_on_how_many_splits_are_held_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = overfitting(NOISE, 8)
    monkeypatch.setattr("engine.inference.overfitting._CELLS", 100)
    assert overfitting(NOISE, 8) == whole


def test_one_variant_that_is_always_best_is_not_overfit() -> None:
    base = np.tile([0.01, -0.008], 80)
    found = overfitting(np.column_stack([base + 0.002 * k for k in range(4)]), 8)
    assert (found.pbo, found.loss, found.splits) == (0.0, 0.0, 70)
    assert found.first_order == 1.0
    assert "4 variants" in found.caution


def test_variants_that_take_turns_are_overfit() -> None:
    # What the first two earn in one half they lose in the other: a slope of -1. Where a half has
    # as many good blocks as bad ones of both, the third is picked and stays near the middle.
    up = np.where(np.arange(64) // 8 % 2 == 0, 0.01, -0.01)
    wiggle = np.tile([0.001, -0.001], 32)
    found = overfitting(np.column_stack([up + wiggle, -up + wiggle, wiggle, wiggle + 1e-5]), 8)
    assert found.pbo > 0.4
    assert found.slope == pytest.approx(-1.0, abs=0.01)
    assert found.first_order == 0.0


def test_copies_of_a_variant_count_once() -> None:
    doubled = overfitting(np.column_stack((NOISE, NOISE[:, :3])), 6)
    single = overfitting(NOISE, 6)
    assert (doubled.variants, doubled.duplicates) == (7, 3)
    assert doubled.pbo == single.pbo


@pytest.mark.parametrize("factor", [0.1, 1.7, 2.0, 3.0, 1.0 + 1e-15])
def test_a_multiple_of_a_variant_is_no_other_one(factor: float) -> None:
    # Its Sharpe ratios are those of the variant; rounding must not choose between them.
    found = overfitting(np.column_stack((NOISE[:, 0], factor * NOISE[:, 0])), 8)
    assert (found.variants, found.duplicates) == (1, 1)
    assert "there is no choice" in found.reason
    beside = overfitting(np.column_stack((NOISE, factor * NOISE[:, 2])), 6)
    assert (beside.variants, beside.duplicates) == (7, 1)
    assert beside.pbo == overfitting(NOISE, 6).pbo


def test_variants_that_differ_by_rounding_are_one() -> None:
    noise = np.random.default_rng(3).normal(0.0, 1e-17, NOISE.shape[0])
    found = overfitting(np.column_stack((NOISE[:, 0], NOISE[:, 0] + noise)), 6)
    assert (found.variants, found.duplicates) == (1, 1)


def test_a_loss_is_no_multiple_of_a_gain_nor_a_curve_of_itself_and_a_constant() -> None:
    one = NOISE[:, 0]
    found = overfitting(np.column_stack((one, -one, one + 0.001)), 6)
    assert (found.variants, found.duplicates) == (3, 0)


def test_ratios_that_differ_by_rounding_are_ties() -> None:
    # The two differ in the blocks' order of rows only, so that all their ratios are equal but for
    # rounding: each has the mean rank, (1.5 / 3), and the logit is 0.
    one = NOISE[:96, 0]
    turned = one.reshape(6, 16)[:, ::-1].ravel()
    found = overfitting(np.column_stack((one, turned)), 6)
    assert (found.variants, found.pbo, found.mean_logit) == (2, 1.0, 0.0)


def test_the_order_of_the_variants_does_not_matter() -> None:
    tied = np.column_stack((NOISE[:96], NOISE[:96, 0].reshape(6, 16)[:, ::-1].ravel()))
    assert overfitting(tied[:, ::-1], 6) == overfitting(tied, 6)


def test_two_blocks_have_two_splits() -> None:
    found = overfitting(NOISE, 2)
    for name, expected in plainly(NOISE, 2).items():
        assert getattr(found, name) == pytest.approx(expected, abs=1e-11), name
    assert found.splits == 2


def test_a_variant_in_cash_has_no_rank() -> None:
    found = overfitting(np.column_stack((NOISE, np.zeros(len(NOISE)))), 6)
    assert found.variants == 8
    assert found.pbo == overfitting(NOISE, 6).pbo


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        (NOISE[:, :1], "there is no choice"),
        (np.column_stack((NOISE[:, 0], NOISE[:, 0])), "there is no choice"),
        (NOISE[:10], "rows are fewer than"),
        (np.column_stack((np.zeros(97), np.full(97, 0.01))), "no pick has a Sharpe ratio"),
    ],
)
def test_what_cannot_be_told_is_undefined_with_a_reason(returns: np.ndarray, words: str) -> None:
    found = overfitting(returns, 6)
    assert math.isnan(found.pbo)
    assert words in found.reason


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="even number"):
        overfitting(NOISE, 5)
    with pytest.raises(ValueError, match="even number"):
        overfitting(NOISE, 0)
    with pytest.raises(ValueError, match=r"shape \(97,\)"):
        overfitting(NOISE[:, 0], 6)
    with pytest.raises(ValueError, match="finite"):
        overfitting(np.where(NOISE > 0.02, np.nan, NOISE), 6)


def test_splits_are_counted_as_in_the_paper() -> None:
    assert [split_count(blocks) for blocks in (4, 8, 16)] == [6, 70, 12_870]
