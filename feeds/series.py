"""`Series`: rows of one vendor's dataset in the one schema, as they are kept in a store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from feeds.arrays import Float, Instants, Int
from feeds.calendars import Stamp
from feeds.errors import DataError

_PART = re.compile(r"[A-Za-z0-9^][A-Za-z0-9._=^-]{0,79}")

SORTED, DUPLICATES, BLANK_ROWS, UNCLOSED = "out_of_order", "repeated_rows", "blank_rows", "unclosed"
"""What normalising may find: rows out of order, rows told twice, empty rows, bars still open."""


@dataclass(frozen=True, eq=False)
class Series:
    """Rows of one dataset, in order of time and id, whose values nobody has touched.

    Attributes
    ----------
    key : str
        `vendor/id/frequency`, such as `binance/BTCUSDT/1d`.
    stamp : str
        What the time of a row means; see `feeds.calendars.Stamp`.
    calendar : str
        `24/7`, or the name of an exchange calendar such as `XNYS`.
    ids : tuple of str (N,)
        One id for bars of one market; many for a cross section.
    time : datetime64[ns] (R,)
        Labels, ascending; within a label the ids ascend.
    column : int64 (R,)
        The id of each row, by its place in `ids`.
    known_at : datetime64[ns] (R,) or None
        When each row became known, where the stamp is `release`.
    fields : mapping of str to float64 (R,)
        NaN where the vendor gave nothing.
    findings : mapping of str to datetime64[ns]
        Labels of rows that normalising sorted or dropped, by kind.
    notes : mapping of str to str
        What a reader has to know: currency, adjustment, basis of a market cap.
    """

    key: str
    stamp: Stamp
    calendar: str
    ids: tuple[str, ...]
    time: Instants
    column: Int
    known_at: Instants | None
    fields: Mapping[str, Float]
    findings: Mapping[str, Instants] = field(default_factory=lambda: MappingProxyType({}))
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return len(self.time)


def parts_of(key: str) -> tuple[str, str, str]:
    """Vendor, id and frequency of a key.

    Raises
    ------
    DataError
        For a key that is not three names with slashes between.
    """
    parts = key.split("/")
    if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts):
        raise DataError(
            f"'{key[:120]}' is no series; write vendor/id/frequency, such as binance/BTCUSDT/1d"
        )
    vendor, id, frequency = parts
    return vendor, id, frequency
