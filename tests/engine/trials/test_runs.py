"""What a run writes down, and when: a trial is what was tried, not what it is called."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from engine import plugins
from engine.result import open_result
from engine.runs import run
from engine.trials import LEDGER, check_trials, deflated, hypothesis_of, trials_of
from feeds.errors import DataError, OutputError
from strategies import registry

CONFIG: dict[str, Any] = {
    "version": 1,
    "name": "held",
    "hypothesis": {"id": "alts-rise", "claim": "Alts rise."},
    "period": {"start": "2018-02-01", "end": "2018-04-20"},
    "data": {"simulated": {"seed": 3, "start": "2018-01-01", "days": 400, "coins": 8}},
    "clock": "coins",
    "universe": {"min_age_days": 20},
    "sleeves": {"btc": {"kind": "single", "asset": "BTC"}, "alts": {"kind": "equal_weight"}},
    "strategy": {"kind": "fixed_mix", "mix": {"alts": 0.6, "btc": 0.3}},
    "schedule": {"kind": "monthly"},
    "benchmarks": {"btc": {"sleeve": "btc"}},
}


def tried(output: Path, trial: bool = True, **changes: Any) -> Any:
    return run({**CONFIG, **changes}, output=output, tearsheet=False, trial=trial)


def entries(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / LEDGER).read_text().splitlines()]


def count(output: Path) -> int:
    return check_trials(output).trials.get("alts-rise", 0)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tried(tmp_path_factory.mktemp("results"))


def test_a_run_writes_what_was_tried_and_how_it_went(first: Any) -> None:
    (entry,) = entries(first.path.parents[1])
    assert (entry["hypothesis"], entry["name"], entry["run"]) == ("alts-rise", "held", first.id)
    assert entry["bars"] == len(first.returns)
    # `statistics.json` has the same figures: the ratio of the mean to the deviation, a year.
    year = entry["periods_per_year"] ** 0.5
    assert entry["raw"]["sharpe"] * year == pytest.approx(first.value("sharpe"), rel=1e-12)
    ratio = first.value("vs_btc.information_ratio")
    assert entry["active"]["btc"]["sharpe"] * year == pytest.approx(ratio, rel=1e-12)
    kurtosis = first.value("excess_kurtosis_population")
    assert entry["raw"]["kurtosis"] == pytest.approx(kurtosis + 3, rel=1e-12)
    found = trials_of(first.path.parents[1], "alts-rise")
    assert found.common().returns[:, 0] == pytest.approx(first.returns, abs=0)
    assert found.common().times.tolist() == first.instants.tolist()


def test_a_result_is_deflated_by_the_ledger_it_is_in(first: Any) -> None:
    found = deflated(first, trials_of(first.path.parents[1], hypothesis_of(first.experiment)))
    assert found.listed
    assert found.raw.probability == pytest.approx(first.value("psr_vs_0"), rel=1e-12)
    assert set(found.active) == {"btc"}


def test_a_rerun_is_no_new_trial_nor_is_one_by_another_name_or_judged_otherwise(
    tmp_path: Path,
) -> None:
    tried(tmp_path)
    before = (tmp_path / LEDGER).read_bytes()
    tried(tmp_path)
    tried(tmp_path, name="held-again")
    tried(tmp_path, hypothesis={"id": "alts-rise", "claim": "In other words: alts rise."})
    tried(tmp_path, report={"risk_free": 0.04})
    run(CONFIG, output=tmp_path, tearsheet=False, force=True)
    assert (tmp_path / LEDGER).read_bytes() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"execution": {"fee_bps": 20}},
        {"strategy": {"kind": "fixed_mix", "mix": {"alts": 0.5, "btc": 0.3}}},
        {"period": {"start": "2018-02-02", "end": "2018-04-20"}},
        {"data": {"simulated": {**CONFIG["data"]["simulated"], "seed": 4}}},
        {"benchmarks": {}},
    ],
    ids=["costs", "parameters", "period", "data", "benchmarks"],
)
def test_what_changes_the_run_is_a_new_trial(tmp_path: Path, changes: dict[str, Any]) -> None:
    tried(tmp_path)
    tried(tmp_path, **changes)
    assert count(tmp_path) == 2


def test_the_same_run_for_another_hypothesis_is_another_trial(tmp_path: Path) -> None:
    tried(tmp_path)
    tried(tmp_path, hypothesis=None)
    assert check_trials(tmp_path).trials == {"alts-rise": 1, "held": 1}


def test_another_version_of_the_program_makes_no_new_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tried(tmp_path)
    monkeypatch.setattr("engine.fingerprint.package_digest", lambda: "f" * 64)
    second = tried(tmp_path)
    assert second.id != first.id
    assert count(tmp_path) == 1
    assert len(entries(tmp_path)) == 1  # the returns are the same: nothing to tell


PLUGIN = """
from strategies.base import Shares, Strategy
from strategies.registry import register


@register("mostly")
class Mostly(Strategy):
    \"\"\"The same shares always.\"\"\"

    hold: Shares

    def rule(self, x):
        return self.hold
"""


def test_an_edited_plugin_is_a_new_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for family in registry.FAMILIES:
        monkeypatch.setitem(registry._KINDS, family, dict(registry.kinds(family)))
    monkeypatch.setattr(plugins, "_LOADED", {})
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "plugin_trials", raising=False)
    file = tmp_path / "trials.py"
    for number, text in enumerate((PLUGIN, PLUGIN + "# another word\n", PLUGIN)):
        file.write_text(text)
        plugins.load_plugins(file)
        tried(tmp_path / "out", strategy={"kind": "mostly", "hold": {"alts": 0.8}})
        assert count(tmp_path / "out") == min(number + 1, 2)
    del sys.modules["plugin_trials"]


def test_deleted_results_are_counted_still(tmp_path: Path) -> None:
    import shutil

    result = tried(tmp_path)
    tried(tmp_path, schedule={"kind": "weekly", "weekday": "monday"})
    shutil.rmtree(result.path.parent)
    assert count(tmp_path) == 2
    tried(tmp_path)
    assert count(tmp_path) == 2


def test_a_run_that_is_no_trial_writes_nothing_down(tmp_path: Path) -> None:
    tried(tmp_path, trial=False)
    assert not (tmp_path / LEDGER).exists()
    assert not (tmp_path / ".trials").exists()
    tried(tmp_path)  # the result is there already, and is looked at as a trial now
    assert count(tmp_path) == 1


def test_a_trial_is_written_before_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Path:
        assert count(tmp_path) == 1
        raise OutputError("no space left")

    monkeypatch.setattr("engine.runs.write_result", full)
    with pytest.raises(OutputError, match="no space left"):
        tried(tmp_path)
    assert count(tmp_path) == 1
    assert list(tmp_path.glob("held/*")) == []


def test_a_damaged_ledger_stops_a_run_before_it_begins_and_leaves_it_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tried(tmp_path).path
    whole = (tmp_path / LEDGER).read_bytes()
    (tmp_path / LEDGER).write_bytes(whole.replace(b'"bars"', b'"baas"'))
    monkeypatch.setattr("engine.runs.load_inputs", lambda *_: pytest.fail("it began"))
    with pytest.raises(DataError, match="line 1: it was changed"):
        tried(tmp_path)
    assert (tmp_path / LEDGER).read_bytes() == whole.replace(b'"bars"', b'"baas"')
    assert open_result(path).name == "held"


def test_a_ledger_in_one_place_knows_nothing_of_another(tmp_path: Path) -> None:
    tried(tmp_path / "one")
    tried(tmp_path / "two")
    assert count(tmp_path / "one") == count(tmp_path / "two") == 1
