"""The result directory: whole or not there, equal bytes, read back as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import archive
from engine.result import (
    check_writable,
    find_result,
    find_results,
    open_result,
    verify_result,
    write_result,
)
from engine.result_files import target_of, target_text
from feeds.errors import DataError, OutputError
from tests.engine.outcomes import flat, rotation

FILES = {
    "decisions.csv",
    "equity.csv",
    "experiment.yaml",
    "manifest.json",
    "orders.csv",
    "positions.csv",
    "statistics.json",
}


@pytest.fixture(scope="module")
def made():
    return rotation(bars=90, every=7)


@pytest.fixture
def written(made, tmp_path: Path) -> Path:
    return write_result(made, tmp_path)


def test_what_was_written_is_read_back_to_the_last_bit(made, written: Path) -> None:
    result = open_result(written)
    assert np.array_equal(result.nav, made.ledger.nav)
    assert np.array_equal(result.cash, made.ledger.cash)
    assert np.array_equal(result.time, made.ledger.time)
    assert (result.start, result.start_cash) == (made.ledger.start, 100_000.0)
    for name, values in made.benchmarks.items():
        assert np.array_equal(result.benchmarks[name], values)
    for name, values in made.sleeves.items():
        assert np.array_equal(result.sleeves[name], values)
    for column, name in enumerate(made.ledger.ids):
        assert np.array_equal(result.positions[name], made.ledger.shares[:, column])
    assert result.decisions.target == made.decisions.target
    assert result.decisions.reason == made.decisions.reason
    for name, values in made.decisions.signals.items():
        assert np.array_equal(result.decisions.signals[name], values, equal_nan=True)
    assert list(result.statistics.values()) == list(made.statistics)
    assert result.experiment["strategy"]["on"] == {"alts": 1.0}


def test_orders_are_read_back_with_unknown_prices_and_times(made, written: Path) -> None:
    for mine, theirs in zip(open_result(written).orders, made.ledger.orders, strict=True):
        assert repr(mine) == repr(theirs)


def test_the_first_row_of_the_equity_file_is_the_start_capital(written: Path) -> None:
    header, first, second, *_ = (written / "equity.csv").read_text().splitlines()
    assert header == (
        "time,nav,cash,return,drawdown,share_alts,share_btc,"
        "benchmark_alts,benchmark_btc,benchmark_half_and_half"
    )
    assert first == "2018-01-01T00:00:00Z,100000.0,100000.0,,0.0,0.0,0.0,100000.0,100000.0,100000.0"
    assert second.startswith("2018-01-02T00:00:00Z,")


def test_other_files_have_the_documented_columns(written: Path) -> None:
    headers = {
        "decisions.csv": "time,breakout,breakout_age_days,dominance,dominance_age_days,"
        "risk_on,risk_on_age_days,target,reason",
        "orders.csv": "decided_at,filled_at,id,shares,price,fee,status,reason,ordered,slippage",
        "positions.csv": "time,id,shares",
    }
    for name, header in headers.items():
        assert (written / name).read_text().splitlines()[0] == header
    rows = json.loads((written / "statistics.json").read_text())
    assert set(rows[0]) == {"name", "value", "unit", "basis", "reason"}


def test_positions_have_a_row_only_where_shares_change(tmp_path: Path) -> None:
    made = rotation(bars=30, every=40)  # bought once, at the second bar
    shares = np.where(made.ledger.shares > 0, 5.0, 0.0)
    held = replace(made.ledger, held=shares, held_at=np.arange(30))
    path = write_result(replace(made, ledger=held), tmp_path)
    lines = (path / "positions.csv").read_text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("2018-01-03T00:00:00Z,")
    assert lines[1].endswith(",5.0")


def test_equal_outcomes_give_equal_bytes(made, tmp_path: Path) -> None:
    one = write_result(made, tmp_path / "a", log="this machine\n")
    two = write_result(made, tmp_path / "b", log="another machine\n")
    for name in FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
        assert b"\r" not in (one / name).read_bytes()
    assert (one / "run.log").read_text() == "this machine\n"


def test_the_manifest_lists_all_files_but_the_log_and_the_page(made, tmp_path: Path) -> None:
    manifest = verify_result(write_result(made, tmp_path, log="x"))
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    assert (manifest["id"], manifest["name"]) == ("abc123def456", "rotation")
    assert manifest["universe"]["point_in_time"] is False


@pytest.mark.parametrize("name", sorted(FILES - {"manifest.json"}))
def test_a_damaged_file_is_named(written: Path, name: str) -> None:
    content = bytearray((written / name).read_bytes())
    content[len(content) // 2] ^= 1
    (written / name).write_bytes(bytes(content))
    with pytest.raises(DataError, match=f"{name} is damaged.*--force"):
        open_result(written)


def test_a_missing_or_broken_manifest_is_named(written: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no results"):
        open_result(tmp_path / "nowhere")
    (written / "equity.csv").unlink()
    with pytest.raises(DataError, match=r"equity.csv is damaged: No such file"):
        open_result(written)
    (written / "manifest.json").write_text("{")
    with pytest.raises(DataError, match=r"manifest.json is damaged: it is not JSON"):
        open_result(written)


def test_an_id_that_exists_is_kept_unless_forced(made, written: Path, tmp_path: Path) -> None:
    before = (written / "equity.csv").stat().st_ino
    assert write_result(made, tmp_path) == written
    assert (written / "equity.csv").stat().st_ino == before
    (written / "equity.csv").write_text("broken")
    with pytest.raises(DataError, match=r"equity.csv is damaged"):
        find_result(tmp_path, made.name, made.id)
    assert write_result(made, tmp_path, force=True) == written
    assert find_result(tmp_path, made.name, made.id) == written
    assert leftovers(tmp_path) == []


def test_a_result_that_was_never_made_is_not_found(tmp_path: Path) -> None:
    assert find_result(tmp_path, "rotation", "abc") is None
    assert find_results(tmp_path / "nowhere") == ()


def test_all_results_are_found_in_order(made, tmp_path: Path) -> None:
    for name, identity in (("b", "2"), ("a", "9"), ("a", "1")):
        write_result(replace(made, name=name, id=identity), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in find_results(tmp_path)] == [
        "a/1",
        "a/9",
        "b/2",
    ]


def test_a_failure_half_way_leaves_nothing_behind(
    made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(path: Path, content: bytes) -> None:
        if path.name == "orders.csv":
            raise OSError(28, "No space left on device")
        path.write_bytes(content)

    monkeypatch.setattr(archive, "write_synced", full_disk)
    with pytest.raises(OutputError, match=r"No space left on device.*--output"):
        write_result(made, tmp_path)
    assert leftovers(tmp_path) == []
    assert find_results(tmp_path) == ()


def test_a_run_that_finishes_second_keeps_the_first_result(
    made, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (written / "equity.csv").stat().st_ino
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda self: self != written and exists(self))
    assert write_result(made, tmp_path) == written
    monkeypatch.undo()
    assert (written / "equity.csv").stat().st_ino == before
    assert leftovers(tmp_path) == []


def test_output_that_cannot_be_written_stops_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"cannot write results to .*file.*--output") as caught:
        check_writable(tmp_path / "file" / "results")
    assert caught.value.exit_code == 2
    check_writable(tmp_path / "new" / "results")
    assert leftovers(tmp_path / "new") == []


@pytest.mark.parametrize("name", ["..", "a/b", "", "x" * 81, "a\0"])
def test_a_name_never_leads_out_of_the_directory(made, tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot name a directory"):
        write_result(replace(made, name=name), tmp_path)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (None, ""),
        ({}, "cash"),
        ({"cash": 1.0}, "cash:1.0"),
        ({"b": 0.25, "a": 0.5}, "a:0.5 b:0.25"),
        ({"my sleeve: 100%": 0.1}, "my%20sleeve:%20100%25:0.1"),
    ],
)
def test_targets_are_written_by_sleeve_and_read_back(target, text: str) -> None:
    assert target_text(target) == text
    assert target_of(text) == target


def test_a_run_without_trades_is_written_and_read(tmp_path: Path) -> None:
    result = open_result(write_result(flat(1), tmp_path))
    assert len(result.decisions) == 0
    assert result.orders == ()
    assert result.positions == {}
    assert result.nav.tolist() == [100_000.0]


def test_frames_have_utc_times_and_every_row(written: Path) -> None:
    result = open_result(written)
    equity = result.frame("equity")
    assert str(equity["time"].dt.tz) == "UTC"
    assert len(equity) == 90
    assert list(result.frame("orders").columns)[:3] == ["decided_at", "filled_at", "id"]
    assert len(result.frame("decisions")) == len(result.decisions)
    assert set(result.frame("positions").columns) == {"time", "BTCUSDT", "ETHUSDT"}
    assert result.frame("statistics")["name"].is_unique
    with pytest.raises(ValueError, match="there is no table 'x'"):
        result.frame("x")  # type: ignore[arg-type]


def test_arrays_of_a_result_cannot_be_changed(written: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        open_result(written).nav[0] = 0.0


def test_the_summary_fits_a_terminal_and_the_notebook_view_is_escaped(tmp_path: Path) -> None:
    result = open_result(write_result(rotation(bars=400, simulated=True), tmp_path))
    lines = result.summary().splitlines()
    assert len(lines) <= 21
    assert max(map(len, lines)) <= 79
    assert lines[0].endswith("SIMULATED DATA")
    evil = replace(result, name="<img src=x onerror=alert(1)>")
    assert "<img" not in evil._repr_html_()


def test_writing_and_reading_need_neither_pandas_nor_matplotlib(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.engine.outcomes import flat;"
        "from engine.result import write_result, open_result;"
        f"r = open_result(write_result(flat(3), Path({str(tmp_path)!r}))); r.summary();"
        "print([m for m in ('pandas', 'matplotlib', 'scipy', 'pyarrow') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    env = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert done.stdout.strip() == "[]"


def leftovers(root: Path) -> list[Path]:
    return [path for path in root.rglob(".tmp-*")]


def test_a_path_may_be_text_and_a_misspelt_statistic_is_an_error(tmp_path: Path) -> None:
    written = write_result(flat(40), tmp_path)
    result = open_result(str(written))
    assert len(repr(result)) < 200
    with pytest.raises(DataError, match="no statistic is named 'sharp'; did you mean 'sharpe'"):
        result.value("sharp")
