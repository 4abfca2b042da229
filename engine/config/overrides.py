"""Layers of a config: `extends`, the file, `--set`; the later layer wins."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.config.document import Document, KeyPath, Origin, dotted, from_mapping, shape_of
from engine.config.loader import MAX_DEPTH, check_unicode, parse, parse_value, read_text
from feeds.errors import ConfigError

SET = "--set"


def read_document(
    source: str | Path | Mapping[str, Any], overrides: Iterable[str] = ()
) -> Document:
    """A config with everything it extends and every override applied.

    Parameters
    ----------
    source : path, YAML text (a `str` with line breaks) or mapping
    overrides : iterable of str
        `a.b.c=VALUE`, in order; VALUE is read as YAML.
    """
    if isinstance(source, Mapping):
        document = _extended(from_mapping(source), Path(), {}, ())
    elif isinstance(source, str) and "\n" in source:
        document = _extended(parse(source, "the config"), Path(), {}, ())
    else:
        document = _read_file(Path(source), {}, ())
    for text in overrides:
        document = _override(document, text)
    return _anchored(document)


def merge(lower: Document, upper: Document) -> Document:
    """Both documents as one: maps merge, lists and single values of `upper` replace.

    A map that names another `kind` replaces as a whole, since the parameters of one kind mean
    nothing to another.
    """
    origins = dict(lower.origins)
    values = _merged(lower.values, upper.values, (), origins)
    return Document(values, origins | upper.origins, upper.source)


def _merged(lower: Any, upper: Any, path: KeyPath, origins: dict[KeyPath, Origin]) -> Any:
    both = isinstance(lower, dict) and isinstance(upper, dict)
    if both and upper.get("kind", lower.get("kind")) == lower.get("kind"):
        extra = {k: _merged(lower.get(k), v, (*path, k), origins) for k, v in upper.items()}
        return lower | extra
    _forget(lower, path, origins)
    return upper


def _forget(value: Any, path: KeyPath, origins: dict[KeyPath, Origin]) -> None:
    """Drop the origins of `value`, which stands at `path`, and of all that is in it."""
    origins.pop(path, None)
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            _forget(below, (*path, key), origins)


def _read_file(path: Path, known: dict[Path, Document], chain: tuple[Path, ...]) -> Document:
    try:
        here = path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle are a RuntimeError
        raise ConfigError(f"cannot read the config {path}: {error}") from None
    if here in chain:
        names = " -> ".join(p.name for p in (*chain[chain.index(here) :], here))
        raise ConfigError(f"{path} extends itself: {names}")
    if len(chain) >= MAX_DEPTH:
        raise ConfigError(f"more than {MAX_DEPTH} files extend one another; that is no config")
    if here not in known:
        document = parse(read_text(path), str(path))
        known[here] = _extended(document, path.parent, known, (*chain, here))
    return known[here]


def _extended(
    document: Document, folder: Path, known: dict[Path, Document], chain: tuple[Path, ...]
) -> Document:
    names = document.values.get("extends", [])
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        at = document.origin(("extends",))
        raise ConfigError(f"{at}: `extends` is a path or a list of paths")
    out = Document({}, {}, document.source)
    for name in names:
        try:
            out = merge(out, _read_file(folder / name, known, chain))
        except ConfigError as error:
            if "(extended by" in str(error):  # one level is enough to find it
                raise
            at = document.origin(("extends",))
            raise ConfigError(f"{error} (extended by {at})") from None
    values = {
        key: value
        for key, value in document.values.items()
        if key != "extends" and not key.startswith("x-")
    }
    return merge(out, Document(values, document.origins, document.source))


def _override(document: Document, text: str) -> Document:
    check_unicode(text, SET)
    key, equals, value_text = text.partition("=")
    path = _key_path(key.strip())
    if not equals or not path:
        raise ConfigError(f"{SET} {text[:80]}: write {SET} key=value, such as execution.fee_bps=20")
    value: Any = parse_value(value_text, f"{SET} {text}")
    depth = len(path)
    # A list item is set by replacing its list; maps above it merge as a file's would.
    for i, part in enumerate(path):
        if isinstance(part, int):
            depth = i
            value = _with_item(document.values, path[:i], path[i:], value)
            break
    for part in reversed(path[:depth]):
        value = {part: value}
    origins = {path[:length]: Origin(SET) for length in range(depth, len(path) + 1)}
    return merge(document, Document(value, origins, document.source))


def _key_path(key: str) -> KeyPath:
    parts = key.replace("[", ".").replace("]", "").split(".")
    return (
        ()
        if "" in parts or len(parts) > MAX_DEPTH
        else tuple(int(p) if p.isdecimal() else p for p in parts)
    )


def _with_item(values: Any, at: KeyPath, rest: KeyPath, value: Any) -> Any:
    """The list at `at` with the value at `rest` inside it replaced."""
    for part in at:
        values = values.get(part) if isinstance(values, dict) else None
    return _replaced(values, at, rest, value)


def _replaced(old: Any, at: KeyPath, rest: KeyPath, value: Any) -> Any:
    if not rest:
        return value
    part, here = rest[0], dotted(at)
    if isinstance(part, str):
        below = old.get(part) if isinstance(old, dict) else None
        return (old if isinstance(old, dict) else {}) | {
            part: _replaced(below, (*at, part), rest[1:], value)
        }
    if not isinstance(old, list):
        raise ConfigError(f"{SET} {here}[{part}]: `{here}` is a {shape_of(old)}, not a list")
    if part >= len(old):
        raise ConfigError(f"{SET} {here}[{part}]: `{here}` has items 0 to {len(old) - 1}")
    item = _replaced(old[part], (*at, part), rest[1:], value)
    return [*old[:part], item, *old[part + 1 :]]


def _is_loop(path: Path) -> bool:
    """Whether links lead round in a circle; `Path.resolve` tells so up to Python 3.12 only."""
    try:
        path.stat()
    except OSError as error:  # a folder that is missing is told when its files are read
        return error.errno == errno.ELOOP
    return False


def _anchored(document: Document) -> Document:
    """Make `data.root` absolute: beside its file, or in the working directory for `--set`."""
    data = document.values.get("data")
    root = data.get("root") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(root, str):
        return document
    origin = document.origin(("data", "root"))
    folder = Path(origin.source).parent if origin.line else Path()
    if _is_loop(folder / root):
        raise ConfigError(f"{origin}: data.root: the link {root} leads to itself")
    there = os.path.realpath(folder / root)
    values = document.values | {"data": data | {"root": there}}
    return Document(values, document.origins, document.source)
