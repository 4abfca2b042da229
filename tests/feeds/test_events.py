"""Event tables, and what they do to panels."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from feeds.arrays import instants
from feeds.cache import load_panel
from feeds.coins import read_coins
from feeds.errors import ConfigError, DataError
from feeds.events import Event, halted, read_events, scale_breaks, split_by_events
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec

HEADER = "id,kind,last_bar,first_bar_after,recovery,successor,source"


def table(tmp_path: Path, *rows: str) -> tuple[Event, ...]:
    (tmp_path / "e.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return read_events(["e.csv"], tmp_path)


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def coins(**closes: list[float | None]) -> Panel:
    """Daily bars from 2020-01-01, None for no bar; opens equal closes."""
    close = np.array(list(closes.values()), dtype=float).T
    label = instants(np.datetime64("2020-01-01") + np.arange(len(close)))
    has_bar = ~np.isnan(close)
    missing = {
        name: label[[row for row in range(*np.flatnonzero(column)[[0, -1]]) if not column[row]]]
        for name, column in zip(closes, has_bar.T, strict=True)
    }
    fields = dict.fromkeys(("open", "high", "low", "close"), close)
    return Panel.build(
        "coins",
        "24/7",
        label,
        label,
        label + np.timedelta64(1, "D"),
        tuple(closes),
        fields,
        {"missing_bars": missing},
    )


def test_the_built_in_table_is_valid_and_in_order() -> None:
    events = read_events(["builtin"], None)
    assert [e.last_bar for e in events] == sorted(e.last_bar for e in events)
    by_id = {e.id: e for e in events}
    luna, ftt = by_id["LUNAUSDT"], by_id["FTTUSDT"]
    assert (luna.kind, luna.recovery, luna.successor, luna.ends) == ("reuse", 0, "LUNA2USDT", True)
    assert (str(luna.last_bar), str(luna.first_bar_after)) == ("2022-05-13", "2022-05-31")
    assert (ftt.kind, ftt.ends, ftt.successor) == ("halt", False, "")
    assert np.isnan(ftt.recovery)
    assert all(e.source for e in events)


def test_a_halt_explains_the_days_strictly_between() -> None:
    events = read_events(["builtin"], None)
    days = ["2022-11-14", "2022-11-15", "2023-09-22", "2023-09-23"]
    assert [halted(events, "FTTUSDT", day(d)) for d in days] == [False, True, True, False]
    assert not halted(events, "LUNAUSDT", day("2022-05-20"))  # that one ended
    assert not halted(events, "BTCUSDT", day("2022-11-15"))


def test_rows_are_read_with_blanks_as_unknown(tmp_path: Path) -> None:
    (event,) = table(tmp_path, "A,delisting,2020-01-05,,0.25,,a notice")
    assert np.isnat(event.first_bar_after)
    assert (event.recovery, event.successor) == (0.25, "")
    assert event.explains(day("2031-01-01"))
    assert not event.explains(day("2020-01-05"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A,delisted,2020-01-05,,0,,s", "kind 'delisted' is none of delisting, reuse"),
        ("A,delisting,2020-01-05,,,,s", "recovery '' is no number of at least 0"),
        ("A,delisting,2020-01-05,,-0.1,,s", "recovery '-0.1' is no number"),
        ("A,delisting,2020-01-05,,nan,,s", "recovery 'nan' is no number"),
        ("A,delisting,2020-01-05,,inf,,s", "recovery 'inf' is no number"),
        ("A,delisting,05/01/2020,,0,,s", "last_bar '05/01/2020' is no date"),
        ("A,delisting,2020-02-30,,0,,s", "last_bar '2020-02-30' is no date"),
        ("A,delisting,9999999999,,0,,s", "last_bar '9999999999' is no date"),
        ("A,delisting,,,0,,s", "id and last_bar are needed"),
        (",delisting,2020-01-05,,0,,s", "id and last_bar are needed"),
        ("A,reuse,2020-01-05,2020-01-05,0,B,s", "first_bar_after 2020-01-05 is not after"),
        ("A,reuse,2020-01-05,2020-01-09,0,,s", "first_bar_after and successor go together"),
        ("A,reuse,2020-01-05,,0,B,s", "first_bar_after and successor go together"),
        ("A,reuse,2020-01-05,2020-01-09,0,A,s", "the successor of A must have another id"),
        ("A,halt,2020-01-05,2020-01-09,0,,s", "a halt has no recovery and no successor"),
        ("A,halt,2020-01-05,2020-01-09,,B,s", "a halt has no recovery and no successor"),
        ("A,halt,2020-01-05", "has 3 cells, not 7"),
    ],
)
def test_a_row_that_is_wrong_stops_with_file_and_line(
    tmp_path: Path, row: str, message: str
) -> None:
    with pytest.raises(DataError) as error:
        table(tmp_path, "Z,delisting,2020-01-05,,0,,s", row)
    assert str(error.value).startswith(f"e.csv:3: {message}")


@pytest.mark.parametrize(
    "second",
    [
        "A,delisting,2020-01-05,,0,,s",
        "A,delisting,2020-03-05,,0,,s",
        "A,halt,2020-03-05,2020-03-09,,,s",
    ],
)
def test_an_id_that_ended_has_no_second_event(tmp_path: Path, second: str) -> None:
    with pytest.raises(DataError, match=r"e.csv:\d: A already has a delisting on 2020-01-05"):
        table(tmp_path, "A,delisting,2020-01-05,,0,,s", second)


def test_a_coin_may_halt_twice_and_then_end(tmp_path: Path) -> None:
    events = table(
        tmp_path,
        "A,delisting,2020-05-05,,0,,s",
        "A,halt,2020-03-05,2020-03-09,,,s",
        "A,halt,2020-01-05,2020-01-09,,,s",
    )
    assert [e.last_bar for e in events] == [day(f"2020-0{m}-05") for m in (1, 3, 5)]
    with pytest.raises(DataError, match="A already has a halt on 2020-01-05"):
        table(tmp_path, "A,halt,2020-01-05,2020-03-09,,,s", "A,halt,2020-02-05,2020-03-09,,,s")


def test_a_later_table_takes_the_place_of_earlier_ones_for_the_ids_it_names(
    tmp_path: Path,
) -> None:
    header = "id,kind,last_bar,first_bar_after,recovery,successor,source"
    rows = {
        "one.csv": ["A,delisting,2020-01-05,,0,,s", "B,delisting,2020-01-06,,0,,s"],
        "two.csv": ["A,halt,2020-02-05,2020-02-09,,,s"],
    }
    for name, lines in rows.items():
        (tmp_path / name).write_text("\n".join([header, *lines]))
    found = [(e.id, e.kind) for e in read_events(["one.csv", "two.csv"], tmp_path)]
    assert found == [("B", "delisting"), ("A", "halt")]


def test_a_recovery_is_a_value_and_no_number_of_coins(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"e.csv:2: recovery 1000 is the share of the last close"):
        table(tmp_path, "A,migration,2020-01-05,,1000,,s")


def test_tables_that_are_none_stop(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("id,kind\n")
    with pytest.raises(DataError, match=r"e.csv: the first line must be id,kind,last_bar"):
        read_events(["e.csv"], tmp_path)
    (tmp_path / "e.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"e.csv: is no CSV table in UTF-8"):
        read_events(["e.csv"], tmp_path)
    with pytest.raises(DataError, match=r"f.csv: no such file"):
        read_events(["f.csv"], tmp_path)
    with pytest.raises(ConfigError, match=r"data.events: '../e.csv' must be a path below"):
        read_events(["../e.csv"], tmp_path)
    with pytest.raises(ConfigError, match=r"events file e.csv: data.root is not set"):
        read_events(["e.csv"], None)
    assert read_events([], None) == ()


def test_a_reused_ticker_becomes_two_ids(tmp_path: Path) -> None:
    events = table(tmp_path, "A,reuse,2020-01-02,2020-01-05,0,A2,s")
    panel = split_by_events(coins(A=[3, 1, None, None, 9, 8], B=[1, 1, 1, 1, 1, 1]), events)
    assert panel.ids == ("A", "A2", "B")
    n = np.nan
    np.testing.assert_array_equal(panel.close[:, 0], [3, 1, n, n, n, n])
    np.testing.assert_array_equal(panel.open[:, 1], [n, n, n, n, 9, 8])
    assert panel.counts == {"missing_bars": 0, "explained_bars": 2}
    assert not panel.close.flags.writeable


def test_a_successor_can_end_in_its_turn(tmp_path: Path) -> None:
    events = table(
        tmp_path,
        "A2,reuse,2020-01-04,2020-01-05,1,A3,s",
        "A,reuse,2020-01-02,2020-01-03,0,A2,s",
    )
    panel = split_by_events(coins(A=[1, 2, 3, 4, 5, 6]), events)
    assert panel.ids == ("A", "A2", "A3")
    n = np.nan
    np.testing.assert_array_equal(panel.close[:, 1], [n, n, 3, 4, n, n])
    np.testing.assert_array_equal(panel.close[:, 2], [n, n, n, n, 5, 6])


@pytest.mark.parametrize(
    "row",
    [
        "X,delisting,2020-01-02,,0,,s",  # not in the panel
        "A,delisting,2020-01-04,,0,,s",  # after the panel's end
        "A,delisting,2020-01-03,,0,,s",  # on its last day
        "A,reuse,2020-01-03,2020-01-09,0,A2,s",
        "A,halt,2020-01-03,2020-01-09,,,s",
    ],
)
def test_an_event_that_touches_no_bar_changes_nothing(tmp_path: Path, row: str) -> None:
    panel = coins(A=[1, 2, 3])
    assert split_by_events(panel, table(tmp_path, row)) is panel


def test_a_halt_keeps_the_id_and_explains_its_gap(tmp_path: Path) -> None:
    events = table(tmp_path, "A,halt,2020-01-02,2020-01-05,,,s")
    panel = split_by_events(coins(A=[1, 2, None, None, 30, None, 31]), events)
    assert panel.ids == ("A",)
    assert panel.counts == {"missing_bars": 1, "explained_bars": 2}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A,delisting,2020-01-02,,0,,s", "bar on 2020-01-03, but its delisting says none after"),
        ("A,halt,2020-01-02,2020-01-05,,,s", "halt says none after 2020-01-02 to 2020-01-05"),
        ("A,reuse,2020-01-02,2020-01-05,0,A2,s", "bar on 2020-01-03, but its reuse says none"),
        ("A,reuse,2020-01-02,2020-01-03,0,B,s", "A goes on as B from 2020-01-03, but that id"),
    ],
)
def test_bars_that_contradict_an_event_stop(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        split_by_events(coins(A=[1, 2, 3, 4, 5], B=[1, 1, 1, 1, 1]), table(tmp_path, row))


def test_hourly_bars_are_cut_by_the_date_of_their_labels(tmp_path: Path) -> None:
    label = instants(np.datetime64("2020-01-01T22", "h") + np.arange(6))
    close = np.arange(1.0, 7.0)[:, None]
    fields = dict.fromkeys(("open", "high", "low", "close"), close)
    hours = Panel.build("h", "24/7", label, label, label + np.timedelta64(1, "h"), ("A",), fields)
    panel = split_by_events(hours, table(tmp_path, "A,reuse,2020-01-01,2020-01-02,0,A2,s"))
    assert list(panel.has_bar.sum(axis=0)) == [2, 4]  # 22:00 and 23:00, then 00:00 to 03:00
    # Trading that stops in the middle of 2 January leaves no daily bar for that day, so the
    # daily last bar is of 1 January, yet there are hours.
    split_by_events(hours, table(tmp_path, "A,halt,2020-01-01,2020-03-01,,,s"))
    with pytest.raises(DataError, match="bar on 2020-01-02, but its delisting"):
        split_by_events(hours, table(tmp_path, "A,delisting,2020-01-01,,0,,s"))


@pytest.mark.parametrize("after", [20.0, 0.2])
def test_a_break_of_the_price_scale_is_told_unless_an_event_explains_it(
    tmp_path: Path, after: float
) -> None:
    panel = coins(A=[2, 2, None, None, after, after])
    (told,) = scale_breaks(panel, ())
    assert not told.same_money  # without volume nobody can tell
    assert told.text == f"A opens at {after:g} on 2020-01-05 after missing bars and a close of 2"
    for row in (
        "A,redenomination,2020-01-02,2020-01-05,1,A2,s",
        "A,halt,2020-01-02,2020-01-05,,,s",
    ):
        events = table(tmp_path, row)
        assert scale_breaks(split_by_events(panel, events), events) == ()


@pytest.mark.parametrize(
    ("volume", "same"), [([10, 10, 0, 1, 1], True), ([10, 10, 0, 10, 10], False)]
)
def test_a_jump_with_the_same_money_traded_is_another_unit(volume: list[float], same: bool) -> None:
    # 2 to 20 across a missing bar: 10 coins at 2 are as much as 1 at 20, and a tenth of 10 at 20.
    panel = coins(A=[2, 2, None, 20, 20])
    table = np.where(panel.has_bar, np.array(volume, dtype=float)[:, None], np.nan)
    times = (panel.label, panel.opened_at, panel.known_at)
    full = Panel.build("coins", "24/7", *times, ("A",), {**panel.fields, "volume": table})
    assert [told.same_money for told in scale_breaks(full, ())] == [same]


def test_a_jump_from_one_bar_to_the_next_is_a_price() -> None:
    assert scale_breaks(coins(A=[2, 2, 0.1, 0.1]), ()) == ()


def test_a_gap_in_which_no_id_has_a_bar_is_one_too() -> None:
    panel = coins(A=[2, None, 40])
    rows = panel.has_bar[:, 0]
    fields = {key: values[rows] for key, values in panel.fields.items()}
    times = [time[rows] for time in (panel.label, panel.opened_at, panel.known_at)]
    assert len(scale_breaks(Panel.build("coins", "24/7", *times, ("A",), fields), ())) == 1


@pytest.mark.shared
def test_the_real_collapses_are_cut_as_they_happened(shared: Path) -> None:
    # Expected numbers: reference/domain/delisting_facts.json.
    spec = PanelSpec(
        files="crypto_daily/binance_spot/{id}.csv.gz",
        stamp="day_start",
        calendar="24/7",
        fields="ohlcv",
        ids=["LUNAUSDT", "FTTUSDT", "COCOSUSDT"],
    )
    panel = load_panel("coins", spec, shared / "data", (), None)
    told = {each.text[:9]: each for each in scale_breaks(panel, ())}
    assert told["COCOSUSDT"].text.startswith("COCOSUSDT opens at 0.695 on 2021-01-23")
    assert told["COCOSUSDT"].same_money
    assert told["LUNAUSDT "].same_money
    events = read_events(["builtin"], None)
    panel = split_by_events(panel, events)
    assert scale_breaks(panel, events) == ()
    assert panel.ids == ("COCOS2USDT", "COCOSUSDT", "FTTUSDT", "LUNA2USDT", "LUNAUSDT")

    def close(id: str, date: str) -> float:
        row = np.searchsorted(panel.label, np.datetime64(date))
        return float(panel.close[row, panel.ids.index(id)])

    assert close("LUNAUSDT", "2022-05-13") == 5e-05
    assert close("LUNA2USDT", "2022-05-31") == 8.87
    assert close("FTTUSDT", "2022-11-14") == 1.4928
    assert close("FTTUSDT", "2023-09-23") == 1.1323
    returns = np.diff(np.log(panel.close), axis=0)
    assert np.nanmax(returns) < np.log(10)


COIN_HEADER = "coin,kind,last_bar,first_bar_after,recovery,successor,venue,source"


def by_coin(tmp_path: Path, *rows: str, ids: list[str] | None = None) -> list[tuple[str, str]]:
    (tmp_path / "e.csv").write_text("\n".join([COIN_HEADER, *rows]) + "\n")
    events = read_events(["e.csv"], tmp_path, ids)
    return [(event.id, event.successor) for event in events]


LUNA = "terra-luna,reuse,2022-05-13,2022-05-31,0,terra-luna-2,binance,s"


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (None, [("LUNAUSDT", "LUNA2USDT")]),
        (["LUNAUSDT"], [("LUNAUSDT", "LUNA2USDT")]),
        (["LUNA2USDT"], [("LUNAUSDT", "LUNA2USDT")]),  # its bars are in the file of the ticker
        (["LUNA-USD", "LUNABUSD"], [("LUNA-USD", "LUNA2-USD"), ("LUNABUSD", "LUNA2BUSD")]),
        (["LUNA"], []),  # a bare ticker may be a share
        (["LUNCUSDT", "BTCUSDT"], []),
        (["terra-luna"], []),  # CoinGecko's id is not reused
    ],
)
def test_an_event_of_a_coin_holds_for_its_markets(
    tmp_path: Path, ids: list[str] | None, expected: list[tuple[str, str]]
) -> None:
    assert by_coin(tmp_path, LUNA, ids=ids) == expected


def test_an_event_holds_for_the_venue_it_names(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(
        f"{COIN_HEADER}\n{LUNA}\nserum,delisting,2022-11-27,,0,,,everywhere\n"
        "ftx-token,halt,2022-11-14,2023-09-23,,,binance,s\n"
    )
    ids = ["LUNAUSDT", "SRM", "FTTUSDT", "serum", "ftx-token"]

    def found(vendor: str) -> list[str]:
        events = read_events(["e.csv"], tmp_path, ids, read_coins().of(vendor))
        return [event.id for event in events]

    assert found("kraken") == ["SRM", "serum"]
    assert found("coingecko") == ["SRM", "serum"]
    # Columns that were named by coin are of the venue that is told.
    assert found("binance") == ["LUNAUSDT", "FTTUSDT", "ftx-token", "SRM", "serum"]


def test_a_coin_may_go_on_under_a_ticker_of_its_own(tmp_path: Path) -> None:
    row = "matic-network,migration,2024-09-10,,1,polygon-ecosystem-token,binance,s"
    assert by_coin(tmp_path, row) == [("MATICUSDT", "")]


def test_a_table_of_coins_may_name_a_plain_id(tmp_path: Path) -> None:
    row = "XYZUSDT,reuse,2020-01-05,2020-01-09,0,XYZ2USDT,,s"
    assert by_coin(tmp_path, row) == [("XYZUSDT", "XYZ2USDT")]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "terra-luna,reuse,2022-05-13,2022-05-31,0,terra-two,,s",
            "successor terra-two is no known",
        ),
        ("XYZUSDT,delisting,2022-05-13,,0,,binance,s", "XYZUSDT is no known coin, so it is an id"),
        ("terra-luna,reuse,2022-05-13,2022-05-31,0,,,s", "first_bar_after and successor go toget"),
        ("terra-luna,reuse,2022-05-13,2022-05-31,0,bitcoin,,s", "bitcoin was never traded as LUNA"),
        ("eos,delisting,2022-05-13", "has 3 cells, not 8"),
    ],
)
def test_a_row_of_a_coin_that_is_wrong_stops(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        by_coin(tmp_path, row)


def whole_days(kind: str) -> Event:
    """Last whole day 2 January, first one 7 January."""
    ends = kind != "halt"
    recovery, successor = (1.0, "A2") if ends else (np.nan, "")
    return Event(
        "A", kind, day("2020-01-02"), day("2020-01-07"), recovery, successor, "s", whole_days=True
    )


def test_an_end_leaves_out_the_part_of_a_day_in_which_it_came() -> None:
    # Trading stopped on the 3rd and began again on the 6th, in the middle of these days.
    panel = coins(A=[1, 2, 2.5, None, None, 9.5, 10])
    found = split_by_events(panel, [whole_days("redenomination")])
    n = np.nan
    np.testing.assert_array_equal(found.close[:, 0], [1, 2, n, n, n, n, n])
    np.testing.assert_array_equal(found.close[:, 1], [n, n, n, n, n, n, 10])
    assert list(found.quality["partial_days"]["A"]) == list(panel.label[[2, 5]])


def test_a_halt_keeps_the_part_of_a_day_in_which_it_came() -> None:
    panel = coins(A=[1, 2, 2.5, None, None, 9.5, 10])
    found = split_by_events(panel, [whole_days("halt")])
    np.testing.assert_array_equal(found.close, panel.close)
    assert found.counts == {"missing_bars": 0, "explained_bars": 2}


def test_bars_further_from_whole_days_contradict_the_event() -> None:
    for kind in ("halt", "redenomination"):
        with pytest.raises(DataError, match="A has a bar on 2020-01-04, but its"):
            split_by_events(coins(A=[1, 2, 3, 4, None, None, 10]), [whole_days(kind)])


@pytest.mark.shared
def test_every_built_in_date_is_that_of_the_files(shared: Path) -> None:
    folder = shared / "data/crypto_daily/binance_spot"
    end = day("2024-12-31")
    checked = 0
    for event in read_events(["builtin"], None):
        id = event.id.replace("2USDT", "USDT")  # the successor's bars are in the same file
        if event.last_bar > end or not (folder / f"{id}.csv.gz").exists():
            continue
        with gzip.open(folder / f"{id}.csv.gz", "rt") as lines:
            days = [day(line[:10]) for line in list(lines)[1:]]
        at = days.index(event.last_bar)
        after = days[at + 1] if at + 1 < len(days) else np.datetime64("NaT", "D")
        assert str(after) == str(event.first_bar_after), id
        checked += 1
    assert checked == 29


@pytest.mark.shared
def test_hourly_bars_are_cut_by_the_same_table(shared: Path) -> None:
    spec = PanelSpec(
        files="crypto_hourly/binance_spot/{id}.csv.gz",
        stamp="hour_start",
        calendar="24/7",
        fields="ohlcv",
        ids=["LUNAUSDT", "MATICUSDT"],
    )
    panel = load_panel("coins", spec, shared / "data", (), None)
    found = split_by_events(panel, read_events(["builtin"], None, panel.ids))
    assert found.ids == ("LUNA2USDT", "LUNAUSDT", "MATICUSDT")
    hours = found.label[found.has_bar[:, 1]][-1], found.label[found.has_bar[:, 0]][0]
    assert [str(hour)[:13] for hour in hours] == ["2022-05-13T00", "2022-05-31T06"]


@pytest.mark.shared
def test_the_facts_about_ends_are_those_of_the_split_panel(shared: Path) -> None:
    facts = json.loads((shared / "reference/domain/delisting_facts.json").read_text())["facts"]
    told = {fact["symbol"]: fact for fact in facts if "symbol" in fact}
    spec = PanelSpec(
        files="crypto_daily/binance_spot/{id}.csv.gz",
        stamp="day_start",
        calendar="24/7",
        fields="ohlcv",
        ids=sorted(told),
    )
    panel = load_panel("coins", spec, shared / "data", (), None)
    panel = split_by_events(panel, read_events(["builtin"], None, panel.ids))

    def value(id: str, on: str, field: str = "close") -> float:
        row = np.searchsorted(panel.label, np.datetime64(on))
        return float(panel[field][row, panel.ids.index(id)])

    luna = told["LUNAUSDT"]
    assert value("LUNAUSDT", "2022-05-08") == luna["close_2022_05_08"]
    for fact, id in (
        (luna["last_close_before"], "LUNAUSDT"),
        (luna["next_bar"], "LUNA2USDT"),
        (told["USTUSDT"]["last"], "USTUSDT"),
        *((told[f"{name}USDT"][end], f"{name}{label}USDT")
          for name in ("COCOS", "DREP") for end, label in (("before", ""), ("after", "2"))),
    ):  # fmt: skip
        for field in fact.keys() & {"open", "close"}:
            assert value(id, fact["date"], field) == fact[field]
    for on, close in told["FTTUSDT"]["closes"].items():
        assert value("FTTUSDT", on) == close
    gap = told["FTTUSDT"]["gap"]
    assert value("FTTUSDT", gap["relisted"]) == gap["relisted_close"]
    assert (day(gap["relisted"]) - day(gap["last"])) / np.timedelta64(1, "D") == gap["days"]
    returns = np.diff(np.log(panel.close), axis=0)
    assert np.nanmax(returns) < np.log(10)  # nobody made 17,739,900 %
