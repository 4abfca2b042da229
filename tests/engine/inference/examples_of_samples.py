"""Examples that give returns, p-values of resamples among them: what our functions make of them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from engine.inference.bootstrap import block_length, stationary_variance
from engine.inference.crossvalidation import path_count, split_count
from engine.inference.event_study import event_study
from engine.inference.overfitting import overfitting
from engine.inference.overfitting import split_count as halves
from engine.inference.permutation import (
    circular_shifts,
    free_permutation,
    share_as_high,
    shifted_sums,
)
from engine.inference.reality_check import reality_check, superior_ability
from engine.inference.sharpe_difference import bootstrap_difference, sharpe_difference
from tests.engine.inference.given import (
    REFERENCE,
    SEED,
    Found,
    Given,
    offered,
    series_of,
    table_of,
)

# Fewer than the examples drew, within their tolerance.
_RESAMPLES = 2_000
_MOST_COMBINATIONS = 300_000
_NUMBER = r"([+-]?[\d.]+)"
_MATRIX = re.compile(
    r"(\d+) columns, (\d+) rows: column k = "
    rf"alternating {_NUMBER}, ?{_NUMBER} plus {_NUMBER}\*k"
)
_LAYOUT = re.compile(
    r"first (\d+) columns = estimation window, last (\d+) = event window.*"
    r"event day = column (\d+)"
)


def difference(given: Given, expected: Found) -> Found:
    offered(given, "kernel", "Parzen, Andrews automatic bandwidth", "Parzen")
    offered(given, "small_sample", "T/(T-4)")
    # As the authors' code has it: in the unit of the file, percent for them. Ours takes fractions.
    columns = table_of(given, given.get("columns")).values()
    first, second = (column / 100.0 for column in list(columns)[:2])
    plain = sharpe_difference(first, second)
    white = sharpe_difference(first, second, prewhitened=True)
    found = {
        "difference": plain.difference,
        "sharpe_1": plain.first,
        "sharpe_2": plain.second,
        "se_hac": plain.error,
        "se_hac_prewhitened": white.error,
        "p_hac": plain.p_value,
        "p_hac_prewhitened": white.p_value,
    }
    # The block of a resampled p-value is told beside it.
    block = given.get("block_length", expected.get("p_bootstrap_block_length"))
    if block is not None:
        drawn = bootstrap_difference(first, second, block=block, seed=SEED)
        found["p_bootstrap_studentized"] = drawn.p_value
    return found


def blocks(given: Given) -> Found:
    stationary, circular = block_length(series_of(given))
    found = {"stationary": stationary, "circular": circular}
    return {**found, "arch_unit_test": found}


def variances(given: Given) -> Found:
    values, lengths = series_of(given), given["expected_block_lengths"]
    return {"variance_of_sqrt_n_mean": [stationary_variance(values, length) for length in lengths]}


def superior(given: Given) -> Found:
    offered(given, "bootstrap", "stationary")
    offered(given, "values", "losses", "returns", more=True)
    sign = 1.0 if str(given.get("values", "")).startswith("returns") else -1.0
    table = table_of(given)
    names = given.get("models", [name for name in table if name != given["benchmark"]])
    benchmark = sign * table[given["benchmark"]]
    models = sign * np.column_stack([table[name] for name in names])
    resamples = min(given.get("reps", _RESAMPLES), _RESAMPLES)
    drawing = {"seed": SEED, "resamples": resamples, "length": given.get("block_size")}
    spa = superior_ability(benchmark, models, **drawing)
    return {
        "p_lower": spa.lower,
        "p_consistent": spa.consistent,
        "p_upper": spa.upper,
        "reality_check_p_nonstudentized": reality_check(benchmark, models, **drawing).upper,
        "best_model": names[spa.best],
    }


def overfit(given: Given) -> Found:
    if isinstance(given["S"], list):
        return {"n": [halves(count) for count in given["S"]]}
    offered(given, "metric", "mean/std(ddof=1)")
    offered(given, "rank", "ascending average ranks, omega = rank/(N+1), overfit if logit <= 0")
    offered(given, "threshold", "0", "0.0")
    found = overfitting(matrix_of(given), given["S"])
    return {
        "n_combinations": found.splits + found.left_out,
        "pbo": found.pbo,
        "prob_oos_loss": found.loss,
        "degradation_slope": found.slope,
        "degradation_intercept": found.intercept,
        "mean_logit": found.mean_logit,
        "median_logit": found.median_logit,
    }


def matrix_of(given: Given) -> np.ndarray:
    if "csv" in given:
        return np.column_stack(list(table_of(given).values()))
    if isinstance(given["matrix"], list):
        return np.array(given["matrix"], dtype=float)
    told = _MATRIX.fullmatch(given["matrix"])
    if told is None:
        pytest.fail(f"'matrix' asks for '{given['matrix']}', whose words are not known")
    columns, rows = int(told[1]), int(told[2])
    up, down, step = (float(told[place]) for place in (3, 4, 5))
    return np.resize([up, down], rows)[:, None] + step * np.arange(columns)


def cross_validation(given: Given) -> Found:
    return {
        "splits": [split_count(*case) for case in given["cases"]],
        "paths": [path_count(*case) for case in given["cases"]],
    }


def permuted(given: Given) -> Found:
    if "B" in given:
        others = np.concatenate((np.ones(given["n_exceed"]), np.zeros(given["B"])))[: given["B"]]
        return {"p": share_as_high(others, 1.0)}
    offered(given, "statistic", "sum(signal*return), one-sided", more=True)
    signal, returns = (np.array(given[k], dtype=float) for k in ("signal", "next_bar_returns"))
    sums = shifted_sums(signal, returns)
    found = {
        "observed": sums[0],
        "statistic_by_shift": list(sums),
        "p_value": share_as_high(sums[1:], sums[0]),
    }
    # Dates are drawn, not weights: a signal that is not 0 or 1 is shifted only.
    if set(signal.tolist()) == {0.0, 1.0}:
        free = free_permutation(signal > 0.0, returns, SEED, most=_MOST_COMBINATIONS)
        found["p_value"] = circular_shifts(signal > 0.0, returns).p_value
        found |= {"p_all_permutations": free.p_value, "n_permutations": free.arrangements}
    return found


def events(given: Given) -> Found:
    returns, market = (
        np.loadtxt(REFERENCE / given[name], delimiter=",", ndmin=2)
        for name in ("returns", "market")
    )
    told = _LAYOUT.search(given["layout"])
    if told is None or int(told[1]) + int(told[2]) != returns.shape[1]:
        pytest.fail(f"'layout' of {returns.shape[1]} columns is not known: '{given['layout']}'")
    found = event_study(returns, market, estimated=int(told[1]), day=int(told[3]))
    return {
        "aar_day": found.aar_day,
        "caar": found.caar,
        "mean_residual_correlation": found.mean_residual_correlation,
        **{name: test.statistic for name, test in found.tests.items()},
    }
