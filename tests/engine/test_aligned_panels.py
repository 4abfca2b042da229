"""Aligned panels and publication lags, from config to values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config import load_config
from engine.inputs import load_inputs
from engine.progress import Progress
from engine.runs import run
from feeds.errors import ConfigError
from strategies.signals import Correlation
from tests.engine.test_config_model import DEMO, changed

QUIET = Progress(quiet=True)
PAIR = {
    "kind": "aligned",
    "rows": "equities",
    "at": "coins",
    "fields": {
        "index": {"panel": "equities"},
        "coin": {"panel": "coins", "id": "BTC"},
        "alts": {"panel": "caps", "value": "total_cap - btc_cap - usdt_cap"},
    },
}


def simulated(**pair: Any) -> dict[str, Any]:
    """The demo with an aligned panel of the simulated ones."""
    return changed("data.computed", {"pair": {**PAIR, **pair}})


def test_simulated_panels_can_be_aligned() -> None:
    panels = load_inputs(load_config(simulated()), None, QUIET).panels
    pair, coins, index = panels["pair"], panels["coins"], panels["equities"]
    assert pair.name == "pair"
    # Every session since the first coin bar is there, and those before it in one row.
    since = index.known_at > coins.known_at[0]
    assert len(pair) == since.sum() + 1
    np.testing.assert_array_equal(pair.column("index")[1:], index.column("close")[since])
    row = np.searchsorted(coins.known_at, pair.known_at)
    bitcoin = coins.pick(("BTC",)).column("close")[row]
    np.testing.assert_array_equal(pair.column("coin"), bitcoin)


def test_an_aligned_panel_feeds_signals_of_a_run(tmp_path: Path) -> None:
    config = simulated()
    config["period"] = {"start": "2023-09-01", "end": "2023-12-31"}
    config["signals"] = {
        "together": {
            "kind": "correlation", "panel": "pair", "first": "index", "second": "coin", "rows": 60
        },
        "risk_on": {"kind": "expression", "when": "together > 0"},
    }  # fmt: skip
    result = run(config, output=tmp_path, tearsheet=False)
    words = result.manifest["definitions"]["pair"]
    assert words == (
        "a row for each row of equities, at the first close of coins that sees it: "
        "alts = total_cap - btc_cap - usdt_cap of caps, coin = close of coins.BTC, "
        "index = close of equities"
    )
    experiment = load_config(config)
    signal = experiment.signals["together"]
    assert isinstance(signal, Correlation)
    pair = load_inputs(experiment, None, QUIET).panels["pair"]
    index, coin = (np.diff(np.log(pair.column(key)[-61:])) for key in ("index", "coin"))
    assert signal.values(pair)[-1] == pytest.approx(np.corrcoef(index, coin)[0, 1])


def test_the_resolved_config_reads_back_with_its_computed_panels() -> None:
    found = load_config(simulated())
    assert list(found.resolved()["data"]) == ["simulated", "computed"]
    assert load_config(found.to_yaml()).resolved() == found.resolved()
    assert list(load_config(DEMO).resolved()["data"]) == ["simulated"]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ({"rows": "equity"}, r"data.computed.pair.rows  unknown panel `equity`. Did you mean"),
        ({"at": "coin"}, r"data.computed.pair.at  unknown panel `coin`. Did you mean `coins`"),
        (
            {"fields": {"x": {"panel": "capss"}}},
            r"data.computed.pair.fields.x.panel  unknown panel `capss`",
        ),
        ({"fields": {}}, r"data.computed.pair"),
        ({"fields": {"x": {"panel": "pair"}}}, r"fields.x.panel  unknown panel `pair`"),
        ({"fields": {"x": {"panel": "caps", "value": "btc_cap > 1"}}}, "must be a number"),
    ],
)
def test_panels_that_are_not_there_are_refused(pair: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(simulated(**pair))


def test_an_id_that_a_panel_does_not_have_is_named() -> None:
    config = load_config(simulated(fields={"x": {"panel": "coins", "id": "ETH"}}))
    message = "the aligned field 'x' reads the id 'ETH', which panel 'coins' does not have"
    with pytest.raises(ConfigError, match=message):
        load_inputs(config, None, QUIET)


FILES = """version: 1
name: files
period: {start: 2020-01-01, end: 2020-12-31}
data:
  panels:
    coins: {files: "coins/{id}.csv", stamp: day_start, calendar: 24/7, fields: ohlcv}
    caps: {files: caps.csv, stamp: instant, calendar: 24/7, fields: [a]}
clock: coins
universe: {ids: [BTC]}
sleeves: {all: {kind: equal_weight}}
strategy: {kind: fixed_mix, mix: {all: 1.0}}
schedule: {kind: weekly}
"""


def test_the_clock_is_known_as_it_happens() -> None:
    load_config(FILES, ["data.panels.caps.publish_lag_hours=5"])
    message = r"data.panels.coins.publish_lag_hours  the clock is traded at its closes"
    with pytest.raises(ConfigError, match=message):
        load_config(FILES, ["data.panels.coins.publish_lag_hours=5"])
