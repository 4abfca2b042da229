"""Times of vendors to instants."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.errors import DataError
from feeds.formats.clocks import in_utc, parse_clock, parse_epochs


def utc(*cells: str, zone: str | None = None) -> list[str]:
    clock = parse_clock(cells, "f.csv", "date", 2)
    return [str(time)[:16] for time in in_utc(clock, zone, "f.csv", "date")]


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("2020-12-16", "2020-12-16T00:00"),
        ("2020-12-16T10:30:00Z", "2020-12-16T10:30"),
        ("2020-12-16T10:30:00.123456Z", "2020-12-16T10:30"),
        ("2020-12-16 10:30:00 UTC", "2020-12-16T10:30"),
        ("2020-12-16 10:30:00+02:00", "2020-12-16T08:30"),
        ("2020-12-16T10:30-0500", "2020-12-16T15:30"),
        ("20201216", "2020-12-16T00:00"),
        ("2020.1.6", "2020-01-06T00:00"),
        ("Dec 16, 2020", "2020-12-16T00:00"),
        ("December 6, 2020", "2020-12-06T00:00"),
        ("1/18/2021 0:00", "2021-01-18T00:00"),
        ("8/19/2017", "2017-08-19T00:00"),
    ],
)
def test_times_are_read_as_vendors_write_them(cell: str, instant: str) -> None:
    assert utc(cell) == [instant]


@pytest.mark.parametrize(
    ("cell", "hour"), [("09-AM", "09"), ("12-AM", "00"), ("12-PM", "12"), ("01-PM", "13")]
)
def test_hours_of_the_twelve_hour_clock(cell: str, hour: str) -> None:
    assert utc(f"2019-10-17 {cell}", zone="UTC") == [f"2019-10-17T{hour}:00"]


@pytest.mark.parametrize(
    "cell",
    [
        "yesterday",
        "2021-02-30",
        "1/32/2021",
        "20211301",
        "Foo 1, 2020",
        "2101-01-01",
        "",
        "2021-1-2",
    ],
)
def test_anything_else_is_refused_with_its_line(cell: str) -> None:
    for cells in ([cell], ["2020-01-01", cell]):
        line = len(cells) + 1
        with pytest.raises(DataError, match=f"f.csv: line {line}, column date: '.*' is no time"):
            utc(*cells)


def test_a_local_time_is_refused_and_a_given_zone_is_used() -> None:
    cells = ("2013-05-04 21:00:00", "2013-05-11 21:00:00")
    with pytest.raises(DataError, match=r"do not say their zone; .* would be `--zone -03:00`"):
        utc(*cells)
    for zone in ("-03:00", "-3", "UTC-3", "America/Argentina/Buenos_Aires"):
        assert utc(*cells, zone=zone) == ["2013-05-05T00:00", "2013-05-12T00:00"]


def test_the_zone_of_the_file_wins_over_the_one_given() -> None:
    assert utc("2020-01-01T10:00:00Z", zone="-03:00") == ["2020-01-01T10:00"]


def test_summer_time_is_followed_and_its_double_hour_refused() -> None:
    # New York is 5 hours behind UTC in January, 4 in July.
    cells = ("2021-01-04 09:30:00", "2021-07-06 09:30:00")
    assert utc(*cells, zone="America/New_York") == ["2021-01-04T14:30", "2021-07-06T13:30"]
    for twice_or_never in ("2021-11-07 01:30:00", "2021-03-14 02:30:00"):
        with pytest.raises(DataError, match="stands twice or not at all"):
            utc(twice_or_never, zone="America/New_York")


def test_times_with_a_zone_beside_times_without_are_refused() -> None:
    with pytest.raises(DataError, match="1 of 2 times say their zone"):
        utc("2020-01-01T00:00:00Z", "2020-01-02T00:00:00")


@pytest.mark.parametrize("zone", ["Mars/Base", "+99:00", "../etc", ""])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(DataError, match="there is no time zone"):
        utc("2020-01-01 10:00:00", zone=zone)


def test_epochs_are_read_by_their_digits_even_in_one_file() -> None:
    cells = [
        "1735603200",
        "1735603200000",
        "1735689600000000",
        "1735689600000000000",
        "1735689600.0",
    ]
    times = parse_epochs(cells, "f.csv", "open_time", 1)
    assert [str(time)[:10] for time in times] == 2 * ["2024-12-31"] + 3 * ["2025-01-01"]
    assert times.dtype == np.dtype("datetime64[ns]")


@pytest.mark.parametrize("cell", ["", "1.61093E+12", "160", "-1735603200000", "9999999999999", "x"])
def test_what_is_no_epoch_is_refused_with_its_line(cell: str) -> None:
    with pytest.raises(DataError, match=r"line 2, column open_time: '.*' is no time"):
        parse_epochs(["1735603200000", cell], "f.csv", "open_time", 1)
