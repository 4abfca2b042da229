"""Bytes to columns."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import DataError
from feeds.files import Rows, file_bytes, parse_file

GOOD = "date,open,close\n2020-01-01,1.5,2\n2020-01-02,,3e-2\n"


def parse(text: str | bytes, name: str = "f.csv", **kwargs: Any) -> Rows:
    content = text.encode() if isinstance(text, str) else text
    return parse_file(content, name, kwargs.get("fields", ["close"]), kwargs.get("released", False))


def test_needed_columns_are_read_and_blanks_are_nan() -> None:
    rows = parse(GOOD, fields=["close", "open"])
    assert list(rows.values) == ["close", "open"]
    assert list(rows.values["close"]) == [2.0, 0.03]
    np.testing.assert_array_equal(rows.values["open"], [1.5, np.nan])
    assert rows.known_at is None


@pytest.mark.parametrize("head", ["date", "time", "timestamp", "datetime"])
def test_the_time_column_has_four_names(head: str) -> None:
    assert str(parse(f"close,{head}\n1,2020-01-01\n").time[0])[:10] == "2020-01-01"


def test_gzip_bom_crlf_and_trailing_blank_lines_are_fine() -> None:
    text = "\ufeff" + GOOD.replace("\n", "\r\n") + "\r\n\r\n"
    assert len(parse(gzip.compress(text.encode()), "f.csv.gz").time) == 2


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_numbers_come_back_to_the_last_bit(numbers: list[float]) -> None:
    days = np.datetime64("2020-01-01") + np.arange(len(numbers)) * np.timedelta64(1, "D")
    lines = [f"{day},{x!r}" for day, x in zip(days, numbers, strict=True)]
    rows = parse("\n".join(["date,close", *lines]))
    assert list(rows.values["close"]) == numbers


@pytest.mark.parametrize(
    "cell", ["null", "NaN", "nan", "inf", "1_000", "1,5", "--1", "1.2.3", "\u0661", "0x10", "gg"]
)
def test_text_in_a_number_cell_stops_with_file_line_column_text(cell: str) -> None:
    quoted = f'"{cell}"'
    with pytest.raises(DataError, match=r"f.csv: line 3, column close: '.*' is no number") as error:
        parse(f"date,close\n2020-01-01,1\n2020-01-02,{quoted}\n")
    assert f"'{cell}'" in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.csv: is empty"),
        ("\n", "f.csv: is empty"),
        ("date,close\n", "f.csv: has a header and no rows"),
        ("date,open\n2020-01-01,1\n", "lacks the column close; columns found: date, open$"),
        ("open,close\n1,2\n", "lacks the column date; columns found: open, close$"),
        ("Date,Close\n2020-01-01,1\n", "lacks the column date, close; .*rename to lower case"),
        ("date;close\n2020-01-01;1\n", "lacks the column date, close; columns found: date;close"),
        ("date,close,close\n2020-01-01,1,2\n", "two columns named close"),
        ("date,time,close\n2020-01-01,05:00,2\n", r"more than one time column \(date, time\)"),
        ("date,close\n2020-01-01,1,9\n", "line 2 has 3 cells where the header has 2"),
        ("date,close\n2020-01-01,1\n\n2020-01-03\n", "line 3 has 0 cells"),
        ('date,close\n2020-01-01,"1\n', "f.csv: line 2: unexpected end of data"),
        ("date,close\n,1\n", "line 2, column date: '' is no time"),
    ],
)
def test_a_table_that_is_not_tidy_stops(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (GOOD.encode(), "f.csv.gz", "f.csv.gz: is no whole gzip file"),
        (
            gzip.compress(GOOD.encode() * 50, mtime=0)[:-9],
            "f.csv.gz",
            "f.csv.gz: is no whole gzip file",
        ),
        (gzip.compress(GOOD.encode(), mtime=0), "f.csv", "is gzip-compressed; name it f.csv.gz"),
        (GOOD.encode("utf-16"), "f.csv", "byte 0 is not UTF-8"),
        (GOOD.encode() + b"\xe9", "f.csv", "byte 50 is not UTF-8"),
        (b"PAR1 but no more", "f.parquet", "is no Parquet file that can be read"),
        (b"", "f.parquet", "is no Parquet file that can be read"),
    ],
    ids=["plain", "cut", "packed", "utf-16", "latin-1", "parquet head", "empty"],
)
def test_bytes_that_are_not_the_format_stop(content: bytes, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse(content, name)


def test_bit_flips_in_a_gzip_file_never_pass() -> None:
    packed = bytearray(gzip.compress(GOOD.encode(), mtime=0))
    expected = parse(GOOD)
    for position in range(len(packed)):
        broken = bytes(packed[:position]) + bytes([packed[position] ^ 4]) + packed[position + 1 :]
        try:
            rows = parse(broken, "f.csv.gz")
        except DataError:
            continue
        # Bits of the gzip header (time, system) say nothing about the content.
        np.testing.assert_array_equal(rows.values["close"], expected.values["close"])


def test_a_missing_file_names_the_absolute_path_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a.csv: no such file; looked for") as error:
        file_bytes(tmp_path / "a.csv", "a.csv")
    assert str(tmp_path / "a.csv") in str(error.value)
    assert "--set data.root=DIR" in str(error.value)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(DataError, match=r"a.csv: cannot read"):
        file_bytes(tmp_path / "a.csv", "a.csv")


def parquet(**columns: Any) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def parquet_times(values: Any, kind: str) -> Any:
    import pyarrow as pa

    types = {"date": pa.date32(), "naive": pa.timestamp("us"), "utc": pa.timestamp("us", "UTC")}
    return pa.array(np.array(values, dtype="datetime64[us]")).cast(types[kind])


@pytest.mark.parametrize("kind", ["date", "naive", "utc"])
def test_parquet_dates_of_every_kind_are_midnights(kind: str) -> None:
    content = parquet(date=parquet_times(["2020-01-01", "2020-01-02"], kind), close=[1, None])
    rows = parse(content, "f.parquet")
    assert [str(t)[:10] for t in rows.time] == ["2020-01-01", "2020-01-02"]
    assert rows.time.dtype == "datetime64[ns]"
    np.testing.assert_array_equal(rows.values["close"], [1.0, np.nan])


def test_parquet_text_dates_and_utc_timestamps_work() -> None:
    rows = parse(parquet(date=["2021-04-04T20:00:00Z"], close=[0.1]), "f.parquet")
    assert str(rows.time[0])[:16] == "2021-04-04T20:00"
    times = parquet_times(["2021-04-04T20:00"], "utc")
    assert parse(parquet(date=times, close=[0.1]), "f.parquet").time[0] == rows.time[0]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"date": ["2020-01-01"], "close": ["x"]}, "column close holds string, not numbers"),
        ({"date": ["2020-01-01"], "open": [1.0]}, "lacks the column close"),
        ({"date": [1577836800], "close": [1.0]}, "column date holds int64, not times"),
        ({"date": ["2020-01-01", None], "close": [1.0, 2.0]}, "line 2, column date: '' is no time"),
    ],
)
def test_parquet_columns_of_the_wrong_kind_stop(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse(parquet(**columns), "f.parquet")


def test_parquet_naive_timestamps_blanks_and_far_dates_stop() -> None:
    naive = parquet_times(["2020-01-01T05:00"], "naive")
    with pytest.raises(DataError, match="naive timestamps, first 2020-01-01T05:00"):
        parse(parquet(date=naive, close=[1.0]), "f.parquet")
    with pytest.raises(DataError, match="column date has a blank at row 2"):
        parse(parquet(date=parquet_times(["2020-01-01", "NaT"], "utc"), close=[1, 2]), "f.parquet")
    with pytest.raises(DataError, match="outside the years 1850 to 2099"):
        parse(parquet(date=parquet_times(["2999-01-01"], "date"), close=[1.0]), "f.parquet")


def test_the_release_column_is_read_where_asked_for() -> None:
    text = "date,known_at,value\n2020-01-01,2020-02-13T13:30:00Z,7\n"
    rows = parse(text, fields=["value"], released=True)
    assert rows.known_at is not None
    assert str(rows.known_at[0])[:16] == "2020-02-13T13:30"
    with pytest.raises(DataError, match="lacks the column known_at"):
        parse("date,value\n2020-01-01,7\n", fields=["value"], released=True)
