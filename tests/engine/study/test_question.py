"""What a config is asked, and what must be written out."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from engine.config.study import StudySpec
from engine.study.question import question
from feeds.errors import ConfigError
from strategies.base import Strategy
from tests.engine.study.studies import config

HOLD = {"kind": "fixed_mix", "mix": {"alts": 0.5, "btc": 0.5}}


def test_the_strategy_says_what_is_studied() -> None:
    found = question(config())
    # `on` holds 90 % alts and 10 % btc, `off` btc.
    assert (found.signal, found.alts, found.base) == ("risk_on", "alts", "btc")
    assert found.horizons_days == (7, 14, 30, 60, 90, 180)


def test_what_the_section_says_goes_before_what_the_strategy_says() -> None:
    spec = StudySpec(signal="slope", alts="btc", base="alts", horizons_days=[30, 5], merge_days=3)
    found = question(config().model_copy(update={"study": spec}))
    assert (found.signal, found.alts, found.base) == ("slope", "btc", "alts")
    assert (found.horizons_days, found.merge_days) == ((5, 30), 3)


def test_a_signal_on_the_command_line_is_studied_instead() -> None:
    assert question(config(), "record").signal == "record"


def test_the_innermost_of_nested_strategies_says_it() -> None:
    class Around(Strategy):
        kind: ClassVar[str] = "around"
        of: Any

        def rule(self, x: Any) -> Any:
            return self.of.rule(x)

    inner = config().strategy
    of = config().model_copy(update={"strategy": Around(of=Around(of=inner))})
    assert question(of) == question(config())


def test_without_sides_the_sleeves_named_alts_and_btc_are_taken() -> None:
    found = question(config(strategy=HOLD), "slope")
    assert (found.alts, found.base) == ("alts", "btc")


@pytest.mark.parametrize(
    ("changes", "signal", "message"),
    [
        ({}, "recrod", "no signal is named 'recrod'; did you mean 'record'"),
        ({"strategy": HOLD}, None, "reads no signal; say which one to study with `--signal NAME`"),
        ({"strategy": HOLD, "signals": {}}, None, "has no signal to study"),
        (
            {"strategy": {"kind": "raw", "name": "sma_cross"}, "signals": {}, "schedule": None,
             "execution": {}, "benchmarks": {}},
            "slope",
            "is a raw strategy, which has no signals to study",
        ),
        (
            {"strategy": {"kind": "fixed_mix", "mix": {"one": 1.0}},
             "sleeves": {"one": {"kind": "single", "asset": "BTC"}}, "benchmarks": {}},
            "record",
            "does not know which sleeve to take as alts",
        ),
        (
            {"strategy": {"kind": "rotation", "signal": "record", "on": {"btc": 1.0},
                          "off": {"btc": 0.5}}},
            None,
            "would compare the sleeve 'btc' with itself",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_told_must_be_written(
    changes: dict[str, Any], signal: str | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        question(config(**changes), signal)


def test_horizons_are_sorted_and_must_be_whole_days_in_reach() -> None:
    assert StudySpec(horizons_days=[30, 7]).horizons_days == [7, 30]
    for wrong in ([], [0], [7, 7], [2000]):
        with pytest.raises(ValidationError):
            StudySpec(horizons_days=wrong)
