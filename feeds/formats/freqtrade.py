"""freqtrade's candles in feather or Parquet files."""

from __future__ import annotations

import re

import numpy as np

from feeds.arrays import Float
from feeds.errors import DataError
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, bars, check_always_open
from feeds.formats.names import exchange_in, stem_of
from feeds.formats.pairs import market_id
from feeds.times import in_range

_NAME = re.compile(
    r"(?:freqtrade_)?([A-Z0-9]+)_([A-Z0-9]+)(?:_[A-Z0-9]+)?-(\d+[mhdwM]|1mo)(?:-[a-z_]+)?"
)
_COLUMNS = ("open", "high", "low", "close", "volume")


def read_candles(content: bytes, source: str, facts: Facts) -> tuple[Draft, ...]:
    """The candles of one market; its name says which, as in `SUI_USDT-1d.feather`.

    Raises
    ------
    DataError
        For a file that is damaged, that has other columns, or whose name says no pair.
    """
    check_always_open(facts, source)
    table = _table(content, source)
    if missing := [name for name in ("date", *_COLUMNS) if name not in table.column_names]:
        raise DataError(
            f"{source}: is no file of freqtrade: it lacks {', '.join(missing)}; columns found: "
            f"{', '.join(table.column_names)[:200]}"
        )
    kind = table.schema.field("date").type
    if not str(kind).startswith("timestamp") or kind.tz is None:
        raise DataError(f"{source}: column date holds {kind}, not times with a zone; convert it")
    if not table.num_rows:
        raise DataError(f"{source}: has no rows; get it again")
    date = table["date"].to_numpy()
    if np.isnat(date).any():
        raise DataError(f"{source}: column date has a blank; get the file again")
    try:
        time = in_range(date)
    except ValueError as error:
        raise DataError(f"{source}: a time is {error}") from None
    fields = {name: _numbers(table, name, source) for name in _COLUMNS}
    exchange = exchange_in(source)
    pair = _NAME.fullmatch(stem_of(source))
    if not (facts.id or pair):
        raise DataError(
            f"{source}: its name says no pair; freqtrade writes BTC_USDT-1d.feather. "
            "Give it with `--id`"
        )
    id = facts.id or market_id(f"{pair[1]}/{pair[2]}", exchange or "")  # type: ignore[index]
    length = {"1M": "1mo"}.get(pair[3], pair[3]) if pair else None
    notes = {} if exchange else {"exchange": "neither in the file nor in its name"}
    return (bars(source, (exchange or "freqtrade", id), time, fields, facts, notes, length),)


def _table(content: bytes, source: str):  # type: ignore[no-untyped-def]
    import pyarrow as pa
    from pyarrow import feather, parquet

    try:
        file = pa.BufferReader(content)
        if content.startswith(b"PAR1"):
            return parquet.ParquetFile(file).read()
        return feather.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{source}: is no whole feather or Parquet file: {error}") from None


def _numbers(table, name: str, source: str) -> Float:  # type: ignore[no-untyped-def]
    import pyarrow as pa

    kind = table.schema.field(name).type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise DataError(f"{source}: column {name} holds {kind}, not numbers")
    values: Float = table[name].cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
    if np.isinf(values).any():
        raise DataError(f"{source}: column {name} holds an infinite number; get the file again")
    return values
