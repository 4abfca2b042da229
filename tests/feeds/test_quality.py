"""Policies: what stops, what is repaired and counted, what is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from feeds.errors import DataError
from feeds.files import Rows, parse_file
from feeds.quality import QualitySpec, SkippedError, check_rows

GOOD = "2,4,1,3,10"


def bars(*lines: str) -> Rows:
    content = "\n".join(["date,open,high,low,close,volume", *lines]).encode()
    return parse_file(content, "f.csv", ("open", "high", "low", "close", "volume"), False)


def days(times: Any) -> list[int]:
    return [int(str(time)[8:10]) for time in times]


def closes(*prices: float) -> Rows:
    """Bars of one price each, a day apart from 2020-01-01."""
    return bars(*(f"2020-01-{i + 1:02d},{p},{p},{p},{p},1" for i, p in enumerate(prices)))


def test_rows_out_of_order_are_sorted_and_counted() -> None:
    rows = bars(f"2020-01-03,{GOOD}", f"2020-01-01,{GOOD}", f"2020-01-02,{GOOD}")
    kept, found = check_rows(rows, tradable=True)
    assert days(kept.time) == [1, 2, 3]
    assert days(found["out_of_order"]) == [1]  # the one row that goes back in time
    with pytest.raises(DataError, match=r"f.csv: 2020-01-01 follows 2020-01-03. Sort the rows"):
        check_rows(rows, True, QualitySpec(out_of_order="stop"))


def test_a_row_told_twice_alike_is_told_once_and_counted() -> None:
    rows = bars(
        f"2020-01-01,{GOOD}",
        f"2020-01-01,{GOOD}",
        "2020-01-02,2,4,1,3,",
        *["2020-01-02,2,4,1,3,"] * 2,
    )
    kept, found = check_rows(rows, tradable=True)
    assert days(kept.time) == [1, 2]
    assert days(found["repeated_rows"]) == [1, 2, 2]
    with pytest.raises(DataError, match=r"two rows for 2020-01-01 \(and 2 more rows\). Keep one"):
        check_rows(rows, True, QualitySpec(repeated_rows="stop"))


def test_two_rows_of_one_time_that_differ_stop() -> None:
    rows = bars(f"2020-01-01,{GOOD}", "2020-01-01,2,4,1,2,10")
    with pytest.raises(DataError, match=r"f.csv: two rows for 2020-01-01, not alike. Keep the one"):
        check_rows(rows, tradable=True)
    with pytest.raises(SkippedError, match="not alike"):
        check_rows(rows, True, QualitySpec(contradicting_rows="skip"))


@pytest.mark.parametrize(
    "line", ["0,4,1,3,10", ",4,1,3,10", "2,1e999,1,3,10", "2,1,4,3,10", "2,4,1,3,-1"]
)
def test_a_bar_that_cannot_be_is_left_out_where_that_is_the_policy(line: str) -> None:
    rows = bars(f"2020-01-01,{GOOD}", f"2020-01-02,{line}", f"2020-01-03,{GOOD}")
    with pytest.raises(DataError, match=r"or set `data.quality.bad_bars: repair`"):
        check_rows(rows, tradable=True)
    kept, found = check_rows(rows, True, QualitySpec(bad_bars="repair"))
    assert days(kept.time) == [1, 3]
    assert days(found["bad_bars"]) == [2]
    with pytest.raises(SkippedError):
        check_rows(rows, True, QualitySpec(bad_bars="skip"))


def test_a_price_ten_times_off_that_comes_back_stops_or_is_flagged() -> None:
    rows = closes(10, 11, 12, 130, 13, 14)
    # 130 is 10 times 13 and more than 10 times 12.
    with pytest.raises(DataError, match=r"f.csv: open is 130 with the close before of 12 on"):
        check_rows(rows, tradable=True)
    kept, found = check_rows(rows, True, QualitySpec(spikes="flag"))
    assert kept.values["close"].tolist() == [10, 11, 12, 130, 13, 14]  # nobody knew at the time
    assert days(found["spikes"]) == [4]


@pytest.mark.parametrize(
    "prices",
    [
        (64.26, 30.0, 1.0, 0.00032, 0.00005, 0.0001),  # a crash stays down
        (1.0, 1.0, 30.0, 31.0, 29.0),  # a new level stays up
        (1.0, 1.0, 30.0),  # nobody knows yet whether the last bar comes back
        (1.0, 9.9, 1.0),  # less than ten times
    ],
)
def test_a_crash_that_does_not_come_back_is_no_spike(prices: tuple[float, ...]) -> None:
    kept, found = check_rows(closes(*prices), tradable=True)
    assert kept.values["close"].tolist() == list(prices)
    assert "spikes" not in found


def test_a_wick_ten_times_away_is_flagged_or_repaired() -> None:
    rows = bars("2020-01-01,9,10,8,9,1", "2020-01-02,9,95,0.5,8,1", "2020-01-03,8,10,8,9,1")
    kept, found = check_rows(rows, tradable=True)
    assert days(found["wicks"]) == [2]
    assert kept.values["low"].tolist() == [8, 0.5, 8]
    kept, found = check_rows(rows, True, QualitySpec(wicks="repair"))
    assert days(found["wicks"]) == [2]
    # 95 is above 10 x 9 and 0.5 below 8 / 10: they become the higher and lower of 9 and 8.
    assert kept.values["high"].tolist() == [10, 9, 10]
    assert kept.values["low"].tolist() == [8, 8, 8]
    with pytest.raises(DataError, match=r"high is 95 with open, close and the close before up"):
        check_rows(rows, True, QualitySpec(wicks="stop"))


def test_what_comes_later_does_not_change_a_repaired_bar() -> None:
    policy = QualitySpec(wicks="repair", bad_bars="repair")
    lines = [f"2020-01-{day:02d},9,{95 if day % 3 else 10},8,9,1" for day in range(1, 20)]
    whole, _ = check_rows(bars(*lines), True, policy)
    for stop in range(2, 19):
        part, _ = check_rows(bars(*lines[:stop]), True, policy)
        assert part.values["high"].tolist() == whole.values["high"][:stop].tolist()


def test_values_that_are_no_bars_have_no_spikes() -> None:
    rows = parse_file(
        b"date,a\n2020-01-01,1\n2020-01-02,100\n2020-01-03,1\n", "v.csv", ["a"], False
    )
    kept, found = check_rows(rows, tradable=False)
    assert kept.values["a"].tolist() == [1, 100, 1]
    assert not found


def test_a_spike_is_found_wherever_it_is() -> None:
    rng = np.random.default_rng(3)
    clean = 10 * np.exp(0.02 * np.cumsum(rng.standard_normal(28)))
    for row in range(1, 27):
        prices = clean.copy()
        prices[row] *= 25
        _, found = check_rows(closes(*prices), True, QualitySpec(spikes="flag"))
        assert days(found["spikes"]) == [row + 1]
