"""`Sheet`: a vendor's table of text, with its header found and its columns by name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from feeds.arrays import Float
from feeds.errors import DataError
from feeds.formats.cells import BLANKS, numbers

_DELIMITERS = ",;\t"
_HEADER_LINES = 3
"""A vendor's advertisement, and whatever follows it, end before this many lines."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table as the vendor wrote it.

    Attributes
    ----------
    source : str
        The name of the file.
    delimiter : str
    title : str
        What stands above the header, "" where nothing does.
    labels : tuple of str
        The header as written; empty for a table that begins with numbers.
    names : tuple of str
        The header in lower case with `_` for everything but letters and digits.
    rows : list of list of str
        As many cells in each as the header has.
    line : int
        The line of the first row.
    """

    source: str
    delimiter: str
    title: str
    labels: tuple[str, ...]
    names: tuple[str, ...]
    rows: list[list[str]]
    line: int

    def has(self, *names: str) -> bool:
        """Whether there is a column of each name."""
        return set(names) <= set(self.names)

    def first(self, *names: str) -> str:
        """The first of the names that is a column's, "" if none is."""
        return next((name for name in names if name in self.names), "")

    def text(self, name: str) -> list[str]:
        """The cells of the column `name`.

        Raises
        ------
        DataError
            For two columns of that name whose cells differ. A vendor's table may name a column
            twice; one of two that is blank throughout is no column.
        """
        places = [place for place, each in enumerate(self.names) if each == name]
        columns = [[row[place] for row in self.rows] for place in places]
        if len(columns) > 1:
            filled = [cells for cells in columns if any(map(str.strip, cells))] or columns[:1]
            if any(cells != filled[0] for cells in filled[1:]):
                raise DataError(
                    f"{self.source}: has {len(filled)} columns named '{self.labels[places[0]]}' "
                    "that differ; remove the wrong one"
                )
            return filled[0]
        return columns[0]

    def numbers(self, name: str) -> Float:
        """The cells of the column `name` as numbers, blanks as NaN.

        Raises
        ------
        DataError
            For text, with its line.
        """
        label = self.labels[self.names.index(name)] if self.labels else name
        return numbers(self.text(name), self.source, label, self.line, self.delimiter)

    def fields(self, columns: dict[str, str]) -> dict[str, Float]:
        """The numbers of the columns that are there, by field; `columns` is field by column."""
        return {
            field: self.numbers(column) for column, field in columns.items() if column in self.names
        }

    def left_out(self, *read: str) -> dict[str, str]:
        """A note of the columns that hold something and are not among the names `read`."""
        rest = dict.fromkeys(
            label.strip() or f"column {place + 1}"
            for place, (label, name) in enumerate(zip(self.labels, self.names, strict=True))
            if name not in read
        )
        return {"columns_left_out": ", ".join(rest)} if rest else {}

    def named(self, *names: str) -> Sheet:
        """A table without a header, with `names` for its columns."""
        return replace(self, labels=names, names=names)


def plain(label: str) -> str:
    """`Adj Close` as `adj_close`, `price(USD)` as `price_usd`, `Close**` as `close`."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")


_LARGE = 4_000_000
"""Letters from which on equal cells are worth being one: dates, names, noughts."""


def _sharing(rows: Iterable[list[str]]) -> list[list[str]]:
    """The rows, in which equal cells are one object: half the memory of a long cross section."""
    same: dict[str, str] = {}
    return [[same.setdefault(cell, cell) for cell in row] for row in rows]


def sheet_of(text: str, source: str) -> Sheet:
    """The table in the text of a file.

    Raises
    ------
    DataError
        For a table without rows, and for rows longer or shorter than the header.
    """
    above, delimiter = _dialect(text, source)
    *title, text = text.split("\n", above)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader) if len(text) < _LARGE else _sharing(reader)
    except csv.Error as error:
        raise DataError(f"{source}: line {above + reader.line_num}: {error}") from None
    while rows and not any(map(str.strip, rows[-1])):
        rows.pop()
    if not rows:
        raise _no_table(text, source)
    header = [cell.strip() for cell in rows[0]]
    headless = all(_is_number(cell) for cell in header)
    body = rows if headless else rows[1:]
    line = above + (1 if headless else 2)
    if not body:
        raise DataError(f"{source}: has a header and no rows; get the file again")
    _check_width(body, len(header), line, source)
    labels = () if headless else tuple(header)
    above_it = " ".join(line.strip() for line in title)
    return Sheet(source, delimiter, above_it, labels, tuple(map(plain, labels)), body, line)


def _dialect(text: str, source: str) -> tuple[int, str]:
    """How many lines stand above the header, and what stands between the cells."""
    lines = text[:20_000].split("\n")
    for above, line in enumerate(lines[:_HEADER_LINES]):
        if "http" in line.lower() or "www." in line.lower() or not line.strip():
            continue
        counts = {mark: _outside_quotes(line, mark) for mark in _DELIMITERS}
        delimiter = max(counts, key=lambda mark: counts[mark])
        if counts[delimiter]:
            return above, delimiter
        break
    raise _no_table(text, source)


def _no_table(text: str, source: str) -> DataError:
    first = text.split("\n", 1)[0].strip()
    return DataError(
        f"{source}: is no table: its first line is {first[:60]!r}. Tables have a header and "
        "commas, semicolons or tabs between their cells"
    )


def _outside_quotes(line: str, mark: str) -> int:
    return re.sub(r'"[^"]*"', "", line).count(mark)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.lower() not in BLANKS


def _check_width(rows: Sequence[Sequence[str]], width: int, line: int, source: str) -> None:
    ragged = next((place for place, row in enumerate(rows) if len(row) != width), None)
    if ragged is None:
        return
    cells = len(rows[ragged])
    if ragged == len(rows) - 1 and cells < width:
        raise DataError(
            f"{source}: the last line, {line + ragged}, is cut off: {cells} cells where the header "
            f"has {width}. Get the file again, or delete that line"
        )
    raise DataError(
        f"{source}: line {line + ragged} has {cells} cells where the header has {width}, so its "
        "values may stand under the wrong names; get the file again"
    )
