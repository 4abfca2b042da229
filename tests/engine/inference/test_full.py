"""The full inference of a run: what it says, says again, and leaves undefined."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from engine import measures
from engine.config import Experiment, load_config
from engine.inference.full import Counts, Inference, bar_returns, full_inference
from engine.inference.reality_check import superior_ability
from engine.inputs import Inputs
from engine.simulation import Simulation
from tests.engine import markets

FEW = Counts(resamples=60, shifts=50, rotations=10)


def ran(**parts: Any) -> tuple[Experiment, Inputs, Simulation]:
    of = load_config({**markets.EVERYTHING, **parts})
    inputs = markets.prepared(of)
    return of, inputs, markets.simulation(of, inputs)


@cache
def found() -> tuple[Simulation, Inference]:
    run = ran()
    return run[2], full_inference(*run, seed=7, counts=FEW)


def test_figures_are_those_of_the_returns() -> None:
    run, inference = found()
    own = bar_returns(run.ledger)
    btc = bar_returns(run.benchmarks["btc"])
    sharpe = measures.sharpe(own, 365.0, 0.0)
    assert inference.n == len(own)
    assert inference.sharpe.value == pytest.approx(sharpe)
    assert inference.sharpe.low < inference.sharpe.value < inference.sharpe.high
    assert inference.against["btc"].sharpe.value == pytest.approx(
        sharpe - measures.sharpe(btc, 365.0, 0.0)
    )
    assert inference.against["btc"].superior.value == pytest.approx(np.mean(own - btc))
    gap = inference.against["btc"]
    assert gap.ledoit_wolf.value == pytest.approx(gap.sharpe.value)


def test_every_drawn_figure_has_its_seed_and_count() -> None:
    _, inference = found()
    against = inference.against["btc"]
    counted = {
        60: (inference.sharpe, inference.cagr, inference.max_drawdown, against.sharpe,
             against.cagr, against.ledoit_wolf, against.superior),
        50: (inference.shift,),
        10: (inference.rotations,),
    }  # fmt: skip
    for count, findings in counted.items():
        assert {(each.count, each.seed) for each in findings} == {(count, 7)}
    assert len(inference.shift_null) == 50
    assert len(inference.rotation_null) == 10


def test_it_is_the_same_on_every_rerun_and_plain_json() -> None:
    _, inference = found()
    again = full_inference(*ran(), seed=7, counts=FEW)
    text = json.dumps(inference.as_json(nulls=True), allow_nan=False, sort_keys=True)
    assert text == json.dumps(again.as_json(nulls=True), allow_nan=False, sort_keys=True)
    other = full_inference(*ran(), seed=8, counts=FEW)
    assert other.sharpe.low != inference.sharpe.low


def test_a_strategy_that_is_its_benchmark_is_no_better() -> None:
    run = ran(
        strategy={"kind": "fixed_mix", "mix": {"alts": 1.0}},
        benchmarks={"same": {"sleeve": "alts"}},
    )
    inference = full_inference(*run, seed=1, counts=FEW)
    same = inference.against["same"]
    assert (same.sharpe.value, same.sharpe.p_value) == (0.0, 1.0)
    assert math.isnan(same.superior.p_value)
    assert "differs" in same.superior.reason
    # Its shares never change: there is no timing to be tested.
    for finding in (inference.shift, inference.rotations):
        assert math.isnan(finding.p_value)
        assert "never change" in finding.reason


def test_a_raw_strategy_has_intervals_but_no_test_of_timing() -> None:
    parts = {key: markets.EVERYTHING[key] for key in ("version", "name", "period", "data", "clock")}
    of = load_config(
        {
            **parts,
            "strategy": {"kind": "raw", "name": "sma_cross", "params": {"fast": 5, "slow": 20}},
            "sleeves": {"btc": {"kind": "single", "asset": "BTC"}},
            "benchmarks": {"btc": {"sleeve": "btc"}},
        }
    )
    inputs = markets.prepared(of)
    inference = full_inference(of, inputs, markets.simulation(of, inputs), seed=1, counts=FEW)
    assert math.isfinite(inference.sharpe.low)
    assert "raw strategy" in inference.shift.reason
    assert "raw strategy" in inference.rotations.reason


def test_variants_are_part_of_the_search() -> None:
    of, inputs, run = ran()
    own, other = bar_returns(run.ledger), bar_returns(run.benchmarks["btc"])
    luck = np.random.default_rng(1).normal(0.0, 0.05, (len(own), 30))
    table = np.column_stack((own, own[:, None] + luck))
    lead = superior_ability(other, table, seed=1, resamples=FEW.resamples)
    alone = full_inference(of, inputs, run, seed=1, counts=FEW)
    searched = full_inference(of, inputs, run, seed=1, counts=FEW, superior={"btc": lead})
    one, many = alone.against["btc"].superior, searched.against["btc"].superior
    assert many.value >= one.value
    assert (many.value, many.p_value) == (lead.lead, lead.consistent)
    assert many.p_value != one.p_value


def test_markets_are_permuted_on_request_only() -> None:
    _, alone = found()
    assert "--markets" in alone.markets.reason
    assert len(alone.market_null) == 0
    counts = replace(FEW, markets=3)
    inference = full_inference(*ran(), seed=7, counts=counts)
    assert (inference.markets.count, inference.markets.seed) == (3, 7)
    assert (
        inference.markets.p_value
        == (1 + np.sum(inference.market_null >= inference.markets.value)) / 4
    )
    # What is drawn for one test is not drawn from another.
    np.testing.assert_array_equal(inference.rotation_null, alone.rotation_null)
