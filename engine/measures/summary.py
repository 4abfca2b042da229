"""`summary`: every measure of a series of returns in one call."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from engine.measures.sample import Sample, checked_sample
from engine.measures.table import MEASURES, Measure

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def summary(
    returns: ArrayLike,
    *,
    periods_per_year: float,
    risk_free: float = 0.0,
    benchmark: ArrayLike | None = None,
    timestamps: ArrayLike | None = None,
) -> dict[str, float]:
    """Every measure that these returns allow, by its id; docs/statistics.md has the formulas.

    Parameters
    ----------
    returns : array-like (T,)
        Simple returns per bar, net of costs. They are never guessed to be prices or percents.
    periods_per_year : float
        365 for daily bars of a market that never closes, 252 for exchange sessions, 8760 for
        hours. It has no default because none is right for two markets.
    risk_free : float
        Effective annual rate.
    benchmark : array-like (T,)
        Returns of the benchmark on the same bars; `aligned_benchmark` makes them of a curve on
        another calendar. One with an index, as a series of pandas has, must have that of the
        returns, or the timestamps.
    timestamps : array-like (T,)
        The day, or the instant, at which each bar begins; ascending. What has no zone is in UTC.

    Returns
    -------
    dict of str to float
        NaN where a measure is undefined (`reasons` tells why), never infinite. Measures against a
        benchmark, and measures of months, are there only where what they need is given.

    Raises
    ------
    DataError
        For no return, one that is missing, infinite or below -1, with its place or date; for a
        benchmark or timestamps of another length or other bars.

    Warns
    -----
    UserWarning
        For returns, or those of a benchmark, of more than 100 % a bar on average: percents or
        prices, most likely.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves the range is undefined
        sample = checked_sample(returns, periods_per_year, risk_free, benchmark, timestamps)
        return {name: each.of(sample) for name, each in _possible(sample)}


def reasons(
    returns: ArrayLike,
    *,
    periods_per_year: float,
    risk_free: float = 0.0,
    benchmark: ArrayLike | None = None,
    timestamps: ArrayLike | None = None,
) -> dict[str, str]:
    """Why a measure is undefined, by its id, for those that `summary` gives as NaN.

    Parameters, errors and warnings are those of `summary`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        sample = checked_sample(returns, periods_per_year, risk_free, benchmark, timestamps)
        undefined = [each for each in _possible(sample) if math.isnan(each[1].of(sample))]
        return {name: each.reason(sample) for name, each in undefined}


def _possible(sample: Sample) -> Iterator[tuple[str, Measure]]:
    has = sample.has
    return ((name, each) for name, each in MEASURES.items() if has.issuperset(each.takes))
