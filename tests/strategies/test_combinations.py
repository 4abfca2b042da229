from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from strategies.registry import build
from strategies.signals import Hysteresis, When
from tests.strategies.panels import days, value_panel

NAN = np.nan


def test_an_expression_reads_the_signals_it_names():
    signal = When(when="breakout == 1 and dominance > 0")
    assert signal.inputs == ("breakout", "dominance")
    panel = value_panel(days(4), breakout=[1, 1, 0, NAN], dominance=[0.1, NAN, NAN, 0.1])
    np.testing.assert_equal(signal.values(panel), [1, NAN, 0, NAN])


def test_an_expression_of_numbers_is_a_number():
    values = When(when="a / b").values(value_panel(days(2), a=[1, 1], b=[4, 0]))
    np.testing.assert_equal(values, [0.25, NAN])


def test_an_expression_without_names_is_the_same_at_every_row():
    panel = value_panel(days(3), unused=[1, 2, 3])
    assert When(when="1 > 0").values(panel).tolist() == [1, 1, 1]


def test_a_faulty_expression_is_refused_when_it_is_built():
    with pytest.raises(ValidationError, match="'= 1' at column 10: write `==`"):
        build("signal", {"kind": "expression", "when": "breakout = 1"})


def hysteresis(values, enter=1.0, leave=-1.0):
    signal = Hysteresis(signal="x", enter=enter, leave=leave)
    return signal.values(value_panel(days(len(values)), x=values))


def test_the_switch_goes_on_above_enter_and_off_below_leave():
    #                       between, on, at leave, off, at enter, on
    assert hysteresis([0, 1.5, -1, -1.5, 1, 2]).tolist() == [0, 1, 1, 0, 0, 1]


def test_an_unknown_value_is_unknown_and_changes_nothing_after_it():
    np.testing.assert_equal(hysteresis([NAN, 2, NAN, 0]), [NAN, 1, NAN, 1])


def test_equal_thresholds_leave_the_value_at_the_threshold_where_it_was():
    assert hysteresis([1, 0, 1, 2, 1, 0], enter=1, leave=1).tolist() == [0, 0, 0, 1, 1, 0]


def test_thresholds_in_the_wrong_order_are_refused():
    with pytest.raises(ValidationError, match="`leave` is 2, above `enter` 1"):
        Hysteresis(signal="x", enter=1.0, leave=2.0)


@pytest.mark.parametrize("threshold", [NAN, np.inf])
def test_thresholds_are_finite(threshold):
    with pytest.raises(ValidationError):
        Hysteresis(signal="x", enter=threshold, leave=0.0)


def test_the_switch_reads_its_signal():
    assert Hysteresis(signal="x", enter=1.0, leave=0.0).inputs == ("x",)


@given(st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0, NAN]), max_size=30))
def test_the_switch_agrees_with_a_loop(values):
    on, expected = 0.0, []
    for x in values:
        on = 1.0 if x > 1 else 0.0 if x < -1 else on
        expected.append(NAN if np.isnan(x) else on)
    np.testing.assert_equal(hysteresis(values), np.array(expected, float))
