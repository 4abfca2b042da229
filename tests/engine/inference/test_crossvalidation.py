"""Splits and paths of combinatorial purged cross-validation, counted and looked at one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.inference.crossvalidation import path_count, path_sharpes, split_count, splits

RETURNS = np.random.default_rng(6).normal(0.0, 0.01, (60, 5))


@pytest.mark.parametrize(
    ("groups", "tests", "of_splits", "of_paths"),
    [(6, 2, 15, 5), (10, 2, 45, 9), (10, 8, 45, 36), (16, 8, 12_870, 6_435)],
)
def test_counts_are_those_of_the_book(
    groups: int, tests: int, of_splits: int, of_paths: int
) -> None:
    assert split_count(groups, tests) == of_splits
    assert path_count(groups, tests) == of_paths


def test_every_row_is_tested_once_a_path() -> None:
    every = list(splits(61, 6, 2))
    assert len(every) == 15
    assert np.all(np.sum([split.test for split in every], axis=0) == 5)
    assert all(np.array_equal(split.train, ~split.test) for split in every)


def test_rows_near_a_test_are_purged_and_embargoed() -> None:
    # Groups of 10 rows, the third tested: 2 rows before it, 2 + 3 after it.
    split = next(s for s in splits(60, 6, 1, purge=2, embargo=3) if s.groups == (2,))
    left_out = np.flatnonzero(~split.train & ~split.test).tolist()
    assert left_out == [18, 19, 30, 31, 32, 33, 34]


def test_a_path_joins_the_picks_of_its_splits() -> None:
    found = path_sharpes(RETURNS, 3, 2)
    # Splits (0, 1), (0, 2), (1, 2): path 0 takes group 0 and 1 of the first and 2 of the second,
    # path 1 group 0 of the second, 1 and 2 of the third.
    ratio = [
        int(np.argmax(RETURNS[rows].mean(axis=0) / RETURNS[rows].std(axis=0)))
        for rows in (slice(40, 60), slice(20, 40), slice(0, 20))
    ]
    assert found.picks.tolist() == ratio
    one = np.concatenate((RETURNS[:40, ratio[0]], RETURNS[40:, ratio[1]]))
    two = np.concatenate((RETURNS[:20, ratio[1]], RETURNS[20:, ratio[2]]))
    expected = [each.mean() / each.std(ddof=1) for each in (one, two)]
    np.testing.assert_allclose(found.sharpes, expected, rtol=1e-12)


def test_with_one_variant_all_paths_are_the_sample() -> None:
    found = path_sharpes(RETURNS[:, :1], 6, 2)
    own = RETURNS[:, 0].mean() / RETURNS[:, 0].std(ddof=1)
    np.testing.assert_allclose(found.sharpes, np.full(5, own), rtol=1e-12)
    assert "nothing is chosen" in found.reason


def test_a_path_that_does_not_vary_has_no_ratio() -> None:
    flat = path_sharpes(np.zeros((60, 2)), 6, 2)
    assert all(math.isnan(each) for each in flat.sharpes)
    assert flat.reason == "no variant has a ratio in the training of 15 of 15 splits"


def test_a_training_of_which_nothing_is_left_picks_nothing() -> None:
    found = path_sharpes(RETURNS, 6, 2, purge=1000)
    assert found.picks.tolist() == [-1] * 15
    assert np.isnan(found.sharpes).all()
    assert found.reason == "no variant has a ratio in the training of 15 of 15 splits"
    # Of three groups one is tested and ten rows either side of it left out: all keep some.
    assert path_sharpes(RETURNS, 3, 1, purge=10).reason == ""
    # With 20 rows the middle one leaves nothing of the others; path 0 is the only one.
    middle = path_sharpes(RETURNS, 3, 1, purge=20)
    assert (middle.picks >= 0).tolist() == [True, False, True]
    assert np.isnan(middle.sharpes).all()
    assert middle.reason == "no variant has a ratio in the training of 1 of 3 splits"


def test_no_variant_has_no_paths_worth_a_number() -> None:
    found = path_sharpes(RETURNS[:, :0], 6, 2)
    assert np.isnan(found.sharpes).all()
    assert found.reason == "no variant"


@pytest.mark.parametrize("returns", [RETURNS[:, 0], np.where(RETURNS > 0.02, np.nan, RETURNS)])
def test_a_table_with_gaps_and_no_table_are_refused(returns: np.ndarray) -> None:
    with pytest.raises(ValueError, match="every one finite"):
        path_sharpes(returns, 6, 2)


def test_tests_leave_something_to_train_on() -> None:
    with pytest.raises(ValueError, match="6 tests of 6 groups"):
        list(splits(60, 6, 6))
