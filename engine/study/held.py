"""The two sleeves of a study, held throughout without costs: one replay, as of any run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.config import BenchmarkSpec, Experiment
from engine.inputs import Inputs
from engine.progress import Progress
from engine.simulation import simulate_experiment
from feeds.arrays import Bool, Float, Instants, Int, frozen
from feeds.calendars import ALWAYS
from feeds.panel import Panel
from strategies.rules import FixedMix

_FREE = {
    "fee_bps": 0.0,
    "slippage_bps": 0.0,
    "reserve": 0.0,
    "band": 0.0,
    "lot_size": 0.0,
    "min_notional": 0.0,
    "delay_bars": 0,
}


@dataclass(frozen=True, eq=False)
class Held:
    """NAV of sleeves that are held throughout, on the closes of the period.

    Attributes
    ----------
    when : datetime64[ns] (T,)
        What days are counted by: the closes of a 24/7 clock, the dates of an exchange's sessions.
    known_at : datetime64[ns] (T,)
        The closes.
    entry : int
        Closes from a row to the first at which one can act on it: 0 on a 24/7 clock, whose next
        open is the close itself; 1 on an exchange's, whose next open is hours away.
    nav : mapping of str to float64 (T,)
        NaN before the close at which the sleeve is first bought, or known to be.
    stale : mapping of str to tuple of str
        Ids that a sleeve held at times without a bar, valued at the last close.
    unpriced : mapping of str to bool (T,)
        Closes at which nothing that the sleeve held had a bar.
    """

    when: Instants
    known_at: Instants
    entry: int
    nav: dict[str, Float]
    stale: dict[str, tuple[str, ...]]
    unpriced: dict[str, Bool] = field(default_factory=dict)

    def returns(self, sleeve: str) -> Float:
        """Return from the close before to each close, float64 (T,); NaN at the first."""
        nav = self.nav[sleeve]
        return np.concatenate(([np.nan], nav[1:] / nav[:-1] - 1.0))

    def rows_after(self, rows: Int, days: int) -> Int:
        """Rows of the last closes at most `days` days after (before, if negative) those of `rows`.

        -1 where the closes have not begun, or end before that day.
        """
        return rows_after(self.when, rows, days)


def rows_after(when: Instants, rows: Int, days: int) -> Int:
    """The row of the last instant at most `days` days after each of `rows`, -1 outside."""
    out = np.full(len(rows), -1, dtype=np.int64)
    known = rows >= 0
    target = when[rows[known]] + np.timedelta64(days, "D")
    found = np.searchsorted(when, target, side="right") - 1
    found[target > when[-1]] = -1
    out[known] = found
    return out


def hold(
    experiment: Experiment, inputs: Inputs, sleeves: tuple[str, ...], progress: Progress
) -> Held:
    """Each sleeve held throughout on the config's schedule, without costs or reserve.

    It is replayed as a benchmark is, so that coins that list and die count as they do in a run.
    """
    alone = experiment.model_copy(
        update={
            "signals": {},
            "strategy": FixedMix(mix={}),
            "execution": experiment.execution.model_copy(update=_FREE),
            "benchmarks": {name: BenchmarkSpec(sleeve=name) for name in sleeves},
        }
    )
    found = simulate_experiment(alone, inputs, lambda *_: None, progress)
    period = inputs.period
    entry = int(period.calendar != ALWAYS)
    nav, stale, unpriced = {}, {}, {}
    for name, ledger in found.benchmarks.items():
        owned = ledger.shares != 0.0
        ever = np.any(owned, axis=1)
        # Bought at an open, which on a 24/7 clock is the close before.
        first = int(np.argmax(ever)) + entry - 1 if ever.any() else len(ever)
        nav[name] = frozen(np.where(np.arange(len(ever)) < first, np.nan, ledger.nav))
        stale[name] = tuple(
            each for each, held in zip(ledger.ids, ledger.stale.T, strict=True) if held.any()
        )
        unpriced[name] = frozen(ever & ~np.any(owned & ~ledger.stale, axis=1))
    return Held(counted_by(period), period.known_at, entry, nav, stale, unpriced)


def counted_by(clock: Panel) -> Instants:
    """The instants that days are counted by, datetime64[ns] (T,).

    A session's close moves by an hour with the clocks of its city; its date does not.
    """
    return clock.known_at if clock.calendar == ALWAYS else clock.label
