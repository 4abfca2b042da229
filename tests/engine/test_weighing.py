"""What a run is held against, on the command line: trials, an inference, gates."""

from __future__ import annotations

import json

import pytest

from engine.cli import main

CONFIG = """
version: 1
name: weighed
hypothesis: {id: alts-after-records, claim: Alts beat BTC.}
period: {start: 2017-01-01, end: 2018-06-30}
data: {simulated: {seed: 5, days: 1000, coins: 8}}
clock: coins
universe: {min_age_days: 20}
signals:
  up: {kind: trend, panel: equities, mean_days: 50}
sleeves:
  btc: {kind: single, asset: BTC}
  alts: {kind: equal_weight, exclude: [BTC]}
strategy: {kind: rotation, signal: up, on: {alts: 1.0}, off: {btc: 1.0}}
schedule: {kind: weekly, or_on_change: true}
benchmarks: {btc: {sleeve: btc}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("weighed")
    (made / "a.yaml").write_text(CONFIG, encoding="utf-8")
    gates = "gates: {dsr_min: 0.999, max_drawdown: 1.0}\n"
    (made / "gates.yaml").write_text(CONFIG + gates, encoding="utf-8")
    return made


def ran(folder, capsys, *arguments):
    code = main([*arguments, "-o", str(folder / "results"), "-q"])
    return code, capsys.readouterr()


def test_variants_are_counted_and_a_rerun_is_not(folder, capsys):
    config = str(folder / "a.yaml")
    for days in (50, 60, 50):
        change = f"signals.up.mean_days={days}"
        code, told = ran(folder, capsys, "run", config, "--set", change, "--no-tearsheet")
        assert code == 0
    assert "search of 2 trials" in " ".join(told.out.split())
    code, told = ran(folder, capsys, "trials", "show", "--json")
    assert code == 0
    assert json.loads(told.out)["hypotheses"][0]["trials"] == 2


def test_a_missed_gate_is_listed_after_the_results_with_exit_code_5(folder, capsys):
    code, told = ran(folder, capsys, "run", str(folder / "gates.yaml"), "--no-tearsheet")
    assert code == 5
    assert "100,000 became" in told.out
    assert "gate        MISSED: dsr_min 0.999: " in told.out
    assert "gate        kept: max_drawdown 1: " in told.out
    assert "1 of 2 gates missed" in told.err


def test_an_inference_tells_seed_and_count_and_is_the_same_again(folder, capsys):
    command = ("run", str(folder / "a.yaml"), "--no-tearsheet", "--inference", "--json")
    once, again = (ran(folder, capsys, *command) for _ in range(2))
    assert once[0] == 0
    assert once[1].out == again[1].out
    found = json.loads(once[1].out)["verdict"]
    assert "shifts in time of the same positions" in found["text"]
    assert "200 random rotations" in found["text"]


def test_another_id_for_the_same_run_is_noted(folder, capsys):
    change = "hypothesis.id=Alts_After_Records"
    command = ["run", str(folder / "a.yaml"), "--set", change, "--no-tearsheet"]
    assert main([*command, "-o", str(folder / "results")]) == 0
    assert "alts-after-records" in capsys.readouterr().err


def test_an_inference_is_written_beside_the_results(folder, capsys):
    output = folder / "written"
    command = ["run", str(folder / "a.yaml"), "--no-tearsheet", "--inference", "-q"]
    assert main([*command, "-o", str(output)]) == 0
    told = capsys.readouterr().out
    (page,) = output.glob("weighed/*/verdict.html")
    assert f"verdict     {page}" in told
    found = json.loads(page.with_name("verdict.json").read_text(encoding="utf-8"))
    # The paragraph stands once on the screen, and is that of the file.
    assert " ".join(told.split()).count(found["verdict"]["text"]) == 1
    assert told.count("100,000 became") == 1
    assert set(found) == {"gates", "haircuts", "note", "selection", "verdict"}
