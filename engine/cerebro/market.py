"""What a replay runs on: the clock panel as bars and buffers, its events, and lookups by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from engine.codes import Bars
from feeds.align import fill_forward
from feeds.arrays import DAY, Bool, Float, Int, text
from feeds.bars import FeedBars, day_floats
from feeds.errors import DataError
from feeds.events import Event
from feeds.panel import Panel


class Gap(NamedTuple):
    """From `row` of the clock on, after some bars of it, the id in `column` has no bars.

    Orders for it are cancelled; with `recovery`, the position is written to that share of the
    last close and the coin has ended.
    """

    row: int
    column: int
    recovery: float | None


@dataclass(frozen=True, eq=False)
class ReplayMarket:
    """The clock panel of a period, ready for backtrader.

    Attributes
    ----------
    panel : Panel
        The bars of the period, (T, N).
    others : tuple of Panel
        Panels whose bars are replayed beside the traded ones.
    has_bar, fillable, halted : bool (T, N)
        Rows with a bar, with a bar on which somebody traded, and without one that a declared halt
        explains.
    marks : float64 (T, N)
        Last close known at each row, NaN before the first.
    gaps : tuple of Gap
        In the order of their rows.
    """

    panel: Panel
    others: tuple[Panel, ...]
    has_bar: Bool
    fillable: Bool
    halted: Bool
    marks: Float
    gaps: tuple[Gap, ...]

    @cached_property
    def times(self) -> Float:
        """Closes of the clock as backtrader's day numbers, float64 (T,)."""
        return day_floats(self.panel.known_at)

    @cached_property
    def instants(self) -> Float:
        """Closes of the clock and of the other panels' bars, ascending, as day numbers."""
        if not self.others:
            return self.times
        beside = (other.known_at[other.has_bar.any(axis=1)] for other in self.others)
        times = np.sort(np.concatenate((self.times, *map(day_floats, beside))))
        return times[np.append(True, times[1:] > times[:-1])]

    @cached_property
    def gaps_at(self) -> Mapping[int, list[Gap]]:
        """The gaps that begin at a row."""
        found: dict[int, list[Gap]] = {}
        for gap in self.gaps:
            found.setdefault(gap.row, []).append(gap)
        return found

    @cached_property
    def row_at(self) -> Mapping[float, int]:
        """Row of the clock by the day number of its close."""
        return {time: row for row, time in enumerate(self.times.tolist())}

    @cached_property
    def traded(self) -> Mapping[int, FeedBars]:
        """By column, the bars of every id that has one in the period."""
        listed = np.flatnonzero(self.has_bar.any(axis=0)).tolist()
        return {column: FeedBars(self.panel, column, self.has_bar[:, column]) for column in listed}

    @cached_property
    def beside(self) -> Mapping[str, FeedBars]:
        """Bars that are only read, by the name of their feed: `panel.id` of the other panels.

        Rows of the clock without any bar are bars of a feed of their own, for backtrader knows no
        other way to have a close there.
        """
        found = {
            f"{other.name}.{name}": FeedBars(other, column, other.has_bar[:, column])
            for other in self.others
            for column, name in enumerate(other.ids)
            if other.has_bar[:, column].any()
        }
        blank = ~self.has_bar.any(axis=1)
        if blank.any():
            found[f"{self.panel.name}.clock"] = FeedBars(self.panel, 0, np.ones_like(blank))
        return found

    @cached_property
    def bars(self) -> Bars:
        """The buffers that the arithmetic reads."""
        return Bars(
            np.ravel(self.marks).data,
            np.ravel(np.ascontiguousarray(self.panel.open)).data,
            np.ravel(self.has_bar).view(np.uint8).data,
            np.ravel(self.fillable).view(np.uint8).data,
            day_floats(self.panel.opened_at).data,
            self.times.data,
        )

    def rows_at(self, times: Float) -> tuple[list[int], list[int]]:
        """The row that closes at each time, -1 where none does; and the last that has closed."""
        last = np.searchsorted(self.times, times, side="right") - 1
        closes = (last >= 0) & (self.times[last] == times)
        return np.where(closes, last, -1).tolist(), last.tolist()

    @cached_property
    def opening(self) -> Int:
        """The first row after each that opens at its close or later, int64 (T,)."""
        rows = np.searchsorted(self.panel.opened_at, self.panel.known_at, side="left")
        return np.maximum(rows, np.arange(len(rows)) + 1)


def prepare(panel: Panel, others: Sequence[Panel], events: Sequence[Event]) -> ReplayMarket:
    """Check that a panel can be replayed, and find the gaps that events declare.

    Raises
    ------
    DataError
        For a panel that has no prices to fill at, or no bar; for a bar without a positive price,
        rows out of order, and panels of one name.
    """
    if not panel.tradable:
        raise DataError(f"panel '{panel.name}' has no open, high, low and close: nothing fills")
    has_bar = np.ascontiguousarray(panel.has_bar)
    if not has_bar.any():
        raise DataError(f"panel '{panel.name}' has no bar in the period")
    _check_prices(panel, has_bar)
    _check_times(panel)
    names = [panel.name, *(other.name for other in others)]
    if len(set(names)) < len(names):
        raise DataError(f"two panels have the same name: {', '.join(names)}; rename one")
    fillable, halted = has_bar, np.zeros(has_bar.shape, dtype=bool)
    if "volume" in panel.fields:
        fillable = has_bar & (panel.volume != 0.0)
    gaps = []
    days = panel.label.astype("datetime64[D]")
    for event in events:
        if event.id not in panel.ids:
            continue
        column = panel.ids.index(event.id)
        after = np.flatnonzero(days > event.last_bar)
        if not len(after) or not has_bar[: after[0], column].any():
            continue
        ended = days > event.last_bar + event.frozen_days * DAY
        inside = (days > event.last_bar) & ~(ended if event.ends else days >= event.first_bar_after)
        halted[:, column] |= inside & ~has_bar[:, column]
        if not event.ends or inside[after[0]]:
            gaps.append(Gap(int(after[0]), column, None))
        if event.ends and ended.any():
            gaps.append(Gap(int(np.argmax(ended)), column, event.recovery))
    gaps.sort(key=lambda gap: gap.row)
    marks = np.ascontiguousarray(panel.close if has_bar.all() else fill_forward(panel.close))
    return ReplayMarket(panel, tuple(others), has_bar, fillable, halted, marks, tuple(gaps))


def _check_prices(panel: Panel, has_bar: Bool) -> None:
    """Stop for bars that no reader lets through, and a panel made by hand may have."""
    if panel.open.min() > 0.0 and panel.close.min() > 0.0:  # never so where there is a NaN
        return
    wrong = has_bar & ~((panel.open > 0.0) & (panel.close > 0.0))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        prices = [float(panel[key][row, column]) for key in ("open", "close")]
        raise DataError(
            f"panel '{panel.name}': the bar of {panel.ids[column]} at {text(panel.label[row])} has "
            f"open and close {prices}; prices are above 0; NaN in all fields leaves a bar out"
        )


def _check_times(panel: Panel) -> None:
    """Stop for rows whose order in time backtrader could not tell."""
    late = panel.opened_at > panel.known_at
    late[1:] |= panel.opened_at[1:] <= panel.opened_at[:-1]
    # Day numbers are floats: they tell 10 microseconds apart, no less.
    late[1:] |= np.diff(day_floats(panel.known_at)) <= 0.0
    if late.any():
        row = int(np.argmax(late))
        raise DataError(
            f"panel '{panel.name}': the row {text(panel.label[row])} opened at "
            f"{panel.opened_at[row]} and closed at {panel.known_at[row]}; rows open one after "
            "the other, at or before their close, and close at least 20 microseconds apart"
        )
