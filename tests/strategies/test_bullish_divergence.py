from __future__ import annotations

import json

import numpy as np
import pytest

from feeds.panel import Panel
from strategies.breadth import ELIGIBLE
from strategies.oscillators import rsi
from strategies.pivots import confirmed_lows, divergences
from strategies.signals import BullishDivergence
from tests.strategies.panels import coin_panel, days, price_panel


def rows_are_bars(**parameters) -> BullishDivergence:
    return BullishDivergence(panel="test", bars="row", min_history=15, **parameters)


def falling_twice(second: float = 0.985) -> np.ndarray:
    """A sharp fall to a low at bar 22, then a slow one to `second` times it at bar 31."""
    up = 100 + np.tile([0.0, 1.0], 8)
    down = [110, 104, 96, 88, 80, 74, 70]  # bars 16 to 22
    rest = [76, 80, 79, 78, 76, 74, 72, 70, 70 * second, 73, 78, 80]  # 23 to 34, low at 31
    return np.concatenate((up, down, rest))


@pytest.mark.shared
def test_the_one_event_of_the_worked_example_is_known_when_it_says(shared):
    example = json.loads((shared / "reference/domain/divergence_toy.json").read_text())
    seen = price_panel(example["close"])
    signal = rows_are_bars(max_bars=example["params"]["max_bars"], fresh_days=2)
    (event,) = example["events"]
    assert np.flatnonzero(signal.events(seen)).tolist() == [event["known_at"]] == [33]
    assert np.flatnonzero(signal.values(seen) == 1).tolist() == [33, 34]
    strength = rsi(seen.close)[:, 0]
    assert strength[event["first_low"]] == pytest.approx(event["rsi_first"], abs=6e-9)
    assert strength[event["second_low"]] == pytest.approx(event["rsi_second"], abs=6e-9)
    pivots = [pivot["known_at"] for pivot in example["pivot_lows"]]
    assert np.flatnonzero(confirmed_lows(seen.close, 2)).tolist() == pivots


def test_one_id_gives_one_or_zero_and_nothing_before_the_oscillator_is_used():
    seen = price_panel(falling_twice())
    values = rows_are_bars(fresh_days=9).values(seen)
    assert np.isnan(values[:14]).all()
    assert values[14:].tolist() == [0.0] * 19 + [1.0, 1.0]


def test_a_higher_low_or_too_small_a_fall_is_none():
    assert rows_are_bars().events(price_panel(falling_twice())).sum() == 1
    assert rows_are_bars().events(price_panel(falling_twice(second=1.0))).sum() == 0
    assert rows_are_bars(depth=0.02).events(price_panel(falling_twice())).sum() == 0
    assert rows_are_bars(depth=0.01).events(price_panel(falling_twice())).sum() == 1


@pytest.mark.parametrize("oscillator", ["rsi", "macd"])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 7e5])
def test_closes_that_stand_still_leave_the_oscillator_where_it_is(oscillator, scale):
    # Lower lows every ten bars, below closes that have been equal for a long time.
    bar = np.arange(2600)
    close = scale * np.where(bar < 600, 100 + 9 * np.sin(bar), 100.1)
    low = close * np.where(bar % 10 == 5, 0.9 - 1e-5 * bar, 1.0)
    events = rows_are_bars(oscillator=oscillator, price="low").events(price_panel(close, low=low))
    assert not events[2200:].any()


def test_the_oscillator_is_not_used_before_an_id_has_its_history():
    seen = price_panel(falling_twice())
    for history, count in ((23, 1), (24, 0)):  # the first low is the 23rd bar
        signal = BullishDivergence(panel="test", bars="row", min_history=history)
        assert signal.events(seen).sum() == count


def test_lows_may_be_those_of_the_bars():
    close = falling_twice(second=1.0)
    low = close.copy()
    low[31] = 60.0
    seen = price_panel(close, low=low)
    assert rows_are_bars(price="close").events(seen).sum() == 0
    assert np.flatnonzero(rows_are_bars(price="low").events(seen)).tolist() == [33]


def test_weekly_divergences_are_known_when_sunday_has_closed():
    # Every weekly close is reached on Sunday; the lows within a week are those of the week.
    weekly = falling_twice()
    close = np.repeat(weekly, 7)
    label = days(len(close), start="2018-01-01")  # a Monday
    signal = BullishDivergence(panel="test", min_history=15, fresh_days=8)
    seen = price_panel(close, label)
    assert np.flatnonzero(signal.events(seen)).tolist() == [33 * 7 + 6]
    assert np.flatnonzero(signal.values(seen) == 1).tolist() == list(range(237, 245))


def test_the_share_is_of_ids_that_count_and_are_known():
    close = np.full((35, 4), np.nan)
    close[:, 0] = falling_twice()
    close[:, 1] = np.linspace(50, 60, 35)
    close[:, 2] = falling_twice()  # not in the universe at the end
    close[25:, 3] = 1.0  # too young
    seen = coin_panel(close, ("A", "B", "C", "D"))
    eligible = np.ones(close.shape)
    eligible[34, 2] = 0.0
    fields = {**seen.fields, ELIGIBLE: eligible}
    times = seen.label, seen.opened_at, seen.known_at
    seen = Panel.build("coins", "24/7", *times, seen.ids, fields)
    values = rows_are_bars().values(seen)
    # At bar 33 A and C of A, B, C; at 34 A of A and B.
    assert values[33:].tolist() == [2 / 3, 1 / 2]
    assert np.isnan(rows_are_bars(min_ids=4).values(seen)).all()
    assert rows_are_bars(exclude=["A", "C"]).values(seen)[33] == 0


def test_marks_at_the_low_gain_on_random_walks_marks_when_known_do_not():
    half_width, horizon = 2, 4
    log = np.cumsum(np.random.default_rng(5).normal(0, 0.05, (400, 400)), axis=0)
    price = np.exp(log)
    known, column = np.nonzero(divergences(price, rsi(price), half_width, (4, 60), 0.0, 100.0))
    inside = known + horizon < len(log)
    known, column = known[inside], column[inside]

    def t_value(bar):
        gained = log[bar + horizon, column] - log[bar, column]
        return gained.mean(), gained.mean() / gained.std(ddof=1) * len(gained) ** 0.5

    assert len(known) > 1000
    assert abs(t_value(known)[1]) < 2.5
    # A low is one because the next two bars were not lower: hindsight of more than 5 %.
    mean, t = t_value(known - half_width)
    assert mean > 0.05
    assert t > 20
