"""The whole process of a run, beside the bare import of what it cannot do without."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import peak_megabytes
from benchmarks.rounds import ROOT, Line, Lines

IMPORTS = "import numpy, backtrader, pydantic, yaml"


@dataclass(frozen=True)
class Process:
    """One command line, started from the repository."""

    key: str
    label: str
    arguments: tuple[str, ...]


def processes(folder: Path, data: str | None) -> tuple[Process, ...]:
    """What is started; results and cached panels are kept in `folder`."""
    run = ("run_backtest.py", "run")
    options = ("--force", "-q", "-o", str(folder))
    out = [
        Process("imports", f"`{IMPORTS}`", ("-c", IMPORTS)),
        Process("help", "`--help`", ("run_backtest.py", "--help")),
    ]
    examples: list[tuple[str, tuple[str, ...]]] = [("demo", ("configs/demo.yaml",))]
    if data:
        examples.append(("rotation", ("configs/rotation.yaml", "--set", f"data.root={data}")))
    for name, config in examples:
        bare = (*run, *config, *options, "--no-tearsheet")
        out.append(Process(name, f"`run configs/{name}.yaml --no-tearsheet`", bare))
        sheet = (*run, *config, *options)
        out.append(Process(f"{name} page", f"`run configs/{name}.yaml`, tear sheet", sheet))
    return tuple(out)


def start(arguments: Sequence[str]) -> Line:
    """Run this interpreter with the arguments; seconds of processor and wall, peak memory."""
    # Libraries are byte-compiled when they are installed, this project when it first runs.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert child.stderr is not None
    complaint = child.stderr.read().decode(errors="replace")
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.stderr.close()
    # It has been waited for here: Popen would ask the system for a child that is gone.
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        last = (complaint.strip().splitlines() or ["no message"])[-1]
        print(f"failed: {' '.join(arguments)}: {last}", file=sys.stderr)
        return {}
    seconds = (used.ru_utime + used.ru_stime, wall)
    return {"first": seconds, "warm": [seconds], "peak_mb": peak_megabytes(used.ru_maxrss)}


def measure(commands: Sequence[Process], rounds: int, say: Callable[[str], None]) -> Lines:
    """Lines by command, one a round; the round before the first fills caches and is left out."""
    lines: Lines = {command.key: [] for command in commands}
    for number in range(rounds + 1):
        for command in commands:
            say(f"round {number}/{rounds}  whole process  {command.label}")
            line = start(command.arguments)
            if number:
                lines[command.key].append(line)
    return lines
