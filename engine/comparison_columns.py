"""What the tests of a comparison found, as columns of its table and as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.likeness import correlations, overlaps
from engine.said import plain

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row
    from engine.paired import Gap, Paired

NAN = math.nan


def paired_columns(found: Comparison) -> dict[str, list[Any]]:
    """Intervals and differences of every row, NaN where a row has none; no columns if untested.

    `to_best.*` is the run less the best, `vs_<benchmark>.*` the run less that benchmark of its.
    """
    tests = found.paired
    if tests is None:
        return {}
    rows = [_of_row(row, tests) for row in (*found.runs, *found.benchmarks)]
    names = dict.fromkeys(name for row in rows for name in row)
    drawn = {name: [row.get(name, NAN) for row in rows] for name in names}
    count = len(rows)
    said = {"resamples": [float(tests.resamples)] * count, "seed": [float(tests.seed)] * count}
    return {**drawn, **said}


def paired_plain(found: Comparison) -> dict[str, Any] | None:
    """The tests as JSON-able values; an undefined figure is null."""
    tests = found.paired
    if tests is None:
        return None
    return {
        "best": tests.best or None,
        "indistinguishable": list(tests.alike),
        "contestants": list(tests.contestants),
        "unpaired": dict(tests.unpaired),
        "level": tests.level,
        "resamples": tests.resamples,
        "seed": tests.seed,
        "own": {
            name: {
                "sharpe": own.sharpe.as_json(),
                "cagr": own.cagr.as_json(),
                "max_drawdown": own.max_drawdown.as_json(),
            }
            for name, own in tests.own.items()
        },
        "to_best": [_gap(gap) for gap in tests.to_best.values()],
        "to_benchmarks": [_gap(gap) for gap in tests.to_benchmarks.values()],
        "likeness": _likeness(found),
    }


def _of_row(row: Row, tests: Paired) -> dict[str, float]:
    own = tests.own[row.name]
    out = {
        "sharpe.low": own.sharpe.low,
        "sharpe.high": own.sharpe.high,
        "cagr.low": own.cagr.low,
        "cagr.high": own.cagr.high,
        "max_drawdown.low": own.max_drawdown.low,
        "max_drawdown.high": own.max_drawdown.high,
        "max_drawdown.block_length": own.max_drawdown.block_length,
        "block_length": own.sharpe.block_length,
    }
    if row.result is None:
        return out
    out["indistinguishable_from_best"] = float(row.name in tests.alike) if tests.best else NAN
    if row.name in tests.unpaired:
        out["indistinguishable_from_best"] = NAN
    if row.name in tests.to_best:
        out |= _figures("to_best", tests.to_best[row.name])
    for title, name in zip(row.benchmarks, sorted(row.result.benchmarks), strict=True):
        out |= _figures(f"vs_{name}", tests.to_benchmarks[row.name, title])
    return out


def _figures(of: str, gap: Gap) -> dict[str, float]:
    return {
        f"{of}.sharpe": gap.sharpe.value,
        f"{of}.sharpe.low": gap.sharpe.low,
        f"{of}.sharpe.high": gap.sharpe.high,
        f"{of}.sharpe.p": gap.sharpe.p_value,
        f"{of}.ledoit_wolf_p": gap.ledoit_wolf.p_value,
        f"{of}.holm_p": gap.adjusted,
        f"{of}.growth": gap.cagr.value,
        f"{of}.growth.low": gap.cagr.low,
        f"{of}.growth.high": gap.cagr.high,
        f"{of}.growth.p": gap.cagr.p_value,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "run": gap.first,
        "less": gap.second,
        "sharpe": gap.sharpe.as_json(),
        "cagr": gap.cagr.as_json(),
        "ledoit_wolf": gap.ledoit_wolf.as_json(),
        "holm_p": plain(gap.adjusted),
    }


def _likeness(found: Comparison) -> list[Mapping[str, Any]]:
    """Every pair of runs on the same closes."""
    related, held = correlations(found.results).tolist(), overlaps(found.results).tolist()
    names = [row.name for row in found.runs]
    return [
        {
            "runs": [names[row], names[column]],
            "correlation_of_returns": plain(related[row][column]),
            "holdings_in_common": plain(held[row][column]),
        }
        for row in range(len(names))
        for column in range(row)
    ]
