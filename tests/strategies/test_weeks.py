from __future__ import annotations

import numpy as np

from feeds.arrays import DAY, HOUR
from feeds.panel import Panel
from strategies.weeks import bars_of


def panel(label, known_at, close, calendar="24/7") -> Panel:
    label, known_at = (np.array(times, "datetime64[ns]") for times in (label, known_at))
    table = np.atleast_2d(np.asarray(close, float).T).T
    ids = tuple("ABC"[: table.shape[1]])
    return Panel.build("test", calendar, label, label, known_at, ids, {"close": table})


def daily(first: str, close) -> Panel:
    label = np.datetime64(first, "ns") + np.arange(len(close)) * DAY
    return panel(label, label + DAY, close)


def test_a_week_of_daily_bars_is_complete_with_sundays():
    # 2024-01-01 was a Monday: Sunday's bar is row 6, known on Monday the 8th at 00:00.
    seen = daily("2024-01-01", np.arange(1.0, 17.0))
    bars = bars_of(seen, "week")
    assert bars.row.tolist() == [6, 13]
    assert bars.count.tolist() == [0] * 6 + [1] * 7 + [2] * 3
    assert bars.last(seen.close)[:, 0].tolist() == [7, 14]
    assert bars.lowest(seen.close)[:, 0].tolist() == [1, 8]


def test_a_week_without_its_sunday_is_complete_with_the_first_row_after_it():
    labels = ["2024-01-05", "2024-01-06", "2024-01-09", "2024-01-10"]  # Fri, Sat, Tue, Wed
    label = np.array(labels, "datetime64[ns]")
    bars = bars_of(panel(label, label + DAY, [1.0, 2.0, 3.0, 4.0]), "week")
    assert bars.row.tolist() == [2]
    assert (bars.start.tolist(), bars.stop.tolist()) == ([0], [2])


def test_a_week_without_rows_is_a_blank_bar():
    labels = ["2024-01-06", "2024-01-07", "2024-01-22"]  # Sat, Sun, then the Monday 15 days later
    label = np.array(labels, "datetime64[ns]")
    seen = panel(label, label + DAY, [1.0, 2.0, 3.0])
    bars = bars_of(seen, "week")
    # Weeks that end on the 8th, 15th and 22nd; the last two are seen to be over on the 22nd.
    assert bars.row.tolist() == [1, 2, 2]
    np.testing.assert_array_equal(bars.last(seen.close)[:, 0], [2, np.nan, np.nan])
    np.testing.assert_array_equal(bars.lowest(seen.close)[:, 0], [1, np.nan, np.nan])


def test_a_week_of_an_exchange_is_complete_with_fridays_session():
    # Mon 8 to Fri 12 January 2024, then without the holiday: Tue 16 to Thu 18, Mon 22.
    days = [8, 9, 10, 11, 12, 16, 17, 18, 22]
    label = np.array([f"2024-01-{day:02d}" for day in days], "datetime64[ns]")
    seen = panel(label, label + 21 * HOUR, np.arange(9.0), calendar="XNYS")
    bars = bars_of(seen, "week")
    # No Friday session in the second week, so Monday the 22nd tells that it is over.
    assert bars.row.tolist() == [4, 8]
    assert bars.last(seen.close)[:, 0].tolist() == [4, 7]


def test_an_hourly_week_ends_with_the_hour_that_closes_on_monday():
    label = np.datetime64("2024-01-07T21", "ns") + np.arange(5) * HOUR
    bars = bars_of(panel(label, label + HOUR, np.arange(5.0)), "week")
    assert bars.row.tolist() == [2]  # 23:00 to 24:00 on Sunday


def test_a_value_of_monday_midnight_belongs_to_the_week_that_it_ends():
    label = np.array(["2024-01-07", "2024-01-08", "2024-01-15"], "datetime64[ns]")
    seen = panel(label, label, [1.0, 2.0, 3.0])
    bars = bars_of(seen, "week")
    assert bars.row.tolist() == [1, 2]
    assert bars.last(seen.close)[:, 0].tolist() == [2, 3]


def test_the_last_known_number_of_a_week_counts_for_each_id():
    close = np.full((7, 3), np.nan)
    close[:, 0] = np.arange(7)
    close[:5, 1] = [5, 4, 3, 9, 8]  # its last bar is on Friday
    seen = daily("2024-01-01", close)
    bars = bars_of(seen, "week")
    np.testing.assert_array_equal(bars.last(close), [[6, 8, np.nan]])
    np.testing.assert_array_equal(bars.lowest(close), [[0, 3, np.nan]])


def test_events_are_fresh_for_whole_days_from_the_row_that_completed_the_bar():
    seen = daily("2024-01-01", np.ones((14, 2)))
    bars = bars_of(seen, "week")
    fresh = bars.is_fresh(np.array([[True, False], [False, True]]), seen.label, 3)
    assert np.flatnonzero(fresh[:, 0]).tolist() == [6, 7, 8]
    assert np.flatnonzero(fresh[:, 1]).tolist() == [13]
    claims = bars.at_rows(np.array([[True, False], [False, True]]))
    assert claims[:, 0].tolist() == [False] * 6 + [True] * 7 + [False]


def test_rows_are_bars_of_their_own_and_no_rows_are_none():
    seen = daily("2024-01-03", [3.0, 1.0])
    bars = bars_of(seen, "row")
    assert bars.last(seen.close).tolist() == bars.lowest(seen.close).tolist() == [[3], [1]]
    for length in ("row", "week"):
        assert len(bars_of(seen.head(0), length).row) == 0
