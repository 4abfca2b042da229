"""What is refused at the border, and what is not."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.arrays import instants
from feeds.errors import DataError
from feeds.files import Rows, parse_file
from feeds.quality import check_rows
from feeds.validate import missing_bars

OHLCV = ("open", "high", "low", "close", "volume")


def bars(*lines: str) -> Rows:
    return parse_file(
        ("\n".join(["date," + ",".join(OHLCV), *lines])).encode(), "f.csv", OHLCV, False
    )


def values(*lines: str) -> Rows:
    return parse_file(("\n".join(["date,a,b", *lines])).encode(), "v.csv", ["a", "b"], False)


def test_good_bars_pass_unchanged() -> None:
    rows = bars("2020-01-01,2,4,1,3,10", "2020-01-02,3,3,3,3,0", "2020-01-03,3,3,3,3,")
    kept, found = check_rows(rows, tradable=True)
    assert not found
    assert len(kept.time) == 3
    assert np.isnan(kept.values["volume"][2])


def test_blank_rows_are_dropped_and_counted() -> None:
    rows = bars(
        "2020-01-01,2,4,1,3,10", "2020-01-02,,,,,", "2020-01-03,,,,,0", "2020-01-04,3,3,3,3,1"
    )
    kept, found = check_rows(rows, tradable=True)
    assert [str(t)[:10] for t in found["blank_rows"]] == ["2020-01-02", "2020-01-03"]
    assert [str(t)[:10] for t in kept.time] == ["2020-01-01", "2020-01-04"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "2020-03-12,0,4,1,3,10",
            "open is 0 on 2020-03-12; prices are above 0. Fix the row, or leave",
        ),
        ("2020-03-12,2,4,-1,3,10", "low is -1 on 2020-03-12; prices are above 0"),
        ("2020-03-12,2,4,1,0,10", "close is 0 on 2020-03-12; prices are above 0"),
        ("2020-03-12,2,1e999,1,3,10", "high is inf on 2020-03-12; numbers are finite"),
        ("2020-03-12,2,4,1,3,1e999", "volume is inf on 2020-03-12; numbers are finite"),
        ("2020-03-12,,4,1,3,10", "open is blank on 2020-03-12; part of a bar is no bar"),
        ("2020-03-12,81.96,,,,", "high is blank on 2020-03-12; part of a bar is no bar"),
        ("2020-03-12,,,,,7", "open is blank on 2020-03-12; part of a bar is no bar"),
        ("2020-03-12,2,1,4,3,10", "high is 1 with low 4 on 2020-03-12; it is below the low"),
        ("2020-03-12,5,4,1,3,10", "open is 5 with high 4 on 2020-03-12; it is above the high"),
        ("2020-03-12,0.5,4,1,3,10", "open is 0.5 with low 1 on 2020-03-12; it is below the low"),
        ("2020-03-12,2,4,1,4.1,10", "close is 4.1 with high 4 on 2020-03-12"),
        ("2020-03-12,2,4,1,0.9,10", "close is 0.9 with low 1 on 2020-03-12"),
        ("2020-03-12,2,4,1,3,-1", "volume is -1 on 2020-03-12; it is at least 0"),
    ],
)
def test_a_bar_that_cannot_be_stops(line: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        check_rows(bars("2020-03-11,2,4,1,3,10", line), tradable=True)
    assert str(error.value).startswith(f"f.csv: {message}")


def test_a_price_outside_the_range_by_rounding_passes() -> None:
    check_rows(bars("2020-03-12,2,4,1,4.000000000001,10"), tradable=True)


def test_the_message_counts_the_other_rows() -> None:
    lines = [f"2020-03-{day},0,4,1,3,10" for day in range(10, 14)]
    with pytest.raises(DataError, match=r"open is 0 on 2020-03-10 \(and 3 more rows\);"):
        check_rows(bars(*lines), tradable=True)


def test_a_file_of_blank_rows_stops() -> None:
    with pytest.raises(DataError, match=r"f.csv: all 2 rows are blank"):
        check_rows(bars("2020-03-12,,,,,", "2020-03-13,,,,,"), tradable=True)


def test_values_may_be_zero_negative_or_blank_but_finite() -> None:
    rows = values("2020-03-11,0,-5", "2020-03-12,,", "2020-03-13,,1")
    kept, found = check_rows(rows, tradable=False)
    assert len(found["blank_rows"]) == 1
    np.testing.assert_array_equal(kept.values["a"], [0.0, np.nan])
    with pytest.raises(DataError, match=r"v.csv: b is -inf on 2020-03-11; numbers are finite"):
        check_rows(values("2020-03-11,0,-1e999"), tradable=False)


def test_a_release_before_its_own_date_stops() -> None:
    text = b"date,known_at,a\n2020-03-12,2020-03-11T00:00:00Z,1\n"
    with pytest.raises(DataError, match="is known_at 2020-03-11, before its own date"):
        check_rows(parse_file(text, "v.csv", ["a"], True), tradable=False)


def test_missing_bars_are_found_between_first_and_last() -> None:
    grid = instants(np.arange("2020-01-01", "2020-01-11", dtype="datetime64[D]"))
    label = grid[[0, 1, 4, 9]]
    # First id: 1, 2, 5, 10 January: 3, 4, 6..9 are missing, 6 days. Second: 2 and 5: 2 days.
    # Third: no bar at all.
    has_bar = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0], [1, 0, 0]], dtype=bool)
    found = missing_bars(grid, label, has_bar)
    days = [[int(str(time)[8:10]) for time in times] for times in found]
    assert days == [[3, 4, 6, 7, 8, 9], [3, 4], []]
