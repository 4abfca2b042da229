"""Everything that is wrong with a config, told at once: line, key, what, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from engine.config.document import Document, KeyPath, dotted, shape_of, short
from engine.config.kinds import listed, unknown
from engine.config.loader import scalar
from feeds.errors import ConfigError

_EXPECTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "string_type": "text",
    "path_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "date_type": "a date such as 2020-03-12",
}
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}
_MANY = 40
_EXPLAINED = 400
"""Unknown keys that are compared with the known ones; the later ones are not shown anyway."""
_LONGEST = 400
"""Letters of a message; what follows repeats what the user wrote."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where."""

    path: KeyPath
    message: str


def from_validation(error: ValidationError, values: Any) -> tuple[Problem, ...]:
    """The errors of pydantic in this program's words; alternatives of one value are joined."""
    messages: dict[KeyPath, list[str]] = {}
    for count, item in enumerate(error.errors(include_url=False)):
        path = _path(item["loc"], item["type"], values)
        if item["type"] == "extra_forbidden":
            message = _unknown_key(path, values) if count < _EXPLAINED else "unknown key"
        else:
            message = _words(item)
        if item["type"].startswith("union_tag"):
            path = (*path, "kind")
        messages.setdefault(path, [])
        if message not in messages[path]:
            messages[path].append(message)
    return tuple(Problem(path, _joined(texts)) for path, texts in messages.items())


def raise_all(problems: Iterable[Problem], document: Document) -> None:
    """Stop if there is any problem.

    Raises
    ------
    ConfigError
        One table of all problems in the order of their lines.
    """
    found = [(document.origin(p.path), p) for p in dict.fromkeys(problems)]
    if not found:
        return
    found.sort(key=lambda item: (item[0].source != document.source, item[0].line))
    rows = [
        (_place(str(at.source), at.line, document.source), dotted(p.path) or "(config)", p.message)
        for at, p in found
    ]
    count = "1 problem" if len(rows) == 1 else f"{len(rows)} problems"
    lines = [f"{count} in {document.source}", *_table(rows[:_MANY])]
    if len(rows) > _MANY:
        lines.append(f"  and {len(rows) - _MANY} more")
    top = next((str(p.path[0]) for _, p in found if p.path), "")
    explain = f"config explain {top}" if _is_key(top) else "config explain"
    lines.append(f"  run `run_backtest.py {explain}` for the allowed keys")
    raise ConfigError("\n".join(lines))


def shown(value: Any) -> str:
    """A value in a message: text in quotes, cut where it is long."""
    if isinstance(value, str):
        return f"text '{short(value)}'"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"a {shape_of(value)}" if isinstance(value, dict | list | tuple) else repr(value)


def _is_key(name: str) -> bool:
    from engine.config.schema import keys_at

    return name in keys_at(())


def _place(source: str, line: int, main: str) -> str:
    if source == main and line:
        return f"line {line}"
    return f"{source}:{line}" if line else ("" if source == main else source)


def _table(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    rows = [(place, short(key, 100), short(text, _LONGEST)) for place, key, text in rows]
    wide = [min(max(len(row[i]) for row in rows), limit) for i, limit in ((0, 32), (1, 40))]
    return [
        f"  {place:<{wide[0]}}  {key:<{wide[1]}}  {text}"
        if wide[0]
        else f"  {key:<{wide[1]}}  {text}"
        for place, key, text in rows
    ]


def _path(loc: Sequence[str | int], kind: str, values: Any) -> KeyPath:
    """`loc` without the names of union members, which pydantic puts between the keys."""
    out: list[str | int] = []
    for i, part in enumerate(loc):
        in_map = isinstance(values, dict)
        in_list = isinstance(values, list | tuple) and isinstance(part, int)
        if (in_map and part in values) or (in_list and int(part) < len(values)):
            values = values[part]
            out.append(part)
        elif in_map and i == len(loc) - 1 and kind in ("missing", "config"):
            out.append(part)
    return tuple(out)


def _unknown_key(path: KeyPath, values: Any) -> str:
    from engine.config.schema import keys_at, sections_with

    above, key = path[:-1], str(path[-1])
    if key in ("True", "False"):
        return (
            "unknown key: a YAML loader turned `on`, `off`, `yes` or `no` into a boolean; give "
            "`load` the path or the text instead"
        )
    elsewhere = sections_with(key)
    if elsewhere:
        places = " or ".join(f"`{s}.{key}`" if s else f"`{key}` at the top" for s in elsewhere)
        return f"unknown key here; it exists as {places}"
    allowed = keys_at(above, values)
    near = unknown("key", key, allowed)
    if "Did you mean" in near:
        name = near.split("`")[3]
        return f"unknown key. Did you mean `{dotted((*above, name))}`?"
    return f"unknown key. Known here: {listed(allowed)}"


def _words(item: Any) -> str:
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    if kind == "missing":
        return "missing"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, got {shown(value)}{_hint(item)}"
    if kind in _BOUNDS:
        word, bound = _BOUNDS[kind]
        return f"must be {word} {context[bound]:g}, got {shown(value)}"
    if kind == "literal_error":
        return f"expected {context['expected']}, got {shown(value)}{_nearest(context, value)}"
    if kind == "union_tag_invalid":
        tags = re.findall(r"'([^']*)'", context["expected_tags"])
        return unknown("kind", str(context["tag"]), tags)
    if kind == "union_tag_not_found":
        return "missing"
    if kind == "string_too_short":
        return "is empty; write some text"
    if kind == "value_error":
        return str(context["error"])
    return str(item["msg"])


def _nearest(context: Any, value: Any) -> str:
    near = unknown("value", str(value), re.findall(r"'([^']*)'", context["expected"]))
    return "." + near.split(".", 1)[1] if "Did you mean" in near else ""


def _hint(item: Any) -> str:
    """What to write, where the slip is a common one."""
    kind, value, key = item["type"], item["input"], str(item["loc"][-1])
    if kind in ("string_type", "path_type") and not isinstance(value, dict | list):
        return "; put it in quotes"
    if kind == "int_type" and isinstance(value, float) and value == int(value):
        return f"; write {int(value)}"
    if not isinstance(value, str):
        return ""
    text = value.strip()
    if kind == "bool_type" and text.lower() in (
        "yes",
        "on",
        "y",
        "true",
        "no",
        "off",
        "n",
        "false",
    ):
        return f"; write {'true' if text.lower() in ('yes', 'on', 'y', 'true') else 'false'}"
    if kind not in ("float_type", "int_type"):
        return ""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?\s*%", text):
        number = float(text.rstrip(" %")) * (100 if key.endswith("_bps") else 0.01)
        return f"; write {number:.12g} for {text}"
    if re.fullmatch(r"[-+]?0[0-9]+", text):
        return f"; write {int(text)}"
    if re.fullmatch(r"[0-9]+(,[0-9]{3})+", text):
        return f"; write {text.replace(',', '_')}"
    if re.fullmatch(r"[0-9.]+\s*[A-Za-z]+", text):
        return "; write the number alone, the unit is part of the key's meaning"
    return "; remove the quotes" if not isinstance(scalar(text), str) else ""


def _joined(texts: list[str]) -> str:
    """Several complaints about one value, as from the members of a union."""
    if len(texts) > 1 and all(", got " in text for text in texts):
        got = texts[0].split(", got ", 1)[1]
        wanted = [texts[0].split(", got ")[0]]
        wanted += [text.split(", got ")[0].removeprefix("expected ") for text in texts[1:]]
        return " or ".join(wanted) + f", got {got}"
    return "; ".join(texts)
