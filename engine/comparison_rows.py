"""The rows of a comparison: runs, and the benchmarks they are held against."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.comparison_facts import Facts, facts_of
from engine.ledger import WRITTEN_OFF
from engine.paired import Curve
from engine.regimes import rotations
from engine.result import Result
from feeds.arrays import frozen
from feeds.errors import DataError

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
    curve : Curve
        Returns on their closes.
    benchmarks : tuple of str
        Names of the rows that are benchmarks of this run.
    facts : Facts or None
        What the run rests on; None for a benchmark.
    """

    name: str
    result: Result | None
    figures: Mapping[str, float]
    sleeves: Mapping[str, float]
    curve: Curve = field(repr=False)
    benchmarks: tuple[str, ...] = ()
    facts: Facts | None = None

    @property
    def known(self) -> Facts:
        """The facts of a row that is a run."""
        assert self.facts is not None
        return self.facts

    @property
    def hypothesis(self) -> str:
        """What the run is a variant of."""
        return self.known.hypothesis

    def called(self, name: str) -> Row:
        """The same by another name."""
        return replace(self, name=name, curve=replace(self.curve, name=name))


def row_names(results: Sequence[Result]) -> list[str]:
    """The names of the results; those that several have with the start of the id, then a number."""
    names = [result.name for result in results]
    told = [
        name if names.count(name) == 1 else f"{name}/{result.id[:6]}"
        for name, result in zip(names, results, strict=True)
    ]
    return [
        name if told.count(name) == 1 else f"{name} ({told[:place].count(name) + 1})"
        for place, name in enumerate(told)
    ]


def row_of(result: Result) -> Row:
    """The row of a run, by its own name; its benchmarks are named when all rows are known.

    Raises
    ------
    DataError
        When the result lacks something, as one of another version of the program may.
    """
    try:
        return _row(result)
    except (DataError, LookupError, TypeError, ValueError, AttributeError) as error:
        known = isinstance(error, DataError)
        what = str(error).partition(";")[0] if known else f"it lacks or garbles {error}"
        raise DataError(
            f"{result.path} cannot be compared: {what}. If another version of the program wrote "
            "it, run its config again"
        ) from error


def _row(result: Result) -> Row:
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
    _benchmark_figures(result)
    curve, facts = _curve(result.name, result, ""), facts_of(result)
    return Row(result.name, result, figures, shares, curve, facts=facts)


def _benchmark_figures(result: Result) -> dict[str, dict[str, float]]:
    """Figures of each benchmark of a run."""
    return {
        name: {each: result.value(f"{name}.{each}") for each in OWN} for name in result.benchmarks
    }


def _curve(name: str, result: Result, of: str) -> Curve:
    """The returns of the strategy, or of a benchmark."""
    nav, report = result.curves[of], result.experiment["report"]
    returns = frozen(nav[1:] / nav[:-1] - 1.0)
    rate = float(report.get("risk_free", 0.0))
    return Curve(name, result.instants, returns, float(report["periods_per_year"]), rate)


def with_benchmarks(rows: Sequence[Row]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The runs, and a row for every curve that some run is held against; equal ones are one."""
    found: dict[tuple[str, bytes, tuple[float, float]], str] = {}
    for row in rows:
        for each in _keys(row):
            found.setdefault(each, row.name)
    names = [name for name, *_ in found]
    titles = {
        key: key[0] if names.count(key[0]) == 1 else f"{key[0]} of {of}"
        for key, of in found.items()
    }
    taken = {row.name for row in rows}
    titles = {key: f"benchmark {name}" if name in taken else name for key, name in titles.items()}
    runs = tuple(replace(row, benchmarks=tuple(titles[key] for key in _keys(row))) for row in rows)
    of_name = {row.name: row.result for row in rows}
    benchmarks = []
    for key, of in found.items():
        result = of_name[of]
        assert result is not None
        figures = _benchmark_figures(result)[key[0]]
        curve = _curve(titles[key], result, key[0])
        benchmarks.append(Row(titles[key], None, figures, {}, curve))
    return runs, tuple(benchmarks)


def _keys(row: Row) -> list[tuple[str, bytes, tuple[float, float]]]:
    """What tells the benchmarks of a run from those of others.

    Name, closes and curve, and how its figures are made annual.
    """
    result = row.result
    assert result is not None
    return [
        (
            name,
            result.instants.tobytes() + result.benchmarks[name].tobytes(),
            row.curve.convention,
        )
        for name in sorted(result.benchmarks)
    ]
