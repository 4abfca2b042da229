from __future__ import annotations

import pytest
from pydantic import ValidationError

from strategies.registry import build, kinds
from strategies.rules import BuyAndHold, FixedMix, Ranking, Rotation, Stop

ROTATION = Rotation(signal="risk_on", on={"alts": 1.0}, off={"btc": 0.5})


@pytest.mark.parametrize(("value", "sleeve"), [(1.0, "alts"), (0.2, "alts"), (0.0, "btc")])
def test_rotation_is_on_above_zero(value, sleeve):
    assert list(ROTATION.rule({"risk_on": value})) == [sleeve]


def test_rotation_is_off_below_zero():
    # A raw distance such as dominance switches by its sign.
    assert ROTATION.rule({"risk_on": -0.3}) == {"btc": 0.5}


def test_rotation_names_its_signal_and_sleeves():
    assert ROTATION.signals == ("risk_on",)
    assert ROTATION.sleeves == ("alts", "btc")


def test_empty_shares_are_cash():
    assert Rotation(signal="s", on={"alts": 1.0}, off={}).rule({"s": 0.0}) == {}


def test_buy_and_hold_decides_once():
    strategy = BuyAndHold(hold={"btc": 1.0})
    assert strategy.once
    assert not strategy.signals
    assert strategy.rule({}) == {"btc": 1.0}


def test_a_fixed_mix_is_kept_at_every_decision():
    strategy = FixedMix(mix={"btc": 0.6, "alts": 0.4})
    assert not strategy.once
    assert strategy.rule({}) == {"alts": 0.4, "btc": 0.6}


@pytest.mark.parametrize(
    ("strategy", "parameter"),
    [
        (ROTATION, "on"),
        (BuyAndHold(hold={"btc": 1.0}), "hold"),
        (Stop(of=ROTATION, loss=0.1), "to"),
        (Ranking(scores={"btc": "a"}), "scores"),
    ],
)
def test_parameters_cannot_be_written_to(strategy, parameter):
    with pytest.raises(TypeError, match="does not support item assignment"):
        getattr(strategy, parameter)["btc"] = 0.5


def test_a_portfolio_is_sorted_and_can_be_given_to_another_strategy():
    strategy = FixedMix(mix={"btc": 0.6, "alts": 0.4})
    assert list(strategy.mix) == ["alts", "btc"]
    assert FixedMix(mix=strategy.mix) == strategy
    assert FixedMix(**strategy.model_dump()) == strategy
    assert strategy.model_dump(mode="json") == {"mix": {"alts": 0.4, "btc": 0.6}}
    assert strategy.mix | {"btc": 0.1} == {"alts": 0.4, "btc": 0.1}


@pytest.mark.parametrize("shares", [{"btc": 1.1}, {"btc": -0.1}, {"btc": float("nan")}])
def test_shares_beyond_the_account_are_refused(shares):
    with pytest.raises(ValidationError):
        build("strategy", {"kind": "fixed_mix", "mix": shares})


def test_the_built_in_strategies_are_registered():
    assert {"buy_and_hold", "fixed_mix", "rotation"} <= set(kinds("strategy"))
