"""Damaged files are named, whatever has become of them, and the rest goes on."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from feeds.errors import ConfigError, DataError
from feeds.store import Problem, Status, Store
from tests.feeds.store.made import KEY, bars, origin

OTHER = "yahoo/^RUT/1d"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path)
    store.extend(bars([1.0, 2.0, 3.0]), b"one", origin())
    store.extend(bars([2.5, 3.0], "2020-01-02"), b"two", origin(request={}))
    store.add(bars([7.0], key=OTHER), b"three", origin(provider="file", request={"file": "r.csv"}))
    assert list(store.verify()) == []
    return store


def files(store: Store) -> list[Path]:
    """Every file that holds data."""
    return sorted(p for p in store.root.rglob("*") if p.is_file() and p.name != ".lock")


def truncated(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def flipped(content: bytes, chance: random.Random) -> bytes:
    out = bytearray(content)
    out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


@pytest.mark.parametrize("damage", [truncated, flipped])
@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_file_is_named_and_no_other(
    store: Store, damage: Callable[[bytes, random.Random], bytes], seed: int
) -> None:
    chance = random.Random(seed)
    for path in files(store):
        whole = path.read_bytes()
        path.write_bytes(damage(whole, chance))
        assert [problem.path for problem in store.verify()] == [path]
        path.write_bytes(whole)
    assert list(store.verify()) == []


def test_damaged_rows_are_never_read(store: Store) -> None:
    chance = random.Random(1)
    path = store.root / "objects" / (name := store.manifest(KEY).current.object)[:2] / name
    path.write_bytes(flipped(path.read_bytes(), chance))
    with pytest.raises(DataError, match=f"{name} is damaged: its checksum does not fit"):
        store.read(KEY)
    assert len(store.read(OTHER)) == 1
    path.unlink()
    with pytest.raises(DataError, match=f"{name} cannot be read: No such file"):
        store.read(KEY)


def test_a_damaged_manifest_is_named_where_it_is_read(store: Store) -> None:
    path = store.root / "series" / "binance" / "BTCUSDT~7f" / "1d.json"
    path.write_bytes(path.read_bytes().replace(b"2020-01-01", b"2020-01-07"))
    with pytest.raises(DataError, match=r"1d\.json is damaged: its checksum does not fit"):
        store.manifest(KEY)
    damaged, whole = store.status()
    assert isinstance(damaged, Problem)
    assert isinstance(whole, Status)
    with pytest.raises(DataError, match=r"1d\.json is damaged"):
        store.gc()


def test_a_copied_manifest_is_not_taken_for_another_series(store: Store) -> None:
    path = store.root / "series" / "binance" / "BTCUSDT~7f" / "1d.json"
    path.with_name("1h.json").write_bytes(path.read_bytes())
    with pytest.raises(DataError, match=f"is the manifest of {KEY}"):
        store.manifest("binance/BTCUSDT/1h")
    (problem,) = store.verify()
    assert problem.what == f"is the manifest of {KEY}"


@pytest.mark.parametrize("seed", range(5))
def test_after_a_repair_the_store_is_whole_and_can_be_filled_again(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    for path in files(store):
        if path.exists():
            path.write_bytes(flipped(path.read_bytes(), chance))
    assert list(store.verify(repair=True))
    assert list(store.verify()) == []
    assert store.keys() == ()
    store.extend(bars([1.0, 2.0, 3.0]), b"one", origin())
    assert store.read(KEY).fields["close"].tolist() == [1.0, 2.0, 3.0]
    store.gc()
    assert not list(store.root.rglob("*.corrupt"))


def test_a_version_whose_rows_are_lost_leaves_the_one_before(store: Store) -> None:
    name = store.manifest(KEY).current.object
    path = store.root / "objects" / name[:2] / name
    path.write_bytes(b"")
    (problem,) = store.verify(repair=True)
    assert str(problem) == f"{path} ({KEY}) is damaged; get it again with `data fetch {KEY}`"
    assert path.with_name(f"{name}.corrupt").exists()
    assert store.read(KEY).fields["close"].tolist() == [1.0, 2.0, 3.0]


def test_sources_that_later_rows_need_outlive_the_version_they_came_with(store: Store) -> None:
    first = store.manifest(KEY).versions[0]
    (store.root / "objects" / first.object[:2] / first.object).unlink()
    assert [problem.what for problem in store.verify(repair=True)] == ["is missing"]
    (version,) = store.manifest(KEY).versions
    assert len(version.raw) == 2


def test_writing_again_heals_a_damaged_file(store: Store) -> None:
    (name,) = store.manifest(OTHER).current.raw
    path = store.root / "raw" / name[:2] / name
    path.write_bytes(b"thrxe")
    assert [p.advice for p in store.verify()] == ["import r.csv again"]
    store.add(bars([7.0], key=OTHER), b"three", origin(provider="file", request={"file": "r.csv"}))
    assert list(store.verify()) == []


def test_sweeping_up_throws_away_only_what_nothing_names(store: Store) -> None:
    before = files(store)
    aside = store.root / "objects" / "ab" / ".tmp-0123"
    aside.parent.mkdir(exist_ok=True)
    aside.write_bytes(b"12345")
    freed = store.gc()
    assert (freed.versions, freed.files, freed.size) == (0, 1, 5)
    assert files(store) == before


def test_old_versions_are_thrown_away_when_asked(store: Store) -> None:
    freed = store.gc(keep_versions=1)
    assert (freed.versions, freed.files) == (1, 1)
    assert store.read(KEY).fields["close"].tolist() == [1.0, 2.5, 3.0]
    assert len(store.manifest(KEY).current.raw) == 2
    assert list(store.verify()) == []
    with pytest.raises(ConfigError, match="keep at least 1"):
        store.gc(keep_versions=0)


def test_a_fetch_under_way_outlives_sweeping_up(store: Store) -> None:
    store.extend(bars([4.0], "2020-01-04"), b"four", origin(), complete=False)
    store.gc(keep_versions=1)
    assert [version.complete for version in store.manifest(KEY).versions] == [True, False]
    assert list(store.verify()) == []


def test_a_file_that_cannot_be_read_is_named_and_left_alone(store: Store) -> None:
    path = store.root / "objects" / (name := store.manifest(KEY).current.object)[:2] / name
    path.unlink()
    path.mkdir()
    (problem,) = store.verify(repair=True)
    assert (problem.path, problem.what) == (path, "cannot be read: Is a directory")
    assert store.manifest(KEY).current.object == name
