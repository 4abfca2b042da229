"""One process of vectorbt: the same decisions through `Portfolio.from_orders`, and its `value()`.

Runs under any interpreter that has vectorbt; nothing of the engine is used. A decision of a bar
sits on the next one, whose open fills it, and is sized by the close before (`val_price`).
"""

from __future__ import annotations

import argparse
import importlib.metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import vectorbt

from benchmarks.measure import measured, print_line
from benchmarks.workloads import CASH, FEE, SLIPPAGE, Workload, load


def arguments(workload: Workload) -> dict[str, Any]:
    """What `from_orders` is given: made once, outside the clock."""
    closes = workload.prices["close"]
    size = np.full(closes.shape, np.nan)
    filling = workload.rows + 1
    inside = filling < len(size)
    size[filling[inside]] = workload.weights[inside]
    index = pd.DatetimeIndex(workload.opened_at)
    return {
        "close": pd.DataFrame(closes, index=index, columns=list(workload.ids)),
        "size": size,
        "size_type": "targetpercent",
        "price": workload.prices["open"],
        "val_price": np.vstack([closes[:1], closes[:-1]]),
        "fees": FEE,
        "slippage": SLIPPAGE,
        "init_cash": CASH,
        "cash_sharing": True,
        "group_by": True,
        "call_seq": "auto",  # sells first
        "freq": "1h" if workload.per_day == 24 else "1D",
    }


def version() -> str:
    """Version of vectorbt, and of its Rust engine where there is one."""
    names = ("vectorbt", "vectorbt-rust")
    found = {name: _version(name) for name in names}
    return ", ".join(f"{name} {number}" for name, number in found.items() if number)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def main() -> None:
    """Time one engine on one workload and print one JSON line; without a workload, the version."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("workload", type=Path, nargs="?")
    parser.add_argument("--engine", choices=("rust", "numba"), default="numba")
    parser.add_argument("--orders-alone", action="store_true", help="without the NAV")
    parser.add_argument("--calls", type=int, default=15)
    options = parser.parse_args()
    if options.workload is None:
        print_line(version=version(), rust=bool(_version("vectorbt-rust")))
        return
    given = arguments(load(options.workload))
    if _version("vectorbt-rust"):
        given["engine"] = options.engine

    def run() -> Any:
        portfolio = vectorbt.Portfolio.from_orders(**given)
        return portfolio, None if options.orders_alone else np.asarray(portfolio.value())

    figures, (portfolio, nav) = measured(run, options.calls)
    if nav is None:
        nav = np.asarray(portfolio.value())
    print_line(**figures, final=float(nav[-1]), fills=int(portfolio.orders.count()))


if __name__ == "__main__":
    main()
