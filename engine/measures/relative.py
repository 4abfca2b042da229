"""A series against a benchmark, bar by bar.

`benchmark` are returns of the very same bars; `aligned_benchmark` makes them of a curve that keeps
another calendar.
"""

from __future__ import annotations

import math

import numpy as np

from engine.measures.bars import hit_rate_all, over
from engine.measures.growth import ann_return_arith, cagr, per_period, power
from engine.measures.moments import NAN, ZERO, mean, spread, varies
from engine.measures.ratios import sharpe
from engine.measures.risk import ann_vol
from feeds.arrays import Float


def beta(returns: Float, benchmark: Float) -> float:
    """Least-squares slope on the benchmark's returns (a constant risk-free rate cancels)."""
    if not varies(benchmark):
        return NAN
    away = benchmark - mean(benchmark)
    shared = np.add.reduce(away * (returns - mean(returns)))
    return float(shared / np.add.reduce(away * away))


def alpha_period(
    returns: Float, benchmark: Float, periods_per_year: float, risk_free: float
) -> float:
    """Intercept per bar of the excess returns on the benchmark's excess returns (Jensen 1968)."""
    rate = per_period(risk_free, periods_per_year)
    slope = beta(returns, benchmark)
    return mean(returns) - rate - slope * (mean(benchmark) - rate)


def alpha_ann_arith(
    returns: Float, benchmark: Float, periods_per_year: float, risk_free: float
) -> float:
    """P times `alpha_period`."""
    return periods_per_year * alpha_period(returns, benchmark, periods_per_year, risk_free)


def alpha_ann_compound(
    returns: Float, benchmark: Float, periods_per_year: float, risk_free: float
) -> float:
    """(1 + `alpha_period`)^P - 1; NaN beyond the range of a float."""
    alpha = alpha_period(returns, benchmark, periods_per_year, risk_free)
    return power(1.0 + alpha, periods_per_year) - 1.0


def correlation(returns: Float, benchmark: Float) -> float:
    """Correlation of the returns bar by bar."""
    if not varies(returns) or not varies(benchmark):
        return NAN
    one, other = returns - mean(returns), benchmark - mean(benchmark)
    # Plain sums: `np.corrcoef` goes through a matrix product, whose last bit is the processor's.
    spread = math.sqrt(np.add.reduce(one * one) * np.add.reduce(other * other))
    return float(np.add.reduce(one * other) / spread)


def r_squared(returns: Float, benchmark: Float) -> float:
    """Share of the variance that the benchmark explains."""
    return correlation(returns, benchmark) ** 2


def tracking_error(returns: Float, benchmark: Float, periods_per_year: float) -> float:
    """Volatility a year of the difference of returns."""
    return ann_vol(returns - benchmark, periods_per_year)


def information_ratio(returns: Float, benchmark: Float, periods_per_year: float) -> float:
    """Annual mean difference of returns over the tracking error."""
    active = returns - benchmark
    return over(ann_return_arith(active, periods_per_year), ann_vol(active, periods_per_year))


def information_ratio_period(returns: Float, benchmark: Float) -> float:
    """Mean difference of returns over its standard deviation, per bar."""
    active = returns - benchmark
    return over(mean(active), spread(active))


def mean_difference_t(returns: Float, benchmark: Float, periods_per_year: float) -> float:
    """The mean difference of returns in units of its standard error, sqrt(T) times the ratio.

    Nothing is corrected for autocorrelation.
    """
    ratio = information_ratio(returns, benchmark, periods_per_year)
    return ratio * math.sqrt(len(returns) / periods_per_year)


def benchmark_cagr(benchmark_nav: Float, periods_per_year: float) -> float:
    """Compound growth a year of the benchmark."""
    return cagr(benchmark_nav, periods_per_year)


def active_return_cagr_diff(nav: Float, benchmark_nav: Float, periods_per_year: float) -> float:
    """CAGR minus that of the benchmark."""
    return cagr(nav, periods_per_year) - cagr(benchmark_nav, periods_per_year)


def information_ratio_geometric(
    nav: Float, benchmark_nav: Float, returns: Float, benchmark: Float, periods_per_year: float
) -> float:
    """Difference of the two CAGR over the tracking error."""
    ahead = active_return_cagr_diff(nav, benchmark_nav, periods_per_year)
    return over(ahead, tracking_error(returns, benchmark, periods_per_year))


def treynor_arith(
    returns: Float, benchmark: Float, periods_per_year: float, risk_free: float
) -> float:
    """P times the mean excess return over beta (Treynor 1965)."""
    excess = returns - per_period(risk_free, periods_per_year)
    return _per_beta(ann_return_arith(excess, periods_per_year), beta(returns, benchmark))


def treynor_cagr(
    nav: Float, returns: Float, benchmark: Float, periods_per_year: float, risk_free: float
) -> float:
    """CAGR above the risk-free rate over beta."""
    return _per_beta(cagr(nav, periods_per_year) - risk_free, beta(returns, benchmark))


def _per_beta(reward: float, slope: float) -> float:
    return reward / slope if abs(slope) >= ZERO else NAN


def m2(returns: Float, benchmark: Float, periods_per_year: float, risk_free: float) -> float:
    """Return a year at the benchmark's volatility (Modigliani and Modigliani 1997).

    The Sharpe ratio times the volatility of the benchmark's excess returns, plus the risk-free
    rate.
    """
    ratio = sharpe(returns, periods_per_year, risk_free)
    return ratio * ann_vol(benchmark, periods_per_year) + risk_free


def batting_average(returns: Float, benchmark: Float) -> float:
    """Share of bars with a return above that of the benchmark."""
    return hit_rate_all(returns - benchmark)
