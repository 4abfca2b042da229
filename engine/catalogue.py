"""The reference of all kinds, read off the classes: for `list --json` and docs/signals.md."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from engine.config.explain import keys_of, table
from engine.config.schema import Node, json_schema, kinds_of, plain
from strategies.base import Parameters, Signal
from strategies.registry import kinds

TITLES = {"signal": "Signals", "basket": "Baskets", "strategy": "Strategies", "raw": "Raw"}
_COMMON = {"signal": ("panel", "id", "max_age_days"), "basket": (), "strategy": ()}
"""Parameters that every kind of a family has: the page explains them once."""
_SECTIONS = {"signal": "signals", "basket": "sleeves", "strategy": "strategy"}


def markdown(families: Sequence[str] = ("signal", "basket", "strategy")) -> str:
    """The reference of some families as Markdown, a section for each kind."""
    out: list[str] = []
    for family in families:
        known = kinds(family)
        out += [f"## {TITLES[family]}", ""]
        out += [f"* [`{name}`](#{name}): {_first_sentence(kind)}" for name, kind in known.items()]
        for name, kind in known.items():
            out += ["", f"### `{name}`", "", *(inspect.getdoc(kind) or "").splitlines()]
            out += _picture(name) if family == "signal" else []
            out += _parameters(family, name)
            out += _example(family, name, kind)
        out.append("")
    return "\n".join(out).rstrip() + "\n"


def entry(family: str, name: str) -> dict[str, Any]:
    """What is known of one kind, JSON-able: meaning, parameters, example and warm-up."""
    kind = kinds(family)[name]
    found: dict[str, Any] = {"kind": name, "meaning": _first_sentence(kind)}
    if not issubclass(kind, Parameters):
        return found
    rows = (row._asdict() for row in keys_of(_schema(family, name)))
    found |= {"parameters": list(rows), "example": dict(kind.example)}
    found |= {"documentation": inspect.getdoc(kind) or ""}
    if issubclass(kind, Signal) and kind.example:
        found["warm_up_rows"] = kind(**kind.example).warm_up
    return found


def _schema(family: str, name: str) -> Node:
    """The schema of one kind."""
    section = plain(json_schema()["properties"][_SECTIONS[family]])
    choices = kinds_of(section) or kinds_of(plain(section["additionalProperties"]))
    return choices[name]


def _first_sentence(kind: type) -> str:
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def _picture(name: str) -> list[str]:
    return ["", f"![{name} on simulated data](pictures/{name}.svg)"]


def _parameters(family: str, name: str) -> list[str]:
    if family == "raw":
        return []
    rows = tuple(row for row in keys_of(_schema(family, name)) if row.key not in _COMMON[family])
    return ["", *table(rows)] if rows else []


def _example(family: str, name: str, kind: type) -> list[str]:
    example: Mapping[str, Any] = getattr(kind, "example", {})
    if not example:
        return []
    words = [f"{key}: {_inline(value)}" for key, value in {"kind": name, **example}.items()]
    entry = f"{{{', '.join(words)}}}"
    section = _SECTIONS[family]
    lines = [f"strategy: {entry}"] if family == "strategy" else [f"{section}:", f"  NAME: {entry}"]
    return ["", "```yaml", *lines, "```", *_warm_up(kind, example)]


def _warm_up(kind: type, example: Mapping[str, Any]) -> list[str]:
    rows = kind(**example).warm_up if issubclass(kind, Signal) else 0
    if not rows:
        return []
    return ["", f"Of daily rows without blanks, the example needs {rows:,} before its first value."]


def _inline(value: Any) -> str:
    """A value as it is written inside of braces."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, str) and any(mark in value for mark in ",:{}[]#"):
        return f"'{value}'"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
