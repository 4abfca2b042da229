"""Carrying values to the clock."""

from __future__ import annotations

import numpy as np

from feeds.align import carry, fill_forward

DAY = np.timedelta64(1, "D")


def days(*numbers: float) -> np.ndarray:
    hours = (np.array(numbers) * 24).astype("timedelta64[h]")
    return np.datetime64("2020-01-01", "ns") + hours


def test_a_value_is_visible_from_the_instant_it_is_known() -> None:
    # Known at 20:00 of day 1: not at the close of midnight before it, but at the one after.
    carried = carry(days(1 + 20 / 24), np.array([7.0]), days(1, 2, 3), max_age_days=10)
    np.testing.assert_array_equal(carried.values, [np.nan, 7.0, 7.0])
    np.testing.assert_allclose(carried.age_days, [np.nan, 4 / 24, 28 / 24])


def test_a_value_known_exactly_at_the_close_is_visible() -> None:
    assert carry(days(1), np.array([7.0]), days(1), max_age_days=0.5).values.tolist() == [7.0]


def test_a_value_is_unknown_once_it_is_older_than_its_limit() -> None:
    carried = carry(days(0), np.array([7.0]), days(9, 10, 11), max_age_days=10)
    np.testing.assert_array_equal(carried.values, [7.0, 7.0, np.nan])
    assert carried.age_days.tolist() == [9.0, 10.0, 11.0]


def test_an_unknown_row_hides_the_known_one_before_it() -> None:
    carried = carry(days(0, 1), np.array([7.0, np.nan]), days(1, 2), max_age_days=10)
    assert np.isnan(carried.values).all()


def test_fill_forward_keeps_the_last_value_and_leading_blanks() -> None:
    table = np.array([[np.nan, 1.0], [2.0, np.nan], [np.nan, np.nan], [3.0, 4.0]])
    filled = fill_forward(table)
    np.testing.assert_array_equal(filled, [[np.nan, 1], [2, 1], [2, 1], [3, 4]])
