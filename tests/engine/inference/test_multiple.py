"""Adjusted p-values worked by hand, and who cannot be told from the best."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.inference.multiple import adjusted, best_of, bhy, contest, holm

NAN = math.nan


def test_holm_multiplies_the_smallest_by_most() -> None:
    # 3 * 0.01; 2 * 0.03; 1 * 0.04 lifted to what comes before it.
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])


def test_bhy_pays_for_dependence() -> None:
    # With 1 + 1/2 + 1/3 = 11/6: 0.01 * 3 * 11/6; 0.03 * 1.5 * 11/6 lowered to 0.04 * 11/6.
    expected = [0.055, 0.04 * 11 / 6, 0.04 * 11 / 6]
    assert bhy(np.array([0.01, 0.04, 0.03])) == pytest.approx(expected)


def test_tests_that_were_not_made_count_for_nothing() -> None:
    found = holm(np.array([NAN, 0.02, NAN, 0.03]))
    assert found[[1, 3]] == pytest.approx([0.04, 0.04])
    assert np.isnan(found[[0, 2]]).all()
    assert np.isnan(holm(np.array([NAN]))).all()
    assert len(holm(np.array([]))) == 0


def test_adjusted_values_stay_at_or_below_one() -> None:
    assert adjusted(np.array([0.6, 0.9]), "bonferroni") == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("value", [-0.1, 1.1, math.inf])
def test_what_is_no_p_value_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        holm(np.array([0.1, value]))


def test_those_that_the_data_cannot_tell_from_the_best_are_marked() -> None:
    figures = np.array([1.0, 2.0, 0.5, NAN, 1.5])
    found = contest(figures, np.array([0.02, 0.9, 0.03, 0.001, NAN]))
    assert found.best == 1
    # Holm of the two that were tested, 0.02 and 0.03: both 0.04.
    assert found.adjusted[[0, 2]] == pytest.approx([0.04, 0.04])
    assert np.isnan(found.adjusted[[1, 3, 4]]).all()
    assert found.indistinguishable.tolist() == [False, True, False, False, True]
    stricter = contest(figures, np.array([0.02, NAN, 0.03, NAN, NAN]), level=0.01)
    assert stricter.indistinguishable.tolist() == [True, True, True, False, True]


def test_the_first_of_equals_is_the_best_and_nobody_is_without_figures() -> None:
    assert best_of(np.array([NAN, 2.0, 2.0])) == 1
    assert best_of(np.array([NAN])) == -1
    empty = contest(np.array([NAN, NAN]), np.array([NAN, NAN]))
    assert empty.best == -1
    assert not empty.indistinguishable.any()


def test_a_method_that_is_none_and_figures_without_p_values_are_refused() -> None:
    with pytest.raises(ValueError, match="no method 'foo': there are bonferroni, holm, bhy"):
        adjusted(np.array([0.1]), "foo")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"\(1,\) p-values for \(2,\) figures"):
        contest(np.array([1.0, 2.0]), np.array([0.1]))
