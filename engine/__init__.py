"""The engine: from a validated config to a result directory.

The public interface; each name is imported when it is first used, because start-up is part of
speed::

    from engine import load, run, open_result, report

    experiment = load("configs/rotation.yaml", ["data.root=../shared/data"])
    result = run(experiment)
    result.nav, result.orders, result.frame("decisions")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.cerebro.replay import replay
    from engine.comparison import Comparison, compare
    from engine.config import Experiment
    from engine.config import load_config as load
    from engine.execution import ExecutionSpec
    from engine.ledger import Ledger, Order
    from engine.measures.summary import summary
    from engine.plugins import load_plugins
    from engine.result import Result, open_result
    from engine.runs import run
    from engine.tearsheet import report
    from feeds.arrays import DAY, Bool, Float
    from feeds.panel import Panel
    from strategies.base import (
        AssetName,
        Basket,
        Combination,
        Field,
        PanelName,
        Shares,
        Signal,
        SignalName,
        Strategy,
    )
    from strategies.baskets.weighted import Weighted
    from strategies.breadth import Breadth
    from strategies.held import Held
    from strategies.registry import register
    from strategies.rules.overlay import Overlay
    from strategies.series import SeriesSignal

_HOME = {
    "AssetName": ("strategies.base", "AssetName"),
    "Basket": ("strategies.base", "Basket"),
    "Bool": ("feeds.arrays", "Bool"),
    "Breadth": ("strategies.breadth", "Breadth"),
    "Combination": ("strategies.base", "Combination"),
    "DAY": ("feeds.arrays", "DAY"),
    "Comparison": ("engine.comparison", "Comparison"),
    "ExecutionSpec": ("engine.execution", "ExecutionSpec"),
    "Experiment": ("engine.config", "Experiment"),
    "Field": ("strategies.base", "Field"),
    "Float": ("feeds.arrays", "Float"),
    "Held": ("strategies.held", "Held"),
    "Ledger": ("engine.ledger", "Ledger"),
    "Order": ("engine.ledger", "Order"),
    "Overlay": ("strategies.rules.overlay", "Overlay"),
    "Panel": ("feeds.panel", "Panel"),
    "PanelName": ("strategies.base", "PanelName"),
    "Result": ("engine.result", "Result"),
    "SeriesSignal": ("strategies.series", "SeriesSignal"),
    "Shares": ("strategies.base", "Shares"),
    "Signal": ("strategies.base", "Signal"),
    "SignalName": ("strategies.base", "SignalName"),
    "Strategy": ("strategies.base", "Strategy"),
    "Weighted": ("strategies.baskets.weighted", "Weighted"),
    "compare": ("engine.comparison", "compare"),
    "load": ("engine.config", "load_config"),
    "load_plugins": ("engine.plugins", "load_plugins"),
    "open_result": ("engine.result", "open_result"),
    "register": ("strategies.registry", "register"),
    "replay": ("engine.cerebro.replay", "replay"),
    "report": ("engine.tearsheet", "report"),
    "run": ("engine.runs", "run"),
    "summary": ("engine.measures.summary", "summary"),
}

__all__ = [
    "DAY",
    "AssetName",
    "Basket",
    "Bool",
    "Breadth",
    "Combination",
    "Comparison",
    "ExecutionSpec",
    "Experiment",
    "Field",
    "Float",
    "Held",
    "Ledger",
    "Order",
    "Overlay",
    "Panel",
    "PanelName",
    "Result",
    "SeriesSignal",
    "Shares",
    "Signal",
    "SignalName",
    "Strategy",
    "Weighted",
    "compare",
    "load",
    "load_plugins",
    "open_result",
    "register",
    "replay",
    "report",
    "run",
    "summary",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'engine' has no attribute '{name}'")
    module, attribute = _HOME[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
