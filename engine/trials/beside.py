"""Trials beside each other: on which dates, in a table, and how alike they are on average."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.inference.searches import mean_correlation
from engine.measures.moments import ZERO
from engine.trials.series import Shelf
from engine.trials.trial import Trial
from feeds.arrays import Float, Instants, read_only

_LEAST_COMMON = 0.5
"""Trials are laid beside each other as long as this share of the dates is left."""
_GONE = "whose returns are gone"
_OTHERS = 64
"""Series of benchmarks that are held at a time: trials share them, as a rule."""


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


@dataclass(frozen=True)
class Alike:
    """How alike the returns of trials are, from pairs on the dates that they have in common.

    Attributes
    ----------
    pairs : float
        Sum of the correlations over all ordered pairs.
    columns : int
        Trials among which these pairs are.
    apart : mapping of str to int
        How many others are not among them, by reason.
    """

    pairs: float
    columns: int
    apart: Mapping[str, int]

    def correlation(self, made: int) -> float:
        """Mean correlation over all pairs of `made` trials, in [0, 1], 0 for each not known."""
        if self.columns < 2:
            return 0.0
        known = self.columns * (self.columns - 1)
        return min(max(self.pairs / known, 0.0), 1.0) * known / (made * (made - 1))


@dataclass(frozen=True, eq=False)
class Placed:
    """Trials that can be laid beside each other, by what the ledger and the dates tell.

    Attributes
    ----------
    benchmark : str or None
        Over which the returns are to be.
    times : datetime64[ns] (T + 1,)
        The dates that they share.
    trials : tuple of Trial
    apart : mapping of str to int
        How many others there are, by reason.
    """

    benchmark: str | None
    times: Instants
    trials: tuple[Trial, ...]
    apart: Mapping[str, int]

    def newest(self, most: int | None) -> Placed:
        """The last `most` of the trials, the others apart."""
        if most is None or len(self.trials) <= most:
            return self
        before = len(self.trials) - most
        apart = {**self.apart, f"before the newest {most:,}": before}
        return Placed(self.benchmark, self.times, self.trials[before:], apart)


def placed(
    trials: Sequence[Trial], lost: int, shelf: Shelf, benchmark: str | None = None
) -> Placed:
    """Which trials can be laid beside each other, and on which dates.

    Begins with the dates that most trials have; others join, those with most in common first, as
    long as half of those dates are left.
    """
    apart = Counter({"lost with its line": lost})
    able: list[Trial] = []
    for trial in trials:
        why = _not_placed(trial, shelf, benchmark)
        if why:
            apart[why] += 1
        else:
            able.append(trial)
    times, joined = _joined(Counter(trial.series["times"] for trial in able), shelf)
    beside = tuple(trial for trial in able if trial.series["times"] in joined)
    apart["with too few dates in common"] = len(able) - len(beside)
    return Placed(benchmark, times, beside, apart)


def _not_placed(trial: Trial, shelf: Shelf, benchmark: str | None) -> str:
    """Why a trial cannot be laid beside others; blank if it can, as far as files have a size."""
    figures = trial.raw if benchmark is None else trial.active.get(benchmark)
    if figures is None:
        return f"without benchmark '{benchmark}'"
    if math.isnan(figures.sharpe):
        return "without a spread"
    times = shelf.instants(trial.series["times"])
    needed = ["returns"] if benchmark is None else ["returns", f"vs {benchmark}"]
    if times is None or any(shelf.length(trial.series[n]) != len(times) - 1 for n in needed):
        return _GONE
    return ""


def _joined(groups: Mapping[str, int], shelf: Shelf) -> tuple[Instants, set[str]]:
    """The dates in common, and which sets of dates share them, of sets with so many trials."""
    if not groups:
        return np.empty(0, "datetime64[ns]"), set()
    every = {name: found for name in groups if (found := shelf.instants(name)) is not None}
    first = max(groups, key=lambda name: groups[name])
    times, joined = every.pop(first), {first}
    rest = {name: np.intersect1d(times, own, assume_unique=True) for name, own in every.items()}
    least = 1 + _LEAST_COMMON * (len(times) - 1)
    for name in sorted(rest, key=lambda name: -len(rest[name])):
        shared = np.intersect1d(times, rest[name], assume_unique=True)
        if len(shared) >= least:
            times = shared
            joined.add(name)
    return times, joined


def laid(beside: Placed, shelf: Shelf) -> CommonReturns:
    """The returns of trials in one table, T x M of them."""
    source = _Source(beside, shelf)
    table = np.empty((len(beside.trials), max(len(beside.times) - 1, 0)))
    first: dict[_Key, int] = {}
    trials: list[Trial] = []
    for trial in beside.trials:
        key = source.key(trial)
        row = table[first[key]] if key in first else source.row(key, shelf.returns(key[0]))
        if row is not None:
            first.setdefault(key, len(trials))
            table[len(trials)] = row
            trials.append(trial)
    apart = _named(beside.apart, len(beside.trials) - len(trials))
    return CommonReturns(beside.times, read_only(table[: len(trials)].T), tuple(trials), apart)


def alike(every: Sequence[Placed], shelf: Shelf) -> list[Alike]:
    """How alike trials are, for each way to place them, in O(T) memory.

    The squared length of the sum of unit vectors is the sum of all correlations, so that returns
    are read once, for all benchmarks, and held one at a time.
    """
    sources = [_Source(beside, shelf) for beside in every]
    sums = [_Sum(np.zeros(max(len(beside.times) - 1, 0))) for beside in every]
    gone = [0] * len(every)
    for name, wanted in _by_returns(every):
        own = shelf.returns(name)
        asked = Counter((place, sources[place].key(trial)) for trial, place in wanted)
        for (place, key), often in asked.items():
            row = sources[place].row(key, own)
            if row is None:
                gone[place] += often
            else:
                sums[place].add(row, often)
    return [
        Alike(each.pairs, each.columns, _named(beside.apart, lacking))
        for each, beside, lacking in zip(sums, every, gone, strict=True)
    ]


def _by_returns(every: Sequence[Placed]) -> Iterator[tuple[str, list[tuple[Trial, int]]]]:
    """Each series of returns, with the trials that have it and the places where these are."""
    places: dict[int, int] = {}  # a bit a place: of many trials and benchmarks, pairs are many
    trials: dict[str, dict[int, Trial]] = {}
    for place, beside in enumerate(every):
        for trial in beside.trials:
            places[id(trial)] = places.get(id(trial), 0) | 1 << place
            trials.setdefault(trial.series["returns"], {})[id(trial)] = trial
    for name, group in trials.items():
        yield (
            name,
            [
                (trial, place)
                for trial in group.values()
                for place in range(len(every))
                if places[id(trial)] >> place & 1
            ],
        )


def _named(apart: Mapping[str, int], gone: int) -> dict[str, int]:
    """The reasons that there are, with the series that were found to be changed when read."""
    every = Counter(apart) + Counter({_GONE: gone})
    return dict(sorted(every.items()))


_Key = tuple[str, str, str]
"""Names of returns, of their dates, and of a benchmark's returns, blank for raw ones."""


@dataclass(frozen=True, eq=False)
class _Source:
    """Rows of returns on the dates of one placing."""

    beside: Placed
    shelf: Shelf
    others: dict[tuple[str, str], Float | None] = field(default_factory=dict)

    def key(self, trial: Trial) -> _Key:
        """What the row of a trial is made of; trials with the same key have the same row."""
        benchmark, series = self.beside.benchmark, trial.series
        other = "" if benchmark is None else series[f"vs {benchmark}"]
        return series["returns"], series["times"], other

    def row(self, key: _Key, own: Float | None) -> Float | None:
        """Returns over the benchmark on the common dates; None where a series is gone."""
        _, dates, other = key
        found = self._sampled(own, dates)
        if found is None or not other:
            return found
        if (other, dates) not in self.others:
            if len(self.others) >= _OTHERS:
                self.others.clear()
            self.others[other, dates] = self._sampled(self.shelf.returns(other), dates)
        less = self.others[other, dates]
        return None if less is None else found - less

    def _sampled(self, returns: Float | None, dates: str) -> Float | None:
        times = self.shelf.instants(dates)
        if returns is None or times is None or len(returns) != len(times) - 1:
            return None
        return sampled(returns, times, self.beside.times)


@dataclass
class _Sum:
    """The sum of unit vectors: of returns less their mean, brought to length 1."""

    total: Float
    columns: int = 0

    def add(self, returns: Float, often: int) -> None:
        """Add a row so many times; one that does not vary is left out, as it has no direction."""
        count = len(returns)
        if count < 2:
            return
        centre = float(np.add.reduce(returns)) / count
        away = returns - centre
        size = math.sqrt(float(np.dot(away, away)))
        if size >= ZERO * max(1.0, abs(centre)) * math.sqrt(count - 1):
            away *= often / size
            self.total += away
            self.columns += often

    @property
    def pairs(self) -> float:
        """Sum of the correlations of each with each other."""
        return float(np.dot(self.total, self.total)) - self.columns


def sampled(returns: Float, own: Instants, times: Instants) -> Float:
    """Returns from one of `times` to the next, of a curve with more instants."""
    if len(own) == len(times):
        return returns
    curve = np.concatenate(([1.0], np.cumprod(1.0 + returns)))[np.searchsorted(own, times)]
    return curve[1:] / curve[:-1] - 1.0
