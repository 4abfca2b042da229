"""Everything a run reads: panels cut at the end of the period, the universe, the events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engine.computed import computed_panels
from engine.config import Experiment
from engine.progress import Progress
from engine.reading import Reader
from engine.universe import (
    allowed,
    chosen,
    large_but_not_here,
    left_out,
    listed,
    membership,
    named_but_not_here,
    settled,
    with_eligible,
    without_gaps,
)
from feeds.arrays import DAY, Bool, instants
from feeds.coins import read_coins
from feeds.errors import DataError
from feeds.events import Event, ScaleBreak, read_events, scale_breaks, split_by_events
from feeds.membership import Membership
from feeds.openings import repeated_opens
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec, sources
from feeds.sources import any_there


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
    members : Membership or None
        Who belongs to the universe when, where that is not all ids at all times.
    sources : mapping of str to str
        The files or the series that each panel was read from.
    """

    panels: Mapping[str, Panel]
    clock: Panel
    first_row: int
    events: tuple[Event, ...]
    eligible: Bool
    simulated: bool
    warnings: tuple[str, ...]
    members: Membership | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

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


def load_inputs(
    experiment: Experiment,
    cache: Path | None,
    progress: Progress,
    reader: Reader | None = None,
) -> Inputs:
    """Read the panels of a config, or simulate them, and prepare them for a run.

    Raises
    ------
    DataError
        For data that are missing, fail a check, or do not cover the period.
    """
    data, reader = experiment.data, reader or Reader(cache)
    if data.simulated is not None:
        panels, simulated_events = reader.market(data.simulated)
        events_of = dict.fromkeys(panels, simulated_events)
        return prepare_inputs(experiment, panels, events_of, simulated=True)
    experiment = with_what_is_there(experiment)
    data = experiment.data
    panels, events = {}, panel_events(experiment)
    # A value of the midnight that ends the last day is known at its close.
    until = instants(np.datetime64(experiment.period.end, "D") + DAY)
    for done, (name, spec) in enumerate(sorted(data.panels.items())):
        progress.step("reading panels", done, len(data.panels))
        ids = _files_to_read(spec.ids or experiment.universe.ids, events[name])
        panels[name] = reader.panel(name, spec, data.root, ids, data.quality, until)
    progress.step("reading panels", len(panels), len(data.panels))
    inputs = prepare_inputs(experiment, panels, events, simulated=False)
    totals = (
        f"the total of panel '{name}' is that of {spec.place} ({len(spec.ids or ())} ids), and not "
        "of the whole market"
        for name, spec in sorted(data.panels.items())
        if spec.totals
    )
    return replace(
        inputs,
        sources={name: spec.place for name, spec in sorted(data.panels.items())},
        warnings=(*inputs.warnings, *totals),
    )


def with_what_is_there(experiment: Experiment) -> Experiment:
    """The config with `otherwise` in place of every panel that nothing is there of.

    Raises
    ------
    DataError
        For a panel of which nothing is there at all.
    """
    root, ids = experiment.data.root, experiment.universe.ids
    found = _choosing(experiment, lambda name, spec: any_there(name, spec, root, ids))
    for name, spec in found.data.panels.items():
        first = experiment.data.panels[name]
        if root is not None and first.otherwise and not any_there(name, spec, root, ids):
            raise DataError(
                f"panel '{name}': nothing of {first.place} is there, nor of what the config names "
                f"otherwise, in {root.absolute()}; bring it with `data fetch CONFIG` or `data "
                "import`, or name another folder with `--set data.root=DIR`"
            )
    return found


def fetchable(experiment: Experiment, vendors: Callable[[str], bool]) -> Experiment:
    """The config with `otherwise` in place of every panel whose vendor cannot be asked."""
    return _choosing(experiment, lambda name, spec: vendors(spec.vendor))


def _choosing(experiment: Experiment, suits: Callable[[str, PanelSpec], bool]) -> Experiment:
    panels = dict(experiment.data.panels)
    for name, spec in panels.items():
        while spec.otherwise is not None and not suits(name, spec):
            spec = spec.otherwise
        panels[name] = spec
    if panels == experiment.data.panels:
        return experiment
    data = experiment.data.model_copy(update={"panels": panels})
    return experiment.model_copy(update={"data": data})


def series_of(experiment: Experiment) -> dict[str, str]:
    """The series of the store that a config reads, each with its calendar."""
    events = panel_events(experiment)
    found: dict[str, str] = {}
    for name, spec in sorted(experiment.data.panels.items()):
        if spec.series is not None:
            ids = _files_to_read(spec.ids or experiment.universe.ids, events[name])
            found |= dict.fromkeys(sources(name, spec, ids).values(), spec.calendar)
    return found


def panel_events(experiment: Experiment) -> dict[str, tuple[Event, ...]]:
    """The events of each panel: those of its ids, at its venue."""
    data = experiment.data
    if not data.events:
        return dict.fromkeys(data.panels, ())
    coins = read_coins(data.coins, data.root)
    return {
        name: read_events(
            data.events,
            data.root,
            spec.ids or experiment.universe.ids if spec.one_a_file else None,
            coins.of(spec.vendor),
        )
        for name, spec in data.panels.items()
    }


def prepare_inputs(
    experiment: Experiment,
    panels: Mapping[str, Panel],
    events: Mapping[str, Sequence[Event]],
    *,
    simulated: bool,
) -> Inputs:
    """Split panels by events, restrict the clock to the universe, cut at the end of the period.

    Parameters
    ----------
    experiment : Experiment
    panels : mapping of str to Panel
        Every panel, as read.
    events : mapping of str to sequence of Event
        The events of each panel.
    simulated : bool
    """
    split = {name: split_by_events(panel, events[name]) for name, panel in panels.items()}
    of_clock = events[experiment.clock]
    clock, unlisted = chosen(split[experiment.clock], experiment.universe.ids, of_clock)
    first_row, rows = _period(clock, experiment)
    end = clock.known_at[rows - 1]
    known = {name: panel.until(end) for name, panel in split.items()}
    split |= computed_panels(experiment, known, events)
    clock, warnings = listed(clock.head(rows), unlisted)
    clock, incomplete = without_gaps(clock.as_of(end), experiment.data.quality)
    warnings += (*incomplete, *left_out(panels))
    if clock.tradable:
        warnings += _jumps(scale_breaks(clock, of_clock)) + _opens(clock.rows(first_row, rows))
    stays = membership(experiment, split, clock)
    warnings += _picked(large_but_not_here(experiment, split, clock))
    if stays is not None and (absent := named_but_not_here(experiment, clock, stays)):
        warnings += (f"members that no id of the clock stands for: {', '.join(absent)[:300]}",)
    eligible = allowed(experiment, clock, stays)
    if not eligible[first_row:].any():
        raise DataError(
            f"no id of the universe is eligible at any close from {experiment.period.start} to "
            f"{experiment.period.end}; add ids, or lower universe.min_age_days"
        )
    signals = experiment.signals
    seen = {name: panel.as_of(end) for name, panel in split.items()}
    if any((signal.panel, signal.id) == (experiment.clock, None) for signal in signals.values()):
        seen[experiment.clock] = with_eligible(seen[experiment.clock], clock, eligible)
    return Inputs(
        seen,
        clock,
        first_row,
        settled(of_clock, experiment.universe.delisting),
        eligible[first_row:],
        simulated,
        warnings,
        stays,
    )


def _files_to_read(ids: Sequence[str], events: Sequence[Event]) -> tuple[str, ...]:
    """A coin that took over a ticker is in the file of the ticker."""
    file_of = {event.successor: event.id for event in events if event.successor}
    return tuple(sorted({file_of.get(name, name) for name in ids}))


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


def _picked(absent: Sequence[str]) -> tuple[str, ...]:
    """A warning about members that could not be chosen for want of bars."""
    if not absent:
        return ()
    some = ", ".join(absent[:8]) + (f" and {len(absent) - 8} more" if len(absent) > 8 else "")
    return (
        "members are chosen among the ids of the config, and whoever picked those knew how it "
        f"ended: large enough at some time, but not among them, were {some}",
    )


def _opens(clock: Panel) -> tuple[str, ...]:
    """A warning about opens that no market printed."""
    return tuple(
        f"the opens of {id} repeat the close before in {years[0]} to {years[-1]}, too often to be "
        "opens: fills there are at the price of the evening before"
        for id, years in repeated_opens(clock).items()
    )


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
