"""Times as vendors write them, to instants in UTC; a local time without its zone is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from feeds.arrays import DAY, Instants, instants
from feeds.errors import DataError
from feeds.times import in_range

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(
    r"(?a)(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?\s*(Z|UTC|[+-]\d\d:?\d\d)?"
)
_DATES = re.compile(r"(?a)\d{4}-\d\d-\d\d(?:\n\d{4}-\d\d-\d\d)*+")
_UTC_TIMES = re.compile(r"(?a)(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ(?:\n|$))++")
_FIXED = re.compile(r"(?a)(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?")
EPOCH = re.compile(r"(?a)\d{10,19}(\.0)?")
"""Whole seconds, milli-, micro- or nanoseconds since 1970, of this century."""

_NANOSECONDS = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
"""How long the unit of an epoch is by its digits, which are so many from 2001 to 2286."""

Spans = NDArray[np.timedelta64]


@dataclass(frozen=True, eq=False)
class Clock:
    """The times of one column.

    Attributes
    ----------
    wall : datetime64[ns] (R,)
        As written.
    offset : timedelta64[ns] (R,) or None
        How far the clock is ahead of UTC; None where the text does not say.
    dated : bool
        Whether there are only dates.
    """

    wall: Instants
    offset: Spans | None
    dated: bool


def parse_clock(cells: Sequence[str], source: str, column: str, line: int) -> Clock:
    """The times of cells that are all written alike.

    Read are ISO dates and times, `20171216`, `2017.12.2`, `Dec 16, 2020`, `1/18/2021 0:00`
    (month first, as in the United States) and `2019-10-17 09-AM`.

    Raises
    ------
    DataError
        For any other text, with its line; for times with a zone beside times without one.
    """
    if not cells:
        raise DataError(f"{source}: has no rows; get the file again")
    if (alike := _alike(cells)) is not None:
        return alike
    cells = [cell.strip() for cell in cells]
    parts = [_ISO.fullmatch(cell) for cell in cells]
    if parts[0] is None:
        return _other_clock(cells, source, column, line)
    dates, offsets, zoned, timed = [], [], 0, 0
    for row, part in enumerate(parts):
        if part is None:
            raise _no_time(source, line + row, column, cells[row])
        date, time, zone = part.groups()
        dates.append(f"{date}T{time}" if time else date)
        zoned, timed = zoned + (zone is not None), timed + (time is not None)
        offsets.append(_offset(zone))
    if zoned not in (0, len(cells)):
        raise DataError(
            f"{source}: column {column}: {zoned} of {len(cells)} times say their zone and the "
            "others do not; write all of them in UTC"
        )
    wall = _wall(dates, source, column, line, cells)
    if not zoned:
        return Clock(wall, None, timed == 0)
    return Clock(wall, np.array(offsets, "timedelta64[s]").astype("timedelta64[ns]"), False)


def _alike(cells: Sequence[str]) -> Clock | None:
    """The clock of cells that are all ISO dates, or all ISO times in UTC: most files, and fast."""
    lines = "\n".join(cells)
    dated = _DATES.fullmatch(lines) is not None
    if not (dated or _UTC_TIMES.fullmatch(lines)):
        return None
    texts = cells if dated else [cell[:-1] for cell in cells]
    try:
        wall = in_range(np.array(texts, dtype="datetime64[us]"))
    except ValueError:
        return None  # a date that does not exist; its line is found below
    return Clock(wall, None if dated else np.zeros(len(cells), "timedelta64[ns]"), dated)


def _offset(zone: str | None) -> int:
    if zone in (None, "Z", "UTC"):
        return 0
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _wall(
    texts: Sequence[str], source: str, column: str, line: int, cells: Sequence[str]
) -> Instants:
    try:
        return in_range(np.array(texts, dtype="datetime64[us]"))
    except ValueError:
        pass
    for row, text in enumerate(texts):
        try:
            in_range(np.array([text], dtype="datetime64[us]"))
        except ValueError:
            raise _no_time(source, line + row, column, cells[row]) from None
    raise AssertionError("NumPy reads each of the times, and not all of them")


def _no_time(source: str, line: int, column: str, cell: str) -> DataError:
    return DataError(
        f"{source}: line {line}, column {column}: {cell[:40]!r} is no time of the years 1850 to "
        "2099; get the file again, or correct the cell"
    )


def _other_clock(cells: Sequence[str], source: str, column: str, line: int) -> Clock:
    pattern, to_iso = next(
        ((pattern, to_iso) for pattern, to_iso in _OTHERS if pattern.fullmatch(cells[0])),
        (None, None),
    )
    texts = []
    for row, cell in enumerate(cells):
        part = pattern.fullmatch(cell) if pattern else None
        if part is None or to_iso is None:
            raise _no_time(source, line + row, column, cell)
        texts.append(to_iso(part))
    wall = _wall(texts, source, column, line, cells)
    return Clock(wall, None, bool((wall == wall.astype("datetime64[D]")).all()))


def _named_month(part: re.Match[str]) -> str:
    month, day, year = part.groups()
    number = _MONTHS.index(month.lower()) + 1 if month.lower() in _MONTHS else 13
    return f"{year}-{number:02}-{int(day):02}"


def _month_first(part: re.Match[str]) -> str:
    month, day, year, hour, minute = part.groups()
    return f"{year}-{int(month):02}-{int(day):02}T{int(hour or 0):02}:{minute or '00'}"


def _twelve_hours(part: re.Match[str]) -> str:
    date, hour, half = part.groups()
    return f"{date}T{int(hour) % 12 + (12 if half == 'PM' else 0):02}:00"


_OTHERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?a)(\d{4})(\d\d)(\d\d)"), lambda part: "-".join(part.groups())),
    (
        re.compile(r"(?a)(\d{4})\.(\d{1,2})\.(\d{1,2})"),
        lambda part: f"{part[1]}-{int(part[2]):02}-{int(part[3]):02}",
    ),
    (re.compile(r"(?a)([A-Za-z]{3})[a-z]* (\d{1,2}), (\d{4})"), _named_month),
    (re.compile(r"(?a)(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d\d))?"), _month_first),
    (re.compile(r"(?a)(\d{4}-\d\d-\d\d) (0[1-9]|1[0-2])-(AM|PM)"), _twelve_hours),
)


def is_dotted(cell: str) -> bool:
    """Whether a cell is a date such as `2017.12.2`."""
    return _OTHERS[1][0].fullmatch(cell.strip()) is not None


def in_utc(clock: Clock, zone: str | None, source: str, column: str) -> Instants:
    """The instants of a clock; dates are midnights of UTC.

    Parameters
    ----------
    clock : Clock
    zone : str or None
        Where the clock hangs if the text does not say: `UTC`, `-03:00`, `America/Sao_Paulo`.

    Raises
    ------
    DataError
        For times of day without a zone, and for a zone that nobody knows.
    """
    if clock.offset is not None:
        return instants(clock.wall - clock.offset)
    if clock.dated:
        return clock.wall
    if zone is None:
        hours = np.unique(clock.wall - clock.wall.astype("datetime64[D]"))
        hint = ""
        if len(hours) == 1:
            hour = int(hours[0] / np.timedelta64(1, "h"))
            ahead = hour if hour <= 12 else hour - 24
            hint = (
                f"; every row is at {hour:02}:00, so midnight UTC would be `--zone {ahead:+03}:00`"
            )
        raise DataError(
            f"{source}: column {column}: times such as {clock.wall[0].astype('datetime64[s]')} do "
            f"not say their zone{hint}. Give the zone, such as `--zone UTC`"
        )
    hung = zone_of(zone, source)
    if hung is UTC:
        return clock.wall
    return instants(np.array([_utc(wall, hung, source, column) for wall in clock.wall.tolist()]))


def _utc(nanoseconds: int, zone: tzinfo, source: str, column: str) -> np.datetime64:
    wall = datetime(1970, 1, 1) + timedelta(microseconds=nanoseconds // 1000)
    early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        raise DataError(
            f"{source}: column {column}: {wall} stands twice or not at all on the clocks of "
            f"{zone}, which change that night; write the times in UTC"
        )
    return np.datetime64(early.astimezone(UTC).replace(tzinfo=None), "ns")


def zone_of(zone: str, source: str) -> tzinfo:
    """The time zone of a name such as `UTC`, `-03:00`, `UTC-3` or `America/New_York`.

    Raises
    ------
    DataError
        For any other text.
    """
    if zone.upper() in ("UTC", "Z"):
        return UTC
    if fixed := _FIXED.fullmatch(zone.upper()):
        sign, hours, minutes = fixed.groups()
        ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if ahead <= timedelta(hours=14):
            from datetime import timezone

            return timezone(-ahead if sign == "-" else ahead)
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DataError(
            f"{source}: there is no time zone '{zone[:40]}'; write UTC, -03:00 or America/New_York"
        ) from None


def parse_epochs(cells: Sequence[str], source: str, column: str, line: int) -> Instants:
    """The instants of whole seconds, milli-, micro- or nanoseconds since 1970, by their digits.

    Each row by itself: Binance changed from milli- to microseconds at the start of 2025, and
    files that were joined hold both.

    Raises
    ------
    DataError
        For text that is no whole number, and for instants before September 2001.
    """
    out = np.empty(len(cells), dtype=np.int64)
    for row, cell in enumerate(cells):
        digits = cell.strip().removesuffix(".0")
        unit = _NANOSECONDS.get(len(digits))
        if unit is None or not (digits.isascii() and digits.isdigit()) or digits[0] not in "123":
            raise _no_time(source, line + row, column, cell)
        out[row] = int(digits) * unit
    return in_range(out.astype("datetime64[ns]"))


def dates_of(clock: Clock) -> Instants:
    """The dates on the wall, for sessions and days that are named by their date."""
    return instants(clock.wall.astype("datetime64[D]"))


def is_midnight(times: Instants) -> bool:
    """Whether all of the instants are midnights of UTC."""
    return bool(((times - times.astype("datetime64[D]")) % DAY == 0 * DAY).all())
