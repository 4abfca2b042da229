"""Signals of dates and of chance: calendar, picked dates, random spells."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from feeds.panel import Panel
from strategies.signals import AfterDates, Calendar, RandomState
from tests.strategies.panels import days, value_panel


def bars(count: int, start: str) -> Panel:
    return value_panel(days(count, start=start), x=np.ones(count))


def on(signal, panel: Panel) -> list[str]:
    return [str(time)[:10] for time in panel.label[signal.values(panel) > 0]]


def sessions() -> Panel:
    """Wednesday to Friday, each known at 21:00 UTC."""
    label = days(3, start="2024-01-10")
    one = np.ones((3, 1))
    known_at = label + np.timedelta64(21, "h")
    return Panel.build("index", "XNYS", label, label, known_at, ("X",), {"x": one})


def test_a_month_begins_with_the_bar_that_is_known_at_its_first_midnight():
    panel = bars(40, "2020-10-15")
    found = on(Calendar(panel="test", months=[11]), panel)
    assert found[0] == "2020-10-31"  # known at 00:00 UTC of 1 November
    assert found[-1] == "2020-11-23"


def test_weekdays_are_those_of_the_instant_at_which_a_row_is_known():
    # 2024-01-12 is a Friday; the bar labelled so is known on Saturday.
    assert on(Calendar(panel="test", weekdays=["saturday"]), bars(8, "2024-01-08")) == [
        "2024-01-12"
    ]
    assert on(Calendar(panel="test", weekdays=["friday"]), sessions()) == ["2024-01-12"]


def test_what_is_named_must_hold_all_at_once():
    signal = Calendar(panel="test", months=[2, 3], days_of_month=[1, 29])
    assert on(signal, bars(60, "2024-01-25")) == ["2024-01-31", "2024-02-28", "2024-02-29"]


@pytest.mark.parametrize(
    "wrong", [{}, {"months": [13]}, {"days_of_month": [0]}, {"weekdays": ["mon"]}]
)
def test_a_calendar_names_days_that_there_are(wrong):
    with pytest.raises(ValidationError):
        Calendar(panel="test", **wrong)


def test_order_and_repetition_of_names_mean_nothing():
    one = Calendar(panel="test", months=[12, 1, 1], weekdays=["friday", "monday"])
    assert one == Calendar(panel="test", months=[1, 12], weekdays=["monday", "friday"])


def test_a_date_is_known_once_it_is_over():
    signal = AfterDates(panel="test", dates=["2024-01-10", "2024-01-20"], fresh_days=3)
    # The bar of the 10th is known at its end, and so is what happened on the 10th.
    expected = ["2024-01-10", "2024-01-11", "2024-01-12", "2024-01-20", "2024-01-21", "2024-01-22"]
    assert on(signal, bars(30, "2024-01-01")) == expected
    # A session of the 10th ends before the 10th does.
    assert on(signal, sessions()) == ["2024-01-11", "2024-01-12"]


def test_dates_that_overlap_count_from_the_last():
    signal = AfterDates(panel="test", dates=["2024-01-04", "2024-01-02"], fresh_days=3)
    assert on(signal, bars(9, "2024-01-01")) == [f"2024-01-0{day}" for day in range(2, 7)]


@pytest.mark.parametrize("dates", [[], ["2024-02-30"], ["yesterday"], [20240101]])
def test_only_dates_are_dates(dates):
    with pytest.raises(ValidationError):
        AfterDates(panel="test", dates=dates)


def chance(**parameters) -> RandomState:
    return RandomState(**({"panel": "test", "mean_on_days": 20, "mean_off_days": 60} | parameters))


def test_spells_last_as_long_as_asked_on_average():
    values = chance(seed=3).values(bars(18_000, "1975-01-01"))
    starts = np.flatnonzero(np.diff(values) != 0)
    spells, first = np.diff(starts), values[starts[0] + 1]
    on_spells, off_spells = (spells[::2], spells[1::2]) if first else (spells[1::2], spells[::2])
    # Geometric lengths: about 225 spells of each, standard errors 1.3 and 4 days.
    assert on_spells.mean() == pytest.approx(20, abs=4)
    assert off_spells.mean() == pytest.approx(60, abs=12)
    assert values.mean() == pytest.approx(0.25, abs=0.05)


def test_the_value_of_a_day_does_not_depend_on_the_panel():
    whole = chance().values(bars(900, "2019-01-01"))
    np.testing.assert_array_equal(chance().values(bars(400, "2020-03-01")), whole[425:825])
    hours = np.repeat(days(400, start="2020-03-01"), 2) + np.tile([0, 12], 400) * np.timedelta64(
        1, "h"
    )
    twice = chance().values(value_panel(hours, x=np.ones(800)))
    np.testing.assert_array_equal(twice[::2], whole[425:825])
    np.testing.assert_array_equal(twice[1::2], whole[425:825])


def test_another_seed_gives_other_spells_and_days_before_1970_are_unknown():
    panel = bars(900, "2019-01-01")
    assert not np.array_equal(chance(seed=1).values(panel), chance(seed=2).values(panel))
    early = chance().values(bars(4, "1969-12-30"))
    assert np.isnan(early).tolist() == [True, True, False, False]


@pytest.mark.parametrize(("on_days", "off_days"), [(1, 3), (2, 2), (7.5, 1), (1, 1)])
def test_spells_are_those_of_the_chain_drawn_day_by_day(on_days, off_days):
    signal = chance(seed=9, mean_on_days=on_days, mean_off_days=off_days)
    drawn = np.random.default_rng(9).random(500)
    state, expected = bool(drawn[0] < on_days / (on_days + off_days)), []
    for day, number in enumerate(drawn):
        if day and number < 1 / (on_days if state else off_days):
            state = not state
        expected.append(float(state))
    assert signal.values(bars(500, "1970-01-01")).tolist() == expected


def test_tiny_panels_have_values_too():
    for signal in (chance(), AfterDates(panel="test", dates=["2024-01-01"])):
        assert signal.values(bars(0, "2024-01-01")).tolist() == []
