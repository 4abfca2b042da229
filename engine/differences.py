"""Where the configs of several runs differ, key by key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.config.document import KeyPath, dotted
from feeds.errors import ConfigError
from strategies.base import Parameters
from strategies.registry import find

_FAMILY = {"signals": "signal", "sleeves": "basket", "strategy": "strategy"}
_ORDER = (
    *("strategy", "signals", "sleeves", "schedule", "execution", "universe", "period", "clock"),
    *("data", "benchmarks", "report"),
)
_NAMES = ("version", "name", "hypothesis", "study")
"""Keys that tell configs apart but change nothing in a run."""
_BY_NAME = (
    *(("signals",), ("sleeves",), ("benchmarks",), ("data",)),
    *(("data", "panels"), ("data", "computed")),
)
"""Maps of named entries: one that some configs lack does not hide the others."""
_HYPOTHESIS = ("when", "dates", "days")
"""Parameters that say what is meant: told first, and where they are as by default too."""
_LONG_LIST = 4
MISSING = "-"


@dataclass(frozen=True)
class Difference:
    """A key and what each config has there as short text, `-` where it has nothing."""

    key: str
    values: tuple[str, ...]

    @property
    def usual(self) -> str:
        """What most configs have, the first of them where no value leads."""
        return Counter(self.values).most_common(1)[0][0]


def differences(configs: Sequence[Mapping[str, Any]]) -> tuple[Difference, ...]:
    """The keys at which resolved configs differ, those that decide most first.

    Maps are followed down while all configs have one, of the same `kind` if they have kinds; an
    entry that some lack, or that is of another kind, is one difference.
    """
    keys = [*_ORDER, *sorted({key for config in configs for key in config} - set(_ORDER))]
    return tuple(
        difference
        for key in keys
        if key not in _NAMES
        for difference in _below((key,), [config.get(key, MISSING) for config in configs])
    )


def _below(path: KeyPath, values: Sequence[Any]) -> Iterator[Difference]:
    if all(value == values[0] for value in values[1:]):
        return
    maps = [value if isinstance(value, Mapping) else {} for value in values]
    if path == ("data",) and len({"simulated" in each for each in maps}) > 1:
        yield Difference("data", tuple(map(_origin, maps)))
    elif path in _BY_NAME or (all(maps) and (path[0] == "strategy" or _are_of_a_kind(maps))):
        if not _are_of_a_kind(maps):  # what one kind has by default says nothing of the others
            maps = [
                {k: v for k, v in each.items() if k == "kind"} | _given(path, each) for each in maps
            ]
        for key in dict.fromkeys(key for each in maps for key in each):
            yield from _below((*path, key), [each.get(key, MISSING) for each in maps])
    elif all(isinstance(value, list) and len(value) > _LONG_LIST for value in values):
        yield Difference(dotted(path), tuple(_against(values[0], value) for value in values))
    else:
        there = [value for value in values if value != MISSING]
        whole = any(value != there[0] for value in there)
        yield Difference(dotted(path), tuple(_short(path, value, whole) for value in values))


def _are_of_a_kind(maps: Sequence[Mapping[str, Any]]) -> bool:
    return len({each.get("kind") for each in maps}) == 1


def _origin(data: Mapping[str, Any]) -> str:
    """Whether rows are read or made up; all else in the section follows from that."""
    return f"simulated ({_inline(data['simulated'])})" if "simulated" in data else "files"


def _against(first: Sequence[Any], other: Sequence[Any]) -> str:
    """A long list by its length and by how it differs from the first."""
    words = [f"+{each}" for each in other if each not in first]
    words += [f"-{each}" for each in first if each not in other]
    more = [f"{len(words) - _LONG_LIST} more"] if len(words) > _LONG_LIST else []
    return " ".join([str(len(other)), *words[:_LONG_LIST], *more])


def _short(path: KeyPath, value: Any, whole: bool) -> str:
    """A value in a few words; of an entry its kind, what it means and, if `whole`, the rest."""
    if path[:2] == ("data", "panels") and isinstance(value, Mapping):
        return str(value.get("series") or value.get("files"))
    if isinstance(value, Mapping) and "kind" in value:
        given = _given(path, value)
        meant = [key for key in _HYPOTHESIS if key in given]
        keys = dict.fromkeys((*meant, *(given if whole else ())))
        words = ", ".join(f"{key}={_inline(given[key])}" for key in keys)
        return f"{value['kind']} ({words})" if words else str(value["kind"])
    return _inline(value)


def _inline(value: Any) -> str:
    """A plain value as it may stand in one line."""
    if isinstance(value, Mapping):
        given = {key: below for key, below in value.items() if below is not None}
        return " ".join(f"{key}:{_inline(below)}" for key, below in given.items()) or "{}"
    if isinstance(value, list | tuple):
        more = [f"{len(value) - _LONG_LIST} more"] if len(value) > _LONG_LIST else []
        return "+".join([*map(_inline, value[:_LONG_LIST]), *more]) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _given(path: KeyPath, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an entry that differ from the defaults of its kind or say what it means."""
    rest = {key: value for key, value in entry.items() if key != "kind" and value is not None}
    try:
        kind = find(_FAMILY[str(path[0])], str(entry["kind"]))
    except (KeyError, ConfigError):  # no entry by kind, or of a plugin that is not loaded
        return rest
    fields = kind.model_fields if issubclass(kind, Parameters) else {}
    defaults = {
        name: field.get_default(call_default_factory=False) for name, field in fields.items()
    }
    # A config in plain values has lists where a default may be a tuple.
    return {
        key: value
        for key, value in rest.items()
        if key in _HYPOTHESIS
        or value
        != (list(defaults[key]) if isinstance(defaults.get(key), tuple) else defaults.get(key))
    }
