"""The array types every module speaks, and the clock arithmetic they share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from feeds.errors import DataError

Scalar = TypeVar("Scalar", bound=np.generic)

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]
Instants = NDArray[np.datetime64]
Instant = Any
"""A `numpy.datetime64` scalar, whose stubs make the unit part of the type."""

DAY = np.timedelta64(1, "D")
HOUR = np.timedelta64(1, "h")
NS_PER_DAY = 86_400 * 10**9
NEVER = np.int64(-(10**9))
"""A day number far before any data: `day - NEVER` is never fresh."""


def frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """A read-only C-contiguous array with the values of `array`, which nobody can write to."""
    out = np.array(array, order="C", copy=True)
    out.flags.writeable = False
    return out


def read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """`array` itself, which nobody can write to any more."""
    array.flags.writeable = False
    return array


def instants(values: object, title: str = "these") -> Instants:
    """`values` as UTC instants in nanoseconds, the only unit used inside the engine.

    Parameters
    ----------
    values : array-like
        datetime64, Python's or pandas' times, or ISO texts. What has a zone or an offset is brought
        to UTC; what has none is in UTC. None and empty texts are NaT.
    title : str
        What they are, for the message: `the timestamps`.

    Raises
    ------
    DataError
        For numbers, whose unit nobody knows, for what is no time, and for years in which
        nanoseconds since 1970 overflow.
    """
    try:
        found = np.asarray(values)
    except ValueError as error:  # rows of several lengths
        raise _no_times(title, str(error)) from error
    if not found.size:
        return np.empty(found.shape, dtype="datetime64[ns]")
    if found.dtype.kind in "OUS":
        return _read(found, title)
    if found.dtype.kind != "M":
        raise _no_times(title, f"{found.dtype}, such as {found.flat[0]}")
    if found.dtype != _NANOSECONDS:
        _check_years(found, title)
    return found.astype(_NANOSECONDS)


_NANOSECONDS = np.dtype("datetime64[ns]")
_FIRST_YEAR, _LAST_YEAR = 1678, 2261
_OFFSET = re.compile(r"(\S+[T ]\d\d[\d:.]*) ?([+-])(\d\d):?(\d\d)?")
_ZONED = re.compile(r"Z$|[T ]\d\d.*[+-]", re.MULTILINE)


def _read(found: NDArray[Any], title: str) -> Instants:
    """Texts and objects as instants."""
    cells = (found.astype(str) if found.dtype.kind == "S" else found).ravel().tolist()
    try:
        if all(isinstance(cell, str) for cell in cells):
            read = _from_texts(cells, title)
        else:
            each = [_from_object(cell, title) for cell in cells]
            _check_years(np.array([time.astype("datetime64[s]") for time in each]), title)
            read = np.array([time.astype(_NANOSECONDS) for time in each])
    except ValueError as error:
        raise _no_times(title, str(error)) from error
    return read.reshape(found.shape)


def _from_texts(cells: Sequence[str], title: str) -> Instants:
    """ISO texts as instants; NumPy's own reading of offsets is deprecated."""
    ahead = np.zeros(len(cells), dtype="timedelta64[m]")
    if _ZONED.search("\n".join(cells)):
        cells, minutes = zip(*map(_split, cells), strict=True)
        ahead = np.array(minutes, dtype="timedelta64[m]")
    walls = np.array(cells)
    # A year of eight digits wraps where texts are read as nanoseconds at once.
    _check_years(walls.astype("datetime64[s]"), title)
    return walls.astype(_NANOSECONDS) - ahead


def _split(cell: str) -> tuple[str, int]:
    """The time on the wall, and by how many minutes it is ahead of UTC."""
    if cell.endswith("Z"):
        return cell[:-1], 0
    found = _OFFSET.fullmatch(cell)
    if found is None:
        return cell, 0
    wall, sign, hours, minutes = found.groups()
    ahead = 60 * int(hours) + int(minutes or 0)
    return wall, ahead if sign == "+" else -ahead


def _from_object(cell: Any, title: str) -> Instant:
    if isinstance(cell, str):
        return _from_texts([cell], title)[0]
    if cell is None or isinstance(cell, np.datetime64):
        return np.datetime64(cell)
    if hasattr(cell, "to_datetime64"):  # pandas' own, which has nanoseconds
        return cell.to_datetime64()
    if isinstance(cell, datetime) and cell.tzinfo is not None:
        return np.datetime64(cell.astimezone(UTC).replace(tzinfo=None))
    if isinstance(cell, date):
        return np.datetime64(cell)
    raise _no_times(title, f"{type(cell).__name__} {cell!r}")


def _check_years(times: Instants, title: str) -> None:
    years = times.astype("datetime64[Y]").astype(np.int64) + 1970
    bad = np.flatnonzero(~np.isnat(times) & ((years < _FIRST_YEAR) | (years > _LAST_YEAR)))
    if len(bad):
        raise DataError(
            f"{title} hold the year {years.flat[bad[0]]}; instants are nanoseconds, which reach "
            f"from {_FIRST_YEAR} to {_LAST_YEAR}"
        )


def _no_times(title: str, why: str) -> DataError:
    return DataError(
        f"{title} are no times ({why}); give UTC times as ISO texts or datetime64. Numbers have no "
        "unit: `np.array(x, 'datetime64[s]')` says that they are seconds since 1970"
    )


def day_number(times: Instants) -> Int:
    """Whole days since 1970-01-01 of each instant (floor)."""
    return times.astype("datetime64[D]").astype(np.int64)


def text(time: Instant) -> str:
    """`2020-03-12` for a midnight, else `2020-03-12T20:00Z`, with seconds where they matter."""
    seconds = np.datetime64(time, "s")
    if seconds == seconds.astype("datetime64[D]"):
        return str(seconds.astype("datetime64[D]"))
    if seconds == seconds.astype("datetime64[m]"):
        return f"{seconds.astype('datetime64[m]')}Z"
    return f"{seconds}Z"
