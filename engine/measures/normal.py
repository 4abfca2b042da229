"""The normal distribution, with the digits of its far tails."""

from __future__ import annotations

import math


def normal_cdf(value: float) -> float:
    """Probability that a standard normal variable is at most `value`: erfc(-z / sqrt 2) / 2.

    `statistics.NormalDist.cdf` has 1 + erf instead, of which nothing is left nine deviations below
    the mean.
    """
    return 0.5 * math.erfc(-value / math.sqrt(2.0))
