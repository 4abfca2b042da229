"""Names for what a config may use: signals, baskets, strategies and raw backtrader strategies."""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from feeds.errors import ConfigError

Kind = TypeVar("Kind", bound=type)

FAMILIES = ("signal", "basket", "strategy", "raw")
_KINDS: dict[str, dict[str, type]] = {family: {} for family in FAMILIES}
_BUILT_IN = {
    "signal": "strategies.signals",
    "basket": "strategies.baskets",
    "strategy": "strategies.rules",
    "raw": "strategies.raw",
}


def register(name: str) -> Callable[[Kind], Kind]:
    """Class decorator: make a class available to configs as `kind: name`.

    The family follows from the base class; a class with none of our bases is taken as a raw
    `backtrader.Strategy`.

    Raises
    ------
    ConfigError
        For a name that is not lower_case_with_digits, is taken, or a class of no known family.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,79}", name):
        raise ConfigError(f"cannot register '{name}': use lower case letters, digits and _")

    def add(cls: Kind) -> Kind:
        family = getattr(cls, "family", None) or _raw_family(name, cls)
        kinds = _KINDS[family]
        if name in kinds and _home(kinds[name]) != _home(cls):
            raise ConfigError(f"the {family} '{name}' is already registered; choose another name")
        kinds[name] = cls
        if family != "raw":
            cls.kind = name  # type: ignore[attr-defined]
        return cls

    return add


@contextmanager
def registering(module: str) -> Iterator[list[tuple[str, str]]]:
    """Let a module register its kinds in place of those of an earlier version of it.

    Gives a list that holds family and name of each new kind after the block. Where the block
    raises nothing is registered, and what was there before is there again.
    """
    before = {family: kinds(family) for family in FAMILIES}
    for family, known in before.items():
        _KINDS[family] = {name: cls for name, cls in known.items() if cls.__module__ != module}
    others = {family: set(known) for family, known in _KINDS.items()}
    found: list[tuple[str, str]] = []
    with ExitStack() as undo:
        undo.callback(_KINDS.update, before)
        yield found
        undo.pop_all()
    for family in FAMILIES:
        found += [(family, name) for name in sorted(set(_KINDS[family]) - others[family])]


def _home(cls: type) -> tuple[str, str]:
    """Where a class is written: the same place again is a new version of the same class."""
    return cls.__module__, cls.__qualname__


def _raw_family(name: str, cls: type) -> str:
    if hasattr(cls, "next") and hasattr(cls, "params"):
        return "raw"
    raise ConfigError(
        f"cannot register '{name}': {cls.__name__} is no Signal, Basket, Strategy or bt.Strategy"
    )


def kinds(family: str) -> dict[str, type]:
    """The registered classes of a family by name, sorted."""
    importlib.import_module(_BUILT_IN[family])
    return dict(sorted(_KINDS[family].items()))


def find(family: str, name: str) -> type:
    """The class registered under `name`.

    Raises
    ------
    ConfigError
        For an unknown name, with the nearest known one.
    """
    known = kinds(family)
    if name in known:
        return known[name]
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(known) or 'none'}"
    raise ConfigError(f"unknown {family} kind `{name}`. {hint}")


def build(family: str, parameters: dict[str, Any]) -> Any:
    """The frozen object described by `{kind: name, ...}`.

    Raises
    ------
    ConfigError
        For an unknown kind; pydantic's ValidationError for parameters that do not fit.
    """
    rest = dict(parameters)
    return find(family, rest.pop("kind"))(**rest)
