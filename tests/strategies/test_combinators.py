"""Combinations that count, wait and remember."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from strategies.signals import AtLeast, Delay, ForAtLeast, Within
from tests.strategies.panels import days, value_panel

NAN = np.nan


def of(signal, values, label=None):
    label = days(len(values)) if label is None else label
    return signal.values(value_panel(label, s=values)).tolist()


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        # a, b, c: all on; one off; one unknown; one unknown, one off; two unknown; all off.
        ("all", [1, 0, NAN, 0, NAN, 0]),
        (2, [1, 1, 1, NAN, NAN, 0]),
        ("any", [1, 1, 1, 1, 1, 0]),
    ],
)
def test_unknown_signals_decide_only_where_they_could(count, expected):
    panel = value_panel(
        days(6),
        a=[1, 2, 0.5, 1, 1, 0],
        b=[1, 1, 1, 0, NAN, -1],
        c=[3, 0, NAN, NAN, NAN, 0],
    )
    found = AtLeast(of=["c", "a", "b"], count=count).values(panel)
    np.testing.assert_array_equal(found, expected)


def test_unknown_everywhere_is_unknown_and_off_everywhere_is_off():
    panel = value_panel(days(2), a=[NAN, 0], b=[NAN, 0])
    for count in ("all", "any", 2):
        np.testing.assert_array_equal(AtLeast(of=["a", "b"], count=count).values(panel), [NAN, 0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"of": []}, "at least 1 item"),
        ({"of": ["a", "a"]}, "names a twice"),
        ({"of": ["a", "b"], "count": 3}, "`count` is 3, but `of` names 2 signals"),
        ({"of": ["a"], "count": 0}, "greater than or equal to 1"),
        ({"of": ["a"], "count": "some"}, "'all' or 'any'"),
    ],
)
def test_counts_that_cannot_be_reached_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        AtLeast(**wrong)


def test_the_order_of_names_means_nothing_and_all_are_inputs():
    signal = AtLeast(of=["b", "a"], count=1)
    assert signal == AtLeast(of=["a", "b"], count=1)
    assert signal.inputs == ("a", "b")


def test_a_delay_is_of_days_between_labels():
    np.testing.assert_array_equal(of(Delay(signal="s", days=2), [1, NAN, 3, 4]), [NAN, NAN, 1, NAN])
    # On the 5th and the 6th the close two days before, or the last before that: the 2nd.
    label = days(6)[[0, 1, 4, 5]]
    np.testing.assert_array_equal(
        of(Delay(signal="s", days=2), [1, 2, 3, 4], label), [NAN, NAN, 2, 2]
    )


def test_a_delay_takes_no_value_that_was_too_old_by_then():
    label = days(10)[[0, 9]]
    assert of(Delay(signal="s", days=2, max_age_days=7.0), [5, 6], label)[1] == 5
    assert np.isnan(of(Delay(signal="s", days=2, max_age_days=6.5), [5, 6], label)[1])


def test_a_signal_has_to_be_on_at_every_close_of_the_days():
    values = [1, 1, 1, 0, 2, 2, 2, 2]
    # Three days: closes 1-3 hold an off, as do those up to close 5; 4-6 and 5-7 are on.
    assert of(ForAtLeast(signal="s", days=3), values)[3:] == [0, 0, 0, 1, 1]
    assert np.isnan(of(ForAtLeast(signal="s", days=3), values)[:3]).all()


def test_a_signal_is_remembered_for_the_days():
    values = [0, 1, 0, 0, 0, 0, 3, 0]
    assert of(Within(signal="s", days=3), values)[3:] == [1, 0, 0, 1, 1]
    assert np.isnan(of(Within(signal="s", days=3), values)[:3]).all()


def test_a_known_close_decides_whatever_is_unknown():
    values = [1, 1, NAN, 1, 0, 1, 1]
    # Windows of two: (1, NAN), (NAN, 1), (1, 0), (0, 1), (1, 1).
    np.testing.assert_array_equal(
        of(ForAtLeast(signal="s", days=2), values), [NAN, NAN, NAN, NAN, 0, 0, 1]
    )
    values = [0, 0, NAN, 0, 1, 0, 0]
    np.testing.assert_array_equal(
        of(Within(signal="s", days=2), values), [NAN, NAN, NAN, NAN, 1, 1, 0]
    )


@given(
    values=st.lists(st.sampled_from([1.0, 0.0, -1.0, NAN]), min_size=1, max_size=30),
    days_back=st.integers(1, 8),
    data=st.data(),
)
def test_for_at_least_is_not_within_of_the_opposite(values, days_back, data):
    label = days(40)[np.sort(data.draw(st.permutations(range(40)))[: len(values)])]
    claims = [NAN if np.isnan(v) else float(v > 0) for v in values]
    lasts = of(ForAtLeast(signal="s", days=days_back), claims, label)
    opposite = of(Within(signal="s", days=days_back), [1 - c for c in claims], label)
    np.testing.assert_array_equal(lasts, 1 - np.array(opposite))
