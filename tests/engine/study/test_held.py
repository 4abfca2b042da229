"""The sleeves of a study are those of a run, without its costs."""

from __future__ import annotations

import numpy as np
import pytest

from engine.study.held import hold
from feeds.panel import Panel
from tests.engine.markets import QUIET, market, prepared, simulation
from tests.engine.study.studies import config

FREE = {
    "fee_bps": 0.0, "slippage_bps": 0.0, "reserve": 0.0, "band": 0.0, "max_stale_days": 10_000,
}  # fmt: skip


def test_a_sleeve_is_the_benchmark_of_a_run_without_costs() -> None:
    of = config()
    free = config(execution=FREE)
    run = simulation(free, prepared(free)).benchmarks
    found = hold(of, prepared(of), ("alts", "btc"), QUIET)
    for name in ("alts", "btc"):
        known = ~np.isnan(found.nav[name])
        assert known.sum() >= len(known) - 2
        assert found.nav[name][known].tolist() == run[name].nav[known].tolist()


def test_one_coin_held_throughout_grows_as_the_coin_does() -> None:
    of = config()
    inputs = prepared(of)
    nav = hold(of, inputs, ("btc",), QUIET).nav["btc"]
    coin = inputs.period.pick(("BTC",))
    opens, close = coin.column("open"), coin.column("close")
    known = np.flatnonzero(~np.isnan(nav))
    # Bought at the open after the first close of the period, which on this clock is that close.
    assert known[0] == 0
    assert nav[-1] / nav[0] == pytest.approx(close[-1] / opens[1], rel=1e-6)


def test_closes_at_which_nothing_held_has_a_bar_are_told() -> None:
    of = config()
    panels = dict(market()[0])
    coins = panels["coins"]
    row, column = len(coins.known_at) - 50, coins.ids.index("BTC")
    fields = {name: np.array(values) for name, values in coins.fields.items()}
    for values in fields.values():
        values[row, column] = np.nan
    panels["coins"] = Panel.build(
        coins.name, coins.calendar, coins.label, coins.opened_at, coins.known_at, coins.ids, fields
    )
    found = hold(of, prepared(of, panels), ("alts", "btc"), QUIET)
    # A coin alone is without a price then; a basket still has its others.
    assert found.known_at[found.unpriced["btc"]].tolist() == [coins.known_at[row].astype(int)]
    assert not found.unpriced["alts"].any()
