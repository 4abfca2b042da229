"""One id of a panel as a backtrader data feed: bar by bar, or moved by a clock."""

from __future__ import annotations

import array
from collections import deque
from functools import cached_property
from typing import Any, NoReturn

import backtrader as bt
import numpy as np
from backtrader.linebuffer import LineBuffer

from engine.cerebro.clock import Clock, Seen, twin, uncovered


class PanelFeed(bt.feed.DataBase):
    """The bars of one id, stamped with the instant at which each became known.

    The line `opened_at` has the day number at which the bar opened.

    With `preload` the lines get whole buffers at once; without it, bars come one at a time and a
    strategy that reads ahead gets an IndexError.
    """

    lines: Any = ("opened_at",)
    # No timeframe beyond the stamp matters: nothing is resampled inside backtrader.
    params: Any = (("bars", None), ("tradable", True), ("timeframe", bt.TimeFrame.Minutes))

    def start(self) -> None:
        """Begin before the first bar."""
        super().start()
        self._columns: list[array.array[float]] = []
        self._row = 0

    def preload(self) -> None:
        """Hand the buffers over to the lines, which own them for the run."""
        for k, line in enumerate(self.lines):
            line.array = self.p.bars.buffer(self._getlinealias(k))
        self.home()

    def _load(self) -> bool:
        if self._row >= len(self.p.bars):
            return False
        if not self._columns:
            names = map(self._getlinealias, range(self.size()))
            self._columns = [self.p.bars.buffer(name) for name in names]
        for line, values in zip(self.lines, self._columns, strict=True):
            line[0] = values[self._row]
        self._row += 1
        return True


class ClockLine(LineBuffer):
    """A line whose position follows from the clock, so that moving all lines is one assignment.

    Half of a stock run is spent on moving lines one by one. The buffer is made when it is first
    read: most runs read none. Reads are those of stock (tests/engine/test_listening.py).
    """

    mode, useislice, extension, bindings, _tz = LineBuffer.UnBounded, False, 0, (), None

    feed: ClockFeed
    name: str

    @cached_property
    def array(self) -> Seen:
        """The values of the bars there have been; whoever wants others is refused."""
        return Seen(self)

    @cached_property
    def values(self) -> Any:
        """All values of the run."""
        return self.feed.p.bars.buffer(self.name)

    @property
    def idx(self) -> int:
        """Place of the bar that is the last at this instant, -1 before the first."""
        now = self.feed.clock.now
        return self.feed.places[now] if now >= 0 else -1

    _idx = idx
    lines = property(lambda self: [self])
    lencount = property(lambda self: self.idx + 1)

    def __len__(self) -> int:
        return self.idx + 1

    def __getitem__(self, ago: int) -> float:
        return self.array[self.idx + ago]

    def refuse(self, *_: Any, **__: Any) -> NoReturn:
        """Send whoever moves or changes a line, or makes something of it, to stock backtrader."""
        self.feed.clock.refuse("a line was moved, changed or used to make another")

    forward = backwards = rewind = advance = __setitem__ = set = buflen = refuse
    _owner = property(refuse)

    def reset(self, *_: Any, **__: Any) -> None:
        """Stay: the clock is before the first bar whenever a run starts, and nothing is kept."""

    home = extend = reset


class ClockLines(PanelFeed.lines):
    """The lines of a feed, without the 20 us that each takes in backtrader's metaclasses.

    Unread, there are none to backtrader, which else makes attributes of them.
    """

    unread = False

    def __init__(self) -> None:
        self.lines = [object.__new__(ClockLine) for _ in self._getlines()]

    def __iter__(self) -> Any:
        return iter(() if self.unread else self.lines)


class ClockFeed(PanelFeed):
    """A feed whose lines follow the clock."""

    params: Any = (("clock", None),)

    # Stock feeds copy every bar into these; here nobody does.
    tick_open = tick_high = tick_low = tick_close = tick_last = uncovered("a tick was read")
    tick_volume = tick_openinterest = tick_opened_at = uncovered("a tick was read")

    def __init__(self) -> None:
        super().__init__()
        self.clock: Clock = self.p.clock
        self.lines.unread = not self.clock.listened
        for line, name in zip(self.lines.lines, self.lines.getlinealiases(), strict=True):
            line.feed, line.name = self, name

    def another(self, **params: Any) -> ClockFeed:
        """A feed like this unread one, 100 us sooner (tests/engine/test_tricks.py)."""
        other = twin(self)
        other.p = other.params = twin(self.p)
        vars(other.p).update(params)
        for name, value in vars(self).items():
            if isinstance(value, list | deque):
                setattr(other, name, value.copy())
        return other

    @cached_property
    def places(self) -> list[int]:
        """Place of the last bar at every instant of the clock, -1 before the first."""
        bars = self.lines.datetime.values
        return (np.searchsorted(bars, self.clock.times, side="right") - 1).tolist()

    def preload(self) -> None:
        """Load nothing: a line is filled when it is read."""


ClockFeed.lines = ClockLines  # backtrader makes a class of its own of what a class body says
