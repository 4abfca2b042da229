"""The tables of a result as pandas DataFrames, for notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.result_files import target_text

if TYPE_CHECKING:
    import pandas as pd

    from engine.result import FrameName, Result

_ORDER = (
    "decided_at",
    "filled_at",
    "id",
    "shares",
    "price",
    "fee",
    "status",
    "reason",
    "ordered",
    "slippage",
)


def frame(result: Result, name: FrameName) -> pd.DataFrame:
    """One table; instants are UTC, unknown numbers NaN.

    Raises
    ------
    ValueError
        For a name that is no table.
    """
    import pandas as pd

    tables = {
        "equity": _equity,
        "decisions": _decisions,
        "orders": _orders,
        "positions": _positions,
        "statistics": _statistics,
    }
    if name not in tables:
        raise ValueError(f"there is no table '{name}'; choose from {', '.join(tables)}")
    columns = tables[name](result)
    out = pd.DataFrame({key: list(values) for key, values in columns.items()})
    for key in ("time", "decided_at", "filled_at"):
        if key in out:
            out[key] = pd.to_datetime(columns[key], utc=True)
    return out


def _equity(result: Result) -> Mapping[str, Any]:
    return {
        "time": result.time,
        "nav": result.nav,
        "cash": result.cash,
        "return": result.returns,
        "drawdown": result.drawdown,
        **{f"share_{name}": values for name, values in result.sleeves.items()},
        **{f"benchmark_{name}": values for name, values in result.benchmarks.items()},
    }


def _decisions(result: Result) -> Mapping[str, Any]:
    log = result.decisions
    columns: dict[str, Any] = {"time": log.time}
    for name, values in log.signals.items():
        columns |= {name: values, f"{name}_age_days": log.ages[name]}
    return columns | {"target": [target_text(t) for t in log.target], "reason": log.reason}


def _orders(result: Result) -> Mapping[str, Any]:
    return {name: [getattr(order, name) for order in result.orders] for name in _ORDER}


def _positions(result: Result) -> Mapping[str, Any]:
    return {"time": result.time, **result.positions}


def _statistics(result: Result) -> Mapping[str, Any]:
    rows = [asdict(each) for each in result.statistics.values()]
    return {
        name: [row[name] for row in rows] for name in ("name", "value", "unit", "basis", "reason")
    }
