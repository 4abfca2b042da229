"""Reward over risk: the families of Sharpe, Sortino, Calmar, Martin and Kelly."""

from __future__ import annotations

import math

import numpy as np

from engine.drawdowns import max_drawdown, pain_index, ulcer_index
from engine.measures.bars import lost, over
from engine.measures.growth import (
    ann_return_arith,
    cagr,
    per_period,
    power,
    total_return,
)
from engine.measures.moments import (
    NAN,
    ZERO,
    deviation,
    excess_kurtosis_population,
    mean,
    mertens,
    skew_population,
    varies,
)
from engine.measures.normal import normal_cdf
from engine.measures.risk import ann_downside_dev, ann_vol, downside_dev_period
from feeds.arrays import Float


def sharpe_period(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Mean excess return over its standard deviation, per bar."""
    if not varies(returns):
        return NAN
    excess = returns - per_period(risk_free, periods_per_year)
    return mean(excess) / deviation(excess)


def sharpe(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Sharpe ratio a year: sqrt(P) times that per bar (Sharpe 1994)."""
    return math.sqrt(periods_per_year) * sharpe_period(returns, periods_per_year, risk_free)


def sharpe_geometric_excess(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Compounded excess return a year over its volatility; NaN where it compounds below 0."""
    if not varies(returns):
        return NAN
    excess = returns - per_period(risk_free, periods_per_year)
    grown = float(np.multiply.reduce(1.0 + excess))
    growth = power(grown, periods_per_year / len(excess)) - 1.0
    return growth / (math.sqrt(periods_per_year) * deviation(excess))


def sharpe_cagr_over_vol(nav: Float, returns: Float, periods_per_year: float) -> float:
    """CAGR over volatility a year, without a risk-free rate (backtesting.py's way)."""
    return over(cagr(nav, periods_per_year), ann_vol(returns, periods_per_year))


def psr_vs_0(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Probability that the true Sharpe ratio is above 0, given this one series.

    Bailey and Lopez de Prado (2012): the standard error is taken at the observed ratio, with T - 1.
    """
    ratio = sharpe_period(returns, periods_per_year, risk_free)
    spread = _sharpe_spread(returns, ratio)
    return normal_cdf(ratio * math.sqrt(len(returns) - 1) / spread) if spread > 0 else NAN


def sharpe_se_mertens_annual(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Standard error of the annual Sharpe ratio, with skew and kurtosis (Mertens 2002)."""
    ratio = sharpe_period(returns, periods_per_year, risk_free)
    spread = _sharpe_spread(returns, ratio)
    return math.sqrt(periods_per_year / (len(returns) - 1)) * spread if spread > 0 else NAN


def _sharpe_spread(returns: Float, ratio: float) -> float:
    # NaN compares false: an undefined ratio gives an undefined spread.
    if math.isnan(ratio):
        return NAN
    square = mertens(ratio, skew_population(returns), excess_kurtosis_population(returns) + 3.0)
    return math.sqrt(square) if square > 0.0 else NAN


def sortino(returns: Float, periods_per_year: float) -> float:
    """Arithmetic annual return over the annual downside deviation, target 0 (Sortino 1991)."""
    if not falls(returns):
        return NAN
    return ann_return_arith(returns, periods_per_year) / ann_downside_dev(returns, periods_per_year)


def sortino_period(returns: Float) -> float:
    """Mean return over downside deviation, per bar."""
    return mean(returns) / downside_dev_period(returns) if falls(returns) else NAN


def sortino_subset_denominator(returns: Float, periods_per_year: float) -> float:
    """A wrong Sortino ratio, for recognising it: the divisor counts losing bars only."""
    losing = np.count_nonzero(lost(returns))
    return sortino(returns, periods_per_year) * math.sqrt(losing / len(returns))


def sortino_std_of_negatives(returns: Float, periods_per_year: float) -> float:
    """A wrong Sortino ratio, for recognising it: over the standard deviation of losing bars."""
    losing = returns[lost(returns)]
    if not varies(losing):
        return NAN
    return math.sqrt(periods_per_year) * mean(returns) / deviation(losing)


def falls(returns: Float) -> bool:
    """Whether a ratio to the downside deviation makes sense: beyond rounding, of 2 returns."""
    return len(returns) > 1 and downside_dev_period(returns) > ZERO


def calmar(nav: Float, periods_per_year: float) -> float:
    """CAGR over the absolute maximum drawdown, whole sample."""
    return over(cagr(nav, periods_per_year), -max_drawdown(nav))


def calmar_36m(nav: Float, periods_per_year: float) -> float:
    """`calmar` of the last 3P bars, Young's original (1991); NaN for a shorter sample."""
    bars = round(3.0 * periods_per_year)
    # What fell to 0 before has no growth any more.
    if not 1 <= bars < len(nav) or not nav[-1 - bars] > 0.0:
        return NAN
    return calmar(nav[-1 - bars :], periods_per_year)


def upi_martin(nav: Float, periods_per_year: float, risk_free: float) -> float:
    """CAGR above the risk-free rate over the ulcer index (Martin 1989)."""
    return over(cagr(nav, periods_per_year) - risk_free, ulcer_index(nav))


def upi_martin_rf0(nav: Float, periods_per_year: float) -> float:
    """CAGR over the ulcer index."""
    return upi_martin(nav, periods_per_year, 0.0)


def pain_ratio(nav: Float, periods_per_year: float, risk_free: float) -> float:
    """CAGR above the risk-free rate over the pain index."""
    return over(cagr(nav, periods_per_year) - risk_free, pain_index(nav))


def recovery_factor(nav: Float) -> float:
    """Total return over the absolute maximum drawdown; a loss keeps its sign."""
    return over(total_return(nav), -max_drawdown(nav))


def kelly_continuous(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Leverage of the fastest growth: mean over variance of the excess returns (Thorp 1997)."""
    if not varies(returns):
        return NAN
    excess = returns - per_period(risk_free, periods_per_year)
    return mean(excess) / deviation(excess) ** 2


def kelly_half(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Half of `kelly_continuous`."""
    return kelly_continuous(returns, periods_per_year, risk_free) / 2.0
