"""The kinds of fields that a config has, and what each of them refuses."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from engine.config.document import shape_of, short
from feeds.panel_spec import inside_root

_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


def _date(value: Any) -> Any:
    """Dates are text in YAML here; only `YYYY-MM-DD` is one."""
    reason = ""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError as error:
            reason = f": {error}"
    found = f"text '{value}'" if isinstance(value, str) else f"a {shape_of(value)}"
    raise ValueError(f"expected a date such as 2020-03-12, got {found}{reason}")


def _file_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,80}", value):
        raise ValueError("use 1 to 80 of the characters A-Z a-z 0-9 . _ -")
    if value.strip(".") and value[0] in ".-":
        raise ValueError(f"'{value}' must begin with a letter, a digit or _")
    if not value.strip(".") or _DEVICES.fullmatch(value):
        raise ValueError(f"'{value}' cannot name a directory on every system; choose another")
    return value


def _id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9^][A-Za-z0-9._=^-]{0,79}", value):
        raise ValueError(f"'{short(value)}' is no id; use 1 to 80 of A-Z a-z 0-9 . _ = ^ -")
    return value


def _identifier(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,79}", value) or value in ("and", "or", "not"):
        raise ValueError(f"'{short(value)}' is no name; use letters, digits and _, a letter first")
    return value


def _column(value: str) -> str:
    if value in ("time", "target", "reason") or value.endswith("_age_days"):
        raise ValueError(f"'{value}' is a column of decisions.csv; choose another name")
    return _identifier(value)


def _set_of(values: Any) -> Any:
    if not isinstance(values, list | tuple):
        return values
    counts = Counter(map(str, values))
    twice = sorted(value for value, count in counts.items() if count > 1)
    if twice:
        raise ValueError(f"named twice: {', '.join(map(short, twice[:20]))}")
    if not values:
        raise ValueError("names no id; list at least one, or leave the key out")
    return tuple(values)


def _in_order(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(values))


def or_empty(value: Any) -> Any:
    """An empty map for a section that has nothing below it."""
    return {} if value is None else value


Date = Annotated[datetime.date, BeforeValidator(_date)]
FileName = Annotated[str, AfterValidator(_file_name)]
Id = Annotated[str, AfterValidator(_id)]
Name = Annotated[str, AfterValidator(_identifier)]
Column = Annotated[str, AfterValidator(_column)]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_set_of), AfterValidator(_in_order)]
Source = Annotated[str, AfterValidator(inside_root)]


def derived(*names: str) -> Any:
    """JSON Schema of a map in which `names` may be left out, because they are derived."""

    def adapt(schema: dict[str, Any]) -> None:
        schema["required"] = [name for name in schema.get("required", ()) if name not in names]

    return adapt


class Section(BaseModel):
    """Frozen, strict, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)
