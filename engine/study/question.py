"""What a study asks: which signal, which two sleeves, how long after."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from engine.config import Experiment
from engine.config.kinds import RawStrategy
from engine.config.study import StudySpec
from feeds.errors import ConfigError
from strategies.base import Strategy


@dataclass(frozen=True)
class Question:
    """The names a study is about; `alts` is the sleeve that should gain on `base`."""

    signal: str
    alts: str
    base: str
    horizons_days: tuple[int, ...]
    merge_days: int
    seed: int


def question(experiment: Experiment, signal: str | None = None) -> Question:
    """The question of a config, `signal` in place of the one it names if given.

    Raises
    ------
    ConfigError
        For a name that the config does not have, or one that must be written out.
    """
    if isinstance(experiment.strategy, RawStrategy):
        raise ConfigError(
            f"'{experiment.name}' is a raw strategy, which has no signals to study; study a config "
            "with signals and sleeves"
        )
    given = getattr(experiment, "study", None)
    spec = given if isinstance(given, StudySpec) else StudySpec.model_validate({})
    rules = tuple(_nested(experiment.strategy))
    alts = spec.alts or _heaviest(rules, "on") or _named("alts", experiment)
    base = spec.base or _heaviest(rules, "off") or _named("btc", experiment)
    for key, name in (("alts", alts), ("base", base)):
        if name is None:
            raise ConfigError(_write_out(key, experiment))
        _known(f"study.{key}", "sleeve", name, experiment.sleeves)
    assert alts is not None
    assert base is not None
    if alts == base:
        raise ConfigError(
            f"the study would compare the sleeve '{alts}' with itself; name two sleeves, such as "
            "`study: {alts: alts, base: btc}`"
        )
    return Question(
        _signal(experiment, signal or spec.signal, rules),
        alts,
        base,
        tuple(spec.horizons_days),
        spec.merge_days,
        spec.seed,
    )


def _nested(strategy: BaseModel) -> Iterable[BaseModel]:
    """The innermost rule first, then those around it."""
    within = getattr(strategy, "of", None)
    if isinstance(within, Strategy):
        yield from _nested(within)
    yield strategy


def _signal(experiment: Experiment, wanted: str | None, rules: Iterable[BaseModel]) -> str:
    if wanted is not None:
        _known("study", "signal", wanted, experiment.signals)
        return wanted
    read = [name for rule in rules if isinstance(rule, Strategy) for name in rule.signals]
    if read:
        return read[0]
    if len(experiment.signals) == 1:
        return next(iter(experiment.signals))
    if not experiment.signals:
        raise ConfigError(
            f"'{experiment.name}' has no signal to study; add one under `signals` "
            "(`list signals` names the kinds)"
        )
    raise ConfigError(
        f"the strategy of '{experiment.name}' reads no signal; say which one to study with "
        f"`--signal NAME` or `study: {{signal: NAME}}`: {', '.join(sorted(experiment.signals))}"
    )


def _heaviest(rules: Iterable[BaseModel], side: str) -> str | None:
    """The sleeve with the largest share on one side of the innermost rule that has sides."""
    for rule in rules:
        shares = getattr(rule, side, None)
        if isinstance(shares, Mapping) and shares:
            return min(shares, key=lambda name: (-shares[name], name))
    return None


def _named(name: str, experiment: Experiment) -> str | None:
    return name if name in experiment.sleeves else None


def _known(where: str, what: str, name: str, known: Iterable[str]) -> None:
    names = sorted(known)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names) or 'none'}"
        raise ConfigError(f"{where}: no {what} is named '{name}'; {hint}")


def _write_out(key: str, experiment: Experiment) -> str:
    sleeves = ", ".join(sorted(experiment.sleeves)) or "none"
    return (
        f"the study of '{experiment.name}' does not know which sleeve to take as {key}: the "
        f"strategy has no shares `on` and `off`. Write `study: {{alts: NAME, base: NAME}}`; the "
        f"sleeves are {sleeves}"
    )
