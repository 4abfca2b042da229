"""Gates: each limit against its figure, and what is undefined is missed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from engine.config.gates import Gates
from engine.gates import (
    INFERENCE,
    TRIALS,
    Evidence,
    GateError,
    Outcome,
    asked,
    check_gates,
    judged,
    missed,
)
from engine.inference.overfitting import overfitting
from engine.regimes import rotations
from engine.result import Result, open_result, write_result
from tests.engine.findings import against, deflation, deflations, inference
from tests.engine.outcomes import flat, rotation

NAN = math.nan


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return open_result(write_result(rotation(), tmp_path_factory.mktemp("out")))


def only(gates: Gates, evidence: Evidence) -> Outcome:
    (outcome,) = judged(gates, evidence)
    return outcome


def test_the_section_and_the_figures_name_the_same_gates() -> None:
    from engine.gates import _FIGURES

    assert list(_FIGURES) == list(Gates.model_fields)
    assert {*TRIALS, *INFERENCE} <= set(Gates.model_fields)


@pytest.mark.parametrize(
    ("key", "value"),
    [("sharpe_min", "1"), ("max_drawdown", -0.4), ("max_drawdown", 40.0), ("dsr_min", 1.0),
     ("events_min", 2.5), ("pbo", 0.1)],
)  # fmt: skip
def test_only_numbers_in_range_and_known_names_are_gates(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Gates.model_validate({key: value})


def test_gates_that_are_not_set_are_not_looked_at(result: Result) -> None:
    assert judged(None, Evidence(result)) == ()
    assert judged(Gates.model_validate({}), Evidence(result)) == ()
    check_gates(())


@pytest.mark.parametrize(
    ("gate", "statistic"), [("sharpe_min", "sharpe"), ("cagr_min", "cagr"), ("psr_min", "psr_vs_0")]
)
def test_at_least_means_at_least(result: Result, gate: str, statistic: str) -> None:
    value = result.value(statistic)
    assert only(Gates.model_validate({gate: value}), Evidence(result)).kept
    assert not only(
        Gates.model_validate({gate: float(np.nextafter(value, 9))}), Evidence(result)
    ).kept


def test_a_drawdown_is_a_share_that_is_not_passed(result: Result) -> None:
    fall = -result.value("max_drawdown")
    assert only(Gates(max_drawdown=fall), Evidence(result)).kept
    lost = only(Gates(max_drawdown=fall - 0.01), Evidence(result))
    assert (lost.kept, lost.value) == (False, fall)


def test_the_lead_is_that_over_the_hardest_benchmark(result: Result) -> None:
    leads = {
        name: result.value("cagr") - result.value(f"{name}.cagr") for name in result.benchmarks
    }
    name = min(leads, key=lambda each: leads[each])
    found = only(Gates(lead_min=0.0), Evidence(result))
    assert (found.value, found.of) == (leads[name], f"over {name}")


def test_events_are_changes_of_target(result: Result) -> None:
    changes = rotations(result)
    assert only(Gates(events_min=changes), Evidence(result)).kept
    assert not only(Gates(events_min=changes + 1), Evidence(result)).kept


def test_a_deflated_ratio_has_to_hold_raw_and_over_every_benchmark(result: Result) -> None:
    found = deflations(deflation(0.97, 0.01), btc=deflation(0.96, 0.03), alts=deflation(0.7, 0.2))
    outcome = only(Gates(dsr_min=0.95), Evidence(result, found))
    assert (outcome.kept, outcome.value, outcome.of) == (False, 0.7, "over alts")
    luck = only(Gates(luck_max=0.1), Evidence(result, found))
    assert (luck.kept, luck.value, luck.of) == (False, 0.2, "over alts")
    drifting = deflations(deflation(0.5, 0.5), btc=deflation(0.96, 0.03))
    assert only(Gates(dsr_min=0.95), Evidence(result, drifting)).of == "raw"


def test_p_values_are_at_most_the_limit(result: Result) -> None:
    found = inference(0.05, 0.06, btc=against(0.02), alts=against(0.3))
    gates = Gates(shift_p_max=0.05, rotation_p_max=0.05, spa_p_max=0.05)
    every = judged(gates, Evidence(result, inference=found))
    assert [(each.value, each.kept) for each in every] == [
        (0.05, True),
        (0.06, False),
        (0.3, False),
    ]
    assert every[2].of == "over alts"


def test_overfitting_is_that_of_the_trials(result: Result) -> None:
    found = overfitting(np.random.default_rng(1).standard_normal((160, 12)), blocks=8)
    outcome = only(Gates(pbo_max=0.5), Evidence(result, overfitting=found))
    assert (outcome.value, outcome.of) == (found.pbo, "of 12 variants")
    alone = overfitting(np.random.default_rng(1).standard_normal((160, 1)), blocks=8)
    lost = only(Gates(pbo_max=0.5), Evidence(result, overfitting=alone))
    assert not lost.kept
    assert "1 different variant: there is no choice" in str(lost)


@pytest.mark.parametrize(
    ("gate", "reason"),
    [
        ("dsr_min", "the trials ledger was not asked"),
        ("luck_max", "the trials ledger was not asked"),
        ("pbo_max", "the trials ledger was not asked"),
        ("shift_p_max", "it takes `run --inference`"),
        ("spa_p_max", "it takes `run --inference`"),
    ],
)
def test_a_figure_that_was_not_computed_is_missed_and_says_why(
    result: Result, gate: str, reason: str
) -> None:
    outcome = only(Gates.model_validate({gate: 0.5}), Evidence(result))
    assert not outcome.kept
    assert outcome.as_json() == {
        "name": gate, "limit": 0.5, "value": None, "kept": False, "of": "", "reason": reason
    }  # fmt: skip


def test_an_undefined_figure_is_missed_and_says_why(tmp_path: Path) -> None:
    still = open_result(write_result(flat(400), tmp_path))
    for gates in (Gates(sharpe_min=-9.0), Gates(events_min=1)):
        outcome = only(gates, Evidence(still))
        assert not outcome.kept
        assert outcome.reason
    nothing = deflation(NAN, NAN, reason="the returns do not vary")
    found = deflations(deflation(0.99, 0.01), btc=nothing)
    for gates in (Gates(dsr_min=0.5), Gates(luck_max=0.5)):
        assert "the returns do not vary" in str(only(gates, Evidence(still, found)))


def test_missed_gates_are_an_error_with_a_code_of_its_own(result: Result) -> None:
    gates = Gates(sharpe_min=99.0, max_drawdown=1.0, shift_p_max=0.05)
    every = judged(gates, Evidence(result))
    assert [each.name for each in missed(every)] == ["sharpe_min", "shift_p_max"]
    with pytest.raises(GateError) as caught:
        check_gates(every)
    assert caught.value.exit_code == 5
    first, *lines = str(caught.value).splitlines()
    assert first == "2 of 3 gates missed; the results are written"
    assert lines == [
        f"  sharpe_min 99: {result.value('sharpe'):.6g}",
        "  shift_p_max 0.05: undefined; it takes `run --inference`",
    ]


def test_what_gates_ask_for_is_known_before_it_is_computed() -> None:
    assert asked(Gates(pbo_max=0.5), TRIALS)
    assert not asked(Gates(pbo_max=0.5), INFERENCE)
    assert not asked(None, TRIALS)
