"""Drawdowns of an equity curve that has the start capital as point 0."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from feeds.arrays import Bool, Float, Int

_TOLERANCE = 1e-12
"""Share of the peak that is rounding: a curve so near to it has recovered, and falls that differ by
no more are equally deep."""


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One episode under water, by positions on the curve (0 is the start capital).

    `recovery` is None while it lasts; `bars` counts from the peak to the recovery, or to the last
    bar. `depth` is negative.
    """

    peak: int
    trough: int
    recovery: int | None
    depth: float
    bars: int

    @property
    def to_trough(self) -> int:
        """Bars from the peak to the trough."""
        return self.trough - self.peak

    @property
    def to_recovery(self) -> int | None:
        """Bars from the trough to the recovery, None while it lasts."""
        return None if self.recovery is None else self.recovery - self.trough


def drawdown(nav: Float) -> Float:
    """NAV over its running maximum, minus 1: at most 0; same shape as `nav`."""
    fall = nav / np.maximum.accumulate(nav) - 1.0
    return np.where(fall > -_TOLERANCE, 0.0, fall)


@dataclass(frozen=True, eq=False, slots=True)
class _Spans:
    """All episodes as columns: drawdown by point, and peak, stop and depth by episode."""

    fall: Float
    peak: Int
    stop: Int
    recovered: Bool
    depth: Float

    def episode(self, place: int) -> Drawdown:
        peak, stop, done = (each[place].item() for each in (self.peak, self.stop, self.recovered))
        depth = self.depth[place].item()
        trough = peak + int(np.argmax(self.fall[peak : stop + 1] <= depth + _TOLERANCE))
        recovery = stop if done else None
        return Drawdown(peak, trough, recovery, depth, stop - peak)


def _spans(nav: Float) -> _Spans:
    fall = drawdown(nav)
    under = fall < 0.0
    peak = np.flatnonzero(under[1:] & ~under[:-1])
    stop = np.flatnonzero(under[:-1] & ~under[1:]) + 1
    recovered = np.ones(len(peak), dtype=bool)
    if len(stop) < len(peak):
        recovered[-1] = False
        stop = np.append(stop, len(nav) - 1)
    # Between a stop and the next peak the curve is not under water.
    depth = np.minimum.reduceat(fall, peak) if len(peak) else np.empty(0)
    return _Spans(fall, peak, stop, recovered, depth)


def episodes(nav: Float) -> tuple[Drawdown, ...]:
    """Every drawdown in order of time, the last one perhaps unfinished."""
    found = _spans(nav)
    return tuple(found.episode(place) for place in range(len(found.peak)))


def deepest(nav: Float, count: int) -> tuple[Drawdown, ...]:
    """The `count` deepest drawdowns, deepest first, the earlier one first of equals."""
    found = _spans(nav)
    order = np.argsort(found.depth, kind="stable")
    # Those that differ by rounding only keep the order of time.
    alike = np.cumsum(np.diff(found.depth[order], prepend=-np.inf) > _TOLERANCE)
    order = order[np.lexsort((order, alike))][:count]
    return tuple(found.episode(place) for place in order.tolist())


def max_drawdown(nav: Float) -> float:
    """The deepest fall from a peak, at most 0; 0 for a curve that never falls."""
    return float(np.minimum.reduce(drawdown(nav)))


def max_drawdown_duration(nav: Float) -> int:
    """Most bars from a peak to the bar that regains it, or to the last bar if none does."""
    found = _spans(nav)
    return int(np.maximum.reduce(found.stop - found.peak)) if len(found.peak) else 0


def max_dd_peak_index(nav: Float) -> float:
    """Where the deepest drawdown begins, 0 being the start capital; NaN without one."""
    return _place(nav, "peak")


def max_dd_trough_index(nav: Float) -> float:
    """Where the deepest drawdown is deepest, 0 being the start capital; NaN without one."""
    return _place(nav, "trough")


def max_dd_recovery_index(nav: Float) -> float:
    """Where the deepest drawdown is regained; NaN without one, or while it lasts."""
    return _place(nav, "recovery")


def _place(nav: Float, name: str) -> float:
    """Where the deepest drawdown has its peak, trough or recovery."""
    for worst in deepest(nav, 1):
        found = getattr(worst, name)
        return math.nan if found is None else float(found)
    return math.nan


def n_drawdowns(nav: Float) -> float:
    """Number of drawdowns, an unfinished one included."""
    return float(len(_spans(nav).peak))


def avg_drawdown_episode(nav: Float) -> float:
    """Mean of the depths of all drawdowns; NaN without one."""
    depth = _spans(nav).depth
    return float(np.add.reduce(depth)) / len(depth) if len(depth) else math.nan


def current_drawdown(nav: Float) -> float:
    """The fall from the last peak to the last bar, 0 at a peak."""
    return float(drawdown(nav)[-1])


def ulcer_index(nav: Float) -> float:
    """Root of the mean squared drawdown over the bars (point 0 excluded); NaN without a bar."""
    fall = drawdown(nav)[1:]
    return math.sqrt(float(np.add.reduce(fall * fall)) / len(fall)) if len(fall) else math.nan


def pain_index(nav: Float) -> float:
    """Mean depth below the last peak over the bars, a positive number; NaN without a bar."""
    fall = drawdown(nav)[1:]
    return -float(np.add.reduce(fall)) / len(fall) if len(fall) else math.nan


def time_underwater_fraction(nav: Float) -> float:
    """Share of bars below an earlier peak; NaN without a bar."""
    fall = drawdown(nav)[1:]
    return np.count_nonzero(fall) / len(fall) if len(fall) else math.nan
