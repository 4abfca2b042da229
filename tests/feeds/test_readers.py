"""Files to panels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from feeds.cache import load_panel
from feeds.errors import ConfigError, DataError
from feeds.panel_spec import PanelSpec

COINS = PanelSpec(files="coins/{id}.csv", stamp="day_start", calendar="24/7", fields="ohlcv")


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / "coins" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("date,open,high,low,close,volume\n" + text)
    return root


def test_ids_are_sorted_and_rows_are_the_union_of_the_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        B="2020-01-02,2,2,2,2,5\n2020-01-05,3,3,3,3,5\n",
        A="2020-01-01,1,1,1,1,5\n2020-01-02,,,,,\n2020-01-03,1,1,1,1,5\n",
    )
    panel = load_panel("coins", COINS, tmp_path, ["B", "A"], None)
    assert panel.name == "coins"
    assert panel.ids == ("A", "B")
    assert [str(t)[8:10] for t in panel.label] == ["01", "02", "03", "05"]
    assert [str(t)[8:10] for t in panel.known_at] == ["02", "03", "04", "06"]
    expected = [[1, np.nan], [np.nan, 2], [1, np.nan], [np.nan, 3]]
    np.testing.assert_array_equal(panel.close, expected)
    # A misses the 2nd (its blank row), B misses the 3rd and the 4th.
    assert panel.counts == {"blank_rows": 1, "missing_bars": 3}
    assert not panel.close.flags.writeable


def test_the_ids_of_the_panel_come_before_those_of_the_universe(tmp_path: Path) -> None:
    write(tmp_path, A="2020-01-01,1,1,1,1,5\n")
    spec = COINS.model_copy(update={"ids": ["A"]})
    assert load_panel("coins", spec, tmp_path, ["X", "Y"], None).ids == ("A",)


def test_a_file_without_id_in_its_path_is_named_after_itself(tmp_path: Path) -> None:
    (tmp_path / "caps.v2.csv").write_text("date,a,b\n2020-01-05,1,-2\n2020-01-12,,3\n")
    spec = PanelSpec(files="caps.v2.csv", stamp="instant", calendar="24/7", fields=["b", "a"])
    panel = load_panel("caps", spec, tmp_path, ["X"], None)
    assert panel.ids == ("caps",)
    assert not panel.tradable
    np.testing.assert_array_equal(panel.column("a"), [1.0, np.nan])
    assert list(panel.known_at) == list(panel.label) == list(panel.opened_at)
    assert panel.counts == {"blank_rows": 0}


def test_a_release_is_known_when_published(tmp_path: Path) -> None:
    (tmp_path / "m2.csv").write_text(
        "date,known_at,value\n"
        "2020-01-01,2020-02-25T18:00:00Z,15\n2020-02-01,2020-03-24T17:00:00Z,16\n"
    )
    spec = PanelSpec(files="m2.csv", stamp="release", calendar="24/7", fields=["value"])
    panel = load_panel("m2", spec, tmp_path, [], None)
    assert [str(t)[:10] for t in panel.label] == ["2020-01-01", "2020-02-01"]
    assert [str(t)[:13] for t in panel.known_at] == ["2020-02-25T18", "2020-03-24T17"]


def test_what_is_published_late_is_known_late(tmp_path: Path) -> None:
    (tmp_path / "flows.csv").write_text("date,value\n2020-01-01,1\n2020-01-02,2\n")
    of: dict[str, Any] = {"files": "flows.csv", "calendar": "24/7", "fields": ["value"]}
    for stamp, hours in (("instant", 0), ("day_start", 24)):
        spec = PanelSpec(**of, stamp=stamp, publish_lag_hours=13.5)
        panel = load_panel("flows", spec, tmp_path, [], None)
        label = np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[ns]")
        lag = np.timedelta64(hours * 60 + 13 * 60 + 30, "m")
        np.testing.assert_array_equal(panel.label, label)
        np.testing.assert_array_equal(panel.known_at, label + lag)
        # A bar opens when it opens; a value without duration has only the one instant.
        np.testing.assert_array_equal(panel.opened_at, label if hours else label + lag)


def test_a_session_that_is_published_late_is_known_after_its_close(tmp_path: Path) -> None:
    # 2020-11-27, the day after Thanksgiving, closes at 13:00 in New York: 18:00 UTC.
    (tmp_path / "x.csv").write_text("date,a\n2020-11-25,1\n2020-11-27,1\n")
    spec = PanelSpec(
        files="x.csv",
        stamp="session_close",
        calendar="XNYS",
        fields=["a"],
        publish_lag_hours=2,
    )
    panel = load_panel("x", spec, tmp_path, [], None)
    assert [str(t)[:16] for t in panel.known_at] == ["2020-11-25T23:00", "2020-11-27T20:00"]


def test_a_lag_is_part_of_what_the_cache_knows_a_panel_by(tmp_path: Path) -> None:
    write(tmp_path, A="2020-01-01,1,1,1,1,5\n")
    late = COINS.model_copy(update={"publish_lag_hours": 1.0})
    for spec, hour in ((COINS, 0), (late, 1), (COINS, 0)):
        panel = load_panel("coins", spec, tmp_path, ["A"], tmp_path / "cache")
        assert panel.known_at[0] == np.datetime64(f"2020-01-02T0{hour}:00")


def test_a_release_needs_no_lag_and_none_is_negative() -> None:
    of: dict[str, Any] = {"files": "m.csv", "calendar": "24/7", "fields": ["value"]}
    with pytest.raises(ValidationError, match="has no effect with `stamp: release`"):
        PanelSpec(**of, stamp="release", publish_lag_hours=1)
    with pytest.raises(ValidationError, match="publish_lag_hours"):
        PanelSpec(**of, stamp="instant", publish_lag_hours=-1)


def test_releases_out_of_order_stop(tmp_path: Path) -> None:
    (tmp_path / "m2.csv").write_text(
        "date,known_at,value\n"
        "2020-01-01,2020-02-25T18:00:00Z,15\n2020-02-01,2020-02-24T17:00:00Z,16\n"
    )
    spec = PanelSpec(files="m2.csv", stamp="release", calendar="24/7", fields=["value"])
    with pytest.raises(DataError, match="known_at 2020-02-24T17:00Z follows 2020-02-25T18:00Z"):
        load_panel("m2", spec, tmp_path, [], None)


def test_one_release_of_several_ids_has_one_instant(tmp_path: Path) -> None:
    for name, hour in (("A", 18), ("B", 19)):
        (tmp_path / f"{name}.csv").write_text(
            f"date,known_at,value\n2020-01-01,2020-02-25T{hour}:00:00Z,15\n"
        )
    spec = PanelSpec(files="{id}.csv", stamp="release", calendar="24/7", fields=["value"])
    with pytest.raises(DataError, match=r"B.csv: the row 2020-01-01 .*one panel a file"):
        load_panel("m2", spec, tmp_path, ["A", "B"], None)


def test_sessions_carry_their_opens_and_closes(tmp_path: Path) -> None:
    # 2020-11-26 is Thanksgiving; Wednesday to Monday leaves out Friday's half session.
    (tmp_path / "x.csv").write_text(
        "date,open,high,low,close\n2020-11-25,1,1,1,1\n2020-11-30,1,1,1,1\n"
    )
    spec = PanelSpec(files="x.csv", stamp="session_close", calendar="XNYS", fields="ohlc")
    panel = load_panel("x", spec, tmp_path, [], None)
    assert [str(t)[:16] for t in panel.known_at] == ["2020-11-25T21:00", "2020-11-30T21:00"]
    assert [str(t)[:16] for t in panel.opened_at] == ["2020-11-25T14:30", "2020-11-30T14:30"]
    assert panel.counts["missing_bars"] == 1


def test_rows_between_grid_points_and_on_holidays_stop(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("date,open,high,low,close\n2020-11-26,1,1,1,1\n")
    spec = PanelSpec(files="x.csv", stamp="session_close", calendar="XNYS", fields="ohlc")
    with pytest.raises(DataError, match=r"x.csv: 2020-11-26 is no session of XNYS"):
        load_panel("x", spec, tmp_path, [], None)
    (tmp_path / "x.csv").write_text("date,open,high,low,close\n2020-11-26T05:00:00Z,1,1,1,1\n")
    spec = PanelSpec(files="x.csv", stamp="day_start", calendar="24/7", fields="ohlc")
    with pytest.raises(DataError, match=r"x.csv: the row 2020-11-26T05:00Z does not start at"):
        load_panel("x", spec, tmp_path, [], None)


def test_no_root_no_ids_and_no_file_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data.root is not set; use `--set data.root=DIR`"):
        load_panel("coins", COINS, None, ["A"], None)
    with pytest.raises(ConfigError, match=r"panel 'coins': .*no ids; name them under universe"):
        load_panel("coins", COINS, tmp_path, [], None)
    with pytest.raises(ConfigError, match=r"id '../../etc': use up to 80 letters"):
        load_panel("coins", COINS, tmp_path, ["../../etc"], None)
    with pytest.raises(DataError, match=r"coins/A.csv: no such file") as error:
        load_panel("coins", COINS, tmp_path, ["A"], None)
    assert str(tmp_path / "coins" / "A.csv") in str(error.value)


GOOD: dict[str, Any] = {"files": "a.csv", "stamp": "instant", "calendar": "24/7", "fields": ["a"]}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("files", path) for path in ("/etc/a.csv", "../a.csv", "b/../a.csv", "~/a.csv", "")),
        *(("files", path) for path in ("a\\b.csv", "C:a.csv", "a\0.csv", "a.txt", "a")),
        *(("fields", fields) for fields in ([], ["a", "a"], ["date"], ["known_at"], [" "], "ohl")),
        *(("ids", ids) for ids in (["A"], [])),
        ("stamp", "close"),
        ("path", "a.csv"),
    ],
)
def test_a_spec_that_cannot_be_read_is_refused(key: str, value: Any) -> None:
    PanelSpec(**GOOD)
    with pytest.raises(ValidationError):
        PanelSpec(**{**GOOD, key: value})


@pytest.mark.parametrize("ids", [["A", "A"], ["../A"], [""], [".."], ["x" * 81], ["A/B"]])
def test_ids_that_are_no_plain_names_are_refused(ids: list[str]) -> None:
    with pytest.raises(ValidationError):
        PanelSpec(**{**GOOD, "files": "{id}.csv", "ids": ids})


def test_times_too_far_apart_for_nanoseconds_stop(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        "date,open,high,low,close\n1750-01-02,1,1,1,1\n2190-01-02,1,1,1,1\n"
    )
    spec = PanelSpec(files="x.csv", stamp="day_start", calendar="24/7", fields="ohlc")
    with pytest.raises(DataError, match="line 2, column date: '1750-01-02' is no time"):
        load_panel("x", spec, tmp_path, [], None)
