"""Start-up is part of speed: what a command must not import, and must not leave behind."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from engine.cli import main
from tests.conftest import REPOSITORY
from tests.engine.markets import EVERYTHING

HEAVY = {
    *("pandas", "pyarrow", "exchange_calendars", "scipy", "matplotlib"),
    *("bokeh", "ccxt", "yfinance", "numpy.ma", "numpy.polynomial"),
}
LIBRARIES = {"numpy", "pydantic", "yaml", "backtrader"}


def imported_by(arguments: list[str]) -> set[str]:
    """What a process that runs a command has imported at its end."""
    program = (
        "import sys\nfrom engine.cli import main\n"
        f"assert main({arguments!r}) == 0\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split(" "))


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]], ids=" ".join)
def test_help_imports_nothing_but_the_standard_library(arguments: list[str]) -> None:
    assert not imported_by(arguments) & (HEAVY | LIBRARIES)


def test_a_cached_run_imports_nothing_heavy(tmp_path: Path) -> None:
    config = tmp_path / "everything.yaml"
    config.write_text(yaml.safe_dump(EVERYTHING))
    run = ["run", str(config), "--output", str(tmp_path / "results"), "--no-tearsheet", "--quiet"]
    assert main(run) == 0
    found = imported_by([*run, "--force"])
    assert found >= LIBRARIES
    assert not found & HEAVY


def test_a_command_inside_another_program_leaves_its_garbage_collector_alone() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    assert main(["list", "signals"]) == 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
