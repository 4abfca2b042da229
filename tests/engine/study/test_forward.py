"""Forward returns, paths and regimes against hand-worked ones."""

from __future__ import annotations

import numpy as np
import pytest

from engine.study.forward import (
    by_regime,
    forward_returns,
    path_returns,
    spread,
    why_blank,
    windows,
    without_largest,
)
from engine.study.held import Held, rows_after
from feeds.arrays import DAY
from tests.engine.study.studies import held

N = np.nan


def test_forward_returns_run_from_the_close_at_which_the_event_is_known() -> None:
    sleeves = held({"alts": [10, 11, 12, 15, 9], "btc": [5, 5, 6, 5, 10]})
    found = forward_returns(sleeves, "alts", "btc", np.array([1, 3]), 2)
    # 11 to 15, and 5 to 5; from the fourth close the data end after one day.
    assert found["alts"] == pytest.approx([4 / 11, N], nan_ok=True)
    assert found["base"] == pytest.approx([0.0, N], nan_ok=True)
    assert found["difference"] == pytest.approx([4 / 11, N], nan_ok=True)


def test_before_a_sleeve_is_held_nothing_is_known() -> None:
    sleeves = held({"alts": [N, N, 12, 15], "btc": [5, 5, 6, 5]})
    found = forward_returns(sleeves, "alts", "btc", np.array([1, 2]), 1)
    assert found["alts"] == pytest.approx([N, 0.25], nan_ok=True)


def test_on_an_exchange_returns_run_from_the_next_close() -> None:
    # Thursday, Friday, Monday, Tuesday: known on Thursday, bought at the close of Friday.
    dates = np.array(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"], dtype="M8[ns]")
    closes = dates + np.timedelta64(21, "h")
    nav = {"alts": np.array([10.0, 20.0, 30.0, 33.0]), "btc": np.ones(4)}
    sleeves = Held(dates, closes, 1, nav, {})
    # Three days after Friday is Monday.
    assert forward_returns(sleeves, "alts", "btc", np.array([0]), 3)["alts"] == pytest.approx([0.5])
    # Known at the last close there is nothing left to buy at.
    assert np.isnan(forward_returns(sleeves, "alts", "btc", np.array([3]), 1)["alts"][0])


def test_a_window_without_a_later_close_has_no_return() -> None:
    # Thursday, Friday, Monday, Tuesday: entered on Friday and on Monday, 10 % up on Tuesday.
    dates = np.array(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"], dtype="M8[ns]")
    nav = {"alts": np.array([10.0, 20.0, 30.0, 33.0]), "btc": np.ones(4)}
    sleeves, rows = Held(dates, dates, 1, nav, {}), np.array([0, 1])
    # A day after Friday is a Saturday, whose last close is Friday's own: no window, not one of 0.
    found = forward_returns(sleeves, "alts", "btc", rows, 1)
    assert found["alts"] == pytest.approx([N, 0.1], nan_ok=True)
    assert spread(found["difference"]).count == 1
    # On its path nothing has happened by then.
    path = path_returns(sleeves, "alts", "btc", rows, 1)
    assert path["alts"] == pytest.approx([0.0, 0.1])


def test_blanks_have_a_reason_each() -> None:
    dates = np.array(["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"], dtype="M8[ns]")
    sleeves = Held(dates, dates, 1, {"alts": np.array([10.0, 20.0, 30.0, 33.0])}, {})

    def told(days: int, *forward: float) -> tuple[str, ...]:
        found = {days: {"difference": np.array(forward)}}
        return why_blank(sleeves, np.arange(len(forward)), found)

    assert told(1, N, 0.1, N) == ("no later close in the window", "the data end before")
    assert told(3, N) == ("a sleeve is not held yet",)
    assert told(3, 0.5) == ()


def test_days_before_look_back_from_the_event() -> None:
    sleeves = held({"alts": [10, 11, 12, 15], "btc": [5, 5, 5, 5]})
    found = path_returns(sleeves, "alts", "btc", np.array([0, 2]), -1)
    assert found["alts"] == pytest.approx([N, 11 / 12 - 1], nan_ok=True)


def test_a_day_that_lies_between_closes_is_that_of_the_close_before() -> None:
    when = np.datetime64("2020-01-02", "ns") + np.array([0, 1, 2, 5]) * DAY
    assert rows_after(when, np.array([0, 1, 3, -1]), 3).tolist() == [2, 2, -1, -1]


def test_a_window_that_is_cut_off_ends_with_the_data() -> None:
    sleeves = held({"alts": [1, 1, 1, 1], "btc": [1, 1, 1, 1]})
    starts, stops = windows(sleeves, np.array([0, 2]), 2)
    assert (starts.tolist(), stops.tolist()) == ([0, 2], [2, 3])


def test_regimes_pair_a_signal_with_the_return_that_follows_it() -> None:
    sleeves = held({"alts": [10, 20, 10, 11, 11], "btc": [10, 10, 10, 10, 10]})
    values = np.array([1.0, 0.0, N, 1.0, 1.0])
    found = by_regime(sleeves, "alts", "btc", values)
    # On at the 1st and 4th close: +100 % and 0. Off at the 2nd: -50 %. Unknown at the 3rd: +10 %.
    assert found["on"]["alts"].mean == pytest.approx(0.5)
    assert found["on"]["difference"].count == 2
    assert found["off"]["alts"].mean == pytest.approx(-0.5)
    assert found["unknown"]["alts"].mean == pytest.approx(0.1)


def test_regimes_of_an_exchange_pair_it_with_the_return_after_the_next_close() -> None:
    closes = np.datetime64("2020-01-02", "ns") + np.arange(4) * DAY
    nav = {"alts": np.array([10.0, 20.0, 10.0, 11.0]), "btc": np.ones(4)}
    found = by_regime(Held(closes, closes, 1, nav, {}), "alts", "btc", np.array([1.0, 0, 0, 0]))
    # Known at the first close, bought at the second: the return to the third.
    assert found["on"]["alts"].mean == pytest.approx(-0.5)
    assert found["off"]["alts"].mean == pytest.approx(0.1)
    assert found["unknown"]["alts"].count == 0


def test_a_spread_by_hand() -> None:
    # 1, 2, 3, 6 (a blank is left out): mean 3, median 2.5, squares 14 over 3.
    found = spread(np.array([3.0, N, 1.0, 6.0, 2.0]))
    assert (found.count, found.mean, found.median) == (4, 3.0, 2.5)
    assert found.deviation == pytest.approx((14 / 3) ** 0.5)
    # Quantiles of type 7 at 0.25: place 0.75 between 1 and 2.
    assert (found.q25, found.positive) == (1.75, 1.0)
    assert spread(np.array([N])).count == 0


def test_without_the_largest_one_event_cannot_make_the_mean() -> None:
    assert without_largest(np.array([1.0, 2.0, N, -9.0])) == 1.5
    assert np.isnan(without_largest(np.array([4.0])))
