from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.windows import (
    count_at_most,
    first_rows,
    relative,
    trailing_count,
    trailing_highest,
    trailing_max,
    trailing_mean,
    trailing_sum,
)
from tests.strategies.panels import days


def test_a_window_of_days_starts_after_the_label_days_before():
    label = days(6, step=7)  # days 0, 7, 14, 21, 28, 35
    # 14 days back of day 21 is day 7, which is out: rows of days 14 and 21.
    assert first_rows(label, 14).tolist() == [0, 0, 1, 2, 3, 4]


def test_trailing_sums_equal_exact_fractions_to_the_last_digits():
    rng = np.random.default_rng(1)
    numbers = rng.normal(size=400) * 10.0 ** rng.integers(-6, 9, 400)
    first = np.maximum(np.arange(400) - 12, 0)
    found = trailing_sum(numbers, first)
    for row in range(400):
        exact = sum((Fraction(x) for x in numbers[first[row] : row + 1].tolist()), Fraction(0))
        # The window's own terms set the scale, not the 1e9 that went by before.
        scale = max(abs(numbers[first[row] : row + 1]).max(), 1e-6)
        assert abs(Fraction(float(found[row])) - exact) <= Fraction(scale) * Fraction(1, 10**14)


def test_a_sum_after_large_numbers_keeps_its_digits():
    # 1e16 + 1 is not a double: a plain running sum would give 0 or 2.
    assert trailing_sum(np.array([1e16, 1.0, 1.0]), np.array([0, 1, 2])).tolist()[1:] == [1.0, 1.0]


@given(st.lists(st.integers(-9, 9), max_size=40), st.integers(1, 12))
def test_trailing_max_is_the_maximum_of_each_window(numbers, rows):
    expected = [max(numbers[i : i + rows]) for i in range(len(numbers) - rows + 1)]
    assert trailing_max(np.array(numbers, float), rows).tolist() == expected


@pytest.mark.parametrize("rows", [1, 7])
def test_prefixes_have_the_same_sums_to_the_last_bit(rows):
    numbers = np.random.default_rng(2).normal(size=300)
    first = np.maximum(np.arange(300) - rows, 0)
    whole = trailing_sum(numbers, first)
    assert all(trailing_sum(numbers[:t], first[:t])[-1] == whole[t - 1] for t in range(1, 301))


@given(data=st.data(), numbers=st.lists(st.integers(-4, 4), max_size=70))
def test_windows_from_any_first_row_are_those_of_lists(data, numbers):
    drawn = [data.draw(st.integers(0, row)) for row in range(len(numbers))]
    first = np.maximum.accumulate(np.array(drawn, dtype=np.int64))
    windows = [numbers[begin : row + 1] for row, begin in enumerate(first.tolist())]
    table = np.array(numbers, dtype=np.float64)
    assert trailing_highest(table, first).tolist() == [max(window) for window in windows]
    assert trailing_mean(table, first).tolist() == pytest.approx(
        [sum(window) / len(window) for window in windows], abs=1e-12
    )
    assert trailing_count(table > 0, first).tolist() == [
        sum(number > 0 for number in window) for window in windows
    ]
    assert count_at_most(table, first).tolist() == [
        sum(number <= window[-1] for number in window) for window in windows
    ]


def test_a_ratio_to_nothing_or_less_is_unknown_and_rounding_is_zero():
    numbers = np.array([2.0, 2.0, 2.0, 3.0 * (1 + 1e-15), 1e300])
    base = np.array([1.0, 0.0, -1.0, 3.0, 1e-300])
    np.testing.assert_array_equal(relative(numbers, base), [1.0, np.nan, np.nan, 0.0, np.nan])
