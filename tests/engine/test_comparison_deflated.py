"""Deflated ratios beside compared runs, and what a comparison keeps when it is made again."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.compare_verbs import _plain
from engine.comparison import Comparison, beside
from engine.comparison_deflated import MEANING, dsr, dsr_cells
from engine.comparison_page import page
from engine.differences import Difference
from engine.result import Result, open_result, write_result
from engine.trials import deflated, record, trials_of
from engine.trials.trial import returns_from
from tests.engine.outcomes import flat, rotation
from tests.engine.trials.made import drawn, made

IDEA = "rut-breakout-altseason"
B = 40
EVIL = "<img src=x onerror=alert(1)>"


def written(root: Path, *names: str, bars: int = 400) -> list[Result]:
    return [
        open_result(write_result(rotation(bars, every=5 + 2 * place, name=name), root))
        for place, name in enumerate(names)
    ]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two runs of which the first is on the ledger, and a trial that nobody compares."""
    root = tmp_path_factory.mktemp("compared")
    one, two = written(root, "one", "two")
    others: dict[str, Any] = {
        name: returns_from(one.start_cash, nav) for name, nav in one.benchmarks.items()
    }
    own = returns_from(one.start_cash, one.nav)
    record(root, made(own, IDEA, times=one.instants, **others))
    record(root, made(drawn(1), IDEA))
    return beside([one, two], seed=3, resamples=B)


def test_each_run_has_the_ratio_that_its_ledger_leaves(compared: Comparison) -> None:
    for row in compared.runs:
        assert row.result is not None
        expected = deflated(row.result, trials_of(row.result.path.parents[1], IDEA))
        assert compared.deflations[row.name] == expected
    # Two trials; a run that is none of them is one more.
    assert [compared.deflations[name].trials for name in ("one", "two")] == [2, 3]
    assert dsr_cells(compared, "two")[1] == "3"
    assert dsr_cells(compared, "btc") == ["", ""]


def test_the_ratio_shown_is_over_the_benchmark_that_is_hardest_to_beat(
    compared: Comparison,
) -> None:
    found = compared.deflations["one"]
    hardest = max(found.active.values(), key=lambda each: each.luck)
    assert dsr(found) == hardest.probability
    assert dsr(replace(found, active={})) == found.raw.probability


def test_a_share_is_0_or_100_only_where_it_is_that(compared: Comparison) -> None:
    def shown(value: float) -> str:
        own = compared.deflations["one"]
        known = replace(own, active={}, raw=replace(own.raw, probability=value))
        (search,) = compared.searches
        changed = replace(search, deflations={"one": known})
        return dsr_cells(replace(compared, searches=(changed,)), "one")[0]

    cells = [shown(each) for each in (0.0, 0.0004, 0.5, 0.9996, 1.0, math.nan)]
    assert cells == ["0.0", "<0.1", "50.0", ">99.9", "100.0", "n/a"]


def test_text_page_csv_and_json_have_trials_and_ratios(compared: Comparison) -> None:
    text = " ".join(compared.summary().split())
    assert MEANING in text
    found = compared.deflations["two"]
    (line,) = (each for each in compared.summary().splitlines() if each.endswith(" 3"))
    assert line.split()[0] == "two"
    assert line.split()[-2] == dsr_cells(compared, "two")[0]
    shown = compared.page()
    assert 'id="trials"' in shown
    assert f"2 in all, {found.head[:20]}" in shown
    rows = {row["name"]: row for row in csv.DictReader(compared.to_csv().splitlines())}
    assert rows["two"]["trials"] == "3.0"
    assert rows["two"]["vs_btc.dsr"] == repr(found.active["btc"].probability)
    assert rows["one"]["trials.ledger"] == found.head
    assert rows["btc"]["trials"] == rows["btc"]["trials.ledger"] == ""
    (plain,) = json.loads(json.dumps(_plain(compared), allow_nan=False))["trials"]
    assert plain["deflated"]["two"]["raw"]["probability"] == found.raw.probability


def test_the_same_runs_and_seed_give_the_same_bytes(compared: Comparison) -> None:
    again = beside(compared.results, seed=3, resamples=B)
    other = beside(compared.results, seed=4, resamples=B)
    assert again.summary() == compared.summary()
    assert again.to_csv() == compared.to_csv()
    assert again.page() == compared.page()
    assert other.to_csv() != compared.to_csv()


def test_a_run_on_other_closes_changes_no_interval_and_no_choice(tmp_path: Path) -> None:
    results = written(tmp_path, "a", "b", "c")
    later = written(tmp_path, "later", bars=360)
    alone, found = (beside(each, seed=3, resamples=B) for each in (results, results + later))
    assert alone.paired is not None
    assert found.paired is not None
    assert alone.selection is not None
    assert found.selection is not None
    assert alone.paired.to_best == found.paired.to_best
    assert all(alone.paired.own[name] == found.paired.own[name] for name in "abc")
    one, two = alone.selection.as_json(), found.selection.as_json()
    for key in ("variants", "n", "overfitting", "cross_validation"):
        assert one[key] == two[key]
    # Benchmarks are named after the first run that has them once there are others of the name.
    assert list(one["superior"].values()) == list(two["superior"].values())
    assert list(one["reality_check"].values()) == list(two["reality_check"].values())


def test_what_comes_from_a_hypothesis_is_text_on_the_page(compared: Comparison) -> None:
    (search,) = compared.searches
    own = {name: replace(each, hypothesis=EVIL) for name, each in search.deflations.items()}
    evil = page(replace(compared, searches=(replace(search, deflations=own),)))
    assert "<img" not in evil
    assert "&lt;img src=x" in evil


# The page


def test_intervals_stand_below_the_figures(compared: Comparison) -> None:
    assert compared.paired is not None
    own = compared.paired.own["one"]
    fall = own.max_drawdown
    low, high = (
        f"{100 * each:.0f}".replace("-", "\N{MINUS SIGN}") for each in (fall.low, fall.high)
    )
    assert f'<br><small class="note">{low} to {high} %</small>' in compared.page()


def test_of_many_configs_the_page_tells_what_sets_each_apart(tmp_path: Path) -> None:
    found = beside(written(tmp_path, *"abcdefg"))
    values = ("30", *["10"] * 6)
    changed = replace(found, differences=(Difference("execution.fee_bps", values),))
    assert "execution.fee_bps: 30" in changed.page()
    assert "What most of them have" in changed.page()
    few = replace(changed, runs=changed.runs[:2])
    few = replace(few, differences=(Difference("execution.fee_bps", values[:2]),))
    assert "What most of them have" not in few.page()


def test_the_text_has_an_interval_of_the_deepest_fall(compared: Comparison) -> None:
    assert compared.paired is not None
    fall = compared.paired.own["one"].max_drawdown
    assert f" {100 * fall.low:.0f} to {100 * fall.high:.0f} " in compared.summary()


def test_runs_shorter_than_a_year_are_marked(tmp_path: Path) -> None:
    (short,) = written(tmp_path, "short", bars=60)
    long = open_result(write_result(flat(400), tmp_path))
    text, shown = beside([short, long]).summary(), beside([short, long]).page()
    assert "\nshort *" in text
    assert "\n* shorter than a year: figures a year are extrapolated\n" in text
    assert "shorter than a year" not in beside([long]).summary()
    assert "short\N{THIN SPACE}\N{DAGGER}" in shown
    assert "\N{DAGGER} shorter than a year" in shown
    assert "\N{DAGGER}" not in beside([long]).page()
