"""What is put into a store comes out of it, and history is never lost."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from feeds.errors import AbsentError, DataError
from feeds.series import Series
from feeds.store import Revision, Store, pack
from tests.conftest import REPOSITORY
from tests.feeds.store.made import KEY, NAN, bars, cross_section, origin, vintages


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def same(one: Series, other: Series) -> bool:
    return pack(one).summary.content == pack(other).summary.content


@pytest.mark.parametrize(
    "series",
    [
        bars(
            [1.5, NAN, 3.25],
            fields={"volume": [1, 2, -0.0]},
            findings={"out_of_order": ["2020-01-02"]},
        ),
        cross_section([("2020-01-01", "a", 5.0), ("2020-01-01", "b", 4.0), ("2020-02-01", "b", 3)]),
        vintages([("2020-01-01", "2020-02-25", 9.0), ("2020-01-01", "2020-03-24", 9.5)]),
    ],
    ids=["bars", "cross section", "vintages"],
)
def test_a_series_comes_back_to_the_last_bit(store: Store, series: Series) -> None:
    store.add(series, b"raw", origin())
    found = store.read(series.key)
    assert same(found, series)
    assert (found.key, found.stamp, found.calendar) == (series.key, series.stamp, series.calendar)
    assert found.ids == series.ids
    assert dict(found.notes) == dict(series.notes)
    for name, values in series.fields.items():
        assert found.fields[name].tobytes() == values.tobytes()
    for kind, labels in series.findings.items():
        assert np.array_equal(found.findings[kind], labels)
    assert np.array_equal(found.time, series.time)
    assert np.array_equal(found.column, series.column)


def test_equal_series_are_equal_bytes_in_whatever_order_their_fields_are() -> None:
    one, other = ({name: np.array([1.0]) for name in names} for names in ("xyz", "zxy"))
    series = bars([1.0])
    assert pack(replace(series, fields=one)).block == pack(replace(series, fields=other)).block


def test_equal_series_are_equal_bytes_whatever_their_nan() -> None:
    other_nan = np.array([1.0, np.nan])
    other_nan.view(np.uint64)[1] |= np.uint64(1)
    series = bars([1.0, NAN])
    assert pack(replace(series, fields={"close": other_nan})).block == pack(series).block


def test_raw_bytes_are_kept_beside_the_rows_with_their_ending(store: Store) -> None:
    version = store.add(bars([1.0]), b"what the vendor sent", origin(suffix=".csv.gz"))
    (name,) = version.raw
    assert name.endswith(".csv.gz")
    assert (store.root / "raw" / name[:2] / name).read_bytes() == b"what the vendor sent"


def test_a_manifest_says_how_the_rows_were_got_and_what_they_are(store: Store) -> None:
    findings = {"repeated_rows": ["2020-01-01", "2020-01-03"]}
    store.add(bars([1.0, 2.0, 3.0], findings=findings), b"raw", origin())
    version = Store(store.root.parent).manifest(KEY).current
    assert (version.rows, version.ids, version.stamp, version.calendar) == (
        *(3, 1),
        *("day_start", "24/7"),
    )
    assert (str(version.first)[:10], str(version.last)[:10]) == ("2020-01-01", "2020-01-03")
    assert (version.fields, dict(version.findings)) == (("close",), {"repeated_rows": 2})
    assert dict(version.notes) == {"currency": "USDT"}
    assert version.sources[0].origin == origin()


def test_keys_are_listed_by_pattern(store: Store) -> None:
    for key in ("yahoo/^RUT/1d", "binance/BTCUSDT/1d", "binance/BTCUSDT/1h", "binance/btcusdt/1M"):
        store.add(bars([1.0], key=key), None, origin())
    assert store.keys() == (
        *("binance/BTCUSDT/1d", "binance/BTCUSDT/1h", "binance/btcusdt/1M"),
        "yahoo/^RUT/1d",
    )
    assert store.keys("binance/*/1d") == ("binance/BTCUSDT/1d",)
    assert store.keys("*/^RUT/*") == ("yahoo/^RUT/1d",)
    assert "yahoo/^RUT/1d" in store
    assert "yahoo/^GSPC/1d" not in store


def test_more_rows_take_the_place_of_the_version_they_continue(store: Store) -> None:
    store.extend(bars([1.0, 2.0]), b"one", origin())
    version = store.extend(bars([2.0, 3.0], "2020-01-02"), b"two", origin(request={"page": 2}))
    assert store.manifest(KEY).versions == (version,)
    assert not version.revision
    assert len(version.raw) == 2
    assert store.read(KEY).fields["close"].tolist() == [1.0, 2.0, 3.0]


def test_rewritten_history_is_a_revision_and_the_old_version_stays(store: Store) -> None:
    store.extend(bars([1.0, 2.0, 3.0]), b"one", origin())
    # 2 January is told otherwise, 4 January is new: only the former is a revision.
    version = store.extend(bars([2.5, 3.0, 4.0], "2020-01-02"), b"two", origin(request={}))
    assert version.revision == Revision(changed=1)
    assert store.read(KEY).fields["close"].tolist() == [1.0, 2.5, 3.0, 4.0]
    assert store.read(KEY, 0).fields["close"].tolist() == [1.0, 2.0, 3.0]
    difference = store.diff(KEY)
    assert difference.changed.field.tolist() == ["close"]
    assert (difference.changed.old.tolist(), difference.changed.new.tolist()) == ([2.0], [2.5])
    assert difference.changed.time.astype("datetime64[D]").astype(str).tolist() == ["2020-01-02"]
    assert difference.added.id.tolist() == ["BTCUSDT"]
    assert len(difference.removed) == 0


def test_rows_that_a_vendor_withdraws_are_gone_but_not_rows_that_a_file_lacks(
    store: Store,
) -> None:
    store.extend(bars([1.0, 2.0, 3.0]), b"one", origin())
    holed = bars([1.0, 2.0, 3.0])
    keep = np.array([0, 2])
    holed = replace(
        holed,
        time=holed.time[keep],
        column=holed.column[keep],
        fields={"close": holed.fields["close"][keep]},
    )
    assert store.extend(holed, b"two", origin(), overlap="corrects").rows == 3
    version = store.extend(holed, b"three", origin(), overlap="replaces")
    assert version.revision == Revision(removed=1)
    assert version.rows == 2


def test_a_field_that_new_rows_do_not_have_keeps_its_values(store: Store) -> None:
    store.extend(bars([1.0, 2.0], fields={"volume": [10.0, 20.0]}), None, origin())
    store.extend(bars([2.0, 3.0], "2020-01-02"), None, origin())
    found = store.read(KEY)
    assert found.fields["volume"][:2].tolist() == [10.0, 20.0]
    assert np.isnan(found.fields["volume"][2])
    assert list(found.fields) == ["close", "volume"]


def test_a_new_field_is_no_revision_and_a_lost_one_is(store: Store) -> None:
    store.add(bars([1.0, 2.0]), None, origin())
    assert not store.add(bars([1.0, 2.0], fields={"volume": [5.0, NAN]}), None, origin()).revision
    assert store.add(bars([1.0, 2.0]), None, origin()).revision == Revision(changed=1)


def test_a_bar_that_was_open_and_has_come_since_is_no_finding_any_more(store: Store) -> None:
    store.extend(bars([1.0], findings={"unclosed": ["2020-01-02"]}), None, origin())
    store.extend(bars([2.0], "2020-01-02", findings={"unclosed": ["2020-01-03"]}), None, origin())
    labels = store.read(KEY).findings["unclosed"].astype("datetime64[D]").astype(str)
    assert labels.tolist() == ["2020-01-03"]


def test_rows_that_should_agree_add_to_what_is_there_and_change_nothing(store: Store) -> None:
    store.extend(bars([1.0, 2.0, 3.0]), None, origin())
    noise = bars([2.0 + 1e-12, NAN, 4.0], "2020-01-02", fields={"volume": [5.0, 6.0, 7.0]})
    version = store.extend(noise, None, origin(), overlap="agrees")
    assert not version.revision
    found = store.read(KEY).fields
    assert found["close"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert found["volume"][1:].tolist() == [5.0, 6.0, 7.0]
    with pytest.raises(
        DataError, match=r"2 rows contradict .* first close of BTCUSDT at 2020-01-01"
    ):
        store.extend(bars([1.5, 2.5, 3.0]), None, origin(), overlap="agrees")


def test_vintages_are_added_and_replace_nothing(store: Store) -> None:
    store.extend(vintages([("2020-01-01", "2020-02-25", 9.0)]), None, origin())
    version = store.extend(
        vintages([("2020-01-01", "2020-03-24", 9.5), ("2020-02-01", "2020-03-24", 9.6)]),
        None,
        origin(),
        overlap="corrects",
    )
    assert version.revision == Revision(added=1)
    assert store.read("fred/M2SL/native").fields["value"].tolist() == [9.0, 9.5, 9.6]


def test_rows_of_a_cross_section_are_told_apart_by_id(store: Store) -> None:
    store.extend(
        cross_section([("2020-01-01", "a", 5.0), ("2020-01-01", "c", 4.0)]), None, origin()
    )
    store.extend(
        cross_section([("2020-01-01", "b", 4.5), ("2020-01-01", "c", 4.1)]),
        None,
        origin(),
        overlap="corrects",
    )
    found = store.read("coinmarketcap/top200/1mo")
    assert found.ids == ("a", "b", "c")
    assert found.column.tolist() == [0, 1, 2]
    assert found.fields["market_cap"].tolist() == [5.0, 4.5, 4.1]


def test_rows_that_contradict_each_other_are_kept_for_the_policies_to_judge(store: Store) -> None:
    twice = bars([1.0, 2.0, 3.0])
    twice = replace(twice, time=twice.time[[0, 1, 1]])
    store.extend(twice, None, origin())
    assert not store.extend(twice, None, origin()).revision
    assert store.read(KEY).fields["close"].tolist() == [1.0, 2.0, 3.0]


def test_a_fetch_that_was_stopped_changes_nothing_of_what_is_read(store: Store) -> None:
    store.extend(bars([1.0, 2.0]), b"one", origin())
    store.extend(bars([9.0, 3.0], "2020-01-02"), b"two", origin(), complete=False)
    assert store.read(KEY).fields["close"].tolist() == [1.0, 2.0]
    manifest = store.manifest(KEY)
    assert (manifest.current.complete, manifest.newest.complete) == (True, False)
    assert str(manifest.newest.last)[:10] == "2020-01-03"
    last = store.extend(bars([4.0], "2020-01-04"), b"three", origin())
    assert store.read(KEY).fields["close"].tolist() == [1.0, 9.0, 3.0, 4.0]
    assert last.revision == Revision(changed=1)
    assert [len(version.raw) for version in store.manifest(KEY).versions] == [1, 2]


def test_a_series_of_which_only_a_part_has_come_cannot_be_read(store: Store) -> None:
    store.extend(bars([1.0]), b"one", origin(), complete=False)
    with pytest.raises(DataError, match="only a part has been fetched, up to 2020-01-01"):
        store.read(KEY)
    none = bars([])
    assert store.extend(none, None, origin(), complete=True).complete
    assert store.read(KEY).fields["close"].tolist() == [1.0]


def test_the_same_again_changes_no_file(store: Store) -> None:
    def files() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in store.root.rglob("*.*")}

    store.extend(bars([1.0, 2.0]), b"one", origin())
    before = files()
    store.extend(bars([1.0, 2.0]), b"one", origin())
    store.add(bars([1.0, 2.0]), b"one", origin())
    assert files() == before


def test_a_download_of_everything_replaces_one_that_it_continues(store: Store) -> None:
    store.add(bars([1.0, 2.0]), b"one", origin())
    version = store.add(bars([1.0, 2.0, 3.0]), b"two", origin())
    assert store.manifest(KEY).versions == (version,)
    assert len(version.raw) == 1
    shorter = store.add(bars([2.0, 3.0], "2020-01-02"), b"three", origin())
    assert shorter.revision == Revision(removed=1)
    assert len(store.manifest(KEY).versions) == 2


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (replace(bars([1.0]), stamp="instant"), "its stamp is day_start, in the new rows it is"),
        (bars([]), ""),
    ],
    ids=["another stamp", "no rows"],
)
def test_rows_of_another_kind_are_refused(store: Store, series: Series, message: str) -> None:
    if not message:
        with pytest.raises(DataError, match="has no rows"):
            store.extend(series, None, origin())
        return
    store.extend(bars([1.0]), None, origin())
    with pytest.raises(DataError, match=message):
        store.extend(series, None, origin())


def test_rows_out_of_order_are_refused() -> None:
    series = bars([1.0, 2.0])
    with pytest.raises(DataError, match="the row of BTCUSDT at 2020-01-01 is out of order"):
        pack(replace(series, time=series.time[::-1]))


def test_what_is_not_there_is_said_with_what_to_do(store: Store) -> None:
    with pytest.raises(AbsentError, match=f"get it with `data fetch {KEY}`"):
        store.read(KEY)
    store.add(bars([1.0]), None, origin())
    with pytest.raises(DataError, match=f"{KEY} has 1 complete version, so there is no -2"):
        store.diff(KEY)
    with pytest.raises(DataError, match="is no series"):
        store.read("BTCUSDT")


def test_status_is_one_row_a_series(store: Store) -> None:
    store.extend(bars([1.0, 2.0]), b"one", origin())
    store.extend(bars([3.0], "2020-01-02"), b"two", origin())
    (row,) = store.status()
    assert (row.key, row.provider, row.rows, row.versions, row.revised) == (
        *(KEY, "binance", 2, 2, 1),
    )


def imported_by(what: str, store: Store) -> set[str]:
    program = (
        "import sys\nfrom pathlib import Path\nfrom feeds.store import Store\n"
        f"store = Store(Path({str(store.root.parent)!r}))\n{what}\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_knowing_what_is_there_imports_nothing_slow(store: Store) -> None:
    store.add(bars([1.0]), None, origin())
    found = imported_by("[store.manifest(key).current for key in store.keys()]", store)
    assert not {"pyarrow", "pandas", "filelock"} & found


def test_reading_does_without_pandas(store: Store) -> None:
    store.add(bars([1.0]), None, origin())
    found = imported_by(f"store.read({KEY!r})", store)
    assert "pyarrow" in found
    assert "pandas" not in found
