"""The benchmark of the signals runs, on few rows."""

from __future__ import annotations

import pytest

from benchmarks import signals
from strategies.registry import find


def test_a_line_for_each_signal_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = "falling_wedge,expression,outperformers"
    assert signals.main(["--only", chosen, "--rows", "40", "--calls", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[4:7]] == [
        ["falling_wedge", "1"],
        ["expression", "1"],
        ["outperformers", "300"],
    ]


def test_coins_list_late_and_die_and_the_first_is_always_there() -> None:
    kind = find("signal", "outperformers")
    seen = signals.market(kind(**kind.example), 500, 50)
    assert seen.has_bar[:, 0].all()
    assert not seen.has_bar[0, 1:].all()
    assert 0 < (~seen.has_bar[-1]).sum() < 50


def test_an_unknown_signal_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        signals.main(["--only", "no_such"])
    assert "no such signal: no_such" in capsys.readouterr().err
