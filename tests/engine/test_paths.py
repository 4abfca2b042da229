"""Every path of a replay gives the same: the fast one, stock backtrader, both arithmetics."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine.cerebro.replay import FAST, STOCK
from engine.ledger import Ledger
from tests.conftest import REPOSITORY
from tests.engine.compared import compare, digests, outcome, tally
from tests.engine.drawn import case_of, features

CASES, BLOCK = 120, 20
TWICE = 60
"""Cases that the other arithmetic runs as well."""

OFTEN = {
    "filled": 1000, "filled delayed": 50, "filled shortfall": 100, "open end_of_period": 20,
    "cancelled superseded": 100, "cancelled event": 5, "rejected no_cash": 100,
    "written_off event": 5, "skipped no_bar": 100, "skipped band": 100, "skipped lot_size": 100,
    "skipped min_notional": 100, "skipped end_of_period": 20, "stopped: DataError": 5,
}  # fmt: skip
"""What becomes of orders and runs, and how often the cases show it at least."""

DRAWN = {
    "hourly clock", "sessions", "daily clock", "closes within the day", "rows left out",
    "closes after the next open", "bars missing", "rows without any bar", "a late listing",
    "an early end", "no volume field", "bars without a trade", "an ending", "a halt",
    "other panels", "decisions that read what is held", "a target above all there is",
    "a target of nothing", "buys shrunk together", "orders refused in turn", "band", "lots",
    "least notional", "delay", "limit for stale positions",
}  # fmt: skip


@pytest.mark.parametrize("first", range(0, CASES, BLOCK))
def test_the_fast_path_equals_stock_backtrader_to_the_last_bit(first: int) -> None:
    for seed in range(first, first + BLOCK):
        case = case_of(seed)
        fast, stock = outcome(case), outcome(case, stock=True)
        assert (seed, compare(fast, stock)) == (seed, None)
        if isinstance(fast, Ledger) and isinstance(stock, Ledger):
            assert (fast.path, stock.path) == (FAST, f"{STOCK}: asked for")


def test_the_cases_have_everything_that_can_happen_to_an_order() -> None:
    happened: Counter[str] = Counter()
    had: Counter[str] = Counter()
    for seed in range(CASES):
        case = case_of(seed)
        happened += tally(outcome(case))
        had.update(features(case))
    assert not {what: happened[what] for what, often in OFTEN.items() if happened[what] < often}
    assert not {what: had[what] for what in DRAWN if had[what] < CASES // 20}
    assert not [what for what in happened if "law" in what]
    assert set(happened) <= {*OFTEN, "stopped: EngineError"}


def test_plain_python_gives_the_bits_of_the_arithmetic_of_this_process() -> None:
    # Without a compiler at installation this process is the plain one as well.
    form, *theirs = _run(
        REPOSITORY,
        f"from tests.engine.compared import print_digests; print_digests(0, {TWICE})",
        BAROMETER_INTERPRETED="1",
    )
    assert form == "BAROMETER_INTERPRETED is set"
    ours = digests(range(TWICE))
    assert [seed for seed in range(TWICE) if ours[seed] != theirs[seed]] == []


def test_a_compiled_form_that_is_older_than_its_source_is_not_used(tmp_path: Path) -> None:
    unneeded = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "engine", tmp_path / "engine", ignore=unneeded)
    form = "from engine.arithmetic import *; print(COMPILED, WHY_INTERPRETED, Account.__module__)"
    before = _run(tmp_path, form)[0]
    if "no compiled form was built" in before or "older than its source" in before:
        pytest.skip(f"there is no compiled form to outdate: {before}")
    assert before == "True  engine.compiled.account"
    source = tmp_path / "engine" / "account.py"
    source.write_text(source.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    after = _run(tmp_path, form)[0]
    assert after.startswith("False the compiled form is older than its source")
    assert after.endswith(" engine.account")


def _run(folder: Path, code: str, **more: str) -> list[str]:
    """The lines that a new process prints which imports from a folder first."""
    known = {key: value for key, value in os.environ.items() if key != "BAROMETER_INTERPRETED"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**known, "PYTHONPATH": str(folder), **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()
