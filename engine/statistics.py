"""`core_statistics`: every number of a run, with its unit, its basis, or why it is undefined."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine import measures, trading
from engine.drawdowns import (
    deepest,
    max_drawdown,
    max_drawdown_duration,
    time_underwater_fraction,
    ulcer_index,
)
from engine.ledger import Ledger
from engine.wording import bar_day
from feeds.arrays import DAY, Float, Instants, text
from feeds.errors import EngineError

_BARS = {8760.0: "hourly", 365.0: "daily", 252.0: "daily", 52.0: "weekly", 12.0: "monthly"}
SHORT_SAMPLE_DAYS = 365

_Row = tuple[str, float, str, str, str]
"""Name, value or NaN, unit, basis, and the reason that holds if the value is NaN."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number: `value` is None where it is undefined, and `reason` then says why.

    `unit` is fraction, ratio, days, bars, count, money or index (a position on the curve, 0 being
    the start capital); `basis` says what the number rests on.
    """

    name: str
    value: float | None
    unit: str
    basis: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Sample:
    """What every statistic of one curve rests on."""

    nav: Float
    returns: Float
    time: Instants
    periods_per_year: float
    risk_free: float
    days: float

    @property
    def basis(self) -> str:
        count = len(self.returns)
        kind = _BARS.get(self.periods_per_year, "")
        noun = "return" if count == 1 else "returns"
        return f"{count} {kind} {noun}".replace("  ", " ") + f", {self.periods_per_year:g} a year"

    @property
    def no_spread(self) -> str:
        return "fewer than 2 returns" if len(self.returns) < 2 else "returns do not vary"

    @property
    def annual_basis(self) -> str:
        years = self.days / 365.0
        short = f"; short sample: {years:.2g} years" if self.days < SHORT_SAMPLE_DAYS else ""
        return self.basis + short

    @property
    def excess_basis(self) -> str:
        return f"{self.annual_basis}; risk-free rate {self.risk_free:.4g} a year"


def core_statistics(
    ledger: Ledger,
    periods_per_year: float,
    risk_free: float,
    benchmarks: Mapping[str, Float],
    notes: Mapping[str, int],
) -> tuple[Statistic, ...]:
    """All core statistics of a run.

    Parameters
    ----------
    ledger : Ledger
        NAV, holdings and orders of the strategy, point 0 being `start` and `start_cash`.
    periods_per_year : float
    risk_free : float
        Effective annual rate.
    benchmarks : mapping of str to float64 (T,)
        NAV of each benchmark at the same closes, from the same start cash. Their own statistics
        are named `<benchmark>.<statistic>`, relative ones `vs_<benchmark>.<statistic>`.
    notes : mapping of str to int
        Counts that the run kept, such as decisions by reason; each becomes a statistic.

    Raises
    ------
    EngineError
        For a NAV that is not a positive finite number, or a ledger without a bar.
    """
    sample = _sample("the strategy", ledger.nav, ledger, periods_per_year, risk_free)
    found = [*_own("", sample)]
    found += _trading(ledger, sample)
    found += [Statistic(name, float(count), "count", "", "") for name, count in notes.items()]
    for name in sorted(benchmarks):
        title = f"benchmark '{name}'"
        other = _sample(title, benchmarks[name], ledger, periods_per_year, risk_free)
        found += _own(f"{name}.", other)
        found += _relative(f"vs_{name}.", sample, other.returns)
    return tuple(found)


def _sample(
    title: str, nav: Float, ledger: Ledger, periods_per_year: float, risk_free: float
) -> _Sample:
    """The curve with the start capital in front, once it has passed its checks."""
    curve = np.concatenate(([ledger.start_cash], nav))
    time = np.concatenate(([ledger.start], ledger.time)).astype("datetime64[ns]")
    if len(curve) != len(time) or len(time) < 2:
        raise EngineError(f"{title} has {len(nav)} values of NAV for {len(ledger.time)} closes")
    bad = np.flatnonzero(~np.isfinite(curve) | (curve <= 0.0))
    if len(bad):
        raise EngineError(
            f"NAV of {title} is {curve[bad[0]]:g} at {text(time[bad[0]])}; statistics need a NAV "
            "above 0 at every close. An account that falls to 0 is ruined: end the period before"
        )
    days = float((time[-1] - time[0]) / DAY)
    return _Sample(curve, curve[1:] / curve[:-1] - 1.0, time, periods_per_year, risk_free, days)


def _known(prefix: str, row: _Row) -> Statistic:
    """A statistic whose value is None, with the reason, where the formula gave NaN."""
    name, value, unit, basis, reason = row
    if math.isfinite(value):
        return Statistic(prefix + name, float(value), unit, basis)
    return Statistic(prefix + name, None, unit, basis, reason)


def _own(prefix: str, of: _Sample) -> list[Statistic]:
    """Growth, risk and ratios of one curve."""
    rows = _growth(of) + _ratios(of) + _shape(of) + _drawdowns(of)
    return [_known(prefix, row) for row in rows]


def _growth(of: _Sample) -> list[_Row]:
    r, p, per_year = of.returns, of.periods_per_year, of.annual_basis
    too_large = "too large for a float: the sample is too short"
    return [
        ("total_return", measures.total_return(of.nav), "fraction", of.basis, ""),
        ("cagr", measures.cagr(of.nav, p), "fraction", per_year, too_large),
        ("ann_return_arith", measures.ann_return_arith(r, p), "fraction", per_year, ""),
        ("vol_period", measures.vol_period(r), "fraction", of.basis, of.no_spread),
        ("ann_vol", measures.ann_vol(r, p), "fraction", per_year, of.no_spread),
        ("downside_dev_period", measures.downside_dev_period(r), "fraction", of.basis, ""),
        ("ann_downside_dev", measures.ann_downside_dev(r, p), "fraction", per_year, ""),
    ]


def _ratios(of: _Sample) -> list[_Row]:
    r, p, free = of.returns, of.periods_per_year, of.risk_free
    no_loss = "no losing bar" if measures.varies(r) else of.no_spread
    per_bar = measures.sharpe_period(r, p, free)
    error = measures.sharpe_se_mertens_annual(r, p, free)
    psr_basis = f"{of.excess_basis}; formula of 2012, this one series"
    return [
        ("sharpe_period", per_bar, "ratio", of.excess_basis, of.no_spread),
        ("sharpe", measures.sharpe(r, p, free), "ratio", of.excess_basis, of.no_spread),
        ("sharpe_se_mertens_annual", error, "ratio", of.excess_basis, of.no_spread),
        ("psr_vs_0", measures.psr_vs_0(r, p, free), "fraction", psr_basis, of.no_spread),
        ("sortino", measures.sortino(r, p), "ratio", f"{of.annual_basis}; target 0", no_loss),
        ("calmar", measures.calmar(of.nav, p), "ratio", of.annual_basis, "no drawdown"),
        ("omega", measures.omega(r), "ratio", f"{of.basis}; target 0", "no losing bar"),
    ]


def _shape(of: _Sample) -> list[_Row]:
    r, loss = of.returns, f"{of.basis}; loss per bar"
    kurtosis = measures.excess_kurtosis_population(r)
    moved = f"{np.count_nonzero(r)} bars that moved"
    return [
        ("skew_population", measures.skew_population(r), "ratio", of.basis, of.no_spread),
        ("excess_kurtosis_population", kurtosis, "ratio", of.basis, of.no_spread),
        ("var_hist_95", measures.var_hist_95(r), "fraction", loss, ""),
        ("cvar_hist_95", measures.cvar_hist_95(r), "fraction", loss, ""),
        ("hit_rate_nonzero", measures.hit_rate_nonzero(r), "fraction", moved, "no bar moved"),
        ("hit_rate_all", measures.hit_rate_all(r), "fraction", of.basis, ""),
        ("autocorr_lag1", measures.autocorr_lag1(r), "ratio", of.basis, of.no_spread),
    ]


def _drawdowns(of: _Sample) -> list[_Row]:
    """Depth, length and dates of the deepest drawdown, and time under water."""
    basis, none = f"{of.basis}; start capital included", "no drawdown"
    longest = float(max_drawdown_duration(of.nav))
    rows: list[_Row] = [
        ("max_drawdown", max_drawdown(of.nav), "fraction", basis, ""),
        ("max_drawdown_duration", longest, "bars", "longest of all, from peak to regain", ""),
    ]
    for worst in deepest(of.nav, 1) or (None,):
        for name in ("peak", "trough", "recovery"):
            index = getattr(worst, name, None)
            row = f"max_dd_{name}_index"
            if index is None:
                reason = "not recovered by the last bar" if worst else none
                rows.append((row, math.nan, "index", "", reason))
            else:
                when = f"bar of {bar_day(of.time[index])}" if index else "start capital"
                rows.append((row, float(index), "index", when, ""))
    under = time_underwater_fraction(of.nav)
    return [
        *rows,
        ("ulcer_index", ulcer_index(of.nav), "fraction", of.basis, ""),
        ("time_underwater_fraction", under, "fraction", of.basis, ""),
    ]


def _relative(prefix: str, of: _Sample, other: Float) -> list[Statistic]:
    """The strategy against one benchmark, bar by bar."""
    r, p = of.returns, of.periods_per_year
    few = "fewer than 2 returns"
    flat = few if len(r) < 2 else "the benchmark does not vary"
    same = few if len(r) < 2 else "both have the same returns"
    ratio = measures.information_ratio(r, other, p)
    annual, excess = of.annual_basis, of.excess_basis
    either = few if len(r) < 2 else "one of the two does not vary"
    alpha = measures.alpha_ann_arith(r, other, p, of.risk_free)
    spread = measures.tracking_error(r, other, p)
    # The ratio per bar times sqrt(T): the mean difference in units of its standard error.
    t_basis = f"{of.basis}; no correction for autocorrelation"
    rows: list[_Row] = [
        ("beta", measures.beta(r, other), "ratio", of.basis, flat),
        ("alpha_ann_arith", alpha, "fraction", excess, flat),
        ("correlation", measures.correlation(r, other), "ratio", of.basis, either),
        ("tracking_error", spread, "fraction", annual, few),
        ("information_ratio", ratio, "ratio", annual, same),
        ("mean_difference_t", ratio * math.sqrt(len(r) / p), "ratio", t_basis, same),
    ]
    return [_known(prefix, row) for row in rows]


def _trading(ledger: Ledger, of: _Sample) -> list[Statistic]:
    """Turnover, costs, exposure, stale positions and the fate of the orders."""
    turnover = trading.one_way_turnover(ledger)
    paid = trading.fees(ledger) + trading.slippage(ledger)
    yearly = of.periods_per_year / len(turnover)
    stale = trading.stale_bars(ledger)
    named = ", ".join(f"{name} {count}" for name, count in stale.items())
    filled = f"{np.count_nonzero(trading.filled(ledger))} fills"
    half = "traded notional over twice the previous NAV"
    exposure = float(np.mean(trading.gross_exposure(ledger)))
    basis = f"{half}; {of.annual_basis}"
    cost_basis = f"fees and slippage over mean NAV; {of.annual_basis}"
    cost = paid / float(np.mean(ledger.nav)) * yearly
    held = trading.exposure_time_fraction(ledger)
    none = "closes at which an id was held without a bar"
    out = [
        Statistic("one_way_turnover", float(turnover.sum()), "ratio", half),
        Statistic("ann_one_way_turnover", float(turnover.sum()) * yearly, "ratio", basis),
        Statistic("fees", trading.fees(ledger), "money", filled),
        Statistic("slippage", trading.slippage(ledger), "money", f"{filled}, against the open"),
        Statistic("ann_cost", cost, "fraction", cost_basis),
        Statistic("exposure_time_fraction", held, "fraction", "bars with anything held"),
        Statistic("avg_gross_exposure", exposure, "fraction", "positions over NAV, mean of bars"),
        Statistic("stale_bars", float(sum(stale.values())), "count", named or none),
        Statistic("orders", float(len(ledger.log)), "count", "all that were decided"),
    ]
    for (status, reason), count in trading.order_counts(ledger).items():
        name = f"orders.{status}.{reason}" if reason else f"orders.{status}"
        out.append(Statistic(name, float(count), "count", "orders by status and reason"))
    return out
