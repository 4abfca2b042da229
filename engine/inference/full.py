"""The full inference of a run: intervals, and every test of whether it was luck.

Each finding carries its number of bars, its count of resamples, shifts or rotations, and its seed,
and is the same on every rerun. What is undefined is NaN with a reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from engine.config import Experiment
from engine.inference import resampled
from engine.inference.autocorrelation import adjusted_sharpe
from engine.inference.bootstrap import block_length, drawdown_block_length, interval, paired
from engine.inference.deflated import shape
from engine.inference.findings import (
    Against,
    Counts,
    Finding,
    Inference,
    of_interval,
    of_paired,
    of_timing,
)
from engine.inference.permuted_markets import permuted_market_test
from engine.inference.positions import positions_of
from engine.inference.reality_check import SuperiorAbility, superior_ability
from engine.inference.rotations import Plan, rotation_test
from engine.inference.sharpe import min_track_record, sharpe_error
from engine.inference.sharpe_difference import bootstrap_difference
from engine.inference.timing import Timing, circular_shift_test
from engine.inputs import Inputs
from engine.ledger import Ledger
from engine.simulation import Simulation
from feeds.arrays import Float
from strategies.base import Strategy

__all__ = ["Counts", "Inference", "bar_returns", "full_inference"]

NAN = math.nan
CONFIDENCE = 0.95

Step = Callable[[str], None]


def full_inference(
    experiment: Experiment,
    inputs: Inputs,
    simulation: Simulation,
    *,
    seed: int,
    counts: Counts | None = None,
    superior: Mapping[str, SuperiorAbility] | None = None,
    step: Step = lambda _: None,
) -> Inference:
    """Everything that is to be said about luck in one run.

    Parameters
    ----------
    experiment, inputs, simulation
        The run.
    seed : int
        Of everything that is drawn.
    counts : Counts
    superior : mapping of str to SuperiorAbility
        Hansen's test by benchmark with all variants that were tried as the models, this one among
        them. Of a benchmark that it does not know, or cannot tell, this run is the only model.
    step : callable
        Told what comes next.
    """
    counts = counts or Counts()
    year, rate = experiment.report.periods_per_year, experiment.report.risk_free
    own = bar_returns(simulation.ledger)
    step("resampling returns")
    length = block_length(own)[0]
    draw = partial(interval, returns=own, seed=seed, resamples=counts.resamples)
    sharpe, cagr = (
        of_interval(draw(statistic, length=length))
        for statistic in (resampled.sharpe(year, rate), resampled.cagr(year))
    )
    deep = draw(resampled.max_drawdown, length=max(length, drawdown_block_length(own)))
    step("holding at other times")
    shift, rotations = _timings(experiment, inputs, simulation, counts, seed)
    if counts.markets:
        step(f"running it on {counts.markets} permuted markets")
    markets = _markets(experiment, inputs, simulation, counts.markets, seed)
    against = {}
    for name, ledger in sorted(simulation.benchmarks.items()):
        step(f"comparing with {name}")
        lead = (superior or {}).get(name)
        against[name] = _against(own, bar_returns(ledger), lead, year, rate, counts, seed)
    return Inference(
        sharpe=sharpe,
        cagr=cagr,
        max_drawdown=of_interval(deep),
        adjusted_sharpe=_adjusted(own, year, rate),
        min_track_record=_record(own, year, rate),
        shift=of_timing(shift),
        rotations=of_timing(rotations),
        markets=of_timing(markets),
        against=against,
        shift_null=shift.null,
        rotation_null=rotations.null,
        market_null=markets.null,
        n=len(own),
        periods_per_year=year,
        seed=seed,
    )


def bar_returns(ledger: Ledger) -> Float:
    """Simple returns per bar of the NAV, the start cash being point 0, float64 (T,)."""
    nav = np.concatenate(([ledger.start_cash], ledger.nav))
    return np.asarray(nav[1:] / nav[:-1] - 1.0)


def _timings(
    experiment: Experiment, inputs: Inputs, simulation: Simulation, counts: Counts, seed: int
) -> tuple[Timing, Timing]:
    """The test by circular shifts, and that by random rotations."""
    if not isinstance(experiment.strategy, Strategy):
        why = "a raw strategy has no shares by sleeve that could be held at other times"
        none = Timing(NAN, NAN, np.empty(0), 0, 0, len(simulation.ledger.nav), None, why)
        return none, none
    plan = Plan(experiment, inputs)
    held = positions_of(plan, simulation)
    shift = circular_shift_test(
        held.shares,
        held.returns,
        cost=held.cost,
        seed=seed,
        count=counts.shifts,
        lead=held.memory,
    )
    return shift, rotation_test(plan, simulation, seed=seed, count=counts.rotations)


def _markets(
    experiment: Experiment, inputs: Inputs, simulation: Simulation, count: int, seed: int
) -> Timing:
    """The test by permuted markets, where they were asked for."""
    if count:
        return permuted_market_test(experiment, inputs, simulation, seed=seed, count=count)
    why = "no markets were permuted: `--markets N` asks for it"
    return Timing(NAN, NAN, np.empty(0), 0, 0, len(simulation.ledger.nav), None, why)


def _against(
    own: Float,
    other: Float,
    lead: SuperiorAbility | None,
    year: float,
    rate: float,
    counts: Counts,
    seed: int,
) -> Against:
    length = max(block_length(own)[0], block_length(other)[0])
    draw = partial(
        paired, first=own, second=other, seed=seed, resamples=counts.resamples, length=length
    )
    gap = _ledoit_wolf(own, other, year, rate, counts.resamples, seed)
    if lead is None or lead.reason:
        lead = superior_ability(other, own[:, None], seed=seed, resamples=counts.resamples)
    superior = Finding(
        value=lead.lead,
        p_value=lead.consistent,
        n=lead.n,
        count=lead.resamples,
        seed=seed,
        block_length=lead.block_length,
        reason=lead.reason,
    )
    sharpe = of_paired(draw(resampled.sharpe(year, rate)))
    return Against(sharpe, of_paired(draw(resampled.cagr(year))), gap, superior)


def _ledoit_wolf(
    own: Float, other: Float, year: float, rate: float, resamples: int, seed: int
) -> Finding:
    """The difference of annual Sharpe ratios and its two-sided p-value."""
    a_bar = (1.0 + rate) ** (1.0 / year) - 1.0
    longest = max(block_length(own)[1], block_length(other)[1])
    block = min(max(1, math.ceil(longest)), max(1, len(own) // 2))
    found = bootstrap_difference(
        own - a_bar, other - a_bar, block=block, seed=seed, resamples=resamples
    )
    scale = math.sqrt(year)
    reach = 1.959963984540054 * found.error * scale
    value = found.difference * scale
    return Finding(
        value,
        value - reach,
        value + reach,
        found.p_value,
        found.count,
        resamples,
        seed,
        float(block),
        found.reason,
    )


def _adjusted(own: Float, year: float, rate: float) -> Finding:
    a_bar = (1.0 + rate) ** (1.0 / year) - 1.0
    found = adjusted_sharpe(own - a_bar, year)
    ratio, skew, kurtosis = shape(own - a_bar)
    # As an error of Mertens a year, with Lo's factor in place of the root of the periods.
    factor = found.adjusted / ratio if ratio else NAN
    reach = 1.959963984540054 * sharpe_error(ratio, len(own), skew, kurtosis) * factor
    low, high = found.adjusted - reach, found.adjusted + reach
    return Finding(found.adjusted, low, high, n=len(own), reason=found.reason)


def _record(own: Float, year: float, rate: float) -> Finding:
    ratio, skew, kurtosis = shape(own - ((1.0 + rate) ** (1.0 / year) - 1.0))
    years = min_track_record(ratio, skew, kurtosis, confidence=CONFIDENCE) / year
    reason = ""
    if math.isnan(years):
        unknown = "the Sharpe ratio is undefined"
        reason = unknown if math.isnan(ratio) else "the Sharpe ratio is not above 0"
    return Finding(years, n=len(own), reason=reason)
