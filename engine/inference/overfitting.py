"""The probability of backtest overfitting: whether the best variant stays above the median.

Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu 2017): the
sample is cut into blocks, every half of the blocks picks the best variant, and the other half says
what the pick was worth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from feeds.arrays import Bool, Float, Int

FEWEST_VARIANTS = 10
"""Variants below which the rank of a pick says little."""

_CELLS = 2**19
_SAME = 1e-10
"""Ratios that are this close, of 1 or of their size, differ by rounding."""
_GOLDEN = (5.0**0.5 - 1.0) / 2.0
_LEVELS = np.linspace(0.0, 1.0, 101)[1:-1]


@dataclass(frozen=True)
class Overfitting:
    """What the pick by one half of the sample was worth in the other half.

    Attributes
    ----------
    pbo : float
        Share of splits in which the pick's rank is the median or below; NaN where undefined.
    loss : float
        Share of splits in which the pick's Sharpe ratio is below 0 in the other half.
    slope, intercept : float
        Of the pick's Sharpe ratio in the other half on the one it was picked for.
    mean_logit, median_logit : float
        Of ln(w / (1 - w)), w = rank / (N + 1) of the pick.
    first_order, second_order : float
        Share of the levels, 1 % to 99 % of what picks were worth, at which picks are worth at least
        as much as variants at random: by their distribution, and by its running sum. 1 is
        stochastic dominance.
    blocks, splits, left_out : int
        Splits that count, and those left out because the pick's ratio is undefined.
    n, variants, duplicates : int
        Rows used; different variants; those left out for being another, or a multiple of it.
    reason : str
        Why it is undefined; `caution` what else to know.
    """

    pbo: float
    loss: float
    slope: float
    intercept: float
    mean_logit: float
    median_logit: float
    first_order: float
    second_order: float
    blocks: int
    splits: int
    left_out: int
    n: int
    variants: int
    duplicates: int
    reason: str = ""

    @property
    def caution(self) -> str:
        """What a reader of the number must know; blank if there is nothing."""
        if self.reason or self.variants >= FEWEST_VARIANTS:
            return ""
        return (
            f"{self.variants} variants: with fewer than {FEWEST_VARIANTS} the rank says little; "
            "read the slope and the share of losses"
        )


def split_count(blocks: int) -> int:
    """Ways to choose half of the blocks: 70 of 8, 12,870 of 16."""
    return math.comb(blocks, blocks // 2)


def overfitting(returns: Float, blocks: int = 16) -> Overfitting:
    """The probability of overfitting of the choice among variants, by their Sharpe ratios.

    Parameters
    ----------
    returns : float64 (T, N)
        Per bar and variant, all on the same dates; finite. The first T mod `blocks` rows are left
        out; variants that are a positive multiple of another count once, as their ratios are one.
    blocks : int
        Even.

    Notes
    -----
    The ratio is mean / std (ddof 1) over the rows of a half. Ranks ascend, ties share the average,
    and what differs by rounding is a tie;
    a pick at the median or below is overfit (logit <= 0 with N + 1, as in the paper). A variant
    without variance in a half has no ratio and no rank there.
    """
    if blocks < 2 or blocks % 2:
        raise ValueError(f"{blocks} blocks; an even number of at least 2 can be halved")
    if returns.ndim != 2 or not np.all(np.isfinite(returns)):
        raise ValueError(f"returns of shape {returns.shape}: (T, N), and every one finite")
    different = _different(returns)
    rows, variants = len(returns) // blocks * blocks, different.shape[1]
    duplicates = returns.shape[1] - variants
    reason = ""
    if variants < 2:
        reason = f"{variants} different variant{'' if variants == 1 else 's'}: there is no choice"
    elif rows < 2 * blocks:
        reason = f"{len(returns)} rows are fewer than 2 in each of {blocks} blocks"
    if reason:
        return _undefined(blocks, rows, variants, duplicates, reason)
    halves = _Halves(different[len(returns) - rows :], blocks)
    inside, outside, weight = (np.concatenate(parts) for parts in zip(*_picks(halves), strict=True))
    known = np.isfinite(outside) & np.isfinite(inside) & np.isfinite(weight)
    left_out = len(known) - int(np.count_nonzero(known))
    if not known.any():
        why = "no pick has a Sharpe ratio in the other half"
        return _undefined(blocks, rows, variants, duplicates, why, left_out)
    inside, outside, weight = inside[known], outside[known], weight[known]
    logit = np.log(weight / (1.0 - weight))
    slope, intercept = _line(inside, outside)
    first, second = _dominance(halves, outside)
    return Overfitting(
        float(np.mean(weight <= 0.5)),
        float(np.mean(outside < 0.0)),
        slope,
        intercept,
        float(np.mean(logit)),
        float(np.median(logit)),
        first,
        second,
        blocks,
        len(logit),
        left_out,
        rows,
        variants,
        duplicates,
    )


def _different(returns: Float) -> Float:
    """The columns, each once, whatever it is multiplied by; in an order that is theirs alone."""
    if not returns.size:
        return returns
    columns = np.unique(returns, axis=1)
    size = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    size = np.where(size > 0.0, size, 1.0)
    # Equal columns have equal weighted sums: only those need to be laid beside each other.
    weights = np.arange(1, len(columns) + 1) * _GOLDEN % 1.0
    sums = np.einsum("i,ij->j", weights / np.linalg.norm(weights), columns) / size
    kept: list[int] = []
    near: list[int] = []
    for column in np.argsort(sums, kind="stable").tolist():
        own = columns[:, column] / size[column]
        near = [other for other in near if sums[column] - sums[other] <= _SAME]
        if all(np.linalg.norm(own - columns[:, o] / size[o]) > _SAME for o in near):
            near.append(column)
            kept.append(column)
    return columns[:, sorted(kept)]


class _Halves:
    """Sharpe ratios of all variants in halves of the blocks, from sums by block."""

    def __init__(self, returns: Float, blocks: int) -> None:
        self.blocks, self.variants = blocks, returns.shape[1]
        self.middle = np.mean(returns, axis=0)
        # About the mean, so that squares of what they have in common do not drown the rest.
        away = (returns - self.middle).reshape(blocks, -1, self.variants)
        self.rows = away.shape[1] * (blocks // 2)
        self._sums, self._squares = away.sum(axis=1), (away * away).sum(axis=1)

    def chunks(self) -> Iterator[Bool]:
        """Which blocks are chosen, bool (K, S), a few splits at a time."""
        every = combinations(range(self.blocks), self.blocks // 2)
        size = max(1, _CELLS // max(self.variants, self.blocks))
        while chosen := list(islice(every, size)):
            out = np.zeros((len(chosen), self.blocks), dtype=bool)
            np.put_along_axis(out, np.array(chosen), values=True, axis=1)
            yield out

    def ratios(self, chosen: Bool) -> Float:
        """Mean over standard deviation (ddof 1) in the chosen blocks, (K, N); NaN without one."""
        total = np.zeros((len(chosen), self.variants))
        squares = np.zeros_like(total)
        # Block by block: a matrix product adds in an order that depends on the processor.
        for block in range(self.blocks):
            here = chosen[:, block]
            total[here] += self._sums[block]
            squares[here] += self._squares[block]
        away = total / self.rows
        variance = np.maximum(squares - total * away, 0.0) / (self.rows - 1)
        mean, spread = self.middle + away, np.sqrt(variance)
        steady = spread < 1e-12 * np.maximum(1.0, np.abs(mean))
        return np.where(steady, math.nan, mean / np.where(steady, 1.0, spread))


def _picks(halves: _Halves) -> Iterator[tuple[Float, Float, Float]]:
    """By split, the pick's ratio where it was picked and in the other half, and its place there."""
    for chosen in halves.chunks():
        inside, outside = halves.ratios(chosen), halves.ratios(~chosen)
        known = np.isfinite(inside)
        held = np.where(known, inside, -math.inf)
        best = np.max(held, axis=1)[:, None]
        # The first of those that are the best but for rounding.
        pick = np.argmax(held >= best - _rounding(best), axis=1)[:, None]
        here = np.take_along_axis(inside, pick, axis=1)
        there = np.take_along_axis(outside, pick, axis=1)
        rounding = _rounding(there)
        below = np.count_nonzero(outside < there - rounding, axis=1)
        equal = np.count_nonzero(np.abs(outside - there) <= rounding, axis=1)
        ranked = np.count_nonzero(np.isfinite(outside), axis=1)
        weight = (below + (equal + 1) / 2.0) / (ranked + 1.0)
        # A pick that nobody can be compared with tells nothing.
        weight = np.where(np.isfinite(there[:, 0]) & (ranked > 1), weight, math.nan)
        yield here[:, 0], there[:, 0], weight


def _rounding(ratios: Float) -> Float:
    """How far apart equal ratios may be."""
    return _SAME * np.maximum(1.0, np.abs(ratios))


def _line(x: Float, y: Float) -> tuple[float, float]:
    """Slope and intercept by least squares; NaN where x does not vary."""
    away = x - np.mean(x)
    size = float(np.sum(away * away))
    if size <= 1e-24 * len(x):
        return math.nan, math.nan
    slope = float(np.sum(away * (y - np.mean(y)))) / size
    return slope, float(np.mean(y)) - slope * float(np.mean(x))


def _dominance(halves: _Halves, picked: Float) -> tuple[float, float]:
    """Shares of levels at which picks are worth no less than variants at random."""
    levels = np.quantile(picked, _LEVELS)
    levels += _rounding(levels)
    below: Int = np.zeros(len(levels), dtype=np.int64)
    every = 0
    for chosen in halves.chunks():
        outside = np.sort(halves.ratios(~chosen), axis=None)
        outside = outside[: len(outside) - int(np.count_nonzero(np.isnan(outside)))]
        below += np.searchsorted(outside, levels, side="right")
        every += len(outside)
    of_all = below / every
    of_picks = np.searchsorted(np.sort(picked), levels, side="right") / len(picked)
    ahead = of_all - of_picks
    running = np.cumsum(ahead[:-1] * np.diff(levels))
    return float(np.mean(ahead >= -1e-12)), float(np.mean(running >= -1e-12))


def _undefined(
    blocks: int, rows: int, variants: int, duplicates: int, reason: str, left_out: int = 0
) -> Overfitting:
    none = (math.nan,) * 8
    return Overfitting(*none, blocks, 0, left_out, rows, variants, duplicates, reason)
