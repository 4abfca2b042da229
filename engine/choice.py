"""What choosing a run among the trials of its hypothesis is worth: the ledger's returns, judged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.trials import Trials
from engine.trials.counted import sampled
from engine.trials.series import content_of, digest
from engine.trials.trial import returns_from
from feeds.arrays import Float, Instants

if TYPE_CHECKING:
    from engine.inference.haircut import Haircut
    from engine.inference.overfitting import Overfitting
    from engine.inference.selection import Selection
    from engine.result import Result

_MONTHS = 12.0
_MOST, _CELLS = 200, 1_000_000
"""Newest trials, and returns of all of them, that are laid beside each other."""


@dataclass(frozen=True, eq=False)
class Choice:
    """A run and the trials that it can be laid beside, this run among them.

    Attributes
    ----------
    times : datetime64[ns] (T + 1,)
        Point 0 and the closes that all have in common.
    returns : float64 (T, M)
        From one of the times to the next, a column a variant.
    names : tuple of str
        `name/id` of the M runs.
    own : int
        The column of the run.
    periods_per_year : float
        Of these times.
    """

    times: Instants
    returns: Float
    names: tuple[str, ...]
    own: int
    periods_per_year: float


def choice_of(result: Result, trials: Trials) -> Choice:
    """A run and the trials of its hypothesis on dates in common; alone where none shares its dates.

    A run that is not on the ledger, as that of the demo, is one variant more.
    """
    common = trials.common(most=max(2, min(_MOST, _CELLS // len(result.nav))))
    times, whole = common.times, result.instants
    table, names = common.returns, [f"{trial.name}/{trial.run}" for trial in common.trials]
    returns = returns_from(result.start_cash, result.nav)
    series = [trial.series["returns"] for trial in common.trials]
    if len(times) < 2 or not np.isin(times, whole).all():
        # Trials of other dates say nothing about this run.
        times, table, names, series = whole, np.empty((len(whole) - 1, 0)), [], []
    name = digest(content_of(returns))
    if name not in series:
        table = np.column_stack((table, sampled(returns, whole, times)))
        names.append(f"{result.name}/{result.id}")
        series.append(name)
    bars = np.searchsorted(whole, times[[0, -1]])
    year = float(result.experiment["report"]["periods_per_year"])
    scale = (len(times) - 1) / float(bars[1] - bars[0])
    return Choice(times, table, tuple(names), series.index(name), year * scale)


def overfitting_of(result: Result, trials: Trials) -> Overfitting:
    """The probability of overfitting of the choice of a run among its trials."""
    from engine.inference.overfitting import overfitting

    return overfitting(choice_of(result, trials).returns)


def selection_of(result: Result, trials: Trials, *, seed: int, resamples: int) -> Selection:
    """Everything about the choice of a run among its trials.

    Parameters
    ----------
    result : Result
        Its benchmarks are what any of the trials is to beat.
    trials : Trials
        Of its hypothesis.
    seed, resamples : int
    """
    from engine.inference.selection import selection

    choice = choice_of(result, trials)
    return selection(
        choice.returns,
        choice.names,
        {
            name: sampled(returns_from(result.start_cash, nav), result.instants, choice.times)
            for name, nav in result.benchmarks.items()
        },
        periods_per_year=choice.periods_per_year,
        seed=seed,
        resamples=resamples,
        own=choice.own,
    )


def haircuts_of(result: Result, trials: Trials, sharpe: float) -> dict[str, Haircut]:
    """Harvey and Liu's haircuts of a run among the trials of its hypothesis.

    Parameters
    ----------
    result : Result
    trials : Trials
        A trial without a Sharpe ratio, or lost with its line, has a p-value of 1: it counts, and
        speaks for nothing.
    sharpe : float
        Of the run, a year, adjusted for autocorrelation.

    Returns
    -------
    dict
        `bonferroni`, `sidak`, `holm` and `bhy`.
    """
    from engine.inference.haircut import haircuts, single_p_value

    report = result.experiment["report"]
    year, rate = float(report["periods_per_year"]), float(report["risk_free"])
    own = digest(content_of(returns_from(result.start_cash, result.nav)))
    ratios = trials.sharpes(year, None, rate, result.instants) * math.sqrt(year)
    years = trials.years(year, result.instants).tolist()
    others, found = [1.0] * trials.lost, False
    for trial, ratio, length in zip(trials.trials, ratios.tolist(), years, strict=True):
        if trial.series["returns"] == own and not found:
            found = True  # this run, once
            continue
        p_value = single_p_value(ratio, int(_MONTHS * length))
        others.append(1.0 if math.isnan(p_value) else p_value)
    months = int(_MONTHS * len(result.nav) / year)
    return haircuts(sharpe, months, len(others) + 1, np.array(others))
