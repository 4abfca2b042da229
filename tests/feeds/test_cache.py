"""Panels that come back from the cache, and caches that are damaged."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from feeds.arrays import instants
from feeds.cache import load_panel, pack, remember, unpack
from feeds.errors import DataWarning
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec

REPOSITORY = Path(__file__).resolve().parents[2]
SPEC = PanelSpec(files="{id}.csv", stamp="session_close", calendar="XNYS", fields="ohlcv")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("A", "B"):
        (tmp_path / f"{name}.csv").write_text(
            "date,open,high,low,close,volume\n2020-11-25,1,1.5,1,1.1,\n2020-11-27,2,2,2,2,3\n"
        )
    return tmp_path


def load(root: Path, ids: Sequence[str] = ("A", "B"), spec: PanelSpec = SPEC) -> Panel:
    return load_panel("p", spec, root, ids, root / "cache")


def blocks(root: Path) -> list[Path]:
    return sorted((root / "cache").glob("*.panel"))


def same(a: Panel, b: Panel) -> bool:
    times = all(
        np.array_equal(getattr(a, key), getattr(b, key)) and getattr(b, key).dtype == "M8[ns]"
        for key in ("label", "opened_at", "known_at")
    )
    plain = (a.name, a.calendar, a.ids, a.digest) == (b.name, b.calendar, b.ids, b.digest)
    return times and plain and a.counts == b.counts and [*a.fields] == [*b.fields]


def test_the_cache_gives_back_the_same_read_only_panel(root: Path) -> None:
    fresh, kept = load(root), load(root)
    assert same(fresh, kept)
    assert same(load_panel("p", SPEC, root, ("A", "B"), None), kept)
    assert len(blocks(root)) == 1
    for array in (kept.label, kept.known_at, kept.close):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_every_input_that_matters_has_a_block_of_its_own(root: Path) -> None:
    load(root)
    load(root, ("A",))
    load(root, spec=SPEC.model_copy(update={"fields": "ohlc"}))
    (root / "A.csv").write_text((root / "A.csv").read_text().replace("1.1", "1.2"))
    assert load(root).close[0, 0] == 1.2
    assert len(blocks(root)) == 4


def test_the_order_of_the_ids_does_not_matter(root: Path) -> None:
    assert same(load(root, ("A", "B")), load(root, ("B", "A")))
    assert len(blocks(root)) == 1


def test_a_damaged_block_is_announced_and_rebuilt(root: Path) -> None:
    fresh = load(root)
    (path,) = blocks(root)
    whole = path.read_bytes()
    random = np.random.default_rng(1)
    # A flip in each part of the file: magic, length, checksum, header, block.
    for position in (0, 9, 20, 60, *random.integers(0, len(whole), 30).tolist(), len(whole) - 1):
        flipped = bytearray(whole)
        flipped[position] ^= 1
        path.write_bytes(bytes(flipped))
        with pytest.warns(DataWarning, match="is damaged"):
            assert same(load(root), fresh)
        assert path.read_bytes() == whole


@pytest.mark.parametrize("length", [0, 7, 30, 100, -1])
def test_a_truncated_block_is_announced_and_rebuilt(root: Path, length: int) -> None:
    fresh = load(root)
    (path,) = blocks(root)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.warns(DataWarning, match=r"is damaged \("):
        assert same(load(root), fresh)


def test_a_cache_that_cannot_be_written_is_announced_and_left(root: Path) -> None:
    (root / "cache").write_text("a file where the folder should be")
    with pytest.warns(DataWarning, match="cannot write to .*going on without"):
        panel = load(root)
    assert panel.ids == ("A", "B")


def test_nothing_else_is_left_in_the_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", no_space)
        with pytest.warns(DataWarning, match="No space left on device"):
            load(root)
    assert list((root / "cache").iterdir()) == []
    load(root)
    assert list((root / "cache").iterdir()) == blocks(root)


def test_writers_at_the_same_time_never_mix(tmp_path: Path) -> None:
    times = instants(np.arange(2000).astype("datetime64[D]"))

    def panel(value: float) -> Panel:
        fields = {"a": np.full((2000, 5), value)}
        return Panel.build("p", "24/7", times, times, times, tuple("ABCDE"), fields)

    def work(value: int) -> float:
        found = remember("p", "key", lambda: panel(value), tmp_path)
        assert np.ptp(found["a"]) == 0
        return float(found["a"][0, 0])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    last = unpack("p", (tmp_path / "key-2.panel").read_bytes())
    assert np.ptp(last["a"]) == 0


def test_equal_panels_are_equal_bytes_and_arrays_are_aligned(root: Path) -> None:
    panel = load(root)
    assert pack(panel) == pack(load(root))
    again = unpack("q", pack(panel))
    assert again.name == "q"
    assert all(values.ctypes.data % 8 == 0 for values in again.fields.values())


def test_loading_from_the_cache_imports_nothing_heavy(root: Path) -> None:
    load(root)
    program = f"""
import sys
from pathlib import Path
from feeds.cache import load_panel
from feeds.events import read_events, split_by_events
from feeds.panel_spec import PanelSpec
root = Path({str(root)!r})
spec = PanelSpec(files="{{id}}.csv", stamp="session_close", calendar="XNYS", fields="ohlcv")
panel = load_panel("p", spec, root, ("A", "B"), root / "cache")
split_by_events(panel, read_events(["builtin"], None))
heavy = {{"pandas", "pyarrow", "exchange_calendars", "scipy", "backtrader", "matplotlib"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
