"""`trials show` and `trials verify`: what they print, and how they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cli import main
from engine.trials import LEDGER, read_chain, record
from engine.trials.ledger import _append
from tests.engine.trials.made import drawn, made

UP_DOWN = np.array([0.03, -0.01, 0.03, -0.01])
Said = pytest.CaptureFixture[str]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    btc = drawn(50)
    for seed in range(5):
        record(tmp_path, made(drawn(seed), btc=btc))
    record(tmp_path, made(UP_DOWN, "swing"))
    record(tmp_path, made(np.zeros(4), "swing"))
    return tmp_path


def told(capsys: Said, *arguments: Any, code: int = 0) -> str:
    assert main(["trials", *map(str, arguments)]) == code
    return capsys.readouterr().out


def test_hypotheses_are_listed_with_their_counts(written: Path, capsys: Said) -> None:
    out = told(capsys, "show", "-o", written)
    header, alts, swing, _, total = out.splitlines()
    assert header.split() == ["hypothesis", "trials", "lost", "first", "last", "best_sharpe",
                              "of_run"]  # fmt: skip
    assert alts.split()[:3] == ["alts", "5", "0"]
    # sqrt(3) / 4 a bar, times sqrt(365); the trial that never moved has no ratio.
    assert swing.split()[-2:] == ["8.27", "swing-variant/012345"]
    assert total.startswith("7 trials in all; head of the ledger ")
    found = json.loads(told(capsys, "show", "-o", written, "--json"))
    assert [row["trials"] for row in found["hypotheses"]] == [5, 2]
    assert found["head"] == json.loads((written / LEDGER).read_text().splitlines()[-1])["hash"]


def test_the_trials_of_a_hypothesis_are_shown_with_what_luck_gives(
    written: Path, capsys: Said
) -> None:
    out = told(capsys, "show", "alts", "-o", written)
    rows = out.splitlines()
    assert rows[0].split()[:5] == ["written", "run", "bars", "sharpe", "vs_btc"]
    assert len([row for row in rows if "alts-variant/012345" in row]) == 5
    assert "5 trials of 'alts', 7 of all hypotheses; head of the ledger " in out
    assert "independent ones" in out
    assert "by luck alone" in out
    found = json.loads(told(capsys, "show", "alts", "-o", written, "--json"))
    assert (found["made"], found["total"], len(found["trials"])) == (5, 7, 5)
    assert 1 <= found["independent"] <= 5
    assert found["best_by_luck"] > 0


def test_ratios_that_are_shown_together_are_a_year_of_one_clock(
    tmp_path: Path, capsys: Said
) -> None:
    record(tmp_path, made(UP_DOWN, periods_per_year=1.0))
    record(tmp_path, made(UP_DOWN / 2 + 0.001, periods_per_year=365.0))
    found = json.loads(told(capsys, "show", "alts", "-o", tmp_path, "--json"))
    # sqrt(3) / 4 a bar; the other has half the spread and mean 0.006: 1.2 times that.
    first, second = (row["sharpe"] for row in found["trials"])
    assert first == pytest.approx(np.sqrt(3) / 4 * np.sqrt(365))
    assert second == pytest.approx(1.2 * first)
    assert found["bars_a_year"] == 365
    best = json.loads(told(capsys, "show", "-o", tmp_path, "--json"))["hypotheses"][0]
    assert best["best_sharpe"] == second
    assert "a year of 365 bars of the newest trial's clock" in told(
        capsys, "show", "alts", "-o", tmp_path
    )


def test_hypotheses_that_look_alike_are_told(written: Path, capsys: Said) -> None:
    assert "note:" not in told(capsys, "show", "-o", written)
    record(written, made(drawn(77), "Al_ts"))
    out = told(capsys, "show", "alts", "-o", written)
    note = "note: the hypothesis 'Al_ts' (1 trial) differs in case or punctuation only"
    assert note in out
    out = told(capsys, "show", "-o", written)
    assert "note: 'Al_ts' and 'alts' look like one idea under several ids" in out
    found = json.loads(told(capsys, "show", "alts", "-o", written, "--json"))
    assert len(found["notes"]) == 1


def test_an_undefined_ratio_is_null_and_blank(written: Path, capsys: Said) -> None:
    found = json.loads(told(capsys, "show", "swing", "-o", written, "--json"))
    assert [row["sharpe"] is None for row in found["trials"]] == [False, True]
    assert found["apart"] == {"without a spread": 1}
    assert "nan" not in told(capsys, "show", "swing", "-o", written)


def test_an_unknown_hypothesis_and_an_empty_ledger_are_told(tmp_path: Path, capsys: Said) -> None:
    assert "no trials in" in told(capsys, "show", "-o", tmp_path)
    assert main(["trials", "show", "nobody", "-o", str(tmp_path)]) == 4
    assert "no trial of 'nobody'" in capsys.readouterr().err
    assert "0 lines, 0 trials" in told(capsys, "verify", "-o", tmp_path)


def test_a_whole_ledger_is_verified(written: Path, capsys: Said) -> None:
    out = told(capsys, "verify", "-o", written)
    assert "7 lines, 7 trials" in out
    assert "intact: every line" in out
    assert json.loads(told(capsys, "verify", "-o", written, "--json"))["faults"] == []


def test_damage_ends_with_exit_4_until_it_is_accepted(written: Path, capsys: Said) -> None:
    whole = (written / LEDGER).read_bytes()
    (written / LEDGER).write_bytes(whole.replace(b'"bars":50', b'"bars":51', 1))
    out = told(capsys, "verify", "-o", written, code=4)
    assert "damaged: line 1: it was changed: its hash does not fit" in out
    assert "--accept" in out
    assert json.loads(told(capsys, "verify", "-o", written, "--json", code=4))["faults"]
    assert main(["trials", "show", "-o", str(written)]) == 4
    assert "is damaged: line 1" in capsys.readouterr().err
    assert "on the record now" in told(capsys, "verify", "-o", written, "--accept")
    out = told(capsys, "verify", "-o", written)
    assert "accepted earlier: line 1" in out
    assert "lost, and counted on: 1 of alts" in out
    assert "7 trials" in out


def test_an_unfinished_line_is_no_damage(written: Path, capsys: Said) -> None:
    with (written / LEDGER).open("ab") as file:
        file.write(b'{"trial":"ab')
    out = told(capsys, "verify", "-o", written)
    assert "not finished by a process that stopped: line 8; the next trial notes that" in out
    assert "on the record now" in told(capsys, "verify", "-o", written, "--accept")
    out = told(capsys, "verify", "-o", written)
    assert "intact since line 9, which accepted" in out
    assert "accepted earlier: line 8: 12 bytes, not finished" in out


def test_damage_that_left_no_trace_in_the_bytes_is_listed_for_good(
    written: Path, capsys: Said
) -> None:
    whole = (written / LEDGER).read_bytes()
    (written / LEDGER).write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    told(capsys, "verify", "-o", written, "--accept")
    record(written, made(drawn(30)))
    out = told(capsys, "verify", "-o", written)
    assert "accepted earlier: line 7: 1 of 7 lines are gone from here on" in out
    assert "intact since line 7, which accepted" in out
    assert "intact: every line" not in out


def test_a_finished_line_whose_end_is_gone_is_damage_and_not_unfinished_too(
    written: Path, capsys: Said
) -> None:
    whole = (written / LEDGER).read_bytes()
    (written / LEDGER).write_bytes(whole[:-1])
    out = told(capsys, "verify", "-o", written, code=4)
    last = len(whole.splitlines()[-1])
    assert f"damaged: line 7: 1 of 7 lines are gone from here on, all but {last} bytes" in out
    assert "not finished" not in out


def test_a_line_that_makes_no_sense_is_a_data_error(written: Path, capsys: Said) -> None:
    chain = read_chain(written)
    _append(written, chain, {"trial": "a" * 64, "hypothesis": "alts", "returns": 3})
    assert main(["trials", "verify", "-o", str(written)]) == 4
    assert "another version" in capsys.readouterr().err


def test_lost_returns_are_told_with_the_run_that_brings_them_back(
    written: Path, capsys: Said
) -> None:
    entry = json.loads((written / LEDGER).read_text().splitlines()[0])
    (written / ".trials" / entry["returns"]).unlink()
    out = told(capsys, "verify", "-o", written)
    assert "returns are gone or changed" in out
    assert "alts-variant/012345" in out


@pytest.mark.parametrize("verb", ["show", "verify"])
def test_help_has_examples_and_exit_codes(verb: str, capsys: Said) -> None:
    out = told(capsys, verb, "--help")
    assert f"examples:\n  run_backtest.py trials {verb}" in out
    assert "exit codes:" in out
