"""Cells of a vendor's table to numbers, to the bit of what `float` reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from feeds.arrays import Float
from feeds.errors import DataError

BLANKS = frozenset({"", "null", "nan", "n/a", "none", "-", "."})
"""How vendors write that there is no value, in lower case."""

_NOT_NUMERIC = re.compile(r"[^0-9.eE+\-]")
_NUMBER = re.compile(r"(?a)[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"(?a)[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"(?a)[+-]?\d+,\d+")


def numbers(cells: Sequence[str], source: str, column: str, line: int, delimiter: str) -> Float:
    """The cells of one column as float64, blanks as NaN.

    Parameters
    ----------
    cells : sequence of str
    source, column : str
        What to call the file and the column in messages.
    line : int
        The line of the first cell.
    delimiter : str
        What stands between cells. Where it is a semicolon a comma is a decimal mark; elsewhere
        commas may only stand between thousands.

    Raises
    ------
    DataError
        For any other text, with its line; for commas that could be either.
    """
    # `float` also takes nan, inf, 1_000 and digits of other scripts: those are text here.
    if not _NOT_NUMERIC.search("".join(cells)):
        try:
            filled = [cell or "nan" for cell in cells] if "" in cells else cells
            values = np.fromiter(map(float, filled), np.float64, len(cells))
            return _finite(values, source, column, line)
        except ValueError:
            pass
    bare = [cell.strip() for cell in cells]
    bare = ["" if cell.lower() in BLANKS else cell for cell in bare]
    commas = [cell for cell in bare if "," in cell]
    decimal = delimiter == ";"
    if commas and decimal and all(map(_THOUSANDS.fullmatch, commas)):
        raise DataError(
            f"{source}: column {column}: a comma as in '{commas[0]}' may stand before decimals or "
            "between thousands; write the numbers with a decimal point"
        )
    pattern = _DECIMAL_COMMA if decimal else _THOUSANDS
    out = np.full(len(bare), np.nan)
    for row, cell in enumerate(bare):
        if not cell:
            continue
        if "," in cell and pattern.fullmatch(cell) and not (decimal and "." in cell):
            cell = cell.replace(",", "." if decimal else "")
        if not _NUMBER.fullmatch(cell):
            raise DataError(
                f"{source}: line {line + row}, column {column}: {cells[row][:40]!r} is no number; "
                "get the file again, or correct the cell"
            )
        out[row] = float(cell)
    return _finite(out, source, column, line)


def _finite(values: Float, source: str, column: str, line: int) -> Float:
    endless = np.flatnonzero(np.isinf(values))
    if len(endless):
        raise DataError(
            f"{source}: line {line + int(endless[0])}, column {column}: the number is larger than "
            "any that can be kept; correct the cell"
        )
    return values
