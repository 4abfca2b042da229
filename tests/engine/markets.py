"""Experiments on a small simulated market, and ways to spoil its future."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from engine.config import Experiment, load_config
from engine.inputs import Inputs, prepare_inputs
from engine.progress import Progress
from engine.simulation import Simulation, simulate_experiment
from feeds.arrays import Float, Instant
from feeds.panel import Panel
from feeds.simulated import SimulatedSpec, simulate

QUIET = Progress(quiet=True)
DAYS = 420

EVERYTHING: dict[str, Any] = {
    "version": 1,
    "name": "everything",
    "period": {"start": "2018-02-01", "end": "2019-02-20"},
    "data": {"simulated": {"seed": 3, "start": "2018-01-01", "days": DAYS, "coins": 8}},
    "clock": "coins",
    "universe": {"min_age_days": 20},
    "signals": {
        "record": {
            "kind": "equity_breakout",
            "panel": "equities",
            "drought_days": 5,
            "fresh_days": 20,
            "confirm": 2,
            "rearm_drawdown": 0.02,
        },
        "channel": {
            "kind": "equity_breakout",
            "panel": "equities",
            "rule": "donchian",
            "sessions": 20,
            "drought_days": 0,
            "fresh_days": 5,
            "price": "high",
            "rearm_sessions": 10,
        },
        "level": {"kind": "alt_dominance", "panel": "caps", "share": "btc_cap / total_cap"},
        "above_mean": {
            "kind": "alt_dominance",
            "panel": "caps",
            "share": "(total_cap - btc_cap - usdt_cap) / total_cap",
            "mean_days": 28,
        },
        "slope": {
            "kind": "alt_dominance",
            "panel": "caps",
            "share": "1 - btc_cap / total_cap",
            "slope_days": 28,
        },
        "steady": {"kind": "hysteresis", "signal": "above_mean", "enter": 0.002, "leave": -0.002},
        "risk_on": {
            "kind": "expression",
            "when": "(record == 1 or channel == 1 or steady == 1) and (slope > 0 or level < 0.5)",
        },
    },
    "sleeves": {
        "btc": {"kind": "single", "asset": "BTC"},
        "alts": {"kind": "equal_weight", "exclude": ["BTC"]},
    },
    "strategy": {
        "kind": "rotation",
        "signal": "risk_on",
        "on": {"alts": 0.9, "btc": 0.1},
        "off": {"btc": 1.0},
    },
    "schedule": {"kind": "weekly", "weekday": "monday", "or_on_change": True},
    # A blank future leaves positions without bars to its end.
    "execution": {"band": 0.01, "max_stale_days": 10_000},
    "benchmarks": {"btc": {"sleeve": "btc"}, "alts": {"sleeve": "alts"}},
}

STRATEGIES: dict[str, dict[str, Any]] = {
    "rotation": EVERYTHING["strategy"],
    "buy_and_hold": {"kind": "buy_and_hold", "hold": {"alts": 0.5, "btc": 0.5}},
    "fixed_mix": {"kind": "fixed_mix", "mix": {"alts": 0.6, "btc": 0.3}},
}


@cache
def experiment(strategy: str = "rotation", benchmarks: bool = True) -> Experiment:
    config = {**EVERYTHING, "strategy": STRATEGIES[strategy]}
    if not benchmarks:
        config["benchmarks"] = {}
    if strategy != "rotation":
        config["schedule"] = {"kind": "monthly"}
    return load_config(config)


@cache
def market() -> tuple[dict[str, Panel], tuple[Any, ...]]:
    spec = SimulatedSpec(seed=3, start=datetime.date(2018, 1, 1), days=DAYS, coins=8)
    return simulate(spec)


def prepared(of: Experiment, panels: dict[str, Panel] | None = None) -> Inputs:
    whole, events = market()
    found = panels or whole
    return prepare_inputs(of, found, dict.fromkeys(found, events), simulated=True)


def simulation(of: Experiment, inputs: Inputs) -> Simulation:
    return simulate_experiment(of, inputs, lambda *_: None, QUIET)


Spoil = Callable[[Float, np.random.Generator], Float]


def noise(future: Float, rng: np.random.Generator) -> Float:
    """Other values of the same size, blanks where they were."""
    return future * np.exp(rng.normal(0, 0.5, future.shape))


def blank(future: Float, rng: np.random.Generator) -> Float:
    return np.full(future.shape, np.nan)


def backwards(future: Float, rng: np.random.Generator) -> Float:
    """Each id's bars in reverse; blanks stay, because the events say where there are no bars."""
    out = future.copy()
    for column in out.T:
        known = ~np.isnan(column)
        column[known] = column[known][::-1]
    return out


def spoilt(panels: dict[str, Panel], after: Instant, spoil: Spoil) -> dict[str, Panel]:
    """Every panel with every value that became known after an instant replaced."""
    out = {}
    for name, panel in panels.items():
        known = int(panel.count_known(np.array([after], dtype="datetime64[ns]"))[0])
        # The same draw for every field: spoilt bars are bars still, high above low.
        fields = {
            key: np.concatenate(
                [values[:known], spoil(values[known:], np.random.default_rng(known))]
            )
            for key, values in panel.fields.items()
        }
        out[name] = Panel.build(
            panel.name,
            panel.calendar,
            panel.label,
            panel.opened_at,
            panel.known_at,
            panel.ids,
            fields,
        )
    return out
