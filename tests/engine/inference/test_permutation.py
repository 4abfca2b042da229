"""Shifts and permutations of event dates: exact where they can be, never p = 0."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest

from engine.inference.permutation import (
    circular_shifts,
    free_permutation,
    share_as_high,
    shifted_sums,
)


def test_shifts_by_hand() -> None:
    # Events at rows 0 and 1 of 1, 5, 2, 4: mean 3. One row later 3.5, then 3, then 2.5: three of
    # the four arrangements are at least as high.
    outcome = np.array([1.0, 5.0, 2.0, 4.0])
    found = circular_shifts(np.array([True, True, False, False]), outcome)
    assert (found.observed, found.p_value) == (3.0, 0.75)
    assert (found.arrangements, found.method, found.seed) == (4, "all_shifts", None)


def test_a_tie_by_rounding_counts_against_the_events() -> None:
    # 0.1 + 0.2 is a rounding above 0.3: shifted by two rows the statistic is the same.
    outcome = np.array([0.1 + 0.2, 0.0, 0.3, 0.0])
    found = circular_shifts(np.array([True, False, False, False]), outcome)
    assert found.p_value == 0.5


def test_free_permutation_counts_what_enumerating_all_orders_counts() -> None:
    random = np.random.default_rng(5)
    outcome = random.normal(size=6)
    events = np.array([True, True, False, False, False, True])
    observed = outcome[events].sum()
    every = [sum(order[:3]) for order in permutations(outcome.tolist())]
    share = np.mean(np.array(every) >= observed - 1e-12)
    assert free_permutation(events, outcome, 1).p_value == pytest.approx(share)


def test_draws_are_seeded_and_close_to_all_combinations() -> None:
    random = np.random.default_rng(8)
    outcome = random.normal(size=12)
    events = np.zeros(12, dtype=bool)
    events[[1, 4, 5, 9]] = True
    exact = free_permutation(events, outcome, 1)
    assert (exact.arrangements, exact.method) == (495, "all_combinations")
    drawn = free_permutation(events, outcome, 7, most=10, draws=2000)
    assert drawn == free_permutation(events, outcome, 7, most=10, draws=2000)
    assert (drawn.method, drawn.arrangements, drawn.seed) == ("draws", 2001, 7)
    # The standard error of a share of 2,000 draws is at most 0.011.
    assert drawn.p_value == pytest.approx(exact.p_value, abs=0.04)


def test_p_values_of_clustered_events_in_noise_are_fair_under_shifts_but_not_under_draws() -> None:
    random = np.random.default_rng(2)
    shifted, freely = [], []
    for _ in range(200):
        # Outcomes over 20 bars overlap, and the ten events are two clusters of five.
        steps = random.normal(size=320)
        outcome = np.convolve(steps, np.ones(20), mode="valid")
        events = np.zeros(len(outcome), dtype=bool)
        start = random.integers(0, 140, size=2) + np.array([0, 150])
        events[(start[:, None] + 2 * np.arange(5)).ravel()] = True
        shifted.append(circular_shifts(events, outcome).p_value)
        freely.append(free_permutation(events, outcome, 1, draws=199).p_value)
    # Of 200 fair p-values 10 are at most 0.05, give or take 3 (one standard error).
    assert np.mean(np.array(shifted) <= 0.05) < 0.11
    assert np.mean(np.array(freely) <= 0.05) > 0.15


def test_an_undefined_statistic_has_no_p_value_and_an_undefined_other_counts_as_high() -> None:
    others = np.array([0.1, np.nan, 0.3])
    assert math.isnan(share_as_high(others, math.nan))
    # Itself and the unknown one of four; beyond all numbers there are ties only.
    assert share_as_high(others, 0.5) == 0.5
    assert share_as_high(np.array([0.1, math.inf]), math.inf) == pytest.approx(2 / 3)
    assert share_as_high(np.array([0.1, -math.inf]), -math.inf) == 1.0


SOME = np.array([False, True, False, True])


@pytest.mark.parametrize(
    ("events", "outcome", "words"),
    [
        (SOME, np.array([1.0, np.nan, 2.0, 3.0]), "row 1 is not finite"),
        (SOME, np.array([1.0, 2.0, np.inf, 3.0]), "row 2 is not finite"),
        (SOME, np.ones(5), "one outcome a row"),
        (np.zeros(4, dtype=bool), np.ones(4), "at least one event"),
        (np.zeros(0, dtype=bool), np.ones(0), "at least one event"),
        (np.ones((2, 2), dtype=bool), np.ones((2, 2)), "one outcome a row"),
    ],
)
def test_what_cannot_be_tested_is_refused(
    events: np.ndarray, outcome: np.ndarray, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        circular_shifts(events, outcome)
    with pytest.raises(ValueError, match=words):
        free_permutation(events, outcome, 1, draws=99)


def test_positions_that_are_no_numbers_and_no_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="must be finite"):
        shifted_sums(np.array([1.0, np.nan]), np.ones(2))
    with pytest.raises(ValueError, match="of one length"):
        shifted_sums(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="0 draws"):
        free_permutation(SOME, np.ones(4), 1, most=1, draws=0)
