"""A benchmark on another calendar is joined by what was known when."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.measures import aligned_benchmark
from feeds.errors import DataError

# Midnights from Thursday 2024-01-04 to Tuesday 2024-01-09.
TIMES = np.datetime64("2024-01-04T00:00") + np.arange(6) * np.timedelta64(1, "D")
# Sessions that close at 21:00 on Thursday, Friday and Monday.
CLOSES = np.array(["2024-01-04T21:00", "2024-01-05T21:00", "2024-01-08T21:00"], "datetime64[m]")
VALUES = [100.0, 110.0, 99.0]


def test_values_are_those_known_at_the_close_and_weekends_are_flat() -> None:
    found = aligned_benchmark(TIMES, CLOSES, VALUES)
    np.testing.assert_equal(found.nav, [np.nan, 100, 110, 110, 110, 99])
    # Thursday begins before anything is known. Friday 110 / 100, the weekend flat, Monday 99 / 110.
    np.testing.assert_allclose(found.returns, [np.nan, 0.1, 0.0, 0.0, -0.1], rtol=1e-12)
    assert found.matched.tolist() == [False, True, True, True, True]
    assert (found.unmatched, found.carried, found.unused) == (1, 2, 0)
    assert found.words.startswith("compared from 2024-01-05 to 2024-01-09: 4 bars, 2 of them")


def test_a_benchmark_without_a_bar_in_common_stops() -> None:
    for only in (slice(1, 2), slice(0, 0)):
        with pytest.raises(DataError, match=r"no bar in common|has no stamps"):
            aligned_benchmark(TIMES, CLOSES[only], VALUES[only])


def test_nothing_is_carried_beyond_the_last_value() -> None:
    found = aligned_benchmark(TIMES, CLOSES[:2], VALUES[:2])
    assert found.matched.tolist() == [False, True, False, False, False]
    assert np.isnan(found.returns[2:]).all()


def test_a_bar_belongs_to_the_comparison_if_it_begins_before_the_last_value() -> None:
    # The last value is known at Friday's midnight, when the bar of Friday begins: there is nothing
    # left to compare it with. A minute later, and the bar has a value of its own.
    for minutes, matched in ((0, [False] * 5), (1, [False, True, False, False, False])):
        last = np.datetime64("2024-01-05T00:00") + np.timedelta64(minutes, "m")
        stamps = np.array(["2024-01-04T12:00", last], "datetime64[m]")
        if not any(matched):
            with pytest.raises(DataError, match="no bar in common"):
                aligned_benchmark(TIMES, stamps, [100.0, 110.0])
            continue
        found = aligned_benchmark(TIMES, stamps, [100.0, 110.0])
        assert found.matched.tolist() == matched
        assert found.returns[1] == pytest.approx(0.1, rel=1e-12)


def test_stamps_with_a_zone_are_brought_to_utc() -> None:
    plain = aligned_benchmark(TIMES, CLOSES, VALUES)
    new_york = pd.DatetimeIndex(CLOSES).tz_localize("UTC").tz_convert("America/New_York")
    for stamps in (new_york, list(new_york), [f"{close}Z" for close in CLOSES.astype(str)]):
        found = aligned_benchmark(pd.DatetimeIndex(TIMES).tz_localize("UTC"), stamps, VALUES)
        assert found.words == plain.words
        np.testing.assert_array_equal(found.returns, plain.returns)


def test_values_replaced_before_a_close_are_counted() -> None:
    stamps = np.insert(CLOSES, 1, np.datetime64("2024-01-05T12:00"))
    found = aligned_benchmark(TIMES, stamps, [100.0, 500.0, 110.0, 99.0])
    assert found.unused == 1
    np.testing.assert_allclose(found.returns[1:], [0.1, 0.0, 0.0, -0.1], rtol=1e-12)


def test_a_value_is_known_at_its_own_instant() -> None:
    found = aligned_benchmark(TIMES, TIMES, np.arange(1.0, 7.0))
    assert found.nav.tolist() == [1, 2, 3, 4, 5, 6]
    assert (found.unmatched, found.carried, found.unused) == (0, 0, 0)


@pytest.mark.parametrize(
    ("times", "stamps", "values", "words"),
    [
        (TIMES, CLOSES[::-1], VALUES, "stamps of the benchmark do not ascend after 2024-01-08"),
        (TIMES[::-1], CLOSES, VALUES, "stamps of the strategy do not ascend"),
        (TIMES, CLOSES, [100.0, 0.0, 99.0], "the benchmark is 0 at 2024-01-05T21:00Z"),
        (TIMES, CLOSES, [100.0, np.nan, 99.0], "the benchmark is nan at 2024-01-05T21:00Z"),
        (TIMES, CLOSES, VALUES[1:], "2 values of the benchmark with 3 stamps"),
        (TIMES, CLOSES, ["a", "b", "c"], "the values of the benchmark are no numbers"),
        (np.arange(6), CLOSES, VALUES, "the stamps of the strategy are no times .int64"),
        (TIMES, np.arange(3), VALUES, "the stamps of the benchmark are no times .int64"),
        (["a", "b"], CLOSES, VALUES, "the stamps of the strategy are no times .Error parsing"),
        (None, CLOSES, VALUES, "the stamps of the strategy have 0 dimensions"),
        (TIMES, [None, *CLOSES[1:]], VALUES, "the stamps of the benchmark do not ascend"),
    ],
)
def test_what_cannot_be_aligned_stops(
    times: object, stamps: object, values: object, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        aligned_benchmark(times, stamps, values)
