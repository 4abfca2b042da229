"""Normalising loses nothing that is not counted, and changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from feeds.arrays import DAY
from feeds.errors import DataError
from feeds.formats.drafts import Draft, normalised
from feeds.series import Series

DAYS = np.datetime64("2024-01-01", "ns") + np.arange(9) * DAY
NAN = np.nan


def bars(days: list[int], close: list[float], **more: Any) -> Draft:
    prices = np.array(close)
    time = DAYS[days]
    fields = {"open": prices, "high": prices + 1, "low": prices - 1, "close": prices}
    kept = {"source": "f.csv", "key": "v/ID/1d", "stamp": "day_start", "time": time}
    return Draft(**{**kept, "fields": fields, "closes_at": time + DAY, **more})


def found(series: Series) -> dict[str, list[str]]:
    return {kind: [str(each)[8:10] for each in when] for kind, when in series.findings.items()}


def test_rows_in_order_are_taken_as_they_are() -> None:
    series = normalised(bars([0, 1, 2], [5, 6, 7]))
    assert (series.key, series.ids, len(series)) == ("v/ID/1d", ("ID",), 3)
    assert not series.findings
    assert not series.time.flags.writeable


def test_newest_first_is_sorted_and_each_row_below_a_later_one_counted() -> None:
    series = normalised(bars([2, 1, 0], [7, 6, 5]))
    assert list(series.fields["close"]) == [5, 6, 7]
    assert found(series) == {"out_of_order": ["01", "02"]}


def test_identical_duplicates_are_told_once() -> None:
    series = normalised(bars([0, 1, 1], [5, 6, 6]))
    assert len(series) == 2
    assert found(series) == {"repeated_rows": ["02"]}


def test_duplicates_that_differ_stop_and_may_be_chosen() -> None:
    draft = bars([0, 1, 1, 2], [5, 6, 6.5, 7])
    with pytest.raises(DataError, match=r"two rows for 2024-01-02 differ: open is 6 and 6.5"):
        normalised(draft)
    assert list(normalised(draft, keep="first").fields["close"]) == [5, 6, 7]
    last = normalised(draft, keep="last")
    assert list(last.fields["close"]) == [5, 6.5, 7]
    assert found(last) == {"repeated_rows": ["02"]}


def test_a_blank_row_is_dropped_even_beside_a_full_one() -> None:
    series = normalised(bars([0, 1, 1], [5, NAN, 6]))
    assert found(series) == {"blank_rows": ["02"]}


def test_a_row_with_trade_and_no_price_is_kept_for_the_quality_policies() -> None:
    draft = bars([0, 1], [5, NAN])
    draft = bars([0, 1], [5, NAN], fields={**draft.fields, "volume": np.array([1.0, 2.0])})
    assert len(normalised(draft)) == 2


def test_strange_values_are_kept() -> None:
    series = normalised(bars([0, 1, 2], [5, -6, 0]))
    assert list(series.fields["close"]) == [5, -6, 0]


def test_a_last_line_that_breaks_off_within_its_bar_is_counted() -> None:
    fields = {key: np.array([5.0, NAN]) for key in ("high", "low", "close")}
    draft = bars([0, 1], [5, 6], fields={"open": np.array([5.0, 6.0]), **fields})
    assert found(normalised(draft)) == {"cut_off": ["02"]}


def test_a_bar_is_open_by_the_clock_not_by_its_place() -> None:
    draft = bars([2, 1, 0], [7, 6, 5])
    at_the_close = normalised(draft, np.datetime64("2024-01-03T00:00"))
    assert found(at_the_close) == {"out_of_order": ["01", "02"], "unclosed": ["03"]}
    assert len(normalised(draft, np.datetime64("2024-01-04T00:00"))) == 3
    assert len(normalised(draft, np.datetime64("2024-01-03T23:59:59"))) == 2


def test_what_a_file_says_about_its_making_counts_as_a_clock() -> None:
    draft = bars([0, 1], [5, 6], saved_at=np.datetime64("2024-01-02T12:00"))
    assert found(normalised(draft)) == {"unclosed": ["02"]}
    assert found(normalised(draft, np.datetime64("2030-01-01"))) == {"unclosed": ["02"]}


def test_a_session_is_open_until_its_exchange_closes() -> None:
    draft = bars([0, 1], [5, 6], stamp="session_close", calendar="XNYS", closes_at=None)
    # 2024-01-02 is a full session: 21:00 UTC.
    assert len(normalised(draft, np.datetime64("2024-01-02T20:59"))) == 1
    assert len(normalised(draft, np.datetime64("2024-01-02T21:00"))) == 2


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(DataError, match="none of its 2 rows holds a finished value"):
        normalised(bars([0, 1], [NAN, NAN]))


def test_prices_under_the_wrong_names_are_refused() -> None:
    fields = bars([0, 1, 2], [5, 6, 7]).fields
    shifted = {**fields, "high": fields["low"], "low": fields["high"]}
    with pytest.raises(DataError, match="in 3 of 3 rows open or close lie outside of low to high"):
        normalised(bars([0, 1, 2], [5, 6, 7], fields=shifted))


def test_a_row_off_the_grid_of_its_stamp_is_refused() -> None:
    late = DAYS[:2] + np.timedelta64(3, "h")
    with pytest.raises(
        DataError, match=r"2024-01-01T03:00Z .2 rows in all. does not start at 00:00"
    ):
        normalised(bars([0, 1], [5, 6], time=late))


def test_a_cross_section_is_ordered_by_time_and_id() -> None:
    draft = Draft(
        "f.csv", "v/top/1d", "day_start", DAYS[[1, 0, 0]], {"cap": np.array([3.0, 2.0, 1.0])},
        ids=("b", "b", "a"),
    )  # fmt: skip
    series = normalised(draft)
    assert series.ids == ("a", "b")
    assert list(series.column) == [0, 1, 1]
    assert list(series.fields["cap"]) == [1, 2, 3]


def test_an_id_that_no_file_name_could_hold_is_refused() -> None:
    draft = Draft("f.csv", "v/top/1d", "day_start", DAYS[:1], {"cap": np.ones(1)}, ids=("a/b",))
    with pytest.raises(DataError, match="'a/b' is no id"):
        normalised(draft)
