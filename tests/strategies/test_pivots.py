from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from strategies.pivots import Line, confirmed_lows, divergences, lines_through


def column(*numbers: float) -> np.ndarray:
    return np.array(numbers, float)[:, None]


def test_a_low_is_below_what_comes_before_and_at_most_what_comes_after():
    # 1 at bar 2, confirmed at 4; the second 1 of the pair at 6 and 7 is not below the first.
    numbers = column(3, 2, 1, 1.5, 2, 2, 1, 1, 3, 3)
    assert np.flatnonzero(confirmed_lows(numbers, 2)).tolist() == [4, 8]
    assert np.flatnonzero(confirmed_lows(-column(1, 5, 1), 1)).tolist() == [2]


def test_next_to_a_blank_there_is_no_low():
    assert not confirmed_lows(column(3, np.nan, 1, 2, 3), 2).any()
    assert not confirmed_lows(column(3, 2, 1, 2, np.nan), 2).any()
    assert not confirmed_lows(column(3, 1), 2).any()


@pytest.mark.parametrize(("half_width", "window"), [(1, 12), (2, 30), (3, 60)])
def test_lines_are_those_of_numpys_least_squares(half_width, window):
    numbers = 5 + np.cumsum(np.random.default_rng(4).normal(0, 0.05, 300))
    both = confirmed_lows(np.stack((-numbers, numbers), axis=1), half_width).T
    lines = lines_through(numbers, both, half_width, window)
    for side, bar in product((0, 1), range(300)):
        confirmed, line = both[side], Line(*(each[side] for each in lines))
        known = np.flatnonzero(confirmed[:bar]) - half_width
        used = known[known >= bar - window]
        assert line.pivots[bar] == len(used)
        if len(used) < 2:
            assert np.isnan(line.slope[bar])
            continue
        slope, level = np.polyfit(used - bar, numbers[used], 1)
        assert line.first[bar] == used[0]
        assert line.slope[bar] == pytest.approx(slope, rel=1e-9, abs=1e-12)
        assert line.level[bar] == pytest.approx(level, rel=1e-12)


def test_lines_keep_their_digits_after_a_hundred_thousand_bars():
    numbers = np.tile([3.0, 1.0], 60_000)
    confirmed = confirmed_lows(numbers[:, None], 1).T
    line = lines_through(numbers, confirmed, 1, 60)
    # All lows are 1: a level line.
    np.testing.assert_allclose(line.level[0, 10:], 1.0, rtol=1e-9)
    np.testing.assert_allclose(line.slope[0, 10:], 0.0, atol=1e-9)


def test_a_divergence_takes_two_lows_in_turn_that_far_apart():
    price = column(9, 5, 9, 9, 4, 9, 9, 9, 3.6, 9)  # lows at 1, 4, 8; known at 2, 5, 9
    rising = np.arange(10.0)[:, None]
    for apart, known in (((1, 9), [5, 9]), ((4, 9), [9]), ((1, 3), [5]), ((5, 9), [])):
        # 1 and 8 are 7 apart, but not in turn.
        found = divergences(price, rising, 1, apart, 0.0, unit=1.0)
        assert np.flatnonzero(found).tolist() == known
    # 4 is 20 % below 5, 3.6 is 10 % below 4.
    assert np.flatnonzero(divergences(price, rising, 1, (1, 9), 0.15, unit=1.0)).tolist() == [5]
    assert not divergences(price, -rising, 1, (1, 9), 0.0, unit=1.0).any()


def test_an_oscillator_that_is_higher_by_rounding_does_not_diverge():
    price = column(9, 5, 9, 9, 4, 9)
    higher = column(50, 50, 50, 50, 50 + 1e-11, 50)
    assert not divergences(price, higher, 1, (1, 9), 0.0, unit=100.0).any()
    assert divergences(price, higher, 1, (1, 9), 0.0, unit=1.0).any()
    # In a unit of its own for each number.
    assert not divergences(price, higher, 1, (1, 9), 0.0, unit=20 * price).any()


def test_lows_of_one_id_are_not_compared_with_those_of_another():
    nothing = column(1, 2, 3, 4, 5, 6)
    one, other = column(9, 5, 9, 9, 9, 9), column(9, 9, 9, 4, 9, 9)
    price = np.hstack((one, other, nothing))
    oscillator = np.tile(np.arange(6.0)[:, None], 3)
    assert not divergences(price, oscillator, 1, (1, 9), 0.0, unit=1.0).any()
