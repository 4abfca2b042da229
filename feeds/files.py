"""Bytes of a CSV or Parquet file to named columns, exactly as written."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feeds.arrays import Float, Instants
from feeds.errors import AbsentError, DataError
from feeds.times import TIME_COLUMNS, in_range, parse_times

_GZIP = b"\x1f\x8b"
_NOT_NUMERIC = re.compile(r"[^0-9.eE+\-]")


@dataclass(frozen=True, eq=False)
class Rows:
    """The needed columns of one file in file order; `known_at` only where asked for."""

    source: str
    time: Instants
    known_at: Instants | None
    values: dict[str, Float]


def file_bytes(path: Path, source: str) -> bytes:
    """The bytes of a file.

    Raises
    ------
    DataError
        For a file that is missing or cannot be read, with the path that was tried.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise AbsentError(
            f"{source}: no such file; looked for {path.absolute()}. "
            "Set the folder of the data with `--set data.root=DIR`"
        ) from None
    except OSError as error:
        raise DataError(f"{source}: cannot read {path.absolute()}: {error.strerror}") from None


def parse_file(content: bytes, source: str, fields: Sequence[str], released: bool) -> Rows:
    """The time column and the named number columns of a file.

    Parameters
    ----------
    content : bytes
        The whole file.
    source : str
        Its name for messages; the ending decides the format: .csv, .csv.gz or .parquet.
    fields : sequence of str
        The number columns that are needed.
    released : bool
        Whether the column `known_at` is needed too.

    Raises
    ------
    DataError
        For anything that is not a tidy table with these columns, naming file, line and column.
    """
    extra = ("known_at",) if released else ()
    if source.endswith(".parquet"):
        return _parse_parquet(content, source, fields, extra)
    return _parse_csv(unzipped(content, source), source, fields, extra)


def unzipped(content: bytes, source: str) -> str:
    """The text of a file, packed with gzip if its name says so.

    Raises
    ------
    DataError
        For bytes that are no text in UTF-8, or no whole gzip file.
    """
    zipped = source.endswith(".gz")
    if content[:2] == _GZIP and not zipped:
        raise DataError(f"{source}: is gzip-compressed; name it {source}.gz, or unpack it")
    try:
        raw = gzip.decompress(content) if zipped else content
        return raw.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{source}: is no whole gzip file ({error}); get it again, or drop the .gz "
            "from its name if it is plain text"
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source}: byte {error.start} is not UTF-8; save the file as UTF-8 text"
        ) from None


def _parse_csv(content: str, source: str, fields: Sequence[str], extra: Sequence[str]) -> Rows:
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        time, *others = _places(header, source, (*fields, *extra))
        table = list(reader)
    except csv.Error as error:
        raise DataError(f"{source}: line {reader.line_num}: {error}") from None
    while table and not table[-1]:
        table.pop()
    ragged = next((i for i, row in enumerate(table) if len(row) != len(header)), None)
    if ragged is not None:
        raise DataError(
            f"{source}: line {ragged + 2} has {len(table[ragged])} cells where the header has "
            f"{len(header)}; write a blank cell for a missing value"
        )
    if not table:
        raise DataError(f"{source}: has a header and no rows; remove the file or fill it")
    columns = list(zip(*table, strict=True))
    return Rows(
        source,
        parse_times(columns[time], source, header[time]),
        parse_times(columns[others[-1]], source, "known_at") if extra else None,
        {
            field: _numbers(columns[place], source, field)
            for field, place in zip(fields, others, strict=False)
        },
    )


def _places(header: Sequence[str], source: str, needed: Sequence[str]) -> list[int]:
    """Where the time column and the needed columns are."""
    if not any(header):
        raise DataError(f"{source}: is empty; a header row and at least one row are needed")
    times = [name for name in TIME_COLUMNS if name in header]
    twice = [name for name, count in Counter(header).items() if count > 1]
    lacking = [name for name in needed if name not in header]
    found = f"columns found: {', '.join(header)[:300]}"
    if lacking or not times:
        lower = {name.lower() for name in header}
        short = lacking if times else ["date", *lacking]
        hint = "; rename to lower case" if lower.issuperset(short) else ""
        raise DataError(f"{source}: lacks the column {', '.join(short)}; {found}{hint}")
    if len(times) > 1:
        raise DataError(
            f"{source}: has more than one time column ({', '.join(times)}); keep one of them"
        )
    if repeated := [name for name in (*times, *needed) if name in twice]:
        raise DataError(f"{source}: has two columns named {repeated[0]}; {found}")
    return [header.index(name) for name in (*times, *needed)]


def _numbers(cells: Sequence[str], source: str, column: str) -> Float:
    """The cells as float64, blank cells as NaN; what `float` reads is exact."""
    # `float` also takes nan, inf, 1_000 and digits of other scripts: those are text here.
    if not _NOT_NUMERIC.search("".join(cells)):
        try:
            return np.array([float(cell) if cell else np.nan for cell in cells])
        except ValueError:
            pass
    return np.array([_number(cell, source, column, i + 2) for i, cell in enumerate(cells)])


def _number(cell: str, source: str, column: str, line: int) -> float:
    bare = cell.strip()
    try:
        if not _NOT_NUMERIC.search(bare):
            return float(bare) if bare else np.nan
    except ValueError:
        pass
    raise DataError(
        f"{source}: line {line}, column {column}: {cell[:40]!r} is no number; "
        "leave the cell blank if there is no value"
    )


def _parse_parquet(
    content: bytes, source: str, fields: Sequence[str], extra: Sequence[str]
) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False)
        time, *_ = _places(table.schema_arrow.names, source, (*fields, *extra))
        name = table.schema_arrow.names[time]
        data = table.read(columns=[name, *fields, *extra], use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{source}: is no Parquet file that can be read: {error}") from None
    if not data.num_rows:
        raise DataError(f"{source}: has no rows; remove the file or fill it")
    values = {}
    for field in fields:
        kind = data.schema.field(field).type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise DataError(f"{source}: column {field} holds {kind}, not numbers; store numbers")
        values[field] = data[field].cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
    times = [_arrow_times(data[column], source, column) for column in (name, *extra)]
    return Rows(source, times[0], times[1] if extra else None, values)


def _arrow_times(column: object, source: str, name: str) -> Instants:
    """The instants of an Arrow column of dates, timestamps or ISO text."""
    import pyarrow as pa

    kind = column.type  # type: ignore[attr-defined]
    cells = column.to_numpy()  # type: ignore[attr-defined]
    where = f"{source}: column {name}"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return parse_times(["" if c is None else c for c in cells], source, name, first_line=1)
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        raise DataError(f"{where} holds {kind}, not times; store dates, or timestamps with UTC")
    times: Instants = cells.astype("datetime64[D]") if cells.dtype.kind == "O" else cells
    if np.isnat(times).any():
        raise DataError(f"{where} has a blank at row {int(np.isnat(times).argmax()) + 1}")
    midnight = times == times.astype("datetime64[D]")
    if pa.types.is_timestamp(kind) and kind.tz is None and not midnight.all():
        raise DataError(
            f"{where} holds naive timestamps, first {times[~midnight][0]}; "
            "store them with the time zone UTC"
        )
    try:
        return in_range(times)
    except ValueError as error:
        raise DataError(f"{where}: a time is {error}") from None
