"""`Trials`: what was tried for one hypothesis, and what it takes to hold a result against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from engine.inference.searches import weighted_variance
from engine.trials.beside import Alike, CommonReturns, alike, laid, placed, sampled
from engine.trials.chain import Chain
from engine.trials.head import FOLDER
from engine.trials.ledger import LEDGER, check_trials
from engine.trials.namesakes import Namesakes
from engine.trials.series import Shelf
from engine.trials.trial import Trial
from feeds.arrays import Float, Instants
from feeds.errors import DataError

__all__ = ["Alike", "CommonReturns", "Trials", "every_trial", "sampled", "trials_of"]

_SAME_CLOCK = 0.1
"""Clocks are the same up to this difference of their bars a year."""


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
    notes : tuple of str
        What may be the same idea under another id, and is not counted; a sentence each.
    """

    hypothesis: str
    trials: tuple[Trial, ...]
    lost: int
    total: int
    head: str
    folder: Path
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many variants were tried."""
        return len(self.trials) + self.lost

    def bars_a_year(
        self, trial: Trial, periods_per_year: float, times: Instants | None = None
    ) -> float:
        """Bars a year of a trial, counted as in a clock that is said to have so many.

        What a config says of bars a year is a convention of its report and no part of a trial. So
        the dates tell how much finer or coarser the bars of a trial are than those of the clock;
        what differs by less than a tenth, as holidays do, is the same clock.

        Parameters
        ----------
        trial : Trial
        periods_per_year : float
            Of the clock.
        times : datetime64[ns] (T + 1,), optional
            Point 0 and closes of the clock. Without them, and for a trial whose dates are gone,
            what was said of the trial's own bars is taken.
        """
        own = self._shelf.instants(trial.series["times"]) if times is not None else None
        if times is None or own is None or len(own) < 2 or len(times) < 2:
            return trial.periods_per_year
        pace = _pace(own) / _pace(times)
        return periods_per_year * (1.0 if abs(pace - 1.0) < _SAME_CLOCK else pace)

    def sharpes(
        self,
        periods_per_year: float,
        benchmark: str | None = None,
        risk_free: float = 0.0,
        times: Instants | None = None,
    ) -> Float:
        """Sharpe ratios per bar of a clock with so many bars a year, float64 (M,).

        Each over a trial's own dates; NaN where undefined, as for a trial without the benchmark.
        A trial with other bars has its ratio brought to these: SR sqrt(P_trial / P), with
        `bars_a_year`.

        Parameters
        ----------
        periods_per_year : float
        benchmark : str, optional
            Ratios of returns over this one; of raw returns if left out.
        risk_free : float
            Effective annual rate; not used with a benchmark.
        times : datetime64[ns] (T + 1,), optional
            The clock; what is held against a result takes its `instants`.
        """
        out = np.full(len(self.trials), np.nan)
        clocks = self._clocks(periods_per_year, times).tolist()
        for place, (trial, bars) in enumerate(zip(self.trials, clocks, strict=True)):
            figures = trial.raw if benchmark is None else trial.active.get(benchmark)
            if figures is None:
                continue
            rate = (1.0 + risk_free) ** (1.0 / bars) - 1.0 if benchmark is None else 0.0
            out[place] = figures.above(rate) * (bars / periods_per_year) ** 0.5
        return out

    def years(self, periods_per_year: float, times: Instants | None = None) -> Float:
        """Length of each trial in years of its own bars, float64 (M,); see `sharpes`."""
        bars = np.array([trial.bars for trial in self.trials], dtype=np.float64)
        return bars / self._clocks(periods_per_year, times)

    def _clocks(self, periods_per_year: float, times: Instants | None) -> Float:
        """Bars a year of each trial; trials of the same dates share the answer."""
        known: dict[tuple[str, float], float] = {}
        out = np.empty(len(self.trials))
        for place, trial in enumerate(self.trials):
            kind = trial.series["times"], trial.periods_per_year
            if kind not in known:
                known[kind] = self.bars_a_year(trial, periods_per_year, times)
            out[place] = known[kind]
        return out

    def variance(
        self,
        periods_per_year: float,
        benchmark: str | None = None,
        risk_free: float = 0.0,
        times: Instants | None = None,
    ) -> float:
        """Variance of the ratios that are defined, weighed by length; NaN for fewer than two."""
        ratios = self.sharpes(periods_per_year, benchmark, risk_free, times)
        return weighted_variance(ratios, self.years(periods_per_year, times))

    def instants(self, trial: Trial) -> Instants | None:
        """Point 0 and all closes of a trial, datetime64[ns] (T + 1,); None if they are gone."""
        return self._shelf.instants(trial.series["times"])

    def alike(self, benchmarks: Sequence[str | None] = (None,)) -> dict[str | None, Alike]:
        """How alike the returns are, raw (None) and over benchmarks, without a table of them.

        The same trials on the same dates as in `common`; one series is held at a time.
        """
        every = [placed(self.trials, self.lost, self._shelf, each) for each in benchmarks]
        return dict(zip(benchmarks, alike(every, self._shelf), strict=True))

    def common(self, benchmark: str | None = None, most: int | None = None) -> CommonReturns:
        """The returns of all trials that can be laid beside each other, in a table of T x M.

        Begins with the dates that most trials have; others join, those with most in common first,
        as long as half of those dates are left. Trials without a spread, without the benchmark,
        with too few dates in common, or whose returns are gone have no column.

        Parameters
        ----------
        benchmark : str, optional
            Give returns over this one of each trial; raw ones if left out.
        most : int, optional
            Columns for the newest so many only; `apart` tells of how many more there are.
        """
        beside = placed(self.trials, self.lost, self._shelf, benchmark)
        return laid(beside.newest(most), self._shelf)

    @cached_property
    def _shelf(self) -> Shelf:
        return Shelf(self.folder)


def _pace(times: Instants) -> float:
    """Bars a nanosecond."""
    return float((len(times) - 1) / (times[-1] - times[0]).astype(np.int64))


def trials_of(output: Path | str, hypothesis: str) -> Trials:
    """The trials of a hypothesis in the ledger of an output directory; none if there is no ledger.

    Raises
    ------
    DataError
        When the ledger is damaged, with file and line.
    """
    chain = check_trials(Path(output))
    found = _newest(Path(output), chain, hypothesis)
    return _counted(chain, Path(output), hypothesis, Namesakes(chain), found)


def every_trial(output: Path | str) -> list[Trials]:
    """The trials of each hypothesis in the ledger of an output directory.

    Raises
    ------
    DataError
        When the ledger is damaged, with file and line.
    """
    chain = check_trials(Path(output))
    namesakes, found = Namesakes(chain), _newest(Path(output), chain)
    return [_counted(chain, Path(output), name, namesakes, found) for name in chain.trials]


_Newest = dict[str, dict[str, Trial]]
"""Trials by hypothesis and key."""


def _newest(output: Path, chain: Chain, hypothesis: str | None = None) -> _Newest:
    """The newest entry of each trial, of a hypothesis or of all."""
    found: _Newest = {}
    try:
        for entry in chain.entries(hypothesis):
            found.setdefault(entry["hypothesis"], {})[entry["trial"]] = Trial.from_entry(entry)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        of = "" if hypothesis is None else f" of '{hypothesis}'"
        raise DataError(
            f"{output / LEDGER} was written by another version of this program: an entry{of} lacks "
            f"or has too much of {error}"
        ) from error
    return found


def _counted(
    chain: Chain, output: Path, hypothesis: str, namesakes: Namesakes, found: _Newest
) -> Trials:
    return Trials(
        hypothesis,
        tuple(found.get(hypothesis, {}).values()),
        chain.lost.get(hypothesis, 0),
        sum(chain.trials.values()),
        chain.hash,
        output / FOLDER,
        namesakes.notes(hypothesis),
    )
