"""`config explain` and the tables of docs/config.md, both read off the JSON Schema."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.config.kinds import KINDS, unknown
from engine.config.schema import Node, json_schema, kinds_of, plain, step
from feeds.errors import ConfigError

_WIDTH = 96
_DERIVED = {"ids", "periods_per_year", "universe", "report"}
_TYPES = {
    "number": "number",
    "integer": "whole number",
    "string": "text",
    "boolean": "true or false",
    "object": "map",
    "array": "list",
    "null": "null",
}


class Row(NamedTuple):
    """One key of a map: what it may hold, its default, what it means."""

    key: str
    type: str
    default: str
    meaning: str


def explain(key: str = "") -> str:
    """The type, range, default and meaning of a key, and of the keys below it.

    Raises
    ------
    ConfigError
        For a key that no config has, with the nearest one.
    """
    node, row = json_schema(), None
    done: list[str] = []
    for part in key.split(".") if key else ():
        rows = {r.key: r for r in keys_of(node)}
        below = step(node, part)
        if below is None or _is_misspelt(part, node):
            raise ConfigError(_no_such(done, part, node))
        row = rows.get(part)
        node = plain(below)
        done.append(part)
    lines = [f"{key}: {type_of(node)}" + (f"; {row.default}" if row else "")] if key else []
    lines += [*_paragraphs(node), ""]
    lines += _kind_lines(node) or _key_lines(node)
    return "\n".join(lines).rstrip() + "\n"


def markdown() -> str:
    """Every key of a config as Markdown tables, a section for each map and each kind."""
    root = json_schema()
    out = ["### Top level", "", *table(keys_of(root))]
    for key, node in root["properties"].items():
        out += _markdown_section(key, plain(node))
    return "\n".join(out).rstrip() + "\n"


def keys_of(node: Node) -> tuple[Row, ...]:
    """The keys of a map."""
    required = node.get("required", ())
    return tuple(
        Row(key, type_of(child), _default(key, child, key in required), _meaning(child))
        for key, child in node.get("properties", {}).items()
        if key != "kind"
    )


def type_of(node: Node) -> str:
    """What a value may be, in words."""
    kinds = kinds_of(plain(node))
    if kinds:
        return "map with a `kind`"
    if "anyOf" in node:
        return " or ".join(type_of(plain(choice)) for choice in node["anyOf"])
    node = plain(node)
    if "const" in node:
        return _written(node["const"])
    if "enum" in node:
        return ", ".join(map(_written, node["enum"]))
    if "anyOf" in node:
        return " or ".join(type_of(choice) for choice in node["anyOf"])
    if node.get("format") == "date":
        return "date"
    kind = node.get("type", "")
    if kind == "array":
        return f"list of {type_of(node['items'])}" if "items" in node else "list"
    below = node.get("additionalProperties")
    if kind == "object" and isinstance(below, dict):
        return f"map of names to {type_of(below)}".replace(" to map", " to maps")
    return _TYPES.get(kind, "anything") + _range(node)


def _range(node: Node) -> str:
    words = (
        ("minimum", "at least"),
        ("exclusiveMinimum", "above"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "below"),
    )
    bounds = [f"{word} {node[key]:,.12g}".replace(",", "_") for key, word in words if key in node]
    return f", {', '.join(bounds)}" if bounds else ""


def _default(key: str, node: Node, required: bool) -> str:
    if required:
        return "required"
    if node.get("default") == {}:
        return "default none"
    if "default" in node:
        return f"default {_written(node['default'])}"
    if key in _DERIVED:
        return "derived"
    return "may be left out"


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return "none" if value == [] else str(value)


def _meaning(node: Node) -> str:
    """The field's own description, else the first sentence of its type's."""
    text = node.get("description") or plain(node).get("description", "")
    return " ".join(text.split("\n\n")[0].split())


def _paragraphs(node: Node) -> list[str]:
    text = node.get("description", "")
    out: list[str] = []
    for paragraph in text.split("\n\n"):
        # Lists and formulas of a docstring keep their lines; flowing text is wrapped.
        flowing = not any(line.startswith((" ", "-", "*")) for line in paragraph.splitlines()[1:])
        lines = textwrap.wrap(paragraph, _WIDTH - 2) if flowing else paragraph.splitlines()
        out += ["", *(f"  {line}".rstrip() for line in lines)]
    return out[1:]


def _kind_lines(node: Node) -> list[str]:
    """One line a kind, for an entry or a map of entries."""
    kinds = _kinds_below(node)
    wide = max(map(len, kinds), default=0)
    return [f"  kind: {kind:<{wide}}  {_meaning(choice)}" for kind, choice in kinds.items()]


def _key_lines(node: Node) -> list[str]:
    entries = node.get("additionalProperties")
    rows = keys_of(node) or keys_of(plain(entries) if isinstance(entries, dict) else {})
    wide = max((len(row.key) for row in rows), default=0)
    lines: list[str] = []
    for row in rows:
        lines.append(f"  {row.key:<{wide}}  {row.type}; {row.default}")
        indent = " " * (wide + 6)
        lines += textwrap.wrap(row.meaning, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    return lines


def _is_misspelt(part: str, node: Node) -> bool:
    """Whether `part` looks like the name of a kind, where any name may stand."""
    kinds = _kinds_below(node)
    return bool(kinds) and part not in kinds and "Did you mean" in unknown("kind", part, kinds)


def _kinds_below(node: Node) -> dict[str, Node]:
    entries = node.get("additionalProperties")
    return kinds_of(node) or kinds_of(plain(entries) if isinstance(entries, dict) else {})


def _no_such(done: list[str], part: str, node: Node) -> str:
    kinds = _kinds_below(node)
    having = [kind for kind, choice in kinds_of(node).items() if part in choice["properties"]]
    if having:
        options = " or ".join(f"`{'.'.join((*done, kind, part))}`" for kind in having)
        return f"`{part}` belongs to a kind; ask for {options}"
    where = f" under `{'.'.join(done)}`" if done else ""
    return unknown("key", part, kinds or [row.key for row in keys_of(node)]) + where


def _markdown_section(key: str, node: Node) -> Iterator[str]:
    entries = node.get("additionalProperties")
    below = plain(entries) if isinstance(entries, dict) else {}
    named = f"{key}.NAME" if below else key
    kinds = kinds_of(node) or kinds_of(below)
    for kind, choice in kinds.items():
        yield from ("", f"### `{named}` of kind `{kind}`", "", _meaning(choice), "")
        yield from table(keys_of(choice))
    rows = keys_of(node) or keys_of(below)
    if rows and KINDS not in node:
        yield from ("", f"### `{named}`", "", *table(rows))
    for child_key, child in node.get("properties", {}).items():
        if key != "extends" and not kinds:
            yield from _markdown_section(f"{key}.{child_key}", plain(child))


def table(rows: tuple[Row, ...]) -> Iterator[str]:
    """The keys as the lines of a Markdown table."""
    if rows:
        yield from ("| key | value | default | meaning |", "|---|---|---|---|")
    for row in rows:
        default = row.default.removeprefix("default ")
        cells = (f"`{row.key}`", row.type, default, row.meaning)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
