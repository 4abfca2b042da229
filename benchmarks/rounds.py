"""What is measured, each time in a process of its own, and in which order.

Standard library only: the peak memory that the system reports for a process begins at that of the
process which started it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
INTERPRETED = "BAROMETER_INTERPRETED"
LONGEST_SECONDS = 1800

Line = dict[str, Any]
"""What a measured process printed; empty when it failed."""

Lines = dict[str, list[Line]]
"""By case, one line a round."""


@dataclass(frozen=True)
class Case:
    """One engine on one workload.

    Attributes
    ----------
    key : str
        What its lines are filed under.
    label : str
        The row of the table.
    arguments : tuple of str
        Module and options.
    vectorbt : bool
        Whether it runs under the interpreter that has vectorbt.
    interpreted : bool
        Whether the compiled extension is left aside.
    """

    key: str
    label: str
    arguments: tuple[str, ...]
    vectorbt: bool = False
    interpreted: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it is a replay of this package."""
        return self.arguments[0] == "ours"

    @property
    def is_compiled(self) -> bool:
        """Whether it is named after the compiled extension."""
        return self.is_ours and not self.interpreted and self.key != "stock"


@dataclass(frozen=True)
class Size:
    """A workload and how large it is."""

    name: str
    assets: int
    years: int

    @property
    def label(self) -> str:
        """Assets x years."""
        return f"{self.assets} x {self.years}"


@dataclass(frozen=True)
class Measured:
    """One workload: what it must come to, the cases and their lines."""

    size: Size
    expected: Line
    cases: tuple[Case, ...]
    lines: Lines = field(default_factory=dict)

    @property
    def asset_bars(self) -> int:
        """Bars of all assets."""
        return int(self.expected["bars"]) * int(self.expected["assets"])

    def growth(self, base: Measured) -> tuple[float, float]:
        """How many times the asset-bars and the fills of `base` there are."""
        fills = float(self.expected["fills"] / base.expected["fills"])
        return self.asset_bars / base.asset_bars, fills


@dataclass(frozen=True)
class Vectorbt:
    """An interpreter with vectorbt, and which engines it has."""

    python: str
    version: str
    engines: tuple[str, ...]


W1, W2 = Size("W1", 31, 8), Size("W2", 11, 2)
GROWTH = (
    Size("W4", 31, 8),
    Size("W4", 31, 16),
    Size("W4", 101, 8),
    Size("W4", 301, 8),
    Size("W4", 301, 16),
)

PLAIN = Case("plain", "plain backtrader", ("plain_backtrader",))
BARE = Case("bare", "plain backtrader, bare", ("plain_backtrader", "--bare"))
STOCK = Case("stock", "ours on stock backtrader", ("ours", "--stock", "--calls", "0"))
SLOW = Case("interpreted", "ours, interpreted", ("ours",), interpreted=True)
FAST = Case("compiled", "ours, compiled", ("ours",))
SCALED = Case("scaled", "ours, compiled, `scale`", ("ours", "--policy", "scale"))
BESIDE = Case("beside", "ours, compiled, two more feeds", ("ours", "--beside"))


def vectorbt_cases(found: Vectorbt | None, *, orders_alone: bool) -> tuple[Case, ...]:
    """A case for each engine; and for the first one the orders alone, without the NAV.

    The latter is not the same work, so it is not among what ours is held against.
    """
    if found is None:
        return ()
    cases = []
    for engine in found.engines:
        command = ("vectorbt_peer", "--engine", engine)
        cases.append(Case(f"vectorbt {engine}", f"vectorbt, {engine}", command, vectorbt=True))
    if orders_alone:
        alone = ("vectorbt_peer", "--engine", found.engines[0], "--orders-alone")
        label = f"vectorbt, {found.engines[0]}, no NAV"
        cases.append(Case("alone", label, alone, vectorbt=True))
    return tuple(cases)


def find_vectorbt(python: str | None) -> Vectorbt | None:
    """The interpreter named, or this one, if vectorbt can be imported there."""
    python = python or sys.executable
    line = run_module(python, ("vectorbt_peer",))
    if not line:
        return None
    engines = ("rust", "numba") if line["rust"] else ("numba",)
    return Vectorbt(python, line["version"], engines)


def run_module(python: str, arguments: Sequence[str], *, interpreted: bool = False) -> Line:
    """Run one module of this package in a fresh process and read the line it prints."""
    environment = {key: value for key, value in os.environ.items() if key != INTERPRETED}
    if interpreted:
        environment[INTERPRETED] = "1"
    module, *options = arguments
    try:
        done = subprocess.run(
            [python, "-m", f"benchmarks.{module}", *options],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _failed(arguments, str(error))
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        return _failed(arguments, (done.stderr.strip().splitlines() or ["no result"])[-1])
    return dict(json.loads(lines[-1]))


def _failed(arguments: Sequence[str], why: str) -> Line:
    if arguments != ("vectorbt_peer",):
        print(f"failed: {' '.join(arguments)}: {why}", file=sys.stderr)
    return {}


def prepare(size: Size, folder: Path, cases: tuple[Case, ...]) -> tuple[Measured, Path]:
    """Write the inputs of a workload, which every process then reads.

    In a process of its own: arrays made here would count in the peak of everyone.
    """
    path = folder / f"{size.name}-{size.assets}-{size.years}.npz"
    make = ("workloads", size.name, str(path))
    shape = ("--assets", str(size.assets), "--years", str(size.years))
    expected = run_module(sys.executable, (*make, *shape))
    if not expected:
        raise SystemExit(f"the workload {size.name} could not be made")
    return Measured(size, expected, cases, {case.key: [] for case in cases}), path


def measure(
    workloads: Sequence[tuple[Measured, Path]],
    rounds: int,
    vectorbt: Vectorbt | None,
    calls: int,
    say: Callable[[str], None],
) -> None:
    """Fill the lines of every workload, round by round and case by case.

    Interleaved, so that a bad minute of the machine falls on all: ratios are taken within a round.
    """
    for number in range(1, rounds + 1):
        for measured, path in workloads:
            for case in measured.cases:
                size = measured.size
                say(f"round {number}/{rounds}  {size.name} {size.label}  {case.label}")
                module, *options = case.arguments
                if module != "plain_backtrader" and "--calls" not in options:
                    options += ["--calls", str(calls)]
                python = vectorbt.python if case.vectorbt and vectorbt else sys.executable
                command = (module, str(path), *options)
                line = run_module(python, command, interpreted=case.interpreted)
                measured.lines[case.key].append(line)
