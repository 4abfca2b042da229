"""The Sharpe ratio of the best of many trials, held against what a lucky search would find.

The probabilistic Sharpe ratio against the ratio that the best of the trials is expected to have
without skill; `searches` has that ratio, and how many trials count. Ratios are per period. Drift
common to all trials is not luck, so raw returns of a rising market pass any deflation: look at the
returns over a benchmark too. No scipy: every run can afford this.

References
----------
Bailey and Lopez de Prado, The Deflated Sharpe Ratio, Journal of Portfolio Management 40(5) 2014.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from engine.inference.searches import (
    effective_trials,
    expected_best,
    expected_maximum,
    independent_trials,
    independent_variance,
    lucky_search,
    mean_correlation,
    min_backtest_years,
    min_backtest_years_bound,
    shared,
    weighted_variance,
)
from engine.inference.sharpe import probabilistic_sharpe
from engine.measures.moments import (
    deviation,
    excess_kurtosis_population,
    mean,
    skew_population,
    varies,
)
from feeds.arrays import Float

__all__ = [
    "Deflated",
    "deflate",
    "deflated_sharpe",
    "effective_trials",
    "expected_best",
    "expected_maximum",
    "independent_trials",
    "lucky_search",
    "mean_correlation",
    "min_backtest_years",
    "min_backtest_years_bound",
    "shape",
]

NAN = math.nan
_FEWEST_RETURNS = 3


def deflated_sharpe(
    ratio: float, count: int, skew: float, kurtosis: float, trials: float, variance: float
) -> float:
    """Probability that the true Sharpe ratio is above what the best of `trials` has by luck.

    The probabilistic Sharpe ratio (2012) against `expected_best`.

    Parameters
    ----------
    ratio : float
        Of the selected trial, per period.
    count : int
        Number of its returns; NaN below 2.
    skew, kurtosis : float
        Of its returns, divisor T; the kurtosis is not the excess.
    trials, variance : float
        As in `expected_best`.
    """
    return probabilistic_sharpe(ratio, count, skew, kurtosis, expected_best(trials, variance))


@dataclass(frozen=True)
class Deflated:
    """A Sharpe ratio after the search that found it, with everything it rests on.

    Attributes
    ----------
    probability : float
        The deflated Sharpe ratio, in [0, 1]; NaN where undefined, and `reason` says why.
    alone : float
        The probabilistic Sharpe ratio against 0: as if nothing else had been tried.
    luck : float
        Share of such searches without any skill whose best looks at least this good.
    ratio : float
        Per period.
    count : int
        Returns.
    skew, kurtosis : float
        Divisor T, not the excess.
    trials : int
        How many were made, this one among them.
    correlation : float
        Mean correlation of their returns; 0 where unknown.
    effective : float
        Independent trials they count for.
    variance : float
        Of the trials' Sharpe ratios per period, as found, see `weighted_variance`; NaN for one.
    spread : float
        The variance brought to independent trials, the one that deflates.
    expected_best : float
        Sharpe ratio per period of the best of a search without skill.
    min_years_at_1 : float
        Years below which such a search is expected to show an annual Sharpe ratio above 1.
    reason : str
    """

    probability: float
    alone: float
    luck: float
    ratio: float
    count: int
    skew: float
    kurtosis: float
    trials: int
    correlation: float
    effective: float
    variance: float
    spread: float
    expected_best: float
    min_years_at_1: float
    reason: str = ""

    def as_json(self) -> dict[str, float | int | str | None]:
        """The values by name, None in place of NaN."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def deflate(
    returns: Float,
    ratios: Float,
    correlation: float = 0.0,
    *,
    trials: int | None = None,
    lengths: Float | None = None,
) -> Deflated:
    """Deflate the Sharpe ratio of `returns` by the trials made to find it.

    Parameters
    ----------
    returns : float64 (T,)
        Of the selected trial, per period, over the risk-free rate or over a benchmark; finite.
    ratios : float64 (M,)
        Sharpe ratios per period of all trials, on the same kind of returns and the same clock, the
        selected one among them. NaN, an undefined ratio, counts as a trial and spreads nothing.
    correlation : float
        Mean correlation of the trials' returns, see `mean_correlation`; 0 where it is unknown, and
        for a negative one.
    trials : int, optional
        How many were made where that is more than there are ratios of.
    lengths : float64 (M,), optional
        Of the trials' records, by which the ratios are weighed; equal if left out.

    Raises
    ------
    ValueError
        For fewer trials than one, a return that is not finite, an infinite ratio, or a
        correlation that is none.
    """
    made = max(len(ratios), trials or 0)
    if made < 1 or not np.all(np.isfinite(returns)):
        raise ValueError("deflating needs the selected trial itself, and every return finite")
    if np.any(np.isinf(ratios)):
        raise ValueError("the ratio of a trial is infinite; NaN stands for one that is undefined")
    count, correlation = len(returns), shared(correlation)
    ratio, skew, kurtosis = shape(returns)
    variance = weighted_variance(ratios, lengths)
    effective = independent_trials(made, correlation)
    spread = independent_variance(variance, correlation, count)
    return Deflated(
        probability=deflated_sharpe(ratio, count, skew, kurtosis, effective, spread),
        alone=probabilistic_sharpe(ratio, count, skew, kurtosis),
        luck=lucky_search(ratio, count, effective),
        ratio=ratio,
        count=count,
        skew=skew,
        kurtosis=kurtosis,
        trials=made,
        correlation=correlation,
        effective=effective,
        variance=variance,
        spread=spread,
        expected_best=expected_best(effective, spread),
        min_years_at_1=min_backtest_years(effective),
        reason=_why_undefined(ratio, count),
    )


def shape(returns: Float) -> tuple[float, float, float]:
    """Sharpe ratio per period (ddof 1), skew and kurtosis (divisor T, 3 for a normal) of returns.

    NaN each where the returns do not vary, or there are fewer than 3.
    """
    if len(returns) < _FEWEST_RETURNS or not varies(returns):
        return NAN, NAN, NAN
    ratio = mean(returns) / deviation(returns)
    return ratio, skew_population(returns), excess_kurtosis_population(returns) + 3.0


def _why_undefined(ratio: float, count: int) -> str:
    if not math.isnan(ratio):
        return ""
    if count < _FEWEST_RETURNS:
        return f"{count} returns, fewer than {_FEWEST_RETURNS}"
    return "the returns do not vary"
