"""`compare`: the runs of several configs beside each other, in one table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.config import Experiment, load_config
from engine.differences import Difference, differences
from engine.ledger import WRITTEN_OFF
from engine.progress import Progress
from engine.reading import Reader
from engine.regimes import rotations
from engine.result import Result, open_result
from engine.runs import run
from engine.tables import to_csv
from feeds.errors import BacktestError, ConfigError

if TYPE_CHECKING:
    import pandas as pd

Source = Experiment | Result | Path | str | Mapping[str, Any]
OWN = (
    *("total_return", "cagr", "ann_vol", "sharpe", "sharpe_se_mertens_annual", "psr_vs_0"),
    *("max_drawdown", "sortino", "calmar"),
)
"""Figures of any curve, by their names in `statistics.json`."""
TRADED = ("ann_one_way_turnover", "ann_cost", "fees", "slippage")
COUNTED = ("switches", "fills", "write_offs")


@dataclass(frozen=True, eq=False)
class Row:
    """One curve of a comparison.

    Attributes
    ----------
    name : str
        Unlike that of any other row.
    result : Result or None
        None for a benchmark.
    figures : mapping of str to float
        Statistics by name, NaN where undefined; `vs_<benchmark>.cagr` and `.total_return` are own
        growth minus that of the benchmark.
    sleeves : mapping of str to float
        Mean share of NAV over the closes, `cash` being the rest.
    """

    name: str
    result: Result | None
    figures: Mapping[str, float]
    sleeves: Mapping[str, float]


@dataclass(frozen=True)
class Failure:
    """A config that could not be run, and why."""

    source: str
    error: BacktestError


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs beside each other; no difference between them is tested.

    Attributes
    ----------
    runs : tuple of Row
        In the order given.
    benchmarks : tuple of Row
        Those of the runs, each curve once.
    differences : tuple of Difference
        Keys at which the configs differ, with a value a run.
    failed : tuple of Failure
    """

    runs: tuple[Row, ...]
    benchmarks: tuple[Row, ...]
    differences: tuple[Difference, ...]
    failed: tuple[Failure, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        """The results of the runs."""
        return tuple(row.result for row in self.runs if row.result is not None)

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
        }  # fmt: skip

    def to_csv(self) -> str:
        """The table as CSV with exact numbers; benchmarks have no id in the column `run`."""
        return to_csv(
            [
                (name, np.array(cells) if isinstance(cells[0], float) else cells)
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


def compare(
    *sources: Source,
    output: Path | str = "results",
    overrides: Iterable[str] = (),
    tearsheets: bool = False,
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
    progress : Progress
        Where to show progress; nowhere if left out.

    Returns
    -------
    Comparison
        A config that cannot be run is among its `failed` and does not stop the others.
    """
    progress, changes = progress or Progress(quiet=True), tuple(overrides)
    reader = Reader(Path(output) / ".cache" / "panels")
    results: list[Result] = []
    failed: list[Failure] = []
    for done, source in enumerate(sources):
        title = _title(source)
        progress.step(f"comparing {title}, run", done, len(sources))
        try:
            result = _there(source, changes)
            if result is None:
                experiment = _experiment(source, changes)
                result = run(
                    experiment,
                    output=output,
                    tearsheet=tearsheets,
                    progress=progress,
                    reader=reader,
                )
        except BacktestError as error:
            failed.append(Failure(title, error))
            continue
        if all(result.path != other.path for other in results):
            results.append(result)
    return beside(results, failed)


def beside(results: Sequence[Result], failed: Sequence[Failure] = ()) -> Comparison:
    """The comparison of results that are there."""
    names = [result.name for result in results]
    runs = tuple(
        _row(name if names.count(name) == 1 else f"{name}/{result.id[:6]}", result)
        for name, result in zip(names, results, strict=True)
    )
    configs = [result.experiment for result in results]
    return Comparison(runs, tuple(_benchmarks(runs)), differences(configs), tuple(failed))


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


def _row(name: str, result: Result) -> Row:
    figures = {each: result.value(each) for each in (*OWN, *TRADED)}
    figures["switches"] = float(rotations(result)) if len(result.decisions) else math.nan
    fills = [order for order in result.orders if order.shares]
    lost = sum(order.status == WRITTEN_OFF for order in fills)
    figures |= {"fills": float(len(fills) - lost), "write_offs": float(lost)}
    for other in sorted(result.benchmarks):
        for growth in ("cagr", "total_return"):
            gap = result.value(growth) - result.value(f"{other}.{growth}")
            figures[f"vs_{other}.{growth}"] = gap
        t = f"vs_{other}.mean_difference_t"
        figures[t] = result.value(t)
    shares = {sleeve: float(np.mean(share)) for sleeve, share in result.sleeves.items()}
    shares["cash"] = float(np.mean(result.cash / result.nav))
    return Row(name, result, figures, shares)


def _benchmarks(runs: Sequence[Row]) -> list[Row]:
    """A row for every curve that some run is held against; equal curves are one."""
    found: dict[tuple[str, bytes], tuple[str, dict[str, float]]] = {}
    for row in runs:
        result = row.result
        assert result is not None
        for name in sorted(result.benchmarks):
            curve = (name, result.instants.tobytes() + result.benchmarks[name].tobytes())
            figures = {each: result.value(f"{name}.{each}") for each in OWN}
            found.setdefault(curve, (row.name, figures))
    names = [name for name, _ in found]
    return [
        Row(name if names.count(name) == 1 else f"{name} of {of}", None, figures, {})
        for (name, _), (of, figures) in found.items()
    ]
