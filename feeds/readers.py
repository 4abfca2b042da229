"""Rows of files or of the store to a validated `Panel`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from feeds.arrays import Instant, Instants, text
from feeds.as_of import Vintages
from feeds.calendars import Bounds, bounds, check_grid, check_stamp
from feeds.errors import DataError
from feeds.files import Rows
from feeds.panel import BLANK_ROWS, MISSING_BARS, Panel, found
from feeds.panel_spec import PanelSpec
from feeds.quality import QualitySpec, SkippedError, check_rows
from feeds.sources import Sources
from feeds.times import LAST
from feeds.validate import missing_bars, only

_ENDED = 30
"""Rows without a value after which an id of a total has ended."""


def build_panel(
    name: str,
    spec: PanelSpec,
    sources: Sources,
    policy: QualitySpec | None = None,
    until: Instant | None = None,
) -> Panel:
    """The validated panel of some sources.

    Parameters
    ----------
    name : str
        The name of the panel.
    spec : PanelSpec
    sources : Sources
        As `find_sources` gives them.
    policy : QualitySpec
        What is done about faults; the default policies if left out.
    until : datetime64
        Rows labelled later are not looked at, whatever is wrong with them.

    Raises
    ------
    ConfigError, DataError
        For anything that fails a check; see docs/data.md.
    """
    check_stamp(name, spec.stamp, spec.calendar)
    policy = policy or QualitySpec()
    tables: dict[str, Rows] = {}
    left_out = dict(sources.left_out)
    quality: dict[str, dict[str, Instants]] = {BLANK_ROWS: {}}
    for id, source in sources.found.items():
        readings = source.read(spec, id)
        end = LAST if until is None else until
        for kind, labels in readings.findings.items():
            quality.setdefault(kind, {})[id] = labels[labels <= end]
        for each, rows in readings.rows.items():
            rows = _as_news(only(rows, rows.time <= end))
            if not len(rows.time):
                left_out[each] = f"{source.name} begins after {text(end)}"
                continue
            try:
                checked = check_rows(rows, spec.tradable, policy)
            except SkippedError as error:
                left_out[each] = str(error)
                continue
            check_grid(checked.rows.time, spec.stamp, source.name)
            tables[each] = checked.rows
            for kind, labels in checked.findings.items():
                of_kind = quality.setdefault(kind, {})
                before = of_kind.get(each, labels[:0])
                of_kind[each] = np.sort(np.concatenate((before, labels)))
    if not tables:
        raise DataError(f"panel '{name}': every id is left out: {'; '.join(left_out.values())}")
    panel, grid = _assembled(name, spec, dict(sorted(tables.items())))
    if grid is not None:
        absent = missing_bars(grid, panel.label, panel.has_bar)
        quality[MISSING_BARS] = dict(zip(panel.ids, absent, strict=True))
    if spec.totals:
        panel = _totals(panel, spec.columns[0])
    return replace(panel, quality=found(quality), left_out=MappingProxyType(left_out))


def _as_news(rows: Rows) -> Rows:
    """The rows of a series with revisions: at each publication the newest figure known then.

    Such rows are called by the instant of publication; revisions of older periods are in none.
    """
    if rows.known_at is None:
        return rows
    told = np.unique(np.stack([rows.time, rows.known_at]).astype(np.int64), axis=1)
    if len(np.unique(rows.time)) == told.shape[1]:
        return rows
    at = np.unique(rows.known_at)
    values = {
        field: Vintages.build(rows.time, rows.known_at, figures).as_of(at).value
        for field, figures in rows.values.items()
    }
    return Rows(rows.source, at, at, values)


def _totals(panel: Panel, key: str) -> Panel:
    """One row of all ids: what each has, and what those that have it add up to.

    The sum is unknown where an id has a hole; after 30 rows without a value it counts as ended.
    """
    values = panel[key]
    known = ~np.isnan(values)
    row = np.arange(len(panel))[:, None]
    seen = np.maximum.accumulate(np.where(known, row, -_ENDED - 1), axis=0)
    hole = (~known & (row - seen <= _ENDED)).any(axis=1)
    total = np.where(hole | ~known.any(axis=1), np.nan, np.nansum(values, axis=1))
    each = {f"{id}_cap": values[:, [column]] for column, id in enumerate(panel.ids)}
    fields = {"total_cap": total[:, None], **each}
    times = panel.label, panel.opened_at, panel.known_at
    return Panel.build(panel.name, panel.calendar, *times, ("total",), fields)


def _assembled(
    name: str, spec: PanelSpec, tables: Mapping[str, Rows]
) -> tuple[Panel, Instants | None]:
    """The rows of all ids in one table, and every label that there could be."""
    label = np.unique(np.concatenate([rows.time for rows in tables.values()]))
    when = (
        _release(tables, label)
        if spec.stamp == "release"
        else bounds(
            label,
            spec.stamp,
            spec.calendar,
            {rows.source: rows.time for rows in tables.values()},
        )
    )
    when = _published(when, spec.publish_lag_hours)
    fields = {key: np.full((len(label), len(tables)), np.nan) for key in spec.columns}
    for column, rows in enumerate(tables.values()):
        places = np.searchsorted(label, rows.time)
        for key, values in rows.values.items():
            fields[key][places, column] = values
    ids = tuple(tables)
    panel = Panel.build(name, spec.calendar, label, when.opened_at, when.known_at, ids, fields)
    return panel, when.grid


def _published(when: Bounds, lag_hours: float) -> Bounds:
    """The same rows, known so many hours later; a value without duration begins then too."""
    if not lag_hours:
        return when
    known_at = when.known_at + np.timedelta64(round(lag_hours * 3_600), "s")
    opened_at = np.where(when.opened_at == when.known_at, known_at, when.opened_at)
    return Bounds(opened_at, known_at, when.grid)


def _release(tables: Mapping[str, Rows], label: Instants) -> Bounds:
    known_at = np.full(len(label), np.datetime64("NaT", "ns"))
    for rows in tables.values():
        places = np.searchsorted(label, rows.time)
        before, here = known_at[places], rows.known_at
        assert here is not None
        clash = np.flatnonzero(~np.isnat(before) & (before != here))
        if len(clash):
            raise DataError(
                f"{rows.source}: the row {text(rows.time[clash[0]])} is known_at "
                f"{text(here[clash[0]])}, in another file of the panel at "
                f"{text(before[clash[0]])}; make it one panel a file"
            )
        known_at[places] = here
    return Bounds(known_at, known_at, None)
