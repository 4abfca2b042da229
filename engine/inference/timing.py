"""Tests of timing: the same positions, moved round the circle of the sample.

A circular shift keeps how much is held, how often it changes and how its spells cluster, and breaks
only the link with the returns. All of it is net of costs; what a shift holds, it also pays for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from engine.inference.permutation import share_as_high
from engine.inference.resampled import StatisticOfRows, growth
from feeds.arrays import Float, Int

_CELLS = 2**18


@dataclass(frozen=True, eq=False)
class Timing:
    """Where the observed arrangement stands among others.

    Attributes
    ----------
    observed : float
        The statistic of the positions as they were, or of the strategy itself.
    p_value : float
        (1 + #{as high}) / (1 + count), one-sided; NaN where undefined.
    null : float64 (B,)
        The statistic of every other arrangement, in the order in which they were drawn.
    count : int
        How many there are, those whose statistic is undefined included: they count as high.
    possible : int
        How many there might have been; 0 if they cannot be counted.
    n : int
        Bars.
    seed : int or None
        None where all are taken, so that nothing was drawn.
    reason : str
    """

    observed: float
    p_value: float
    null: Float = field(repr=False)
    count: int
    possible: int
    n: int
    seed: int | None
    reason: str = ""

    @property
    def percentile(self) -> float:
        """Share of the other arrangements that the observed one beats; NaN without any."""
        known = self.null[np.isfinite(self.null)]
        return float(np.mean(known < self.observed)) if len(known) else math.nan


def circular_shift_test(
    shares: Float,
    returns: Float,
    *,
    cost: float = 0.0,
    seed: int,
    count: int | None = None,
    min_shift: int = 1,
    lead: int = 0,
    statistic: StatisticOfRows = growth,
) -> Timing:
    """Whether positions at these times did better than at other times.

    Parameters
    ----------
    shares : float64 (T, S)
        Share of NAV in each sleeve over the bar of each row: known before the bar begins. What is
        left is in cash, which earns nothing.
    returns : float64 (T, S)
        Return of each sleeve over the same bars, before costs; none below -1.
    cost : float
        At least 0, per unit of one-way turnover: half the sum of the changes of all shares, cash
        included. A switch of everything is 1, and costs the fee and the slippage twice.
    seed : int
        Of the draw; without effect where all shifts are taken.
    count : int or None
        Shifts to draw without repetition; all of them if left out, or if there are fewer.
    min_shift : int
        Shifts of fewer rows, either way round, are left out; each that is makes the test reject a
        little more often than it says. It is exact with 1 for positions that no traded price tells
        of.
    lead : int
        Shifts that move positions up to so many rows ahead are left out as well: where signals read
        traded prices, they would count what a signal saw as what it foretold. The rows that a
        signal looks back on.
    statistic : callable
        From returns (B, T) to (B,); the mean log growth if left out.

    Raises
    ------
    ValueError
        For shapes that differ, a share or return that is none, or a cost below 0.

    Notes
    -----
    Costs are those of the closed circle: each shift pays for every change once, and for the one
    where the end of the sample meets its start, so that no shift is dearer than another.
    """
    if shares.shape != returns.shape or shares.ndim != 2:
        raise ValueError(f"shares {shares.shape} and returns {returns.shape} must be (T, S)")
    if not (np.all(np.isfinite(shares)) and np.all(np.isfinite(returns))):
        raise ValueError("every share and every return must be finite")
    if np.any(returns < -1.0):
        row = int(np.argmax(np.any(returns < -1.0, axis=1)))
        raise ValueError(f"a return at row {row} is {returns[row].min()}: none is below -1")
    if not 0.0 <= cost < math.inf:
        raise ValueError(f"a cost of {cost}: costs are at least 0")
    rows = len(shares)
    least = max(1, min_shift)
    allowed = np.arange(least, rows - max(least, lead + 1) + 1)
    chosen, drawn = allowed, None
    if count is not None and count < len(allowed):
        chosen = np.random.default_rng(seed).choice(allowed, count, replace=False)
        drawn = seed
    if not len(chosen) or not np.any(shares != shares[0]):
        why = "the shares never change, so that every shift is the same"
        why = why if len(chosen) else f"{rows} bars leave no shift of at least {least}"
        return Timing(math.nan, math.nan, np.empty(0), 0, len(allowed), rows, drawn, why)
    paid = cost * turnover(shares)
    observed = float(statistic(_shifted(shares, paid, returns, np.zeros(1, dtype=np.int64)))[0])
    size = max(1, _CELLS // rows)
    parts = (chosen[at : at + size] for at in range(0, len(chosen), size))
    null = np.concatenate([statistic(_shifted(shares, paid, returns, part)) for part in parts])
    return placed(observed, null, len(allowed), rows, drawn)


def turnover(shares: Float) -> Float:
    """One-way turnover before each bar on the closed circle, float64 (T,).

    Half the sum of the changes of the shares and of cash; the first follows the last.
    """
    change = shares - np.roll(shares, 1, axis=0)
    return np.asarray((np.sum(np.abs(change), axis=1) + np.abs(np.sum(change, axis=1))) / 2.0)


def placed(observed: float, null: Float, possible: int, rows: int, seed: int | None) -> Timing:
    """The observed statistic among those of other arrangements, its p-value or why there is none.

    An arrangement without a statistic counts as high: it must not help.
    """
    if math.isnan(observed):
        why = "the statistic of the observed arrangement is undefined"
        return Timing(observed, math.nan, null, len(null), possible, rows, seed, why)
    return Timing(observed, share_as_high(null, observed), null, len(null), possible, rows, seed)


def _shifted(shares: Float, paid: Float, returns: Float, shifts: Int) -> Float:
    """Net returns with the positions moved some rows later, float64 (B, T)."""
    rows = (np.arange(len(shares)) - shifts[:, None]) % len(shares)
    net = -paid[rows]
    for sleeve in range(shares.shape[1]):
        net += shares[:, sleeve][rows] * returns[:, sleeve]
    return net
