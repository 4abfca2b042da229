"""Checks between the parts of a config: names that refer to each other, keys without effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from engine.config.computed import Aligned, Dominance, SupplyCaps
from engine.config.derived import SIMULATED
from engine.config.document import KeyPath
from engine.config.kinds import RawStrategy, entries_in, listed, unknown
from engine.config.problems import Problem
from engine.execution import ExecutionSpec
from feeds.calendars import ALWAYS, check_calendar
from feeds.errors import ConfigError
from feeds.panel_spec import own_id
from strategies.base import Combination, Signal, names_marked

if TYPE_CHECKING:
    from engine.config.model import Data

_STAMPS_24_7 = ("day_start", "hour_start", "instant", "release")
_ORDER_KEYS = ("reserve", "band", "lot_size", "min_notional", "on_shortfall", "delay_bars")


def cross_checks(parts: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems between the parts of a config.

    Parameters
    ----------
    parts : mapping
        The validated parts by top-level key; a part that has problems of its own is missing.
    values : mapping
        The plain config, which names everything, sound or not.
    """
    if "period" in parts and parts["period"].start > parts["period"].end:
        period = parts["period"]
        yield Problem(("period",), f"start {period.start} is after end {period.end}")
    yield from _data(parts, values)
    yield from _clock(parts, values)
    yield from _entries(parts, values)
    yield from _combinations(parts, _keys(values, "signals"))
    yield from _strategy(parts, values)


def panel_names(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The panels that a config has, from files or simulated."""
    data = values.get("data")
    if not isinstance(data, dict):
        return ()
    read = tuple(SIMULATED) if data.get("simulated") is not None else _keys(data, "panels")
    return (*read, *_keys(data, "computed"))


def _keys(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    below = values.get(key)
    return tuple(below) if isinstance(below, dict) else ()


def _known(
    path: KeyPath, what: str, names: Iterable[str], known: Iterable[str]
) -> Iterator[Problem]:
    known = tuple(known)
    for name in names:
        if name not in known:
            yield Problem(path, unknown(what, name, known))


def _data(parts: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Problem]:
    if "data" not in parts:
        return
    data = parts["data"]
    if not panel_names(values):
        yield Problem(
            ("data",), "needs `panels` (files, or series of the store) or `simulated: {}`"
        )
    if data.simulated is not None:
        for key in ("panels", "events", "root", "coins", "quality"):
            if values["data"].get(key):
                yield Problem(("data", key), "has no effect beside `data.simulated`; remove one")
    read = tuple(SIMULATED) if data.simulated is not None else tuple(data.panels)
    yield from _computed(data, read)
    universe = parts.get("universe")
    if universe is not None and universe.members is not None:
        path = ("universe", "members", "caps")
        yield from _known(path, "panel", [universe.members.caps], (*read, *data.computed))
        if universe.members_file is not None:
            yield Problem(
                ("universe", "members_file"), "has no effect beside `members`; remove one"
            )
    for name, panel in data.panels.items():
        at = ("data", "panels", name)
        if panel.publish_lag_hours and name == parts.get("clock"):
            message = "the clock is traded at its closes, which are known as they happen; remove it"
            yield Problem((*at, "publish_lag_hours"), message)
        if name == "signals":
            yield Problem(at, "`signals` is taken by the signals themselves; choose another name")
        if (panel.stamp == "session_close") == (panel.calendar == ALWAYS):
            try:
                check_calendar(panel.calendar)
            except ConfigError as error:
                yield Problem((*at, "calendar"), str(error))
                continue
            stamps = _STAMPS_24_7 if panel.calendar == ALWAYS else ("session_close",)
            message = f"calendar {panel.calendar} goes with {listed(stamps)}, not `{panel.stamp}`"
            yield Problem((*at, "stamp"), message)


def _computed(data: Data, read: Sequence[str]) -> Iterator[Problem]:
    """Names of panels in those that are computed from others."""
    caps = tuple(name for name, spec in data.computed.items() if isinstance(spec, SupplyCaps))
    for name, spec in data.computed.items():
        at = ("data", "computed", name)
        if name in (*read, "signals"):
            yield Problem(at, f"`{name}` is taken; choose another name")
        if isinstance(spec, Aligned):
            made = [key for key, other in data.computed.items() if not isinstance(other, Aligned)]
            for path, panel in spec.panels.items():
                yield from _known((*at, *path), "panel", [panel], (*read, *made))
            continue
        if isinstance(spec, SupplyCaps):
            used = {"prices": spec.prices, "supply": spec.supply}
            known = read
        elif isinstance(spec, Dominance):
            used = {"caps": spec.caps, **({"supplied": spec.supplied} if spec.supplied else {})}
            known = (*read, *caps)
            if (spec.supplied is None) != (spec.total == "sum"):
                yield Problem(at, "`supplied` goes with `total: supplied`, each with the other")
        else:
            used = {"prices": spec.prices, "universe": spec.universe.caps}
            known = (*read, *caps)
        for key, panel in used.items():
            yield from _known((*at, key), "panel", [panel], known)


def _clock(parts: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Problem]:
    clock, data, panels = parts.get("clock"), parts.get("data"), panel_names(values)
    if clock is None or not panels:
        return
    yield from _known(("clock",), "panel", [clock], panels)
    known: Iterable[str] | None = None
    if data is not None and data.simulated is not None and clock in SIMULATED:
        known = SIMULATED[clock].ids(data.simulated)
        tradable = SIMULATED[clock].tradable
    elif data is not None and clock in data.panels:
        panel = data.panels[clock]
        tradable = panel.tradable
        # What {id} may stand for shows when the files are read: an event can rename a coin.
        if panel.files is not None and not panel.one_a_file:
            known = [own_id(panel)]
    else:
        return
    if not tradable:
        yield Problem(("clock",), f"the panel `{clock}` has no prices to trade at: fields ohlcv")
    if known is not None and "universe" in parts:
        yield from _known(("universe", "ids"), f"id of `{clock}`", parts["universe"].ids, known)


def _entries(parts: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Problem]:
    """Names in parameters that are annotated as signals, panels, assets or shares."""
    universe, panels = parts.get("universe"), panel_names(values)
    known = {
        "signal": _keys(values, "signals"),
        "asset": universe.ids if universe else None,
        "shares": _keys(values, "sleeves"),
        "scores": _keys(values, "sleeves"),
    }
    words = {"asset": "id, not in `universe.ids`:", "shares": "sleeve", "scores": "sleeve"}
    for path, entry in _built(parts):
        known["panel"] = (*panels, "signals") if isinstance(entry, Signal) else panels
        for name, mark in _marks(entry):
            names, value = known.get(mark), getattr(entry, name) or ()
            used = (value,) if isinstance(value, str) else tuple(value)
            if names is not None:
                yield from _known((*path, name), words.get(mark, mark), used, names)
            for sleeve in used if mark == "scores" else ():
                at = (*path, name, sleeve)
                yield from _known(at, "signal", [value[sleeve]], _keys(values, "signals"))
    for name, signal in parts.get("signals", {}).items():
        if isinstance(signal, Combination) != (signal.panel == "signals"):
            home = (
                "other signals: leave `panel` out"
                if isinstance(signal, Combination)
                else (f"the rows of a panel: one of {listed(panel_names(values))}")
            )
            yield Problem(("signals", name, "panel"), f"`{signal.kind}` reads {home}")


def _marks(entry: BaseModel) -> Iterator[tuple[str, str]]:
    """Parameters that name something of the config, each with what it names."""
    for name, field in type(entry).model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, str):
                yield name, mark


def _built(parts: Mapping[str, Any]) -> Iterator[tuple[KeyPath, BaseModel]]:
    """Every entry of the config, and the entries inside it, each with its path."""
    for family in ("signals", "sleeves", "benchmarks"):
        for name, entry in parts.get(family, {}).items():
            yield from entries_in(entry, (family, name))
    if "strategy" in parts:
        yield from entries_in(parts["strategy"], ("strategy",))
    if parts.get("study") is not None:
        yield ("study",), parts["study"]


def _combinations(parts: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[Problem]:
    signals: Mapping[str, Signal] = parts.get("signals", {})
    for name, signal in signals.items():
        unmarked = set(signal.inputs) - set(names_marked(signal, "signal"))
        for used in sorted(unmarked):
            yield from _known(_text_with(name, signal, used), "signal", [used], known)
    cycle = _cycle({name: signal.inputs for name, signal in signals.items()})
    if cycle:
        yield Problem(("signals", cycle[0]), f"depends on itself: {' -> '.join(cycle)}")


def _text_with(name: str, signal: Signal, used: str) -> KeyPath:
    """The path of the parameter whose text names the signal `used`."""
    for field in type(signal).model_fields:
        value = getattr(signal, field)
        if field != "panel" and isinstance(value, str) and used in value:
            return ("signals", name, field)
    return ("signals", name)


def _cycle(inputs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The first chain of names that leads back to its beginning, () if there is none."""
    done: set[str] = set()
    for first in sorted(inputs):
        chain: list[tuple[str, list[str]]] = [(first, sorted(inputs[first]))]
        while chain and first not in done:
            name, rest = chain[-1]
            names = [n for n, _ in chain]
            if not rest:
                done.add(name)
                chain.pop()
            elif (below := rest.pop()) in names:
                return (*names[names.index(below) :], below)
            elif below in inputs and below not in done:
                chain.append((below, sorted(inputs[below])))
    return ()


def _strategy(parts: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Problem]:
    strategy = parts.get("strategy")
    if isinstance(strategy, RawStrategy):
        for key in ("signals", "schedule"):
            if parts.get(key):
                yield Problem((key,), f"has no effect on a raw strategy; write `{key}: null`")
        execution, fields = parts.get("execution"), ExecutionSpec.model_fields
        for key in _ORDER_KEYS if execution else ():
            if getattr(execution, key) != fields[key].default:
                message = "has no effect on a raw strategy, which sizes its own orders; remove it"
                yield Problem(("execution", key), message)
        for name, benchmark in parts.get("benchmarks", {}).items():
            if benchmark.random is not None:
                message = "needs the shares of a strategy, and a raw one has none; remove it"
                yield Problem(("benchmarks", name, "random"), message)
    elif strategy is not None:
        if parts.get("schedule", 0) is None:
            message = "missing; say when to decide, such as `schedule: {kind: weekly}`"
            yield Problem(("schedule",), message)
        marked = {  # told where they are written
            name
            for _, entry in entries_in(strategy)
            for mark in ("signal", "shares", "scores")
            for name in names_marked(entry, mark)
        }
        for what, names in (("signal", strategy.signals), ("sleeve", strategy.sleeves)):
            own = sorted(set(names) - marked)
            yield from _known(("strategy",), what, own, _keys(values, f"{what}s"))
