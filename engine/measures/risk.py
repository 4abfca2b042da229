"""How much returns scatter, up and down or down alone."""

from __future__ import annotations

import math

import numpy as np

from engine.measures.bars import lost
from engine.measures.moments import NAN, mean, spread
from feeds.arrays import Float


def vol_period(returns: Float) -> float:
    """Standard deviation of the returns, 0 if it is rounding only; NaN for fewer than 2."""
    return spread(returns)


def ann_vol(returns: Float, periods_per_year: float) -> float:
    """Volatility a year: sqrt(P) times that per bar."""
    return math.sqrt(periods_per_year) * vol_period(returns)


def downside_dev_period(returns: Float) -> float:
    """Root of the mean squared loss; the divisor counts all bars, not the losing ones only."""
    losses = np.where(lost(returns), returns, 0.0)
    return math.sqrt(mean(losses * losses)) if len(returns) else NAN


def ann_downside_dev(returns: Float, periods_per_year: float) -> float:
    """Downside deviation a year: sqrt(P) times that per bar."""
    return math.sqrt(periods_per_year) * downside_dev_period(returns)
