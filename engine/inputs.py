"""Everything a run reads: panels cut at the end of the period, the universe, the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.config import Experiment
from engine.progress import Progress
from feeds.arrays import DAY, Bool, text
from feeds.cache import load_panel
from feeds.errors import DataError
from feeds.events import Event, ScaleBreak, read_events, scale_breaks, split_by_events
from feeds.panel import Panel
from feeds.simulated import simulate


@dataclass(frozen=True, eq=False)
class Inputs:
    """What is known up to the last close of the period, and nothing later.

    Attributes
    ----------
    panels : mapping of str to Panel
        Every panel of the config, from its first row on.
    clock : Panel
        The traded panel restricted to the universe, from its first row on.
    first_row : int
        Row of `clock` with which the period starts.
    events : tuple of Event
    eligible : bool (T, N)
        Which ids the universe allows at each row of the period.
    simulated : bool
    warnings : tuple of str
        What a reader of the results must know about the data.
    """

    panels: Mapping[str, Panel]
    clock: Panel
    first_row: int
    events: tuple[Event, ...]
    eligible: Bool
    simulated: bool
    warnings: tuple[str, ...]

    @property
    def period(self) -> Panel:
        """The rows of the clock that belong to the period."""
        return self.clock.rows(self.first_row, len(self.clock))

    @property
    def others(self) -> tuple[Panel, ...]:
        """Bars of the other panels during the period, replayed beside the traded ones."""
        begin, end = self.period.opened_at[0], self.period.known_at[-1]
        beside = (p for name, p in sorted(self.panels.items()) if name != self.clock.name)
        cut = (
            panel.rows(int(np.searchsorted(panel.known_at, begin, side="right")), len(panel))
            for panel in beside
            if panel.tradable
        )
        return tuple(panel.until(end) for panel in cut if len(panel))


def load_inputs(experiment: Experiment, cache: Path | None, progress: Progress) -> Inputs:
    """Read the panels of a config, or simulate them, and prepare them for a run.

    Raises
    ------
    DataError
        For data that are missing, fail a check, or do not cover the period.
    """
    data = experiment.data
    if data.simulated is not None:
        panels, simulated_events = simulate(data.simulated, cache)
        return prepare_inputs(experiment, panels, simulated_events, simulated=True)
    events = read_events(data.events, data.root)
    panels = {}
    for done, (name, spec) in enumerate(sorted(data.panels.items())):
        progress.step("reading panels", done, len(data.panels))
        ids = _files_to_read(spec.ids or experiment.universe.ids, events)
        panels[name] = load_panel(name, spec, data.root, ids, cache)
    progress.step("reading panels", len(panels), len(data.panels))
    return prepare_inputs(experiment, panels, events, simulated=False)


def prepare_inputs(
    experiment: Experiment,
    panels: Mapping[str, Panel],
    events: Sequence[Event],
    *,
    simulated: bool,
) -> Inputs:
    """Split panels by events, restrict the clock to the universe, cut at the end of the period."""
    split = {name: split_by_events(panel, events) for name, panel in panels.items()}
    clock, unlisted = _universe(split[experiment.clock], experiment.universe.ids, events)
    first_row, rows = _period(clock, experiment)
    end = clock.known_at[rows - 1]
    clock, warnings = _listed(clock.head(rows), unlisted)
    if clock.tradable:
        warnings += _jumps(scale_breaks(clock, events))
    eligible = _eligible(clock, experiment.universe.min_age_days)[first_row:]
    if not eligible.any():
        raise DataError(
            f"no id of the universe is eligible at any close from {experiment.period.start} to "
            f"{experiment.period.end}; add ids, or lower universe.min_age_days"
        )
    return Inputs(
        {name: panel.as_of(end) for name, panel in split.items()},
        clock,
        first_row,
        tuple(events),
        eligible,
        simulated,
        warnings,
    )


def _files_to_read(ids: Sequence[str], events: Sequence[Event]) -> tuple[str, ...]:
    """A coin that took over a ticker is in the file of the ticker."""
    file_of = {event.successor: event.id for event in events if event.successor}
    return tuple(sorted({file_of.get(name, name) for name in ids}))


def _universe(
    panel: Panel, ids: Sequence[str], events: Sequence[Event]
) -> tuple[Panel, tuple[str, ...]]:
    """The panel for the ids of the universe, and those that no bar has been listed for."""
    missing = sorted(set(ids) - set(panel.ids))
    unlisted = tuple(name for name in missing if name in {event.successor for event in events})
    unknown = sorted(set(missing) - set(unlisted))
    if unknown:
        raise DataError(
            f"universe.ids names {', '.join(unknown)}, which panel '{panel.name}' does not have"
        )
    there = tuple(sorted(set(ids) - set(unlisted)))
    return panel.pick(there) if ids else panel, unlisted


def _period(clock: Panel, experiment: Experiment) -> tuple[int, int]:
    """First row of the period and the number of rows up to its end."""
    start, end = (np.datetime64(day, "D") for day in (
        experiment.period.start, experiment.period.end
    ))  # fmt: skip
    days = clock.label.astype("datetime64[D]")
    covered = f"panel '{clock.name}' has bars from {days[0]} to {days[-1]}"
    if start < days[0]:
        raise DataError(f"period.start {start} is before the data: {covered}; start there")
    if end > days[-1]:
        raise DataError(f"period.end {end} is after the data: {covered}; end there")
    first, rows = np.searchsorted(days, [start, end + DAY])
    if rows - first < 1:
        raise DataError(f"no bar between {start} and {end}: {covered}; widen the period")
    return int(first), int(rows)


def _listed(clock: Panel, unlisted: Sequence[str]) -> tuple[Panel, tuple[str, ...]]:
    """Leave out ids without any bar up to the end of the period, and say so."""
    has: Bool = np.any(clock.has_bar, axis=0)
    listed = tuple(name for name, any_bar in zip(clock.ids, has, strict=True) if any_bar)
    absent = tuple(sorted({*unlisted, *clock.ids} - set(listed)))
    if not listed:
        raise DataError(f"no id of the universe has a bar up to {text(clock.label[-1])}")
    if not absent:
        return clock, ()
    note = f"no bar by the end of the period, left out: {', '.join(absent)}"
    return clock.pick(listed), (note,)


def _jumps(breaks: Sequence[ScaleBreak]) -> tuple[str, ...]:
    """A warning about price levels that jump while their coin is not traded.

    Raises
    ------
    DataError
        Where as much money as before changes hands after the jump: the unit has changed, not the
        price, and the jump would count as a return.
    """
    for found in breaks:
        if found.same_money:
            raise DataError(
                f"{found.text}, with as much money traded a day as before: another unit, or "
                "another coin under the same id. Declare it in a file under data.events "
                "(docs/data.md), or leave the id out"
            )
    if not breaks:
        return ()
    more = f", and {len(breaks) - 3} more" if len(breaks) > 3 else ""
    return (
        f"{'; '.join(found.text for found in breaks[:3])}{more}. The jump counts as a return; if "
        "it is another unit or another coin, declare it in a file under data.events",
    )


def _eligible(clock: Panel, min_age_days: int) -> Bool:
    """Ids with a bar at this close whose first bar is at least `min_age_days` old."""
    first = np.argmax(clock.has_bar, axis=0)
    age = clock.label[:, None] - clock.label[first][None, :]
    return clock.has_bar & (age >= min_age_days * DAY)
