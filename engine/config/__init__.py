"""From YAML to a validated `Experiment`: every problem of a config is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from engine.config.benchmarks import BenchmarkSpec
from engine.config.derived import completed, explained
from engine.config.document import Document
from engine.config.kinds import RawStrategy
from engine.config.model import Experiment
from engine.config.overrides import read_document
from engine.config.problems import from_validation, raise_all
from engine.config.references import cross_checks

__all__ = ["BenchmarkSpec", "Experiment", "RawStrategy", "experiment", "load_config"]


def load_config(
    source: str | Path | Mapping[str, Any], overrides: Iterable[str] = ()
) -> Experiment:
    """The validated experiment that a config describes.

    Parameters
    ----------
    source : path, YAML text (a `str` with line breaks) or mapping
    overrides : iterable of str
        `a.b.c=VALUE` as for `--set`; precedence: defaults < extends < file < overrides.

    Raises
    ------
    ConfigError
        With every problem of the config, each with its line and key.
    """
    return experiment(completed(read_document(source, overrides)))


def experiment(document: Document) -> Experiment:
    """The experiment that a completed document holds, or ConfigError with all its problems."""
    values = document.values
    try:
        built = Experiment.model_validate(values)
    except ValidationError as error:
        found = explained(from_validation(error, values), values)
        sound = dict(_sound_parts(values))
        raise_all((*found, *cross_checks(sound, values)), document)
        raise
    raise_all(cross_checks(dict(built), values), document)
    return built


def _sound_parts(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The parts of a config that are valid by themselves, so that their names are checked too."""
    for key, field in Experiment.model_fields.items():
        if key not in values:
            continue
        whole: Any = field.annotation
        for mark in field.metadata:
            whole = Annotated[whole, mark]
        adapter: TypeAdapter[Any] = TypeAdapter(whole)
        value = values[key]
        for _ in range(2):
            try:
                yield key, adapter.validate_python(value)
                break
            except ValidationError as error:
                value = _without(value, [item["loc"] for item in error.errors()])


def _without(value: Any, bad: Iterable[tuple[int | str, ...]]) -> Any:
    """The map `value` without its bad entries, or bad panels one level down."""
    if not isinstance(value, dict):
        return value
    out = dict(value)
    bad_panels: set[int | str] = set()
    for loc in bad:
        if loc[:1] == ("panels",) and isinstance(out.get("panels"), dict):
            bad_panels.update(loc[1:2])
        elif loc:
            out.pop(loc[0], None)
    if bad_panels:
        out["panels"] = {name: at for name, at in out["panels"].items() if name not in bad_panels}
    return out
