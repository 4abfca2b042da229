"""One process of ours: target weights replayed by `engine.replay`, first and warm calls timed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.measure import measured, print_line
from benchmarks.workloads import Workload, load
from engine import ExecutionSpec, Ledger, Panel, replay
from engine.arithmetic import COMPILED, WHY_INTERPRETED
from feeds.arrays import instants


def panel_of(workload: Workload) -> Panel:
    """The traded bars; each is known when it ends."""
    opened = instants(workload.opened_at)
    known = opened + np.timedelta64(24 // workload.per_day, "h")
    return Panel.build("coins", "24/7", opened, opened, known, workload.ids, dict(workload.prices))


def signal_panels(workload: Workload) -> tuple[Panel, Panel]:
    """The two series behind the signals, as a config hands them to the replay beside the bars."""
    at = instants(workload.index_at)
    equities = Panel.build(
        "equities", "XNYS", at, at, at, ("RUT",), {"close": workload.index[:, None]}
    )
    at = instants(workload.opened_at) + np.timedelta64(24 // workload.per_day, "h")
    share = {"share": workload.dominance[:, None]}
    return equities, Panel.build("dominance", "24/7", at, at, at, ("share",), share)


def execution(policy: Literal["reject", "scale"] = "reject") -> ExecutionSpec:
    """Costs as in the workload; its weights leave the reserve, so that none is taken here."""
    return ExecutionSpec(reserve=0.0, on_shortfall=policy)


def main() -> None:
    """Time the replay of one workload and print one JSON line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("workload", type=Path)
    parser.add_argument("--calls", type=int, default=15)
    parser.add_argument("--stock", action="store_true", help="on stock backtrader")
    parser.add_argument("--beside", action="store_true", help="with the feeds of the signals")
    parser.add_argument("--policy", choices=("reject", "scale"), default="reject")
    options = parser.parse_args()
    workload = load(options.workload)
    panel, rows, weights = panel_of(workload), workload.rows, workload.weights
    more: dict[str, Any] = {"stock": True} if options.stock else {}
    if options.beside:
        more["others"] = signal_panels(workload)
    # The panel has the arrays now; the peak is to show one copy of them.
    del workload
    spec = execution(options.policy)

    def run() -> tuple[Ledger, float]:
        ledger = replay(panel, rows, weights, spec, **more)
        return ledger, float(ledger.nav[-1])

    figures, (ledger, final) = measured(run, options.calls)
    print_line(
        **figures,
        final=final,
        fills=int(ledger.log.having("filled").sum()),
        compiled=COMPILED,
        why=WHY_INTERPRETED,
        path=ledger.path,
    )


if __name__ == "__main__":
    main()
