"""Series of one panel on the rows of another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feeds.aligned import Source, aligned
from feeds.arrays import DAY, HOUR, Float, Instants, instants
from feeds.cache import load_panel
from feeds.calendars import sessions
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec

NAN = np.nan


def at(*times: str) -> Instants:
    return instants([np.datetime64(time.removesuffix("Z")) for time in times])


def panel(calendar: str, known_at: Instants, values: list[float], label=None) -> Panel:
    label = known_at if label is None else label
    column = {"close": np.array(values, dtype=float)[:, None]}
    return Panel.build("p", calendar, label, known_at, known_at, ("X",), column)


def source(of: Panel, max_age_days: float = 10.0) -> Source:
    return Source(of.calendar, of.known_at, of.column("close"), max_age_days)


def coins(first: str, count: int, step: np.timedelta64 = DAY) -> Panel:
    """Bars whose close is their number: 1, 2, 3, ..."""
    label = instants(np.datetime64(first, "ns") + np.arange(count) * step)
    return panel("24/7", label + step, list(range(1, count + 1)), label)


# Wednesday, Thursday, Friday, Monday.
INDEX = panel(
    "XNYS",
    at("2024-01-10T21:00", "2024-01-11T21:00", "2024-01-12T21:00", "2024-01-15T21:00"),
    [10, 11, 12, 15],
    at("2024-01-10", "2024-01-11", "2024-01-12", "2024-01-15"),
)


def values(found: Panel, name: str) -> list[float]:
    return found.column(name).tolist()


def test_a_friday_session_is_seen_with_the_coin_bar_that_closes_on_saturday() -> None:
    bars = coins("2024-01-10", 7)
    found = aligned(INDEX, bars, {"index": source(INDEX), "coin": source(bars)})
    assert [str(time)[5:16] for time in found.known_at] == [
        "01-11T00:00", "01-12T00:00", "01-13T00:00", "01-16T00:00"
    ]  # fmt: skip
    assert [str(time)[5:10] for time in found.label] == ["01-10", "01-11", "01-12", "01-15"]
    assert values(found, "index") == [10, 11, 12, 15]
    assert values(found, "coin") == [1, 2, 3, 6]
    assert (found.calendar, found.ids) == ("24/7", ("aligned",))


def test_without_at_a_row_is_taken_when_it_is_known_itself() -> None:
    bars = coins("2024-01-09", 8)
    found = aligned(INDEX, None, {"index": source(INDEX), "coin": source(bars)})
    np.testing.assert_array_equal(found.known_at, INDEX.known_at)
    np.testing.assert_array_equal(found.label, INDEX.label)
    assert found.calendar == "XNYS"
    # At 21:00 of the 10th the last whole bar is that of the 9th, the first one.
    assert values(found, "coin") == [1, 2, 3, 6]


def test_a_close_at_the_instant_of_a_session_close_does_not_see_it_yet() -> None:
    bars = coins("2024-01-10T18:00", 5, HOUR)  # closes at 19:00 to 23:00
    found = aligned(INDEX, bars, {"index": source(INDEX), "coin": source(bars)})
    assert [str(time)[11:13] for time in found.known_at] == ["22"]
    assert values(found, "coin") == [4]
    # Rows that never close are seen by the close they tie with.
    weekly = panel("24/7", at("2024-01-10T21:00"), [7])
    assert str(aligned(weekly, bars, {"w": source(weekly)}).known_at[0])[11:13] == "21"


def test_two_sessions_in_one_close_give_one_row_with_the_last() -> None:
    weeks = panel("24/7", at("2024-01-08", "2024-01-15", "2024-01-22"), [1, 2, 3])
    found = aligned(INDEX, weeks, {"index": source(INDEX), "week": source(weeks)})
    assert [str(time)[5:10] for time in found.known_at] == ["01-15", "01-22"]
    assert values(found, "index") == [12, 15]
    assert values(found, "week") == [2, 3]


def test_rows_that_no_close_has_seen_are_not_there() -> None:
    bars = coins("2024-01-10", 3)  # closes at the 11th, 12th, 13th
    found = aligned(INDEX, bars, {"index": source(INDEX)})
    assert values(found, "index") == [10, 11, 12]


def test_values_that_are_old_blank_or_not_there_yet_are_unknown() -> None:
    bars = coins("2024-01-10", 7)
    late = panel("24/7", at("2024-01-12", "2024-01-14"), [5, NAN])
    found = aligned(INDEX, bars, {"late": source(late), "young": source(late, 0.5)})
    # The closes: the 11th (none yet), 12th, 13th (a day old), 16th (the blank of the 14th).
    np.testing.assert_array_equal(values(found, "late"), [NAN, 5, 5, NAN])
    np.testing.assert_array_equal(values(found, "young"), [NAN, 5, NAN, NAN])


def test_cutting_the_future_changes_nothing() -> None:
    bars = coins("2024-01-10", 7)
    whole = aligned(INDEX, bars, {"index": source(INDEX), "coin": source(bars)})
    for end in bars.known_at:
        index, seen = INDEX.until(end), bars.until(end)
        found = aligned(index, seen, {"index": source(index), "coin": source(seen)})
        assert found.digest == whole.until(end).digest


@pytest.mark.shared
def test_every_case_of_the_session_table_is_aligned_as_it_says(shared: Path) -> None:
    cases = json.loads((shared / "reference/domain/session_alignment.json").read_text())["cases"]
    days = coins("2024-01-01", 366)
    hours = coins("2024-01-01", 366 * 24, HOUR)
    calendar = sessions("XNYS", np.datetime64("2024-01-01"), np.datetime64("2024-12-31"))
    for case in cases:
        row = int(np.searchsorted(calendar.label, at(case["session"]))[0])
        closed = calendar.closed_at[row : row + 1]
        np.testing.assert_array_equal(closed, at(case["close_utc"]))
        session = panel("XNYS", closed, [1.0], calendar.label[row : row + 1])
        for bars, key in (
            (days, "earliest_crypto_daily_open"),
            (hours, "earliest_crypto_hourly_open"),
        ):
            taken = aligned(session, bars, {"index": source(session)})
            # The bar that closes then is the last before the one that may open on it.
            np.testing.assert_array_equal(taken.known_at, at(case[key]))
        itself = aligned(session, None, {"day": source(days)})
        number = int(values(itself, "day")[0])
        last = at(case["last_crypto_daily_bar_fully_closed_before"])
        np.testing.assert_array_equal(days.label[number - 1 : number], last)


def correlation(found: Panel, lag: int) -> float:
    """Of session-to-session log returns, that of the index `lag` sessions before the coin's."""
    inside = (found.known_at >= np.datetime64("2018-01-01")) & (
        found.known_at < np.datetime64("2025-01-02")
    )
    index, coin = (np.diff(np.log(found.column(key)[inside])) for key in ("index", "coin"))
    assert len(index) == 1760
    return float(np.corrcoef(index[: len(index) - lag], coin[lag:])[0, 1])


@pytest.mark.shared
def test_the_russell_leads_bitcoin_only_where_the_label_is_wrong_by_a_day(shared: Path) -> None:
    root = shared / "data"
    plain = PanelSpec(
        files="equities/RUT.csv.gz", stamp="session_close", calendar="XNYS", fields="ohlcv"
    )
    index = load_panel("index", plain, root, [], None)
    spec = PanelSpec(
        files="crypto_daily/binance_spot/BTCUSDT.csv.gz",
        stamp="day_start",
        calendar="24/7",
        fields="ohlcv",
    )
    bitcoin = load_panel("bitcoin", spec, root, [], None)

    def with_known_at(known_at: Instants) -> list[float]:
        series: Float = bitcoin.column("close")
        coin = Source("24/7", known_at, series, 10.0)
        found = aligned(index, bitcoin, {"index": source(index), "coin": coin})
        return [round(correlation(found, lag), 3) for lag in (0, 1)]

    assert with_known_at(bitcoin.known_at) == [0.303, -0.029]
    assert with_known_at(bitcoin.known_at + DAY) == [-0.027, 0.304]
