"""Speed of every signal and of its proof: `python benchmarks/signals.py`.

Signals of one series on 7 years of daily bars, breadth over 300 coins that list late and die;
each with the parameters of its example. The proof is the full one, every row from its prefix.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    # Started as a file: modules are looked up from the repository.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import numpy as np

from benchmarks.machine import description
from benchmarks.measure import measured, timed
from benchmarks.tables import Table, processor
from engine.honesty import prove_prefix
from feeds.arrays import DAY, Bool, instants
from feeds.panel import Panel
from strategies.base import Combination, Signal
from strategies.breadth import Breadth
from strategies.expression import Expression
from strategies.registry import kinds

ROWS, COINS, SEED = 2557, 300, 7
MONDAY = np.datetime64("2018-01-01")
BUDGETS = {False: "5 ms, proof 3 s", True: "300 ms, proof 90 s"}


def market(signal: Signal, rows: int, coins: int) -> Panel:
    """Daily bars, or values of other signals: what the example of `signal` reads."""
    random = np.random.default_rng(SEED)
    ids = ("BTC", *(f"C{number:03d}" for number in range(1, coins)))
    has_bar = alive(random, rows, coins)
    walk = 10 * np.exp(np.cumsum(random.normal(0, 0.04, (rows, coins)), axis=0))
    spread = 1 + np.abs(random.normal(0, 0.02, (2, rows, coins)))
    fields = {
        "open": walk,
        "high": walk * spread[0],
        "low": walk / spread[1],
        "close": walk,
        "volume": random.lognormal(12, 0.6, (rows, coins)),
    }
    for number, name in enumerate(sorted(named(signal) - set(fields))):
        steps = np.random.default_rng([SEED, number]).normal(0, 0.02, (rows, coins))
        fields[name] = np.sign(steps) if isinstance(signal, Combination) else np.exp(steps)
    label = instants(MONDAY + np.arange(rows) * DAY)
    table = {key: np.where(has_bar, values, np.nan) for key, values in fields.items()}
    return Panel.build("market", "24/7", label, label, label + DAY, ids, table)


def alive(random: np.random.Generator, rows: int, coins: int) -> Bool:
    """Which coins have a bar: the first always, the others list and die at any time."""
    row = np.arange(rows)[:, None]
    listed = np.sort(random.integers(0, int(rows * 0.8), coins))
    died = listed + random.integers(rows // 10, 2 * rows, coins)
    listed[0], died[0] = 0, rows
    return (row >= listed) & (row < died)


def named(signal: Signal) -> set[str]:
    """The fields that the example of a signal names, in expressions or as other signals."""
    names = set(signal.inputs)
    for name, field in type(signal).model_fields.items():
        value = getattr(signal, name)
        if "number" in field.metadata and value is not None:
            names |= set(Expression(value).names)
    return names


def figures(name: str, rows: int, proof: bool, calls: int) -> tuple[str, ...]:
    """A line of the table: name, ids, evaluation, that of twice the rows, and the proof."""
    kind = kinds("signal")[name]
    signal = kind(**kind.example).model_copy(update={"id": None})
    coins = COINS if isinstance(signal, Breadth) else 1
    seconds = []
    for length in (rows, 2 * rows):
        panel = market(signal, length, coins)
        seconds.append(processor(measured(lambda seen=panel: signal.values(fresh(seen)), calls)[0]))
    cells = [f"`{name}`", str(coins), *(f"{each * 1e3:.2f}" for each in seconds)]
    cells.append(f"{seconds[1] / seconds[0]:.1f}")
    if proof:
        panel = market(signal, rows, coins)
        values = signal.values(panel)
        (passed, _), _ = timed(lambda: prove_prefix(name, signal, panel, 0, values))
        cells.append(f"{passed:.1f}")
    return tuple(cells)


def fresh(seen: Panel) -> Panel:
    """The same panel without what it has remembered."""
    return seen.rows(0, len(seen))


def parser() -> argparse.ArgumentParser:
    """The options of this script."""
    out = argparse.ArgumentParser(prog="signals.py", description=(__doc__ or "").splitlines()[0])
    out.add_argument("--only", metavar="LIST", help="kinds, with commas between them")
    out.add_argument("--rows", type=int, default=ROWS, help="daily rows (%(default)s)")
    out.add_argument("--calls", type=int, default=9, help="calls, of which the median counts (9)")
    out.add_argument("--no-proof", action="store_true", help="evaluation only: a minute less")
    return out


def main(argv: Sequence[str] | None = None) -> int:
    """Measure every signal and print one table."""
    of = parser()
    options = of.parse_args(argv)
    known = list(kinds("signal"))
    chosen = options.only.split(",") if options.only else known
    if unknown := sorted(set(chosen) - set(known)):
        of.error(f"no such signal: {', '.join(unknown)}; known: {', '.join(known)}")
    proof = not options.no_proof
    header = ("signal", "ids", "ms", f"ms, {2 * options.rows} rows", "ratio")
    table = Table(
        f"Signals on {options.rows} daily rows",
        (*header, "proof s") if proof else header,
        tuple(figures(name, options.rows, proof, options.calls) for name in chosen),
        (
            "Processor time, the median of the calls.",
            f"Budgets: one series {BUDGETS[False]}; {COINS} coins {BUDGETS[True]}.",
            description(None),
        ),
    )
    print(table.terminal())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
