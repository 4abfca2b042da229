"""Bytes to text: what is no data is refused by name, and packing makes no difference."""

from __future__ import annotations

import gzip
import io
import zipfile
from functools import partial

import pytest

from feeds.errors import DataError
from feeds.formats import recognise, unpacking
from tests.feeds.formats.samples import one, read

GOOD = "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,1,2,1,2,2,5\n2024-01-03,2,3,2,3,3,6\n"


# Without the time of packing: tests are named after what they are given.
packed = partial(gzip.compress, mtime=0)


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        GOOD.rstrip("\n").encode(),
        GOOD.replace("\n", "\r\n").encode(),
        ("\ufeff" + GOOD + "\n\n").encode(),
        packed(GOOD.encode()),
        packed(packed(GOOD.encode())),
        zipped(("IWM.csv", GOOD.encode())),
        zipped(("IWM.csv.gz", packed(GOOD.encode()))),
    ],
    ids=["plain", "no-final-newline", "crlf", "bom", "gzip", "twice", "zip", "gzip-in-zip"],
)
def test_packing_and_line_ends_make_no_difference(content: bytes) -> None:
    series = one(content, "IWM.csv")
    assert series.key == "yahoo/IWM/1d"
    assert list(series.fields["close"]) == [2.0, 3.0]
    assert recognise(content, "IWM.csv").name == "yahoo-download"


def test_a_zip_file_has_the_name_that_is_inside() -> None:
    assert one(zipped(("SPY.csv", GOOD.encode())), "download.zip").key == "yahoo/SPY/1d"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \r\n\r\n", "is empty"),
        (packed(b""), "is empty"),
        (packed(GOOD.encode())[:40], "no whole gzip file"),
        (zipped(("IWM.csv", GOOD.encode()))[:60], "no whole zip file"),
        (zipped(("a.csv", b"1"), ("b.csv", b"2")), r"holds 2 files \(a.csv, b.csv\)"),
        (zipped(), "is neither text"),
        (b"<!DOCTYPE html><title>Too Many\n Requests</title>", "web page titled 'Too Many Request"),
        (b"\xef\xbb\xbf  <html>", "is a web page, no data"),
        (b'{"chart": {"error": "Not Found"}}', "is JSON, no table: .*Not Found"),
        (b"[[1502928000000, 1]]", "is JSON"),
        (GOOD.encode("utf-16"), "is UTF-16"),
        (GOOD.encode() + b"\xff\xfe", "byte 88 is not UTF-8"),
        (b"ab\0c", "is neither text"),
        (b"no table at all\n1\n", "is no table: its first line is 'no table at all'"),
        (b"Date,Open,High,Low,Close,Adj Close,Volume\n", "has a header and no rows"),
        (GOOD.encode() + b"2024-01-04,1,2\n", "last line, 4, is cut off: 3 cells where .* has 7"),
        (GOOD.replace("1,2,1,2,2,5", "1,2,1,2,2,5,9").encode(), "line 2 has 8 cells .* has 7"),
        (GOOD.replace("2,2,5", "2,5").encode(), "line 2 has 6 cells where the header has 7"),
        (b'Date,Open\n"2024', "line 2"),
    ],
)
def test_what_is_no_data_is_refused_by_name(content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said) as error:
        read(content, "IWM.csv")
    assert str(error.value).startswith("IWM.csv: ")


def test_a_name_that_promises_gzip_over_plain_text_is_refused() -> None:
    with pytest.raises(DataError, match="is no gz file"):
        read(GOOD, "IWM.csv.gz")


def test_a_file_that_unfolds_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "LARGEST", 1000)
    for content in (packed(b"0" * 2000), zipped(("a.csv", b"0" * 2000))):
        with pytest.raises(DataError, match="unfolds to more than 1,000 bytes"):
            read(content, "a.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,open,high,low,close\n2024-01-01,1,1,1,1\n", "columns are date, open, high, low"),
        ("1,2,3\n4,5,6\n", "3 numbers without a header begin with 1, 2, 3"),
    ],
)
def test_an_unknown_table_is_refused_with_its_columns(text: str, said: str) -> None:
    with pytest.raises(DataError, match=f"is of no known format; its {said}.*in a layout"):
        recognise(text.encode(), "some.csv")
