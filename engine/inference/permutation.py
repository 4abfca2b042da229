"""Permutation tests of timing: whether other dates would have done as well.

The null hypothesis is that the dates carry no information about what follows. A circular shift
moves all dates by the same number of rows, round the end, and so keeps their clustering and the
autocorrelation of what follows; a free permutation draws any dates and keeps neither, which makes
it too optimistic where dates come in clusters. Phipson and Smyth (2010): a p-value counts the
observed arrangement among the possible ones, so it is never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from feeds.arrays import Bool, Float, Int

NAN = math.nan
MOST_COMBINATIONS = 20_000
DRAWS = 1_999
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Permutation:
    """How an observed statistic stands among those of other arrangements.

    Attributes
    ----------
    observed : float
    p_value : float
        Share of all arrangements, the observed one included, whose statistic is at least as high.
    arrangements : int
        How many there are: all possible ones, or the draws plus the observed one.
    method : str
        `all_shifts`, `all_combinations`, or `draws`, which alone depends on `seed`.
    seed : int or None
    """

    observed: float
    p_value: float
    arrangements: int
    method: Literal["all_shifts", "all_combinations", "draws"]
    seed: int | None = None


def share_as_high(others: Float, observed: float) -> float:
    """The p-value (1 + #{T* >= T}) / (1 + B) of T against the statistics of B arrangements.

    Differences of rounding count as ties, and a tie counts against the observed statistic, as does
    an arrangement whose own is undefined. NaN where the observed one is.
    """
    return NAN if math.isnan(observed) else (1 + _as_high(others, observed)) / (1 + len(others))


def _as_high(others: Float, observed: float) -> int:
    rounding = _ROUNDING * max(1.0, abs(observed)) if math.isfinite(observed) else 0.0
    # NaN compares false: what is not known to be lower counts as high.
    return int(np.count_nonzero(~(others < observed - rounding)))


def shifted_sums(position: Float, outcome: Float) -> Float:
    """Sum of position times outcome for every circular shift of the position, float64 (n,).

    Parameters
    ----------
    position : float64 (n,)
        Holdings, or 1 at the dates of events and 0 elsewhere.
    outcome : float64 (n,)
        What follows each row; finite.

    Returns
    -------
    float64 (n,)
        Element s is the statistic with the position moved s rows later; element 0 is the observed.

    Raises
    ------
    ValueError
        For lengths that differ, or a number that is not finite.
    """
    if position.shape != outcome.shape or outcome.ndim != 1:
        raise ValueError(f"{position.shape} positions and {outcome.shape} outcomes: of one length")
    if not (np.all(np.isfinite(position)) and np.all(np.isfinite(outcome))):
        raise ValueError("every position and every outcome must be finite")
    sums = np.zeros(len(outcome))
    # Row by row, in one order for every shift, so that equal arrangements give equal sums.
    for row in np.flatnonzero(position).tolist():
        sums += position[row] * np.roll(outcome, -row)
    return sums


def circular_shifts(events: Bool, outcome: Float) -> Permutation:
    """The exact circular-shift test of the mean outcome at the events, one-sided upwards.

    All n shifts of the dates are counted, the observed one included: p = #{T* >= T} / n, at least
    1 / n.

    Parameters
    ----------
    events : bool (n,)
        At least one is true.
    outcome : float64 (n,)
        Finite; rows without a known outcome are left out before, by the caller.

    Raises
    ------
    ValueError
        As `shifted_sums`, and without an event.
    """
    _check(events, outcome)
    means = shifted_sums(events.astype(np.float64), outcome) / np.count_nonzero(events)
    observed = float(means[0])
    p_value = share_as_high(means[1:], observed)
    return Permutation(observed, p_value, len(means), "all_shifts")


def free_permutation(
    events: Bool,
    outcome: Float,
    seed: int,
    *,
    most: int = MOST_COMBINATIONS,
    draws: int = DRAWS,
) -> Permutation:
    """The free permutation test of the mean outcome at the events, one-sided upwards.

    Every choice of as many dates is counted where there are at most `most` of them; else `draws`
    seeded ones stand for them. Too optimistic where events come in clusters or outcomes overlap.

    Parameters
    ----------
    events : bool (n,)
        At least one is true.
    outcome : float64 (n,)
        Finite.
    seed : int
        Of the draws; without effect where all choices are counted.
    most, draws : int
        `draws` at least 1.

    Raises
    ------
    ValueError
        As `circular_shifts`, and for no draw.
    """
    _check(events, outcome)
    if draws < 1:
        raise ValueError(f"{draws} draws; at least one stands for all choices")
    rows, count = len(outcome), int(np.count_nonzero(events))
    observed = float(outcome[events].sum()) / count
    possible = math.comb(rows, count)
    if possible <= most:
        means = np.array([outcome[chosen].sum() / count for chosen in _choices(rows, count)])
        # The observed choice is among them already.
        p_value = _as_high(means, observed) / possible
        return Permutation(observed, p_value, possible, "all_combinations")
    random = np.random.default_rng(seed)
    drawn = np.array(
        [
            outcome[random.choice(rows, count, replace=False, shuffle=False)].sum() / count
            for _ in range(draws)
        ]
    )
    return Permutation(observed, share_as_high(drawn, observed), 1 + draws, "draws", seed)


def _check(events: Bool, outcome: Float) -> None:
    if events.shape != outcome.shape or outcome.ndim != 1 or not np.any(events):
        raise ValueError(
            f"{events.shape} rows, {int(np.count_nonzero(events))} of them events, and "
            f"{outcome.shape} outcomes: one outcome a row, and at least one event"
        )
    if not np.all(np.isfinite(outcome)):
        raise ValueError(f"the outcome at row {int(np.argmin(np.isfinite(outcome)))} is not finite")


def _choices(rows: int, count: int) -> Iterator[Int]:
    return (np.array(chosen, dtype=np.int64) for chosen in combinations(range(rows), count))
