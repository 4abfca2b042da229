"""Whether the best of several models beats a benchmark, now that the best was picked.

White's reality check (2000) and Hansen's test of superior predictive ability (2005), on resamples
drawn by `arch`, which is imported only when a test is run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from engine.inference.bootstrap import block_length, stationary_variance
from engine.inference.resampled import TINY
from feeds.arrays import Float, Int

_MOST_LENGTHS = 20
_CELLS = 2**20
FEWEST = 16
"""Returns below which nothing is said: blocks of them are no sample."""


@dataclass(frozen=True)
class SuperiorAbility:
    """How likely the best model's lead on the benchmark is by luck, no model being better.

    Attributes
    ----------
    lower, consistent, upper : float
        p-values that leave out all models that look worse than the benchmark, those that look much
        worse, and none; the middle one is the one to read. NaN where undefined.
    best : int
        The model with the largest mean lead of those that are tested, by its place; -1 without one.
    lead : float
        Its mean lead a bar.
    n, models : int
    block_length : float
        Mean length of a block, in bars.
    resamples, seed : int
    studentised : bool
        Leads in units of their standard error (Hansen); White's `upper` without.
    reason : str
    left_out : int
        Models that are the benchmark plus a constant, whose lead has no error to test it by.
    of : int
        The model that was asked about, -1 for none.
    own_lead, adjusted : float
        Its mean lead a bar, and the p-value of that among all models (one step): the share of
        resamples in which the best of all leads by as much. NaN where it is not tested.
    """

    lower: float
    consistent: float
    upper: float
    best: int
    lead: float
    n: int
    models: int
    block_length: float
    resamples: int
    seed: int
    studentised: bool
    reason: str = ""
    left_out: int = 0
    of: int = -1
    own_lead: float = math.nan
    adjusted: float = math.nan


def superior_ability(
    benchmark: Float,
    models: Float,
    *,
    seed: int,
    resamples: int = 1000,
    length: int | None = None,
    of: int = -1,
) -> SuperiorAbility:
    """Test whether any model is better than the benchmark in mean return (Hansen's SPA).

    Parameters
    ----------
    benchmark : float64 (T,)
        Returns, not losses; finite.
    models : float64 (T, M)
        On the same bars.
    seed, resamples : int
        At least one resample.
    length : int or None
        Mean length of a block, at least 1; of the leads by Politis and White, the longest of up to
        20 models, if left out.

    Raises
    ------
    ValueError
        For returns that are not finite or do not fit, and for no resample or block.

    Notes
    -----
    The null hypothesis is that no model is better: V = max_k sqrt(n) mean(d_k) / w_k against its
    resamples, centred but for models that are hopeless, mean(d_k) < -w_k sqrt(2 ln ln n / n).
    """
    return _tested(benchmark, models, length, resamples, seed, studentised=True, of=of)


def reality_check(
    benchmark: Float,
    models: Float,
    *,
    seed: int,
    resamples: int = 1000,
    length: int | None = None,
) -> SuperiorAbility:
    """Test the same by White's reality check: `upper` is its p-value, leads are not studentised.

    Parameters are those of `superior_ability`. Poor models among many make it too cautious, which
    is what Hansen's test mends.
    """
    return _tested(benchmark, models, length, resamples, seed, studentised=False)


def _tested(
    benchmark: Float,
    models: Float,
    length: int | None,
    resamples: int,
    seed: int,
    *,
    studentised: bool,
    of: int = -1,
) -> SuperiorAbility:
    if models.ndim != 2 or benchmark.shape != models.shape[:1]:
        raise ValueError(f"{models.shape} returns of models for {benchmark.shape} of the benchmark")
    if resamples < 1 or not (length is None or length >= 1):
        raise ValueError(f"{resamples} resamples with blocks of {length}; both are at least 1")
    if not -1 <= of < models.shape[1]:
        raise ValueError(f"there is no model {of} among {models.shape[1]}")
    if not (np.all(np.isfinite(models)) and np.all(np.isfinite(benchmark))):
        raise ValueError("every return must be finite")
    leads = models - benchmark[:, None]
    count, every = leads.shape
    tested, reason = _to_test(leads)
    left_out = every - len(tested)
    if reason:
        lengths = float(length or 1), resamples, seed
        none = (math.nan,) * 3
        return SuperiorAbility(
            *none, -1, math.nan, count, every, *lengths, studentised, reason, left_out, of
        )
    chosen = leads[:, tested]
    means = np.mean(chosen, axis=0)
    first = int(np.argmax(means))
    block = min(length or _longest_block(chosen), count)
    if studentised:
        chosen = chosen / np.sqrt([stationary_variance(each, block) for each in chosen.T])
    place = int(np.searchsorted(tested, of)) if of in tested else -1
    lower, consistent, upper, adjusted = _judged(chosen, block, resamples, seed, place)
    return SuperiorAbility(
        lower,
        consistent,
        upper,
        int(tested[first]),
        float(means[first]),
        count,
        every,
        float(block),
        resamples,
        seed,
        studentised,
        left_out=left_out,
        of=of,
        own_lead=float(means[place]) if place >= 0 else math.nan,
        adjusted=adjusted,
    )


def _to_test(leads: Float) -> tuple[Int, str]:
    """The models whose leads vary, by their places, and why nothing can be tested."""
    count, every = leads.shape
    if count < FEWEST:
        return np.arange(every), f"{count} returns are fewer than {FEWEST}"
    if not every:
        return np.arange(0), "there is no model"
    # A model that is the benchmark has no lead, whose spread the test would divide by.
    spread, size = np.std(leads, axis=0), np.abs(np.mean(leads, axis=0))
    tested = np.flatnonzero(spread > TINY * np.maximum(1.0, size))
    return tested, "" if len(tested) else "no model differs from the benchmark but by a constant"


def _longest_block(leads: Float) -> int:
    """The longest block length of the models; of many, of some that stand evenly among them."""
    places = np.unique(np.linspace(0, leads.shape[1] - 1, _MOST_LENGTHS).astype(np.int64))
    return max(1, math.ceil(max(block_length(leads[:, place])[0] for place in places.tolist())))


def _judged(
    leads: Float, block: int, resamples: int, seed: int, place: int
) -> tuple[float, float, float, float]:
    """The three p-values, counted so that none is 0 (Phipson and Smyth 2010), and that of a model.

    As `arch.bootstrap.SPA` has them, with its draws; the last is NaN where `place` is -1.
    """
    count = len(leads)
    means, best = np.mean(leads, axis=0), float(np.max(np.mean(leads, axis=0)))
    variance = np.array([stationary_variance(each, block) for each in leads.T])
    hopeless = means < -np.sqrt(variance / count * 2.0 * math.log(math.log(count)))
    centres = (np.maximum(means, 0.0), np.where(hopeless, 0.0, means), means)
    high = [0, 0, 0]
    as_high = 0
    for drawn in _resampled_means(leads, block, resamples, seed):
        for kind, centre in enumerate(centres):
            largest = np.max(drawn - centre, axis=1)
            high[kind] += int(np.count_nonzero(largest > best))
            if kind == 1 and place >= 0:
                as_high += int(np.count_nonzero(largest > means[place]))
    lower, consistent, upper = ((1 + each) / (1 + resamples) for each in high)
    own = (1 + as_high) / (1 + resamples) if place >= 0 else math.nan
    return lower, consistent, upper, own


def _resampled_means(leads: Float, block: int, resamples: int, seed: int) -> Iterator[Float]:
    """Mean leads of stationary resamples, float64 (K, M) of some resamples at a time.

    A mean is the sum of how often each bar was drawn times its lead: `arch` draws the bars, and
    many models cost little more than one.
    """
    from arch.bootstrap import StationaryBootstrap

    count = len(leads)
    draws = StationaryBootstrap(block, np.arange(count), seed=seed).bootstrap(resamples)
    rows = max(1, _CELLS // count)
    while chunk := [np.bincount(bars[0], minlength=count) for bars, _ in islice(draws, rows)]:
        yield np.asarray(np.array(chunk, dtype=np.float64) @ leads / count)
