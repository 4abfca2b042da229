"""Openings, closings and grids."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feeds.arrays import instants
from feeds.calendars import Bounds, Stamp, bounds, check_grid, check_stamp, sessions
from feeds.errors import ConfigError, DataError


def days(*dates: str) -> np.ndarray:
    return instants(np.array(dates, dtype="datetime64[D]"))


def made(label: np.ndarray, stamp: Stamp, calendar: str) -> Bounds:
    return bounds(label, stamp, calendar, {"f.csv": label})


def test_summer_winter_and_half_days_close_when_they_did() -> None:
    # NYSE: 16:00 New York is 21:00 UTC in winter and 20:00 in summer; 2020-11-27, the day after
    # Thanksgiving, closed at 13:00 = 18:00 UTC.
    label = days("2020-03-06", "2020-03-09", "2020-11-27")
    found = made(label, "session_close", "XNYS")
    assert [str(t)[11:16] for t in found.known_at] == ["21:00", "20:00", "18:00"]
    assert [str(t)[11:16] for t in found.opened_at] == ["14:30", "13:30", "14:30"]


def test_a_range_of_one_day_works() -> None:
    assert len(sessions("XNYS", *days("2020-03-09", "2020-03-09")).label) == 1
    assert len(sessions("XNYS", *days("2020-03-08", "2020-03-08")).label) == 0


@pytest.mark.parametrize("date", ["2020-03-08", "2020-07-03", "2001-09-12"])
def test_a_row_on_a_day_without_session_stops(date: str) -> None:
    with pytest.raises(DataError, match=rf"f.csv: {date} is no session of XNYS"):
        made(np.sort(days("2000-01-03", date)), "session_close", "XNYS")


def test_the_file_with_the_row_that_is_no_session_is_named() -> None:
    good, bad = days("2020-01-02", "2020-01-03"), days("2020-01-01", "2020-01-02")
    label = days("2020-01-01", "2020-01-02", "2020-01-03")
    with pytest.raises(DataError, match=r"^b.csv: 2020-01-01 is no session of XNYS"):
        bounds(label, "session_close", "XNYS", {"a.csv": good, "b.csv": bad})


@pytest.mark.parametrize("stamp", ["day_start", "instant"])
def test_a_calendar_that_is_unknown_is_told_before_the_stamp(stamp: Stamp) -> None:
    with pytest.raises(ConfigError, match=r"unknown calendar 'XNYX': did you mean XNYS\?"):
        check_stamp("p", stamp, "XNYX")


def test_an_unknown_calendar_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown calendar 'XNYSE': did you mean XNYS\?"):
        sessions("XNYSE", *days("2020-03-09", "2020-03-10"))


def test_dates_that_a_calendar_does_not_know_stop() -> None:
    with pytest.raises(DataError, match="calendar XSHG does not cover 1980-01-02"):
        sessions("XSHG", *days("1980-01-02", "1995-01-02"))


def test_bars_of_a_24_7_market_are_known_at_their_end() -> None:
    label = days("2020-02-28", "2020-03-01")
    day = made(label, "day_start", "24/7")
    assert list(day.known_at) == list(days("2020-02-29", "2020-03-02"))
    assert list(day.opened_at) == list(label)
    assert day.grid is not None
    assert len(day.grid) == 3  # 28 and 29 February, 1 March
    hour = made(label[:1], "hour_start", "24/7")
    assert str(hour.known_at[0])[:16] == "2020-02-28T01:00"


def test_an_instant_is_known_when_it_is() -> None:
    found = made(days("2020-02-28"), "instant", "24/7")
    assert found.known_at[0] == found.opened_at[0] == days("2020-02-28")[0]


@pytest.mark.parametrize(
    ("stamp", "time", "where"),
    [
        ("day_start", "2020-03-09T05:00", "00:00 UTC"),
        ("session_close", "2020-03-09T20:00", "00:00 UTC"),
        ("hour_start", "2020-03-09T05:30", "a full hour"),
    ],
)
def test_a_row_off_the_grid_stops(stamp: str, time: str, where: str) -> None:
    label = instants(np.array(["2020-03-09T00:00", time], dtype="datetime64[m]"))
    with pytest.raises(DataError, match=rf"f.csv: the row {time}Z does not start at {where}"):
        check_grid(label, stamp, "f.csv")  # type: ignore[arg-type]
    check_grid(label, "instant", "f.csv")


@pytest.mark.parametrize(
    ("stamp", "calendar"), [("session_close", "24/7"), ("day_start", "XNYS"), ("instant", "XLON")]
)
def test_a_stamp_that_does_not_fit_the_calendar_stops(stamp: str, calendar: str) -> None:
    with pytest.raises(ConfigError, match=f"`stamp: {stamp}` does not go with"):
        check_stamp("p", stamp, calendar)  # type: ignore[arg-type]


@pytest.mark.shared
def test_session_closes_equal_the_reference(shared: Path) -> None:
    cases = json.loads((shared / "reference/domain/session_alignment.json").read_text())["cases"]
    label = days(*(case["session"] for case in cases))
    found = made(label, "session_close", "XNYS")
    assert [f"{str(t)[:16]}Z" for t in found.known_at] == [case["close_utc"] for case in cases]
    # The first daily bar of a 24/7 market that opens at or after the close.
    next_day = np.ceil((found.known_at - days("1970-01-01")) / np.timedelta64(1, "D")).astype(int)
    expected = [case["earliest_crypto_daily_open"][:10] for case in cases]
    assert [str(np.datetime64(int(day), "D")) for day in next_day] == expected


@pytest.mark.parametrize(
    ("stamp", "step", "hours"),
    [("hour_start", "D", 24), ("hour_start", "4h", 4), ("day_start", "7D", 168)],
)
def test_bars_longer_than_their_stamp_stop(stamp: str, step: str, hours: int) -> None:
    # A bar of a day that is stamped as one of an hour would be known 23 hours before it ends.
    length = np.timedelta64(int(step[:-1] or 1), step[-1])
    label = instants(np.datetime64("2021-01-04T00:00") + np.arange(3) * length)
    with pytest.raises(DataError, match=f"f.csv: no two rows are less than {hours} hours apart"):
        check_grid(label, stamp, "f.csv")  # type: ignore[arg-type]
    check_grid(label[:2], stamp, "f.csv")  # type: ignore[arg-type]
