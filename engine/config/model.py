"""`Experiment`: the one model behind validation, the JSON Schema, `config explain` and the docs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, ConfigDict, Field

from engine.config.benchmarks import BenchmarkSpec
from engine.config.computed import Computed
from engine.config.fields import (
    Column,
    Date,
    FileName,
    Name,
    Section,
    Source,
    derived,
    or_empty,
)
from engine.config.gates import Gates
from engine.config.kinds import RawStrategy, Registered
from engine.config.loader import scalar
from engine.config.study import StudySpec
from engine.config.universe import Universe
from engine.execution import ExecutionSpec
from engine.schedule import Schedule
from feeds.own_tables import BUILT_IN
from feeds.panel_spec import PanelSpec
from feeds.quality import QualitySpec
from feeds.simulated import SimulatedSpec
from strategies.base import Basket, Signal, Strategy


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
    computed: dict[Name, Computed] = Field(
        {}, description="panels computed from others, by name: caps, dominance, alt_season, aligned"
    )
    coins: list[Source] = Field(
        [BUILT_IN],
        description="`builtin` and CSV files under the root: what the names of coins are",
    )
    quality: QualitySpec = Field(
        default_factory=lambda: QualitySpec.model_validate({}),
        description="what is done about faults in the rows",
    )
    simulated: SimulatedSpec | None = Field(
        None,
        description="simulated panels in place of files: `equities`, `coins`, `caps`, "
        "`market_caps`",
    )


class Report(Section):
    """Conventions of the statistics."""

    model_config = ConfigDict(json_schema_extra=derived("periods_per_year"))

    periods_per_year: float = Field(
        gt=0,
        le=1_000_000,
        description="clock bars in a year; left out: 365 for 24/7 days, 8760 for 24/7 hours, "
        "252 for sessions of an exchange",
    )
    risk_free: float = Field(0.0, gt=-1, lt=1, description="risk-free return in a year")


class Experiment(Section):
    """An experiment: which data, what is traded when and by which rule, at what cost."""

    model_config = ConfigDict(json_schema_extra=derived("universe", "report"))

    version: Literal[1] = Field(description="version of this format")
    name: FileName = Field(description="results go to DIR/<name>/<id>/")
    hypothesis: Hypothesis | None = Field(None, description="what the experiment tests")
    period: Period
    data: Data
    clock: str = Field(description="the traded panel; decisions happen at its closes only")
    universe: Universe
    signals: Annotated[
        dict[Column, Annotated[Signal, Registered("signal")]], BeforeValidator(or_empty)
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
    gates: Gates | None = Field(
        None, exclude=True, description="what a run has to reach; not part of its id"
    )
    study: StudySpec | None = Field(
        None, exclude=True, description="what `study` asks; not part of the run's id"
    )

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
            if data["computed"]:
                out["data"]["computed"] = data["computed"]
        else:
            panels = dict(sorted(data["panels"].items()))
            for panel in panels.values():
                panel["ids"] = panel["ids"] and sorted(panel["ids"])
            kept = ("computed", "events", "coins", "quality")
            out["data"] = {"panels": panels, **{key: data[key] for key in kept}}
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
