"""Cheats that must be caught, honest signals that must pass, and verdicts that are remembered."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from engine.honesty import checked_values, prove_prefix
from feeds.arrays import Float
from feeds.errors import CheckError, DataError, EngineError
from feeds.panel import Panel
from strategies.base import Combination, Signal
from strategies.signals import AltDominance, EquityBreakout, Hysteresis, When
from tests.strategies.panels import coin_panel, days, price_panel, value_panel

ROWS = 120
CLOSE = np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.03, ROWS)))
PANEL = price_panel(CLOSE)
CALLS: list[int] = []


class Close(Signal):
    """The close itself, one call noted a row."""

    panel: str = "test"

    def values(self, seen: Panel) -> Float:
        CALLS.append(len(seen))
        return seen.column("close")


def signal_of(compute, window: int | None = None) -> Signal:
    """A signal that computes with a function of the closes."""

    class Given(Close):
        @property
        def lookback(self) -> int | None:
            return window

        def values(self, seen: Panel) -> Float:
            return np.asarray(compute(seen.column("close")), dtype=np.float64)

    return Given()


def prove(signal: Signal, panel: Panel = PANEL, first_row: int = 20, **more) -> None:
    values = checked_values("x", signal, panel)
    prove_prefix("x", signal, panel, first_row, values, **more)


def shifted(close: Float) -> Float:
    return np.append(close[1:], close[-1:])


def centred_mean(close: Float) -> Float:
    return pd.Series(close).rolling(5, center=True, min_periods=1).mean().to_numpy()


def whole_sample_score(close: Float) -> Float:
    return (close - close.mean()) / (close.std() + 1)


def filled_backwards(close: Float) -> Float:
    weekly = np.where(np.arange(len(close)) % 7 == 6, close, np.nan)
    return pd.Series(weekly).bfill().ffill().to_numpy()


def unfinished_week(close: Float) -> Float:
    week = np.arange(len(close)) // 7
    return pd.Series(close).groupby(week).transform("last").to_numpy()


def rank_in_sample(close: Float) -> Float:
    return close.argsort().argsort() / len(close)


def peek_at_one_row(close: Float) -> Float:
    out = close.copy()
    if len(close) > 77:
        out[76] = close[77]
    return out


def different_at_the_end(close: Float) -> Float:
    out = np.zeros(len(close))
    out[-1] = 1.0
    return out


def counts_the_rows(close: Float) -> Float:
    return np.full(len(close), float(len(close)))


def revised_later(close: Float) -> Float:
    # Like a vendor's series: the row before the last is a first print.
    return np.append(close[:-1], close[-1:] * 1.01)


CHEATS = [
    shifted,
    centred_mean,
    whole_sample_score,
    filled_backwards,
    unfinished_week,
    rank_in_sample,
    peek_at_one_row,
    different_at_the_end,
    counts_the_rows,
    revised_later,
]


@pytest.mark.parametrize("cheat", CHEATS)
def test_every_cheat_is_caught(cheat):
    with pytest.raises(CheckError, match=r"^signal 'x' reads the future at 2020-"):
        prove(signal_of(cheat))


@pytest.mark.parametrize("cheat", CHEATS)
def test_every_cheat_is_caught_although_it_declares_a_lookback(cheat):
    with pytest.raises(EngineError, match=r"^signal 'x' reads (the future|more than)"):
        prove(signal_of(cheat, window=10))


def test_a_cheat_by_a_combination_is_caught():
    class Tomorrow(Combination):
        def values(self, seen: Panel) -> Float:
            return shifted(seen.column("risk"))

    with pytest.raises(CheckError, match="reads the future"):
        prove(Tomorrow(), value_panel(days(ROWS), risk=CLOSE))


def test_the_message_has_date_and_both_values():
    # Shifted by one: row 1 (2020-01-02) gives 0.4 with row 2 and its own close 0.7 without.
    panel = price_panel([1.0, 0.7, 0.4, 0.4])
    expected = "signal 'x' reads the future at 2020-01-02 (0.4 with, 0.7 without later rows)"
    with pytest.raises(CheckError, match="^" + re.escape(expected)) as caught:
        prove(signal_of(shifted), panel, first_row=1)
    assert caught.value.exit_code == 6


def test_the_first_row_that_differs_is_named_even_when_it_is_the_only_one():
    # Row 76 after 2020-01-01 is 2020-03-17 (31 + 29 + 16 days).
    with pytest.raises(CheckError, match="at 2020-03-17 "):
        prove(signal_of(peek_at_one_row))


def test_rows_before_the_period_are_not_proven():
    prove(signal_of(peek_at_one_row), first_row=77)


def relative_strength(close: Float) -> Float:
    """Wilder's RSI with a plain loop."""
    out, up, down = np.full(len(close), np.nan), 0.0, 0.0
    for t in range(1, len(close)):
        change = close[t] - close[t - 1]
        up += (max(change, 0) - up) / 14
        down += (max(-change, 0) - down) / 14
        out[t] = 100 * up / (up + down) if up + down > 0 else np.nan
    return out


def drawdown(close: Float) -> Float:
    return close / np.maximum.accumulate(close) - 1


def trailing_mean(close: Float) -> Float:
    return pd.Series(close).rolling(10).mean().to_numpy()


def expanding_score(close: Float) -> Float:
    past = pd.Series(close).expanding()
    return ((close - past.mean()) / (past.std() + 1)).to_numpy()


@pytest.mark.parametrize("honest", [relative_strength, drawdown, trailing_mean, expanding_score])
def test_honest_signals_pass(honest):
    prove(signal_of(honest), first_row=0)


@pytest.mark.parametrize(
    "signal",
    [
        EquityBreakout(panel="test", drought_days=0),
        EquityBreakout(panel="test", drought_days=20, confirm=3, rearm_drawdown=0.05),
        EquityBreakout(panel="test", rule="donchian", sessions=10, drought_days=5, fresh_days=9),
        EquityBreakout(panel="test", price="high", drought_days=9, rearm_sessions=4),
        AltDominance(panel="test", share="close / (close + high + 1)"),
        AltDominance(panel="test", share="close / (high + 1)", mean_days=13),
        AltDominance(panel="test", share="close / (high + 1)", slope_days=13),
        When(when="close > 1 and not high > 1.2 or low / 2 > open"),
        Hysteresis(signal="close", enter=1.1, leave=0.95),
    ],
    ids=lambda signal: signal.kind,
)
def test_the_built_in_signals_pass(signal):
    prove(signal, first_row=0)


def test_an_honest_lookback_passes_although_the_last_bits_differ():
    def mean(close: Float) -> Float:
        out = np.full(len(close), np.nan)
        total = np.cumsum(close)
        out[4:] = (total[4:] - np.append(0.0, total[:-5])) / 5
        return out

    prove(signal_of(mean, window=5))


def test_a_lookback_may_round_next_to_zero():
    # One value of 1e-12 among values about 1: rounding of 1e-16 is a ten-thousandth of it.
    def distance(close: Float) -> Float:
        return np.where(close == CLOSE[76], 1e-12 + len(close) * 1e-18, close)

    prove(signal_of(distance, window=5))


def test_a_lookback_that_is_too_short_is_no_look_ahead_but_stops():
    with pytest.raises(EngineError, match="reads more than its lookback of 9 rows at") as caught:
        prove(signal_of(trailing_mean, window=9))
    assert not isinstance(caught.value, CheckError)


def test_a_lookback_of_no_rows_is_refused():
    with pytest.raises(EngineError, match="lookback of 0; give at least 1"):
        prove(signal_of(np.copy, window=0))


def test_rounding_that_depends_on_later_rows_is_named_as_such():
    def noisy(close: Float) -> Float:
        return close * (1 + len(close) * 1e-14)

    with pytest.raises(
        CheckError, match=r"reads the future .* differ in rounding only: accumulate"
    ):
        prove(signal_of(noisy))


def test_a_signal_cannot_use_the_repair_counts_of_later_rows():
    class Counts(Close):
        def values(self, seen: Panel) -> Float:
            return np.full(len(seen), float(seen.quality["blank_rows"]))

    whole = Panel(**{**vars(PANEL), "quality": {"blank_rows": 3}})
    with pytest.raises(EngineError, match="signal 'x' raised KeyError: 'blank_rows'"):
        prove(Counts(), whole)


def test_a_random_signal_is_told_from_one_that_reads_the_future():
    generator = np.random.default_rng(1)
    with pytest.raises(EngineError, match=r"'x' gives .*, then .* for the same rows at 2020-01-01"):
        prove(signal_of(lambda close: generator.normal(size=len(close))))


def test_values_kept_under_the_name_of_the_panel_do_not_pass_for_prefixes():
    kept: dict[str, Float] = {}

    class Keeps(Close):
        def values(self, seen: Panel) -> Float:
            if seen.name not in kept:
                kept[seen.name] = shifted(seen.column("close"))
            return kept[seen.name][: len(seen)]

    with pytest.raises(CheckError, match="reads the future"):
        prove(Keeps())


def test_a_signal_that_raises_is_named_with_the_cause_and_its_place():
    with pytest.raises(
        EngineError, match=r"signal 'x' raised ZeroDivisionError: .*\(test_honesty.py, line \d+\)"
    ):
        prove(signal_of(lambda close: 1 // 0))


def test_a_signal_that_only_fails_on_short_prefixes_is_named():
    with pytest.raises(EngineError, match="signal 'x' raised IndexError"):
        prove(signal_of(lambda close: close + 0 * close[30]))


def test_a_signal_that_writes_to_its_input_is_named():
    def greedy(close: Float) -> Float:
        close[0] = 0
        return close

    with pytest.raises(EngineError, match=r"signal 'x' raised ValueError: .*read-only"):
        prove(signal_of(greedy))
    assert PANEL.column("close")[0] == CLOSE[0]


def test_an_unknown_field_keeps_its_own_message():
    class Unknown(Close):
        def values(self, seen: Panel) -> Float:
            return seen.column("cap")

    with pytest.raises(DataError, match="no field 'cap'"):
        prove(Unknown())


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda seen: seen.column("close")[1:], r"gives shape \(119,\)"),
        (lambda seen: seen.close, r"gives shape \(120, 1\)"),
        (lambda seen: seen.column("close") > 1, "gives bool; it must give one float64 per row"),
        (lambda seen: list(seen.column("close")), "gives list; it must give one float64 per row"),
        (lambda seen: seen.column("close") / 0, "is infinite at 2020-01-01; give NaN"),
    ],
)
def test_values_are_one_finite_float_a_row(compute, message):
    class Odd(Close):
        def values(self, seen: Panel) -> Float:
            with np.errstate(all="ignore"):
                return compute(seen)

    with pytest.raises(EngineError, match=f"signal 'x' {message}"):
        checked_values("x", Odd(), PANEL)


def test_checked_values_cannot_be_written_to():
    assert not checked_values("x", signal_of(np.copy), PANEL).flags.writeable


def test_a_wide_panel_is_proven_by_its_windows_alone():
    class Breadth(Signal):
        panel: str = "coins"

        @property
        def lookback(self) -> int:
            return 4

        def values(self, seen: Panel) -> Float:
            CALLS.append(len(seen))
            out = np.full(len(seen), np.nan)
            out[3:] = (seen.close[3:] > seen.close[:-3]).sum(axis=1)
            return out

    CALLS.clear()
    prices = np.exp(np.cumsum(np.random.default_rng(3).normal(size=(50, 8)), axis=0))
    prove(Breadth(), coin_panel(prices, tuple("ABCDEFGH")), first_row=10)
    assert CALLS == [50, 50, 50] + [4] * 40  # the values, once again, with an id without bars


def test_a_verdict_is_remembered_and_later_runs_recheck_32_rows(tmp_path):
    prove(Close(), first_row=20, cache=tmp_path)
    CALLS.clear()
    prove(Close(), first_row=20, cache=tmp_path)
    rechecked = CALLS[1:]
    assert CALLS[:1] == [ROWS]  # once: the verdict is about these very values
    assert len(rechecked) == 32
    assert rechecked == sorted(set(rechecked))
    assert min(rechecked) > 20
    CALLS.clear()
    prove(Close(), first_row=20, cache=tmp_path)
    assert CALLS[1:] == rechecked


def test_short_periods_are_rechecked_whole(tmp_path):
    for calls in (2, 1):
        CALLS.clear()
        prove(Close(), first_row=ROWS - 5, cache=tmp_path)
        assert len(CALLS) == calls + 5


def test_a_wide_panel_is_rechecked_on_fewer_rows(tmp_path):
    label = days(1000)
    wide = Panel.build(
        "test",
        "24/7",
        label,
        label,
        label,
        tuple(map(str, range(500))),
        {"close": np.ones((1000, 500))},
    )

    class First(Close):
        def values(self, seen: Panel) -> Float:
            CALLS.append(len(seen))
            return seen.close[:, 0].copy()

    First.__qualname__ = "First"  # a class of a module has a verdict, one of a function has not
    for calls in (3 + 100, 1 + 16):  # 8 million numbers are 16 panels of 1,000 x 500
        CALLS.clear()
        prove(First(), wide, first_row=900, cache=tmp_path)
        assert len(CALLS) == calls


WHOLE, RECHECK = 100 + 2, 32 + 1
"""Calls of a proof of 100 rows, and of a recheck: the values, and before a proof once again."""


def calls_of(cache, signal=None, panel=PANEL, first_row=20) -> int:
    CALLS.clear()
    prove(signal or Close(), panel, first_row=first_row, cache=cache)
    return len(CALLS)


def test_another_panel_period_or_parameter_is_proven_anew(tmp_path):
    assert calls_of(tmp_path) == WHOLE
    assert calls_of(tmp_path, panel=price_panel(CLOSE * 2)) == WHOLE
    assert calls_of(tmp_path, first_row=10) == WHOLE + 10
    assert calls_of(tmp_path, signal=Close(max_age_days=3)) == WHOLE
    assert calls_of(tmp_path) == RECHECK


def test_other_values_from_the_same_source_are_proven_anew(tmp_path, monkeypatch):
    assert calls_of(tmp_path) == WHOLE

    def doubled(self, seen: Panel) -> Float:
        CALLS.append(len(seen))
        return seen.column("close") * 2

    monkeypatch.setattr(Close, "values", doubled)
    assert calls_of(tmp_path) == WHOLE


def test_a_class_made_inside_a_function_has_no_remembered_verdict(tmp_path):
    prove(signal_of(np.copy), cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_class_without_a_source_file_has_no_remembered_verdict(tmp_path, monkeypatch):
    monkeypatch.setattr(Close, "__module__", "somewhere.else")
    assert calls_of(tmp_path) == calls_of(tmp_path) == WHOLE


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"rows": 99}', b"\xff\xfe"])
def test_a_damaged_verdict_counts_for_nothing(tmp_path, damage):
    calls_of(tmp_path)
    (verdict,) = tmp_path.iterdir()
    good = verdict.read_bytes()
    verdict.write_bytes(damage)
    assert calls_of(tmp_path) == WHOLE
    assert verdict.read_bytes() == good
    assert json.loads(good) == {"rows": 100}


def test_a_failed_proof_leaves_no_verdict(tmp_path, monkeypatch):
    monkeypatch.setattr(Close, "values", lambda self, seen: shifted(seen.column("close")))
    with pytest.raises(CheckError):
        prove(Close(), cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_costs_a_proof_and_nothing_else(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert calls_of(blocked / "proofs") == WHOLE
    assert calls_of(blocked / "proofs") == WHOLE


@pytest.mark.parametrize("first_row", [0, ROWS - 1, ROWS])
def test_the_ends_of_the_period_are_fine(first_row):
    prove(Close(), first_row=first_row)


def test_an_empty_panel_has_nothing_to_prove(tmp_path):
    prove(Close(), price_panel([]), first_row=0, cache=tmp_path)


class Strided(Signal):
    """A window with wrong strides: it reads two rows past the end of what it was given."""

    def values(self, seen: Panel) -> Float:
        close = seen.close
        ahead = np.lib.stride_tricks.as_strided(
            close[2:], shape=(len(close),), strides=(close.strides[0],)
        )
        return np.where(np.isnan(ahead), 0.0, np.sign(ahead - close[:, 0]))


def test_a_window_that_reads_past_the_end_is_caught() -> None:
    rows = np.random.default_rng(5).uniform(1, 2, (60, 1))
    label = np.datetime64("2020-01-01", "ns") + np.arange(60) * np.timedelta64(1, "D")
    # Two more rows behind the panel, as in a panel cut at the end of the period.
    wide = Panel.build("p", "24/7", label, label, label, ("A",), {"close": rows}).head(58)
    signal = Strided(panel="p")
    values = checked_values("x", signal, wide)
    with pytest.raises(CheckError, match="signal 'x' reads the future at 2020-01-11"):
        prove_prefix("x", signal, wide, 10, values)


class ShareOfAll(Signal):
    """Counts the columns, those of ids that list later included."""

    panel: str = "coins"

    def values(self, seen: Panel) -> Float:
        rising = np.zeros(len(seen))
        rising[1:] = (seen.close[1:] > seen.close[:-1]).sum(axis=1)
        return rising / len(seen.ids)


class ShareOfListed(ShareOfAll):
    """Counts those with a bar."""

    def values(self, seen: Panel) -> Float:
        return super().values(seen) * len(seen.ids) / np.maximum(seen.has_bar.sum(axis=1), 1)


def test_ids_that_list_later_must_not_count():
    close = np.random.default_rng(2).lognormal(size=(40, 3))
    close[:30, 2] = np.nan
    panel = coin_panel(close, ("A", "B", "C"))
    with pytest.raises(CheckError, match=r"counts ids that nobody knew yet.*`seen.has_bar`"):
        prove(ShareOfAll(), panel)
    prove(ShareOfListed(), panel)
