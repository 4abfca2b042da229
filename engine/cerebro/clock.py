"""The merged clock of a replay, and the way from it to stock backtrader."""

from __future__ import annotations

from typing import Any, NoReturn

from feeds.arrays import Float
from feeds.errors import EngineError


class NotCoveredError(EngineError):
    """Something that only stock backtrader does: the replay starts again on it."""


class Clock:
    """The instants at which any feed has a bar, and the place among them that is now.

    Attributes
    ----------
    times : float64 (K,)
        backtrader's day numbers, ascending.
    now : int
        -1 before the first.
    listened : bool
        Whether analyzers listen, to which lines, orders and positions must be what stock has.
    refused : str
        What was asked for that only stock backtrader does, blank as long as nothing was: whoever
        asked may have caught the error.
    """

    __slots__ = ("listened", "now", "refused", "times")

    def __init__(self, times: Float, listened: bool = False) -> None:
        self.times = times
        self.listened = listened
        self.now = -1
        self.refused = ""

    def refuse(self, what: str) -> NoReturn:
        """Send the replay to stock backtrader."""
        self.refused = self.refused or what
        raise NotCoveredError(what)


def uncovered(what: str) -> Any:
    """A property that only stock backtrader has."""
    return property(lambda self: self.p.clock.refuse(what), lambda self, value: None)


def twin(one: Any) -> Any:
    """A shallow copy of an object that keeps all it has in its `__dict__`."""
    other = object.__new__(type(one))
    other.__dict__.update(one.__dict__)
    return other


class Seen:
    """The part of a line's buffer that is past or present."""

    def __init__(self, line: Any) -> None:
        self._line = line

    def __getitem__(self, place: Any) -> Any:
        line, inside = self._line, False
        if isinstance(place, slice):
            inside = (place.start or 0) >= 0 and place.stop is not None and place.step is None
            inside = inside and place.stop <= len(line)
        elif 0 <= place < len(line):
            inside = True
        if not inside:
            line.feed.clock.refuse("a bar that is not there yet was read")
        return line.values[place]

    def __len__(self) -> int:
        return self._line.refuse()

    def __getattr__(self, name: str) -> Any:
        return self._line.refuse()
