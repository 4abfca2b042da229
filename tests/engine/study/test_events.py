"""Signal events: when a signal comes on, and how it goes on."""

from __future__ import annotations

import numpy as np

from engine.study.events import event_rows, find_events, merged, states
from feeds.arrays import DAY

N = np.nan


def days(count: int) -> np.ndarray:
    return np.datetime64("2020-01-02", "ns") + np.arange(count) * DAY


def test_an_event_is_a_close_above_zero_after_a_known_close_that_was_not() -> None:
    values = np.array([0.0, 0.5, 0.7, -1.0, 2.0, 0.0])
    assert event_rows(values, 0).tolist() == [1, 4]


def test_a_signal_that_is_on_when_it_is_first_known_gives_no_event() -> None:
    assert event_rows(np.array([N, 1.0, 0.0, 1.0]), 0).tolist() == [3]


def test_what_lies_between_is_the_last_known_close_not_the_last_close() -> None:
    # Off, unknown, on: an event. On, unknown, on: none.
    assert event_rows(np.array([0.0, N, 1.0, N, 1.0]), 0).tolist() == [2]


def test_the_warm_up_tells_what_was_before_the_period_and_has_no_events_itself() -> None:
    values = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    assert event_rows(values, 3).tolist() == [0, 2]
    assert event_rows(np.array([0.0, 1.0, 1.0, 1.0]), 2).tolist() == []


def test_events_in_fewer_days_than_merge_days_are_part_of_the_one_before() -> None:
    rows = np.array([0, 3, 5, 9, 10])
    # 3 is within 5 days of 0, 5 is not; 9 within 5 of 5, and 10 not: it is 5 days from 5.
    assert merged(rows, days(12), 5).tolist() == [0, 5, 10]
    assert merged(rows, days(12), 0).tolist() == rows.tolist()


def test_each_event_knows_its_age_its_length_and_how_it_ended() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0, N, 1.0, 1.0])
    age = np.arange(8) / 4
    found = find_events(values, age, 1, days(7), 0, 4)
    # Rows of the period: 0 and 3; the first was on for 2 days and on again 4 days later, unknown
    # there; the second is on to the end of the data.
    assert found.row.tolist() == [0, 3]
    assert found.age_days.tolist() == [0.25, 1.0]
    assert found.days_on.tolist()[0] == 2
    assert np.isnan(found.days_on[1])
    assert found.state == ("unknown", "on")


def test_states_have_three_names() -> None:
    assert states(np.array([0.2, 0.0, -1.0, N])) == ["on", "off", "off", "unknown"]
