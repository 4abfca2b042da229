"""The JSON Schema of a config, and ways to look keys up in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

from engine.config.kinds import KINDS, RAW
from engine.config.model import Experiment
from strategies import registry

Node = dict[str, Any]
_FAMILIES = ("signal", "basket", "strategy")
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> Node:
    """The schema of a config file with all registered kinds."""
    return _schema(tuple(tuple(registry.kinds(family).items()) for family in _FAMILIES))


@cache
def _schema(kinds: tuple[tuple[tuple[str, type], ...], ...]) -> Node:
    """The schema while `kinds` are the registered ones."""
    schema = Experiment.model_json_schema()
    definitions: Node = schema.pop("$defs", {})
    _hoist(schema, definitions)
    for node in list(definitions.values()):
        _hoist(node, definitions)
    definitions |= _kinds_inside(schema)
    paths = [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
    schema["properties"]["extends"] = {
        "anyOf": paths,
        "description": "config files that this one builds on, relative to it; the later wins",
    }
    schema["patternProperties"] = {"^x-": {"description": "free space: notes and anchors"}}
    whole = {"$schema": _DRAFT, **schema, "$defs": dict(sorted(definitions.items()))}
    return {key: written(each) for key, each in whole.items()}


def _kinds_inside(schema: Node) -> Node:
    """What may stand in a parameter that holds an entry again: no raw strategy."""
    return {
        f"{family}_inside": {
            "oneOf": [each for each in node["oneOf"] if each["properties"]["kind"]["const"] != RAW],
            KINDS: family,
        }
        for family, node in (
            ("signal", schema["properties"]["signals"]["additionalProperties"]),
            ("basket", schema["properties"]["sleeves"]["additionalProperties"]),
            ("strategy", schema["properties"]["strategy"]),
        )
    }


def _hoist(node: Any, definitions: Node) -> None:
    """Move the definitions of kinds to the root, where their references point to."""
    if isinstance(node, dict):
        definitions |= node.pop("$defs", {})
        if KINDS in node and "oneOf" not in node:
            node["$ref"] = f"#/$defs/{node.pop(KINDS)}_inside"
        for child in node.values():
            _hoist(child, definitions)
    elif isinstance(node, list):
        for child in node:
            _hoist(child, definitions)


def written(value: Any) -> Any:
    """The same with text for numbers that JSON does not have, as `inf`."""
    if isinstance(value, dict):
        return {key: written(each) for key, each in value.items()}
    if isinstance(value, list):
        return [written(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def plain(node: Node) -> Node:
    """`node` with its reference followed and the null alternative left out."""
    while True:
        if "$ref" in node:
            target = json_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
            node = target | {k: v for k, v in node.items() if k != "$ref"}
        elif len(some := [n for n in node.get("anyOf", ()) if n.get("type") != "null"]) == 1:
            node = some[0] | {k: v for k, v in node.items() if k != "anyOf"}
        else:
            return node


def kinds_of(node: Node) -> dict[str, Node]:
    """The alternatives of an entry `{kind: name, ...}` by kind."""
    found = {}
    for choice in map(plain, node.get("oneOf", ())):
        found[choice["properties"]["kind"]["const"]] = choice
    return found


def step(node: Node, part: str | int, value: Any = None) -> Node | None:
    """The schema one level below `node`; `value`, what stands at `node`, tells its kind.

    A part that names a kind steps to that kind, through the map of entries if need be.
    """
    node = plain(node)
    if isinstance(part, int):
        return node.get("items")
    kinds = kinds_of(node)
    if kinds:
        kind = value.get("kind") if isinstance(value, dict) else None
        chosen = kinds.get(kind) if isinstance(kind, str) else None
        below = chosen["properties"].get(part) if chosen else None
        return below or kinds.get(part)
    if part in node.get("properties", {}):
        below = node["properties"][part]
        return below if isinstance(below, dict) else None
    entries = node.get("additionalProperties")
    if not isinstance(entries, dict):
        return None
    return kinds_of(plain(entries)).get(part, entries)


def node_at(path: tuple[str | int, ...], values: Any = None) -> Node | None:
    """The schema of the value at `path` of the config `values`."""
    node: Node | None = json_schema()
    for part in path:
        if node is None:
            return None
        node = step(node, part, values)
        if isinstance(values, dict):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            values = None
    return node and plain(node)


def keys_at(path: tuple[str | int, ...], values: Any = None) -> tuple[str, ...]:
    """The keys that may stand in the map at `path`."""
    node = node_at(path, values) or {}
    kinds = kinds_of(node)
    if kinds:
        for part in path:
            values = values.get(part, {}) if isinstance(values, dict) else {}
        kind = values.get("kind") if isinstance(values, dict) else None
        node = kinds.get(kind, {}) if isinstance(kind, str) else {}
    return tuple(node.get("properties", ()))


def sections_with(key: str) -> tuple[str, ...]:
    """The fixed sections in which `key` may stand, dotted, `` for the top level."""
    return tuple(".".join(path) for path, node in _sections() if key in node["properties"])


def _sections() -> Iterator[tuple[tuple[str, ...], Node]]:
    root = json_schema()
    yield (), root
    for name, child in root["properties"].items():
        node = plain(child)
        if "properties" in node:
            yield (name,), node
