"""Every claim is a config: short, about something, and it runs and can be studied on real data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import compare, load
from engine.cli import main
from engine.progress import Progress
from engine.study import study

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "hypotheses"
CONFIGS = sorted(FOLDER.glob("*.yaml"))
SHORT = ["period.start=2022-07-01", "period.end=2024-03-31"]  # proofs are as long as the period


@pytest.fixture(scope="module")
def compared(shared, tmp_path_factory):
    output = tmp_path_factory.mktemp("hypotheses")
    overrides = [f"data.root={shared / 'data'}", *SHORT]
    return output, overrides, compare(*CONFIGS, output=output, overrides=overrides)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_a_hypothesis_is_short_and_says_what_it_claims(config):
    text = config.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    assert text.startswith("# ")
    experiment = load(config)
    assert experiment.name == config.stem
    assert experiment.hypothesis is not None
    assert experiment.hypothesis.claim.endswith(".")


@pytest.mark.shared
def test_all_of_them_run_and_stand_in_one_table(compared):
    _, _, found = compared
    assert not found.failed
    assert [run.name for run in found.runs] == [path.stem for path in CONFIGS]
    text = found.summary()
    for path in CONFIGS:
        assert f"\n{path.stem} " in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.shared
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_each_of_them_can_be_studied(compared, config):
    output, overrides, _ = compared
    found = study(load(config, overrides), output=output, progress=Progress(quiet=True))
    told = json.loads((found.path / "study.json").read_text(encoding="utf-8"))
    assert told
    page = (found.path / "study.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert config.stem in found.summary()


@pytest.mark.shared
def test_the_opposite_of_a_rule_holds_what_the_rule_does_not(compared):
    _, _, found = compared
    decided = {run.name: run.result.decisions for run in found.runs}
    rule, opposite = decided["breakout"], decided["sceptic_inverted"]
    assert rule.time.tolist() == opposite.time.tolist()  # mondays: no record in these months
    assert (opposite.signals["stale"] == 1 - rule.signals["breakout"]).all()
    assert all(target == {"btc": 1.0} for target in rule.target)
    assert all(target == {"alts": 1.0} for target in opposite.target)


@pytest.mark.shared
def test_the_command_prints_one_table(compared, capsys):
    output, overrides, _ = compared
    options = [part for each in overrides for part in ("--set", each)]
    assert main(["compare", *map(str, CONFIGS[:3]), *options, "-o", str(output), "-q"]) == 0
    assert capsys.readouterr().out.startswith("3 runs")
