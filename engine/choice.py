"""What choosing a run among the trials of its hypothesis is worth: the ledger's returns, judged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine.trials import Trials
from engine.trials.counted import sampled
from engine.trials.series import content_of, digest
from engine.trials.trial import returns_from

if TYPE_CHECKING:
    from engine.inference.haircut import Haircut
    from engine.inference.selection import Selection
    from engine.result import Result

_MONTHS = 12.0


def selection_of(result: Result, trials: Trials, *, seed: int, resamples: int) -> Selection:
    """The choice among the trials that have dates in common with a run, on those dates.

    Parameters
    ----------
    result : Result
        Its benchmarks are what any of the trials is to beat.
    trials : Trials
        Of its hypothesis.
    seed, resamples : int
    """
    from engine.inference.selection import selection

    common = trials.common()
    times, whole = common.times, result.instants
    table, names = common.returns, [f"{trial.name}/{trial.run}" for trial in common.trials]
    if len(times) < 2 or not np.isin(times, whole).all():
        # Trials of other dates say nothing about this run, which is then alone.
        times, table, names = whole, np.empty((len(whole) - 1, 0)), []
    own = returns_from(result.start_cash, result.nav)
    if digest(content_of(own)) not in {trial.series["returns"] for trial in common.trials} or (
        not names
    ):
        table = np.column_stack((table, sampled(own, whole, times)))
        names.append(f"{result.name}/{result.id}")
    bars = np.searchsorted(whole, times[[0, -1]])
    year = float(result.experiment["report"]["periods_per_year"])
    return selection(
        table,
        tuple(names),
        {
            name: sampled(returns_from(result.start_cash, nav), whole, times)
            for name, nav in result.benchmarks.items()
        },
        periods_per_year=year * (len(times) - 1) / float(bars[1] - bars[0]),
        seed=seed,
        resamples=resamples,
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
    ratios = trials.sharpes(year, None, rate) * math.sqrt(year)
    others, found = [1.0] * trials.lost, False
    for trial, ratio in zip(trials.trials, ratios.tolist(), strict=True):
        if trial.series["returns"] == own and not found:
            found = True  # this run, once
            continue
        months = int(_MONTHS * trial.bars / trial.periods_per_year)
        p_value = single_p_value(ratio, months)
        others.append(1.0 if math.isnan(p_value) else p_value)
    months = int(_MONTHS * len(result.nav) / year)
    return haircuts(sharpe, months, len(others) + 1, np.array(others))
