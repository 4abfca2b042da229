"""The benchmark measures what it says: its inputs, and the tables made of its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.ours import execution, panel_of
from benchmarks.page import PAGE, replaced
from benchmarks.rounds import FAST, PLAIN, SCALED, SLOW, W1, Case, Measured
from benchmarks.sections import speed_table
from benchmarks.tables import Table
from benchmarks.targets import Target, of_growth, of_speed, target_table
from benchmarks.workloads import FINALS, load, make, reference, save
from engine import replay

NUMBA = Case("vectorbt numba", "vectorbt, numba", ("vectorbt_peer",), vectorbt=True)
RUST = Case("vectorbt rust", "vectorbt, rust", ("vectorbt_peer",), vectorbt=True)


@pytest.mark.parametrize(("name", "fills"), [("W1", 4708), ("W2", 2523)])
def test_the_reference_ends_where_plain_backtrader_does(name: str, fills: int) -> None:
    nav, counted = reference(make(name))
    assert nav[-1] == pytest.approx(FINALS[name], rel=1e-12)
    assert counted == fills


def test_a_workload_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = make("W4", assets=5, years=2)
    save(written, tmp_path / "w.npz")
    found = load(tmp_path / "w.npz")
    assert (found.name, found.per_day, found.ids) == ("W4", 1, written.ids)
    assert np.array_equal(found.opened_at, written.opened_at)
    assert np.array_equal(found.prices["open"], written.prices["open"])
    assert np.array_equal(found.rows, written.rows)
    assert np.array_equal(found.weights, written.weights)


def test_the_replay_agrees_with_the_reference_bar_by_bar() -> None:
    workload = make("W1")
    nav, fills = reference(workload)
    ledger = replay(panel_of(workload), workload.rows, workload.weights, execution("reject"))
    np.testing.assert_allclose(ledger.nav, nav, rtol=1e-12)
    assert int(ledger.log.having("filled").sum()) == fills


def line(seconds: float, final: float, **more: Any) -> dict[str, Any]:
    """What a process printed whose first call took twice the warm ones."""
    warm = [[seconds, seconds]] * 3
    figures = {"first": [2 * seconds, 2 * seconds], "warm": warm, "peak_mb": 80.4}
    return {**figures, "final": final, "fills": 7, **more}


def measured() -> Measured:
    """Two rounds: plain 6 s and 8 s, ours 20 ms, vectorbt 50 and 40 ms, then 30 and 40 ms."""
    lines = {
        "plain": [line(6.0, 1000.0), line(8.0, 1000.0)],
        "vectorbt rust": [line(0.05, 1000.0), line(0.03, 1000.0)],
        "vectorbt numba": [line(0.04, 1001.0), line(0.04, 1001.0)],
        "interpreted": [line(0.04, 1000.0, compiled=False, why="so it is")] * 2,
        "compiled": [line(0.02, 1000.0, compiled=True, why="")] * 2,
        "scaled": [{}, {}],
    }
    expected = {"final": 1000.0, "fills": 7, "decisions": 3, "bars": 10, "assets": 2}
    return Measured(W1, expected, (PLAIN, RUST, NUMBA, SLOW, FAST, SCALED), lines)


def test_a_table_is_written_as_markdown() -> None:
    table = Table("A title", ("run", "ms"), (("`plain`", "6,560"), ("ours", "9.8")), ("A note.",))
    expected = """
### A title

| run     |    ms |
|---------|------:|
| `plain` | 6,560 |
| ours    |   9.8 |

A note.
"""
    assert table.markdown() == expected.strip()


def test_a_row_has_medians_and_ratios_within_rounds() -> None:
    rows = {row[0]: row[1:] for row in speed_table(measured()).rows}
    # The median of 6 s and 8 s; its first calls took twice that.
    assert rows["plain backtrader"] == ("7,000", "7,000", "14,000", "", "", "80", "", "7")
    # 6 / 0.05 = 120 and 8 / 0.03 = 267, median 193.
    assert rows["vectorbt, rust"][3:5] == ("193 (120-267)", "")
    # 1001 / 1000 - 1.
    assert rows["vectorbt, numba"][6] == "1e-03"
    # 6 / 0.02 = 300 and 8 / 0.02 = 400; the faster engine of each round took 0.04 s and 0.03 s,
    # that is 2 and 1.5 times as long.
    assert rows["ours, compiled"][3:5] == ("350 (300-400)", "1.75 (1.50-2.00)")
    assert rows["ours, compiled"][6:] == ("0", "7")
    assert rows["ours, compiled, `scale`: failed"] == ("",) * 8


def test_a_row_says_when_no_extension_is_built() -> None:
    found = measured()
    found.lines["compiled"] = found.lines["interpreted"]
    table = speed_table(found)
    assert "ours, compiled: not built" in [row[0] for row in table.rows]
    assert table.notes[-1] == "What is called compiled ran interpreted: so it is."


def test_promises_are_held_against_the_median_of_the_ratios() -> None:
    rows = [target.row for target in of_speed(measured())]
    assert rows == [
        ("W1, compiled: at least 200 times as fast as plain backtrader", "350", "yes"),
        ("W1, interpreted: at least 120 times as fast as plain backtrader", "175", "yes"),
        ("W1, compiled: ahead of the fastest engine of vectorbt", "1.75", "yes"),
        ("W1, compiled: the first call takes at most 2 warm ones", "2.00", "yes"),
    ]
    missing = Target("something", None, bool)
    assert target_table([missing]).rows == (("something", "not measured", ""),)


def test_linear_is_meant_in_asset_bars_or_fills_whichever_grew_more() -> None:
    base, grown = measured(), measured()
    # Twice the bars and three times the fills in 2.5 times the time, 0.02 s being the base.
    grown.expected.update(bars=20, fills=21)
    grown.lines["compiled"] = [line(0.05, 1000.0, compiled=True, why="")] * 2
    rows = {target.promise: target.row[1] for target in of_growth([base, grown])}
    assert rows["W4, compiled: time against work grows at most 1.25 times"] == "0.833"


def test_the_page_keeps_what_is_around_the_tables() -> None:
    begin, end = "<!-- parity: begin -->", "<!-- parity: end -->"
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    assert replaced(page, "parity", "new\n") == f"before\n{begin}\n\nnew\n\n{end}\nafter\n"
    for section in ("parity", "benchmark"):
        assert "new" in replaced(PAGE.read_text(encoding="utf-8"), section, "new")
    with pytest.raises(SystemExit, match="lacks <!-- other: begin -->"):
        replaced(page, "other", "new")
