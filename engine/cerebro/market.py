"""What a replay runs on: the clock panel as feeds, its events, and lookups by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.cerebro.broker import Gap
from feeds.align import fill_forward
from feeds.arrays import Bool, Float, Instant
from feeds.bars import PanelFeed, day_floats, feed
from feeds.events import Event
from feeds.panel import Panel


@dataclass(frozen=True, eq=False)
class ReplayMarket:
    """The clock panel of a period, ready for backtrader.

    Attributes
    ----------
    panel : Panel
        The bars of the period, (T, N).
    feeds : mapping of int to PanelFeed
        By column; an id without a bar in the period has none.
    others : mapping of str to PanelFeed
        Bars of the other panels as `panel.id`, replayed beside the traded ones.
    row_at : mapping of float to int
        Row of the clock by backtrader day number of its close.
    marks : float64 (T, N)
        Last close known at each row, NaN before the first.
    has_bar : bool (T, N)
    halted : bool (T, N)
        Rows without a bar that a declared halt explains.
    gaps : tuple of Gap
    """

    panel: Panel
    feeds: Mapping[int, PanelFeed]
    others: Mapping[str, PanelFeed]
    row_at: Mapping[float, int]
    marks: Float
    has_bar: Bool
    halted: Bool
    gaps: tuple[Gap, ...]

    def row_opening(self, at: Instant) -> int:
        """First row of the clock that opens at an instant or after it."""
        return int(np.searchsorted(self.panel.opened_at, at, side="left"))

    def shares(self, positions: Mapping[Any, Any]) -> list[float]:
        """Shares held by column; only looks at feeds that were traded.

        backtrader values every position that was ever looked at, also on feeds that have not
        started, where it reads a price of the future.
        """
        out = [0.0] * len(self.panel.ids)
        for column, data in self.feeds.items():
            if data in positions:
                out[column] = positions[data].size
        return out


def prepare(panel: Panel, others: Sequence[Panel], events: Sequence[Event]) -> ReplayMarket:
    """Build feeds for every id with a bar in the period, and the gaps that events declare."""
    has_bar = panel.has_bar
    feeds = {
        column: feed(panel, column, has_bar[:, column])
        for column in range(len(panel.ids))
        if has_bar[:, column].any()
    }
    beside = {
        f"{other.name}.{name}": feed(other, column, other.has_bar[:, column], tradable=False)
        for other in others
        for column, name in enumerate(other.ids)
        if other.has_bar[:, column].any()
    }
    times = day_floats(panel.known_at).tolist()
    halted = np.zeros(has_bar.shape, dtype=bool)
    gaps = []
    for event in events:
        if event.id not in panel.ids:
            continue
        column = panel.ids.index(event.id)
        days = panel.label.astype("datetime64[D]")
        after = np.flatnonzero(days > event.last_bar)
        if column not in feeds or not len(after) or not has_bar[: after[0], column].any():
            continue
        if not event.ends:
            inside = (days > event.last_bar) & ~(days >= event.first_bar_after)
            halted[:, column] |= inside & ~has_bar[:, column]
        recovery = event.recovery if event.ends else None
        bars = int(has_bar[: after[0], column].sum())
        gaps.append(Gap(times[after[0]], feeds[column], bars, recovery))
    return ReplayMarket(
        panel,
        feeds,
        beside,
        {time: row for row, time in enumerate(times)},
        fill_forward(panel.close),
        has_bar,
        halted,
        tuple(gaps),
    )
