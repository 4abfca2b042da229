"""Importing files: what is new is kept, what cannot be read is listed, and it can be stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from feeds.errors import DataError
from feeds.importing import Report, import_paths
from feeds.layouts import read_layout
from feeds.store import Revision, Store
from tests.conftest import REPOSITORY

NOW = np.datetime64("2026-01-01", "ns")
DAY_MS = 86_400_000


def kline_text(first: str, closes: Sequence[float]) -> str:
    """A dump of daily bars as Binance publishes them: no header, milliseconds."""
    start = int(np.datetime64(first, "ms").astype(int))
    rows = [
        f"{start + i * DAY_MS},{c},{c},{c},{c},7,{start + (i + 1) * DAY_MS - 1},8,9,1,2,0"
        for i, c in enumerate(closes)
    ]
    return "\n".join(rows) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two months of one market, another market, and what is no data."""
    folder = tmp_path / "files"
    (folder / "spot").mkdir(parents=True)
    january = kline_text("2021-01-01", [float(day) for day in range(1, 32)])
    february = kline_text("2021-02-01", [float(day) for day in range(32, 60)])
    (folder / "spot" / "BTCUSDT-1d-2021-01.csv").write_text(january)
    (folder / "spot" / "BTCUSDT-1d-2021-02.csv").write_text(february)
    (folder / "spot" / "ETHUSDT-1d-2021-01.csv").write_text(january)
    (folder / "NOTES.md").write_text("# Notes\n\nThis is no data.\n")
    (folder / ".hidden").write_text("neither is this")
    return folder


def imported(folder: Path, store: Store, workers: int = 1, replace: bool = False) -> Report:
    return import_paths([folder], store, None, NOW, lambda *_: None, workers, replace=replace)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


@pytest.mark.parametrize("workers", [1, 2])
def test_files_of_one_series_are_put_together_and_no_data_is_listed(
    folder: Path, store: Store, workers: int
) -> None:
    report = imported(folder, store, workers)
    assert (report.files, report.seen, report.unchanged) == (4, 4, 0)
    assert [(each.file, each.key, each.rows) for each in report.imported] == [
        ("spot/BTCUSDT-1d-2021-01.csv", "binance/BTCUSDT/1d", 31),
        ("spot/BTCUSDT-1d-2021-02.csv", "binance/BTCUSDT/1d", 28),
        ("spot/ETHUSDT-1d-2021-01.csv", "binance/ETHUSDT/1d", 31),
    ]
    (refused,) = report.refused
    assert refused.file == "NOTES.md"
    assert store.read("binance/BTCUSDT/1d").fields["close"].tolist() == [*map(float, range(1, 60))]
    (version,) = store.manifest("binance/BTCUSDT/1d").versions
    assert len(version.raw) == 2
    assert list(store.verify()) == []


def test_what_was_imported_is_not_read_again(folder: Path, store: Store) -> None:
    imported(folder, store)
    again = imported(folder, store)
    assert (again.unchanged, again.imported, len(again.refused)) == (3, [], 1)


def test_a_file_that_contradicts_the_store_is_refused_unless_it_is_to_replace(
    folder: Path, store: Store
) -> None:
    imported(folder, store)
    (folder / "spot" / "ETHUSDT-1d-2021-01.csv").write_text(kline_text("2021-01-01", [5.0]))
    refused = imported(folder, store).refused[-1]
    assert refused.reason.startswith(
        "spot/ETHUSDT-1d-2021-01.csv: binance/ETHUSDT/1d: 1 row contradicts what is in the store, "
        "first open of ETHUSDT at 2021-01-01: 5.0, there 1.0. If the new rows are right, "
        "import them with `--replace`"
    )
    assert store.read("binance/ETHUSDT/1d").fields["close"][0] == 1.0
    (changed,) = imported(folder, store, replace=True).imported
    assert (changed.key, changed.revision) == ("binance/ETHUSDT/1d", Revision(changed=1))
    assert store.read("binance/ETHUSDT/1d").fields["close"][:2].tolist() == [5.0, 2.0]
    # What was imported first does not undo what came later.
    assert imported(folder, store, replace=True).imported == []


def test_files_of_the_same_name_in_two_folders_are_both_imported(
    folder: Path, store: Store, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "spot"
    other.mkdir(parents=True)
    (other / "BTCUSDT-1d-2021-01.csv").write_text(kline_text("2021-03-01", [60.0]))
    report = import_paths([folder, other.parent], store, None, NOW, lambda *_: None, 1)
    assert report.files == 5
    assert store.read("binance/BTCUSDT/1d").fields["close"][-1] == 60.0


def test_bars_that_are_still_open_are_left_out(folder: Path, store: Store) -> None:
    noon = np.datetime64("2021-01-31T12:00", "ns")
    import_paths([folder / "spot" / "ETHUSDT-1d-2021-01.csv"], store, None, noon, lambda *_: None)
    assert str(store.read("binance/ETHUSDT/1d").time[-1])[:10] == "2021-01-30"


def test_progress_is_told_file_by_file(folder: Path, store: Store) -> None:
    told: list[tuple[str, int, int]] = []
    import_paths([folder], store, None, NOW, lambda *step: told.append(step), 1)
    assert told == [("importing", done, 4) for done in (1, 2, 3, 4)]


def test_a_path_that_is_not_there_stops_before_anything_is_done(store: Store) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        import_paths([Path("nowhere")], store, None, NOW, lambda *_: None)


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_was_imported_and_the_same_import_goes_on(
    folder: Path, store: Store, workers: int
) -> None:
    def stop(_: str, done: int, __: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    report = import_paths([folder], store, None, NOW, stop, workers)
    assert report.interrupted
    assert (report.files, report.seen, len(report.imported)) == (4, 2, 1)
    assert list(store.verify()) == []
    rest = imported(folder, store)
    assert not rest.interrupted
    assert (rest.unchanged, len(rest.imported)) == (1, 2)


def test_a_damaged_series_is_named_and_the_others_go_on(folder: Path, store: Store) -> None:
    imported(folder, store)
    name = store.manifest("binance/BTCUSDT/1d").current.object
    (store.root / "objects" / name[:2] / name).write_bytes(b"damaged")
    (folder / "spot" / "BTCUSDT-1d-2021-03.csv").write_text(kline_text("2021-03-01", [60.0]))
    (folder / "spot" / "XRPUSDT-1d-2021-03.csv").write_text(kline_text("2021-03-01", [1.0]))
    report = imported(folder, store)
    assert [each.key for each in report.imported] == ["binance/XRPUSDT/1d"]
    assert f"{name} is damaged" in report.refused[-1].reason
    list(store.verify(repair=True))
    assert [each.key for each in imported(folder, store).imported] == ["binance/BTCUSDT/1d"] * 3
    assert len(store.read("binance/BTCUSDT/1d")) == 60


IMPORT = """
import sys
from pathlib import Path
from feeds.importing import import_paths
from feeds.store import Store
from tests.feeds.test_importing import NOW
def told(what, done, files):
    print(done, flush=True)
if __name__ == "__main__":
    report = import_paths(
        [Path(sys.argv[1])], Store(Path(sys.argv[2])), None, NOW, told, int(sys.argv[3])
    )
    print(report.interrupted, report.seen)
"""


def many(folder: Path) -> Path:
    """Sixty files, of twenty series."""
    folder.mkdir()
    for n in range(20):
        for month in (1, 2, 3):
            closes = [n + day / 8 for day in range(28)]
            path = folder / f"X{n:02}USDT-1d-2021-{month:02}.csv"
            path.write_text(kline_text(f"2021-{month:02}-01", closes))
    return folder


def started(folder: Path, data: Path, workers: int) -> subprocess.Popen[str]:
    program = data.parent / "program.py"
    program.write_text(IMPORT)
    return subprocess.Popen(
        [sys.executable, program, folder, data, str(workers)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
@pytest.mark.parametrize("seed", range(4))
def test_an_import_that_is_killed_loses_nothing_and_goes_on(tmp_path: Path, seed: int) -> None:
    folder, data = many(tmp_path / "files"), tmp_path / "data"
    running = started(folder, data, workers=1 + seed % 2)
    assert running.stdout is not None
    said = [int(running.stdout.readline()) for _ in range(1 + 15 * seed)]
    os.kill(running.pid, signal.SIGKILL)
    # Nothing more can be read only when the readers have ended as well.
    running.communicate(timeout=60)
    store = Store(data)
    assert list(store.verify()) == []
    assert len(store.keys()) >= (said[-1] + 2) // 3
    report = imported(folder, store)
    assert said[-1] <= report.unchanged < 60
    assert len(store.keys()) == 20
    assert all(len(store.read(key)) == 84 for key in store.keys("*/*/*"))


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_ctrl_c_at_a_terminal_reaches_all_processes_and_leaves_a_whole_store(
    tmp_path: Path,
) -> None:
    folder, data = many(tmp_path / "files"), tmp_path / "data"
    running = started(folder, data, workers=2)
    assert running.stdout is not None
    for _ in range(20):
        running.stdout.readline()
    os.killpg(running.pid, signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    interrupted, seen = said.splitlines()[-1].split()
    assert running.returncode == 0
    store = Store(data)
    assert list(store.verify()) == []
    assert interrupted == "True"
    assert imported(folder, store).unchanged >= int(seen)


def test_two_imports_at_once_come_to_the_same_store_as_one(tmp_path: Path) -> None:
    folder, data = many(tmp_path / "files"), tmp_path / "data"
    running = [started(folder, data, workers=1) for _ in range(2)]
    for each in running:
        each.communicate(timeout=120)
        assert each.returncode == 0
    store, alone = Store(data), Store(tmp_path / "alone")
    imported(folder, alone)
    assert list(store.verify()) == []
    assert store.keys() == alone.keys()
    for key in alone.keys("*/*/*"):
        (one,), (other,) = store.manifest(key).versions, alone.manifest(key).versions
        assert one.content == other.content


@pytest.mark.shared
def test_all_the_market_data_are_imported_in_a_minute(shared: Path, tmp_path: Path) -> None:
    layout = read_layout(REPOSITORY / "configs" / "layouts" / "collection.yaml")
    store = Store(tmp_path)
    report = import_paths([shared / "data"], store, layout, NOW, lambda *_: None, 2)
    assert not report.interrupted
    assert list(store.verify()) == []
    outside = [each for each in report.refused if not each.file.startswith("raw_samples/")]
    assert outside == []
    keys = set(store.keys())
    assert {"yahoo/^RUT/1d", "binance/BTCUSDT/1d", "binance/BTCUSDT/1h"} <= keys
    close = store.read("binance/BTCUSDT/1d")
    at = np.flatnonzero(close.time == np.datetime64("2021-11-08"))
    assert close.fields["close"][at].tolist() == [67525.83]
    shutil.rmtree(store.root)
