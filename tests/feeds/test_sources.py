"""Rows come from files or from the store, alike, and what is absent is told or left out."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from feeds.arrays import instants
from feeds.cache import load_panel
from feeds.calendars import Stamp
from feeds.errors import ConfigError, DataError
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec
from feeds.quality import QualitySpec
from feeds.series import Series
from feeds.sources import find_sources
from feeds.store import Origin, Store

FILES = PanelSpec(files="{id}.csv", stamp="day_start", calendar="24/7", fields="ohlcv")
STORED = PanelSpec(series="binance/{id}/1d", stamp="day_start", calendar="24/7", fields="ohlcv")
ROWS = {"open": [1.0, 2.0], "high": [3.0, 4.0], "low": [0.5, 1.5], "close": [2.0, 3.0]}
ORIGIN = Origin("binance", "test", {}, np.datetime64("2024-01-01"))


def stored(root: Path, id: str, stamp: Stamp = "day_start", scale: float = 1.0) -> None:
    values = {key: scale * np.array(column) for key, column in ROWS.items()}
    series = Series(
        f"binance/{id}/1d",
        stamp,
        "24/7",
        (id,),
        instants(["2020-01-01", "2020-01-02"]),
        np.zeros(2, dtype=np.int64),
        None,
        MappingProxyType({**values, "volume": np.array([7.0, 8.0])}),
    )
    Store(root).add(series, None, ORIGIN)


def written(root: Path, id: str) -> None:
    lines = ["date,open,high,low,close,volume", "2020-01-01,1,3,0.5,2,7", "2020-01-02,2,4,1.5,3,8"]
    (root / f"{id}.csv").write_text("\n".join(lines))


def same(one: Panel, other: Panel) -> bool:
    return one.digest == other.digest


def test_a_panel_from_the_store_is_the_panel_from_files(tmp_path: Path) -> None:
    for id in ("A", "B"):
        stored(tmp_path, id)
        written(tmp_path, id)
    from_files = load_panel("p", FILES, tmp_path, ("A", "B"), None)
    assert same(load_panel("p", STORED, tmp_path, ("A", "B"), None), from_files)
    cache = tmp_path / "cache"
    first = load_panel("p", STORED, tmp_path, ("A", "B"), cache)
    again = load_panel("p", STORED, tmp_path, ("A", "B"), cache)
    assert same(first, from_files)
    assert same(again, from_files)


def test_a_new_version_of_a_series_is_read_and_not_the_cache(tmp_path: Path) -> None:
    stored(tmp_path, "A")
    cache = tmp_path / "cache"
    load_panel("p", STORED, tmp_path, ("A",), cache)
    stored(tmp_path, "A", scale=2.0)
    assert load_panel("p", STORED, tmp_path, ("A",), cache).close.tolist() == [[4.0], [6.0]]


@pytest.mark.parametrize("spec", [FILES, STORED], ids=["files", "store"])
def test_an_absent_id_stops_or_is_left_out_with_a_reason(tmp_path: Path, spec: PanelSpec) -> None:
    stored(tmp_path, "A")
    written(tmp_path, "A")
    with pytest.raises(DataError, match=r"no such file|is not in the store"):
        find_sources("p", spec, tmp_path, ("A", "GONE"), "stop")
    panel = load_panel("p", spec, tmp_path, ("A", "GONE"), tmp_path / "cache")
    again = load_panel("p", spec, tmp_path, ("A", "GONE"), tmp_path / "cache")
    for each in (panel, again):
        assert each.ids == ("A",)
        assert list(each.left_out) == ["GONE"]
        assert each.left_out["GONE"].startswith("there is no ")
        assert str(tmp_path) not in each.left_out["GONE"]  # results are equal everywhere
    with pytest.raises(DataError, match=r"no such file|is not in the store"):
        load_panel("p", spec, tmp_path, ("GONE",), None)


def test_a_stamp_other_than_that_of_the_series_is_refused(tmp_path: Path) -> None:
    stored(tmp_path, "A", stamp="instant")
    with pytest.raises(ConfigError, match=r"binance/A/1d has `stamp: instant`, the config says"):
        load_panel("p", STORED, tmp_path, ("A",), None)


def test_a_field_that_the_series_lacks_is_named(tmp_path: Path) -> None:
    stored(tmp_path, "A")
    spec = STORED.model_copy(update={"fields": ["market_cap"]})
    with pytest.raises(DataError, match=r"binance/A/1d: lacks the field market_cap; it has open"):
        load_panel("p", spec, tmp_path, ("A",), None)


def test_an_id_that_its_policy_skips_is_left_out(tmp_path: Path) -> None:
    written(tmp_path, "A")
    (tmp_path / "BAD.csv").write_text("date,open,high,low,close,volume\n2020-01-01,0,3,0.5,2,7\n")
    with pytest.raises(DataError, match=r"BAD.csv: open is 0"):
        load_panel("p", FILES, tmp_path, ("A", "BAD"), None)
    policy = QualitySpec(bad_bars="skip")
    panel = load_panel("p", FILES, tmp_path, ("A", "BAD"), None, policy)
    assert panel.ids == ("A",)
    assert panel.left_out["BAD"].startswith("BAD.csv: open is 0 on 2020-01-01")
    with pytest.raises(DataError, match="every id is left out"):
        load_panel("p", FILES, tmp_path, ("BAD",), None, policy)


def test_a_cross_section_is_a_panel_of_its_ids(tmp_path: Path) -> None:
    series = Series(
        "coinmarketcap/top/1mo",
        "instant",
        "24/7",
        ("bitcoin", "ethereum"),
        instants(["2020-01-01", "2020-01-01", "2020-02-01"]),
        np.array([0, 1, 0]),
        None,
        MappingProxyType({"market_cap": np.array([9.0, 3.0, 10.0])}),
    )
    Store(tmp_path).add(series, None, ORIGIN)
    spec = PanelSpec(
        series="coinmarketcap/top/1mo", stamp="instant", calendar="24/7", fields=["market_cap"]
    )
    panel = load_panel("caps", spec, tmp_path, (), None)
    assert panel.ids == ("bitcoin", "ethereum")
    np.testing.assert_array_equal(panel["market_cap"], [[9.0, 3.0], [10.0, np.nan]])


def test_without_a_root_there_is_no_store() -> None:
    with pytest.raises(ConfigError, match=r"panel 'p' reads the store, but data.root is not set"):
        find_sources("p", STORED, None, ("A",))


def test_what_was_mended_on_the_way_into_the_store_is_counted_by_the_panel(tmp_path: Path) -> None:
    days = instants(["2020-01-01", "2020-01-02"])
    series = Series(
        "binance/A/1d",
        "day_start",
        "24/7",
        ("A",),
        days,
        np.zeros(2, dtype=np.int64),
        None,
        MappingProxyType({**{k: np.array(v) for k, v in ROWS.items()}, "volume": np.ones(2)}),
        MappingProxyType({"unclosed": instants(["2020-01-03"]), "repeated_rows": days[:1]}),
    )
    Store(tmp_path).add(series, None, ORIGIN)
    panel = load_panel("p", STORED, tmp_path, ("A",), tmp_path / "cache")
    assert panel.counts["unclosed"] == 1
    assert panel.counts["repeated_rows"] == 1
    again = load_panel("p", STORED, tmp_path, ("A",), tmp_path / "cache")
    assert again.counts == panel.counts
    assert panel.as_of(days[1]).counts["unclosed"] == 0  # nobody could have seen it then


def test_rows_after_the_end_are_not_looked_at(tmp_path: Path) -> None:
    written(tmp_path, "A")
    with (tmp_path / "A.csv").open("a") as file:
        file.write("\n2020-01-03,0,-1,5,9,7")
    with pytest.raises(DataError, match="open is 0 on 2020-01-03"):
        load_panel("p", FILES, tmp_path, ("A",), None)
    (tmp_path / "LATE.csv").write_text("date,open,high,low,close,volume\n2020-01-03,1,1,1,1,1\n")
    end = np.datetime64("2020-01-02", "ns")
    for _ in range(2):  # built, and from the cache
        panel = load_panel("p", FILES, tmp_path, ("A", "LATE"), tmp_path / "c", None, end)
        assert panel.ids == ("A",)
        assert panel.left_out == {"LATE": "LATE.csv begins after 2020-01-02"}


def test_a_total_is_unknown_where_an_id_has_a_hole(tmp_path: Path) -> None:
    caps = {"btc": ["5", "", "5", "5"], "eth": ["2", "2", "2", "3"]}
    for id, cells in caps.items():
        lines = [f"2020-01-0{day},{cell}" for day, cell in enumerate(cells, 1)]
        (tmp_path / f"{id}.csv").write_text("\n".join(["date,market_cap", *lines]))
    spec = PanelSpec(
        files="{id}.csv",
        stamp="instant",
        calendar="24/7",
        fields=["market_cap"],
        ids=["btc", "eth"],
        totals=True,
    )
    panel = load_panel("caps", spec, tmp_path, (), None)
    assert panel.ids == ("total",)
    np.testing.assert_array_equal(panel.column("total_cap"), [7, np.nan, 7, 8])
    np.testing.assert_array_equal(panel.column("btc_cap"), [5, np.nan, 5, 5])


@pytest.mark.shared
def test_a_panel_of_vintages_tells_what_was_known(shared: Path, tmp_path: Path) -> None:
    toy = json.loads((shared / "reference/domain/macro_asof_toy.json").read_text())
    figures = [each for each in toy["observations"] if each["series"] == "M2SL"]
    lines = [f"{f['period']}-01,{f['release'][:-1]}:00Z,{f['value']}" for f in figures]
    (tmp_path / "M2SL.csv").write_text("\n".join(["date,known_at,value", *lines]))
    spec = PanelSpec(files="M2SL.csv", stamp="release", calendar="24/7", fields=["value"])
    panel = load_panel("m2", spec, tmp_path, (), None)
    asked = [
        query for query in toy["queries"] if query["series"] == "M2SL" and "period" not in query
    ]
    assert len(asked) == 4
    for query in asked:
        known = panel.until(np.datetime64(query["at"][:-1], "ns"))
        found = float(known.column("value")[-1]) if len(known) else None
        assert found == (query["expected"] and query["expected"]["value"]), query


def test_revisions_of_the_newest_figure_are_rows_and_those_of_older_ones_are_not(
    tmp_path: Path,
) -> None:
    lines = [
        "date,known_at,value",
        "2020-01-01,2020-02-10T00:00:00Z,1",
        "2020-01-01,2020-02-20T00:00:00Z,2",  # a revision of the newest
        "2020-02-01,2020-03-10T00:00:00Z,5",
        "2020-01-01,2020-03-15T00:00:00Z,3",  # of an older one
    ]
    (tmp_path / "X.csv").write_text("\n".join(lines))
    spec = PanelSpec(files="X.csv", stamp="release", calendar="24/7", fields=["value"])
    panel = load_panel("x", spec, tmp_path, (), None)
    assert panel.column("value").tolist() == [1, 2, 5, 5]
    assert panel.label.tolist() == panel.known_at.tolist()


def test_a_series_of_vintages_in_the_store_is_one_panel(tmp_path: Path) -> None:
    periods = ["2020-01-01", "2020-01-01", "2020-02-01"]
    series = Series(
        "fred/M2SL/vintages",
        "release",
        "24/7",
        ("2020-02-10", "2020-03-10"),
        instants(periods),
        np.array([0, 1, 1]),
        instants(["2020-02-11", "2020-03-11", "2020-03-11"]),
        MappingProxyType({"value": np.array([1.0, 2.0, 5.0])}),
    )
    Store(tmp_path).add(series, None, ORIGIN)
    spec = PanelSpec(
        series="fred/M2SL/vintages", stamp="release", calendar="24/7", fields=["value"]
    )
    panel = load_panel("m2", spec, tmp_path, (), None)
    assert panel.ids == ("M2SL",)
    assert panel.column("value").tolist() == [1.0, 5.0]
