"""What is read as an instant, and what is refused because nobody can know which one it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from feeds.arrays import instants
from feeds.errors import DataError

NOON = np.datetime64("2024-01-31T12:00", "ns")
TOKYO = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-31T12:00",
        "2024-01-31 12:00:00",
        "2024-01-31T12:00:00.000Z",
        "2024-01-31T12:00:00+00:00",
        "2024-01-31 21:00+09",
        "2024-01-31T06:30:00-0530",
        "2024-02-01T00:00 +12:00",
        datetime(2024, 1, 31, 12),
        datetime(2024, 1, 31, 12, tzinfo=UTC),
        datetime(2024, 1, 31, 21, tzinfo=TOKYO),
        pd.Timestamp("2024-01-31T12:00"),
        pd.Timestamp("2024-01-31T21:00", tz="Asia/Tokyo"),
        np.datetime64("2024-01-31T12", "h"),
    ],
    ids=str,
)
def test_what_has_a_zone_is_brought_to_utc(value: object) -> None:
    assert instants([value]).tolist() == [NOON.astype(int)]
    mixed = instants([value, None, date(2024, 2, 1)])
    assert mixed[0] == NOON
    assert np.isnat(mixed[1])
    assert mixed[2] == np.datetime64("2024-02-01")


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_columns_of_pandas_are_read_with_their_zone(zone: str | None) -> None:
    # New York is five hours behind UTC in January.
    hours = {None: 0, "UTC": 0, "America/New_York": 5}[zone]
    index = pd.date_range("2024-01-01", periods=3, freq="h", tz=zone)
    expected = np.datetime64("2024-01-01T00", "h") + hours + np.arange(3)
    for given in (index, pd.Series(index), list(index), index.strftime("%Y-%m-%dT%H:%M%z")):
        np.testing.assert_array_equal(instants(given), expected)


def test_dates_and_nanoseconds_keep_their_value() -> None:
    # A date of which the last two digits look like an offset, and a nanosecond.
    assert instants(["2024-01-02"]).tolist() == [np.datetime64("2024-01-02", "ns").astype(int)]
    fine = pd.Timestamp("2024-01-02T00:00:00.000000001", tz="Asia/Tokyo")
    assert instants([fine])[0] == np.datetime64("2024-01-01T15:00:00.000000001")
    assert instants([]).dtype == instants(np.empty(0)).dtype == np.dtype("datetime64[ns]")


def test_the_array_that_was_given_stays_its_owner_s() -> None:
    own = np.array([NOON])
    instants(own)[0] = np.datetime64("NaT")
    assert own[0] == NOON


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1_704_067_200], "the stamps are no times .int64, such as 1704067200.*no unit"),
        ([20240101], "no times .int64, such as 20240101"),
        (range(3), "no times .int64"),
        (np.arange(3, dtype=np.uint8), "no times .uint8"),
        ([1.7e9], "no times .float64"),
        ([True], "no times .bool"),
        ([date(2024, 1, 1), 5], "no times .int 5"),
        (["1 January"], "no times .Error parsing"),
        ([[1], [1, 2]], "no times"),
        (pd.period_range("2024-01", periods=2, freq="M"), "no times .Period"),
        (["20240101"], "hold the year 20240101; instants are nanoseconds"),
        (["2024-01-01", "1500-01-01"], "hold the year 1500"),
        (np.array(["2500-01-01"], "datetime64[D]"), "hold the year 2500"),
        ([datetime(2500, 1, 1)], "hold the year 2500"),
    ],
)
def test_what_is_no_instant_is_refused(values: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        instants(values, "the stamps")
