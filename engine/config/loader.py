"""YAML text to plain values, strictly, with the place where each value was written.

Built on the parser's events alone: no tag is ever resolved, so no object can be constructed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.config.document import Document, KeyPath, Origin, dotted, shape_of
from feeds.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_NODES = 20_000

# libyaml is ten times as fast; the pure Python parser reads the same language.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*(?:_[0-9]+)*)")
_FLOAT = re.compile(
    r"[-+]?(?:(?:[0-9]+(?:_[0-9]+)*)?\.[0-9]+|[0-9]+(?:_[0-9]+)*\.?(?=[eE])|[0-9]+\.)"
    r"(?:[eE][-+]?[0-9]+)?"
)
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class _Node:
    value: Any
    """(value, text, unquoted) of a scalar; nodes of a list; (key node, node) pairs of a map."""
    shape: str
    line: int


def scalar(text: str) -> Any:
    """The value of an unquoted scalar: null, true, false, a number, else the text itself.

    `ON`, `no`, `1:30`, `010` and `2020-01-01` stay text; `1e-3` is a float, `100_000` an int.

    Raises
    ------
    ValueError
        For a number too large to be one.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        if len(text) > 40 or abs(int(text)) >= 2**63:
            raise ValueError(f"the number {text[:20]}... is too large; put it in quotes if text")
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise ValueError(f"the number {text} is too large")
        return number
    return text


def parse(text: str, source: str) -> Document:
    """The one map that `text` holds.

    Raises
    ------
    ConfigError
        For text that is no YAML, holds a duplicate key, a tag, several documents, or is nested or
        repeated beyond the limits.
    """
    values, origins = _load(text, source)
    if not isinstance(values, dict):
        found = "nothing" if values is None else f"a {shape_of(values)}"
        raise ConfigError(f"{source} holds {found}; a config is a map of keys such as `name:`")
    return Document(values, origins, source)


def parse_value(text: str, source: str) -> Any:
    """A single value written as YAML, such as the right side of `--set key=value`."""
    return _load(text, source)[0]


def read_text(path: Path) -> str:
    """The text of a config file.

    Raises
    ------
    ConfigError
        For a file that is missing, no file, larger than 1 MB or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(
            f"there is no config {path} (looked in {path.absolute().parent})"
        ) from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a directory; name a YAML file in it") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read the config {path}: {error}") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path} is larger than 1 MB; that is no config")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path} line {line}: not UTF-8 text; save the file as UTF-8") from None


def check_unicode(text: str, source: str) -> None:
    """Refuse the lone surrogates that stand for bytes of a command line that are no text.

    Raises
    ------
    ConfigError
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"{source}: {text[error.start]!a} holds a character that is not Unicode text; "
            "write it as UTF-8"
        ) from None


def _load(text: str, source: str) -> tuple[Any, dict[KeyPath, Origin]]:
    if len(text) > MAX_BYTES:
        raise ConfigError(f"{source} is larger than 1 MB; that is no config")
    check_unicode(text, source)
    try:
        root = _compose_document(text, source)
    except yaml.YAMLError as error:
        raise ConfigError(_syntax_message(error, text, source)) from None
    expand = _Expansion(source)
    return expand.plain(root, ()), expand.origins


def _syntax_message(error: yaml.YAMLError, text: str, source: str) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:  # the reader found a character that YAML forbids
        return f"{source}: not YAML: {' '.join(str(error).split())}"
    lines = text.splitlines()
    written = lines[mark.line] if mark.line < len(lines) else ""
    problem = " ".join(str(getattr(error, "problem", error)).split())
    indent = written[: len(written) - len(written.lstrip())]
    if "\t" in indent or "\\t" in problem:
        problem, hint = "indented with a tab", "YAML takes spaces only"
    elif "{id}" in written:
        hint = 'put a text with {id} in quotes, such as files: "coins/{id}.csv"'
    elif "mapping values" in problem:
        hint = "put text that holds `: ` in quotes, and check the indentation"
    elif "cannot start any token" in problem:
        hint = "put text that begins with a special character in quotes"
    else:
        hint = "check indentation, brackets and quotes here and just above"
    return f"{source} line {mark.line + 1}: {problem}; {hint}"


def _compose_document(text: str, source: str) -> _Node:
    events = _counted(yaml.parse(text, Loader=_PARSER), source)
    next(events)  # start of stream
    if isinstance(next(events), yaml.StreamEndEvent):
        return _Node((None, "", True), "scalar", 1)
    root = _compose(events, next(events), {}, 0, source)
    next(events)  # end of document
    after = next(events)
    if not isinstance(after, yaml.StreamEndEvent):
        raise ConfigError(f"{source}: a second document follows the first; write one a file")
    return root


def _counted(events: Iterator[Any], source: str) -> Iterator[Any]:
    """The events, as long as there are not far too many; a list or map has two of them."""
    for count, event in enumerate(events):
        if count > 2 * MAX_NODES:
            raise ConfigError(f"{source}: more than {MAX_NODES} values; that is no config")
        yield event


def _compose(
    events: Iterator[Any], event: Any, anchors: dict[str, _Node], depth: int, source: str
) -> _Node:
    line = event.start_mark.line + 1
    where = f"{source} line {line}"
    if depth > MAX_DEPTH:
        raise ConfigError(f"{where}: nested deeper than {MAX_DEPTH} levels")
    if isinstance(event, yaml.AliasEvent):
        # An anchor is known once its node is complete, so that no node can hold itself.
        if event.anchor not in anchors:
            raise ConfigError(f"{where}: `*{event.anchor}` has no complete `&{event.anchor}` above")
        return anchors[event.anchor]
    if event.tag is not None:
        raise ConfigError(f"{where}: the tag `{event.tag}` is refused; write plain values")
    if isinstance(event, yaml.ScalarEvent):
        if "\0" in event.value:
            raise ConfigError(f"{where}: the text holds a NUL character")
        try:
            value = scalar(event.value) if event.implicit[0] else event.value
        except ValueError as error:
            raise ConfigError(f"{where}: {error}") from None
        node = _Node((value, event.value, event.implicit[0]), "scalar", line)
    else:
        is_map = isinstance(event, yaml.MappingStartEvent)
        items = []
        while not isinstance(event_in := next(events), yaml.CollectionEndEvent):
            item: Any = _compose(events, event_in, anchors, depth + 1, source)
            if is_map:
                item = (item, _compose(events, next(events), anchors, depth + 1, source))
            items.append(item)
        node = _Node(tuple(items), "map" if is_map else "list", line)
    if event.anchor:
        anchors[event.anchor] = node
    return node


class _Expansion:
    """Nodes to plain values: aliases are copied out, counted against the limits."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.origins: dict[KeyPath, Origin] = {}
        self.count = 0

    def plain(self, node: _Node, path: KeyPath) -> Any:
        self._count(node, len(path))
        self.origins.setdefault(path, Origin(self.source, node.line))
        if node.shape == "list":
            return [self.plain(item, (*path, i)) for i, item in enumerate(node.value)]
        if node.shape == "scalar":
            return node.value[0]
        out: dict[str, Any] = {}
        for name, (key, value) in self._pairs(node, path).items():
            self.origins[(*path, name)] = Origin(self.source, key.line)
            out[name] = self.plain(value, (*path, name))
        return out

    def _count(self, node: _Node, depth: int) -> None:
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            raise ConfigError(
                f"{self.source} line {node.line}: more than {MAX_NODES} values "
                f"or {MAX_DEPTH} levels once the aliases are written out"
            )

    def _pairs(self, node: _Node, path: KeyPath, depth: int = 0) -> dict[str, tuple[_Node, _Node]]:
        """Key and value nodes by name; what `<<` merges in yields to what is written here."""
        self._count(node, depth)
        pairs: dict[str, tuple[_Node, _Node]] = {}
        merged: list[_Node] = []
        for key, value in node.value:
            where = f"{self.source} line {key.line}"
            if key.shape != "scalar":
                raise ConfigError(f"{where}: a key is a {key.shape}; keys are text")
            _, name, unquoted = key.value
            if name == "<<" and unquoted:
                merged.extend(value.value if value.shape == "list" else [value])
            elif name in pairs:
                at, line = dotted((*path, name)), pairs[name][0].line
                raise ConfigError(f"{where}: the key `{at}` is already on line {line}")
            else:
                pairs[name] = (key, value)
        for other in merged:
            if other.shape != "map":
                raise ConfigError(f"{self.source} line {other.line}: `<<` merges maps only")
            pairs = self._pairs(other, path, depth + 1) | pairs
        return pairs
