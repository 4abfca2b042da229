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
    from engine.config import Experiment
    from engine.config import load_config as load
    from engine.execution import ExecutionSpec
    from engine.ledger import Ledger, Order
    from engine.result import Result, open_result
    from engine.runs import run
    from engine.tearsheet import report
    from feeds.panel import Panel
    from strategies.base import Basket, Combination, Signal, Strategy
    from strategies.registry import register

_HOME = {
    "Basket": ("strategies.base", "Basket"),
    "Combination": ("strategies.base", "Combination"),
    "ExecutionSpec": ("engine.execution", "ExecutionSpec"),
    "Experiment": ("engine.config", "Experiment"),
    "Ledger": ("engine.ledger", "Ledger"),
    "Order": ("engine.ledger", "Order"),
    "Panel": ("feeds.panel", "Panel"),
    "Result": ("engine.result", "Result"),
    "Signal": ("strategies.base", "Signal"),
    "Strategy": ("strategies.base", "Strategy"),
    "load": ("engine.config", "load_config"),
    "open_result": ("engine.result", "open_result"),
    "register": ("strategies.registry", "register"),
    "replay": ("engine.cerebro.replay", "replay"),
    "report": ("engine.tearsheet", "report"),
    "run": ("engine.runs", "run"),
}

__all__ = [
    "Basket",
    "Combination",
    "ExecutionSpec",
    "Experiment",
    "Ledger",
    "Order",
    "Panel",
    "Result",
    "Signal",
    "Strategy",
    "load",
    "open_result",
    "register",
    "replay",
    "report",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'engine' has no attribute '{name}'")
    module, attribute = _HOME[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
