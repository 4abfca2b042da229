"""What subclasses rely on inside backtrader: how a run, an event and a line are put together."""

from __future__ import annotations

import array
import datetime
import io
from typing import Any

import backtrader as bt
import pytest
from backtrader.linebuffer import LineBuffer
from backtrader.lineiterator import LineIterator

from tests.engine.tiny import START, Rows, Scripted, bars, engine, run, traced

LINES = ("close", "low", "high", "open", "volume", "openinterest", "datetime")
FEED = {"rows": [(START + day, 10.0 + day, 13.0, 9.0, 11.0 + day) for day in range(3)]}


# The loop.


def test_a_run_calls_its_parts_in_this_order() -> None:
    log: list[str] = []
    broker = traced(bt.brokers.BackBroker, log, "broker", "start", "stop")
    feed = traced(Rows, log, "feed", "reset", "extend", "_start", "preload", "stop")
    strategy = traced(Scripted, log, "strategy", "__init__", "_start", "qbuffer", "_stop")
    cerebro = traced(bt.Cerebro, log, "cerebro", "_runonce", "_runnext")(stdstats=False)
    cerebro.setbroker(broker())
    cerebro.adddata(feed(**FEED))
    cerebro.addstrategy(strategy)
    cerebro.run()
    assert log == [
        "broker.start",
        "feed.reset",
        "feed.extend",
        "feed._start",
        "feed.preload",
        "strategy.__init__",  # so a strategy finds the feeds loaded
        "strategy._start",
        "strategy.qbuffer",
        "cerebro._runonce",
        "strategy._stop",
        "broker.stop",
        "feed.stop",
    ]


@pytest.mark.parametrize(
    ("options", "loop"),
    [
        ({}, "cerebro._runonce"),
        ({"preload": False}, "cerebro._runnext"),
        ({"runonce": False}, "cerebro._runnext"),
        ({"exactbars": 1}, "cerebro._runnext"),
        ({"live": True}, "cerebro._runnext"),
    ],
    ids=str,
)
def test_only_a_preloaded_run_at_once_goes_through_runonce(
    options: dict[str, Any], loop: str
) -> None:
    log: list[str] = []
    cerebro = traced(bt.Cerebro, log, "cerebro", "_runonce", "_runnext")(stdstats=False)
    cerebro.adddata(bars([10, 11]))
    cerebro.run(**options)
    assert log == [loop]


def test_resampling_and_replaying_feeds_are_marked() -> None:
    plain, smaller, played = bars([10, 11]), bars([10, 11]), bars([10, 11])
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(plain)
    cerebro.resampledata(smaller, timeframe=bt.TimeFrame.Weeks)
    cerebro.replaydata(played, timeframe=bt.TimeFrame.Weeks)
    assert [bool(data.resampling) for data in cerebro.datas] == [False, True, True]
    assert [bool(data.replaying) for data in cerebro.datas] == [False, False, True]
    assert [bool(data._filters) for data in cerebro.datas] == [False, True, True]


def test_one_event_goes_feeds_broker_notices_strategy() -> None:
    log: list[str] = []
    broker = traced(bt.brokers.BackBroker, log, "broker", "next", "get_notification")
    feed = traced(Rows, log, "feed", "advance")
    strategy = traced(Scripted, log, "strategy", "_addnotification", "_oncepost")
    cerebro = engine(feed(**FEED), broker=broker)
    script = {1: lambda s: s.buy(size=1), 2: lambda s: s.env.runstop()}
    cerebro.addstrategy(strategy, script=script)
    cerebro.run()
    first = ["feed.advance", "broker.next", "broker.get_notification", "strategy._oncepost"]
    told = ["broker.get_notification", "strategy._addnotification"]
    # Submitted, Accepted and Completed, and the None that ends them.
    second = ["feed.advance", "broker.next", *told, *told, *told, "broker.get_notification"]
    assert log == [*first, *second, "strategy._oncepost"]


def test_a_strategy_is_reset_before_the_loop_and_grows_by_one_an_event() -> None:
    log: list[str] = []
    strategy = traced(Scripted, log, "strategy", "_once", "reset", "_oncepost")
    seen: list[tuple[int, float]] = []
    run(
        {},
        bars([10, 11], days=[0, 2]),
        bars([10, 11], days=[1, 2]),
        every_bar=lambda s: seen.append((len(s), s.lines.datetime[0])),
        strategy=strategy,
    )
    assert log == ["strategy._once", "strategy.reset", *["strategy._oncepost"] * 3]
    assert seen == [(1, START), (2, START + 1), (3, START + 2)]


def test_oncepost_of_a_strategy_does_this() -> None:
    log: list[str] = []
    steps = ["forward", "_notify", "_getminperstatus", "next", "_next_analyzers"]
    strategy = traced(Scripted, log, "strategy", *steps, "_next_observers", "clear")
    run(
        {1: lambda s: log.clear(), 2: lambda s: s.env.runstop()}, bars([1, 2, 3]), strategy=strategy
    )
    after_first = log.index("strategy.clear") + 1
    expected = [*steps, "_next_observers", "clear"]
    assert log[after_first:] == [f"strategy.{step}" for step in expected]


def test_the_stamp_of_an_event_is_there_before_its_notices() -> None:
    stamps = []

    class Stamped(Scripted):
        def notify_cashvalue(self, cash: float, value: float) -> None:
            stamps.append(self.lines.datetime[0])

    run({}, bars([1, 2]), strategy=Stamped)
    assert stamps == [START, START + 1]


def test_prenext_nextstart_and_next_follow_the_lengths_of_the_feeds() -> None:
    log: list[str] = []
    strategy = traced(bt.Strategy, log, "strategy", "prenext", "nextstart", "next")
    cerebro = engine(bars([1, 2, 3, 4]), bars([1, 2], days=[1, 3]))
    cerebro.addstrategy(strategy)
    (done,) = cerebro.run()
    # The status is the largest of 1 - length over the feeds. B has 0, 1, 1, 2 bars: nextstart,
    # which calls next by default, runs at every event until B has its second bar, not once.
    assert done._minperiods == [1, 1]
    assert log == [
        "strategy.prenext",
        *["strategy.nextstart", "strategy.next"] * 2,
        "strategy.next",
    ]


def test_indicators_are_found_in_the_strategy_s_line_iterators() -> None:
    class WithAverage(Scripted):
        def __init__(self) -> None:
            super().__init__()
            self.average = bt.indicators.SMA(self.data, period=2)

    done = run({}, bars([1, 2]), strategy=WithAverage)
    kinds = LineIterator.IndType, LineIterator.ObsType
    assert [len(done._lineiterators[kind]) for kind in kinds] == [1, 0]
    assert [len(run({}, bars([1, 2]))._lineiterators[kind]) for kind in kinds] == [0, 0]


def test_timers_are_two_lists_that_are_set_before_the_loop() -> None:
    found = []

    class Timed(Scripted):
        def start(self) -> None:
            self.add_timer(datetime.time(0))
            self.add_timer(datetime.time(0), cheat=True)
            self.add_timer(datetime.time(0), cheat=True)

    def look(strategy: Any) -> None:
        found.append((len(strategy.env._timers), len(strategy.env._timerscheat)))

    run({1: look}, bars([1]))
    run({1: look}, bars([1]), strategy=Timed)
    assert found == [(0, 0), (1, 2)]


def test_writers_are_a_list_that_is_empty_unless_asked_for() -> None:
    found = []
    for writers in (0, 1):
        cerebro = engine(bars([1]))
        cerebro.addstrategy(Scripted, script={1: lambda s: found.append(len(s.env.runwriters))})
        for _ in range(writers):
            cerebro.addwriter(bt.WriterFile, out=io.StringIO(), close_out=False)
        cerebro.run()
    assert found == [0, 1]


def test_cheat_on_open_is_off_and_adds_a_call_before_the_broker() -> None:
    log: list[str] = []
    broker = traced(bt.brokers.BackBroker, log, "broker", "next")
    strategy = traced(Scripted, log, "strategy", "_oncepost_open", "_oncepost")
    assert bt.Cerebro().p.cheat_on_open is False
    cerebro = engine(bars([1]), broker=broker)
    cerebro.addstrategy(strategy)
    cerebro.run(cheat_on_open=True)
    assert log == ["strategy._oncepost_open", "broker.next", "strategy._oncepost"]


def test_a_stop_is_a_flag_that_ends_the_loop_after_the_strategy_s_call() -> None:
    done = run({2: lambda s: s.env.runstop()}, bars([1, 2, 3]))
    assert len(done) == 2
    assert done.env._event_stop is True
    done = run({}, bars([1, 2, 3]))
    assert len(done) == 3
    assert done.env._event_stop is False


# Lines.


def test_a_feed_has_plain_lines_in_this_order_and_then_its_own() -> None:
    class Longer(Rows):
        lines: Any = ("opened_at",)

    data = Longer(**FEED)
    assert data.getlinealiases() == (*LINES, "opened_at")
    assert [data._getlinealias(k) for k in range(8)] == [*LINES, "opened_at"]
    assert {type(line) for line in data.lines} == {LineBuffer}
    assert data.close is data.lines.close is data.lines[0]
    assert data.opened_at is data.lines[7]


def test_a_line_is_an_array_an_index_and_a_count() -> None:
    line = Rows(**FEED).lines[0]
    first = line.array
    line.reset()
    assert line.array is not first
    assert line.array == array.array("d")
    state = {name: vars(line)[name] for name in ("lencount", "_idx", "extension", "useislice")}
    assert state == {"lencount": 0, "_idx": -1, "extension": 0, "useislice": False}
    line.array = array.array("d", [10, 11, 12, 13])
    line.advance()
    line.advance()
    assert (line._idx, line.idx, line.lencount, len(line)) == (1, 1, 2, 2)
    assert (line[0], line[-1], line[1]) == (11, 10, 12)
    assert line.get(ago=0, size=2) == array.array("d", [10, 11])
    assert line.buflen() == 4
    line.extend(size=1)
    assert (len(line.array), line.extension, line.buflen()) == (5, 1, 4)
    line.home()
    assert (line.idx, len(line), len(line.array)) == (-1, 0, 5)


def test_a_feed_takes_its_lines_from_an_attribute_of_its_class() -> None:
    class Shared(LineBuffer):
        def __getitem__(self, ago: int) -> float:
            return 7.0 + ago

    class SharedLines(Rows.lines):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.lines = [object.__new__(Shared) for _ in self._getlines()]

    class Feed(Rows):
        pass

    Feed.lines = SharedLines
    data = Feed(**FEED)
    assert (data.close[0], data.lines.close[-1], data.lines[0][1]) == (7.0, 6.0, 8.0)


def test_the_length_of_a_feed_is_that_of_its_first_line() -> None:
    data = Rows(**FEED)
    data.lines[0].lencount = 5
    data.lines.datetime.lencount = 3
    assert len(data) == len(data.lines) == 5
    data.lines[0].array = array.array("d", [1, 2])
    assert data.buflen() == 2


def test_whole_buffers_can_be_put_into_lines_and_are_only_read() -> None:
    columns = {name: array.array("d", [START, START + 1]) for name in LINES}
    columns["close"] = array.array("d", [10, 11])

    class Whole(bt.feed.DataBase):
        def preload(self) -> None:
            for k, line in enumerate(self.lines):
                line.array = columns[self._getlinealias(k)]
            self.home()

    before = {name: bytes(column) for name, column in columns.items()}
    seen: list[float] = []
    done = run({}, Whole(), every_bar=lambda s: seen.append(s.data.close[0]))
    assert seen == [10, 11]
    assert done.data.close.array is columns["close"]
    assert {name: bytes(column) for name, column in columns.items()} == before


def test_a_run_moves_feeds_by_advance_peek_and_advance() -> None:
    data = bars([10, 11])
    engine(data).run()
    data.home()
    assert data.advance_peek() == START
    data.advance()
    assert (data.close[0], data.advance_peek()) == (10, START + 1)
    data.advance()
    assert (data.close[0], data.advance_peek()) == (11, float("inf"))


def test_the_broker_takes_prices_from_tick_attributes_before_lines() -> None:
    class Ticking(Rows):
        def _tick_fill(self, force: bool = False) -> None:
            super()._tick_fill(force)
            self.tick_open = 99.0

    done = run({1: lambda s: s.buy(size=1)}, Ticking(**FEED))
    # The open of the second bar is 11. A feed that never advances has no such attributes.
    assert done.orders[-1].executed.price == 99.0
    assert not [name for name in vars(Rows(**FEED)) if name.startswith("tick_")]
    assert getattr(Rows(**FEED), "tick_open", None) is None
