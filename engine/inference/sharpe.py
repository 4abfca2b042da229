"""How sure an observed Sharpe ratio is: its standard error, its probability, the record it needs.

Ratios are per period and never annual. `kurtosis` is the fourth standardised moment, 3 for a
normal, and moments have divisor T. The functions of 2012 take the standard error at the observed
ratio with divisor n - 1; those of 2025 take it at the ratio of the hypothesis with divisor n, and
can count the autocorrelation of the returns. A function is NaN where its input is or where its
denominator is not above 0; a probability outside its range is a ValueError. No scipy, so that every
run can afford them.

References
----------
Mertens (2002); Bailey and Lopez de Prado, The Sharpe Ratio Efficient Frontier, Journal of Risk
15(2) 2012; Lopez de Prado, Lipton and Zoonek, Sharpe Ratio Inference, SSRN 5520741 (2025).
"""

from __future__ import annotations

import math
from statistics import NormalDist

from engine.measures.moments import mertens
from engine.measures.normal import normal_cdf

NAN = math.nan
_NORMAL = NormalDist()
_LARGEST = 700.0
"""An exponent near the largest whose exponential a float holds."""
_FAR = -35.0
"""A normal value below which the probability is near the smallest that a float holds."""


def sharpe_error(ratio: float, count: int, skew: float = 0.0, kurtosis: float = 3.0) -> float:
    """Standard error of a Sharpe ratio per period: sqrt((1 - g3 SR + (g4-1)/4 SR^2) / (n - 1))."""
    return _root(mertens(ratio, skew, kurtosis), count - 1)


def probabilistic_sharpe(
    ratio: float, count: int, skew: float, kurtosis: float, benchmark: float = 0.0
) -> float:
    """Probability that the true Sharpe ratio is above `benchmark`: Phi((SR - SR*) / error).

    Parameters
    ----------
    ratio, benchmark : float
        Per period.
    count : int
        Number of returns; NaN below 2.
    skew, kurtosis : float
        Of the returns, divisor T; the kurtosis is not the excess.
    """
    return _above(ratio - benchmark, sharpe_error(ratio, count, skew, kurtosis))


def min_track_record(
    ratio: float,
    skew: float,
    kurtosis: float,
    benchmark: float = 0.0,
    confidence: float = 0.95,
) -> float:
    """Returns needed until `probabilistic_sharpe` reaches `confidence`; NaN for SR <= SR*.

    NaN also for a confidence of one half or less, which any record has.

    1 + (1 - g3 SR + (g4-1)/4 SR^2) (z / (SR - SR*))^2. Divide by the periods a year for years.
    """
    return 1.0 + _record(mertens(ratio, skew, kurtosis), ratio - benchmark, confidence)


def sharpe_error_2025(
    ratio: float,
    count: int,
    skew: float = 0.0,
    kurtosis: float = 3.0,
    autocorrelation: float = 0.0,
) -> float:
    """Standard error with divisor n, at `ratio`, for returns with AR(1) coefficient rho.

    sqrt((a - b g3 SR + c (g4-1)/4 SR^2) / n), where a = (1 + rho) / (1 - rho),
    b = 1 + rho / (1 - rho) + rho^2 / (1 - rho^2) and c = 1 + 2 rho^2 / (1 - rho^2).
    """
    return _root(_scale_2025(ratio, skew, kurtosis, autocorrelation), count)


def probabilistic_sharpe_2025(
    ratio: float,
    count: int,
    skew: float,
    kurtosis: float,
    benchmark: float = 0.0,
    autocorrelation: float = 0.0,
) -> float:
    """Probability that the true Sharpe ratio is above `benchmark`, the error taken at `benchmark`.

    A test of SR = SR* has its error under that hypothesis: against 0 neither skew nor kurtosis
    matters.
    """
    error = sharpe_error_2025(benchmark, count, skew, kurtosis, autocorrelation)
    return _above(ratio - benchmark, error)


def min_track_record_2025(
    ratio: float,
    skew: float,
    kurtosis: float,
    benchmark: float = 0.0,
    confidence: float = 0.95,
    autocorrelation: float = 0.0,
) -> float:
    """Returns until `probabilistic_sharpe_2025` reaches `confidence`; NaN for SR <= SR*."""
    scale = _scale_2025(benchmark, skew, kurtosis, autocorrelation)
    return _record(scale, ratio - benchmark, confidence)


def critical_sharpe(
    count: int,
    skew: float,
    kurtosis: float,
    benchmark: float = 0.0,
    level: float = 0.05,
    autocorrelation: float = 0.0,
) -> float:
    """The ratio that an observed one must exceed to reject SR <= SR* at `level`."""
    _check_inside("level", level)
    error = sharpe_error_2025(benchmark, count, skew, kurtosis, autocorrelation)
    return benchmark + _NORMAL.inv_cdf(1.0 - level) * error


def power(
    count: int,
    skew: float,
    kurtosis: float,
    alternative: float,
    benchmark: float = 0.0,
    level: float = 0.05,
    autocorrelation: float = 0.0,
) -> float:
    """Probability that the test at `level` finds a true ratio of `alternative`: 1 - beta."""
    limit = critical_sharpe(count, skew, kurtosis, benchmark, level, autocorrelation)
    error = sharpe_error_2025(alternative, count, skew, kurtosis, autocorrelation)
    return _above(alternative - limit, error)


def planned_false_discovery(power: float, prior: float, level: float = 0.05) -> float:
    """Share of rejections that are false, before the data are seen (pFDR).

    level (1 - p) / (level (1 - p) + power p).

    Parameters
    ----------
    power : float
        Of the test, see `power`.
    prior : float
        Probability p that a strategy of this kind has skill.
    """
    _check_inside("level", level)
    _check("power", power)
    _check("prior", prior)
    one, other = level * (1.0 - prior), power * prior
    return one / (one + other) if one + other > 0.0 else NAN


def observed_false_discovery(
    ratio: float,
    count: int,
    skew: float,
    kurtosis: float,
    alternative: float,
    prior: float,
    benchmark: float = 0.0,
    autocorrelation: float = 0.0,
) -> float:
    """Probability of no skill given a ratio at least as high as the observed one (oFDR).

    As `planned_false_discovery`, with the tails beyond the observed ratio under `benchmark` and
    under `alternative` in place of level and power.
    """
    _check("prior", prior)
    shape = (skew, kurtosis)
    by_luck, by_skill = (
        _log_above(centre - ratio, sharpe_error_2025(centre, count, *shape, autocorrelation))
        for centre in (benchmark, alternative)
    )
    # By logarithms, as both tails may be smaller than any float.
    odds = by_skill - by_luck + _log(prior) - _log(1.0 - prior)
    return 1.0 / (1.0 + math.exp(odds)) if odds < _LARGEST else math.exp(-odds)


def _scale_2025(ratio: float, skew: float, kurtosis: float, rho: float) -> float:
    if not -1.0 < rho < 1.0:
        return NAN
    square = rho**2 / (1.0 - rho**2)
    first, second, third = (1.0 + rho) / (1.0 - rho), 1.0 / (1.0 - rho) + square, 1.0 + 2.0 * square
    return first - second * skew * ratio + third * (kurtosis - 1.0) / 4.0 * ratio**2


def _root(scale: float, count: int) -> float:
    # NaN compares false, so that an undefined ratio gives an undefined error.
    return math.sqrt(scale / count) if scale > 0.0 and count > 0 else NAN


def _above(distance: float, error: float) -> float:
    return normal_cdf(distance / error) if error > 0.0 else NAN


def _log_above(distance: float, error: float) -> float:
    """Logarithm of `_above`; far out from -z^2 / 2 - ln(-z sqrt(2 pi)) + ln(1 - 1/z^2 + 3/z^4)."""
    if not error > 0.0:
        return NAN
    z = distance / error
    if not z < _FAR:
        return math.log(normal_cdf(z))
    square = z * z
    series = math.log1p(-1.0 / square + 3.0 / square / square)
    return -square / 2.0 - math.log(-z * math.sqrt(2.0 * math.pi)) + series


def _log(value: float) -> float:
    return math.log(value) if value != 0.0 else -math.inf


def _record(scale: float, distance: float, confidence: float) -> float:
    _check("confidence", confidence)
    if not (distance > 0.0 and scale > 0.0 and 0.5 < confidence < 1.0):
        return NAN
    return scale * (_NORMAL.inv_cdf(confidence) / distance) ** 2


def _check(name: str, probability: float) -> None:
    if probability < 0.0 or probability > 1.0:
        raise ValueError(f"a {name} of {probability}: a probability is from 0 to 1")


def _check_inside(name: str, probability: float) -> None:
    if probability <= 0.0 or probability >= 1.0:
        raise ValueError(f"a {name} of {probability}: it is between 0 and 1")
