from __future__ import annotations

import json

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


def test_a_channel_is_unknown_until_its_window_is_full():
    values = breakout(rule="donchian", sessions=3, fresh_days=1).values(
        price_panel([5, 1, 2, 3, 4])
    )
    # Row 3 is tested against 5, row 4 against the 3 of rows 1-3.
    np.testing.assert_equal(values, [np.nan, np.nan, np.nan, 0.0, 1.0])


def test_a_channel_longer_than_the_panel_is_unknown_everywhere():
    values = breakout(rule="donchian", sessions=9).values(price_panel([1, 2, 3]))
    assert np.isnan(values).all()


def test_confirmation_takes_closes_in_turn_above_the_frozen_level():
    # Row 1 breaks the level 10 and stays above it in row 2, which is no record itself.
    assert fired(breakout(confirm=2), [10, 12, 11, 9]) == [2]
    # Row 2 falls back to the level: not confirmed.
    assert fired(breakout(confirm=2), [10, 12, 10, 9]) == []
    # Rows 1 and 2 both break levels (10 and 12); of the two only row 2's holds in row 3.
    assert fired(breakout(confirm=3), [10, 12, 13, 12.5, 9]) == [3]


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
        if any(t - a == signal.confirm - 1 for a, _ in attempts) and armed:
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
)
def test_events_agree_with_the_definition_as_loops(
    close, step, rule, drought, confirm, sessions, drawdown, pause
):
    signal = breakout(
        rule=rule,
        drought_days=drought,
        confirm=confirm,
        sessions=sessions,
        rearm_drawdown=drawdown,
        rearm_sessions=pause,
    )
    label = days(len(close), step)
    expected = by_hand(signal, close, [step * i for i in range(len(close))])
    assert fired(signal, close, label=label) == expected
