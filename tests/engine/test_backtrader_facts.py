"""What backtrader shows a strategy when, and for which version of it all these facts hold.

Each test states one claim about the unmodified package. Beside this file: market orders and their
cash checks in `test_backtrader_fills`, cash, value and sizes in `test_backtrader_accounts`, the
attributes of orders in `test_backtrader_orders`, notices in `test_backtrader_notices`, and what
subclasses touch in `test_backtrader_internals`.
"""

from __future__ import annotations

import datetime
import math
import tomllib
from pathlib import Path
from typing import Any

import backtrader as bt
import numpy as np
import pytest

from feeds.bars import day_floats, instant_of
from tests.engine.tiny import START, Rows, bars, run, traced

ROOT = Path(__file__).resolve().parents[2]
BOTH = pytest.mark.parametrize("preload", [True, False], ids=["preloaded", "bar by bar"])


def test_the_facts_hold_for_the_version_that_is_required() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (required,) = [name for name in project["dependencies"] if name.startswith("backtrader")]
    # A wider range needs these tests run, and read, with what it lets in.
    assert required == "backtrader>=1.9.78,<1.10"
    assert bt.__version__.startswith("1.9.78.")


# What can be read, and when.


def test_a_preloaded_feed_shows_the_close_of_tomorrow() -> None:
    seen: list[float] = []
    run({1: lambda s: seen.append(s.data.close[1])}, bars([10, 11, 12]))
    assert seen == [11]


def test_a_feed_that_is_not_preloaded_refuses_to_show_tomorrow() -> None:
    with pytest.raises(IndexError):
        run({1: lambda s: s.data.close[1]}, bars([10, 11, 12]), preload=False)


def test_a_slower_feed_shows_the_bar_still_open_even_if_it_is_not_preloaded() -> None:
    # B closes on days 0 and 2 and is loaded one bar ahead: on day 1 its next bar is there.
    seen: list[float] = []
    daily, slow = bars([1, 2, 3]), bars([10, 12], days=[0, 2])
    run({2: lambda s: seen.append(s.data1.close[1])}, daily, slow, preload=False)
    assert seen == [12]


@pytest.mark.parametrize(("preload", "shown"), [(True, 23), (False, 21)])
def test_an_asset_that_is_not_listed_yet_shows_a_price_of_the_future(
    preload: bool, shown: float
) -> None:
    # Index -1: the last bar of the file, or the one that was loaded ahead.
    seen: list[Any] = []
    late = bars([21, 22, 23], days=[1, 2, 3])
    script = {1: lambda s: seen.append((len(s.data1), s.data1.close[0]))}
    run(script, bars([1] * 4), late, preload=preload)
    assert seen == [(0, shown)]


@BOTH
def test_next_waits_for_the_first_bar_of_every_feed_and_prenext_runs_before(preload: bool) -> None:
    calls: list[tuple[str, int]] = []

    class Listing(bt.Strategy):
        params = (("script", None), ("every_bar", None))

        def prenext(self) -> None:
            calls.append(("prenext", len(self)))

        def next(self) -> None:
            calls.append(("next", len(self)))

    run({}, bars([1] * 4), bars([1] * 2, days=[2, 3]), strategy=Listing, preload=preload)
    assert calls == [("prenext", 1), ("prenext", 2), ("next", 3), ("next", 4)]


@BOTH
def test_feeds_that_close_at_different_times_call_next_apart(preload: bool) -> None:
    # B closes 21 hours into the day and A at its end; between, each shows its old bar.
    seen: list[Any] = []

    def look(s: Any) -> None:
        stamp = s.lines.datetime[0] - START
        seen.append((stamp, len(s.data0), len(s.data1), s.data0.close[0], s.data1.close[0]))

    feeds = bars([1, 2], days=[0, 1]), bars([11, 12], days=[-0.125, 0.875])
    run({}, *feeds, every_bar=lambda s: look(s) if len(s) > 1 else None, preload=preload)
    assert seen == [(0, 1, 1, 1, 11), (0.875, 1, 2, 1, 12), (1, 2, 2, 2, 12)]


@BOTH
def test_a_feed_that_ended_shows_its_last_bar_for_ever(preload: bool) -> None:
    seen: list[float] = []
    run({3: lambda s: seen.append(s.data1.close[0])}, bars([1] * 3), bars([7]), preload=preload)
    assert seen == [7]


@BOTH
def test_the_broker_runs_before_the_strategy_at_every_event(preload: bool) -> None:
    log: list[str] = []
    broker = traced(bt.brokers.BackBroker, log, "broker", "next")
    feeds = bars([1, 2], days=[0, 1]), bars([1, 2], days=[0.5, 1])
    run({}, *feeds, broker=broker, every_bar=lambda s: log.append("next"), preload=preload)
    assert log == ["broker.next", "next"] * 3


def test_bars_at_one_stamp_and_bars_out_of_order_are_accepted_silently() -> None:
    seen: list[float] = []
    run({}, bars([1, 2, 3], days=[1, 1, 0]), every_bar=lambda s: seen.append(s.data.close[0]))
    assert seen == [1, 2, 3]


def test_a_close_that_is_not_a_number_spoils_the_value_of_its_bar_only() -> None:
    seen: list[float] = []
    rows = [(START + k, 10.0, 10.0, 10.0, c) for k, c in enumerate([10.0, 10.0, math.nan, 12.0])]
    script = {1: lambda s: s.buy(size=10)}
    run(script, Rows(rows=rows), every_bar=lambda s: seen.append(s.broker.getvalue()))
    assert seen == [1000, 1000, pytest.approx(math.nan, nan_ok=True), 1020]


def test_an_order_sized_at_such_a_value_is_refused_by_the_first_check_only() -> None:
    rows = [(START + k, 10.0, 10.0, 10.0, c) for k, c in enumerate([10.0, math.nan, 10.0, 10.0])]
    script = {1: lambda s: s.buy(size=10), 2: lambda s: s.buy(size=s.broker.getvalue() / 10)}
    checked = run(script, Rows(rows=rows))
    assert (checked.told[-1], checked.broker.getvalue()) == ((3, "Margin"), 1000.0)
    # Cash that is not a number is not below zero: the second check lets it pass, for good.
    unchecked = run(script, Rows(rows=rows), checksubmit=False)
    assert unchecked.told[-2:] == [(3, "Partial"), (4, "Partial")]
    assert math.isnan(unchecked.broker.getcash())


# Time.


def test_time_is_counted_in_days_with_january_1_of_year_1_as_day_1() -> None:
    assert bt.date2num(datetime.datetime(1, 1, 1)) == 1.0
    assert bt.date2num(datetime.datetime(1970, 1, 1)) == 719_163.0
    assert bt.date2num(datetime.datetime(2020, 1, 1, 6)) == START + 0.25
    assert bt.num2date(START + 0.25) == datetime.datetime(2020, 1, 1, 6)


def test_time_has_steps_of_ten_microseconds() -> None:
    # 2**-33 of a day; what lies within half a step of each other is one instant.
    assert math.ulp(START) == 2.0**-33
    assert math.ulp(START) * 86_400e6 == pytest.approx(10.06, abs=0.01)
    noon = datetime.datetime(2020, 1, 1, 12)
    near, far = noon.replace(microsecond=5), noon.replace(microsecond=8)
    assert bt.date2num(near) == bt.date2num(noon) != bt.date2num(far)


def test_reading_a_time_back_truncates_it_but_keeps_whole_seconds() -> None:
    day = datetime.datetime(2020, 1, 1)
    seconds = [day + datetime.timedelta(seconds=k) for k in range(0, 86_400, 7)]
    assert [bt.num2date(bt.date2num(time)) for time in seconds] == seconds
    half = datetime.datetime(2020, 1, 1, 0, 0, 1, 500_000)
    assert abs(bt.num2date(bt.date2num(half)) - half) <= datetime.timedelta(microseconds=11)


def test_our_day_numbers_are_those_of_backtrader_for_whole_seconds() -> None:
    times = np.datetime64("2020-02-29", "s") + np.arange(0, 86_400, 7)
    theirs = [bt.date2num(time) for time in times.tolist()]
    ours = day_floats(times.astype("datetime64[ns]")).tolist()
    assert ours == theirs
    assert [instant_of(day) for day in ours] == list(times)
