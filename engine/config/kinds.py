"""Config entries of the form `{kind: name, ...parameters}`, built through the registry."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from engine.config.document import short
from strategies import registry

_COMPARED, _LISTED = 1000, 40
_WHOLE = "a whole number"
KINDS = "x-kinds"
"""JSON Schema key of an entry that is built by kind: the family's name."""


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
        return given.model_copy(update={"params": params})


@dataclass(frozen=True)
class Registered:
    """Annotation of a field that holds an object of a registered family."""

    family: Literal["signal", "basket", "strategy"]

    def build(self, values: Any) -> Any:
        """The frozen object that `values` describes."""
        if not isinstance(values, Mapping):
            raise PydanticCustomError(
                "entry", "expected a map with a `kind`, such as {example}", {"example": "{kind: x}"}
            )
        rest = dict(values)
        kind = rest.pop("kind", None)
        if kind == "raw" and self.family == "strategy":
            return RawStrategy.checked(rest)
        known = registry.kinds(self.family)
        names = [*known, "raw"] if self.family == "strategy" else list(known)
        if kind is None:
            raise problem(("kind",), f"missing; one of {listed(names)}", kind)
        if not isinstance(kind, str) or kind not in known:
            raise problem(("kind",), unknown(f"{self.family} kind", str(kind), names), kind)
        return known[kind].model_validate(rest)  # type: ignore[attr-defined]

    @staticmethod
    def dump(value: Any) -> dict[str, Any]:
        """The plain map that `build` would read again; lists of ids in sorted order."""
        kind = "raw" if isinstance(value, RawStrategy) else value.kind
        plain = value.model_dump(mode="json")
        for name, field in type(value).model_fields.items():
            if "asset" in field.metadata and isinstance(plain[name], list):
                plain[name] = sorted(plain[name])
        return {"kind": kind, **plain}

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.build,
            serialization=core_schema.plain_serializer_function_ser_schema(self.dump),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        known: dict[str, Any] = dict(registry.kinds(self.family))
        if self.family == "strategy":
            known["raw"] = RawStrategy
        entries = []
        for kind, cls in known.items():
            entry = cls.model_json_schema()
            tag = {"const": kind, "type": "string"}
            entry["properties"] = {"kind": tag, **entry.get("properties", {})}
            entry["required"] = ["kind", *entry.get("required", [])]
            entries.append(entry)
        return {"oneOf": entries, KINDS: self.family}


def problem(path: tuple[str | int, ...], message: str, value: Any) -> ValidationError:
    """A validation error at `path` inside the entry that is being built."""
    error = PydanticCustomError("config", message)
    detail: InitErrorDetails = {"type": error, "loc": path, "input": value}
    return ValidationError.from_exception_data("entry", [detail])


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """`unknown signal kind `x`. Did you mean `y`?`, or the known names."""
    known = tuple(known)
    # Comparing letter by letter is for the slips of people, whose configs are small.
    near = difflib.get_close_matches(short(name), known[:_COMPARED], n=1)
    hint = f"Did you mean `{near[0]}`?" if near else f"Known: {listed(known)}"
    return f"unknown {what} `{short(name)}`. {hint}"


def listed(names: Iterable[str]) -> str:
    """Names in backticks, separated by commas."""
    names = tuple(names)
    some = ", ".join(f"`{short(name)}`" for name in names[:_LISTED])
    more = len(names) - _LISTED
    return f"{some} and {more} more" if more > 0 else some or "none"


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
