"""`core_statistics`: every number of a run, with its unit, its basis, or why it is undefined."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from engine import attribution, trading
from engine.ledger import Ledger
from engine.measures.bars import moved, over
from engine.measures.sample import Sample
from engine.measures.table import MEAN_DIFFERENCE_T, MEASURES
from engine.measures.trades import trade_statistics
from engine.wording import bar_day, count
from feeds.arrays import DAY, Float, Instants, text
from feeds.errors import EngineError

_BARS = {8760.0: "hourly", 365.0: "daily", 252.0: "daily", 52.0: "weekly", 12.0: "monthly"}
SHORT_SAMPLE_DAYS = 365
SHORT = "short sample"
"""What the basis of a figure a year says of less than a year of data."""
_NANOSECOND = np.timedelta64(1, "ns")

_OWN = (
    *("total_return", "cagr", "ann_return_arith", "geometric_mean_period"),
    *("best_period", "worst_period", "vol_period", "ann_vol"),
    *("downside_dev_period", "ann_downside_dev"),
    *("sharpe_period", "sharpe", "sharpe_se_mertens_annual", "psr_vs_0"),
    *("sortino", "calmar", "calmar_36m", "upi_martin", "pain_ratio", "recovery_factor"),
    *("omega", "gain_to_pain", "kelly_continuous", "kelly_half", "stability_r2"),
    *("skew_population", "excess_kurtosis_population", "tail_ratio"),
    *("var_hist_95", "cvar_hist_95", "var_hist_99", "cvar_hist_99"),
    *("var_normal_95", "var_cornish_fisher_95"),
    *("hit_rate_nonzero", "hit_rate_all", "avg_win", "avg_loss", "payoff_ratio_bars"),
    *("longest_win_streak", "longest_loss_streak", "autocorr_lag1"),
    *("max_drawdown", "max_drawdown_duration"),
    *("max_dd_peak_index", "max_dd_trough_index", "max_dd_recovery_index"),
    *("n_drawdowns", "avg_drawdown_episode", "current_drawdown"),
    *("ulcer_index", "pain_index", "time_underwater_fraction"),
    *("n_months", "best_month", "worst_month", "pct_positive_months", "gain_to_pain_monthly"),
)
_RELATIVE = (
    *("beta", "alpha_ann_arith", "correlation", "r_squared", "tracking_error"),
    *("information_ratio", "mean_difference_t", "active_return_cagr_diff"),
    *("up_capture_monthly_geomean", "down_capture_monthly_geomean"),
    *("up_capture_arith", "down_capture_arith", "batting_average", "treynor_cagr", "m2"),
)
_SAID = {
    **dict.fromkeys(("sortino", "omega", "gain_to_pain"), "; target 0"),
    **dict.fromkeys(
        ("var_hist_95", "cvar_hist_95", "var_hist_99", "cvar_hist_99"), "; loss per bar"
    ),
    **dict.fromkeys(("var_normal_95", "var_cornish_fisher_95"), "; loss per bar"),
    "psr_vs_0": "; formula of 2012, this one series",
    "max_drawdown": "; start capital included",
    "mean_difference_t": "; no correction for autocorrelation",
}
"""What the basis of a statistic says beyond the sample."""
_TRADES = {
    **dict.fromkeys(("n_trades", "max_consecutive_wins", "max_consecutive_losses"), "count"),
    **dict.fromkeys(("win_rate", "best_5_share_of_profit"), "fraction"),
    **dict.fromkeys(("profit_factor", "payoff_ratio", "sqn_ddof1"), "ratio"),
    **dict.fromkeys(("expectancy", "largest_win", "largest_loss"), "money"),
    "avg_holding_bars": "bars",
}
_TABLE = {**MEASURES, **MEAN_DIFFERENCE_T}


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
class _Curve:
    """What every statistic of one curve rests on."""

    sample: Sample
    time: Instants

    @property
    def basis(self) -> str:
        bars, per_year = len(self.sample.returns), self.sample.periods_per_year
        kind = _BARS.get(per_year, "")
        noun = "return" if bars == 1 else "returns"
        return f"{bars} {kind} {noun}".replace("  ", " ") + f", {per_year:g} a year"

    @property
    def annual_basis(self) -> str:
        days = float((self.time[-1] - self.time[0]) / DAY)
        short = f"; {SHORT}: {days / 365.0:.2g} years" if days < SHORT_SAMPLE_DAYS else ""
        return self.basis + short

    @property
    def bases(self) -> dict[str, str]:
        """What measures of each kind rest on."""
        annual = self.annual_basis
        return {
            "bars": self.basis,
            "annual": annual,
            "excess": f"{annual}; risk-free rate {self.sample.risk_free:.4g} a year",
            "months": f"{count(len(self.sample.months), 'calendar month')}, the ends maybe in part",
        }


def core_statistics(
    ledger: Ledger,
    periods_per_year: float,
    risk_free: float,
    benchmarks: Mapping[str, Float],
    notes: Mapping[str, int],
    signals: Mapping[str, Float] = MappingProxyType({}),
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
    signals : mapping of str to float64 (T,)
        Values at the closes; the return is split by the state of those that are 0 or 1.

    Raises
    ------
    EngineError
        For a NAV that is not a positive finite number, or a ledger without a bar.
    """
    own = _curve("the strategy", ledger.nav, ledger, periods_per_year, risk_free)
    found = [*_measured("", _OWN, own), *_trading(ledger, own), *_trades(ledger)]
    found += [*_contributions(ledger), *_by_signal(ledger, signals)]
    found += [Statistic(name, float(number), "count", "", "") for name, number in notes.items()]
    for name in sorted(benchmarks):
        title = f"benchmark '{name}'"
        other = _curve(title, benchmarks[name], ledger, periods_per_year, risk_free)
        found += _measured(f"{name}.", _OWN, other)
        both = replace(own.sample, benchmark=other.sample.returns, benchmark_nav=other.sample.nav)
        found += _measured(f"vs_{name}.", _RELATIVE, replace(own, sample=both))
    return tuple(found)


def _curve(
    title: str, nav: Float, ledger: Ledger, periods_per_year: float, risk_free: float
) -> _Curve:
    """The curve with the start capital in front, once it has passed its checks."""
    curve = np.concatenate(([ledger.start_cash], nav))
    time: Instants = np.concatenate(([ledger.start], ledger.time)).astype("datetime64[ns]")
    if len(curve) != len(time) or len(time) < 2:
        raise EngineError(f"{title} has {len(nav)} values of NAV for {len(ledger.time)} closes")
    bad = np.flatnonzero(~np.isfinite(curve) | (curve <= 0.0))
    if len(bad):
        raise EngineError(
            f"NAV of {title} is {curve[bad[0]]:g} at {text(time[bad[0]])}; statistics need a NAV "
            "above 0 at every close. An account that falls to 0 is ruined: end the period before"
        )
    returns = curve[1:] / curve[:-1] - 1.0
    # A close at midnight belongs to the day that ends then.
    inside: Instants = time[1:] - _NANOSECOND
    return _Curve(Sample(returns, curve, periods_per_year, risk_free, labels=inside), time)


def _measured(prefix: str, names: tuple[str, ...], of: _Curve) -> Iterator[Statistic]:
    """Measures of one curve, or of one against a benchmark, by their ids."""
    bases = of.bases
    for name in names:
        measure = _TABLE[name]
        value = measure.of(of.sample)
        if name in _PLACES and not math.isnan(value):
            basis = f"bar of {bar_day(of.time[int(value)])}" if value else "start capital"
        elif name in _PLACES:
            basis = ""
        else:
            basis = _OTHER_BASIS.get(name) or bases[measure.basis] + _SAID.get(name, "")
        if name == "hit_rate_nonzero":
            basis = f"{np.count_nonzero(moved(of.sample.returns))} bars that moved"
        reason = measure.reason(of.sample) if math.isnan(value) else ""
        yield _statistic(prefix + name, value, measure.unit, basis, reason)


_PLACES = ("max_dd_peak_index", "max_dd_trough_index", "max_dd_recovery_index")
_OTHER_BASIS = {"max_drawdown_duration": "longest of all, from peak to regain"}


def _statistic(name: str, value: float, unit: str, basis: str, reason: str) -> Statistic:
    """A statistic whose value is None, with the reason, where the formula gave NaN."""
    if math.isfinite(value):
        return Statistic(name, float(value), unit, basis)
    return Statistic(name, None, unit, basis, reason)


def _trading(ledger: Ledger, of: _Curve) -> list[Statistic]:
    """Turnover, costs, exposure, stale positions and the fate of the orders."""
    turnover = trading.one_way_turnover(ledger)
    fees, slippage = trading.fees(ledger), trading.slippage(ledger)
    paid = fees + slippage
    yearly = of.sample.periods_per_year / len(turnover)
    stale = trading.stale_bars(ledger)
    named = ", ".join(f"{name} {number}" for name, number in stale.items())
    filled = f"{np.count_nonzero(trading.filled(ledger))} fills"
    half = "traded notional over twice the previous NAV"
    exposure = float(np.mean(trading.gross_exposure(ledger)))
    annual = of.annual_basis
    basis = f"{half}; {annual}"
    cost_basis = f"fees and slippage over mean NAV; {annual}"
    cost = paid / float(np.mean(ledger.nav)) * yearly
    held = trading.exposure_time_fraction(ledger)
    none = "closes at which an id was held without a bar"
    before = float(ledger.nav[-1]) - ledger.start_cash + paid
    even = over(before, trading.traded_notional(ledger))
    even_basis = "cost per traded notional at which the profit is 0, trading as it did"
    out = [
        Statistic("one_way_turnover", float(turnover.sum()), "ratio", half),
        Statistic("ann_one_way_turnover", float(turnover.sum()) * yearly, "ratio", basis),
        Statistic("fees", fees, "money", filled),
        Statistic("slippage", slippage, "money", f"{filled}, against the open"),
        Statistic("ann_cost", cost, "fraction", cost_basis),
        Statistic("profit_before_costs", before, "money", "change of NAV plus fees and slippage"),
        _statistic("break_even_cost", even, "fraction", even_basis, "nothing was traded"),
        Statistic("exposure_time_fraction", held, "fraction", "bars with anything held"),
        Statistic("avg_gross_exposure", exposure, "fraction", "positions over NAV, mean of bars"),
        Statistic("stale_bars", float(sum(stale.values())), "count", named or none),
        Statistic("orders", float(len(ledger.log)), "count", "all that were decided"),
    ]
    for (status, reason), number in trading.order_counts(ledger).items():
        name = f"orders.{status}.{reason}" if reason else f"orders.{status}"
        out.append(Statistic(name, float(number), "count", "orders by status and reason"))
    return out


def _trades(ledger: Ledger) -> list[Statistic]:
    """Closed trades, and what is still held."""
    found = trading.trades(ledger)
    done = ~found.is_open
    values = trade_statistics(found.pnl[done], found.held[done])
    closed = int(values["n_trades"])
    basis = f"{count(closed, 'closed trade')}, an id from first bought to all sold, net of costs"
    few = "too few closed trades that won, lost or differ" if closed else "no closed trade"
    still = "held at the last close, no trade yet"
    return [
        *(_statistic(name, values[name], unit, basis, few) for name, unit in _TRADES.items()),
        Statistic("open_positions", float(np.count_nonzero(~done)), "count", still),
        Statistic("open_profit", float(np.sum(found.pnl[~done])), "money", f"{still}; at its mark"),
    ]


def _contributions(ledger: Ledger) -> Iterator[Statistic]:
    """What each id and each year added to the total return."""
    basis = "profit net of costs over the start capital; all {} add up to total_return"
    for name, value in attribution.by_id(ledger).items():
        yield Statistic(f"contribution.{name}", value, "fraction", basis.format("ids"))
    for year, value in attribution.by_year(ledger).items():
        yield Statistic(f"contribution_year.{year}", value, "fraction", basis.format("years"))


def _by_signal(ledger: Ledger, signals: Mapping[str, Float]) -> Iterator[Statistic]:
    """What the bars that began with a signal on, off or unknown added to the total return."""
    for name, values in sorted(signals.items()):
        if not np.all(np.isnan(values) | (values == 0.0) | (values == 1.0)):
            continue  # a number rather than a state
        bars = attribution.bars_by_state(ledger, values)
        for state, value in attribution.by_state(ledger, values).items():
            basis = f"{count(bars[state], 'bar')} that began so; all states add up to total_return"
            yield Statistic(f"contribution_signal.{name}.{state}", value, "fraction", basis)
