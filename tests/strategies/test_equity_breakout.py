from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from strategies.signals import EquityBreakout
from tests.strategies.panels import days, price_panel, read_panel


def breakout(**parameters) -> EquityBreakout:
    plain = {"panel": "test", "drought_days": 0}
    return EquityBreakout(**(plain | parameters))


def fired(signal: EquityBreakout, close, **panel) -> list[int]:
    return np.flatnonzero(signal.events(price_panel(close, **panel))).tolist()


@pytest.fixture(scope="session")
def rut(shared):
    return read_panel(shared / "data/equities/RUT.csv.gz")


@pytest.fixture(scope="session")
def toy(shared):
    return json.loads((shared / "reference/domain/breakout_toy.json").read_text())


def dates(panel, rows) -> list[str]:
    return [str(time) for time in panel.label[rows].astype("datetime64[D]")]


@pytest.mark.shared
def test_russell_2000_has_the_nine_published_drought_breakouts(rut, shared):
    facts = json.loads((shared / "reference/domain/rut_ath_facts.json").read_text())
    expected = [fact["breakout_date"] for fact in facts["first_record_after_365_days"]]
    found = breakout(drought_days=365).events(rut)
    assert dates(rut, found) == expected
    assert len(expected) == 9


@pytest.mark.shared
def test_each_published_record_counts_up_to_the_days_of_its_drought(rut, shared):
    facts = json.loads((shared / "reference/domain/rut_ath_facts.json").read_text())
    for fact in facts["first_record_after_365_days"] + facts["record_after_60_to_364_days"]:
        drought, date = fact["calendar_days"], fact["breakout_date"]
        assert date in dates(rut, breakout(drought_days=drought).events(rut))
        assert date not in dates(rut, breakout(drought_days=drought + 1).events(rut))


@pytest.mark.shared
def test_the_record_high_of_2024_11_25_is_no_record_close(rut):
    day = "2024-11-25"
    assert day in dates(rut, breakout(drought_days=365, price="high").events(rut))
    assert day not in dates(rut, breakout(drought_days=0).events(rut))


@pytest.mark.shared
def test_every_field_of_the_published_records_is_reproduced(rut, shared):
    facts = json.loads((shared / "reference/domain/rut_ath_facts.json").read_text())
    records, close = np.flatnonzero(breakout().events(rut)), rut.column("close")
    found = [
        {
            "prev_ath_date": dates(rut, [before])[0],
            "prev_ath_close": round(float(close[before]), 2),
            "breakout_date": dates(rut, [row])[0],
            "breakout_close": round(float(close[row]), 2),
            "trading_days_between": int(row - before),
            "calendar_days": int(rut.day[row] - rut.day[before]),
        }
        for before, row in pairwise(records)
    ]
    droughts = [fact for fact in found if fact["calendar_days"] >= 365]
    assert droughts == facts["first_record_after_365_days"]
    # The published list of shorter ones begins at 110 days.
    shorter = [fact for fact in found if 110 <= fact["calendar_days"] < 365]
    assert shorter == facts["record_after_60_to_364_days"]


@pytest.mark.shared
def test_the_published_traps_are_not_fallen_into(rut, shared):
    drought = dates(rut, breakout(drought_days=365).events(rut))
    records = dates(rut, breakout().events(rut))
    for date in ("2018-05-16", "2021-11-02"):  # after 113 and 232 days
        assert date in records
        assert date not in drought
    assert not any(date.startswith("2016-12") for date in drought)
    # 2012-09-14 came close: its close is below the record of 2011-04-29.
    row = dates(rut, slice(None)).index("2012-09-14")
    assert rut.column("close")[row] < 865.29
    assert "2012-09-14" not in records
    level = breakout(price="high").levels(rut)[dates(rut, slice(None)).index("2024-11-25")]
    assert round(float(level), 2) == 2458.86
    # The fund has other records than its index.
    fund = read_panel(shared / "data/equities/IWM.csv.gz")
    of_fund = dates(fund, breakout(drought_days=365).events(fund))
    assert {"2011-04-05", "2012-09-14"} <= set(of_fund)
    assert not {"2011-04-27", "2013-01-02"} & set(of_fund)
    # Data that begin in 2015 make a record of the first row that is above their first.
    late = rut.rows(dates(rut, slice(None)).index("2015-01-02"), len(rut))
    early = dates(late, breakout().events(late))
    assert early[0] < "2015-01-31"
    assert early[0] not in records


@pytest.mark.shared
def test_the_toys_records_channels_levels_and_rearming(toy):
    panel = price_panel(toy["close"])
    assert breakout().events(panel).tolist() == toy["record_close"]
    channel = breakout(rule="donchian", sessions=5)
    assert channel.events(panel).tolist() == toy["donchian5_breakout"]
    rearmed = breakout(rearm_drawdown=0.05)
    assert rearmed.events(panel).tolist() == toy["signal_with_rearm_5pct"]
    distance = np.array(toy["distance_to_prior_max"], float)
    np.testing.assert_allclose(
        panel.column("close") / breakout().levels(panel) - 1, distance, atol=1e-12
    )


def test_the_first_row_and_an_equal_close_are_no_records():
    assert fired(breakout(), [5, 5, 6, 6, 5, 6]) == [2]


def test_a_drought_of_exactly_the_days_counts_and_one_day_less_does_not():
    # Records in rows 1 and 4, three days apart.
    close = [1, 2, 1, 1, 3]
    assert fired(breakout(drought_days=3), close) == [4]
    assert fired(breakout(drought_days=4), close) == []


def test_a_drought_is_counted_between_labels_not_rows():
    label = np.array(["2020-01-03", "2020-01-06", "2020-01-07"], "datetime64[ns]")
    assert fired(breakout(drought_days=3), [1, 2, 3], label=label) == [1]


def test_a_record_without_one_before_it_counts_from_the_first_row():
    assert fired(breakout(drought_days=4), [3, 1, 1, 1, 4]) == [4]
    assert fired(breakout(drought_days=5), [3, 1, 1, 1, 4]) == []


def test_a_channels_drought_is_counted_from_its_last_row_without_a_level():
    # Two rows of warm-up (0, 1): a breakout on day 4 follows 3 days that could be tested.
    close = [9, 9, 8, 8, 9]
    assert fired(breakout(rule="donchian", sessions=2, drought_days=3), close) == [4]
    assert fired(breakout(rule="donchian", sessions=2, drought_days=4), close) == []


def test_the_value_is_one_for_fresh_days_after_the_signal():
    panel = price_panel([1, 2, 1, 1, 1, 3, 1])
    # Signals in rows 1 and 5; fresh for 3 days: rows 1-3 and 5-6.
    assert breakout(fresh_days=3).values(panel).tolist() == [0, 1, 1, 1, 0, 1, 1]


def test_freshness_counts_days_between_labels():
    label = np.array(
        ["2020-01-01", "2020-01-03", "2020-01-06", "2020-01-08", "2020-01-09"], "datetime64[ns]"
    )
    # Signal on the 3rd; 5 whole days have passed on the 8th.
    values = breakout(fresh_days=5).values(price_panel([1, 2, 1, 1, 1], label))
    assert values.tolist() == [0, 1, 1, 0, 0]


def test_freshness_on_hours_counts_whole_days_of_24_hours():
    label = np.datetime64("2020-01-01T20:00", "ns") + np.arange(27) * np.timedelta64(1, "h")
    values = breakout(fresh_days=1).values(price_panel([1, 2] + [1] * 25, label))
    # Signal at row 1; row 24 is 23 hours later, row 25 a whole day.
    assert values.tolist() == [0.0] + [1.0] * 24 + [0.0] * 2


def test_a_lag_moves_the_fresh_days():
    # Signals in rows 1 and 5; on from 2 days after them for 2 days: rows 3-4 and 7.
    panel = price_panel([1, 2, 1, 1, 1, 3, 1, 1])
    signal = breakout(fresh_days=2, lag_days=2)
    assert signal.values(panel).tolist() == [0, 0, 0, 1, 1, 0, 0, 1]


def test_a_later_signal_does_not_end_the_fresh_days_of_an_earlier_one():
    # Signals in rows 1 and 4. Row 4 is still 3 days after the first, though itself too early.
    panel = price_panel([1, 2, 1, 1, 3, 1, 1, 1, 1])
    assert breakout(fresh_days=2, lag_days=3).values(panel).tolist() == [0, 0, 0, 0, 1, 1, 0, 1, 1]


def test_without_a_lag_a_value_counts_from_the_signal_row_itself():
    close = np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.01, 300)))
    panel, signal = price_panel(close), breakout(fresh_days=7)
    fired, row = signal.events(panel), np.arange(300)
    since = row - np.maximum.accumulate(np.where(fired, row, -100))
    assert signal.values(panel).tolist() == (since < 7).astype(float).tolist()


def test_a_lagged_value_is_the_value_of_so_many_days_ago():
    close = np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.01, 300)))
    panel = price_panel(close)
    now, late = (breakout(fresh_days=7, lag_days=lag).values(panel) for lag in (0, 20))
    assert late[20:].tolist() == now[:-20].tolist()
    assert not late[:20].any()


def test_a_channel_is_unknown_until_its_window_is_full():
    values = breakout(rule="donchian", sessions=3, fresh_days=1).values(
        price_panel([5, 1, 2, 3, 4])
    )
    # Row 3 is tested against 5, row 4 against the 3 of rows 1-3.
    np.testing.assert_equal(values, [np.nan, np.nan, np.nan, 0.0, 1.0])


def test_a_channel_longer_than_the_panel_is_unknown_everywhere():
    values = breakout(rule="donchian", sessions=9).values(price_panel([1, 2, 3]))
    assert np.isnan(values).all()


def test_a_channel_waits_for_so_many_prices_of_an_id_that_lists_late():
    nan = np.nan
    close = [nan] * 5 + [5, 6, 7, 8, 1, 2, 9]
    signal, panel = breakout(rule="donchian", sessions=3, fresh_days=1), price_panel(close)
    # The fourth price, 8 in row 8, is the first with three before it; the channel of row 11 is 8.
    assert fired(signal, close) == [8, 11]
    np.testing.assert_equal(signal.levels(panel), [nan] * 8 + [7, 8, 8, 8])
    np.testing.assert_equal(signal.values(panel), [nan] * 8 + [1, 0, 0, 1])


def test_a_channel_is_unknown_without_a_price_and_counts_prices_around_gaps():
    nan = np.nan
    close = [1, 2, nan, 3, nan, nan, 2, 4, nan, nan, nan]
    signal, panel = breakout(rule="donchian", sessions=2, fresh_days=9), price_panel(close)
    assert fired(signal, close) == [3, 7]
    np.testing.assert_equal(signal.values(panel), [nan, nan, nan, 1, nan, nan, 1, 1, nan, nan, nan])


def test_a_gap_does_not_begin_a_channels_drought_anew():
    close = [9, 9, 8, np.nan, 8, 10]
    assert fired(breakout(rule="donchian", sessions=2, drought_days=4), close) == [5]


def test_confirmation_takes_closes_in_turn_above_the_frozen_level():
    # Row 1 breaks the level 10 and stays above it in row 2, which is no record itself.
    assert fired(breakout(confirm=2), [10, 12, 11, 9]) == [2]
    # Row 2 falls back to the level: not confirmed.
    assert fired(breakout(confirm=2), [10, 12, 10, 9]) == []
    # Rows 1 and 2 both break levels (10 and 12); of the two only row 2's holds in row 3.
    assert fired(breakout(confirm=3), [10, 12, 13, 12.5, 9]) == [3]


def test_a_close_far_enough_above_the_level_confirms_at_once():
    # The level is 10: 10.5 is not 10 % above it, 11 is.
    signal = breakout(confirm=3, buffer=0.1)
    assert fired(signal, [10, 10.5, 10.2, 10.1, 9]) == [3]
    assert fired(signal, [10, 10.5, 11, 9]) == [2]
    # The second row is its own breakout too, and would be confirmed by the next two.
    assert fired(signal, [10, 11, 9, 9]) == [1]
    # Back at the level before it was far enough: not confirmed.
    assert fired(signal, [10, 10.5, 10, 11.6]) == [3]


def test_a_buffer_needs_a_confirmation_to_shorten():
    with pytest.raises(ValidationError, match="`buffer` shortens `confirm`, which is 1"):
        breakout(buffer=0.01)


def test_a_confirmation_keeps_the_drought_of_its_first_row():
    close = [10, 9, 9, 9, 11, 12, 9]
    assert fired(breakout(confirm=2, drought_days=4), close) == [5]


def test_rearming_after_sessions_counts_rows():
    close = [1, 2, 3, 4, 5, 6, 7]
    assert fired(breakout(rearm_sessions=3), close) == [1, 4]


def test_rearming_by_either_rule_is_enough():
    # Signal in row 1; row 2 is 10 % below the maximum of 10, so row 3 may fire again; the next
    # ones wait for row 3 + 3.
    close = [9, 10, 9, 11, 12, 13, 14]
    signal = breakout(rearm_drawdown=0.1, rearm_sessions=3)
    assert fired(signal, close) == [1, 3, 6]


def test_a_fall_just_short_of_the_drawdown_does_not_rearm():
    assert fired(breakout(rearm_drawdown=0.1), [9, 10, 9.01, 11]) == [1]


def test_blank_rows_are_neither_breakouts_nor_levels_nor_dips():
    nan = np.nan
    assert fired(breakout(), [nan, 1, 2, nan, 3]) == [2, 4]
    assert fired(breakout(rearm_drawdown=0.1), [1, 2, nan, 3]) == [1]
    assert fired(breakout(confirm=2), [1, 2, nan, 3, 3]) == [4]


@pytest.mark.parametrize("close", [[], [1.0], [np.nan, np.nan]])
def test_tiny_panels_have_no_signal(close):
    for signal in (breakout(), breakout(rule="donchian", confirm=4, rearm_sessions=2)):
        assert fired(signal, close) == []
        assert len(signal.values(price_panel(close))) == len(close)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "highs"},
        {"drought_days": -1},
        {"fresh_days": 0},
        {"confirm": 0},
        {"price": "open"},
        {"sessions": 0},
        {"rearm_drawdown": 0.0},
        {"rearm_drawdown": 1.0},
        {"rearm_sessions": 0},
        {"drought": 365},
        {"fresh_days": "60"},
    ],
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(ValidationError):
        breakout(**wrong)


def by_hand(signal: EquityBreakout, close: list[float], day: list[int]) -> list[int]:
    """The definition as loops, with none of the code under test."""
    out, attempts, last, armed = [], [], None, True
    width = None if signal.rule == "record" else signal.sessions
    reference = day[0] if width is None else day[min(width, len(day)) - 1]
    signal_row = -1
    enough = float("inf") if signal.buffer is None else 1 + signal.buffer
    for t, price in enumerate(close):
        start = 0 if width is None else t - width
        window = close[max(start, 0) : t] if start >= 0 else []
        above = bool(window) and price > max(window)
        attempts = [(a, level) for a, level in attempts if price > level]
        if above:
            since = reference if last is None else last
            if day[t] - since >= signal.drought_days:
                attempts.append((t, max(window)))
            last = day[t]
        if not armed and signal.rearm_drawdown is not None:
            armed = price <= (1 - signal.rearm_drawdown) * max(close[: t + 1])
        if not armed and signal.rearm_sessions is not None:
            armed = t - signal_row >= signal.rearm_sessions
        done = [
            (a, level)
            for a, level in attempts
            if t - a == signal.confirm - 1 or price >= level * enough
        ]
        attempts = [each for each in attempts if each not in done]
        if done and armed:
            out.append(t)
            signal_row = t
            armed = signal.rearm_drawdown is None and signal.rearm_sessions is None
    return out


@given(
    close=st.lists(st.integers(80, 120), min_size=1, max_size=60),
    step=st.integers(1, 4),
    rule=st.sampled_from(["record", "donchian"]),
    drought=st.sampled_from([0, 1, 3, 8]),
    confirm=st.integers(1, 4),
    sessions=st.integers(1, 8),
    drawdown=st.sampled_from([None, 0.03, 0.1]),
    pause=st.sampled_from([None, 1, 3, 7]),
    buffer=st.sampled_from([None, 0.02, 0.1]),
)
def test_events_agree_with_the_definition_as_loops(
    close, step, rule, drought, confirm, sessions, drawdown, pause, buffer
):
    signal = breakout(
        rule=rule,
        drought_days=drought,
        confirm=confirm,
        sessions=sessions,
        rearm_drawdown=drawdown,
        rearm_sessions=pause,
        buffer=buffer if confirm > 1 else None,
    )
    label = days(len(close), step)
    expected = by_hand(signal, close, [step * i for i in range(len(close))])
    assert fired(signal, close, label=label) == expected
