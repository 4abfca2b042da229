"""What a search among trials without skill finds: its best ratio, and how many trials count.

Ratios are per period. The best of N trials without skill is expected at sqrt(V) E[max_N], V being
the variance of the Sharpe ratios of independent trials. Trials are seldom independent, so N and V
are both brought to that case, from the mean correlation rho of the trials' returns:

* N = rho + (1 - rho) M of M trials. Of searches without skill whose trials all correlate alike, 2
  to 7 in 100 have a `lucky_search` below 0.05, for 2 to 200 trials and any rho
  (tests/engine/inference/test_searches.py). M copies count as one trial, and copies added to K
  different trials take N to 2 K at the most.
* V = (variance over the trials) / (1 - rho), because what trials have in common does not spread
  them; at least 1 / (n - 1), which noise alone gives to n returns. With the variance as it is,
  correlation would be discounted twice, and copies of one trial would lower the bar for all.

References
----------
Bailey, Borwein, Lopez de Prado and Zhu, Pseudo-Mathematics and Financial Charlatanism, Notices of
the AMS 61(5) 2014; Lopez de Prado, Advances in Financial Machine Learning (2018), for N.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from engine.measures.moments import ZERO
from engine.measures.normal import normal_cdf
from feeds.arrays import Float

NAN = math.nan
EULER_GAMMA = 0.5772156649015329
_NORMAL = NormalDist()
_ROUNDING = 1e-12


def expected_maximum(trials: float) -> float:
    """Expected largest of `trials` independent standard normals, 0 for a single one.

    (1 - gamma) ppf(1 - 1/N) + gamma ppf(1 - 1/(N e)) with Euler's gamma: an asymptotic formula,
    8 % low at N = 2 and negative just above 1, so that a straight line from 0 at N = 1 stands for
    it up to there. NaN below 1, and for a search without an end.
    """
    if not 1.0 <= trials < math.inf:
        return NAN
    if trials < 2.0:
        return (trials - 1.0) * expected_maximum(2.0)
    # From the lower tail: 1 - 1/N is 1 for large N.
    usual, late = (-_NORMAL.inv_cdf(1.0 / trials / base) for base in (1.0, math.e))
    return (1.0 - EULER_GAMMA) * usual + EULER_GAMMA * late


def min_backtest_years(trials: float, target: float = 1.0) -> float:
    """Years below which the best of `trials` without skill is expected above `target` a year.

    (E[max_N] / target)^2; 45 trials need 5 years. NaN for a target that is not above 0.
    """
    return (expected_maximum(trials) / target) ** 2 if target > 0.0 else NAN


def min_backtest_years_bound(trials: float, target: float = 1.0) -> float:
    """The upper bound 2 ln N / target^2 on `min_backtest_years`, NaN where that is."""
    defined = 1.0 <= trials < math.inf and target > 0.0
    return 2.0 * math.log(trials) / target**2 if defined else NAN


def expected_best(trials: float, variance: float) -> float:
    """Sharpe ratio per period expected of the best of `trials` without skill: sqrt(V) E[max_N].

    Parameters
    ----------
    trials : float
        Independent ones, at least 1; 1 gives 0 whatever the variance.
    variance : float
        Of the trials' Sharpe ratios per period (an annual one divided by the periods a year).
    """
    luck = expected_maximum(trials)
    if luck == 0.0:
        return 0.0
    return math.sqrt(variance) * luck if variance >= 0.0 else NAN


def lucky_search(ratio: float, count: int, trials: float) -> float:
    """Share of searches of `trials` trials without skill whose best is as good as `ratio`.

    1 - Phi(SR sqrt(n - 1))^N for independent ones: without skill a ratio has the error
    1 / sqrt(n - 1), whatever the skew and kurtosis. NaN for an undefined ratio or fewer than 2
    returns.
    """
    if math.isnan(ratio) or count < 2 or not trials >= 1.0:
        return NAN
    # The tail is small where it matters: a power of 1 - tail would lose its digits.
    tail = normal_cdf(-ratio * math.sqrt(count - 1))
    return -math.expm1(trials * math.log1p(-tail)) if tail < 1.0 else 1.0


def mean_correlation(returns: Float) -> float:
    """Mean correlation between different columns, in O(T M), clipped to [0, 1].

    Parameters
    ----------
    returns : float64 (T, M)
        One column a trial, on common dates, finite. Columns that do not vary are left out.

    Returns
    -------
    float
        0 for fewer than two columns that vary: the cautious answer.

    Raises
    ------
    ValueError
        For a return that is not finite: left in, it would make many trials count for one.
    """
    if not np.all(np.isfinite(returns)):
        trial = int(np.argmin(np.all(np.isfinite(returns), axis=0)))
        raise ValueError(f"trial {trial} has a return that is not finite")
    rows = len(returns)
    if rows < 2:
        return 0.0
    centre = np.add.reduce(returns, axis=0) / rows
    away = returns - centre
    size = np.sqrt(np.einsum("ij,ij->j", away, away))
    varying = size >= ZERO * np.maximum(1.0, np.abs(centre)) * math.sqrt(rows - 1)
    many = int(np.count_nonzero(varying))
    if many < 2:
        return 0.0
    # The squared length of the sum of unit vectors is the sum of all their correlations: one pass,
    # where a table of correlations takes M of them.
    weight = np.zeros(len(size))
    np.divide(1.0, size, out=weight, where=varying)
    together = np.einsum("ij,j->i", away, weight)
    mean = (float(np.sum(together * together)) - many) / (many * (many - 1))
    return min(max(mean, 0.0), 1.0)


def effective_trials(returns: Float) -> float:
    """Number of independent trials that search as widely as the columns of `returns`, at least 1.

    rho + (1 - rho) M with the mean correlation rho; see the module for why.

    Parameters
    ----------
    returns : float64 (T, M)
        As in `mean_correlation`.
    """
    return independent_trials(returns.shape[1], mean_correlation(returns))


def independent_trials(trials: int, correlation: float) -> float:
    """What M trials count for whose returns correlate by rho on average: rho + (1 - rho) M.

    `shared` says which correlations there are.
    """
    correlation = shared(correlation)
    return max(1.0, correlation + (1.0 - correlation) * trials)


def shared(correlation: float) -> float:
    """What trials have in common: their mean correlation, 0 for a negative one.

    Raises
    ------
    ValueError
        For a correlation that is not a number, or outside [-1, 1].
    """
    if not abs(correlation) <= 1.0 + _ROUNDING:
        raise ValueError(f"a mean correlation is a number from -1 to 1, not {correlation}")
    return min(max(correlation, 0.0), 1.0)


def weighted_variance(ratios: Float, lengths: Float | None = None) -> float:
    """Variance of the Sharpe ratios that are defined, a trial weighing as its record is long.

    sum w (x - m)^2 / (sum w - sum w^2 / sum w), m the weighted mean: with equal lengths that of
    ddof 1. A short record has a ratio of mostly noise, and must not spread the long ones. NaN for
    fewer than two.

    Parameters
    ----------
    ratios : float64 (M,)
        Per period; NaN is undefined.
    lengths : float64 (M,), optional
        Of the records, in any unit, above 0; equal if left out.
    """
    known = ~np.isnan(ratios)
    if np.count_nonzero(known) < 2:
        return NAN
    found = ratios[known]
    if lengths is None:
        return float(np.var(found, ddof=1))
    weight = lengths[known] / np.max(lengths[known])
    total = float(np.sum(weight))
    away = found - float(np.sum(weight * found)) / total
    return float(np.sum(weight * away**2)) / (total - float(np.sum(weight**2)) / total)


def independent_variance(variance: float, correlation: float, count: int) -> float:
    """Variance of Sharpe ratios brought to independent trials: V / (1 - rho), at least 1 / (n - 1).

    Parameters
    ----------
    variance : float
        Of the trials' Sharpe ratios, NaN where unknown: then noise alone is what is left.
    correlation : float
        Mean correlation of the trials' returns, as in `shared`.
    count : int
        Returns that the ratio rests on; NaN below 2.
    """
    if count < 2:
        return NAN
    noise, apart = 1.0 / (count - 1), 1.0 - shared(correlation)
    if apart < _ROUNDING or math.isnan(variance):
        return noise
    return max(variance / apart, noise)
