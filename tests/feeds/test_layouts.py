"""Layouts: what the plain tables of a folder hold, and when it was known."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from feeds.errors import ConfigError, DataError
from feeds.layouts import Entry, Layout, read_layout, read_plain
from feeds.series import Series

COLLECTION = Path(__file__).parents[2] / "configs" / "layouts" / "collection.yaml"
BARS: dict[str, Any] = {
    "files": "daily/{id}.csv.gz", "series": "binance/{id}/1d", "stamp": "day_start",
    "fields": ["open", "close"],
}  # fmt: skip


def entry(**more: Any) -> Entry:
    return Entry.model_validate({**BARS, **more})


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "layout.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def one(text: str, name: str, described: Entry) -> Series:
    (series,) = read_plain(text.encode(), name, described)
    return series


TEXT = "date,open,close,more\n2024-01-01,1.5,2,x\n2024-01-02,,3e-2,y\n"


def test_a_table_is_read_as_described() -> None:
    for name, content in (("daily/AB.csv", TEXT), ("daily/AB.csv.gz", TEXT)):
        raw = gzip.compress(content.encode()) if name.endswith("gz") else content.encode()
        (series,) = read_plain(raw, name, entry(notes={"volume": "none"}))
        assert (series.key, series.stamp, series.ids) == ("binance/AB/1d", "day_start", ("AB",))
        np.testing.assert_array_equal(series.fields["open"], [1.5, np.nan])
        assert list(series.fields["close"]) == [2.0, 0.03]
        assert series.notes == {"volume": "none"}


def test_a_bar_that_is_still_open_is_dropped_by_the_clock() -> None:
    now = np.datetime64("2024-01-02T12:00")
    (series,) = read_plain(TEXT.encode(), "daily/AB.csv", entry(), now)
    assert (len(series), list(series.findings)) == (1, ["unclosed"])


def test_columns_may_be_renamed_and_ids_too() -> None:
    described = entry(fields={"price": "close"}, rename={"RUT": "^RUT"}, series="yahoo/{id}/1d")
    series = one(TEXT, "daily/RUT.csv", described)
    assert (series.key, list(series.fields)) == ("yahoo/^RUT/1d", ["price"])


def test_lags_are_days_or_the_rules_of_fred() -> None:
    days = one(TEXT, "daily/AB.csv", entry(stamp="release", lag="2d"))
    assert days.known_at is not None
    assert [str(when)[:10] for when in days.known_at] == ["2024-01-03", "2024-01-04"]
    fred = {"series": "fred/{id}/native", "stamp": "release", "lag": "fred", "fields": ["value"]}
    series = one("date,value\n2024-01-01,1\n", "daily/M2SL.csv", entry(**fred))
    assert series.known_at is not None
    assert str(series.known_at[0])[:16] == "2024-02-27T18:00"


def test_a_table_of_many_ids_is_a_cross_section() -> None:
    text = "date,symbol,name,cap\n2024-01-01,B,Bee,1\n2024-01-01,A,Ay,2\n2024-01-01,A,Ay (old),3\n"
    described = entry(
        files="top.csv", series="cmc/top/1d", fields=["cap"], id_column="symbol", apart_by="name"
    )
    series = one(text, "top.csv", described)
    assert series.ids == ("A.ay", "A.ay-old", "B")
    assert list(series.fields["cap"]) == [2, 3, 1]


def test_a_file_may_hold_series_that_are_known_at_different_times() -> None:
    more = {"series": "open/{id}/1d", "stamp": "instant", "fields": ["open"]}
    bars, opens = read_plain(TEXT.encode(), "daily/AB.csv", entry(fields=["close"], also=[more]))
    assert (bars.key, bars.stamp, len(bars)) == ("binance/AB/1d", "day_start", 2)
    assert (opens.key, opens.stamp, len(opens)) == ("open/AB/1d", "instant", 1)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("daily/AB.csv.gz", 0), ("daily/AB.csv", 0), ("up/daily/AB.csv.gz", 0),
        ("daily/CD.csv.gz", 1), ("daily/EF.csv.gz", None), ("daily/sub/AB.csv.gz", None),
        ("other/AB.csv.gz", None), ("daily/AB.json", None),
    ],
)  # fmt: skip
def test_the_first_entry_that_matches_a_path_is_its_entry(path: str, place: int | None) -> None:
    entries = [{**BARS, "ids": ["AB"]}, {**BARS, "except": ["EF"]}]
    layout = Layout.model_validate({"version": 1, "entries": entries, "skip": ["*.md"]})
    assert layout.match(path) == (None if place is None else layout.entries[place])
    assert layout.skips("a/README.md")
    assert not layout.skips(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,open\n2024-01-01,1\n", "lacks the column close of its layout; columns found: date"),
        ("day,open,close\n2024-01-01,1,2\n", "needs one column date, time or timestamp"),
        ("date,time,open,close\n2024-01-01,2024-01-01,1,2\n", "needs one column date, time"),
        ("date,open,close\n2024-01-01 10:00:00,1,2\n", "do not say their zone"),
        ("date,open,close\n2024-01-01T10:00:00Z,1,2\n", "does not start at 00:00 UTC"),
        ("date,open,close\n2024-01-01,1,gg\n", "line 2, column close: 'gg' is no number"),
        ("date,open,close\n2024-01-01,1,2\n2024-01-01,1,3\n", "two rows for 2024-01-01 differ"),
        ("date,open,close\n", "has a header and no rows"),
        ("<html>", "is a web page"),
    ],
)
def test_a_table_that_is_not_as_described_is_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=f"daily/AB.csv: .*{said}"):
        read_plain(text.encode(), "daily/AB.csv", entry())


def test_a_file_of_another_entry_is_refused() -> None:
    with pytest.raises(DataError, match=r"is none of the files daily/\{id\}.csv.gz"):
        read_plain(TEXT.encode(), "hourly/AB.csv", entry())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "red"}, "entries.0.colour: unknown key"),
        ({"stamp": "noon"}, "entries.0.stamp: Input should be"),
        ({"stamp": None}, "entries.0.stamp"),
        ({"series": "binance/1d"}, "is no series; write vendor/id/frequency"),
        ({"series": "binance/BTC/1d"}, "{id} has to be in `files` and in `series`"),
        ({"stamp": "release"}, "`lag` goes with `stamp: release`"),
        ({"lag": "1d"}, "`lag` goes with `stamp: release`"),
        ({"stamp": "release", "lag": "soon"}, "'soon' is no lag"),
        ({"stamp": "session_close"}, "goes with an exchange"),
        ({"fields": []}, "entries.0.fields"),
        ({"files": "../{id}.csv"}, "must be a path below the folder"),
        ({"files": "a.csv", "series": "a/b/1d", "ids": ["x"]}, "need {id} in `files`"),
        ({"also": [{"series": "binance/{id}/1d", "stamp": "instant", "fields": ["open"]}]},
         "names a series a second time"),
    ],
)  # fmt: skip
def test_a_layout_that_says_what_none_can_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    path = written(tmp_path, {"version": 1, "entries": [{**BARS, **change}]})
    with pytest.raises(ConfigError) as error:
        read_layout(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nversion: 1\n", "the key 'version' stands twice"),
        ("a: &a [x]\nb: *a\n", "no references"),
        ("version: [", "is no YAML"),
        ("", "layout: "),
        ("version: 2\nentries: []\n", "version: "),
        ("!!python/object/apply:os.system ['true']", "is no YAML"),
        ("x" * 1_000_001, "no layout is"),
    ],
)
def test_other_yaml_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        read_layout(written(tmp_path, text))


def test_a_missing_layout_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml: cannot be read as a layout"):
        read_layout(tmp_path / "none.yaml")


@pytest.fixture(scope="module")
def collection() -> Layout:
    return read_layout(COLLECTION)


@pytest.mark.shared
def test_every_file_of_the_collection_is_described_once_or_skipped(
    shared: Path, collection: Layout
) -> None:
    root = shared / "data"
    paths = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    plain = [path for path in paths if not path.startswith("raw_samples/")]
    strangers = [path for path in plain if not collection.match(path)]
    assert len(plain) > 1000
    assert all(collection.skips(path) for path in strangers)
    assert not any(path.endswith(".csv.gz") for path in strangers)


@pytest.mark.shared
def test_the_caps_of_the_2018_scrape_are_those_of_the_open_and_no_others(
    shared: Path, collection: Layout
) -> None:
    with (shared / "data/crypto_daily/cmc_manifest.csv").open() as file:
        basis = {row["file"]: row["market_cap_basis"] for row in csv.DictReader(file)}
    for path, said in basis.items():
        described = collection.match(path)
        assert described is not None
        at_the_open = [table.stamp for table in described.also] == ["instant"]
        assert at_the_open == said.startswith("open"), path


def series_of(shared: Path, layout: Layout, path: str) -> dict[str, Series]:
    described = layout.match(path)
    assert described is not None
    read = read_plain((shared / "data" / path).read_bytes(), path, described)
    return {series.key: series for series in read}


STAMPS = {
    "equities/RUT.csv.gz": {"yahoo/^RUT/1d": ("session_close", "XNYS", 9401)},
    "equities/IWM.csv.gz": {"yahoo/IWM/1d": ("session_close", "XNYS", 6188)},
    "crypto_daily/cmc/bitconnect.csv.gz": {
        "coinmarketcap/bitconnect/1d": ("day_start", "24/7", None),
        "coinmarketcap-open/bitconnect/1d": ("instant", "24/7", None),
    },
    "crypto_daily/cmc/bitcoin.csv.gz": {"coinmarketcap/bitcoin/1d": ("day_start", "24/7", None)},
    "crypto_marketcap/coingecko/terra-luna.csv.gz": {
        "coingecko/terra-luna/1d": ("instant", "24/7", None)
    },
    "crypto_hourly/binance_spot/BTCUSDT.csv.gz": {
        "binance/BTCUSDT/1h": ("hour_start", "24/7", 23988)
    },
    "dominance/cmc_daily_cross_section_top150_2013-04_2018-01.csv.gz": {
        "coinmarketcap/top150/1d": ("day_start", "24/7", 218334),
        "coinmarketcap-open/top150/1d": ("instant", "24/7", 218334),
    },
    "dominance/cmc_monthly_top200_2020-2024.csv.gz": {
        "coinmarketcap/top200/1mo": ("release", "24/7", 12000)
    },
    "dominance/cmc_weekly_market_caps_2013-2024.csv.gz": {
        "coinmarketcap/weekly-caps/1w": ("instant", "24/7", 574)
    },
    "dominance/btc_eth_dominance_daily_2013-2022.csv.gz": {
        "coinmarketcap/btc-eth-dominance/1d": ("instant", "24/7", 3511)
    },
    "dominance/tradingview_CRYPTOCAP_TOTAL_2020-11_2023-02.csv.gz": {
        "tradingview/CRYPTOCAP_TOTAL/1d": ("day_start", "24/7", 809)
    },
    "macro/WALCL.csv.gz": {"fred/WALCL/native": ("release", "24/7", None)},
}


@pytest.mark.shared
@pytest.mark.parametrize("path", STAMPS)
def test_rows_are_known_when_the_readme_of_the_collection_says(
    shared: Path, collection: Layout, path: str
) -> None:
    found = series_of(shared, collection, path)
    assert found.keys() == STAMPS[path].keys()
    for key, (stamp, calendar, rows) in STAMPS[path].items():
        assert (found[key].stamp, found[key].calendar) == (stamp, calendar)
        assert rows in (None, len(found[key]))


@pytest.mark.shared
def test_a_monthly_list_is_known_a_day_after_its_date(shared: Path, collection: Layout) -> None:
    path = "dominance/cmc_monthly_top200_2020-2024.csv.gz"
    (series,) = series_of(shared, collection, path).values()
    assert series.known_at is not None
    assert (series.known_at - series.time == np.timedelta64(1, "D")).all()
    assert {"BNX", "BNX.binaryx", "BNX.binaryx-old"} <= set(series.ids)


@pytest.mark.shared
def test_facts_of_the_collection(shared: Path, collection: Layout) -> None:
    (luna,) = series_of(shared, collection, "crypto_daily/binance_spot/LUNAUSDT.csv.gz").values()
    closes = dict(
        zip(luna.time.astype("datetime64[D]").astype(str), luna.fields["close"], strict=True)
    )
    assert (closes["2022-05-06"], closes["2022-05-13"], closes["2022-05-31"]) == (
        77.30,
        0.00005,
        8.87,
    )
    (rut,) = series_of(shared, collection, "equities/RUT.csv.gz").values()
    record = rut.fields["close"].max()
    assert record == pytest.approx(2442.74, abs=0.005)
    assert str(rut.time[rut.fields["close"].argmax()])[:10] == "2021-11-08"
