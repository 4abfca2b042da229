"""One session of measuring: arguments in, tables out."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import rounds, sections, targets, whole_process
from benchmarks.machine import description
from benchmarks.page import PAGE, put
from benchmarks.rounds import Measured
from benchmarks.tables import Table

SECTIONS = ("W1", "W2", "W4", "process")


def parser() -> argparse.ArgumentParser:
    """The options of `benchmarks/run.py`."""
    out = argparse.ArgumentParser(
        prog="run.py",
        description="Our replay beside plain backtrader and vectorbt; every figure from a process "
        "of its own, engines in turn, ratios within a round.",
    )
    out.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of W1 and W2 (5)")
    out.add_argument("--only", default=",".join(SECTIONS), metavar="LIST", help="of %(default)s")
    out.add_argument("--quick", action="store_true", help="one round of few calls: does it run?")
    out.add_argument("--vectorbt", metavar="PYTHON", help="an interpreter that has vectorbt")
    out.add_argument("--data", metavar="DIR", help="market data: measures configs/rotation.yaml")
    out.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there as well")
    out.add_argument("--write", action="store_true", help=f"write them into docs/{PAGE.name}")
    return out


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    of = parser()
    options = of.parse_args(argv)
    chosen = options.only.split(",")
    if unknown := sorted(set(chosen) - set(SECTIONS)):
        of.error(f"--only knows {', '.join(SECTIONS)}, not {', '.join(unknown)}")
    if options.write and (options.quick or set(chosen) != set(SECTIONS)):
        of.error("--write is for all sections, measured in full: without --quick and --only")
    options.rounds = 1 if options.quick else max(1, options.rounds)
    found = rounds.find_vectorbt(options.vectorbt)
    if options.vectorbt and found is None:
        of.error(f"{options.vectorbt} cannot import vectorbt")
    with tempfile.TemporaryDirectory() as folder:
        tables = _tables(options, chosen, found, Path(folder))
    where = description(found.version if found else None)
    print("\n\n".join([where, *(table.terminal() for table in tables)]))
    text = markdown(tables, where, command(options))
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")
    if options.write:
        put("benchmark", text)
    return 0


def say(text: str) -> None:
    """Progress, to stderr."""
    print(text, file=sys.stderr, flush=True)


def _tables(
    options: argparse.Namespace,
    chosen: Sequence[str],
    vectorbt: rounds.Vectorbt | None,
    folder: Path,
) -> list[Table]:
    """The tables of the chosen sections, the promises first."""
    tables: list[Table] = []
    promises: list[targets.Target] = []
    for measured in _speed(options, chosen, vectorbt, folder):
        tables.append(sections.speed_table(measured))
        promises += targets.of_speed(measured)
    if "W4" in chosen:
        sizes = _growth(options, vectorbt, folder)
        tables += [sections.growth_table(sizes), sections.linearity_table(sizes)]
        promises += targets.of_growth(sizes)
    if "process" in chosen:
        commands = whole_process.processes(folder / "results", options.data)
        # A process takes well below a second, and its ratio to another is a narrow promise.
        repeats = 2 if options.quick else max(9, options.rounds)
        lines = whole_process.measure(commands, repeats, say)
        tables.append(sections.process_table(commands, lines))
        promises += targets.of_processes(lines)
    return [targets.target_table(promises), *tables]


def _speed(
    options: argparse.Namespace,
    chosen: Sequence[str],
    vectorbt: rounds.Vectorbt | None,
    folder: Path,
) -> list[Measured]:
    peers = rounds.vectorbt_cases(vectorbt, orders_alone=True)
    ours = (rounds.SLOW, rounds.FAST, rounds.SCALED, rounds.BESIDE)
    daily = (rounds.PLAIN, rounds.BARE, rounds.STOCK, *peers, *ours)
    hourly = (rounds.PLAIN, *peers, *ours)
    workloads = [
        rounds.prepare(size, folder, cases)
        for size, cases in ((rounds.W1, daily), (rounds.W2, hourly))
        if size.name in chosen
    ]
    rounds.measure(workloads, options.rounds, vectorbt, 3 if options.quick else 15, say)
    return [measured for measured, _ in workloads]


def _growth(
    options: argparse.Namespace, vectorbt: rounds.Vectorbt | None, folder: Path
) -> list[Measured]:
    cases = (*rounds.vectorbt_cases(vectorbt, orders_alone=False), rounds.SLOW, rounds.FAST)
    sizes = rounds.GROWTH[::4] if options.quick else rounds.GROWTH
    workloads = [rounds.prepare(size, folder, cases) for size in sizes]
    # Half the rounds: the largest size takes vectorbt a second a call.
    repeats = (options.rounds + 1) // 2
    rounds.measure(workloads, repeats, vectorbt, 3 if options.quick else 15, say)
    return [measured for measured, _ in workloads]


def command(options: argparse.Namespace) -> str:
    """What was typed, with the paths of this machine left out."""
    words = ["python benchmarks/run.py"]
    if options.quick:
        words.append("--quick")
    elif options.rounds != 5:
        words.append(f"--rounds {options.rounds}")
    if options.only != ",".join(SECTIONS):
        words.append(f"--only {options.only}")
    words += ["--vectorbt PYTHON"] if options.vectorbt else []
    words += ["--data DIR"] if options.data else []
    words += ["--write"] if options.write else []
    return " ".join(words)


def markdown(tables: Sequence[Table], where: str, typed: str) -> str:
    """The tables with the machine and the command, ready for the page."""
    head = f"```\n{typed}\n```\n\n{where}"
    return "\n\n".join([head, *(table.markdown() for table in tables)]) + "\n"
