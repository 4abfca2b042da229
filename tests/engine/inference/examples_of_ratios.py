"""Examples that give a ratio, counts or p-values: what our functions make of them.

Ratios are brought to periods, and keys that are left out have the defaults of the papers. What an
input does not allow is left out of what is found.
"""

from __future__ import annotations

import math

import numpy as np

from engine.inference.autocorrelation import aggregation_factor, ar1_factor, lo_error
from engine.inference.deflated import (
    deflated_sharpe,
    expected_best,
    expected_maximum,
    min_backtest_years,
    min_backtest_years_bound,
)
from engine.inference.haircut import autocorrelation_adjusted, haircuts, simulated_haircuts
from engine.inference.haircut import single_p_value as p_value_of
from engine.inference.multiple import adjusted
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
from tests.engine.inference.given import SEED, Found, Given, offered

# Mean and deviation of the paper's series: its example of a false discovery rate names no ratio.
_OBSERVED = 0.036 / 0.079


def per_period(given: Given, name: str, default: float | None = None) -> float:
    """A ratio per period, as the functions want it, whether it is told so or a year."""
    if f"{name}_annual" in given:
        return float(given[f"{name}_annual"]) / math.sqrt(given["periods_per_year"])
    for key in (f"{name}_period", name):
        if key in given:
            return float(given[key])
    return float(given[f"{name}_period"]) if default is None else default


def moments_of(given: Given) -> tuple[float, float]:
    """Skew and kurtosis, those of a normal where they are not told."""
    return given.get("skew", 0.0), given.get("kurtosis", 3.0)


def label(number: float) -> str:
    """`01` for 0.1, as in the names of expected values."""
    return f"{number:g}".replace(".", "")


def one_ratio(given: Given) -> Found:
    offered(given, "variance_at", "observed SR, divisor n-1")
    ratio, moments = per_period(given, "sr"), moments_of(given)
    against = per_period(given, "sr_benchmark", 0.0)
    needed = min_track_record(ratio, *moments, against, given.get("confidence", 0.95))
    found = {"min_trl_periods": needed}
    if "periods_per_year" in given:
        found["min_trl_years"] = needed / given["periods_per_year"]
    if "n" in given:
        found["sr_stderr"] = sharpe_error(ratio, given["n"], *moments)
        found["psr"] = probabilistic_sharpe(ratio, given["n"], *moments, against)
    return found


def deflation(given: Given) -> Found:
    offered(given, "variance_at", "observed SR, divisor n-1")
    trials = given["n_trials"]
    found = {"expected_max_z": expected_maximum(trials)}
    variance = given.get("var_sr_period")
    if "var_sr_annual" in given:
        variance = given["var_sr_annual"] / given["periods_per_year"]
    if variance is not None:
        found["sr0_period"] = expected_best(trials, variance)
        if "n" in given:
            ratio, moments = per_period(given, "sr"), moments_of(given)
            found["dsr"] = deflated_sharpe(ratio, given["n"], *moments, trials, variance)
    return found


def backtest_length(given: Given) -> Found:
    trials, target = given["n_trials"], given.get("target_annual_sharpe", 1.0)
    return {
        "min_years": min_backtest_years(trials, target),
        "upper_bound_2lnN": min_backtest_years_bound(trials, target),
    }


def inference_of_2025(given: Given) -> Found:
    offered(given, "variance_at", "the benchmark SR0, divisor n")
    shape, memory = (given["n"], *moments_of(given)), given.get("rho", 0.0)
    if "p_h1" in given:
        return discoveries(given, shape, memory)
    ratio = per_period(given, "sr")
    found = {
        "sr_stderr_nonnormal": sharpe_error_2025(ratio, *shape, memory),
        "sr_stderr_normal": sharpe_error_2025(ratio, shape[0], autocorrelation=memory),
    }
    confidence = given.get("confidence", 0.95)
    for case in given.get("cases", [per_period(given, "sr_benchmark", 0.0)]):
        found[f"psr_vs_{label(case)}"] = probabilistic_sharpe_2025(ratio, *shape, case, memory)
        needed = min_track_record_2025(ratio, *shape[1:], case, confidence, memory)
        found[f"min_trl_vs_{label(case)}"] = needed
    return found


def discoveries(given: Given, shape: tuple[int, float, float], memory: float) -> Found:
    prior, level = given["p_h1"], given.get("alpha", 0.05)
    against, alternative = given.get("sr0", 0.0), given["sr1"]
    chance = power(*shape, alternative, against, level, memory)
    found = {"beta": 1.0 - chance, "pFDR": planned_false_discovery(chance, prior, level)}
    ratio = per_period(given, "sr", _OBSERVED)
    found["oFDR"] = observed_false_discovery(ratio, *shape, alternative, prior, against, memory)
    return found


def with_memory(given: Given) -> Found:
    if "cases" in given:
        return {"se": [lo_error(case["sr"], case["n"]) for case in given["cases"]]}
    periods = given["q"]
    alone = aggregation_factor(periods, ())
    if "autocorrelations" in given:
        eta = aggregation_factor(periods, given["autocorrelations"])
        return {"eta": eta, "iid_factor": alone, "relative_to_iid": eta / alone}
    every = np.atleast_1d(given["rho"]).tolist()
    etas = [ar1_factor(periods, rho) for rho in every]
    return {
        "eta": etas if isinstance(given["rho"], list) else etas[0],
        "iid_factor": alone,
        **{
            f"relative_to_iid_rho_{label(rho)}": eta / alone
            for rho, eta in zip(every, etas, strict=True)
        },
    }


def many_tests(given: Given) -> Found:
    if "sr_annual" in given:
        return cut(given)
    values, level = np.array(given["p_values"]), given.get("alpha", 0.05)
    found = {name: adjusted(values, name) for name in ("bonferroni", "holm", "bhy")}
    # An adjusted value that is the level itself is significant at it.
    significant = {
        name: int(np.count_nonzero(each <= level))
        for name, each in {"single": values, **found}.items()
    }
    return {**{name: list(each) for name, each in found.items()}, "significant": significant}


def cut(given: Given) -> Found:
    others = given.get("other_p_values")
    months, tests = given["months"], given.get("n_tests", len(others or ()) + 1)
    ratio = autocorrelation_adjusted(given["sr_annual"], given.get("autocorrelation") or 0.0)
    found = {"sr_autocorr_adjusted": ratio, "p_single": p_value_of(ratio, months)}
    known = None if others is None else np.array(others, dtype=float)
    for name, each in haircuts(ratio, months, tests, known).items():
        found |= {f"p_{name}": each.p_value, f"sr_{name}": each.sharpe}
        found[f"haircut_{name}"] = each.lost
    if "avg_corr" in given:
        drawn = simulated_haircuts(ratio, months, tests, given["avg_corr"], seed=SEED)
        found["simulated"] = {f"p_{name}": each.p_value for name, each in drawn.items()}
    return found
