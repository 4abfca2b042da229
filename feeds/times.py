"""Text to instants: ISO dates, and ISO timestamps that say which zone they are in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np

from feeds.arrays import Instants, instants
from feeds.errors import DataError

TIME_COLUMNS = ("date", "time", "timestamp", "datetime")
FIRST, LAST = np.datetime64("1850-01-01"), np.datetime64("2100-01-01")
"""Times this far apart differ by less than 2**63 nanoseconds; NumPy wraps round beyond."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_CLOCK_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?")
_UTC = re.compile(_CLOCK_TIME.pattern + "Z")
_ZONE = re.compile(r"Z|[+-]\d\d:?\d\d")


def _parse_alike(cells: Sequence[str]) -> Instants | None:
    """The instants of cells that are all dates or all end in Z; None for anything else."""
    if not all(map(_DATE.fullmatch, cells)):
        if not all(map(_UTC.fullmatch, cells)):
            return None
        cells = [cell[:-1] for cell in cells]
    try:
        return in_range(np.array(cells, dtype="datetime64[us]"))
    except ValueError:  # a date that does not exist, such as 2021-02-30, or is out of range
        return None


def in_range(times: Instants) -> Instants:
    """`times` in nanoseconds.

    Raises
    ------
    ValueError
        For a time outside the years 1850 to 2099.
    """
    if np.any((times < FIRST) | (times >= LAST)):
        raise ValueError("outside the years 1850 to 2099")
    return instants(times)


def parse_times(cells: Sequence[str], source: str, column: str, first_line: int = 2) -> Instants:
    """The instants, in UTC, that the cells of one column stand for.

    Parameters
    ----------
    cells : sequence of str
        Either all ISO dates (midnight UTC) or all ISO timestamps with `Z` or an offset.
    source, column : str
        What to call the file and the column in messages.
    first_line : int
        The line of the first cell.

    Raises
    ------
    DataError
        For any other text, naming its line.
    """
    alike = _parse_alike(cells)
    if alike is not None:
        return alike
    out = np.empty(len(cells), dtype="datetime64[us]")
    dated = bool(cells) and _DATE.fullmatch(cells[0]) is not None
    for i, cell in enumerate(cells):
        where = f"{source}: line {first_line + i}, column {column}"
        time = parse_time(cell, where)
        if dated != (_DATE.fullmatch(cell) is not None):
            raise DataError(
                f"{where}: {cell!r} in a column that begins with '{cells[0]}'; "
                "write all of them as dates, or all as timestamps"
            )
        out[i] = time
    return instants(out)


def parse_time(cell: str, where: str) -> datetime:
    """The UTC instant of one cell, without its zone.

    Raises
    ------
    DataError
        For text that is no ISO date or timestamp, and for a timestamp without a zone.
    """
    stem = _CLOCK_TIME.match(cell)
    if stem and stem.end() == len(cell):
        raise DataError(
            f"{where}: naive timestamp {cell!r}; say which zone it is in, "
            f"for UTC write {cell.replace(' ', 'T')}Z"
        )
    try:
        if _DATE.fullmatch(cell):
            time = datetime.combine(date.fromisoformat(cell), datetime.min.time())
        elif stem and _ZONE.fullmatch(cell, stem.end()):
            time = datetime.fromisoformat(cell).astimezone(UTC).replace(tzinfo=None)
        else:
            raise ValueError("another format")
        in_range(np.array([time], dtype="datetime64[us]"))
    except (ValueError, OverflowError) as error:
        raise DataError(
            f"{where}: {cell[:40]!r} is no time ({error}); write an ISO date such as 2021-04-04, "
            "or a timestamp with its zone such as 2021-04-04T20:00:00Z"
        ) from None
    return time
