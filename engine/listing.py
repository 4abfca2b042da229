"""What `list` shows of runs: their key figures, and whether they are whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from feeds.errors import DataError

_KEY_FIGURES = ("total_return", "cagr", "sharpe", "max_drawdown")
_SHORT_ID = 12


def short(path: Path) -> str:
    """`name/start-of-id` of a result directory."""
    return f"{path.parent.name}/{path.name[:_SHORT_ID]}"


def run_rows(output: Path) -> list[dict[str, Any]]:
    """A row for every run below `output`."""
    from engine.result import find_results

    return [_run_row(path) for path in find_results(output)]


def _run_row(path: Path) -> dict[str, Any]:
    from engine.archive import verify_result
    from engine.result_files import read_statistics

    row: dict[str, Any] = {"run": short(path)}
    try:
        verify_result(path)
        statistics = read_statistics(path / "statistics.json")
        values = {name: statistics[name].value for name in _KEY_FIGURES if name in statistics}
        state = "ok"
    except (DataError, OSError, ValueError, KeyError, TypeError):
        values, state = {}, "damaged"
    return row | {name: values.get(name) for name in _KEY_FIGURES} | {"state": state}
