"""Entries of the form `{kind: name, ...parameters}`, built through the registry."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from strategies import registry
from strategies.base import Parameters

KINDS = "x-kinds"
"""JSON Schema key of an entry that is built by kind: the family's name."""

_COMPARED, _LISTED, _LONGEST = 1000, 40, 60


@dataclass(frozen=True)
class Entry:
    """Annotation of a parameter that holds an object of a registered family."""

    family: Literal["signal", "basket", "strategy"]

    def build(self, values: Any) -> Any:
        """The frozen object that `values` describes; one that is built already stays."""
        if isinstance(values, Parameters) and values.family == self.family:
            return values
        if not isinstance(values, Mapping):
            raise PydanticCustomError(
                "entry", "expected a map with a `kind`, such as {example}", {"example": "{kind: x}"}
            )
        rest = dict(values)
        return self.make(rest.pop("kind", None), rest)

    def make(self, kind: Any, rest: dict[str, Any]) -> Any:
        """The object of a kind with the parameters `rest`."""
        known = registry.kinds(self.family)
        if kind is None:
            raise problem(("kind",), f"missing; one of {listed(self.names)}", kind)
        if not isinstance(kind, str) or kind not in known:
            raise problem(("kind",), unknown(f"{self.family} kind", str(kind), self.names), kind)
        return known[kind].model_validate(rest)  # type: ignore[attr-defined]

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds that may stand here."""
        return tuple(registry.kinds(self.family))

    @staticmethod
    def dump(value: Any) -> dict[str, Any]:
        """The plain map that `build` would read again; lists of ids in sorted order."""
        plain = value.model_dump(mode="json")
        for name, field in type(value).model_fields.items():
            if "asset" in field.metadata and isinstance(plain[name], list):
                plain[name] = sorted(plain[name])
        return {"kind": value.kind, **plain}

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
        # Kinds that hold kinds would go on for ever: `engine.config.schema` knows where they are.
        return {KINDS: self.family}


def problem(path: tuple[str | int, ...], message: str, value: Any) -> ValidationError:
    """A validation error at `path` inside the entry that is being built."""
    error = PydanticCustomError("config", message)
    detail: InitErrorDetails = {"type": error, "loc": path, "input": value}
    return ValidationError.from_exception_data("entry", [detail])


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """`unknown signal kind `x`. Did you mean `y`?`, or the known names."""
    known = tuple(known)
    # Comparing letter by letter is for the slips of people, whose configs are small.
    near = difflib.get_close_matches(_short(name), known[:_COMPARED], n=1)
    hint = f"Did you mean `{near[0]}`?" if near else f"Known: {listed(known)}"
    own = "; one of your own needs `--plugins FILE`" if what.endswith(" kind") else ""
    return f"unknown {what} `{_short(name)}`. {hint}{own}"


def listed(names: Iterable[str]) -> str:
    """Names in backticks, separated by commas."""
    names = tuple(names)
    some = ", ".join(f"`{_short(name)}`" for name in names[:_LISTED])
    more = len(names) - _LISTED
    return f"{some} and {more} more" if more > 0 else some or "none"


def _short(name: str) -> str:
    """`name`, cut where it is longer than any word of a config."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."
