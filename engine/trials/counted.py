"""`Trials`: what was tried for one hypothesis, and what it takes to hold a result against it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from engine.inference.searches import mean_correlation
from engine.trials.head import FOLDER
from engine.trials.ledger import LEDGER, check_trials
from engine.trials.series import instants_of, returns_of
from engine.trials.trial import Trial
from feeds.arrays import Float, Instants, read_only
from feeds.errors import DataError

_LEAST_COMMON = 0.5
"""Trials are laid beside each other as long as this share of the dates is left."""


@dataclass(frozen=True, eq=False)
class CommonReturns:
    """Returns of several trials on the dates that they have in common.

    Attributes
    ----------
    times : datetime64[ns] (T + 1,)
        Point 0 and the closes; between two of them the bars of a finer trial are compounded.
    returns : float64 (T, M)
        A column a trial, over its benchmark where one was asked for.
    trials : tuple of Trial
        Whose columns they are.
    apart : mapping of str to int
        How many others have no column, by reason.
    """

    times: Instants
    returns: Float
    trials: tuple[Trial, ...]
    apart: Mapping[str, int]

    def correlation(self, made: int) -> float:
        """Mean correlation over all pairs of `made` trials, 0 for each that has no column."""
        columns = len(self.trials)
        if columns < 2:
            return 0.0
        return mean_correlation(self.returns) * (columns * (columns - 1)) / (made * (made - 1))


@dataclass(frozen=True, eq=False)
class Trials:
    """The trials of one hypothesis.

    Attributes
    ----------
    hypothesis : str
    trials : tuple of Trial
        Each once, by its newest entry, in the order in which they were first written.
    lost : int
        Trials that are known to have been made and cannot be read any more; they count.
    total : int
        Trials of all hypotheses in this ledger, lost ones included.
    head : str
        Hash of the last line of the ledger: what figures that rest on it were computed from.
    folder : Path
        Where the returns are.
    """

    hypothesis: str
    trials: tuple[Trial, ...]
    lost: int
    total: int
    head: str
    folder: Path

    @property
    def count(self) -> int:
        """How many variants were tried."""
        return len(self.trials) + self.lost

    def sharpes(
        self, periods_per_year: float, benchmark: str | None = None, risk_free: float = 0.0
    ) -> Float:
        """Sharpe ratios per bar of a clock with so many bars a year, float64 (M,).

        Each over a trial's own dates; NaN where undefined, as for a trial without the benchmark.

        Parameters
        ----------
        periods_per_year : float
            A trial with other bars has its ratio brought to these: SR sqrt(P_trial / P).
        benchmark : str, optional
            Ratios of returns over this one; of raw returns if left out.
        risk_free : float
            Effective annual rate; not used with a benchmark.
        """
        out = np.full(len(self.trials), np.nan)
        for place, trial in enumerate(self.trials):
            bars = trial.periods_per_year
            figures = trial.raw if benchmark is None else trial.active.get(benchmark)
            if figures is not None:
                rate = (1.0 + risk_free) ** (1.0 / bars) - 1.0 if benchmark is None else 0.0
                out[place] = figures.above(rate) * (bars / periods_per_year) ** 0.5
        return out

    def variance(
        self, periods_per_year: float, benchmark: str | None = None, risk_free: float = 0.0
    ) -> float:
        """Variance (ddof 1) of the ratios that are defined; NaN for fewer than two."""
        ratios = self.sharpes(periods_per_year, benchmark, risk_free)
        known = ratios[~np.isnan(ratios)]
        return float(np.var(known, ddof=1)) if len(known) > 1 else np.nan

    def common(self, benchmark: str | None = None) -> CommonReturns:
        """The returns of all trials that can be laid beside each other.

        Begins with the dates that most trials have; others join, those with most in common first,
        as long as half of those dates are left. Trials without a spread, without the benchmark,
        with too few dates in common, or whose returns are gone have no column.

        Parameters
        ----------
        benchmark : str, optional
            Give returns over this one of each trial; raw ones if left out.
        """
        apart = {"lost with its line": self.lost}
        groups: dict[str, list[Trial]] = {}
        for trial in self.trials:
            why = self._not_placed(trial, benchmark)
            if why:
                apart[why] = apart.get(why, 0) + 1
            else:
                groups.setdefault(trial.series["times"], []).append(trial)
        times, joined = self._join(groups)
        left_out = [name for name in groups if name not in joined]
        apart["with too few dates in common"] = sum(len(groups[name]) for name in left_out)
        trials = tuple(trial for name in joined for trial in groups[name])
        table = np.empty((len(trials), max(len(times) - 1, 0)))
        for row, own in zip(table, self._rows(times, trials, "returns"), strict=True):
            row[:] = own
        if benchmark is not None:
            others = self._rows(times, trials, f"vs {benchmark}")
            for row, other in zip(table, others, strict=True):
                row -= other
        apart = {why: number for why, number in sorted(apart.items()) if number}
        return CommonReturns(times, read_only(table.T), trials, apart)

    def _not_placed(self, trial: Trial, benchmark: str | None) -> str:
        """Why a trial cannot be laid beside others; blank if it can."""
        figures = trial.raw if benchmark is None else trial.active.get(benchmark)
        if figures is None:
            return f"without benchmark '{benchmark}'"
        if math.isnan(figures.sharpe):
            return "without a spread"
        bars = len(self._times.get(trial.series["times"], ())) - 1
        needed = ["returns"] if benchmark is None else ["returns", f"vs {benchmark}"]
        series = [self._kept(trial.series[name]) for name in needed]
        if any(values is None or len(values) != bars for values in series):
            return "whose returns are gone"
        return ""

    def _rows(self, times: Instants, trials: tuple[Trial, ...], which: str) -> list[Float]:
        """A series of each trial from one of `times` to the next; what is shared is there once."""
        rows: dict[tuple[str, str], Float] = {}
        places = [(trial.series[which], trial.series["times"]) for trial in trials]
        for place in places:
            values = self._kept(place[0])
            if values is not None and place not in rows:
                rows[place] = sampled(values, self._times[place[1]], times)
        return [rows[place] for place in places]

    def _kept(self, name: str) -> Float | None:
        """A series, read once however many trials and benchmarks ask for it."""
        if name not in self._read:
            self._read[name] = returns_of(self.folder, name)
        return self._read[name]

    @cached_property
    def _times(self) -> dict[str, Instants]:
        """Instants by digest, those that are there."""
        names = dict.fromkeys(trial.series["times"] for trial in self.trials)
        found = {name: instants_of(self.folder, name) for name in names}
        return {name: times for name, times in found.items() if times is not None}

    @cached_property
    def _read(self) -> dict[str, Float | None]:
        return {}

    def _join(self, groups: Mapping[str, list[Trial]]) -> tuple[Instants, list[str]]:
        """The dates in common, and which sets of dates share them."""
        if not groups:
            return np.empty(0, "datetime64[ns]"), []
        first = max(groups, key=lambda name: len(groups[name]))
        times, joined = self._times[first], [first]
        rest = {
            name: np.intersect1d(times, self._times[name], assume_unique=True)
            for name in groups
            if name != first
        }
        least = 1 + _LEAST_COMMON * (len(times) - 1)
        for name in sorted(rest, key=lambda name: -len(rest[name])):
            shared = np.intersect1d(times, rest[name], assume_unique=True)
            if len(shared) >= least:
                times = shared
                joined.append(name)
        return times, joined


def sampled(returns: Float, own: Instants, times: Instants) -> Float:
    """Returns from one of `times` to the next, of a curve with more instants."""
    if len(own) == len(times):
        return returns
    curve = np.concatenate(([1.0], np.cumprod(1.0 + returns)))[np.searchsorted(own, times)]
    return curve[1:] / curve[:-1] - 1.0


def trials_of(output: Path | str, hypothesis: str) -> Trials:
    """The trials of a hypothesis in the ledger of an output directory; none if there is no ledger.

    Raises
    ------
    DataError
        When the ledger is damaged, with file and line.
    """
    output = Path(output)
    chain = check_trials(output)
    newest: dict[str, Trial] = {}
    try:
        for entry in chain.entries(hypothesis):
            newest[entry["trial"]] = Trial.from_entry(entry)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{output / LEDGER} was written by another version of this program: an entry of "
            f"'{hypothesis}' lacks or has too much of {error}"
        ) from error
    return Trials(
        hypothesis,
        tuple(newest.values()),
        chain.lost.get(hypothesis, 0),
        sum(chain.trials.values()),
        chain.hash,
        output / FOLDER,
    )
