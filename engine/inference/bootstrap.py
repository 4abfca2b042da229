"""The stationary bootstrap: statistics of returns that are drawn again in blocks.

Returns depend on those before them, so single bars must not be drawn as if they did not. Blocks
begin anywhere, last a geometric number of bars with a given mean, and go on round the end (Politis
and Romano 1994): the resampled series is stationary, as the bootstrap of blocks of one length is
not. The mean length is that of Politis and White (2004), corrected by Patton, Politis and White
(2009), from `arch`, which is imported only where the length is not given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.drawdowns import drawdown
from engine.inference.resampled import TINY, StatisticOfRows
from feeds.arrays import Float

Rows = NDArray[np.int32]

FEWEST = 10
"""Returns from which on an interval is given."""
_NOTHING = 1e-18
_CELLS = 2**18
"""Cells drawn at a time: small enough for the cache of a processor, whatever the sample."""


@dataclass(frozen=True)
class Interval:
    """A percentile interval of a statistic.

    Attributes
    ----------
    estimate : float
        Of the returns as they are.
    low, high : float
        NaN where undefined; `reason` says why.
    level : float
        Share of resamples between them.
    n : int
        Returns.
    block_length : float
        Mean length of a block, in bars.
    resamples : int
        How many were drawn; those on which the statistic is undefined are left out.
    undefined : int
        How many of them that were.
    seed : int
    reason : str
    """

    estimate: float
    low: float
    high: float
    level: float
    n: int
    block_length: float
    resamples: int
    undefined: int
    seed: int
    reason: str = ""


@dataclass(frozen=True)
class Paired:
    """A statistic of one series less that of another on the same bars, resampled together.

    Attributes
    ----------
    interval : Interval
        Of the difference.
    p_value : float
        Two-sided: how often a resampled difference is as far from the observed one as that is from
        0, the observed one counted among them; NaN where undefined.
    """

    interval: Interval
    p_value: float


def block_length(values: Float) -> tuple[float, float]:
    """Mean block lengths for the stationary and the circular bootstrap of a mean, in bars.

    Politis and White (2004) with the correction of 2009, by `arch`; at least 1. A series that does
    not vary has blocks of 1, and so has one of fewer than 12: its lags would run out.
    """
    if len(values) < 12 or float(np.std(values)) < TINY:
        return 1.0, 1.0
    from arch.bootstrap import optimal_block_length

    # A stretch without any variance at an end divides by 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        stationary, circular = optimal_block_length(np.asarray(values)).to_numpy()[0].tolist()
    # NaN, of a series with hardly any variance, compares false.
    return stationary if stationary > 1.0 else 1.0, circular if circular > 1.0 else 1.0


def drawdown_block_length(returns: Float) -> float:
    """Mean block length with which the deepest drawdown may be resampled, in bars.

    Blocks that are short against drawdowns break them up, and the resampled ones are too shallow: a
    fifth of the length of the drawdown that a bar under water is in, on average.
    """
    _check(returns)
    under = drawdown(np.concatenate(([1.0], np.cumprod(1.0 + returns))))[1:] < 0.0
    edges = np.flatnonzero(np.diff(np.concatenate(([False], under, [False]))))
    lengths = (edges[1::2] - edges[::2]).astype(np.float64)
    if not len(lengths):
        return 1.0
    return max(1.0, float(np.sum(lengths**2) / np.sum(lengths)) / 5.0)


def stationary_rows(count: int, length: float, resamples: int, seed: int) -> Rows:
    """Rows drawn by the stationary bootstrap, int32 (B, T).

    Parameters
    ----------
    count : int
        Rows there are, T.
    length : float
        Mean length of a block, at least 1: a block ends after each row with probability 1 / length.
    resamples : int
    seed : int
    """
    parts = list(row_chunks(count, length, resamples, seed))
    return np.concatenate(parts) if parts else np.empty((0, count), dtype=np.int32)


def row_chunks(count: int, length: float, resamples: int, seed: int) -> Iterator[Rows]:
    """The rows of `stationary_rows` a few resamples at a time, in bounded memory."""
    if count < 1 or not length >= 1.0:
        raise ValueError(f"blocks of {length} in {count} rows; both are at least 1")
    # Two streams, so that the size of the chunks changes nothing about what is drawn.
    ends, starts = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(2))
    chunk = max(1, _CELLS // count)
    place = np.arange(count, dtype=np.int32)
    for done in range(0, resamples, chunk):
        shape = min(chunk, resamples - done), count
        begins = ends.random(shape) < 1.0 / length
        begins[:, 0] = True
        first = starts.integers(0, count, shape, dtype=np.int32)
        since = np.maximum.accumulate(np.where(begins, place, np.int32(0)), axis=1)
        rows = np.take_along_axis(first, since, axis=1)
        rows += place
        rows -= since
        # Cheaper than a division: no block is longer than the sample.
        rows[rows >= count] -= np.int32(count)
        yield rows


def interval(
    statistic: StatisticOfRows,
    returns: Float,
    *,
    seed: int,
    resamples: int = 1000,
    length: float | None = None,
    level: float = 0.95,
) -> Interval:
    """A percentile interval of a statistic by the stationary bootstrap.

    Parameters
    ----------
    statistic : callable
        From returns (B, T) to a value for each row (B,), NaN where undefined; see
        `engine.inference.resampled`.
    returns : float64 (T,)
        Finite, none below -1.
    seed, resamples : int
        At least one resample.
    length : float or None
        Mean length of a block; that of `block_length` if left out.
    level : float
        Between 0 and 1.

    Raises
    ------
    ValueError
        For what is outside these bounds, a return with its row.
    """
    _check(returns)
    _check_draws(resamples, level)
    length = block_length(returns)[0] if length is None else length
    return _interval(
        lambda rows: statistic(returns[rows]),
        float(statistic(returns[None, :])[0]),
        (len(returns), length, resamples, seed),
        level,
    )[0]


def paired(
    statistic: StatisticOfRows,
    first: Float,
    second: Float,
    *,
    seed: int,
    resamples: int = 1000,
    length: float | None = None,
    level: float = 0.95,
) -> Paired:
    """The difference of a statistic between two series, their bars drawn together.

    Parameters
    ----------
    statistic : callable
    first, second : float64 (T,)
        Returns on the same bars; finite, none below -1.
    seed, resamples, length, level
        As in `interval`; the longer of both series' own lengths if left out.

    Raises
    ------
    ValueError
        As `interval`, and for series of different length.
    """
    if first.shape != second.shape:
        raise ValueError(f"{first.shape} and {second.shape} returns cannot be paired")
    _check(first)
    _check(second)
    _check_draws(resamples, level)
    if length is None:
        length = max(block_length(first)[0], block_length(second)[0])
    observed = float(statistic(first[None, :])[0] - statistic(second[None, :])[0])
    found, drawn = _interval(
        lambda rows: statistic(first[rows]) - statistic(second[rows]),
        observed,
        (len(first), length, resamples, seed),
        level,
    )
    if found.reason:
        return Paired(found, math.nan)
    away = np.abs(drawn - observed)
    far = np.count_nonzero(away >= abs(observed) - TINY * max(1.0, abs(observed)))
    return Paired(found, (1 + int(far)) / (1 + len(drawn)))


def stationary_variance(values: Float, length: float) -> float:
    """Variance of sqrt(n) times the mean of a resample, exactly, given the data.

    R0 + 2 sum_{i<n} ((1 - i/n) (1 - p)^i + (i/n) (1 - p)^(n-i)) R_i with p = 1 / length and
    R_i = sum_t (x_t - m) (x_(t+i) - m) / n: Politis and Romano (1994), lemma 1. What drawn
    resamples must come near to. NaN for no values; a length below 1 is refused.
    """
    if not length >= 1.0:
        raise ValueError(f"blocks of {length}; a length is at least 1")
    if not len(values):
        return math.nan
    count, stay = len(values), 1.0 - 1.0 / length
    away = values - np.mean(values)
    total = float(np.sum(away * away)) / count
    lag = np.arange(1, count)
    weights = (1.0 - lag / count) * stay**lag + lag / count * stay ** (count - lag)
    # No lag is worth more than lag 0: what weighs less than a rounding is not summed.
    for i in (np.flatnonzero(weights > _NOTHING) + 1).tolist():
        total += 2.0 * float(weights[i - 1]) * float(np.sum(away[i:] * away[:-i])) / count
    return total


def _check(returns: Float) -> None:
    # NaN and infinity are not between -1 and what is finite.
    possible = (returns >= -1.0) & (returns < math.inf)
    if not np.all(possible):
        row = int(np.argmin(possible))
        raise ValueError(
            f"the return at row {row} is {returns[row]}: every return must be finite, and none "
            "below -1, which is a loss of everything"
        )


def _check_draws(resamples: int, level: float) -> None:
    if resamples < 1 or not 0.0 < level < 1.0:
        raise ValueError(
            f"{resamples} resamples at a level of {level}: at least one, and between 0 and 1"
        )


def _interval(
    of_rows: Callable[[Rows], Float],
    estimate: float,
    drawing: tuple[int, float, int, int],
    level: float,
) -> tuple[Interval, Float]:
    """The interval, and the defined values it was found from."""
    count, length, resamples, seed = drawing
    drawn = np.concatenate([np.empty(0), *map(of_rows, row_chunks(*drawing))])
    known = drawn[np.isfinite(drawn)]
    reason = ""
    if not math.isfinite(estimate):
        reason = "the statistic is undefined on these returns"
    elif count < FEWEST:
        reason = f"{count} returns are fewer than {FEWEST}: their blocks are no sample"
    elif len(known) < max(2, resamples // 2):
        reason = f"the statistic is undefined on {len(drawn) - len(known)} of {resamples} resamples"
    low = high = math.nan
    if not reason:
        low, high = np.quantile(known, [(1.0 - level) / 2.0, (1.0 + level) / 2.0]).tolist()
    missing = len(drawn) - len(known)
    found = Interval(estimate, low, high, level, count, length, resamples, missing, seed, reason)
    return found, known
