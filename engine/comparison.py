"""`compare`: the runs of several configs beside each other, in one table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.comparison_choice import choice_of
from engine.comparison_columns import paired_columns
from engine.comparison_deflated import deflated_columns
from engine.comparison_rows import Row, row_names, row_of, with_benchmarks
from engine.comparison_trials import Search, searches_of
from engine.config import Experiment, load_config
from engine.differences import Difference, differences
from engine.inference.selection import Selection
from engine.paired import RESAMPLES, Paired, paired
from engine.progress import Progress
from engine.reading import Reader
from engine.result import Result, open_result
from engine.runs import run
from engine.tables import to_csv
from feeds.errors import BacktestError, ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from engine.trials import Deflations

Source = Experiment | Result | Path | str | Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """A config that could not be run, and why."""

    source: str
    error: BacktestError


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs beside each other.

    Attributes
    ----------
    runs : tuple of Row
        In the order given.
    benchmarks : tuple of Row
        Those of the runs, each curve once.
    differences : tuple of Difference
        Keys at which the configs differ, with a value a run.
    failed : tuple of Failure
    paired : Paired or None
        Intervals, and tests of the differences; None where none was asked for.
    searches : tuple of Search
        How much of what was tried the runs are.
    selection : Selection or None
        What choosing the best of the runs that pair is worth; None where `paired` is.
    """

    runs: tuple[Row, ...]
    benchmarks: tuple[Row, ...]
    differences: tuple[Difference, ...]
    failed: tuple[Failure, ...]
    paired: Paired | None = None
    searches: tuple[Search, ...] = ()
    selection: Selection | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """The results of the runs."""
        return tuple(row.result for row in self.runs if row.result is not None)

    @property
    def deflations(self) -> dict[str, Deflations]:
        """What the trials leave of the Sharpe ratio of each run; without those not known."""
        return {name: own for each in self.searches for name, own in each.deflations.items()}

    def columns(self) -> dict[str, list[Any]]:
        """The whole table by column, exact: text, and numbers that are NaN where undefined."""
        rows = (*self.runs, *self.benchmarks)
        figures = dict.fromkeys(name for row in rows for name in row.figures)
        sleeves = sorted({name for row in rows for name in row.sleeves} - {"cash"})
        return {
            "name": [row.name for row in rows],
            "run": [row.result.id if row.result else "" for row in rows],
            **{name: [row.figures.get(name, math.nan) for row in rows] for name in figures},
            **{f"share_{name}": [row.sleeves.get(name, math.nan) for row in rows]
               for name in (*sleeves, "cash")},
            **paired_columns(self),
            **deflated_columns(self),
        }  # fmt: skip

    def to_csv(self) -> str:
        """The table as CSV with exact numbers; benchmarks have no id in the column `run`."""
        return to_csv(
            [
                (name, np.array(cells) if cells and isinstance(cells[0], float) else cells)
                for name, cells in self.columns().items()
            ]
        )

    def frame(self) -> pd.DataFrame:
        """The table as a pandas DataFrame, a row a curve."""
        import pandas as pd

        return pd.DataFrame(self.columns()).set_index("name")

    def summary(self) -> str:
        """What differs, the table, what is in common, and what to mind, in 120 columns."""
        from engine.comparison_text import summary

        return summary(self)

    def page(self) -> str:
        """The same and more as one offline HTML document."""
        from engine.comparison_page import page

        return page(self)


def compare(
    *sources: Source,
    output: Path | str = "results",
    overrides: Iterable[str] = (),
    tearsheets: bool = False,
    seed: int | None = 1,
    resamples: int = RESAMPLES,
    progress: Progress | None = None,
) -> Comparison:
    """Run what is not there yet, and put the results beside each other.

    Parameters
    ----------
    *sources : Experiment, Result, path of a config or a result, YAML text, or mapping
    output : path
        Results go to `<output>/<name>/<id>/`; what is there already is verified and used.
    overrides : iterable of str
        `a.b.c=VALUE`, applied to every config.
    tearsheets : bool
        Whether to write the tear sheets too.
    seed : int or None
        Of the bootstraps behind intervals and tests; None leaves both out.
    resamples : int
        How many they draw.
    progress : Progress
        Where to show progress; nowhere if left out.

    Returns
    -------
    Comparison
        A config that cannot be run is among its `failed` and does not stop the others.
    """
    progress, changes = progress or Progress(quiet=True), tuple(overrides)
    reader = Reader(Path(output) / ".cache" / "panels")
    rows: list[Row] = []
    failed: list[Failure] = []
    for done, source in enumerate(sources):
        title = _title(source)
        progress.step(f"comparing {title}, run", done, len(sources))
        gated = False
        try:
            result = _there(source, changes)
            if result is None:
                experiment = _experiment(source, changes)
                gated = experiment.gates is not None
                result = run(
                    experiment,
                    output=output,
                    tearsheet=tearsheets,
                    progress=progress,
                    reader=reader,
                )
            row = row_of(result)
        except BacktestError as error:
            failed.append(Failure(title, error))
            continue
        row = replace(row, facts=replace(row.known, gates=gated))
        if all(result.path != other.result.path for other in rows if other.result):
            rows.append(row)
    if rows and seed is not None:
        progress.step("testing differences", 0, 1)
    return _compared(rows, failed, seed, resamples)


def beside(
    results: Sequence[Result],
    failed: Sequence[Failure] = (),
    *,
    seed: int | None = None,
    resamples: int = RESAMPLES,
) -> Comparison:
    """The comparison of results that are there; its differences are tested if there is a seed.

    A result that lacks what a row needs is among its `failed`.
    """
    rows, all_failed = [], list(failed)
    for result in results:
        try:
            rows.append(row_of(result))
        except DataError as error:
            all_failed.append(Failure(str(result.path), error))
    return _compared(rows, all_failed, seed, resamples)


def _compared(
    rows: Sequence[Row], failed: Sequence[Failure], seed: int | None, resamples: int
) -> Comparison:
    results = [row.result for row in rows if row.result is not None]
    named = [row.called(name) for row, name in zip(rows, row_names(results), strict=True)]
    runs, benchmarks = with_benchmarks(named)
    unlike = differences([result.experiment for result in results])
    plain = Comparison(runs, benchmarks, unlike, tuple(failed), searches=searches_of(runs))
    if not runs or seed is None:
        return plain
    tests = _tests(runs, benchmarks, seed, resamples)
    choice = choice_of(runs, benchmarks, tests.contestants, seed=seed, resamples=resamples)
    return replace(plain, paired=tests, selection=choice)


def _tests(runs: Sequence[Row], benchmarks: Sequence[Row], seed: int, resamples: int) -> Paired:
    return paired(
        [row.curve for row in runs],
        [row.curve for row in benchmarks],
        {row.name: row.benchmarks for row in runs},
        seed=seed,
        resamples=resamples,
    )


def _there(source: Source, changes: tuple[str, ...]) -> Result | None:
    """The result that a source is, None for a config."""
    if isinstance(source, Path) and source.is_dir():
        source = open_result(source)
    if isinstance(source, Result) and changes:
        raise ConfigError(f"overrides cannot change the result {source.path}; give its config")
    return source if isinstance(source, Result) else None


def _experiment(source: Source, changes: tuple[str, ...]) -> Experiment:
    assert not isinstance(source, Result)
    if not isinstance(source, Experiment):
        return load_config(source, changes)
    if changes:
        raise ConfigError("overrides have no effect on a config that is loaded; give its path")
    return source


def _title(source: Source) -> str:
    if isinstance(source, Experiment | Result):
        return source.name
    if isinstance(source, Mapping):
        return str(source.get("name", "a config"))
    return "a config" if "\n" in str(source) else str(source)
