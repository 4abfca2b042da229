"""What choosing among the runs of a comparison is worth, in its text, page and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from engine.compare_verbs import _plain
from engine.comparison import beside
from engine.comparison_choice import choice_lines
from engine.inference.crossvalidation import path_sharpes
from engine.inference.overfitting import overfitting
from engine.inference.reality_check import reality_check, superior_ability
from engine.inference.selection import selection
from engine.result import Outcome, Result, open_result, write_result
from engine.wording import percent
from feeds.arrays import Float
from tests.engine.outcomes import crowded, flat, rotation

B = 60
YEAR = 365.0


def results_of(root: Path, *made: Outcome) -> list[Result]:
    return [open_result(write_result(each, root / str(place))) for place, each in enumerate(made)]


def moves(start: float, nav: Float) -> Float:
    return np.diff(np.concatenate(([start], nav))) / np.concatenate(([start], nav[:-1]))


def test_the_choice_is_that_among_the_runs_on_the_closes_that_most_share(tmp_path: Path) -> None:
    made = (rotation(400), rotation(380, name="later"), rotation(400, every=9, name="b"),
            rotation(400, every=5, name="c"))  # fmt: skip
    results = results_of(tmp_path, *made)
    found = beside(results, seed=5, resamples=B)
    choice = found.selection
    assert choice is not None
    assert choice.names == ("rotation", "b", "c")
    table = np.column_stack([moves(each.start_cash, each.nav) for each in results if
                             each.name != "later"])  # fmt: skip
    np.testing.assert_allclose(choice.overfitting.pbo, overfitting(table).pbo)
    np.testing.assert_allclose(
        choice.path_sharpes, path_sharpes(table, 10, 2).sharpes * np.sqrt(YEAR), rtol=1e-9
    )
    assert list(choice.superior) == [
        "alts of rotation",
        "btc of rotation",
        "half_and_half of rotation",
    ]
    btc = moves(results[0].start_cash, results[0].benchmarks["btc"])
    spa = superior_ability(btc, table, seed=5, resamples=B)
    check = reality_check(btc, table, seed=5, resamples=B)
    assert choice.superior["btc of rotation"].consistent == spa.consistent
    assert choice.reality["btc of rotation"].upper == check.upper
    plain = json.loads(json.dumps(_plain(found), allow_nan=False))["selection"]
    assert plain["overfitting"]["pbo"] == choice.overfitting.pbo
    assert (plain["n"], plain["seed"]) == (400, 5)


def test_the_text_is_short_and_the_page_has_all(tmp_path: Path) -> None:
    made = [rotation(400, every=5 + k, name=f"run-{k}") for k in range(3)]
    found = beside(results_of(tmp_path, *made), seed=5, resamples=B)
    choice = found.selection
    assert choice is not None
    lines = choice_lines(choice)
    assert "\n\n" + "\n".join(lines) + "\n\n" in found.summary()
    assert len(lines) <= 8
    assert max(map(len, lines)) <= 120
    assert lines[0] == "Choosing among the 3 runs on the same closes: n 400 bars, seed 5."
    assert f"{percent(choice.overfitting.pbo)} of 12,870 splits of 16 blocks" in lines[1]
    low, high = choice.path_sharpes.min(), choice.path_sharpes.max()
    assert f"Sharpe {low:.2f} to {high:.2f} a year" in lines[2]
    assert "9 paths through 45 splits" in lines[2]
    assert "and 1 more benchmark; --html and --json have all" in "\n".join(lines)
    assert "3 variants: with fewer than 10" in lines[-1]
    page = found.page()
    assert 'id="selection"' in page
    for name in ("alts", "btc", "half_and_half"):
        assert f"over {name}" in page


def test_benchmarks_that_not_all_runs_have_are_not_tested(tmp_path: Path) -> None:
    made = (rotation(400), rotation(400, seed=8, name="b"))
    found = beside(results_of(tmp_path, *made), seed=5, resamples=B).selection
    assert found is not None
    assert not found.superior
    assert "n/a: no benchmark is that of all these runs" in "\n".join(choice_lines(found))


def test_fewer_than_two_runs_are_no_choice(tmp_path: Path) -> None:
    one, other, twin = results_of(
        tmp_path, rotation(400), rotation(380, name="b"), rotation(400, name="twin")
    )
    why = {
        "there is one run, and no choice": [one],
        "no two runs are on the same closes, of one risk-free rate and bars a year": [one, other],
        "1 different variant: there is no choice": [one, twin],
    }
    for reason, results in why.items():
        found = beside(results, seed=5, resamples=B)
        assert f"Choosing among them: nothing can be said; {reason}." in found.summary()
        assert f"Nothing can be said; {reason}." in found.page()


def test_runs_that_never_trade_and_short_ones_have_reasons(tmp_path: Path) -> None:
    made = (rotation(30), rotation(30, every=9, name="b"), flat(400), crowded())
    for pair in (made[:2], made[2:]):
        found = beside(results_of(tmp_path / pair[0].name, *pair), seed=5, resamples=B)
        assert found.summary()
        assert "nan" not in found.page().replace("--nan", "")


def test_without_a_seed_nothing_is_judged(tmp_path: Path) -> None:
    found = beside(results_of(tmp_path, rotation(400), rotation(400, every=9, name="b")))
    assert found.selection is None
    assert "Choosing among" not in found.summary()
    assert _plain(found)["selection"] is None


def test_runs_that_are_equal_are_told() -> None:
    one, two = (0.01 * np.random.default_rng(seed).standard_normal(400) for seed in (1, 2))
    found = selection(
        np.column_stack((one, two, one)), ("a", "b", "c"), {}, periods_per_year=YEAR, seed=1
    )
    assert "3 runs on the same closes, 1 of them the same as another" in choice_lines(found)[0]
