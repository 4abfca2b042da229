"""What `list` shows of kinds: meaning, parameters, an example and what it needs to warm up."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from engine.config.explain import Row, keys_of
from engine.config.schema import json_schema, step, written
from feeds.user_code import blame
from strategies.base import Parameters, Signal
from strategies.registry import kinds

_BOUNDS = {
    "minimum": "at_least",
    "exclusiveMinimum": "above",
    "maximum": "at_most",
    "exclusiveMaximum": "below",
}
FAMILIES = {"signals": "signal", "baskets": "basket", "strategies": "strategy", "raw": "raw"}
"""Families of kinds by the word that a user types."""
_SECTIONS = {"signal": "signals", "basket": "sleeves", "strategy": "strategy"}
"""Where a config names a kind of a family."""


def kind_rows(what: str) -> list[dict[str, Any]]:
    """Every kind of a family with its meaning in one sentence."""
    return [
        {"kind": name, "meaning": _documented(cls).split("\n\n")[0].replace("\n", " ")}
        for name, cls in kinds(FAMILIES[what]).items()
    ]


def kind_entries(what: str) -> list[dict[str, Any]]:
    """Every kind of a family with all that is known of it; see `kind_entry`."""
    family = FAMILIES[what]
    return [kind_entry(family, name, cls) for name, cls in kinds(family).items()]


def kind_entry(family: str, name: str, cls: type) -> dict[str, Any]:
    """What is known of one kind, JSON-able.

    `kind`, `meaning` and `documentation`; `parameters` with name, type in words, bounds, default
    (left out where the parameter is `required`) and meaning; for a kind with an example that
    `example`, and for a signal the `warm_up_rows` of it.
    """
    documented = _documented(cls)
    found: dict[str, Any] = {
        "kind": name,
        "meaning": documented.split("\n\n")[0].replace("\n", " "),
        "documentation": documented,
    }
    if not issubclass(cls, Parameters):
        return found | {"parameters": _raw_parameters(cls)}
    schema = step(json_schema()["properties"][_SECTIONS[family]], name)
    assert schema is not None
    required = schema.get("required", ())
    found["parameters"] = [
        _parameter(row, schema["properties"][row.key], row.key in required)
        for row in keys_of(schema)
    ]
    if cls.example:
        found["example"] = dict(cls.example)
    if cls.example and issubclass(cls, Signal):
        with blame(f"the example of signal '{name}'"):
            found["warm_up_rows"] = cls(**cls.example).warm_up
    return found


def _parameter(row: Row, node: Mapping[str, Any], required: bool) -> dict[str, Any]:
    """A parameter of ours; its bounds may be those of one of several alternatives."""
    nodes = (node, *node.get("anyOf", ()))
    bounds = {word: each[key] for each in nodes for key, word in _BOUNDS.items() if key in each}
    default = {} if required else {"default": node.get("default")}
    return {
        "name": row.key,
        "type": row.type,
        "required": required,
        **default,
        "bounds": bounds,
        "meaning": row.meaning,
    }


def _raw_parameters(cls: Any) -> list[dict[str, Any]]:
    """The `params` of a backtrader strategy."""
    return [
        {
            "name": name,
            "type": type(default).__name__,
            "required": False,
            "default": written(default),
        }
        for name, default in cls.params._getitems()
        if default is None or isinstance(default, bool | int | float | str)
    ]


def _documented(cls: type) -> str:
    """The documentation of a class itself; a class without one has none of its base."""
    return inspect.cleandoc(cls.__doc__ or "")
