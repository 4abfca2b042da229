"""What a measure needs of a sample, in the words that say why it is undefined."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.drawdowns import max_drawdown
from engine.measures.bars import lost, moved, won
from engine.measures.moments import ZERO, varies
from engine.measures.ratios import falls
from engine.measures.relative import beta
from engine.measures.sample import Sample
from engine.measures.tails import tail_ratio
from feeds.arrays import Float


class Need(NamedTuple):
    """A condition, and what to say where it does not hold.

    One that never holds stands last: it says what is left over for a measure that is undefined
    although everything before holds.
    """

    reason: str
    met: Callable[[Sample], bool]


def _given(values: Float | None) -> Float:
    assert values is not None
    return values


def _at_least(count: int) -> Need:
    noun = f"fewer than {count} returns"
    return Need(noun, lambda of: len(of.returns) >= count)


TWO, THREE, FOUR = _at_least(2), _at_least(3), _at_least(4)
SPREAD = Need("returns do not vary", lambda of: varies(of.returns))
LOSS = Need("no losing bar", lambda of: bool(np.any(lost(of.returns))))
WIN = Need("no winning bar", lambda of: bool(np.any(won(of.returns))))
MOVE = Need("no bar moved", lambda of: bool(np.any(moved(of.returns))))
DOWNSIDE = Need("a downside deviation of 0, up to rounding", lambda of: falls(of.returns))
LOW_TAIL = Need("the 5 % quantile is 0", lambda of: not math.isnan(tail_ratio(of.returns)))
LOSSES_VARY = Need("the losing bars do not vary", lambda of: varies(of.returns[lost(of.returns)]))
ALIVE = Need("the curve fell to 0", lambda of: bool(of.nav[-1] > 0.0))
MOVED = Need(
    "the curve does not move after its first bar",
    lambda of: varies(np.log(of.nav[1:] / of.nav[0])),
)
FALL = Need("no drawdown", lambda of: max_drawdown(of.nav) < 0.0)
REGAINED = Need("not recovered by the last bar", lambda of: False)
SPAN = Need(
    "fewer than 36 months of returns",
    lambda of: 1 <= round(3.0 * of.periods_per_year) <= len(of.returns),
)
RECENT_FALL = Need("no drawdown in the last 36 months, or ruined before", lambda of: False)
IN_RANGE = Need("too large for a float: the sample is too short", lambda of: False)
NO_DEBT = Need("the excess returns compound below 0, or beyond a float", lambda of: False)
SKEWED = Need("no standard error at this skew and kurtosis", lambda of: False)

OTHER_VARIES = Need("the benchmark does not vary", lambda of: varies(_given(of.benchmark)))
EITHER_VARIES = Need(
    "one of the two does not vary",
    lambda of: varies(of.returns) and varies(_given(of.benchmark)),
)
DIFFER = Need("both have the same returns", lambda of: varies(of.returns - _given(of.benchmark)))
SLOPE = Need("beta is 0", lambda of: abs(beta(of.returns, _given(of.benchmark))) >= ZERO)
UP = Need("no bar on which the benchmark rises", lambda of: bool(np.any(won(_given(of.benchmark)))))
DOWN = Need(
    "no bar on which the benchmark falls", lambda of: bool(np.any(lost(_given(of.benchmark))))
)
UP_MONTH = Need(
    "no month in which the benchmark rises", lambda of: bool(np.any(won(of.benchmark_months)))
)
DOWN_MONTH = Need(
    "no month in which the benchmark falls", lambda of: bool(np.any(lost(of.benchmark_months)))
)
TELLING = Need("the benchmark's moves compound to nothing, or beyond a float", lambda of: False)
LOSING_MONTH = Need("no losing month", lambda of: bool(np.any(lost(of.months))))
