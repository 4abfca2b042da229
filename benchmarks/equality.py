"""Are all paths equal? Every drawn case in every way, and the figures.

Each case is replayed on the fast path, on stock backtrader, by the interpreted arithmetic in a
process of its own and, as far as it has words for the case, by plain backtrader.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.machine import description
from benchmarks.page import PAGE, put
from engine.arithmetic import COMPILED, WHY_INTERPRETED
from engine.cerebro.replay import FAST
from engine.execution import ExecutionSpec
from engine.ledger import SKIPPED, Ledger
from feeds.panel import Panel
from tests.engine.compared import Stop, compare, digest, outcome, tally
from tests.engine.drawn import NO_LIMIT, Case, draw_case, features, with_fields
from tests.engine.plain import Outcome, run_plain

ROOT = Path(__file__).resolve().parent.parent
PLAIN_TOLERANCE = 1e-12


class Examined(NamedTuple):
    """One case: `relative` differences are None where there is none, infinity where no number is.

    `plain` is None for a case that plain backtrader has no words for, and `plain_orders` tells
    whether its orders are the same.
    """

    number: int
    relative: float | None
    difference: str
    fast: bool
    stopped: bool
    digest: str
    happened: Counter[str]
    had: set[str]
    plain: float | None
    plain_orders: bool


def drawn(seed: int, number: int) -> Case:
    """The case of a seed that has this number."""
    return draw_case(np.random.default_rng([seed, number]))


def examine(place: tuple[int, int]) -> Examined:
    """Replay one case in every way that this process can."""
    case = drawn(*place)
    ours, stock = outcome(case), outcome(case, stock=True)
    found = compare(ours, stock)
    plain = beside_plain(case)
    return Examined(
        place[1],
        None if found is None else found.relative,
        "" if found is None else f"{found.what}: {found.left} against {found.right}"[:200],
        isinstance(ours, Ledger) and ours.path == FAST,
        isinstance(ours, Stop),
        digest(ours),
        tally(ours),
        features(case),
        None if plain is None else plain[0],
        plain is None or plain[1],
    )


def beside_plain(case: Case) -> tuple[float, bool] | None:
    """Largest relative difference of NAV to plain backtrader, and whether orders are the same.

    Events, other panels and rules of ours are left out of the case. None where plain backtrader
    has no close at a row, or fills an order at an open before it was placed.
    """
    bars = case.panel.has_bar
    listed = np.flatnonzero(bars.any(axis=0))
    if (case.panel.opened_at[1:] < case.panel.known_at[:-1]).any() or not bars.any(axis=1).all():
        return None
    spec = ExecutionSpec(
        cash=case.spec.cash,
        # Without a fee, full investment leaves cash of exactly 0 and the last bit decides.
        fee_bps=case.spec.fee_bps or 1.0,
        slippage_bps=case.spec.slippage_bps,
        reserve=case.spec.reserve,
        on_shortfall="reject",
        max_stale_days=NO_LIMIT,
    )
    traded = {**case.panel.fields, "volume": np.where(bars, 1.0, np.nan)}
    panel = with_fields(case.panel, traded).pick(tuple(case.panel.ids[k] for k in listed))
    table = case.weights[:, listed]
    ours = outcome(Case(panel, case.rows, table, spec))
    if isinstance(ours, Stop):
        return None
    decide = np.zeros(len(panel), dtype=bool)
    decide[case.rows] = True
    weights = np.zeros((len(panel), len(panel.ids)))
    weights[case.rows] = table
    theirs = run_plain(panel, decide, weights, spec)
    rows = np.array(sorted(theirs.nav))
    nav = np.array([theirs.nav[row] for row in rows.tolist()])
    relative = float(np.max(np.abs(ours.nav[rows] / nav - 1.0)))
    return relative, _orders(ours, panel, theirs) == _plain_orders(theirs)


Line = tuple[int, str, str, int | None]


def _orders(ledger: Ledger, panel: Panel, plain: Outcome) -> list[Line]:
    row_of = {time: row for row, time in enumerate(panel.known_at)}
    lines: list[Line] = []
    for order in ledger.orders:
        row = row_of[order.decided_at]
        if order.status == SKIPPED or (row, order.id) in plain.ties:
            continue
        filled = None
        if order.status == "filled":
            filled = int(np.searchsorted(panel.opened_at, order.filled_at))
        lines.append((row, order.id, order.status, filled))
    return lines


def _plain_orders(plain: Outcome) -> list[Line]:
    return [order[:4] for order in plain.orders if order[:2] not in plain.ties]


def interpreted(seed: int, cases: int) -> list[str]:
    """The digests of the cases by the interpreted arithmetic, in a process of its own."""
    done = subprocess.run(
        [
            sys.executable,
            "benchmarks/parity.py",
            "--cases",
            str(cases),
            "--seed",
            str(seed),
            "--digests",
        ],
        cwd=ROOT,
        env={**os.environ, "BAROMETER_INTERPRETED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    form, *lines = done.stdout.splitlines()
    if form != "BAROMETER_INTERPRETED is set" or len(lines) != cases:
        raise SystemExit(f"the interpreted process said: {form}")
    return lines


def figures(examined: Sequence[Examined], twins: Sequence[str]) -> list[tuple[str, str]]:
    """What was found, as pairs of a name and a figure."""
    cases = len(examined)
    odd = [each for each in examined if each.relative is not None]
    worst = max((each.relative for each in odd if each.relative is not None), default=0.0)
    same = sum(each.digest == twin for each, twin in zip(examined, twins, strict=True))
    plain = [each.plain for each in examined if each.plain is not None]
    agreeing = sum(each.plain_orders for each in examined if each.plain is not None)
    happened = sum((each.happened for each in examined), Counter[str]())
    had = Counter(name for each in examined for name in each.had)
    orders = sum(count for name, count in happened.items() if not name.startswith("stopped"))
    return [
        ("cases", f"{cases:,}"),
        ("of these on the fast path to the end", f"{sum(each.fast for each in examined):,}"),
        ("stopped, with the same message", f"{sum(each.stopped for each in examined):,}"),
        ("orders", f"{orders:,}"),
        ("fast and stock equal to the last bit", f"{cases - len(odd):,} of {cases:,}"),
        ("largest relative difference of the others", _number(worst) if odd else "none"),
        (
            "compiled and interpreted equal to the last bit"
            if COMPILED
            else f"two interpreted processes equal ({WHY_INTERPRETED})",
            f"{same:,} of {cases:,}",
        ),
        ("cases that plain backtrader can run, simplified", f"{len(plain):,}"),
        (
            f"NAV of those within {PLAIN_TOLERANCE:g} of it",
            f"{sum(relative <= PLAIN_TOLERANCE for relative in plain):,}",
        ),
        ("largest relative difference of their NAV", _number(max(plain, default=0.0))),
        ("orders of those the same", f"{agreeing:,}"),
        ("orders and stops", _counts(happened)),
        ("cases with", _counts(had)),
    ]


def _number(value: float) -> str:
    return "not a matter of size" if math.isinf(value) else f"{value:.1e}"


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counted.most_common())


def parser() -> argparse.ArgumentParser:
    """The options."""
    out = argparse.ArgumentParser(prog="parity.py", description="Are all paths equal?")
    out.add_argument("--cases", type=int, default=1000, metavar="N")
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    out.add_argument("--write", action="store_true", help=f"write them into docs/{PAGE.name}")
    out.add_argument("--digests", action="store_true", help=argparse.SUPPRESS)
    return out


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, print, write; 1 if any two paths differ."""
    options = parser().parse_args(argv)
    places = [(options.seed, number) for number in range(options.cases)]
    if options.digests:
        print(WHY_INTERPRETED or "compiled")
        for place in places:
            print(digest(outcome(drawn(*place))))
        return 0
    with multiprocessing.Pool(options.processes) as pool:
        examined = []
        for each in pool.imap(examine, places, chunksize=4):
            examined.append(each)
            _say(each, len(places))
    twins = interpreted(options.seed, options.cases)
    found = figures(examined, twins)
    print("\n".join(f"{name:60} {figure}" for name, figure in found))
    if options.write:
        typed = f"python benchmarks/parity.py --cases {options.cases} --seed {options.seed}"
        table = ["| what | figure |", "|---|---|", *(f"| {k} | {v} |" for k, v in found)]
        text = "\n".join([f"```\n{typed}\n```", "", description(None), "", *table])
        put("parity", text)
    equal = all(each.relative is None for each in examined)
    return int(not (equal and [each.digest for each in examined] == twins))


def _say(each: Examined, cases: int) -> None:
    if each.relative is not None:
        print(f"case {each.number}: {each.difference}", file=sys.stderr, flush=True)
    if each.plain is not None and (each.plain > PLAIN_TOLERANCE or not each.plain_orders):
        words = "same orders" if each.plain_orders else "other orders"
        print(f"case {each.number}: plain {each.plain:.1e}, {words}", file=sys.stderr, flush=True)
    if each.number % 100 == 99:
        print(f"{each.number + 1} of {cases}", file=sys.stderr, flush=True)
