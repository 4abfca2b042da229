"""`Experiment`: the one model behind validation, the JSON Schema, `config explain` and the docs."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from engine.config.document import shape_of, short
from engine.config.kinds import RawStrategy, Registered
from engine.config.loader import scalar
from engine.execution import ExecutionSpec
from engine.schedule import Schedule
from feeds.readers import PanelSpec, inside_root
from feeds.simulated import SimulatedSpec
from strategies.base import Basket, Signal, Strategy

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


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


Date = Annotated[datetime.date, BeforeValidator(_date)]
FileName = Annotated[str, AfterValidator(_file_name)]
Id = Annotated[str, AfterValidator(_id)]
Name = Annotated[str, AfterValidator(_identifier)]
Column = Annotated[str, AfterValidator(_column)]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_set_of), AfterValidator(_in_order)]
Source = Annotated[str, AfterValidator(inside_root)]


def _derived(*names: str) -> Any:
    """JSON Schema of a map in which `names` may be left out, because they are derived."""

    def adapt(schema: dict[str, Any]) -> None:
        schema["required"] = [name for name in schema.get("required", ()) if name not in names]

    return adapt


class Section(BaseModel):
    """Frozen, strict, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Hypothesis(Section):
    """What the experiment tests."""

    id: FileName = Field(description="the same for every variant of one hypothesis")
    claim: str = Field(min_length=1, max_length=2000, description="the claim, in one sentence")


class Period(Section):
    """Dates of the run; panels are read from their first row, which serves as warm-up."""

    start: Date = Field(description="first date of the clock that is traded")
    end: Date = Field(description="last date of the clock that is traded, included")


class Data(Section):
    """Where the panels come from: files, or the simulator."""

    root: Annotated[Path, Field(strict=False)] | None = Field(
        None,
        exclude=True,
        description="folder of the files, relative to this config; not part of the run's id",
    )
    panels: dict[Name, PanelSpec] = Field({}, description="panels read from files, by name")
    events: list[Source] = Field(
        [], description="`builtin` and CSV files under the root: delistings, halts, reused tickers"
    )
    simulated: SimulatedSpec | None = Field(
        None, description="simulated panels `equities`, `coins` and `caps` in place of files"
    )


class Universe(Section):
    """The ids that baskets may hold."""

    model_config = ConfigDict(json_schema_extra=_derived("ids"))

    ids: Ids = Field(description="ids of the clock panel; left out: all ids it names")
    min_age_days: int = Field(0, ge=0, description="days since its first bar before an id counts")
    point_in_time: bool = Field(
        False, description="whether the list was drawn up without hindsight; shown in the report"
    )


class BenchmarkSpec(Section):
    """A sleeve held throughout, at no cost of decision, to compare with."""

    sleeve: str = Field(description="the sleeve that is held")


class Report(Section):
    """Conventions of the statistics."""

    model_config = ConfigDict(json_schema_extra=_derived("periods_per_year"))

    periods_per_year: float = Field(
        gt=0,
        le=1_000_000,
        description="clock bars in a year; left out: 365 for 24/7 days, 8760 for 24/7 hours, "
        "252 for sessions of an exchange",
    )
    risk_free: float = Field(0.0, gt=-1, lt=1, description="risk-free return in a year")


class Experiment(Section):
    """An experiment: which data, what is traded when and by which rule, at what cost."""

    model_config = ConfigDict(json_schema_extra=_derived("universe", "report"))

    version: Literal[1] = Field(description="version of this format")
    name: FileName = Field(description="results go to DIR/<name>/<id>/")
    hypothesis: Hypothesis | None = Field(None, description="what the experiment tests")
    period: Period
    data: Data
    clock: str = Field(description="the traded panel; decisions happen at its closes only")
    universe: Universe
    signals: Annotated[
        dict[Column, Annotated[Signal, Registered("signal")]], BeforeValidator(_or_empty)
    ] = Field({}, description="signals by name")
    sleeves: dict[Name, Annotated[Basket, Registered("basket")]] = Field(
        {}, description="baskets by name, which shares refer to"
    )
    strategy: Annotated[Strategy | RawStrategy, Registered("strategy")] = Field(
        description="the rule from signals to shares of the sleeves"
    )
    schedule: Schedule | None = Field(None, description="when decisions are due")
    execution: ExecutionSpec = Field(default_factory=lambda: ExecutionSpec.model_validate({}))
    benchmarks: dict[Name, BenchmarkSpec] = Field({}, description="benchmarks by name")
    report: Report

    def resolved(self) -> dict[str, Any]:
        """Plain values in canonical order with every default written out, without `data.root`.

        Equal experiments have equal ones.
        """
        out = self.model_dump(mode="json")
        for key in ("signals", "sleeves", "benchmarks"):
            out[key] = dict(sorted(out[key].items()))
        data = out["data"]
        if self.data.simulated is not None:
            out["data"] = {"simulated": data["simulated"]}
        else:
            panels = dict(sorted(data["panels"].items()))
            for panel in panels.values():
                panel["ids"] = panel["ids"] and sorted(panel["ids"])
            out["data"] = {"panels": panels, "events": data["events"]}
        return out

    def to_yaml(self) -> str:
        """`resolved()` as YAML that `load_config` reads back to an equal experiment."""
        return yaml.dump(
            self.resolved(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000
        )


class _Dumper(yaml.SafeDumper):
    """Quotes any text that this package's loader would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if _reads_as_text(text) else "'"
    style = style if text.isprintable() else '"'  # line ends and controls are escaped there
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _reads_as_text(text: str) -> bool:
    try:
        return isinstance(scalar(text), str)
    except ValueError:
        return False


_Dumper.add_representer(str, _text)
