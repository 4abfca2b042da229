"""Which of two series moves first: correlations of their returns at leads and lags.

Returns only, never levels: two levels that both drift are correlated at every lag. The pointwise
band is what one correlation of independent series stays within in 95 of 100 cases; among many lags
one is outside by luck, so the band of the largest is wider (circular shifts of one series).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.measures.moments import varies
from feeds.arrays import Float, Int, frozen

_NORMAL_95 = 1.959963984540054
_SETS = 20
"""Independent sets of lags that a 1 in 20 quantile of their largest needs at the least."""


@dataclass(frozen=True, eq=False)
class LeadLag:
    """Correlations of two series of returns by lag.

    Attributes
    ----------
    lags : int64 (K,)
        In steps; at a positive lag the first series leads.
    correlations : float64 (K,)
        NaN where one of the two does not vary over the pairs that overlap.
    pointwise : float
        Half the width of the 95 % band of a single correlation: 1.96 / sqrt(n).
    largest : float
        The size that the largest of the K correlations exceeds in 5 of 100 cases, from all
        circular shifts that take the series out of step; NaN for fewer than 20 K returns.
    returns : int
        How many pairs there are at lag 0.
    reason : str
        Why there are no correlations; blank where there are.
    """

    lags: Int
    correlations: Float
    pointwise: float
    largest: float
    returns: int
    reason: str = ""

    @property
    def peak(self) -> int:
        """The lag with the largest correlation in size, 0 where there is none."""
        size = np.abs(self.correlations)
        return 0 if np.all(np.isnan(size)) else int(self.lags[int(np.nanargmax(size))])

    def at(self, lag: int) -> float:
        """The correlation at a lag, one of `lags`."""
        if lag not in self.lags:
            raise ValueError(f"lag {lag} is not among {self.lags[0]} to {self.lags[-1]}")
        return float(self.correlations[np.flatnonzero(self.lags == lag)[0]])

    @property
    def is_clear(self) -> bool:
        """Whether the peak is beyond what the largest of so many is by luck."""
        return abs(self.at(self.peak)) > self.largest

    @property
    def looks_misdated(self) -> bool:
        """Whether the peak is clear, one step away, and nothing is to be seen at lag 0.

        Markets that react at once and a date that is off by one look like this; so does nothing
        else that is common.
        """
        off_by_one = self.is_clear and abs(self.peak) == 1
        return off_by_one and abs(self.at(0)) <= self.largest


def fewest_returns(most: int) -> int:
    """Returns from which on the largest of the correlations at lags -most to most is judged.

    Shifts whose lags overlap tell nothing new, so the quantile rests on n / K sets of lags.
    """
    return _SETS * (2 * most + 1)


def lead_lag(first: Float, second: Float, most: int = 10) -> LeadLag:
    """Correlations of `first` at t with `second` at t + lag, for lags from -most to most.

    Parameters
    ----------
    first, second : float64 (n,)
        Returns over the same steps; finite, more than 2 * most of them.
    most : int
        At least 0.

    Raises
    ------
    ValueError
        For lengths that differ, a return that is not finite, or too few for so many lags.
    """
    if first.shape != second.shape or not np.all(np.isfinite(first) & np.isfinite(second)):
        raise ValueError("both series must be of one length, and every return finite")
    if most < 0 or len(first) <= 2 * most or first.ndim != 1:
        raise ValueError(
            f"{first.shape} returns for lags up to {most}: more than {2 * most} needed"
        )
    lags = np.arange(-most, most + 1)
    series = {"first": first, "second": second}
    flat = next((name for name, each in series.items() if not varies(each)), "")
    found = np.array([_at_lag(first, second, int(lag)) for lag in lags])
    pointwise = _NORMAL_95 / math.sqrt(len(first))
    largest = _largest_by_shifts(first, second, most) if not flat else math.nan
    reason = f"the {flat} returns do not vary" if flat else ""
    return LeadLag(frozen(lags), frozen(found), pointwise, largest, len(first), reason)


def _at_lag(first: Float, second: Float, lag: int) -> float:
    """Pearson's correlation of the pairs that overlap, NaN where one of them does not vary."""
    count = len(first) - abs(lag)
    one, other = first[max(-lag, 0) :][:count], second[max(lag, 0) :][:count]
    if not (varies(one) and varies(other)):
        return math.nan
    one, other = one - np.mean(one), other - np.mean(other)
    # Plain sums: a matrix product adds in an order that depends on the processor.
    size = math.sqrt(float(np.sum(one * one)) * float(np.sum(other * other)))
    return float(np.sum(one * other)) / size


def _largest_by_shifts(first: Float, second: Float, most: int) -> float:
    """The 95 % quantile, over shifts, of the largest correlation in size among all lags.

    Shifts of up to twice `most` are left out: among their lags are the true pairs.
    """
    rows, every = len(first), 2 * most + 1
    if rows < fewest_returns(most):
        return math.nan
    one, other = first - np.mean(first), second - np.mean(second)
    size = math.sqrt(float(np.sum(one * one)) * float(np.sum(other * other)))
    twice = np.concatenate((other, other))
    by_shift = np.array([abs(float(np.sum(one * twice[s : s + rows]))) for s in range(rows)]) / size
    around = np.lib.stride_tricks.sliding_window_view(np.concatenate((by_shift, by_shift)), every)
    # The window that begins at shift s has its middle at s + most.
    middle = np.arange(every, rows - 2 * most)
    return float(np.sort(around[middle - most].max(axis=1))[math.ceil(0.95 * len(middle)) - 1])
