"""What the ledger says about choosing one run, on a real run and its variants."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.choice import haircuts_of, selection_of
from engine.inference.haircut import single_p_value
from engine.inference.multiple import adjusted
from engine.runs import run
from engine.trials import Trials, trials_of

CONFIG: dict[str, Any] = {
    "version": 1,
    "name": "chosen",
    "hypothesis": {"id": "alts-after-records", "claim": "Alts beat BTC."},
    "period": {"start": "2016-01-01", "end": "2017-12-31"},
    "data": {"simulated": {"seed": 5, "days": 1000, "coins": 8}},
    "clock": "coins",
    "universe": {"min_age_days": 20},
    "signals": {"up": {"kind": "trend", "panel": "equities", "mean_days": 50}},
    "sleeves": {
        "btc": {"kind": "single", "asset": "BTC"},
        "alts": {"kind": "equal_weight", "exclude": ["BTC"]},
    },
    "strategy": {"kind": "rotation", "signal": "up", "on": {"alts": 1.0}, "off": {"btc": 1.0}},
    "schedule": {"kind": "weekly", "or_on_change": True},
    "benchmarks": {"btc": {"sleeve": "btc"}},
}
VARIANTS = (50, 20, 100)


def tried(output: Path, days: int, **changes: Any) -> Any:
    signals = {"up": {**CONFIG["signals"]["up"], "mean_days": days}}
    trial = changes.pop("trial", True)
    config = {**CONFIG, **changes, "signals": signals}
    return run(config, output=output, tearsheet=False, trial=trial)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Trials]:
    output = tmp_path_factory.mktemp("choice")
    results = [tried(output, days) for days in VARIANTS]
    return results, trials_of(output, "alts-after-records")


def test_the_choice_is_among_the_returns_of_all_trials(searched: Any) -> None:
    results, trials = searched
    found = selection_of(results[0], trials, seed=3, resamples=50)
    assert found.names == tuple(f"chosen/{each.id}" for each in results)
    assert (found.n, found.periods_per_year) == (len(results[0].nav), 365.0)
    lead = np.mean(np.column_stack([each.returns for each in results]), axis=0)
    other = results[0].curves["btc"]
    best = float(np.max(lead - np.mean(other[1:] / other[:-1] - 1.0)))
    assert found.superior["btc"].lead == pytest.approx(best, rel=1e-9)


def test_a_run_that_is_no_trial_is_among_the_variants_all_the_same(
    searched: Any, tmp_path: Path
) -> None:
    apart = tried(tmp_path, 10, trial=False)
    found = selection_of(apart, searched[1], seed=3, resamples=50)
    assert found.overfitting.variants == len(VARIANTS) + 1
    assert found.names[-1] == f"chosen/{apart.id}"


def test_trials_of_other_dates_leave_a_run_alone(searched: Any, tmp_path: Path) -> None:
    period = {"start": "2017-06-01", "end": "2018-06-30"}
    other = tried(tmp_path, 50, trial=False, period=period)
    found = selection_of(other, searched[1], seed=3, resamples=50)
    assert found.names == (f"chosen/{other.id}",)
    assert "there is no choice" in found.reason


def test_haircuts_take_the_other_trials_as_they_are(searched: Any) -> None:
    results, trials = searched
    months = int(12 * len(results[0].nav) / 365)
    sharpes = [each.value("sharpe") for each in results]
    p_values = np.array([single_p_value(each, months) for each in sharpes])
    found = haircuts_of(results[0], trials, sharpes[0])
    assert found["bonferroni"].p_value == pytest.approx(min(3 * p_values[0], 1.0), rel=1e-9)
    assert found["holm"].p_value == pytest.approx(adjusted(p_values, "holm")[0], rel=1e-9)
    assert found["bhy"].p_value == pytest.approx(adjusted(p_values, "bhy")[0], rel=1e-9)


def test_a_trial_that_is_lost_still_counts(searched: Any) -> None:
    results, trials = searched
    sharpe = 3.0
    whole, less = (
        haircuts_of(results[0], each, sharpe)["bonferroni"].p_value
        for each in (trials, replace(trials, lost=2))
    )
    assert less == pytest.approx(whole / 3 * 5, rel=1e-9)
    assert not math.isnan(whole)
