"""When decisions are due."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from engine.schedule import EveryBars, Monthly, OnChange, Weekly


def closes(start: str, count: int, hours: int = 24) -> np.ndarray:
    return np.datetime64(start, "ns") + np.arange(count) * np.timedelta64(hours, "h")


def due(schedule: Weekly | Monthly | EveryBars | OnChange, times: np.ndarray) -> list[str]:
    return [str(time)[:13] for time in times[schedule.due(times)]]


def test_weekly_is_the_first_close_of_a_week_that_starts_on_its_day() -> None:
    # 2020-01-06 is a Monday. The first close, a Wednesday, starts the count.
    found = due(Weekly(kind="weekly", weekday="monday"), closes("2020-01-01", 14))
    assert found == ["2020-01-01T00", "2020-01-06T00", "2020-01-13T00"]


def test_a_week_without_its_day_is_decided_at_the_next_close() -> None:
    times = closes("2020-01-04", 6)  # Saturday to Thursday
    without_monday = times[times != np.datetime64("2020-01-06", "ns")]
    found = due(Weekly(kind="weekly", weekday="monday"), without_monday)
    assert found == ["2020-01-04T00", "2020-01-07T00"]


def test_weekly_on_exchange_closes_is_the_close_of_that_day() -> None:
    # Closes at 21:00 UTC from Friday to Tuesday, without the weekend.
    times = closes("2020-01-03T21", 5)[[0, 3, 4]]
    assert due(Weekly(kind="weekly", weekday="monday"), times) == [
        "2020-01-03T21",
        "2020-01-06T21",
    ]


def test_monthly_counts_from_its_day() -> None:
    found = due(Monthly(kind="monthly", day=15), closes("2020-01-14", 40))
    assert found == ["2020-01-14T00", "2020-01-15T00", "2020-02-15T00"]


def test_every_bars_counts_closes_of_any_length() -> None:
    found = due(EveryBars(kind="every_bars", bars=12), closes("2020-01-01", 25, hours=1))
    assert found == ["2020-01-01T00", "2020-01-01T12", "2020-01-02T00"]


def test_every_bars_counts_from_the_first_row_of_the_period() -> None:
    times = closes("2020-01-01", 10)
    mask = EveryBars(kind="every_bars", bars=3).due(times, first_row=4)
    assert mask.tolist() == [True, False, False, True, False, False]
    # Weeks and months are those of the calendar, wherever the period starts.
    weekly = Weekly(kind="weekly", weekday="monday").due(times, first_row=2)
    assert weekly.tolist() == [False, False, False, True, False, False, False, False]


def test_on_change_is_never_due_by_itself() -> None:
    assert due(OnChange(kind="on_change"), closes("2020-01-01", 3)) == []
    with pytest.raises(ValidationError):
        OnChange(kind="on_change", or_on_change=False)  # type: ignore[arg-type]
