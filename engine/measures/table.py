"""Every measure by its id: the function of that name, its unit, what it rests on, what it needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from engine import drawdowns
from engine.measures import (
    bars,
    calendar,
    capture,
    growth,
    moments,
    ratios,
    relative,
    risk,
    tails,
)
from engine.measures import needs as need
from engine.measures.needs import Need
from engine.measures.sample import Sample

Basis = Literal["bars", "annual", "excess", "months"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One id.

    Attributes
    ----------
    function : callable
        Its parameters have the names of `Sample`.
    unit : str
        fraction, ratio, bars, count, index or years.
    basis : str
        What it rests on: `bars` alone, `annual` if P comes in, `excess` if the risk-free rate
        does too, calendar `months`.
    needs : tuple of Need
        What must hold, the first thing first.
    takes : tuple of str
        The names of its parameters.
    """

    function: Callable[..., float]
    unit: str
    basis: Basis
    needs: tuple[Need, ...]
    takes: tuple[str, ...]

    def of(self, sample: Sample) -> float:
        """Its value, NaN where it is undefined or beyond the range of a float."""
        found = float(self.function(*[getattr(sample, name) for name in self.takes]))
        return found if math.isfinite(found) else math.nan

    def reason(self, sample: Sample) -> str:
        """Why it is undefined: the first of its needs that is not met."""
        for each in self.needs:
            if not each.met(sample):
                return each.reason
        return "a value it rests on is undefined"


def _basis(takes: tuple[str, ...]) -> Basis:
    if "months" in takes:
        return "months"
    if "risk_free" in takes:
        return "excess"
    return "annual" if "periods_per_year" in takes else "bars"


def _named(unit: str, *functions: Callable[..., float], needs: tuple[Need, ...] = ()) -> _Table:
    out = {}
    for each in functions:
        code = each.__code__
        takes = code.co_varnames[: code.co_argcount]
        out[each.__name__] = Measure(each, unit, _basis(takes), needs, takes)
    return out


_Table = dict[str, Measure]
_SPREAD = (need.TWO, need.SPREAD)
_LOSS = (need.TWO, need.LOSS)
_FALLS = (*_LOSS, need.DOWNSIDE)
_PAIR = (need.TWO, need.OTHER_VARIES)
_BETA = (*_PAIR, need.SLOPE)
_DIFFER = (need.TWO, need.DIFFER)

MEASURES: _Table = {
    **_named("count", growth.n_periods),
    **_named("years", growth.years_periods),
    **_named("fraction", growth.total_return),
    **_named("fraction", growth.cagr, needs=(need.IN_RANGE,)),
    **_named("fraction", moments.mean_period, growth.ann_return_arith),
    **_named("fraction", growth.geometric_mean_period),
    **_named("fraction", growth.best_period, growth.worst_period),
    **_named("ratio", growth.stability_r2, needs=(need.ALIVE, need.TWO, need.MOVED)),
    **_named("fraction", risk.vol_period, risk.ann_vol, needs=(need.TWO,)),
    **_named("fraction", risk.downside_dev_period, risk.ann_downside_dev),
    **_named("ratio", ratios.sharpe_period, ratios.sharpe, needs=_SPREAD),
    **_named("ratio", ratios.sharpe_geometric_excess, needs=(*_SPREAD, need.NO_DEBT)),
    **_named("ratio", ratios.sharpe_cagr_over_vol, needs=(*_SPREAD, need.IN_RANGE)),
    **_named("ratio", ratios.sharpe_se_mertens_annual, needs=(*_SPREAD, need.SKEWED)),
    **_named("fraction", ratios.psr_vs_0, needs=(*_SPREAD, need.SKEWED)),
    **_named("ratio", ratios.sortino, ratios.sortino_period, needs=_FALLS),
    **_named("ratio", ratios.sortino_subset_denominator, needs=_FALLS),
    **_named("ratio", ratios.sortino_std_of_negatives, needs=(*_LOSS, need.LOSSES_VARY)),
    **_named("fraction", drawdowns.max_drawdown),
    **_named("bars", drawdowns.max_drawdown_duration),
    **_named(
        "index", drawdowns.max_dd_peak_index, drawdowns.max_dd_trough_index, needs=(need.FALL,)
    ),
    **_named("index", drawdowns.max_dd_recovery_index, needs=(need.FALL, need.REGAINED)),
    **_named("count", drawdowns.n_drawdowns),
    **_named("fraction", drawdowns.avg_drawdown_episode, needs=(need.FALL,)),
    **_named("fraction", drawdowns.time_underwater_fraction, drawdowns.current_drawdown),
    **_named("fraction", drawdowns.ulcer_index, drawdowns.pain_index),
    **_named("ratio", ratios.calmar, needs=(need.FALL, need.IN_RANGE)),
    **_named("ratio", ratios.calmar_36m, needs=(need.SPAN, need.FALL, need.RECENT_FALL)),
    **_named("ratio", ratios.upi_martin, ratios.pain_ratio, needs=(need.FALL, need.IN_RANGE)),
    **_named("ratio", ratios.upi_martin_rf0, needs=(need.FALL, need.IN_RANGE)),
    **_named("ratio", ratios.recovery_factor, needs=(need.FALL,)),
    **_named("ratio", bars.omega, bars.profit_factor_bars, bars.gain_to_pain, needs=(need.LOSS,)),
    **_named("fraction", tails.var_hist_95, tails.cvar_hist_95),
    **_named("fraction", tails.var_hist_99, tails.cvar_hist_99),
    **_named("fraction", tails.var_normal_95, tails.cvar_normal_95, needs=(need.TWO,)),
    **_named("fraction", tails.var_cornish_fisher_95, needs=_SPREAD),
    **_named("ratio", tails.tail_ratio, needs=(need.LOW_TAIL,)),
    **_named("ratio", moments.skew_population, moments.excess_kurtosis_population, needs=_SPREAD),
    **_named("ratio", moments.skew_sample, needs=(need.THREE, need.SPREAD)),
    **_named("ratio", moments.excess_kurtosis_sample, needs=(need.FOUR, need.SPREAD)),
    **_named("ratio", moments.jarque_bera, moments.autocorr_lag1, needs=_SPREAD),
    **_named("fraction", bars.hit_rate_nonzero, needs=(need.MOVE,)),
    **_named("fraction", bars.hit_rate_all, bars.exposure_from_returns),
    **_named("fraction", bars.avg_win, needs=(need.WIN,)),
    **_named("fraction", bars.avg_loss, needs=(need.LOSS,)),
    **_named("ratio", bars.payoff_ratio_bars, needs=(need.WIN, need.LOSS)),
    **_named("fraction", bars.kelly_discrete_bars, needs=(need.WIN, need.LOSS)),
    **_named("ratio", ratios.kelly_continuous, ratios.kelly_half, needs=_SPREAD),
    **_named("bars", bars.longest_win_streak, bars.longest_loss_streak),
    **_named("count", calendar.n_months),
    **_named("fraction", calendar.best_month, calendar.worst_month),
    **_named("fraction", calendar.pct_positive_months),
    **_named("ratio", calendar.gain_to_pain_monthly, needs=(need.LOSING_MONTH,)),
    **_named("ratio", relative.beta, needs=_PAIR),
    **_named("fraction", relative.alpha_period, relative.alpha_ann_arith, needs=_PAIR),
    **_named("fraction", relative.alpha_ann_compound, needs=(*_PAIR, need.IN_RANGE)),
    **_named(
        "ratio", relative.correlation, relative.r_squared, needs=(need.TWO, need.EITHER_VARIES)
    ),
    **_named("fraction", relative.tracking_error, needs=(need.TWO,)),
    **_named("ratio", relative.information_ratio, needs=_DIFFER),
    **_named("ratio", relative.information_ratio_period, needs=_DIFFER),
    **_named("ratio", relative.information_ratio_geometric, needs=(*_DIFFER, need.IN_RANGE)),
    **_named("fraction", relative.benchmark_cagr, needs=(need.IN_RANGE,)),
    **_named("fraction", relative.active_return_cagr_diff, needs=(need.IN_RANGE,)),
    **_named("ratio", relative.treynor_arith, needs=_BETA),
    **_named("ratio", relative.treynor_cagr, needs=(*_BETA, need.IN_RANGE)),
    **_named("fraction", relative.m2, needs=_SPREAD),
    **_named("fraction", relative.batting_average),
    **_named(
        "ratio", capture.up_capture_arith, capture.up_capture_sum, needs=(need.UP, need.TELLING)
    ),
    **_named("ratio", capture.up_capture_geomean_period, needs=(need.UP, need.TELLING)),
    **_named("ratio", capture.up_capture_geometric, needs=(need.UP, need.TELLING)),
    **_named("ratio", capture.up_capture_total_compounded, needs=(need.UP, need.TELLING)),
    **_named(
        "ratio",
        capture.down_capture_arith,
        capture.down_capture_sum,
        needs=(need.DOWN, need.TELLING),
    ),
    **_named("ratio", capture.down_capture_geomean_period, needs=(need.DOWN, need.TELLING)),
    **_named("ratio", capture.down_capture_geometric, needs=(need.DOWN, need.TELLING)),
    **_named(
        "ratio", capture.down_capture_total_compounded_nonpos, needs=(need.DOWN, need.TELLING)
    ),
    **_named("ratio", capture.up_capture_monthly_geomean, needs=(need.UP_MONTH, need.TELLING)),
    **_named("ratio", capture.down_capture_monthly_geomean, needs=(need.DOWN_MONTH, need.TELLING)),
}
"""All ids; those of DEFINITIONS, and `exposure_from_returns`."""
MEAN_DIFFERENCE_T = {
    # P cancels: it rests on the bars alone.
    name: replace(each, basis="bars")
    for name, each in _named("ratio", relative.mean_difference_t, needs=_DIFFER).items()
}
"""A figure of a run that is no id of `summary`."""
