"""How much of a benchmark's rises and falls is taken part in.

`up` are the bars, or calendar months, in which the benchmark rises, `down` those in which it falls;
flat ones, up to rounding, belong to neither, except in `down_capture_total_compounded_nonpos`. The
one to show is `up_capture_monthly_geomean` and its twin: those that compound bars depend on P or
explode with T.
"""

from __future__ import annotations

import math

import numpy as np

from engine.measures.bars import lost, won
from engine.measures.growth import power
from engine.measures.moments import NAN, ZERO, mean
from feeds.arrays import Bool, Float


def up_capture_arith(returns: Float, benchmark: Float) -> float:
    """Mean return over mean benchmark return, on rising bars."""
    return _arith(returns, benchmark, won(benchmark))


def down_capture_arith(returns: Float, benchmark: Float) -> float:
    """Mean return over mean benchmark return, on falling bars."""
    return _arith(returns, benchmark, lost(benchmark))


def up_capture_sum(returns: Float, benchmark: Float) -> float:
    """Sum of returns over sum of benchmark returns on rising bars: `up_capture_arith`."""
    return up_capture_arith(returns, benchmark)


def down_capture_sum(returns: Float, benchmark: Float) -> float:
    """Sum of returns over sum of benchmark returns on falling bars: `down_capture_arith`."""
    return down_capture_arith(returns, benchmark)


def up_capture_geomean_period(returns: Float, benchmark: Float) -> float:
    """Geometric mean return over that of the benchmark, on rising bars."""
    return _compounded(returns, benchmark, won(benchmark), mean_of=1.0)


def down_capture_geomean_period(returns: Float, benchmark: Float) -> float:
    """Geometric mean return over that of the benchmark, on falling bars."""
    return _compounded(returns, benchmark, lost(benchmark), mean_of=1.0)


def up_capture_geometric(returns: Float, benchmark: Float, periods_per_year: float) -> float:
    """Annualised compounded returns of rising bars, one over the other; depends on P."""
    return _compounded(returns, benchmark, won(benchmark), mean_of=periods_per_year)


def down_capture_geometric(returns: Float, benchmark: Float, periods_per_year: float) -> float:
    """Annualised compounded returns of falling bars, one over the other; depends on P."""
    return _compounded(returns, benchmark, lost(benchmark), mean_of=periods_per_year)


def up_capture_total_compounded(returns: Float, benchmark: Float) -> float:
    """Compounded returns of rising bars, one over the other; explodes with T."""
    up = won(benchmark)
    return _compounded(returns, benchmark, up, mean_of=int(np.count_nonzero(up)))


def down_capture_total_compounded_nonpos(returns: Float, benchmark: Float) -> float:
    """Compounded returns of bars on which the benchmark did not rise, one over the other."""
    down = ~won(benchmark)
    return _compounded(returns, benchmark, down, mean_of=int(np.count_nonzero(down)))


def up_capture_monthly_geomean(months: Float, benchmark_months: Float) -> float:
    """Geometric mean month over that of the benchmark, in its rising calendar months."""
    return up_capture_geomean_period(months, benchmark_months)


def down_capture_monthly_geomean(months: Float, benchmark_months: Float) -> float:
    """Geometric mean month over that of the benchmark, in its falling calendar months."""
    return down_capture_geomean_period(months, benchmark_months)


def _arith(returns: Float, benchmark: Float, inside: Bool) -> float:
    return _share(mean(returns[inside]), mean(benchmark[inside]))


def _compounded(returns: Float, benchmark: Float, inside: Bool, mean_of: float) -> float:
    """Growth over `mean_of` bars at the geometric mean of the bars inside, one over the other."""
    bars = np.count_nonzero(inside)
    if not bars:
        return NAN
    own, other = (_grown(each[inside], mean_of / bars) for each in (returns, benchmark))
    return _share(own, other)


def _grown(returns: Float, exponent: float) -> float:
    with np.errstate(over="ignore"):
        return power(float(np.multiply.reduce(1.0 + returns)), exponent) - 1.0


def _share(own: float, other: float) -> float:
    found = own / other if abs(other) >= ZERO else NAN
    return found if math.isfinite(found) else NAN
