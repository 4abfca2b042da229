"""Correlation and lead of returns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.comovement import correlations
from strategies.signals import Correlation, LeadLag
from tests.strategies.panels import days, value_panel

NAN = np.nan
RANDOM = np.random.default_rng(4)


def path(returns) -> np.ndarray:
    return np.exp(np.append(0.0, np.cumsum(returns)))


def panel(first, second):
    return value_panel(days(len(first)), a=first, b=second)


def correlation(**more) -> Correlation:
    return Correlation(panel="test", first="a", second="b", **more)


def lead(**more) -> LeadLag:
    return LeadLag(panel="test", first="a", second="b", **more)


def test_opposite_moves_have_correlation_minus_one_and_equal_ones_one():
    a = path(RANDOM.normal(0, 0.02, 30))
    found = correlation(rows=5).values(panel(a, 1 / a))
    np.testing.assert_allclose(found, [NAN] * 5 + [-1.0] * 26, rtol=1e-12)
    np.testing.assert_allclose(correlation(rows=5).values(panel(a, a * a))[5:], 1.0, rtol=1e-12)


def test_returns_are_correlated_and_not_levels():
    # Both double, but never on the same day: levels go together, returns do not.
    log = np.log(2)
    a, b = path(np.tile([log, 0], 10)), path(np.tile([0, log], 10))
    np.testing.assert_allclose(correlation(rows=4).values(panel(a, b))[4:], -1.0, rtol=1e-12)


def test_a_lag_takes_the_first_series_earlier():
    moves = RANDOM.normal(0, 0.02, 60)
    a, b = path(moves), path(np.append(np.zeros(3), moves[:-3]))
    assert correlation(rows=20, lag=3).values(panel(a, b))[-1] == pytest.approx(1.0)
    assert abs(correlation(rows=20).values(panel(a, b))[-1]) < 0.7


def test_what_does_not_move_has_no_correlation():
    still, grows = np.ones(20), 1.01 ** np.arange(20)
    moves = path(RANDOM.normal(0, 0.02, 19))
    for other in (still, grows):
        assert np.isnan(correlation(rows=5).values(panel(moves, other))).all()


def test_rows_without_both_are_left_out_and_returns_span_them():
    a, b = (path(RANDOM.normal(0, 0.02, 12)) for _ in range(2))
    with_blanks = panel(np.insert(a, [4, 7], [NAN, 5.0]), np.insert(b, [4, 7], [5.0, -1.0]))
    found = correlation(rows=6).values(with_blanks)
    left = np.delete(found, [4, 8])
    np.testing.assert_array_equal(left, correlation(rows=6).values(panel(a, b)))
    assert np.isnan(found[[4, 8]]).all()


@given(
    seed=st.integers(0, 2**32),
    size=st.integers(0, 40),
    rows=st.integers(3, 12),
    lags=st.lists(st.integers(-15, 15), min_size=1, max_size=4, unique=True),
)
def test_correlations_are_those_of_numpy_over_each_window(seed, size, rows, lags):
    random = np.random.default_rng(seed)
    a, b = (path(random.normal(0, 0.05, size)) for _ in range(2))
    x, y = np.diff(np.log(a)), np.diff(np.log(b))
    found = correlations(a, b, rows, lags)
    expected = np.full((len(lags), size + 1), NAN)
    for line, lag in zip(expected, lags, strict=True):
        early, late = max(lag, 0), max(-lag, 0)
        for end in range(rows + max(early, late), size + 1):
            of_x = x[end - early - rows : end - early]
            of_y = y[end - late - rows : end - late]
            line[end] = np.corrcoef(of_x, of_y)[0, 1]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("lag", [-3, -1, 1, 4])
def test_the_leader_is_found_with_its_lag(lag):
    moves = RANDOM.normal(0, 0.02, 150)
    late = np.roll(moves, abs(lag)) + RANDOM.normal(0, 0.005, 150)
    a, b = (path(moves), path(late)) if lag > 0 else (path(late), path(moves))
    found = lead(rows=100, lags=5).values(panel(a, b))
    assert np.isnan(found[:105]).all()
    assert set(found[110:].tolist()) == {float(lag)}


def test_moves_at_the_same_time_and_unrelated_ones_have_no_leader():
    moves = RANDOM.normal(0, 0.02, 150)
    together = panel(path(moves), path(moves + RANDOM.normal(0, 0.01, 150)))
    assert not lead(rows=100, lags=5).values(together)[105:].any()


def test_of_independent_series_about_one_in_twenty_is_given_a_leader():
    random = np.random.default_rng(8)
    signal, count = lead(rows=60, lags=5), 400
    found = 0
    for _ in range(count):
        a, b = (path(random.normal(0, 0.02, 65)) for _ in range(2))
        found += signal.values(panel(a, b))[-1] != 0
    # At most 5 % by Bonferroni, lag 0 aside; three standard errors above are 8.3 %.
    assert 0.015 < found / count < 0.083


def test_the_band_shares_its_level_out_over_the_lags():
    # z of 0.05 / 11 on two sides is 2.8376 (tables); tanh(2.8376 / sqrt(97)).
    assert lead(rows=100, lags=5).band == pytest.approx(np.tanh(2.8376 / np.sqrt(97)), rel=1e-4)
