"""The formulas: returns or an equity curve in, one number out, NaN where undefined.

`returns` are simple returns per bar, net of costs, float64 (T,). `nav` is an equity curve with the
start capital as point 0, float64 (T + 1,). `periods_per_year` is 365 for daily bars of a market
that never closes, 252 for exchange sessions, 8760 for hours; it has no default because none is
right for two markets. `risk_free` is an effective annual rate. Standard deviations have ddof 1.
A ratio whose denominator is 0 is undefined, never 0 or infinite. docs/statistics.md has formulas
and sources.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from engine.drawdowns import max_drawdown
from feeds.arrays import Float

NAN = math.nan


def varies(values: Float) -> bool:
    """Whether `values` have a spread beyond rounding: a ratio to it makes sense."""
    if len(values) < 2:
        return False
    return float(np.std(values, ddof=1)) >= 1e-12 * max(1.0, abs(float(np.mean(values))))


def per_period(risk_free: float, periods_per_year: float) -> float:
    """The rate per bar that compounds to `risk_free` a year."""
    return float((1.0 + risk_free) ** (1.0 / periods_per_year) - 1.0)


def total_return(nav: Float) -> float:
    """Last NAV over the start capital, minus 1."""
    return float(nav[-1] / nav[0] - 1.0)


def cagr(nav: Float, periods_per_year: float) -> float:
    """Compound growth a year: (E_T / E_0)^(P/T) - 1; NaN beyond the range of a float."""
    with np.errstate(over="ignore"):
        growth = float(np.float64(nav[-1] / nav[0]) ** (periods_per_year / (len(nav) - 1))) - 1.0
    return growth if math.isfinite(growth) else NAN


def ann_return_arith(returns: Float, periods_per_year: float) -> float:
    """P times the mean return."""
    return float(periods_per_year * np.mean(returns))


def vol_period(returns: Float) -> float:
    """Standard deviation of the returns, 0 if it is rounding only; NaN for fewer than 2."""
    if len(returns) < 2:
        return NAN
    return float(np.std(returns, ddof=1)) if varies(returns) else 0.0


def ann_vol(returns: Float, periods_per_year: float) -> float:
    """Volatility a year: sqrt(P) times that per bar."""
    return math.sqrt(periods_per_year) * vol_period(returns)


def sharpe_period(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Mean excess return over its standard deviation, per bar."""
    if not varies(returns):
        return NAN
    excess = returns - per_period(risk_free, periods_per_year)
    return float(np.mean(excess) / np.std(excess, ddof=1))


def sharpe(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Sharpe ratio a year: sqrt(P) times that per bar."""
    return math.sqrt(periods_per_year) * sharpe_period(returns, periods_per_year, risk_free)


def downside_dev_period(returns: Float) -> float:
    """Root of the mean squared loss; the divisor counts all bars, not the losing ones only."""
    return float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2))) if len(returns) else NAN


def ann_downside_dev(returns: Float, periods_per_year: float) -> float:
    """Downside deviation a year: sqrt(P) times that per bar."""
    return math.sqrt(periods_per_year) * downside_dev_period(returns)


def sortino(returns: Float, periods_per_year: float) -> float:
    """Arithmetic annual return over the annual downside deviation, target 0."""
    if not np.any(returns < 0.0) or not varies(returns):
        return NAN
    return ann_return_arith(returns, periods_per_year) / ann_downside_dev(returns, periods_per_year)


def calmar(nav: Float, periods_per_year: float) -> float:
    """CAGR over the absolute maximum drawdown, whole sample."""
    fall = max_drawdown(nav)
    return cagr(nav, periods_per_year) / abs(fall) if fall < 0.0 else NAN


def skew_population(returns: Float) -> float:
    """Third standardised moment, divisor T."""
    return _moment(returns, 3)


def excess_kurtosis_population(returns: Float) -> float:
    """Fourth standardised moment, divisor T, minus 3."""
    return _moment(returns, 4) - 3.0


def var_hist_95(returns: Float) -> float:
    """Loss exceeded on 5 % of bars, as a positive number (quantile of type 7)."""
    return -_quantile(returns, 0.05) if len(returns) else NAN


def cvar_hist_95(returns: Float) -> float:
    """Mean loss of the bars at or beyond `var_hist_95`, as a positive number."""
    if not len(returns):
        return NAN
    return -float(np.mean(returns[returns <= _quantile(returns, 0.05)]))


def _quantile(values: Float, level: float) -> float:
    """The quantile of type 7, what `np.quantile` gives without importing `numpy.ma`."""
    ordered = np.sort(values)
    place = (len(values) - 1) * level
    lower = math.floor(place)
    above = place - lower
    low, high = (float(ordered[min(at, len(values) - 1)]) for at in (lower, lower + 1))
    return low + (high - low) * above if above < 0.5 else high - (high - low) * (1.0 - above)


def hit_rate_nonzero(returns: Float) -> float:
    """Winning bars over winning and losing bars."""
    moving = int(np.count_nonzero(returns))
    return int(np.count_nonzero(returns > 0.0)) / moving if moving else NAN


def hit_rate_all(returns: Float) -> float:
    """Winning bars over all bars."""
    return float(np.mean(returns > 0.0)) if len(returns) else NAN


def omega(returns: Float) -> float:
    """Sum of gains over sum of losses, target 0."""
    losses = float(np.sum(np.maximum(-returns, 0.0)))
    return float(np.sum(np.maximum(returns, 0.0))) / losses if losses > 0.0 else NAN


def autocorr_lag1(returns: Float) -> float:
    """Autocorrelation from one bar to the next."""
    if not varies(returns):
        return NAN
    away = returns - np.mean(returns)
    return float(np.sum(away[1:] * away[:-1]) / np.sum(away**2))


def psr_vs_0(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Probability that the true Sharpe ratio is above 0, given this one series.

    Bailey and Lopez de Prado (2012): the standard error is taken at the observed ratio, with T - 1.
    """
    ratio = sharpe_period(returns, periods_per_year, risk_free)
    spread = _sharpe_spread(returns, ratio)
    return NormalDist().cdf(ratio * math.sqrt(len(returns) - 1) / spread) if spread > 0 else NAN


def sharpe_se_mertens_annual(returns: Float, periods_per_year: float, risk_free: float) -> float:
    """Standard error of the annual Sharpe ratio, with skew and kurtosis (Mertens 2002)."""
    ratio = sharpe_period(returns, periods_per_year, risk_free)
    spread = _sharpe_spread(returns, ratio)
    return math.sqrt(periods_per_year / (len(returns) - 1)) * spread if spread > 0 else NAN


def _sharpe_spread(returns: Float, ratio: float) -> float:
    # NaN compares false: an undefined ratio gives an undefined spread.
    if math.isnan(ratio):
        return NAN
    kurtosis = excess_kurtosis_population(returns) + 3.0
    square = 1.0 - skew_population(returns) * ratio + (kurtosis - 1.0) / 4.0 * ratio**2
    return math.sqrt(square) if square > 0.0 else NAN


def _moment(returns: Float, order: int) -> float:
    if not varies(returns):
        return NAN
    away = returns - np.mean(returns)
    return float(np.mean(away**order) / np.mean(away**2) ** (order / 2))


def beta(returns: Float, benchmark: Float) -> float:
    """Least-squares slope on the benchmark's returns (a constant risk-free rate cancels)."""
    if len(returns) < 2 or not varies(benchmark):
        return NAN
    away = benchmark - np.mean(benchmark)
    return float(np.sum(away * (returns - np.mean(returns))) / np.sum(away**2))


def alpha_ann_arith(
    returns: Float, benchmark: Float, periods_per_year: float, risk_free: float
) -> float:
    """P times the intercept of the excess returns on the benchmark's excess returns."""
    rate = per_period(risk_free, periods_per_year)
    slope = beta(returns, benchmark)
    return periods_per_year * float(np.mean(returns) - rate - slope * (np.mean(benchmark) - rate))


def correlation(returns: Float, benchmark: Float) -> float:
    """Correlation of the returns bar by bar."""
    if not varies(returns) or not varies(benchmark):
        return NAN
    one, other = returns - np.mean(returns), benchmark - np.mean(benchmark)
    # Plain sums: `np.corrcoef` goes through a matrix product, whose last bit is the processor's.
    return float(np.sum(one * other) / math.sqrt(np.sum(one * one) * np.sum(other * other)))


def tracking_error(returns: Float, benchmark: Float, periods_per_year: float) -> float:
    """Volatility a year of the difference of returns."""
    return ann_vol(returns - benchmark, periods_per_year)


def information_ratio(returns: Float, benchmark: Float, periods_per_year: float) -> float:
    """Annual mean difference of returns over the tracking error."""
    active = returns - benchmark
    if not varies(active):
        return NAN
    return ann_return_arith(active, periods_per_year) / ann_vol(active, periods_per_year)
