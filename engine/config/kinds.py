"""The sections of a config that are built through the registry, raw strategies among them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, SupportsIndex

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError
from pydantic_core import core_schema

from engine.config.document import KeyPath
from feeds.errors import EngineError
from feeds.user_code import blame
from strategies import registry
from strategies.base import Signal, Strategy
from strategies.entries import KINDS, Entry, listed, problem, unknown

__all__ = ["KINDS", "RAW", "RawStrategy", "Registered", "entries_in", "listed", "unknown"]

RAW = "raw"
_WHOLE = "a whole number"


class RawStrategy(BaseModel):
    """A registered `backtrader.Strategy`, run as it is: no signals, sleeves or schedule."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    name: str = Field(description="registered name of the backtrader strategy")
    params: dict[str, bool | int | float | str | None] = Field(
        default={}, description="values for its `params`; what is left out keeps its default"
    )

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> RawStrategy:
        """Validate `values`, check the parameters' names and write out their defaults."""
        given = cls.model_validate(values)
        known = registry.kinds("raw")
        if given.name not in known:
            raise problem(("name",), unknown("raw strategy", given.name, known), given.name)
        params: Any = known[given.name].params  # type: ignore[attr-defined]
        defaults = dict(params._getitems())
        for key, value in given.params.items():
            if key not in defaults:
                raise problem(("params", key), unknown("parameter", key, defaults), value)
            if not _is_like(value, defaults[key]):
                message = (
                    f"expected {_sort(defaults[key])}, as the default {defaults[key]!r}, "
                    f"got {value!r}"
                )
                raise problem(("params", key), message, value)
        plain = {k: v for k, v in defaults.items() if isinstance(v, bool | int | float | str)}
        params = dict(sorted((plain | given.params).items()))
        _check_finite(("params",), params)
        return given.model_copy(update={"params": params})


@dataclass(frozen=True)
class Registered(Entry):
    """Annotation of a section of the config that holds an object of a registered family.

    At the top a raw strategy may stand as well.
    """

    def make(self, kind: Any, rest: dict[str, Any]) -> Any:
        """The object of a kind with the parameters `rest`; it can be trusted from here on."""
        if kind == RAW and self.family == "strategy":
            return RawStrategy.checked(rest)
        try:
            with blame(f"{self.family} '{kind}'", ValidationError):
                made = super().make(kind, rest)
                for _, entry in entries_in(made):
                    _check_own(entry)
                _check_finite((), made.model_dump())
        except EngineError as error:
            raise problem((), str(error), kind) from error
        return made

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds that may stand here."""
        return (*super().names, RAW) if self.family == "strategy" else super().names

    @staticmethod
    def dump(value: Any) -> dict[str, Any]:
        """The plain map that `build` would read again."""
        if isinstance(value, RawStrategy):
            return {"kind": RAW, **value.model_dump(mode="json")}
        return Entry.dump(value)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        known: dict[str, Any] = dict(registry.kinds(self.family))
        if self.family == "strategy":
            known[RAW] = RawStrategy
        entries = []
        for kind, cls in known.items():
            entry = cls.model_json_schema()
            entry = _inlined(entry, entry.pop("$defs", {}))
            tag = {"const": kind, "type": "string"}
            entry["properties"] = {"kind": tag, **entry.get("properties", {})}
            entry["required"] = ["kind", *entry.get("required", [])]
            entries.append(entry)
        return {"oneOf": entries, KINDS: self.family}


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    """`node` with every reference replaced: the outer schema has no place for definitions."""
    if isinstance(node, list):
        return [_inlined(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        meant = definitions[node["$ref"].rsplit("/", 1)[1]]
        node = meant | {key: value for key, value in node.items() if key != "$ref"}
    return {key: _inlined(value, definitions) for key, value in node.items()}


def entries_in(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, BaseModel]]:
    """The models in a value, itself first, each with its path: a strategy, its cases, its `of`."""
    below: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, BaseModel):
        yield path, value
        below = ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, list | tuple):
        below = enumerate(value)
    for name, part in below:
        if isinstance(part, BaseModel | list | tuple):
            yield from entries_in(part, (*path, name))


def _check_own(entry: BaseModel) -> None:
    """Stop where a class of a user's own tells something that is not what it must be."""
    if isinstance(entry, Signal):
        if not isinstance(entry.lookback, SupportsIndex | None):
            raise EngineError(
                f"signal '{entry.kind}' has a lookback of {entry.lookback!r}; give a whole number "
                "of rows, or None where a value may depend on all of them"
            )
        _check_names(f"signal '{entry.kind}'", "inputs", entry.inputs)
    elif isinstance(entry, Strategy):
        _check_names(f"strategy '{entry.kind}'", "signals", entry.signals)
        _check_names(f"strategy '{entry.kind}'", "sleeves", entry.sleeves)


def _check_names(who: str, what: str, names: object) -> None:
    if not isinstance(names, tuple | list) or not all(isinstance(each, str) for each in names):
        raise EngineError(f"{who} gives {names!r} as its `{what}`; give a tuple of names")


def _check_finite(path: KeyPath, value: object) -> None:
    """Stop at a number that is none, as a default of a class may be."""
    if isinstance(value, float) and not math.isfinite(value):
        raise problem(path, f"is {value}, which no config can write; give a finite number", value)
    if isinstance(value, Mapping | list | tuple):
        below = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, each in below:
            _check_finite((*path, key), each)


def _is_like(value: object, default: object) -> bool:
    """Whether `value` is of the default's sort; a whole number is a number too."""
    if default is None or _sort(value) == _sort(default):
        return True
    return isinstance(default, float) and _sort(value) == _WHOLE


def _sort(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return _WHOLE
    return "a number" if isinstance(value, float) else "text"
