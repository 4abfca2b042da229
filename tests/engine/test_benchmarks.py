"""What a run is compared with: sleeves and mixes held throughout, cash, a random rotation."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pytest

from engine.config import load_config
from engine.decisions import Decision
from engine.simulation import Simulation
from engine.spells import random_rotation, spells_of
from engine.trading import one_way_turnover
from feeds.errors import ConfigError
from tests.engine import markets

A, B, CASH = {"a": 1.0}, {"b": 1.0}, {}


def config(**parts: Any) -> Any:
    return load_config({**markets.EVERYTHING, **parts})


def simulated(**parts: Any) -> Simulation:
    of = config(**parts)
    return markets.simulation(of, markets.prepared(of))


def decisions(*changes: tuple[int, dict[str, float]]) -> list[Decision]:
    nothing = np.zeros((0, 2))
    return [Decision(row, "changed", shares, nothing) for row, shares in changes]


def test_a_mix_is_rebalanced_as_a_strategy_of_that_mix() -> None:
    mix = {"btc": 0.6, "alts": 0.4}
    weekly = {"kind": "weekly", "weekday": "monday"}
    run = simulated(benchmarks={"mix": {"mix": mix}, "cash": {"mix": {}}})
    alone = simulated(strategy={"kind": "fixed_mix", "mix": mix}, schedule=weekly, benchmarks={})
    np.testing.assert_array_equal(run.benchmarks["mix"].nav, alone.ledger.nav)
    assert (run.benchmarks["cash"].nav == run.benchmarks["cash"].start_cash).all()
    assert not run.benchmarks["cash"].orders


def test_the_spells_of_a_strategy_end_where_its_shares_change() -> None:
    log = [Decision(0, "warm_up"), *decisions((2, A), (4, A), (5, CASH), (9, A))]
    # The decision of row 4 only rebalances.
    assert spells_of(log, 12) == (2, [(A, 3), (CASH, 4), (A, 3)])
    assert spells_of([], 12) == (12, [])


@pytest.mark.parametrize("seed", range(20))
def test_a_random_rotation_keeps_the_length_of_every_spell(seed: int) -> None:
    rows = 60
    log = decisions((4, A), (9, B), (20, A), (22, B), (38, CASH), (45, B))
    strategy, signal = random_rotation(log, rows, seed)
    assert np.isnan(signal[:4]).all()
    states = [strategy.choices[int(number)] for number in signal[4:]]
    runs = [(shares, len(list(group))) for shares, group in groupby(states)]
    # All spells, but that the one at the end may have begun there and go on at the start.
    whole = sorted(
        (str(shares), length)
        for shares, length in [(A, 5), (B, 11), (A, 2), (B, 16), (CASH, 7), (B, 15)]
    )
    if runs[0][0] == runs[-1][0]:
        first, *middle, last = runs
        found = [*middle, (first[0], first[1] + last[1])]
        assert len(runs) == 7
    else:
        found = runs
    assert sorted((str(shares), length) for shares, length in found) == whole
    again, same = random_rotation(log, rows, seed)
    assert again == strategy
    np.testing.assert_array_equal(same, signal)


def test_shares_that_differ_at_every_close_take_no_more_time_each() -> None:
    compared = 0

    class Share(float):
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return float(self) == other

        __hash__ = float.__hash__

    rows = 2000
    log = decisions(*((row, {"a": Share(row / rows)}) for row in range(rows)))
    strategy, signal = random_rotation(log, rows, 1)
    assert sorted(signal.tolist()) == list(range(rows))
    assert len(strategy.choices) == rows
    assert compared < 10 * rows


def test_the_order_of_random_spells_is_the_one_that_was_always_drawn() -> None:
    # By the definition: the lengths of each shares, in the order they first appear, are permuted.
    log = decisions((0, A), (3, B), (4, A), (9, CASH), (11, B), (17, A), (25, CASH))
    random = np.random.default_rng(5)
    a, b, cash = (random.permutation(lengths) for lengths in ([3, 5, 8], [1, 6], [2, 5]))
    lengths = [a[0], b[0], a[1], cash[0], b[1], a[2], cash[1]]
    expected = np.roll(np.repeat([0, 1, 0, 2, 1, 0, 2], lengths), random.integers(30))
    np.testing.assert_array_equal(random_rotation(log, 30, 5)[1], expected)


def test_random_rotations_differ_by_their_seed() -> None:
    log = decisions((0, A), (9, B), (20, A), (22, B), (38, A), (45, B))
    found = {random_rotation(log, 60, seed)[1].tobytes() for seed in range(30)}
    assert len(found) > 20


def test_a_random_rotation_has_about_the_turnover_of_the_strategy() -> None:
    run = simulated(benchmarks={f"r{seed}": {"random": {"seed": seed}} for seed in range(5)})
    own = one_way_turnover(run.ledger).sum()
    for name, ledger in run.benchmarks.items():
        assert one_way_turnover(ledger).sum() == pytest.approx(own, rel=0.25), name
    assert len({float(ledger.nav[-1]) for ledger in run.benchmarks.values()}) == 5
    first, spells = spells_of(run.decisions, len(run.ledger.time))
    assert first == run.counts["closes_warm_up"]
    assert len(spells) > 4


def test_a_strategy_that_decides_once_is_its_own_random_rotation() -> None:
    of = {"kind": "buy_and_hold", "hold": {"alts": 0.5, "btc": 0.5}}
    run = simulated(strategy=of, benchmarks={"random": {"random": {}}})
    np.testing.assert_array_equal(run.benchmarks["random"].nav, run.ledger.nav)


def test_a_random_rotation_of_a_stop_is_made_of_what_it_did() -> None:
    inside = markets.EVERYTHING["strategy"]
    stop = {"kind": "stop", "loss": 0.05, "pause_days": 5, "of": inside}
    run = simulated(strategy=stop, benchmarks={"random": {"random": {"seed": 2}}})
    cash = np.mean(run.benchmarks["random"].cash / run.benchmarks["random"].nav)
    assert cash == pytest.approx(np.mean(run.ledger.cash / run.ledger.nav), abs=0.05)


@pytest.mark.parametrize(
    ("benchmark", "message"),
    [
        ({}, "benchmarks.x  is empty; give one of `sleeve`, `mix` and `random`"),
        ({"sleeve": "btc", "mix": {}}, "has `sleeve` and `mix`; give one of"),
        ({"sleeve": "btcc"}, "benchmarks.x.sleeve  unknown sleeve `btcc`. Did you mean `btc`?"),
        ({"mix": {"btcc": 1.0}}, "benchmarks.x.mix  unknown sleeve `btcc`"),
        ({"mix": {"btc": 0.6, "alts": 0.6}}, "shares sum to 1.2, above 1: no leverage"),
        ({"random": {"sed": 1}}, "Did you mean `benchmarks.x.random.seed`?"),
    ],
)
def test_a_benchmark_is_one_thing_of_the_config(benchmark: Any, message: str) -> None:
    with pytest.raises(ConfigError) as stopped:
        config(benchmarks={"x": benchmark})
    assert message in str(stopped.value)


def test_a_raw_strategy_has_no_shares_to_draw_from() -> None:
    parts = {key: markets.EVERYTHING[key] for key in ("version", "name", "period", "data", "clock")}
    with pytest.raises(ConfigError, match="needs the shares of a strategy, and a raw one has none"):
        load_config(
            {
                **parts,
                "strategy": {"kind": "raw", "name": "sma_cross"},
                "benchmarks": {"luck": {"random": {}}},
            }
        )


def test_benchmarks_are_written_as_they_are_given() -> None:
    given = {"a": {"sleeve": "btc"}, "b": {"mix": {}}, "c": {"random": {"seed": 1}}}
    of = config(benchmarks=given)
    assert of.resolved()["benchmarks"] == given
    assert load_config(of.to_yaml()).benchmarks == of.benchmarks
