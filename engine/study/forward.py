"""What followed: returns over horizons and paths of alts, base and their difference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.study.held import Held
from feeds.arrays import Float, Int

ALTS, BASE, DIFFERENCE = "alts", "base", "difference"
SERIES = (ALTS, BASE, DIFFERENCE)
"""Difference is the return of alts minus that of base, in points."""
_ENDED = "the data end before"
_NO_CLOSE = "no later close in the window"
_NOT_HELD = "a sleeve is not held yet"


@dataclass(frozen=True)
class Spread:
    """What a set of returns looks like; NaN where there is none.

    The standard deviation has ddof 1 and the quantiles are of type 7.
    """

    count: int
    mean: float
    median: float
    deviation: float
    q05: float
    q25: float
    q75: float
    q95: float
    positive: float


def spread(values: Float) -> Spread:
    """The spread of those values that are known."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Spread(0, *(math.nan,) * 8)
    mean = float(np.mean(known))
    deviation = float(np.std(known, ddof=1)) if len(known) > 1 else math.nan
    q05, q25, median, q75, q95 = np.quantile(known, (0.05, 0.25, 0.5, 0.75, 0.95)).tolist()
    positive = float(np.mean(known > 0))
    return Spread(len(known), mean, median, deviation, q05, q25, q75, q95, positive)


def without_largest(values: Float) -> float:
    """The mean without the value furthest from 0: it shows what a single event makes of it."""
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return math.nan
    return float(np.mean(np.delete(known, int(np.argmax(np.abs(known))))))


def entries(held: Held, rows: Int) -> Int:
    """Rows at which one can act on what is known at `rows`; -1 after the last close."""
    out = rows + held.entry
    return np.where(out < len(held.when), out, -1)


def returns_between(nav: Float, starts: Int, stops: Int) -> Float:
    """Returns from one row to another, float64 (E,); NaN where a row is -1 or a NAV unknown."""
    known = (starts >= 0) & (stops >= 0)
    out = np.full(len(starts), np.nan)
    out[known] = nav[stops[known]] / nav[starts[known]] - 1.0
    return out


def path_returns(held: Held, alts: str, base: str, rows: Int, days: int) -> dict[str, Float]:
    """Returns from what is known at `rows` to the last close within `days` days, float64 (E,).

    By series. From the close itself on a 24/7 clock, from the next one on an exchange's; NaN where
    the data end before. With negative days: the way to there, as seen from there, so that a path
    that leads to an event ends in 0.
    """
    start = entries(held, rows)
    stop = held.rows_after(start, days)
    one, other = (returns_between(held.nav[name], start, stop) for name in (alts, base))
    return {ALTS: one, BASE: other, DIFFERENCE: one - other}


def forward_returns(held: Held, alts: str, base: str, rows: Int, days: int) -> dict[str, Float]:
    """The same over a window, NaN where no later close is in it, as a day after a Friday."""
    start = entries(held, rows)
    empty = held.rows_after(start, days) == start
    found = path_returns(held, alts, base, rows, days)
    return {name: np.where(empty, np.nan, each) for name, each in found.items()}


def why_blank(held: Held, rows: Int, forward: Mapping[int, Mapping[str, Float]]) -> tuple[str, ...]:
    """The reasons for what is NaN among the forward returns from `rows`, by horizon in days."""
    found = set()
    start = entries(held, rows)
    for days, each in forward.items():
        stop = held.rows_after(start, days)
        reasons = np.where(stop == start, _NO_CLOSE, _NOT_HELD)
        reasons = np.where(stop < 0, _ENDED, reasons)
        found |= set(reasons[np.isnan(each[DIFFERENCE])].tolist())
    return tuple(sorted(found))


def windows(held: Held, rows: Int, days: int) -> tuple[Int, Int]:
    """Rows at which the windows of events begin and end; one that is cut off ends with the data."""
    start = entries(held, rows)
    start = start[start >= 0]
    stop = held.rows_after(start, days)
    return start, np.where(stop < 0, len(held.when) - 1, stop)


def by_regime(held: Held, alts: str, base: str, values: Float) -> dict[str, dict[str, Spread]]:
    """The spread of one-bar returns by what the signal was when one could last act on it.

    Parameters
    ----------
    held : Held
    alts, base : str
    values : float64 (T,)
        The signal at the closes of the period.

    Returns
    -------
    dict
        Spread by state (`on`, `off`, `unknown`) and series.
    """
    one, other = held.returns(alts), held.returns(base)
    # A return belongs to the signal at the close at which its bar could be bought at the latest.
    at = np.concatenate((np.full(1 + held.entry, np.nan), values))[: len(values)]
    some = np.arange(len(values)) > held.entry
    chosen = {"on": at > 0, "off": at <= 0, "unknown": np.isnan(at)}
    series = {ALTS: one, BASE: other, DIFFERENCE: one - other}
    return {
        state: {name: spread(each[some & where]) for name, each in series.items()}
        for state, where in chosen.items()
    }
