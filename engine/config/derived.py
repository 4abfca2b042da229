"""Values that follow from others where a config leaves them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.config.document import Document, Origin
from engine.config.problems import Problem
from feeds.calendars import ALWAYS
from feeds.simulated import BTC, CAPS_ID, EXCHANGE, INDEX_ID, SimulatedSpec

_PERIODS = {(ALWAYS, "day_start"): 365.0, (ALWAYS, "hour_start"): 8760.0}
_SESSIONS = 252.0
DERIVED = "derived"
_NOT_DERIVED = {
    "report": "missing, and the clock `{clock}` does not tell it; write "
    "`report: {{periods_per_year: 365}}` with the clock's bars in a year",
    "universe": "missing; list the ids that {{id}} stands for: `universe: {{ids: [...]}}`",
}


@dataclass(frozen=True)
class Shape:
    """What is known of a simulated panel before it is drawn."""

    calendar: str
    stamp: str
    tradable: bool
    ids: Callable[[SimulatedSpec], tuple[str, ...]]


def _coins(spec: SimulatedSpec) -> tuple[str, ...]:
    width = max(2, len(str(spec.coins - 1)))
    return (BTC, *(f"SIM{i:0{width}d}" for i in range(1, spec.coins)))


SIMULATED = {
    "equities": Shape(EXCHANGE, "session_close", True, lambda spec: (INDEX_ID,)),
    "coins": Shape(ALWAYS, "day_start", True, _coins),
    "caps": Shape(ALWAYS, "instant", False, lambda spec: (CAPS_ID,)),
    "market_caps": Shape(ALWAYS, "day_start", False, _coins),
}


def completed(document: Document) -> Document:
    """`document` with `universe.ids` and `report.periods_per_year` filled in from its clock."""
    values, origins = dict(document.values), dict(document.origins)
    for section, key, derive in (
        ("universe", "ids", _ids),
        ("report", "periods_per_year", _periods_per_year),
    ):
        given = values.get(section, {})
        derived = derive(values)
        if isinstance(given, dict) and key not in given and derived is not None:
            values[section] = {**given, key: derived}
            origins[(section, key)] = Origin(DERIVED)
    return Document(values, origins, document.source)


def explained(problems: Iterable[Problem], values: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems, saying what to write where a value could not be derived.

    Without a sound clock nothing is derived; then it is the clock that has to be mended.
    """
    panel, clock = _clock(values)
    for problem in problems:
        section = str(problem.path[0]) if problem.path else ""
        if problem.message != "missing" or section not in _NOT_DERIVED:
            yield problem
        elif panel is not None:
            yield Problem(problem.path, _NOT_DERIVED[section].format(clock=clock))


def _clock(values: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, Any]:
    """The clock panel as written in the config, and its name."""
    data, clock = values.get("data"), values.get("clock")
    panels = data.get("panels") if isinstance(data, dict) else None
    panel = panels.get(clock) if isinstance(panels, dict) and isinstance(clock, str) else None
    return (panel if isinstance(panel, dict) else None), clock


def _simulated(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    data = values.get("data")
    simulated = data.get("simulated") if isinstance(data, dict) else None
    return simulated if isinstance(simulated, dict) else None


def _ids(values: Mapping[str, Any]) -> list[str] | None:
    panel, clock = _clock(values)
    simulated = _simulated(values)
    if simulated is not None and isinstance(clock, str) and clock in SIMULATED:
        coins = simulated.get("coins", SimulatedSpec.model_fields["coins"].default)
        if not isinstance(coins, int) or not 0 < coins < 10_000:
            return None
        return list(SIMULATED[clock].ids(SimulatedSpec.model_construct(coins=coins)))
    place = None if panel is None else panel.get("files", panel.get("series"))
    if panel is None or not isinstance(place, str):
        return None
    if "{id}" in place:
        ids = panel.get("ids")
        return list(ids) if isinstance(ids, list) else None
    if "files" in panel:
        return [place.rsplit("/", 1)[-1].split(".")[0]]
    return [place.split("/")[1]] if place.count("/") == 2 else None


def _periods_per_year(values: Mapping[str, Any]) -> float | None:
    panel, clock = _clock(values)
    if _simulated(values) is not None and isinstance(clock, str) and clock in SIMULATED:
        shape = SIMULATED[clock]
        panel = {"calendar": shape.calendar, "stamp": shape.stamp}
    if panel is None:
        return None
    calendar, stamp = panel.get("calendar"), panel.get("stamp")
    if calendar != ALWAYS and stamp == "session_close":
        return _SESSIONS
    return _PERIODS.get((str(calendar), str(stamp)))
