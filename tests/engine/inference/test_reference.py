"""Every worked example of inference.json, by a table from its group to functions of ours.

An example of a known group is picked up as it is; one of an unknown group, or with an expected
value that its group does not compute, fails by name.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.inference.autocorrelation import aggregation_factor, ar1_factor, lo_error
from engine.inference.bootstrap import block_length, stationary_variance
from engine.inference.crossvalidation import path_count, split_count
from engine.inference.deflated import (
    deflated_sharpe,
    expected_best,
    expected_maximum,
    min_backtest_years,
    min_backtest_years_bound,
)
from engine.inference.event_study import event_study
from engine.inference.haircut import autocorrelation_adjusted, haircuts, simulated_haircuts
from engine.inference.haircut import single_p_value as p_value_of
from engine.inference.multiple import adjusted
from engine.inference.overfitting import overfitting
from engine.inference.overfitting import split_count as halves
from engine.inference.permutation import (
    circular_shifts,
    free_permutation,
    share_as_high,
    shifted_sums,
)
from engine.inference.reality_check import reality_check, superior_ability
from engine.inference.sharpe import (
    min_track_record,
    min_track_record_2025,
    observed_false_discovery,
    planned_false_discovery,
    power,
    probabilistic_sharpe,
    probabilistic_sharpe_2025,
    sharpe_error,
    sharpe_error_2025,
)
from engine.inference.sharpe_difference import bootstrap_difference, sharpe_difference
from tests.conftest import SHARED

REFERENCE = SHARED / "reference"
FILE = REFERENCE / "inference.json"
EXAMPLES = {
    example["id"]: example
    for example in (json.loads(FILE.read_text())["examples"] if FILE.is_file() else ())
}
SEED = 20_240_428
# Remarks among the expected values: what theory says of an endless sample, and in words how the
# p-values are ordered, which their own values show.
REMARKS = {"theory_stationary", "ordering", "p_bootstrap_block_length"}

Given = Mapping[str, Any]


def column_of(name: str, column: str) -> np.ndarray:
    with (REFERENCE / name).open(newline="") as file:
        return np.array([float(row[column]) for row in csv.DictReader(file)])


def columns_of(name: str, columns: list[str]) -> np.ndarray:
    return np.column_stack([column_of(name, column) for column in columns])


def ratio_of(given: Given) -> float:
    """Per period, as the functions want it."""
    if "sr_period" in given:
        return float(given["sr_period"])
    return float(given["sr_annual"]) / math.sqrt(given["periods_per_year"])


def probabilistic(given: Given) -> Given:
    moments = given["skew"], given["kurtosis"]
    return {
        "psr": probabilistic_sharpe(given["sr_period"], given["n"], *moments, given["sr_benchmark"])
    }


def track_record(given: Given) -> Given:
    ratio, moments = ratio_of(given), (given["skew"], given["kurtosis"])
    periods = given["periods_per_year"]
    benchmark = given.get("sr_benchmark", 0.0)
    if "sr_benchmark_annual" in given:
        benchmark = given["sr_benchmark_annual"] / math.sqrt(periods)
    needed = min_track_record(ratio, *moments, benchmark, given["confidence"])
    found = {"min_trl_periods": needed, "min_trl_years": needed / periods}
    if "n" in given:
        found["sr_stderr"] = sharpe_error(ratio, given["n"], *moments)
    return found


def deflation(given: Given) -> Given:
    trials = given["n_trials"]
    if "skew" not in given:
        return {"expected_max_z": expected_maximum(trials)}
    variance = given.get("var_sr_period")
    if variance is None:
        variance = given["var_sr_annual"] / given["periods_per_year"]
    moments = given["skew"], given["kurtosis"]
    return {
        "sr0_period": expected_best(trials, variance),
        "dsr": deflated_sharpe(ratio_of(given), given["n"], *moments, trials, variance),
    }


def backtest_length(given: Given) -> Given:
    trials, target = given["n_trials"], given["target_annual_sharpe"]
    return {
        "min_years": min_backtest_years(trials, target),
        "upper_bound_2lnN": min_backtest_years_bound(trials, target),
    }


def inference_of_2025(given: Given) -> Given:
    count, moments = given["n"], (given["skew"], given["kurtosis"])
    if "p_h1" not in given:
        ratio = given["sr_period"]
        return {
            "psr_vs_0": probabilistic_sharpe_2025(ratio, count, *moments),
            "psr_vs_01": probabilistic_sharpe_2025(ratio, count, *moments, 0.1),
            "min_trl_vs_0": min_track_record_2025(ratio, *moments),
            "sr_stderr_nonnormal": sharpe_error_2025(ratio, count, *moments),
            "sr_stderr_normal": sharpe_error_2025(ratio, count),
        }
    prior, alternative, against = given["p_h1"], given["sr1"], given["sr0"]
    chance = power(count, *moments, alternative, against, given["alpha"])
    # The example names no observed ratio; the paper's series is the one of `psr_2025_variant`.
    observed = EXAMPLES["psr_2025_variant"]["input"]["sr_period"]
    return {
        "beta": 1.0 - chance,
        "pFDR": planned_false_discovery(chance, prior, given["alpha"]),
        "oFDR": observed_false_discovery(observed, count, *moments, alternative, prior, against),
    }


def with_memory(given: Given) -> Given:
    if "cases" in given:
        return {"se": [lo_error(case["sr"], case["n"]) for case in given["cases"]]}
    periods = given["q"]
    return {
        "eta": [ar1_factor(periods, rho) for rho in given["rho"]],
        "iid_factor": aggregation_factor(periods, ()),
        "relative_to_iid_rho_01": ar1_factor(periods, 0.1) / math.sqrt(periods),
    }


def many_tests(given: Given) -> Given:
    if "p_values" in given:
        values, level = np.array(given["p_values"]), given["alpha"]
        found = {name: adjusted(values, name) for name in ("bonferroni", "holm", "bhy")}
        every = {"single": values, **found}
        return {
            **{name: list(each) for name, each in found.items()},
            "significant": {
                # An adjusted value that is the level itself is significant at it.
                name: int(np.count_nonzero(each <= level))
                for name, each in every.items()
            },
        }
    memory, months, tests = given["autocorrelation"], given["months"], given["n_tests"]
    ratio = autocorrelation_adjusted(given["sr_annual"], memory or 0.0)
    cuts = haircuts(ratio, months, tests)
    found = {"sr_autocorr_adjusted": ratio, "p_single": p_value_of(ratio, months)}
    for name, cut in cuts.items():
        found |= {f"p_{name}": cut.p_value, f"sr_{name}": cut.sharpe, f"haircut_{name}": cut.lost}
    if "avg_corr" in given:
        drawn = simulated_haircuts(ratio, months, tests, given["avg_corr"], seed=SEED)
        found["simulated"] = {f"p_{name}": cut.p_value for name, cut in drawn.items()}
    return found


def difference(given: Given, expected: Given) -> Given:
    # The authors' returns are in percent.
    first, second = columns_of(given["csv"], given["columns"]).T / 100.0
    plain = sharpe_difference(first, second)
    white = sharpe_difference(first, second, prewhitened=True)
    block = expected["p_bootstrap_block_length"]
    drawn = bootstrap_difference(first, second, block=block, seed=SEED)
    return {
        "difference": plain.difference,
        "sharpe_1": plain.first,
        "sharpe_2": plain.second,
        "se_hac": plain.error,
        "se_hac_prewhitened": white.error,
        "p_hac": plain.p_value,
        "p_hac_prewhitened": white.p_value,
        "p_bootstrap_studentized": drawn.p_value,
    }


def blocks(given: Given) -> Given:
    stationary, circular = block_length(column_of(given["csv"], given["column"]))
    found = {"stationary": stationary, "circular": circular}
    return {**found, "arch_unit_test": found}


def variances(given: Given) -> Given:
    values = np.array(given["x"])
    lengths = given["expected_block_lengths"]
    return {"variance_of_sqrt_n_mean": [stationary_variance(values, length) for length in lengths]}


def superior(given: Given) -> Given:
    benchmark = -column_of(given["csv"], given["benchmark"])
    models = -columns_of(given["csv"], given["models"])
    drawing = {"seed": SEED, "resamples": 2_000, "length": given["block_size"]}
    spa = superior_ability(benchmark, models, **drawing)
    return {
        "p_lower": spa.lower,
        "p_consistent": spa.consistent,
        "p_upper": spa.upper,
        "reality_check_p_nonstudentized": reality_check(benchmark, models, **drawing).upper,
        "best_model": given["models"][spa.best],
    }


def overfit(given: Given) -> Given:
    if isinstance(given["S"], list):
        return {"n": [halves(count) for count in given["S"]]}
    found = overfitting(returns_of(given), given["S"])
    return {
        "n_combinations": found.splits + found.left_out,
        "pbo": found.pbo,
        "prob_oos_loss": found.loss,
        "degradation_slope": found.slope,
        "degradation_intercept": found.intercept,
        "mean_logit": found.mean_logit,
        "median_logit": found.median_logit,
    }


def returns_of(given: Given) -> np.ndarray:
    if "csv" in given:
        return np.loadtxt(REFERENCE / given["csv"], delimiter=",", skiprows=1)
    words = "4 columns, 160 rows: column k = alternating +0.01,-0.008 plus 0.002*k"
    assert given["matrix"] == words
    return np.tile([[0.01], [-0.008]], (80, 1)) + 0.002 * np.arange(4)


def cross_validation(given: Given) -> Given:
    return {
        "splits": [split_count(*case) for case in given["cases"]],
        "paths": [path_count(*case) for case in given["cases"]],
    }


def permuted(given: Given) -> Given:
    if "B" in given:
        others = np.concatenate((np.ones(given["n_exceed"]), np.zeros(given["B"])))[: given["B"]]
        return {"p": share_as_high(others, 1.0)}
    signal, returns = np.array(given["signal"], dtype=float), np.array(given["next_bar_returns"])
    sums = shifted_sums(signal, returns)
    free = free_permutation(signal > 0, returns, SEED)
    return {
        "observed": sums[0],
        "statistic_by_shift": list(sums),
        "p_value": circular_shifts(signal > 0, returns).p_value,
        "p_all_permutations": free.p_value,
        "n_permutations": free.arrangements,
    }


def events(given: Given) -> Given:
    returns, market = (
        np.loadtxt(REFERENCE / given[name], delimiter=",") for name in ("returns", "market")
    )
    assert "first 100 columns = estimation window" in given["layout"]
    assert "event day = column 105" in given["layout"]
    found = event_study(returns, market, estimated=100, day=105)
    return {
        "aar_day": found.aar_day,
        "caar": found.caar,
        "mean_residual_correlation": found.mean_residual_correlation,
        **{name: test.statistic for name, test in found.tests.items()},
    }


BY_GROUP: dict[str, Callable[..., Given]] = {
    "PSR": probabilistic,
    "MinTRL": track_record,
    "DSR": deflation,
    "MinBTL": backtest_length,
    "PSR-2025": inference_of_2025,
    "Lo2002": with_memory,
    "Harvey-Liu": many_tests,
    "Ledoit-Wolf": difference,
    "block length": blocks,
    "stationary bootstrap": variances,
    "SPA / Reality Check": superior,
    "PBO": overfit,
    "CPCV": cross_validation,
    "permutation": permuted,
    "event study": events,
}


def computed(example: Given) -> Given:
    if example["group"] not in BY_GROUP:
        pytest.fail(f"'{example['id']}' is of the group '{example['group']}', which is not known")
    function = BY_GROUP[example["group"]]
    # The block length of a resampled p-value is told beside it.
    if function is difference:
        return function(example["input"], example["expected"])
    return function(example["input"])


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
            assert found[name] == pytest.approx(value, **limits), f"{where}: {name}"


def check_printed(found: Given, printed: Any, where: str) -> None:
    """A number in print equals a computed one to the digits it has."""
    if isinstance(printed, Mapping):
        for name, value in printed.items():
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
def test_all_worked_examples_are_walked(shared: Path) -> None:
    assert len(EXAMPLES) >= 39
    assert {example["group"] for example in EXAMPLES.values()} == set(BY_GROUP)


def test_an_example_of_an_unknown_group_fails_by_name() -> None:
    with pytest.raises(pytest.fail.Exception, match="'later' is of the group 'tarot'"):
        computed({"id": "later", "group": "tarot"})


def test_an_expected_value_that_nothing_computes_fails_by_name() -> None:
    with pytest.raises(AssertionError, match="later: nothing computes 'luck'"):
        check({"psr": 0.5}, {"luck": 0.5}, {"abs": 1e-6}, "later")
