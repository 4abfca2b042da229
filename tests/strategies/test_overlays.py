"""Strategies of several sleeves, and strategies around strategies."""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import replace
from types import MappingProxyType

import pytest
from pydantic import ValidationError

from strategies.held import Held, Remembers
from strategies.registry import build, kinds
from strategies.rules import (
    Cases,
    FixedMix,
    Ranking,
    Rotation,
    Stop,
    Tilt,
    VolatilityTarget,
)

ROTATION = Rotation(signal="risk_on", on={"alts": 1.0}, off={"btc": 0.5})
CASES = Cases.model_validate(
    {
        "cases": [
            {"signal": "a", "hold": {"alts": 1.0}},
            {"signal": "b", "hold": {"btc": 0.5}},
            {"signal": "a", "hold": {"eth": 1.0}},
        ],
        "otherwise": {},
    }
)


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [(1, 1, {"alts": 1.0}), (-1, 0.1, {"btc": 0.5}), (0, 0, {})],
)
def test_the_first_case_that_is_on_wins(a, b, wanted):
    assert CASES.rule({"a": a, "b": b}) == wanted


def test_cases_name_each_signal_and_sleeve_once():
    assert CASES.signals == ("a", "b")
    assert CASES.sleeves == ("alts", "btc", "eth")


@pytest.mark.parametrize(
    ("value", "alts", "btc"),
    # (value + 0.1) / 0.4 of alts, and the rest of 0.5 in btc
    [(-9, 0, 0.5), (-0.1, 0, 0.5), (0.0, 0.25, 0.375), (0.1, 0.5, 0.25), (0.3, 1, 0), (9, 1, 0)],
)
def test_a_tilt_blends_by_the_strength_of_the_signal(value, alts, btc):
    tilt = Tilt(signal="s", low=-0.1, high=0.3, on={"alts": 1.0}, off={"btc": 0.5})
    assert tilt.rule({"s": value}) == pytest.approx({"alts": alts, "btc": btc}, abs=1e-15)


def test_a_tilt_needs_room_between_its_ends():
    with pytest.raises(ValidationError, match=r"`low` is 0.3; it must be below `high`, 0.3"):
        Tilt(signal="s", low=0.3, high=0.3, on={}, off={})


SCORES = {"c": "of_c", "a": "of_a", "b": "of_b"}


@pytest.mark.parametrize(
    ("count", "above", "wanted"),
    [
        (1, None, {"b": 1.0}),
        (2, None, {"a": 0.5, "b": 0.5}),  # a and c are equal: a comes first
        (3, 0.1, {"b": 1 / 3}),  # a and c are not above 0.1: two thirds stay in cash
        (1, 0.5, {}),
    ],
)
def test_the_highest_sleeves_share_alike(count, above, wanted):
    ranking = Ranking(scores=SCORES, count=count, above=above)
    assert ranking.rule({"of_a": 0.1, "of_b": 0.5, "of_c": 0.1}) == wanted
    assert ranking.sleeves == ("a", "b", "c")


def test_no_more_sleeves_are_held_than_are_ranked():
    with pytest.raises(ValidationError, match="`count` is 4, but `scores` has 3 sleeves"):
        Ranking(scores=SCORES, count=4)


@pytest.mark.parametrize(
    ("volatility", "scale"), [(0.0, 1.0), (0.5, 1.0), (0.6, 1.0), (1.2, 0.5), (6.0, 0.1)]
)
def test_a_volatility_target_only_scales_down(volatility, scale):
    target = VolatilityTarget(of=ROTATION, volatility="vol", target=0.6)
    found = target.rule({"risk_on": 0.0, "vol": volatility})
    assert found == pytest.approx({"btc": 0.5 * scale})
    assert (target.signals, target.sleeves) == (("vol", "risk_on"), ("alts", "btc"))
    assert not target.reads_held


def watched(
    strategy: Stop,
    closes: list[tuple[int, float]],
    due: Container[int] = range(99),
    **x: list[float],
) -> list[bool]:
    """Whether the stop is on at each close (day, NAV), as the engine asks on days that are due."""
    held, found, last = Held({}), [], None
    for row, (day, nav) in enumerate(closes):
        now = {"risk_on": 1.0} | {name: numbers[row] for name, numbers in x.items()}
        held = replace(held, nav=nav, day=day)
        held = replace(held, memory=MappingProxyType(dict(strategy.remember(now, held))))
        found.append("stopped_on" in held.memory)
        if any(map(math.isnan, now.values())):
            continue
        shares = strategy.rule(now, held)
        if shares != last and day in due:
            held, last = replace(held, entry_nav=nav), shares
    return found


def test_a_stop_is_left_when_the_fall_from_the_peak_is_reached_and_resumes_after_the_pause():
    stop = Stop(of=ROTATION, loss=0.2, pause_days=3)
    # The peak is 1.5, and 1.2 is 20 % below it. Three days after day 3 it resumes at 1.1, which
    # is the new level: 0.9 is above 0.88, 0.88 is not.
    closes = [1.0, 1.5, 1.21, 1.2, 1.3, 1.0, 1.1, 0.9, 0.88, 0.88]
    found = watched(stop, list(enumerate(closes)))
    assert [day for day, on in enumerate(found) if on] == [3, 4, 5, 8, 9]


def test_a_stop_since_entry_forgets_the_peak():
    stop = Stop(of=ROTATION, loss=0.2, pause_days=2, since="entry")
    # Bought at 1.0: 1.2 is no loss, 0.8 is. It resumes on day 5 at 0.7; 0.55 is 21 % less.
    closes = [1.0, 1.5, 1.2, 0.8, 0.9, 0.7, 0.57, 0.55]
    found = watched(stop, list(enumerate(closes)))
    assert [day for day, on in enumerate(found) if on] == [3, 4, 7]


FALL = [1.0, 0.95, 0.9, 0.85, 0.8, 0.75]


def test_shares_that_are_only_scaled_are_no_new_entry():
    target = VolatilityTarget(of=ROTATION, volatility="vol", target=0.5)
    stop = Stop(of=target, loss=0.2, since="entry")
    # Other shares at every close, of the same sleeve: bought at 1.0, and 0.8 is 20 % less.
    found = watched(stop, list(enumerate(FALL)), vol=[1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    assert found == [False] * 4 + [True] * 2


def test_a_sleeve_that_comes_or_goes_is_a_new_entry():
    tilt = Tilt(signal="s", low=0.0, high=1.0, on={"alts": 1.0}, off={"btc": 1.0})
    stop = Stop(of=tilt, loss=0.2, since="entry")
    # At 0.9 alts come to btc: 0.75 is 17 % less than that, 0.72 is 20 % less.
    closes = list(enumerate([*FALL, 0.72]))
    found = watched(stop, closes, s=[0.0, 0.0, 0.3, 0.4, 0.5, 0.6, 0.7])
    assert found == [False] * 6 + [True]


def test_an_entry_is_where_a_decision_was_taken_and_an_unknown_signal_is_none():
    stop = Stop(of=ROTATION, loss=0.2, since="entry")
    nan = math.nan
    # Off from day 1 on, and decided on day 3 at 0.85: 0.68 is 20 % less.
    closes = list(enumerate([*FALL, 0.7, 0.68]))
    found = watched(stop, closes, {0, 3}, risk_on=[1.0, 0.0, nan, 0.0, 0.0, nan, 0.0, 0.0])
    assert found == [False] * 7 + [True]


def test_an_entry_from_cash_at_the_nav_of_the_exit_is_one():
    stop = Stop(of=VolatilityTarget(of=CASES, volatility="v", target=1.0), loss=0.2, since="entry")
    # Cash from 0.9 on, bought again at 0.9 on day 4, less of it on day 5: 0.72 is 20 % less.
    navs = [1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.75, 0.72]
    v = [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 4.0]
    on = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    found = watched(stop, list(enumerate(navs)), a=on, b=[0.0] * 8, v=v)
    assert found == [False] * 7 + [True]


def test_the_pause_counts_days_and_not_closes():
    stop = Stop(of=ROTATION, loss=0.2, pause_days=4)
    # Sessions: stopped on Friday, day 1; the fourth day after it is Tuesday, day 5.
    found = watched(stop, [(0, 1.0), (1, 0.7), (4, 0.7), (5, 0.7)])
    assert found == [False, True, True, False]


def test_a_pause_may_be_spent_in_another_sleeve():
    stop = Stop(of=FixedMix(mix={"alts": 1.0}), loss=0.5, to={"btc": 1.0})
    held = Held({"cash": 0.0}, nav=0.4, memory={"level": 1.0})
    memory = stop.remember({}, held)
    assert memory == {"level": 1.0, "stopped_on": 0.0}
    assert stop.rule({}, replace(held, memory=memory)) == {"btc": 1.0}
    assert stop.sleeves == ("alts", "btc")


def test_nested_memories_do_not_meet():
    inner = Stop(of=ROTATION, loss=0.1, pause_days=5)
    outer = Stop(of=VolatilityTarget(of=inner, volatility="v", target=1.0), loss=0.5)
    assert outer.reads_held
    assert isinstance(outer, Remembers)
    x = {"risk_on": 1.0, "v": 2.0}
    held = Held({}, nav=1.0)
    held = replace(held, memory=outer.remember(x, held))
    fallen = replace(held, nav=0.85, day=7)
    memory = outer.remember(x, fallen)
    # The inner stop is reached at 10 %, the outer one is not.
    assert memory["of.of.stopped_on"] == 7.0
    assert "stopped_on" not in memory
    assert outer.rule(x, replace(fallen, memory=memory)) == {}
    assert outer.rule(x, held) == {"alts": 0.5}


def test_a_strategy_that_reads_nothing_held_makes_an_overlay_that_does_not_either():
    plain = VolatilityTarget(of=ROTATION, volatility="v", target=1.0)
    stopped = VolatilityTarget(of=Stop(of=ROTATION, loss=0.1), volatility="v", target=1.0)
    assert (plain.reads_held, stopped.reads_held) == (False, True)
    assert not Stop(of=plain, loss=0.1).once


@pytest.mark.parametrize("kind", ["stop", "volatility_target"])
def test_a_strategy_that_decides_once_cannot_be_inside_another(kind):
    inside = {"kind": "buy_and_hold", "hold": {"alts": 1.0}}
    example = {**kinds("strategy")[kind].example, "of": inside}
    with pytest.raises(ValidationError, match=r"decides once.*write `kind: fixed_mix`") as stopped:
        build("strategy", {"kind": kind, **example})
    assert stopped.value.errors()[0]["loc"] == ("of",)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "rotatoin"}, "unknown strategy kind `rotatoin`. Did you mean `rotation`?"),
        ({"signal": "s"}, "missing; one of"),
        ({"kind": "raw", "name": "sma_cross"}, "unknown strategy kind `raw`"),
        ("rotation", "expected a map with a `kind`"),
        ({"kind": "fixed_mix", "mix": {"a": 2.0}}, "of.mix"),
    ],
)
def test_a_wrong_strategy_inside_is_named(wrong, message):
    with pytest.raises(ValidationError) as stopped:
        build("strategy", {"kind": "stop", "loss": 0.1, "of": wrong})
    assert message in str(stopped.value)


def test_overlays_are_read_back_from_what_they_write():
    stop = Stop(of=VolatilityTarget(of=CASES, volatility="v", target=1.0), loss=0.1)
    plain = stop.model_dump(mode="json")
    assert build("strategy", {"kind": "stop", **plain}) == stop
    with pytest.raises(ValidationError):
        stop.loss = 0.2


def test_every_strategy_has_an_example_that_builds():
    for name, kind in kinds("strategy").items():
        if kind.__module__.startswith("strategies."):
            assert build("strategy", {"kind": name, **kind.example}).sleeves
