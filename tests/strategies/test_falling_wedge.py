from __future__ import annotations

import json

import numpy as np
import pytest

from strategies.pivots import confirmed_lows, lines_through
from strategies.signals import FallingWedge
from strategies.wedges import breakouts, wedges
from tests.strategies.panels import price_panel

NAMES = ("upper", "lower", "slope_upper", "slope_lower", "width_ratio", "apex")


def rows_are_bars(**parameters) -> FallingWedge:
    return FallingWedge(panel="test", bars="row", **parameters)


def made_wedge(breaks_at: int = 42) -> np.ndarray:
    """A zigzag between a line that falls by 0.02 a bar and one that falls by 0.01, then up."""
    bar = np.arange(60)
    upper, lower = 4.6 - 0.02 * bar, 4.0 - 0.01 * bar
    share = np.abs((bar + 4) % 8 - 4) / 4  # 0 at bars 0, 8, ...; 1 at bars 4, 12, ...
    log = lower + share * (upper - lower)
    log[breaks_at:] = upper[breaks_at] + 0.1 + 0.01 * np.arange(60 - breaks_at)
    return np.exp(log)


@pytest.fixture
def toy(shared):
    return json.loads((shared / "reference/domain/wedge_toy.json").read_text())


@pytest.mark.shared
def test_every_state_and_the_one_breakout_of_the_worked_example(toy):
    seen, signal = price_panel(toy["close"]), rows_are_bars(fresh_days=5)
    lines = signal.lines(seen)
    at = [state["t"] for state in toy["states"]]
    assert np.flatnonzero(~np.isnan(lines.apex)).tolist() == at
    for ours, theirs, digits in (
        ("slope_upper", "slope_upper", 1e-9),
        ("slope_lower", "slope_lower", 1e-9),
        ("width_ratio", "width_ratio", 1e-9),
        ("apex", "apex", 1e-4),
    ):
        expected = [state[theirs] for state in toy["states"]]
        np.testing.assert_allclose(getattr(lines, ours)[at], expected, atol=digits)
    assert np.flatnonzero(signal.events(seen)).tolist() == toy["breakouts"] == [42]
    assert np.flatnonzero(signal.values(seen) == 1).tolist() == [42, 43, 44, 45, 46]


@pytest.mark.shared
def test_pivots_of_the_worked_example_are_known_when_it_says(toy):
    close = np.array(toy["close"])[:, None]
    for side, sign in (("pivot_highs", -1.0), ("pivot_lows", 1.0)):
        known = [pivot["known_at"] for pivot in toy[side]]
        assert np.flatnonzero(confirmed_lows(sign * close, 2)).tolist() == known


def test_the_lines_are_recovered_and_frozen_before_the_bar():
    # Highs at 4, 12, 20, 28, 36; lows at 8, 16, 24, 32; each known two bars later. The third low
    # (24) is known at 26, so bar 27 is the first with three of each. Width 0.6 - 0.01 * bar.
    seen, signal = price_panel(made_wedge()), rows_are_bars(max_width_ratio=0.7)
    lines = signal.lines(seen)
    found = np.flatnonzero(~np.isnan(lines.apex))
    assert found[0] == 27
    np.testing.assert_allclose(lines.slope_upper[27:43], -0.02, atol=1e-12)
    np.testing.assert_allclose(lines.slope_lower[27:43], -0.01, atol=1e-12)
    np.testing.assert_allclose(lines.apex[27:43], 60, atol=1e-9)
    np.testing.assert_allclose(lines.upper[27:43], 4.6 - 0.02 * np.arange(27, 43), atol=1e-12)
    # At bar 27 the width of bar 26 (0.34) over that of bar 4 (0.56).
    assert lines.width_ratio[27] == pytest.approx(0.34 / 0.56)
    assert np.flatnonzero(signal.events(seen)).tolist() == [42]


@pytest.mark.parametrize("scale", [1, 3, 10, 1e-7, 7e5])
@pytest.mark.parametrize("floor", [4.0, np.log(37.0)])
def test_a_level_support_is_no_falling_wedge_whatever_the_unit_of_the_price(scale, floor):
    bar = np.arange(3000)
    share = np.abs((bar + 4) % 8 - 4) / 4
    log = floor + share * (0.6 - 0.006 * (bar % 100))  # lows all at the floor
    lines = rows_are_bars(max_width_ratio=1.0).lines(price_panel(np.exp(log) * scale))
    assert np.isnan(lines.apex).all()


@pytest.mark.parametrize("scale", [1, 3, 10, 1e-7])
def test_parallel_lines_are_no_falling_wedge(scale):
    bar = np.arange(200)
    log = 4.0 - 0.01 * bar + np.abs((bar + 4) % 8 - 4) / 8
    lines = rows_are_bars(max_width_ratio=1.0).lines(price_panel(np.exp(log) * scale))
    assert np.isnan(lines.apex).all()


@pytest.mark.parametrize("scale", [3, 10, 1e-7])
def test_the_unit_of_the_price_changes_no_wedge(scale):
    one, other = (rows_are_bars().lines(price_panel(made_wedge() * unit)) for unit in (1, scale))
    np.testing.assert_array_equal(np.isnan(one.apex), np.isnan(other.apex))


def test_lines_are_never_redrawn():
    close = np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.02, 2000)))
    seen, signal = price_panel(close), FallingWedge(panel="test")
    whole = signal.lines(seen)
    assert (~np.isnan(whole.apex)).sum() > 5
    for rows in range(700, 2000, 17):
        then = signal.lines(seen.head(rows))
        for name in NAMES:
            until = getattr(whole, name)[: len(then.row)]
            np.testing.assert_array_equal(getattr(then, name), until)


def test_a_touch_is_no_breakout_and_a_breakout_is_one_only_once():
    close = made_wedge()
    high, signal = np.flatnonzero(np.arange(60) % 8 == 4), rows_are_bars()
    assert not signal.events(price_panel(close))[high[high < 42]].any()
    # Above the line at 42 and at every bar after it: fired once, the bar before must be below.
    assert signal.events(price_panel(close)).sum() == 1
    close[42] = np.exp(4.6 - 0.02 * 42 + 0.004)  # within the buffer of 0.005
    assert np.flatnonzero(signal.events(price_panel(close))).tolist() == [43]


def test_a_confirmed_breakout_is_known_with_the_last_close_above_the_same_line():
    close = made_wedge()
    assert np.flatnonzero(rows_are_bars(confirm=3).events(price_panel(close))).tolist() == [44]
    close[44] = np.exp(4.6 - 0.02 * 44)  # back on the line
    assert not rows_are_bars(confirm=3).events(price_panel(close))[:46].any()


def test_weeks_break_out_when_sunday_has_closed():
    # Seven equal days for each bar of the wedge, the first one a Monday.
    weekly = np.repeat(made_wedge(), 7)
    label = np.datetime64("2018-01-01", "ns") + np.arange(420) * np.timedelta64(1, "D")
    seen = price_panel(weekly, label)
    signal = FallingWedge(panel="test", fresh_days=10)
    assert np.flatnonzero(signal.events(seen)).tolist() == [42 * 7 + 6]
    assert np.flatnonzero(signal.values(seen) == 1).tolist() == list(range(300, 310))
    assert np.isnan(signal.values(seen)[: signal.warm_up]).all()
    assert signal.values(seen)[signal.warm_up] == 0
    assert signal.warm_up == 11 * 7 + 6


def test_blanks_and_numbers_that_have_no_log_are_unknown():
    close = made_wedge()
    close[30], close[50] = np.nan, 0.0
    values = rows_are_bars().values(price_panel(close))
    assert np.isnan(values[[30, 50]]).all()
    assert not np.isnan(values[[31, 49, 51]]).any()


def forward(log: np.ndarray, bars: np.ndarray, horizon: int = 8) -> list[float]:
    """What `log` rises by in the `horizon` bars after each of `bars`."""
    inside = bars[(bars >= 0) & (bars + horizon < len(log))]
    return (log[inside + horizon] - log[inside]).tolist()


def gain(returns: list[float]) -> tuple[float, float]:
    """The mean and its t value."""
    sample = np.array(returns)
    return sample.mean(), sample.mean() / sample.std(ddof=1) * len(sample) ** 0.5


def walks(count: int) -> list[np.ndarray]:
    return [np.cumsum(np.random.default_rng(seed).normal(0, 0.05, 600)) for seed in range(count)]


def test_marks_where_the_breakout_looks_good_gain_on_random_walks_marks_when_known_do_not():
    known, first, bottom = [], [], []
    for log in walks(300):
        wedge = wedges(log, np.arange(600), 2, 60, 3, 0.8)
        at = np.flatnonzero(breakouts(log, wedge, 0.005, 3))
        known += forward(log, at)
        # Hindsight: at the first of the three closes above the line, which told nothing yet ...
        first += forward(log, at - 2)
        # ... or at the last low of the wedge, which was no low before the price had risen.
        lows = np.flatnonzero(confirmed_lows(log[:, None], 2)) - 2
        bottom += forward(log, lows[np.searchsorted(lows, at - 2, side="right") - 1])
    assert abs(gain(known)[1]) < 2.5
    for wrong, least in ((first, 0.02), (bottom, 0.05)):
        mean, t = gain(wrong)
        assert mean > least
        assert t > 6


def test_lines_refitted_with_later_pivots_tell_the_future_of_a_random_walk():
    # What a chart shows a quarter later: its lines, drawn back. A wedge is still seen only where
    # the price fell again, so these marks are as false as they are sure of themselves.
    later, stored, redrawn = 13, [], []
    for log in walks(200):
        wedge = wedges(log, np.arange(600), 2, 60, 3, 0.8)
        stored += forward(log, np.flatnonzero(breakouts(log, wedge, 0.005, 1)))
        pivots = confirmed_lows(np.stack((-log, log), axis=1), 2).T
        slope = lines_through(log, pivots, 2, 60).slope[0, later:]
        upper = wedge.upper[later:] - later * slope  # not NaN: a wedge by the later lines
        now, before = log[:-later], np.append(np.nan, log[: -later - 1])
        broke = (now > upper + 0.005) & (before <= upper - slope + 0.005)
        redrawn += forward(log, np.flatnonzero(broke))
    assert abs(gain(stored)[1]) < 2.5
    assert gain(redrawn)[1] < -10
