"""A `Series` as one Parquet file, equal series as equal bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feeds.arrays import Bool, Float, instants, read_only, text
from feeds.errors import DataError
from feeds.series import Series, parts_of
from feeds.store.disk import sha256
from feeds.store.manifests import Summary

_ROWS = ("time", "id", "known_at")
_BAR = ("open", "high", "low", "close", "adj_close", "volume")
_ABOUT = b"series"
"""Where a Parquet file says which series it holds, so that it can be read by itself."""


@dataclass(frozen=True)
class Packed:
    """A series ready to be kept: its Parquet file and what a manifest says about it."""

    key: str
    summary: Summary
    block: bytes

    @property
    def name(self) -> str:
        """The name of the Parquet file, which is the checksum of its bytes."""
        return f"{sha256(self.block)}.parquet"


def pack(series: Series) -> Packed:
    """A series ready to be kept.

    Raises
    ------
    DataError
        For a series without rows, or with rows out of order.
    """
    _check(series)
    fields = {name: _one_nan(series.fields[name]) for name in sorted(series.fields, key=_place)}
    about = {
        "key": series.key,
        "stamp": series.stamp,
        "calendar": series.calendar,
        "ids": series.ids,
        "findings": {
            kind: labels.astype("<i8").tolist() for kind, labels in series.findings.items()
        },
        "notes": dict(series.notes),
    }
    said = json.dumps(about, sort_keys=True).encode()
    summary = Summary(
        content=_digest(said, series, fields),
        rows=len(series),
        ids=len(series.ids),
        first=series.time[0],
        last=series.time[-1],
        stamp=series.stamp,
        calendar=series.calendar,
        fields=tuple(fields),
        findings={kind: len(labels) for kind, labels in series.findings.items()},
        notes=dict(series.notes),
    )
    return Packed(series.key, summary, _parquet(said, series, fields))


def unpack(block: bytes, source: str) -> Series:
    """The series in the bytes of a Parquet file that `pack` made.

    Raises
    ------
    DataError
        For any other bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(block), pre_buffer=False).read(use_threads=False)
        table = table.combine_chunks()
        about = json.loads(table.schema.metadata[_ABOUT])
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{source}: is no file of a store: {error}") from None
    ids = tuple(about["ids"])
    id = table["id"].chunk(0)
    place = np.searchsorted(np.array(ids), id.dictionary.to_pylist()).astype(np.int64)
    return Series(
        about["key"],
        about["stamp"],
        about["calendar"],
        ids,
        _array(table["time"], "<M8[ns]"),
        read_only(place[_array(pa.chunked_array([id.indices]), "<i4")]),
        _array(table["known_at"], "<M8[ns]") if "known_at" in table.column_names else None,
        MappingProxyType(
            {name: _array(table[name], "<f8") for name in table.column_names if name not in _ROWS}
        ),
        MappingProxyType(
            {
                kind: np.array(labels, dtype="<i8").astype("<M8[ns]")
                for kind, labels in about["findings"].items()
            }
        ),
        MappingProxyType(about["notes"]),
    )


def _check(series: Series) -> None:
    """Stop for what nobody could tell apart later."""
    parts_of(series.key)
    if not len(series):
        raise DataError(f"{series.key}: has no rows, so there is nothing to keep")
    if (series.stamp == "release") != (series.known_at is not None):
        raise DataError(f"{series.key}: `known_at` goes with the stamp release, and with no other")
    if tuple(sorted(set(series.ids))) != tuple(series.ids):
        raise DataError(f"{series.key}: its ids are not in order, each once")
    if taken := sorted(set(_ROWS) & set(series.fields)):
        raise DataError(f"{series.key}: no field can be called {taken[0]}")
    late = np.flatnonzero(~_in_order(series))
    if len(late):
        row = late[0] + 1
        raise DataError(
            f"{series.key}: the row of {series.ids[series.column[row]]} at "
            f"{text(series.time[row])} is out of order; sort the rows by time, then by id"
        )


def _in_order(series: Series) -> Bool:
    """Whether each row comes after the one before, or beside it, bool (R - 1,).

    By label, then by id, then by `known_at`: a figure may have several vintages. Two rows alike in
    all of these contradict each other, which is for the policies of a panel to judge.
    """
    columns = [series.time.view(np.int64), series.column]
    if series.known_at is not None:
        columns.append(series.known_at.view(np.int64))
    after = np.ones(len(series) - 1, dtype=bool)
    for values in reversed(columns):
        after = (values[1:] > values[:-1]) | ((values[1:] == values[:-1]) & after)
    return after


def _place(field: str) -> tuple[int, str]:
    """Where a field is among others: those of a bar first, as is usual."""
    return (_BAR.index(field) if field in _BAR else len(_BAR)), field


def _one_nan(values: Float) -> Float:
    """The values with one bit pattern for every NaN, so that equal series are equal bytes."""
    return np.where(np.isnan(values), np.nan, values).astype("<f8", copy=False)


def _digest(about: bytes, series: Series, fields: Mapping[str, Float]) -> str:
    """A digest of all that a series says, which no release of a library changes."""
    digest = hashlib.sha256(about)
    digest.update(json.dumps(list(fields)).encode())
    times = (series.time,) if series.known_at is None else (series.time, series.known_at)
    for array in (*times, series.column):
        digest.update(np.ascontiguousarray(array).astype("<i8").data)
    for values in fields.values():
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def _parquet(about: bytes, series: Series, fields: Mapping[str, Float]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    instant = pa.timestamp("ns", "UTC")
    id = pa.DictionaryArray.from_arrays(
        pa.array(series.column.astype(np.int32)), pa.array(series.ids, pa.string())
    )
    columns: dict[str, Any] = {"time": pa.array(instants(series.time), instant), "id": id}
    if series.known_at is not None:
        columns["known_at"] = pa.array(instants(series.known_at), instant)
    columns |= {name: pa.array(values, pa.float64()) for name, values in fields.items()}
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table(columns).replace_schema_metadata({_ABOUT: about}),
        sink,
        row_group_size=1 << 20,
        version="2.6",
        # Numbers as they are, then Zstandard: smaller and faster than dictionaries of prices.
        use_dictionary=["id"],
        compression="zstd",
        write_statistics=False,
        store_schema=True,
    )
    return bytes(sink.getvalue())


def _array(column: Any, kind: str) -> NDArray[Any]:
    """A column without gaps, read-only; `to_numpy` of pyarrow would import pandas."""
    values = column.chunk(0)
    return np.frombuffer(values.buffers()[1], kind)[values.offset : values.offset + len(values)]
