"""Abnormal returns: what `alts` did after the events beyond a market model on `base`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.inference.event_study import FEWEST_EVENTS, EventStudy, EventTest, event_study, fault
from engine.study.held import Held
from feeds.arrays import Bool, Float, Int, frozen

ESTIMATED = 100
TESTS: Mapping[str, str] = {
    "bmp_t_caar": "BMP, t",
    "kolari_pynnonen_t_caar": "Kolari-Pynnonen, t",
    "corrado_rank_t_window_cowan": "Corrado rank, t",
    "generalized_sign_z": "generalised sign, z",
    "t_cross_sectional_caar": "cross-sectional, t",
    "patell_z_caar": "Patell, z: too optimistic",
}
"""The tests of an event study that a study shows, in order, and what it calls them."""
_EARLY = f"fewer than {ESTIMATED} bars before it"
_LATE = "the data end within its window"
_NOT_HELD = "a sleeve is not held yet"
_MISSING = "bars are missing in its windows"


@dataclass(frozen=True, eq=False)
class Abnormal:
    """Abnormal returns after the events of a study.

    Attributes
    ----------
    days : int
        The horizon of the event window, the shortest that was asked.
    bars : int
        Bars of the event window: as many as `days` usually hold.
    cumulative : float64 (E,)
        Cumulative abnormal return of each event; NaN where it is left out.
    left_out : tuple of str (E,)
        Why an event is left out; blank where it is not.
    sharing : int
        Events whose window shares bars with that of another.
    mixed : int
        Events whose estimation window holds bars of the window of another.
    found : EventStudy or None
        Of the events that are not left out; None without any.
    """

    days: int
    bars: int
    cumulative: Float
    left_out: tuple[str, ...]
    sharing: int
    mixed: int
    found: EventStudy | None

    @property
    def events(self) -> int:
        """Events that are not left out."""
        return self.found.events if self.found else 0

    @property
    def caar(self) -> float:
        """Mean cumulative abnormal return; NaN without an event."""
        return self.found.caar if self.found else math.nan

    @property
    def correlation(self) -> float:
        """Mean correlation between the residuals of events; NaN below two."""
        return self.found.mean_residual_correlation if self.found else math.nan

    @property
    def tests(self) -> dict[str, EventTest]:
        """The tests by name, in the order of `TESTS`; none below ten events."""
        if self.found is None or self.why_no_p_values:
            return {}
        return {name: self.found.tests[name] for name in TESTS}

    @property
    def reasons(self) -> dict[str, int]:
        """Events by why they are left out, the most frequent first."""
        return dict(Counter(filter(None, self.left_out)).most_common())

    @property
    def why_no_p_values(self) -> str:
        """Why there are no tests; blank where there are."""
        if self.events >= FEWEST_EVENTS:
            return ""
        if not self.events:
            return "there is no event to measure"
        return f"fewer than {FEWEST_EVENTS} whole windows: no p-values"


def abnormal_returns(held: Held, alts: str, base: str, rows: Int, days: int) -> Abnormal:
    """Measure what `alts` did in the days after events beyond its market model on `base`.

    The model is estimated on the 100 bars before that of the event; the window begins with the
    first bar after the close from which forward returns count. The bars between, that of the event
    among them, belong to neither.

    Parameters
    ----------
    held : Held
    alts, base : str
    rows : int64 (E,)
        Closes of the events, ascending.
    days : int

    Notes
    -----
    MacKinlay (1997) for the windows and the market model.
    """
    bars = _usual_bars(held, days)
    after = held.entry + 1 + np.arange(bars)
    windows = rows[:, np.newaxis] + np.concatenate((np.arange(-ESTIMATED, 0), after))
    own, market = held.returns(alts), held.returns(base)
    missing = _missing(held, alts, base)
    left_out = tuple(_why_left_out(each, own, market, missing) for each in windows)
    kept = np.array([not each for each in left_out], dtype=bool)
    inside, cumulative, found = windows[kept], np.full(len(rows), np.nan), None
    if len(inside):
        found = event_study(own[inside], market[inside], estimated=ESTIMATED, day=ESTIMATED)
        cumulative[kept] = found.cumulative
    sharing, mixed = _overlaps(rows, kept, bars, held.entry)
    return Abnormal(days, bars, frozen(cumulative), left_out, sharing, mixed, found)


def _usual_bars(held: Held, days: int) -> int:
    """Median of how many bars so many days hold, at least 1."""
    every = np.arange(len(held.when))
    stop = held.rows_after(every, days)
    counts = (stop - every)[stop >= 0]
    return max(1, int(np.median(counts))) if len(counts) else 1


def _missing(held: Held, alts: str, base: str) -> Bool:
    """Bars whose return is not that of one bar, (T,): after a gap, or without any price."""
    out = np.zeros(len(held.when), dtype=bool)
    # Between the sessions of an exchange there are weekends: no step is the usual one.
    if held.entry == 0 and len(out) > 1:
        steps = np.diff(held.when).astype(np.int64)
        out[1:] = steps != int(np.median(steps))
    for name in (alts, base):
        unpriced = held.unpriced.get(name, np.zeros(len(out), dtype=bool))
        out |= unpriced
        out[1:] |= unpriced[:-1]
    return out


def _why_left_out(window: Int, own: Float, market: Float, missing: Bool) -> str:
    # The return of the first bar is from before the period.
    if window[0] < 1:
        return _EARLY
    if window[-1] >= len(own):
        return _LATE
    if np.any(np.isnan(own[window] + market[window])):
        return _NOT_HELD
    if np.any(missing[window]):
        return _MISSING
    return fault(own[window], market[window], estimated=ESTIMATED)


def _overlaps(rows: Int, kept: Bool, bars: int, entry: int) -> tuple[int, int]:
    """Of the events that are kept: whose windows share bars, and whose estimation holds others'."""
    apart = rows[:, np.newaxis] - rows
    other = ~np.eye(len(rows), dtype=bool)
    shared = other & kept & (np.abs(apart) < bars)
    # Another's window, from `entry + 1` to `entry + bars` after it, against -100 to -1.
    mixed = (apart >= entry + 2) & (apart <= entry + bars + ESTIMATED)
    sharing, mixing = (np.any(each, axis=1) & kept for each in (shared, mixed))
    return int(np.count_nonzero(sharing)), int(np.count_nonzero(mixing))
