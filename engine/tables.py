"""Columns to CSV text and back: exact numbers, UTC instants, no formulas for spreadsheets.

Numbers are `repr(float)`, so that they read back to the last bit; instants end in Z; an unknown
number, instant or text is a blank cell. A text cell that begins with `=`, `+`, `-` or `@` would be
run as a formula by a spreadsheet, so it is prefixed with `'`; reading takes the prefix off.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from feeds.arrays import Float, Instants, instants
from feeds.errors import DataError

_FORMULA = ("=", "+", "-", "@")
# A text that begins with the mark itself is marked too: otherwise it could not be read back.
_MARKED = (*_FORMULA, "'")
_SPECIAL = frozenset(',"\r\n')

Column = tuple[str, Sequence[str] | Float | Instants]
"""A name and its values: a float64 or datetime64 array, or texts."""


def to_csv(columns: Sequence[Column]) -> str:
    """The columns, all of one length, as CSV text with a header row and LF line ends.

    Raises
    ------
    ValueError
        For columns of different lengths.
    """
    header = ",".join(_quoted(safe_text(name)) for name, _ in columns)
    rows = zip(*(_cells(values) for _, values in columns), strict=True)
    # A lone blank cell would be a blank line, which is no row.
    return "".join(f"{line}\n" for line in (header, *(",".join(row) or '""' for row in rows)))


def from_csv(text: str, source: str) -> list[tuple[str, list[str]]]:
    """Every column's name and its cells as text, in the order of the header.

    Raises
    ------
    DataError
        For a text without a header, or a row of another length.
    """
    header, *rows = _rows(text) if text else [[]]
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise DataError(
                f"{source}: row {number} has {len(row)} cells, not {len(header)}; run again"
            )
    if not header:
        raise DataError(f"{source} is empty; run again")
    cells = zip(*rows, strict=True) if rows else ([] for _ in header)
    return [(plain_text(name), list(column)) for name, column in zip(header, cells, strict=True)]


def _rows(text: str) -> Iterable[list[str]]:
    if '"' in text or "\r" in text:
        return csv.reader(io.StringIO(text, newline=""))
    lines = text.removesuffix("\n").split("\n")
    return (line.split(",") if line else [] for line in lines)


def numbers(cells: Iterable[str]) -> Float:
    """The cells as float64, NaN where blank."""
    return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)


def times(cells: Iterable[str]) -> Instants:
    """The cells as instants, NaT where blank."""
    return instants(np.array([cell.removesuffix("Z") or "NaT" for cell in cells], dtype="M8[ns]"))


def texts(cells: Iterable[str]) -> list[str]:
    """The cells as they were before a formula mark was put on."""
    return [plain_text(cell) for cell in cells]


def safe_text(text: str) -> str:
    """`text` with a leading `'` if a spreadsheet would take it for a formula."""
    return "'" + text if text.startswith(_MARKED) else text


def plain_text(cell: str) -> str:
    """The text that `safe_text` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_MARKED) else cell


def time_texts(values: Instants) -> list[str]:
    """`2020-03-12T00:00:00Z` for every instant, with decimals only where they matter."""
    whole = values.astype("datetime64[s]")
    # NaT differs from itself, so this also holds for unknown instants.
    unit = "s" if np.all((whole == values) | np.isnat(values)) else "ns"
    stamps = np.datetime_as_string(values.astype(f"datetime64[{unit}]")).tolist()
    return ["" if stamp == "NaT" else f"{stamp}Z" for stamp in stamps]


def _quoted(cell: str) -> str:
    # Not `csv.writer`: whether it quotes a lone carriage return depends on the Python version.
    return '"' + cell.replace('"', '""') + '"' if _SPECIAL.intersection(cell) else cell


def _cells(values: Sequence[str] | Float | Instants) -> list[str]:
    if not isinstance(values, np.ndarray):
        cells = {text: _quoted(safe_text(text)) for text in set(values)}
        return [cells[text] for text in values]
    if values.dtype.kind == "M":
        return time_texts(instants(values))
    return ["" if cell == "nan" else cell for cell in map(repr, values.tolist())]
