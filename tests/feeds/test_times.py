"""Text to instants."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.arrays import instants
from feeds.errors import DataError
from feeds.times import parse_times


def parse(*cells: str) -> list[str]:
    return [str(t) for t in parse_times(cells, "f.csv", "date").astype("datetime64[s]")]


def test_dates_are_midnights_in_nanoseconds() -> None:
    times = parse_times(["2020-02-28", "2020-02-29"], "f.csv", "date")
    assert times.dtype == "datetime64[ns]"
    assert times[1] - times[0] == np.timedelta64(1, "D")


def test_timestamps_with_z_and_with_offsets_are_utc() -> None:
    assert parse("2021-04-04T20:00:00Z") == ["2021-04-04T20:00:00"]
    # 20:30 in a zone five and a half hours ahead is 15:00 UTC.
    assert parse("2021-04-04T20:30:00+05:30", "2021-04-04 12:00:00-05:00") == [
        "2021-04-04T15:00:00",
        "2021-04-04T17:00:00",
    ]
    assert parse("2021-04-04T20:00Z") == ["2021-04-04T20:00:00"]


def test_a_fraction_of_a_second_is_kept() -> None:
    times = parse_times(["2021-04-04T20:00:00.000250Z"], "f.csv", "date")
    assert times[0] == np.datetime64("2021-04-04T20:00:00.000250", "ns")


@pytest.mark.parametrize("cell", ["2021-04-04 20:00:00", "2021-04-04T20:00", "2021-04-04 00:00:00"])
def test_a_naive_timestamp_stops_and_says_what_to_write(cell: str) -> None:
    with pytest.raises(DataError, match=r"f.csv: line 3, column date: naive timestamp .*:00Z$"):
        parse("2021-04-03T20:00:00Z", cell)


@pytest.mark.parametrize(
    "cell",
    [
        *("", "2021-02-30", "2021-13-01", "04/05/2021", "20210404", "1617566400", "2021-W01-1"),
        *("null", "0001-01-01", "9999-12-31", "2021-04-04T25:00:00Z", "2021-04-04T20:00:00+99:00"),
    ],
)
def test_anything_else_stops_with_its_line(cell: str) -> None:
    with pytest.raises(DataError, match=r"f.csv: line 2, column date: .* is no time"):
        parse(cell)


def test_dates_and_timestamps_do_not_mix() -> None:
    with pytest.raises(DataError, match=r"line 3.*all of them as dates, or all as timestamps"):
        parse("2021-04-04", "2021-04-04T20:00:00Z")


def test_instants_takes_every_unit_and_pandas_dates() -> None:
    import pandas as pd

    expected = np.array(["1987-10-19"], dtype="datetime64[ns]")
    for unit in ("D", "s", "us", "ns"):
        assert instants(expected.astype(f"datetime64[{unit}]")) == expected
    # pandas 3 parses to microseconds, its older versions and calendars are in nanoseconds.
    assert instants(pd.to_datetime(["1987-10-19"])) == expected
    assert instants(pd.DatetimeIndex(["1987-10-19"]).as_unit("ns")) == expected
