"""Drawdowns of an equity curve that has the start capital as point 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feeds.arrays import Float

_TOLERANCE = 1e-12
"""A curve that is back at its peak up to rounding has recovered."""


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


def drawdown(nav: Float) -> Float:
    """NAV over its running maximum, minus 1: at most 0; same shape as `nav`."""
    fall = nav / np.maximum.accumulate(nav) - 1.0
    return np.where(fall > -_TOLERANCE, 0.0, fall)


def episodes(nav: Float) -> tuple[Drawdown, ...]:
    """Every drawdown in order of time, the last one perhaps unfinished."""
    fall = drawdown(nav)
    under = fall < 0.0
    last = len(nav) - 1
    starts = np.flatnonzero(under[1:] & ~under[:-1])
    ends = np.flatnonzero(under[:-1] & ~under[1:]) + 1
    found = []
    for number, peak in enumerate(starts.tolist()):
        recovery = int(ends[number]) if number < len(ends) else None
        stop = last if recovery is None else recovery
        trough = peak + int(np.argmin(fall[peak : stop + 1]))
        found.append(Drawdown(peak, trough, recovery, float(fall[trough]), stop - peak))
    return tuple(found)


def deepest(nav: Float, count: int) -> tuple[Drawdown, ...]:
    """The `count` deepest drawdowns, deepest first, the earlier one first of equals."""
    return tuple(sorted(episodes(nav), key=lambda each: (each.depth, each.peak))[:count])


def max_drawdown(nav: Float) -> float:
    """The deepest fall from a peak, at most 0; 0 for a curve that never falls."""
    return float(np.min(drawdown(nav)))


def max_drawdown_duration(nav: Float) -> int:
    """Most bars from a peak to the bar that regains it, or to the last bar if none does."""
    return max((each.bars for each in episodes(nav)), default=0)


def ulcer_index(nav: Float) -> float:
    """Root of the mean squared drawdown over the bars (point 0 excluded); NaN without a bar."""
    return float(np.sqrt(np.mean(drawdown(nav)[1:] ** 2))) if len(nav) > 1 else np.nan


def time_underwater_fraction(nav: Float) -> float:
    """Share of bars below an earlier peak; NaN without a bar."""
    return float(np.mean(drawdown(nav)[1:] < 0.0)) if len(nav) > 1 else np.nan
