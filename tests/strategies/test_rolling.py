from __future__ import annotations

import numpy as np
import pytest

from strategies.rolling import count_known, earlier, rank_share, robust_score, window_sum


def table(rows: int = 60, ids: int = 4, blank: float = 0.1) -> np.ndarray:
    random = np.random.default_rng(3)
    numbers = random.integers(0, 12, (rows, ids)) / 4  # with ties
    return np.where(random.random((rows, ids)) < blank, np.nan, numbers)


def by_window(numbers, rows, of):
    """`of` each window that ends at a row, cut short at the beginning."""
    out = np.empty(numbers.shape)
    for row in range(len(numbers)):
        for column in range(numbers.shape[1]):
            out[row, column] = of(numbers[max(row - rows + 1, 0) : row + 1, column])
    return out


@pytest.mark.parametrize("rows", [1, 2, 3, 6, 7, 32, 59, 60, 61])
def test_window_sums_add_up_whole_windows_only(rows):
    numbers = table(blank=0.01)
    whole = by_window(numbers, rows, lambda w: w.sum() if len(w) == rows else np.nan)
    np.testing.assert_allclose(window_sum(numbers, rows), whole, rtol=1e-13)


def test_window_sums_are_the_same_bits_wherever_the_rows_begin():
    numbers = np.random.default_rng(0).normal(size=(200, 2))
    whole = window_sum(numbers, 90)
    for row in range(90, 200):
        assert (window_sum(numbers[row - 89 : row + 1], 90)[-1] == whole[row]).all()


@pytest.mark.parametrize(("rows", "least"), [(1, 1), (7, 3), (20, 20), (300, 5)])
def test_the_rank_is_the_share_of_known_numbers_at_most_the_current_one(rows, least):
    def of(window):
        known = window[~np.isnan(window)]
        if np.isnan(window[-1]) or len(known) < least:
            return np.nan
        return (known <= window[-1]).sum() / len(known)

    numbers = table(rows=400)
    np.testing.assert_array_equal(rank_share(numbers, rows, least), by_window(numbers, rows, of))


def test_the_robust_score_is_the_distance_to_the_median_over_the_mad():
    def of(window):
        if len(window) < 8:
            return np.nan
        middle = np.median(window)
        unit = 1.4826 * np.median(np.abs(window - middle))
        return (window[-1] - middle) / unit if unit > 0 else np.nan

    numbers = np.random.default_rng(5).normal(size=(80, 3))
    numbers[40, 1] = np.nan
    numbers[50:, 2] = 1.0
    wanted = np.ones(numbers.shape, dtype=bool)
    wanted[60:, 0] = False
    expected = np.where(wanted, by_window(numbers, 8, of), np.nan)
    np.testing.assert_allclose(robust_score(numbers, 8, wanted), expected, rtol=1e-12)
    # 1, 2, 3, 4, 10: median 3, differences 2, 1, 0, 1, 7, MAD 1.
    row = np.array([[1.0], [2], [3], [4], [10]])
    found = robust_score(row, 5, np.ones((5, 1), dtype=bool))[-1, 0]
    assert found == pytest.approx(7 / 1.4826)


def test_counts_and_shifts():
    claims = np.array([[True], [False], [True], [True]])
    assert count_known(claims, 2)[:, 0].tolist() == [1, 1, 1, 2]
    assert count_known(claims, 9)[:, 0].tolist() == [1, 1, 2, 3]
    np.testing.assert_array_equal(earlier(np.array([[1.0], [2]]), 1)[:, 0], [np.nan, 1])
    assert np.isnan(earlier(np.array([[1.0], [2]]), 5)).all()
