"""Every worked example of inference.json, by a table from its group to functions of ours.

An example of a known group is picked up as it is; one of an unknown group, one that asks for a
method that is not ours, or with an expected value that its group does not compute, fails by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.engine.inference.examples import computed
from tests.engine.inference.given import EXAMPLES

# Remarks among the expected values: what theory says of an endless sample, and in words how the
# p-values are ordered, which their own values show.
REMARKS = {"theory_stationary", "ordering", "p_bootstrap_block_length"}

Given = Mapping[str, Any]


def tolerance_of(name: str, expected: Given, usual: Given) -> Given:
    """That of the example, unless the values beside have one for this value or for all."""
    if "tolerance_abs" in expected:
        return {"abs": expected["tolerance_abs"]}
    own = [key for key in expected if key.endswith("_tolerance")]
    for key in own:
        if name.startswith(key.removesuffix("_tolerance")):
            return {"abs": expected[key]}
    return usual


def check(found: Given, expected: Given, usual: Given, where: str) -> None:
    for name, value in expected.items():
        if name in REMARKS or "tolerance" in name or "note" in name:
            continue
        if name.startswith("printed"):
            check_printed(found, value, where)
            continue
        assert name in found, f"{where}: nothing computes '{name}'"
        if isinstance(value, Mapping):
            check(found[name], value, tolerance_of(name, value, usual), f"{where}.{name}")
        elif isinstance(value, str):
            assert found[name] == value, f"{where}: {name}"
        else:
            limits = {"rel": 0.0, "abs": 0.0, **tolerance_of(name, expected, usual)}
            near = pytest.approx(_numbers(value), **limits, nan_ok=True)
            assert found[name] == near, f"{where}: {name}"


def _numbers(value: Any) -> Any:
    """The value with NaN for null, which is how an undefined one is written."""
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return math.nan if value is None else value


def check_printed(found: Given, printed: Any, where: str) -> None:
    """A number in print equals a computed one to the digits it has."""
    if isinstance(printed, Mapping):
        for name, value in printed.items():
            assert name in found, f"{where}: nothing computes '{name}'"
            assert as_printed(found[name], value), f"{where}: {name} in print"
    else:
        assert any(as_printed(value, printed) for value in found.values()), f"{where}: in print"


def as_printed(value: float, printed: float) -> bool:
    digits = len(str(printed).partition(".")[2])
    return abs(value - printed) <= 0.5 * 10.0**-digits + 1e-9


@pytest.mark.shared
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_worked_example_is_reproduced(name: str, shared: Path) -> None:
    example = EXAMPLES[name]
    check(computed(example), example["expected"], example["tolerance"], name)


@pytest.mark.shared
def test_there_are_worked_examples(shared: Path) -> None:
    assert EXAMPLES


def example(group: str, given: Given, expected: Given | None = None) -> Given:
    return {"id": "later", "group": group, "input": given, "expected": expected or {}}


# By hand, or from the examples of the same functions in other words.
FORMS = {
    "PSR a year": (
        "PSR",
        {"sr_annual": 1.586558, "sr_benchmark_annual": 0, "periods_per_year": 12, "n": 24},
        # 0.458 a month of 24, of normal returns: those of `psr_2012_hf_normal`; 1.104882 / 23.
        {"psr": 0.98167, "sr_stderr": math.sqrt((1 + 0.458**2 / 2) / 23)},
    ),
    "MinTRL without a year": (
        "MinTRL",
        {"sr_period": 0.2, "sr_benchmark": 0.1, "confidence": 0.95},
        {"min_trl_periods": 1 + 1.02 * (1.6448536270 / 0.1) ** 2},
    ),
    "MinTRL of nothing": (
        "MinTRL",
        {"sr_annual": 0.5, "sr_benchmark_annual": 1, "periods_per_year": 12},
        {"min_trl_years": None, "min_trl_periods": None},
    ),
    "DSR without moments": (
        "DSR",
        {"n_trials": 100, "var_sr_annual": 0.5, "periods_per_year": 250},
        {"sr0_period": 0.113172, "expected_max_z": 2.530603},
    ),
    "MinBTL for a ratio of 1": ("MinBTL", {"n_trials": 45}, {"min_years": 4.998087}),
    # Against the observed ratio itself: one half.
    "PSR of 2025 against any ratio": (
        "PSR-2025",
        {"sr_period": 0.25, "n": 60, "skew": -1, "kurtosis": 7, "rho": 0.2, "cases": [0.25, 0]},
        # (0.25 - 0) / sqrt((1.2 / 0.8) / 60) = 1.581139 errors.
        {"psr_vs_025": 0.5, "psr_vs_0": 0.943077, "min_trl_vs_025": None},
    ),
    # The power against a ratio that is the benchmark is the level.
    "power with a ratio of its own": (
        "PSR-2025",
        {"sr0": 0, "sr1": 0, "n": 60, "alpha": 0.1, "p_h1": 0.3, "sr_period": 0.2},
        {"beta": 0.9, "pFDR": 0.7, "oFDR": 0.7},
    ),
    # 12 / sqrt(12 + 2 (11 * 0.3 + 10 * 0.1)) = 12 / sqrt(20.6)
    "Lo by correlations": (
        "Lo2002",
        {"q": 12, "autocorrelations": [0.3, 0.1]},
        {"eta": 12 / math.sqrt(20.6), "relative_to_iid": math.sqrt(12 / 20.6)},
    ),
    # 2 / sqrt(2 + 2 rho) for two periods.
    "Lo at another correlation": (
        "Lo2002",
        {"q": 2, "rho": [0.28]},
        {"eta": [1.25], "relative_to_iid_rho_028": 1.25 / math.sqrt(2)},
    ),
    # Without memory; Holm of 0.0009258 among 0.01 and 0.2 is three times it, and BHY times 11 / 6.
    "haircut among others": (
        "Harvey-Liu",
        {"sr_annual": 0.75, "months": 240, "other_p_values": [0.01, 0.2]},
        {"sr_autocorr_adjusted": 0.75, "p_holm": 0.002777, "p_bhy": 0.005092},
    ),
    "PBO of words": (
        "PBO",
        {"matrix": "3 columns, 40 rows: column k = alternating +0.02,-0.01 plus 0.001*k", "S": 2},
        {"pbo": 0.0, "n_combinations": 2, "prob_oos_loss": 0.0},
    ),
    # By hand: moved by a row 0.5 * 0.01 + 2 * -0.02, then 0.5 * -0.02 + 2 * 0.03, then back.
    "shifts of weights": (
        "permutation",
        {"signal": [0.5, 2, 0], "next_bar_returns": [0.03, 0.01, -0.02]},
        {"statistic_by_shift": [0.035, -0.035, 0.05], "p_value": 2 / 3},
    ),
    # 18 choose 9 is more than we enumerate unasked; the best of them only is as high.
    "many permutations": (
        "permutation",
        {"signal": [1] * 9 + [0] * 9, "next_bar_returns": [0.01] * 9 + [0.0] * 9},
        {"p_all_permutations": 1 / 48_620, "n_permutations": 48_620},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_example_of_another_form_is_taken(form: str) -> None:
    group, given, expected = FORMS[form]
    check(computed(example(group, given)), expected, {"abs": 1e-5}, form)


@pytest.mark.parametrize(
    ("group", "given", "words"),
    [
        ("PSR", {"sr_period": 0.1, "n": 9, "variance_at": "the benchmark"}, "'variance_at' asks"),
        (
            "PSR-2025",
            {"n": 9, "variance_at": "observed SR"},
            "'variance_at' asks for 'observed SR'",
        ),
        ("PSR", {"sr_annual": 1.0, "n": 9}, "the input has no 'periods_per_year'"),
        ("PSR", {"n": 9}, "the input has no 'sr_period'"),
        (
            "Ledoit-Wolf",
            {"kernel": "Parzen, bandwidth 5"},
            "'kernel' asks for 'Parzen, bandwidth 5'",
        ),
        ("SPA / Reality Check", {"bootstrap": "circular"}, "'bootstrap' asks for 'circular'"),
        ("PBO", {"S": 8, "metric": "mean"}, "'metric' asks for 'mean', which is not offered"),
        ("PBO", {"S": 8, "threshold": 0.5}, "'threshold' asks for '0.5'"),
        ("PBO", {"S": 8, "matrix": "a few columns"}, "'a few columns', whose words are not known"),
        ("permutation", {"statistic": "mean"}, "'statistic' asks for 'mean'"),
    ],
)
def test_a_method_that_is_not_ours_fails_by_name(group: str, given: Given, words: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=re.escape(words)):
        computed(example(group, given))


def test_an_example_of_an_unknown_group_fails_by_name() -> None:
    with pytest.raises(pytest.fail.Exception, match="'later' is of the group 'tarot'"):
        computed({"id": "later", "group": "tarot"})


def test_an_expected_value_that_nothing_computes_fails_by_name() -> None:
    with pytest.raises(AssertionError, match="later: nothing computes 'luck'"):
        check({"psr": 0.5}, {"luck": 0.5}, {"abs": 1e-6}, "later")
