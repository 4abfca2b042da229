"""Worlds in which it is known what there is to find, and what the tests say of them.

Null worlds show how often a test cries wolf, worlds with the planted effect how often it finds it.
Figures are p-values or probabilities, one a world, NaN where a world has nothing to be tested.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.config import Experiment, load_config
from engine.inference.deflated import deflate, mean_correlation
from engine.inference.positions import positions_of
from engine.inference.reality_check import superior_ability
from engine.inference.resampled import sharpe_period
from engine.inference.rotations import Plan, rotation_test
from engine.inference.timing import circular_shift_test, turnover
from engine.inputs import Inputs, load_inputs
from engine.progress import Progress
from engine.simulation import simulate_experiment
from feeds.arrays import Float

_SLEEVES = {
    "btc": {"kind": "single", "asset": "BTC"},
    "alts": {"kind": "equal_weight", "exclude": ["BTC"]},
}
_SHARE = {"panel": "caps", "share": "(total_cap - btc_cap - usdt_cap) / total_cap"}
RULES: dict[str, dict[str, Any]] = {
    "index": {"risk_on": {"kind": "equity_breakout", "panel": "equities", "drought_days": 20,
                          "fresh_days": 40}},
    "dominance": {"risk_on": {"kind": "alt_dominance", "mean_days": 91, **_SHARE}},
    "planted": {
        "breakout": {"kind": "equity_breakout", "panel": "equities", "drought_days": 365,
                     "fresh_days": 180},
        "dominance": {"kind": "alt_dominance", "mean_days": 91, **_SHARE},
        "risk_on": {"kind": "expression", "when": "breakout == 1 and dominance > 0"},
    },
}  # fmt: skip
"""Signals by name: of the index alone, of the coins' own past, and that of the planted effect."""


def world(rule: str, seed: int, effect: float, years: int, coins: int = 8) -> Experiment:
    """A rotation into alts by a rule on a simulated market of its own."""
    first = "2016-07-01"
    return load_config(
        {
            "version": 1,
            "name": "world",
            "period": {"start": first, "end": f"{2015 + years}-12-31"},
            "data": {
                "simulated": {
                    "seed": seed, "days": 366 * years, "coins": coins, "effect": float(effect)
                }
            },
            "clock": "coins",
            "universe": {"min_age_days": 20},
            "signals": RULES[rule],
            "sleeves": _SLEEVES,
            "strategy": {
                "kind": "rotation", "signal": "risk_on", "on": {"alts": 1.0}, "off": {"btc": 1.0}
            },
            "schedule": {"kind": "weekly", "weekday": "monday", "or_on_change": True},
            "benchmarks": {},
        }
    )  # fmt: skip


def timing_p_values(
    experiment: Experiment, cache: Path | None, *, seed: int, shifts: int, rotations: int
) -> tuple[float, float]:
    """The p-values of the shift test and of the random rotations on one world."""
    quiet = Progress(quiet=True)
    inputs = load_inputs(experiment, cache, quiet)
    experiment = without_the_dying(experiment, inputs)
    run = simulate_experiment(experiment, inputs, lambda *_: None, quiet)
    plan = Plan(experiment, inputs)
    held = positions_of(plan, run)
    shifted = circular_shift_test(
        held.shares, held.returns, cost=held.cost, seed=seed, count=shifts, lead=held.memory
    )
    rotated = rotation_test(plan, run, seed=seed, count=rotations)
    return shifted.p_value, rotated.p_value


def without_the_dying(experiment: Experiment, inputs: Inputs) -> Experiment:
    """The experiment with the coins left out of its sleeve that collapse within days.

    A collapse goes on until it is over, so that a share of all caps that falls does foretell it:
    with them in the sleeve, the market has something to find whatever is planted.
    """
    lives = zip(inputs.clock.ids, inputs.clock.has_bar[-1].tolist(), strict=True)
    ended = [name for name, alive in lives if not alive]
    alts = experiment.sleeves["alts"].model_copy(update={"exclude": ["BTC", *ended]})
    return experiment.model_copy(update={"sleeves": {**experiment.sleeves, "alts": alts}})


def sleeves(random: np.random.Generator, bars: int, drift: float) -> Float:
    """Returns of two sleeves with the same drift a bar, volatile in spells, float64 (T, 2).

    Arithmetic means are equal, so that no rotation between them is worth anything before costs.
    """
    log_volatility = np.zeros(bars)
    shocks = random.normal(0.0, 0.15, bars)
    for bar in range(1, bars):
        log_volatility[bar] = 0.95 * log_volatility[bar - 1] + shocks[bar]
    size = np.exp(log_volatility) * 0.02
    market = random.standard_t(5, bars) * math.sqrt(3.0 / 5.0)
    own = random.standard_t(5, bars) * math.sqrt(3.0 / 5.0)
    alts = size * (market + own)
    return np.maximum(np.column_stack((size * market, alts)) + drift, -0.9)


def rotated(random: np.random.Generator, returns: Float, cost: float) -> Float:
    """Net returns of a rotation without skill, in spells of 10 to 120 bars, float64 (T,)."""
    length = math.exp(random.uniform(math.log(10.0), math.log(120.0)))
    state = (np.cumsum(random.random(len(returns)) < 1.0 / length) + random.integers(2)) % 2
    shares = np.column_stack((1.0 - state, state))
    return np.asarray(np.sum(shares * returns, axis=1) - cost * turnover(shares))


def search_probabilities(
    seed: int, drift: float, *, variants: int = 50, bars: int = 900
) -> tuple[float, float]:
    """The deflated Sharpe ratio of the best of many rotations without skill, free of cost.

    Over holding the first sleeve, and raw: drift is no luck, so that raw returns of a rising market
    pass however long was searched.
    """
    random = np.random.default_rng([seed, 1])
    returns = sleeves(random, bars, drift)
    raw = np.column_stack([rotated(random, returns, cost=0.0) for _ in range(variants)])
    active = raw - returns[:, :1]
    return _deflated_best(active), _deflated_best(raw)


def _deflated_best(tried: Float) -> float:
    ratios = sharpe_period(tried.T)
    best = tried[:, int(np.nanargmax(ratios))]
    return deflate(best, ratios, mean_correlation(tried)).probability


def superior_p_value(seed: int, cost: float, *, models: int = 10, bars: int = 500) -> float:
    """Hansen's p-value of rotations without skill against another of them that pays nothing."""
    random = np.random.default_rng([seed, 2])
    returns = sleeves(random, bars, 0.0005)
    benchmark = rotated(random, returns, 0.0)
    tried = np.column_stack([rotated(random, returns, cost) for _ in range(models)])
    return superior_ability(benchmark, tried, seed=seed, resamples=199, length=5).consistent


def over_worlds(worlds: int, of_world: Callable[[int], Any]) -> Float:
    """What is found in each world, by seed, float64 (worlds, ...)."""
    return np.array([of_world(seed) for seed in range(worlds)], dtype=np.float64)


def uniform_p_value(p_values: Float) -> float:
    """Kolmogorov and Smirnov's p-value of uniformity of those that are known."""
    from scipy.stats import kstest

    return float(kstest(p_values[~np.isnan(p_values)], "uniform").pvalue)


def rejected(p_values: Float, level: float = 0.05) -> float:
    """Share of the known ones at or below the level."""
    known = p_values[~np.isnan(p_values)]
    return float(np.mean(known <= level)) if len(known) else math.nan
