"""Whether two Sharpe ratios differ, for returns that have fat tails, memory and each other's luck.

The two series must lie on the same bars: pairs, not samples. The difference of the ratios is a
function of four means (r1, r2, r1^2, r2^2), so its error comes from their joint long-run variance,
by a kernel (HAC) or by blocks of a bootstrap. The bootstrap is the one to believe; the kernel is
too ready to reject in small samples. The test of Jobson and Korkie is not offered: it holds for
independent normal returns only.

Andrews' bandwidth weighs the memory of returns against that of their squares, and the weights
depend on the unit. Returns come as fractions and are measured in percent, as the authors' are;
in fractions the squares, and so the clusters of volatility, would weigh nothing.

References
----------
Ledoit and Wolf, Robust performance hypothesis testing with the Sharpe ratio, Journal of Empirical
Finance 15 (2008); Andrews (1991) for the bandwidth, Andrews and Monahan (1992) for prewhitening.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.measures.moments import deviation, mean, varies
from engine.measures.normal import normal_cdf
from feeds.arrays import Float, Int

NAN = math.nan
RESAMPLES = 4_999
_FEWEST_RETURNS = 10
_MOMENTS = 4
_LARGEST_ROOT = 0.97
_PERCENT = 100.0
_CHUNK = 2**17
"""Drawn blocks held at a time."""


@dataclass(frozen=True)
class SharpeDifference:
    """The difference of two Sharpe ratios per period, and how sure it is.

    Attributes
    ----------
    difference : float
        First minus second; NaN where undefined, and `reason` says why.
    first, second : float
        The ratios, ddof 1.
    error : float
        Standard error of the difference, by the kernel.
    p_value : float
        Two-sided, of no difference.
    method : str
        `hac`, `hac_prewhitened` or `bootstrap`, which alone depends on the three fields after it.
    count : int
        Pairs of returns.
    block, resamples, seed : int or None
    reason : str
    """

    difference: float
    first: float
    second: float
    error: float
    p_value: float
    method: Literal["hac", "hac_prewhitened", "bootstrap"]
    count: int
    block: int | None = None
    resamples: int | None = None
    seed: int | None = None
    reason: str = ""


def sharpe_difference(
    first: Float, second: Float, *, prewhitened: bool = False
) -> SharpeDifference:
    """Compare two Sharpe ratios by a kernel estimate of the error, p from the normal.

    Parzen's kernel with Andrews' automatic bandwidth and the factor T / (T - 4).

    Parameters
    ----------
    first, second : float64 (T,)
        Returns on the same bars, as fractions, over the risk-free rate; finite.
    prewhitened : bool
        Whether a vector autoregression of order 1 is taken out before, with its singular values
        held below 0.97.

    Raises
    ------
    ValueError
        For series of different length, or a return that is not finite.
    """
    method: Literal["hac", "hac_prewhitened"] = "hac_prewhitened" if prewhitened else "hac"
    ratios, error, reason = _measured(first, second, prewhitened)
    gap = ratios[0] - ratios[1]
    p_value = 2.0 * normal_cdf(-abs(gap) / error) if error > 0.0 else NAN
    return SharpeDifference(gap, *ratios, error, p_value, method, len(first), reason=reason)


def bootstrap_difference(
    first: Float, second: Float, *, block: int, seed: int, resamples: int = RESAMPLES
) -> SharpeDifference:
    """Compare two Sharpe ratios by the studentised circular block bootstrap.

    The observed difference over its prewhitened kernel error is held against the differences of
    resampled pairs from the observed one, each over the error that its own blocks give:
    p = (1 + #{d* >= d}) / (1 + B).

    Parameters
    ----------
    first, second : float64 (T,)
        As in `sharpe_difference`.
    block : int
        Bars in a block, from 1 to T / 2.
    seed : int
    resamples : int
        B, at least 1.

    Raises
    ------
    ValueError
        As in `sharpe_difference`, and for a block or a number of resamples out of range.
    """
    if resamples < 1:
        raise ValueError(f"{resamples} resamples; at least one is needed")
    if not 1 <= block <= max(len(first) // 2, 1):
        raise ValueError(f"a block of {block} does not fit twice into {len(first)} returns")
    ratios, error, reason = _measured(first, second, prewhitened=True)
    gap = ratios[0] - ratios[1]
    p_value = NAN
    if error > 0.0:
        drawn = _studentised(first, second, gap, block, resamples, seed)
        # A resample without variance counts against the difference.
        beaten = int(np.count_nonzero(~(drawn < abs(gap) / error)))
        p_value = (1 + beaten) / (1 + resamples)
    return SharpeDifference(
        gap, *ratios, error, p_value, "bootstrap", len(first), block, resamples, seed, reason
    )


def hac_error(returns: Float) -> float:
    """Standard error of one Sharpe ratio per period by the same kernel; NaN where undefined."""
    if _why_undefined(returns, returns):
        return NAN
    percent = returns * _PERCENT
    slopes = np.array(_gradient_of(percent))
    return _error(_deviations(percent[:, np.newaxis]), slopes, prewhitened=False)


def _measured(
    first: Float, second: Float, prewhitened: bool
) -> tuple[tuple[float, float], float, str]:
    if first.shape != second.shape or not np.all(np.isfinite(first) & np.isfinite(second)):
        raise ValueError("both series must be of one length, and every return finite")
    if reason := _why_undefined(first, second):
        return (NAN, NAN), NAN, reason
    ratios = _ratio(first), _ratio(second)
    pairs = np.column_stack((first, second)) * _PERCENT
    slopes, against = _gradient_of(pairs[:, 0]), _gradient_of(pairs[:, 1])
    gradient = np.array([slopes[0], -against[0], slopes[1], -against[1]])
    error = _error(_deviations(pairs), gradient, prewhitened)
    if not error > 1e-9:
        return ratios, NAN, "the two ratios move as one: their difference has no error"
    return ratios, error, ""


def _why_undefined(first: Float, second: Float) -> str:
    if len(first) < _FEWEST_RETURNS:
        return f"{len(first)} returns, fewer than {_FEWEST_RETURNS}"
    for name, series in (("first", first), ("second", second)):
        if not varies(series):
            return f"the {name} returns do not vary"
    return ""


def _ratio(returns: Float) -> float:
    return mean(returns) / deviation(returns)


def _gradient_of(returns: Float) -> tuple[float, float]:
    """Slopes of m / sqrt(g - m^2) in the mean m and the mean square g."""
    centre, square = mean(returns), mean(returns**2)
    scale = (square - centre**2) ** 1.5
    return square / scale, -0.5 * centre / scale


def _deviations(returns: Float) -> Float:
    """Returns, then their squares, less their means."""
    both = np.hstack((returns, returns**2))
    return both - np.mean(both, axis=0)


def _error(deviations: Float, slopes: Float, prewhitened: bool) -> float:
    """Square root of slopes' Psi slopes / T, Psi being the long-run variance."""
    rows = len(deviations)
    if prewhitened:
        memory = _var1(deviations)
        deviations = deviations[1:] - deviations[:-1] @ memory.T
        # Recolouring Psi by (1 - A)^-1 is recolouring the slopes by its transpose.
        inverse = np.linalg.inv(np.eye(len(slopes)) - memory)
        slopes = slopes @ inverse
    variance = float(slopes @ _long_run_variance(deviations) @ slopes)
    return math.sqrt(variance / rows) if variance > 0.0 else NAN


def _var1(deviations: Float) -> Float:
    """Least-squares coefficients of a vector autoregression, kept away from a unit root."""
    found = np.linalg.lstsq(deviations[:-1], deviations[1:], rcond=None)[0].T
    left, sizes, right = np.linalg.svd(found)
    return (left * np.minimum(sizes, _LARGEST_ROOT)) @ right


def _long_run_variance(deviations: Float) -> Float:
    rows = len(deviations)
    width = _bandwidth(deviations)
    total = _lagged(deviations, 0)
    for lag in range(1, min(math.ceil(width), rows)):
        found = _lagged(deviations, lag)
        total = total + _parzen(lag / width) * (found + found.T)
    return total * (rows / (rows - _MOMENTS))


def _lagged(deviations: Float, lag: int) -> Float:
    """Autocovariances at a lag, divisor T."""
    later, earlier = deviations[lag:], deviations[: len(deviations) - lag]
    return np.sum(later[:, :, np.newaxis] * earlier[:, np.newaxis, :], axis=0) / len(deviations)


def _parzen(share: float) -> float:
    if share <= 0.5:
        return 1.0 - 6.0 * share**2 + 6.0 * share**3
    return 2.0 * (1.0 - share) ** 3 if share <= 1.0 else 0.0


def _bandwidth(deviations: Float) -> float:
    """Andrews' bandwidth for Parzen's kernel, 2.6614 (alpha T)^(1/5), from an AR(1) a column."""
    earlier, later = deviations[:-1], deviations[1:]
    earlier, later = earlier - np.mean(earlier, axis=0), later - np.mean(later, axis=0)
    square = np.sum(earlier**2, axis=0)
    rho = np.sum(earlier * later, axis=0) / np.where(square > 0.0, square, 1.0)
    rho = np.clip(rho, -_LARGEST_ROOT, _LARGEST_ROOT)
    fourth = np.mean((later - rho * earlier) ** 2, axis=0) ** 2
    whole = float(np.sum(fourth / (1.0 - rho) ** 4))
    alpha = float(np.sum(4.0 * rho**2 * fourth / (1.0 - rho) ** 8)) / whole if whole > 0.0 else 0.0
    return 2.6614 * (alpha * len(deviations)) ** 0.2


def _studentised(
    first: Float, second: Float, gap: float, block: int, resamples: int, seed: int
) -> Float:
    """Size of each resampled difference from the observed one, over its own error."""
    rows = len(first)
    moments = np.column_stack((first, second, first**2, second**2))
    full, tail = rows // block, rows % block
    by_start = _sums_from(moments, block)
    by_tail = _sums_from(moments, tail)
    random = np.random.default_rng(seed)
    found = np.empty(resamples)
    step = max(1, _CHUNK // (full + 1))
    for begin in range(0, resamples, step):
        many = min(step, resamples - begin)
        starts = random.integers(0, rows, size=(many, full + 1))
        blocks = by_start[starts[:, :full]]
        means = (np.sum(blocks, axis=1) + by_tail[starts[:, full]]) / rows
        found[begin : begin + many] = _sizes(blocks, means, gap, rows, block)
    return found


def _sums_from(moments: Float, length: int) -> Float:
    """Sum of `length` rows from each row on, round the end; float64 (T, 4)."""
    rows = len(moments)
    ends: Int = np.arange(rows) + length
    running = np.zeros((rows + length + 1, moments.shape[1]))
    np.cumsum(np.concatenate((moments, moments[:length])), axis=0, out=running[1:])
    return running[ends] - running[:rows]


def _sizes(blocks: Float, means: Float, gap: float, rows: int, block: int) -> Float:
    """Sizes for resamples whose blocks have these sums (B, L, 4) and whose means are (B, 4)."""
    average, square = means[:, :2], means[:, 2:]
    variance = square - average**2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = average / np.sqrt(variance * (rows / (rows - 1.0)))
        sign = np.array([1.0, -1.0])
        slopes = (
            sign
            * np.hstack((square, -0.5 * average)).reshape(-1, 2, 2)
            / (variance[:, np.newaxis, :] ** 1.5)
        )
        away = (blocks - block * means[:, np.newaxis, :]) / math.sqrt(block)
        pulls = np.sum(away * slopes.reshape(-1, 1, 4), axis=2)
        error = np.sqrt(np.mean(pulls**2, axis=1) / rows)
        return np.abs(ratio[:, 0] - ratio[:, 1] - gap) / error
