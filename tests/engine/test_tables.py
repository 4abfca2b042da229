"""CSV text: exact numbers, UTC instants, no formulas."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.tables import from_csv, numbers, plain_text, safe_text, texts, times, to_csv
from feeds.arrays import instants
from feeds.errors import DataError


@given(st.lists(st.floats(allow_infinity=False), max_size=20))
def test_numbers_read_back_to_the_last_bit(values: list[float]) -> None:
    before = np.array(values, dtype=np.float64)
    ((_, cells),) = from_csv(to_csv([("x", before)]), "x.csv")
    after = numbers(cells)
    assert np.array_equal(before, after, equal_nan=True)
    assert [math.copysign(1, v) for v in before[~np.isnan(before)]] == [
        math.copysign(1, v) for v in after[~np.isnan(after)]
    ]


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), max_size=9)
)
def test_texts_read_back_as_they_were(values: list[str]) -> None:
    text = to_csv([("first", ["x"] * len(values)), ("name", values)])
    _, (_, cells) = from_csv(text, "x.csv")
    assert texts(cells) == values


@given(st.text('ab,"\r\n\x0b\u2028 ', max_size=30))
def test_a_table_without_quotes_is_split_as_the_csv_module_splits_it(text: str) -> None:
    header, *rows = csv.reader(io.StringIO(text, newline="")) if text else [[]]
    if header and all(len(row) == len(header) for row in rows):
        assert [cells for _, cells in from_csv(text, "x.csv")] == [
            list(column) for column in zip(*rows, strict=True)
        ] or not rows
    else:
        with pytest.raises(DataError, match=r"x\.csv"):
            from_csv(text, "x.csv")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_text_that_a_spreadsheet_would_run_is_prefixed(text: str) -> None:
    assert to_csv([("=name", [text])]).splitlines() == ["'=name", f"'{text}"]
    assert plain_text(safe_text(text)) == text
    assert plain_text(safe_text("'=" + text)) == "'=" + text


def test_instants_end_in_z_and_blanks_are_unknown() -> None:
    stamps = instants(np.array(["2020-03-12", "2020-03-12T20:00:01", "NaT"], dtype="M8[s]"))
    text = to_csv([("time", stamps), ("x", np.array([0.1, np.nan, -2.5]))])
    assert text == ("time,x\n2020-03-12T00:00:00Z,0.1\n2020-03-12T20:00:01Z,\n,-2.5\n")
    (_, cells), _ = from_csv(text, "x.csv")
    assert np.array_equal(times(cells), stamps, equal_nan=True)


def test_fractions_of_a_second_are_kept() -> None:
    stamps = instants(np.array(["2020-03-12T00:00:00.000000001", "2020-03-12"], dtype="M8[ns]"))
    ((_, cells),) = from_csv(to_csv([("time", stamps)]), "x.csv")
    assert np.array_equal(times(cells), stamps)


def test_an_empty_table_keeps_its_columns() -> None:
    assert from_csv(to_csv([("a", []), ("b", np.array([]))]), "x.csv") == [("a", []), ("b", [])]


@pytest.mark.parametrize(("text", "why"), [("", "empty"), ("a,b\n1\n", "row 2 has 1 cells, not 2")])
def test_a_text_that_is_no_table_is_named(text: str, why: str) -> None:
    with pytest.raises(DataError, match=f"x.csv.*{why}"):
        from_csv(text, "x.csv")
