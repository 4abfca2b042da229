"""Equal inputs give byte-equal results, wherever and however they are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.engine import markets

ROOT = Path(__file__).resolve().parent.parent.parent
IDS = ["BTC", "SIM01", "SIM02", "SIM03", "SIM04"]
EVENTS = "id,kind,last_bar,first_bar_after,recovery,successor,source\n"


def write_market(folder: Path) -> None:
    """The simulated market as files, the way a user has them."""
    panels, events = markets.market()
    stems = {"equities": "SMALLCAP", "caps": "caps"}
    for name, panel in panels.items():
        for column, each in enumerate(panel.ids):
            path = folder / name / f"{stems.get(name, each)}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = ["date," + ",".join(panel.fields)]
            for row in range(len(panel)):
                if panel.has_bar[row, column]:
                    cells = [repr(float(v[row, column])) for v in panel.fields.values()]
                    day = str(panel.label[row].astype("datetime64[D]"))
                    lines.append(",".join([day, *cells]))
            path.write_text("\n".join(lines) + "\n")
    rows = []
    for event in events:
        after = "" if str(event.first_bar_after) == "NaT" else str(event.first_bar_after)
        recovery = "" if event.recovery != event.recovery else repr(event.recovery)
        rows.append(f"{event.id},{event.kind},{event.last_bar},{after},{recovery},,simulated")
    (folder / "events.csv").write_text(EVENTS + "\n".join(rows) + "\n")


def write_config(path: Path, ids: list[str]) -> None:
    config = {
        **markets.EVERYTHING,
        "data": {
            "panels": {
                "equities": {
                    "files": "equities/SMALLCAP.csv",
                    "stamp": "session_close",
                    "calendar": "XNYS",
                    "fields": "ohlcv",
                },
                "coins": {
                    "files": "coins/{id}.csv",
                    "stamp": "day_start",
                    "calendar": "24/7",
                    "fields": "ohlcv",
                },
                "caps": {
                    "files": "caps/caps.csv",
                    "stamp": "instant",
                    "calendar": "24/7",
                    "fields": ["total_cap", "btc_cap", "usdt_cap"],
                },
            },
            "events": ["events.csv"],
        },
        "universe": {"ids": ids, "min_age_days": 20},
        "benchmarks": {"btc": {"sleeve": "btc"}},
    }
    path.write_text(yaml.safe_dump(config, sort_keys=False))


def run(
    config: Path, data: Path, output: Path, cwd: Path, *options: str, **environment: str
) -> dict[str, bytes]:
    command = [sys.executable, str(ROOT / "run_backtest.py"), "run", str(config)]
    command += ["--set", f"data.root={data}", "-o", str(output), "-q", *options]
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (directory,) = (output / "everything").iterdir()
    files = {file.name: file.read_bytes() for file in directory.iterdir()}
    files.pop("run.log")  # versions, paths and times
    return {directory.name: b"", **files}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("market")
    write_market(folder / "data")
    write_config(folder / "config.yaml", IDS)
    return folder / "config.yaml", folder / "data"


@pytest.fixture(scope="module")
def first(files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    output = tmp_path_factory.mktemp("first")
    return run(*files, output, ROOT, PYTHONHASHSEED="0", TZ="UTC", LC_ALL="C")


def test_a_result_has_all_its_files(first: dict[str, bytes]) -> None:
    assert {
        "experiment.yaml",
        "manifest.json",
        "equity.csv",
        "decisions.csv",
        "orders.csv",
        "positions.csv",
        "statistics.json",
        "tearsheet.html",
    } <= set(first)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "12345"},
        {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"},
        {"OPENBLAS_CORETYPE": "Nehalem"},  # matrix products as on another processor
        {"BAROMETER_INTERPRETED": "1"},
    ],
    ids=["hash seed", "time zone and locale", "processor", "interpreted"],
)
def test_a_rerun_is_byte_equal(
    files: tuple[Path, Path], first: dict[str, bytes], tmp_path: Path, environment: dict[str, str]
) -> None:
    assert run(*files, tmp_path / "out", ROOT, **environment) == first


def test_a_run_on_stock_backtrader_is_byte_equal_and_says_so(
    files: tuple[Path, Path], first: dict[str, bytes], tmp_path: Path
) -> None:
    assert run(*files, tmp_path, ROOT, "--stock") == first
    log = next(tmp_path.glob("everything/*/run.log")).read_text()
    assert "path stock backtrader: asked for" in log


def test_a_run_elsewhere_with_ids_in_another_order_is_byte_equal(
    files: tuple[Path, Path], first: dict[str, bytes], tmp_path: Path
) -> None:
    shutil.copytree(files[1], tmp_path / "elsewhere" / "bars")
    write_config(tmp_path / "config.yaml", IDS[::-1])
    data = Path("elsewhere") / "bars"  # relative to the working directory
    assert run(tmp_path / "config.yaml", data, tmp_path / "out", tmp_path) == first


def test_a_resolved_config_runs_again_to_the_same_result(
    files: tuple[Path, Path], first: dict[str, bytes], tmp_path: Path
) -> None:
    again = tmp_path / "experiment.yaml"
    again.write_bytes(first["experiment.yaml"])
    assert run(again, files[1], tmp_path / "out", tmp_path) == first
