"""Cells to numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.arrays import Float
from feeds.errors import DataError
from feeds.formats.cells import numbers


def parsed(*cells: str, delimiter: str = ",") -> Float:
    return numbers(cells, "f.csv", "close", 2, delimiter)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_come_back_to_the_last_bit(values: list[float]) -> None:
    plain = parsed(*[repr(value) for value in values])
    assert plain.tobytes() == np.array(values).tobytes()
    beside_text = parsed(*[repr(value) for value in values], "null")
    assert beside_text[:-1].tobytes() == np.array(values).tobytes()


@pytest.mark.parametrize("blank", ["", "null", "NULL", "NaN", "nan", "N/A", "None", "-", ".", " "])
def test_blanks_of_all_vendors_are_nan(blank: str) -> None:
    np.testing.assert_array_equal(parsed("1.5", blank), [1.5, np.nan])


def test_commas_between_thousands_are_dropped() -> None:
    assert list(parsed("15,817,248,373", "1,234.5", "7")) == [15817248373.0, 1234.5, 7.0]


def test_behind_a_semicolon_a_comma_is_a_decimal_mark() -> None:
    assert list(parsed("1254762149,4585037", "0", delimiter=";")) == [1254762149.4585037, 0.0]


def test_a_comma_that_could_be_either_is_refused() -> None:
    with pytest.raises(DataError, match="'1,234' may stand before decimals or between thousands"):
        parsed("1,234", "7", delimiter=";")


@pytest.mark.parametrize(
    "cell",
    ["gg", "inf", "-inf", "1_000", "1.2.3", "--1", "\u0661", "0x10", "1,23", "$5", "12,34.5"],
)
def test_text_is_refused_with_its_line(cell: str) -> None:
    with pytest.raises(DataError, match=r"f.csv: line 3, column close: '.*' is no number"):
        parsed("1", cell)


def test_a_number_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(DataError, match="line 2, column close: the number is larger than"):
        parsed("1e999")
