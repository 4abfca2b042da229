"""Winning and losing bars: how often, how much, how many in a row. The target is 0 everywhere.

A return within `ZERO` of 0 neither wins nor loses: it is what rounding leaves of nothing.
"""

from __future__ import annotations

import numpy as np

from engine.measures.moments import NAN, ZERO, mean
from feeds.arrays import Bool, Float


def won(returns: Float) -> Bool:
    """Which returns are above 0 beyond rounding."""
    return returns > ZERO


def lost(returns: Float) -> Bool:
    """Which returns are below 0 beyond rounding."""
    return returns < -ZERO


def moved(returns: Float) -> Bool:
    """Which returns win or lose."""
    return np.abs(returns) > ZERO


def gains(returns: Float) -> float:
    """Sum of the returns that win."""
    return float(np.add.reduce(np.where(won(returns), returns, 0.0)))


def losses(returns: Float) -> float:
    """Sum of the returns that lose, without the sign."""
    return float(np.add.reduce(np.where(lost(returns), -returns, 0.0)))


def over(top: float, bottom: float) -> float:
    """`top / bottom`, NaN for a `bottom` that is not above 0."""
    return top / bottom if bottom > 0.0 else NAN


def omega(returns: Float) -> float:
    """Sum of gains over sum of losses, target 0 (Shadwick and Keating 2002)."""
    return over(gains(returns), losses(returns))


def profit_factor_bars(returns: Float) -> float:
    """Sum of gains over sum of losses; equals `omega` for the target 0."""
    return omega(returns)


def gain_to_pain(returns: Float) -> float:
    """Sum of returns over sum of losses, per bar (Schwager's own takes months)."""
    return over(float(np.add.reduce(returns)), losses(returns))


def hit_rate_nonzero(returns: Float) -> float:
    """Winning bars over winning and losing bars."""
    return over(_number(won(returns)), _number(moved(returns)))


def hit_rate_all(returns: Float) -> float:
    """Winning bars over all bars."""
    return over(_number(won(returns)), float(len(returns)))


def avg_win(returns: Float) -> float:
    """Mean of the returns that win; NaN without one."""
    return mean(returns[won(returns)])


def avg_loss(returns: Float) -> float:
    """Mean of the returns that lose, a negative number; NaN without one."""
    return mean(returns[lost(returns)])


def payoff_ratio_bars(returns: Float) -> float:
    """Mean win over mean loss."""
    return over(avg_win(returns), -avg_loss(returns))


def kelly_discrete_bars(returns: Float) -> float:
    """Kelly's fraction of a bet on each bar that moves: p - (1 - p) / payoff (Kelly 1956).

    At most 0 means no bet.
    """
    chance = hit_rate_nonzero(returns)
    return chance - over(1.0 - chance, payoff_ratio_bars(returns))


def longest_win_streak(returns: Float) -> float:
    """Most winning bars in a row."""
    return float(_longest(won(returns)))


def longest_loss_streak(returns: Float) -> float:
    """Most losing bars in a row."""
    return float(_longest(lost(returns)))


def exposure_from_returns(returns: Float) -> float:
    """Share of bars with a return other than 0: a stand-in where positions are not known."""
    return over(_number(moved(returns)), float(len(returns)))


def _number(inside: Bool) -> float:
    return float(np.count_nonzero(inside))


def _longest(inside: Bool) -> int:
    """Length of the longest run of true values."""
    ends = np.flatnonzero(np.concatenate(([True], ~inside, [True])))
    return int(np.maximum.reduce(ends[1:] - ends[:-1])) - 1
