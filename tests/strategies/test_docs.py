"""The examples of docs/authoring.md run as they are printed."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from engine.cerebro.replay import replay_raw
from engine.config.loader import parse
from engine.execution import ExecutionSpec
from engine.honesty import checked_values, prove_prefix
from strategies import registry
from tests.panels import coins
from tests.strategies.panels import price_panel

PAGE = Path(__file__).resolve().parents[2] / "docs" / "authoring.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
CONFIGS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def examples(monkeypatch):
    """The names that the page defines, with its kinds registered for this test only."""
    for family in registry.FAMILIES:
        monkeypatch.setitem(registry._KINDS, family, dict(registry.kinds(family)))
    page = types.ModuleType("docs_signals")
    monkeypatch.setitem(sys.modules, page.__name__, page)
    for block in BLOCKS:
        exec(compile(block, str(PAGE), "exec"), vars(page))
    return vars(page)


def test_the_examples_run_and_their_configs_build(examples):
    built = []
    for text in CONFIGS:
        for section, entries in parse(text, str(PAGE)).values.items():
            family = {"signals": "signal", "sleeves": "basket", "strategy": "strategy"}[section]
            for entry in [entries] if section == "strategy" else entries.values():
                built.append(registry.build(family, entry).kind)
    assert built == ["calm_market", "rotation", "cheapest", "three_states"]
    assert "hold_all" in registry.kinds("raw")


def test_the_signals_of_the_page_are_honest(examples):
    close = np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.02, 60)))
    for kind, parameters in (
        ("CalmMarket", {"returns": 5, "limit": 0.015}),
        ("RisingShare", {"rows": 3}),
    ):
        signal = examples[kind](panel="test", **parameters)
        panel = price_panel(close)
        values = checked_values(kind, signal, panel)
        assert len(np.unique(values[~np.isnan(values)])) > 1
        prove_prefix(kind, signal, panel, 0, values)


def test_examples_keep_to_twenty_five_lines():
    assert max(len(block.strip().splitlines()) for block in BLOCKS) <= 33  # imports included
    bodies = [re.search(r"@register.*", block, re.DOTALL) for block in BLOCKS]
    assert max(len(found[0].strip().splitlines()) for found in bodies if found) <= 25


def test_the_raw_strategy_of_the_page_buys_every_asset_once(examples):
    panel = coins({"A": [10.0] * 7, "B": [None, None, 10, 10, 10, 10, 10]})
    spec = ExecutionSpec(cash=1000.0, fee_bps=0.0, slippage_bps=0.0)
    ledger = replay_raw(panel, examples["HoldAll"], {}, spec)
    # Each slot is 95 % of 1000 over two assets, at a price of 10 that never moves.
    assert ledger.shares[-1] == pytest.approx([47.5, 47.5])
