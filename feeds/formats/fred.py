"""FRED's tables: a column of observation dates, and one for each series."""

from __future__ import annotations

import re

import numpy as np

from feeds.arrays import DAY
from feeds.errors import DataError
from feeds.formats.clocks import parse_clock
from feeds.formats.drafts import Draft
from feeds.formats.format import Facts, TextFormat, check_always_open, check_single
from feeds.formats.sheets import Sheet
from feeds.release_lags import release_instants

_SERIES = re.compile(r"[A-Z][A-Z0-9]{0,24}")
_VINTAGE = re.compile(r"([A-Z][A-Z0-9]{0,24})_(\d{4})(\d\d)(\d\d)")


def _is_table(sheet: Sheet) -> bool:
    if sheet.labels[:1] not in (("observation_date",), ("DATE",)) or len(sheet.labels) < 2:
        return False
    return all(_SERIES.fullmatch(each) or _VINTAGE.fullmatch(each) for each in sheet.labels[1:])


def _read_table(sheet: Sheet, facts: Facts) -> tuple[Draft, ...]:
    """The series of a table, each row known when FRED had published it."""
    check_always_open(facts, sheet.source)
    check_single(facts, len(sheet.labels) - 1, sheet.source)
    column = sheet.names[0]
    clock = parse_clock(sheet.text(column), sheet.source, sheet.labels[0], sheet.line)
    if not clock.dated:
        raise DataError(f"{sheet.source}: FRED's observations have dates, not times of day")
    drafts = []
    for label, name in zip(sheet.labels[1:], sheet.names[1:], strict=True):
        vintage = _VINTAGE.fullmatch(label)
        id = facts.id or (vintage[1] if vintage else label)
        values = sheet.numbers(name)
        rows = (
            np.flatnonzero(~np.isnan(values)) if len(sheet.labels) > 2 else np.arange(len(values))
        )
        time = clock.wall[rows]
        known_at = (
            release_instants(id, time) if facts.lag_days is None else time + facts.lag_days * DAY
        )
        notes = {
            "revisions": "values of the latest vintage in the file, at the dates of first release; "
            "those of later revisions were not known then"
        }
        if vintage:
            date = "-".join(vintage.groups()[1:])
            published = parse_clock([date], sheet.source, label, 1).wall
            known_at = np.maximum(known_at, published + DAY)
            notes = {"vintage": date}
        drafts.append(
            Draft(
                sheet.source,
                f"{facts.vendor or 'fred'}/{id}/{facts.frequency or 'native'}",
                "release",
                time,
                {"value": values[rows]},
                known_at=known_at,
                notes=notes,
            )
        )
    return tuple(drafts)


TABLE = TextFormat(
    "fred", "FRED's table, observation_date and the id of a series", _is_table, _read_table
)
