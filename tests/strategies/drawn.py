"""Parameters drawn from what a kind declares: its fields, their types and bounds."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

SMALL = 12
"""Whole numbers are drawn up to so much above their bound, so that small panels exercise them."""


def parameters(kind: type[BaseModel]) -> st.SearchStrategy[Mapping[str, Any]]:
    """The kind's example with some of its parameters drawn anew, as far as they can be drawn."""
    example = dict(kind.example)
    drawn = {
        name: values
        for name, field in kind.model_fields.items()
        if name not in ("panel", "id", "max_age_days") and (values := _of_field(field)) is not None
    }
    some = st.fixed_dictionaries({}, optional=drawn)
    return some.map(lambda chosen: example | chosen).filter(lambda each: _fits(kind, each))


def bounds(field: FieldInfo) -> list[tuple[str, float]]:
    """Every bound of a field, as (`ge`, 1)."""
    found = []
    for part in _constraints(field.metadata, field.annotation):
        for name in ("ge", "gt", "le", "lt"):
            limit = getattr(part, name, None)
            if limit is not None:
                found.append((name, float(limit)))
    return found


def outside(field: FieldInfo, bound: tuple[str, float]) -> float | int:
    """A number just outside of a bound, of the field's own sort."""
    name, limit = bound
    whole = int in _types(field.annotation)
    step = 1 if whole else max(abs(limit), 1.0) * 1e-3
    value = {"ge": limit - step, "gt": limit, "le": limit + step, "lt": limit}[name]
    return int(value) if whole else value


def _fits(kind: type[BaseModel], values: Mapping[str, Any]) -> bool:
    try:
        kind(**values)
    except ValidationError:
        return False
    return True


def _constraints(metadata: list[Any], annotation: Any) -> list[Any]:
    """The constraints of a field, those of `Annotated` members of a union included."""
    found = []
    for part in metadata:
        found += list(part) if isinstance(part, annotated_types.GroupedMetadata) else [part]
    if get_origin(annotation) is Annotated:
        found += list(annotation.__metadata__)
    return found


def _types(annotation: Any) -> set[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        return {one for part in get_args(annotation) for one in _types(part)}
    return {annotation}


def _of_field(field: FieldInfo) -> st.SearchStrategy[Any] | None:
    if any(isinstance(part, str) for part in field.metadata):  # names of signals, panels, ids
        return None
    return _of_type(field.annotation, dict(bounds(field)))


def _of_type(annotation: Any, limits: Mapping[str, float]) -> st.SearchStrategy[Any] | None:
    if annotation is types.NoneType:
        return st.none()
    if annotation is bool:
        return st.booleans()
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if annotation is int:
        low = int(limits.get("ge", limits.get("gt", 0) + 1))
        return st.integers(low, int(min(limits.get("le", math.inf), low + SMALL)))
    if annotation is float and limits:
        low = limits.get("ge", limits.get("gt", -1.0))
        high = min(limits.get("le", limits.get("lt", math.inf)), low + 2)
        return st.floats(
            low, high, exclude_min="gt" in limits, exclude_max=high == limits.get("lt"), width=32
        ).map(float)
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [_of_type(part, limits) for part in get_args(annotation)]
        known = [part for part in parts if part is not None]
        return st.one_of(known) if known else None
    return None
