"""What luck could have done, in words: every number is told with where it comes from."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.inference.selection import Selection, selection
from engine.luck import chances, chosen, counted, examined, hardest, searched
from engine.result import Outcome, Result, open_result, write_result
from engine.said import plain
from engine.verdict import caution, verdict, weigh
from engine.wording import chance, money, p_value, percent, points, ratio
from tests.conftest import REPOSITORY
from tests.engine.findings import against, deflation, deflations, inference
from tests.engine.outcomes import crowded, flat, rotation

NAN = math.nan


def result_of(made: Outcome, root: Path) -> Result:
    return open_result(write_result(made, root))


def test_a_lucky_search_is_told_over_the_benchmark_nearest_to_luck() -> None:
    found = deflations(deflation(0.97, 0.01), btc=deflation(0.42, 0.31), alts=deflation(0.88, 0.04))
    assert hardest(found) == "btc"
    assert searched(found).text == (
        "A lucky search of 48 trials, worth 17.3 independent ones, would look this good over btc, "
        "the hardest of 2 benchmarks, 31.0 % of the time; the chance that the true Sharpe ratio is "
        "above such luck is 97.0 % on raw returns and 42.0 % over btc."
    )
    assert counted(found).text == (
        "The ledger holds 210 trials in all. Raw returns of a rising market pass any deflation."
    )
    assert counted(deflations(deflation(0.1, 0.9))).text == "The ledger holds 210 trials in all."


def test_without_benchmarks_raw_returns_are_all_there_is() -> None:
    found = deflations(deflation(0.6, 0.2))
    assert searched(found).text == (
        "A lucky search of 48 trials, worth 17.3 independent ones, would look this good on raw "
        "returns 20.0 % of the time; the "
        "chance that the true Sharpe ratio is above such luck is 60.0 % on raw returns."
    )


def test_a_single_trial_is_not_deflated() -> None:
    found = deflations(deflation(0.97, 0.03, 1), 1, 1, btc=deflation(0.6, 0.4, 1))
    assert searched(found).text == (
        "It is the only trial of 'rut-breakout' on the ledger; taken alone, the chance that the "
        "true Sharpe ratio is above 0 is 97.0 % on raw returns and 97.0 % over btc."
    )
    assert counted(found).text.startswith("The ledger holds 1 trial in all.")


def test_a_run_that_is_no_trial_is_not_said_to_be_one() -> None:
    alone = replace(deflations(deflation(0.97, 0.03, 1), 1, 1), listed=False)
    assert searched(alone).text.startswith("There is no trial of 'rut-breakout' on the ledger;")
    many = replace(deflations(deflation(0.6, 0.2)), listed=False)
    assert searched(many).text.startswith(
        "A lucky search of 48 trials (this run, which is not on the ledger, among them), worth"
    )


def table(columns: int) -> Selection:
    """Variants that are better from one to the next, in all parts of the sample."""
    common = np.random.default_rng(3).normal(0.0, 0.01, (480, 1))
    names = tuple(f"v{place}" for place in range(columns))
    returns = common + 0.002 * np.arange(float(columns))
    return selection(returns, names, {}, periods_per_year=365.0, seed=1)


def test_the_choice_among_trials_is_told_with_its_splits() -> None:
    found = table(12)
    low = ratio(float(found.path_sharpes[0]))
    assert chosen(found).text == (
        "Of 12 different trials on the same bars, the one that is best in half of 16 blocks is no "
        "better than the median in the other half in 0.0 % of 12,870 splits, and loses there in "
        "0.0 %; over 9 cross-validated paths the Sharpe ratio of such a choice is "
        f"{low} to {low} a year."
    )
    assert "trials on the same bars (few: the rank says little)" in chosen(table(4)).text
    assert chosen(table(1)).text == ""


def test_permuted_markets_are_one_more_test_where_there_are_any() -> None:
    found = inference(0.01, 0.5, 0.025, btc=against(0.6))
    told = " ".join(each.text for each in examined(found, False, 6.0))
    assert "p 0.025 against 39 markets whose bars were permuted (seed 5)" in told
    assert "Of 4 tests 1 excludes luck" in told


def test_timing_of_few_switches_has_a_place_and_no_p_value() -> None:
    found = inference(0.002, 0.5, btc=against(0.01))
    timing, *_, tests = examined(found, False, 6.0, 2)[-3:]
    # 999 others, of which (1 + 1) / 1,000 says that one was as high; 200, of which 99.5 were.
    assert timing.text == (
        "Timing beats 99.9 % of 999 shifts in time of the same positions (seed 5) and 50.2 % of "
        "200 random rotations with the same turnover (seed 5); 2 switches are too few for p-values."
    )
    assert list(chances(found, 2)) == ["the lead over btc"]
    assert tests.text.endswith("the lead over btc; they count bars, and rest on 2 switches.")


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0.0 %"), (1e-9, "below 0.1 %"), (0.9996, "above 99.9 %")]
)
def test_a_chance_is_certain_only_where_it_is(value: float, shown: str) -> None:
    assert chance(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0004, "below 0.001"), (0.0996, "0.10"), (0.042, "0.042"), (NAN, "n/a")]
)
def test_a_p_value_is_never_told_as_0(value: float, shown: str) -> None:
    assert p_value(value) == shown


def test_an_undefined_deflation_says_nothing() -> None:
    nothing = deflation(NAN, NAN, reason="the returns do not vary")
    assert searched(deflations(nothing, btc=nothing)).text == ""
    only_raw = deflations(deflation(0.9, 0.1), btc=nothing)
    assert hardest(only_raw) == ""
    assert "this good on raw returns 10.0 %" in searched(only_raw).text


def test_the_trials_take_the_place_of_the_figure_that_knows_nothing_of_them(
    tmp_path: Path,
) -> None:
    result = result_of(rotation(), tmp_path)
    found = deflations(deflation(0.97, 0.01), btc=deflation(0.42, 0.31))
    assert any("knows nothing of other variants" in each for each in verdict(result))
    words = verdict(result, found)
    assert not any("knows nothing of other variants" in each for each in words)
    assert searched(found).text in words
    assert caution(result, found)[0] == searched(found).text
    assert len(" ".join(caution(result, found))) < 5 * 75


def test_intervals_leads_and_timing_are_told_with_seed_and_count() -> None:
    found = [each.text for each in examined(inference(btc=against(0.3)), False, 6.33)]
    assert found == [
        "With returns drawn again 1,000 times in blocks of 18.4 bars on average (seed 5), the "
        "Sharpe ratio lies between 0.35 and 1.42 a year and growth between -8.0 % and +73.0 % in "
        "95 % of draws.",
        "Against btc, the Sharpe ratio differs by +0.24 (-0.31 to +0.80; Ledoit-Wolf p 0.41), "
        "growth a year by +6.1 (-20.1 to +35.0 points) and Hansen's test of the lead gives p 0.30.",
        "Timing has p 0.23 against 999 shifts in time of the same positions (seed 5) and p 0.31 "
        "against 200 random rotations with the same turnover (seed 5).",
        "A Sharpe ratio like this one takes 3.1 years to be told from 0; there are 6.3.",
        "None of 3 tests excludes luck at the 5 % level.",
    ]


def test_growth_a_year_is_left_out_for_a_short_run() -> None:
    words = " ".join(each.text for each in examined(inference(btc=against(0.3)), True, 0.5))
    assert "growth" not in words


def test_tests_are_adjusted_for_their_number() -> None:
    # Holm: 0.02 times 3 is 0.06, above the level; 0.01 times 3 is 0.03, below it.
    many = inference(0.02, 0.5, btc=against(0.6))
    assert examined(many, False, 6.0)[-1].text == "None of 3 tests excludes luck at the 5 % level."
    clear = inference(0.01, 0.5, btc=against(0.6))
    assert examined(clear, False, 6.0)[-1].text == (
        "Of 3 tests 1 excludes luck at the 5 % level, adjusted for their number: shifts in time."
    )
    assert list(chances(clear)) == ["shifts in time", "random rotations", "the lead over btc"]


def test_what_cannot_be_tested_is_told_with_its_reason() -> None:
    none = inference(NAN, NAN)
    words = [each.text for each in examined(none, False, 6.0)]
    assert "Timing cannot be tested: no shares." in words
    assert not any("tests" in each for each in words)


def test_many_benchmarks_are_told_by_the_three_hardest() -> None:
    many: dict[str, Any] = {f"b{place}": against(place / 10) for place in range(1, 8)}
    words = [each.text for each in examined(inference(**many), False, 6.0)]
    assert [each[8:10] for each in words if each.startswith("Against")] == ["b5", "b6", "b7"]


def test_the_limits_are_part_of_the_full_verdict(tmp_path: Path) -> None:
    result = result_of(rotation(), tmp_path)
    full = weigh(result, None, inference(btc=against(0.3)))
    assert full.sentences[-1].text.startswith("To know with it: survivorship-biased universe")
    assert full.as_json()["limits"][0]["title"] == "Survivorship-biased universe"
    assert "To know with it" not in weigh(result).text


NUMBER = re.compile(r"(?<![\w.'])[-+]?\d[\d,]*(?:\.\d+)?")


def shown(value: float) -> set[str]:
    """All ways in which a figure may be written, without its sign."""
    texts = {money(value), f"{value:,.0f}", f"{value:g}", f"{value:.3f}", points(value)}
    texts |= {
        ratio(value, 1),
        ratio(value, 2),
        percent(value),
        percent(value, 0),
        f"{365 * value:,.0f}",
    }
    return {text.removesuffix(" %").removesuffix(" points").lstrip("-+") for text in texts}


@pytest.mark.parametrize(("made", "trials", "full"), list(product(
    (rotation(), rotation(bars=100), crowded(), flat(400)), (False, True), (False, True)
)))  # fmt: skip
def test_every_number_of_the_paragraph_is_in_the_json(
    made: Outcome, trials: bool, full: bool, tmp_path: Path
) -> None:
    result = result_of(made, tmp_path)
    active: dict[str, Any] = {name: deflation(0.42, 0.31) for name in result.benchmarks}
    tests: dict[str, Any] = {name: against(0.3) for name in result.benchmarks}
    found = weigh(
        result,
        deflations(deflation(0.97, 0.01), **active) if trials else None,
        inference(**tests) if full else None,
    )
    known = {text for value in found.figures.values() if isinstance(value, int | float)
             for text in shown(value)}  # fmt: skip
    text = found.text
    for name in sorted(result.benchmarks, key=len, reverse=True):
        text = text.replace(name, "NAME")
    for number in NUMBER.findall(text.replace("5 % level", "level").replace("above 0 is", "is")
                                 .replace("told from 0", "told")):  # fmt: skip
        assert number.lstrip("-+") in known, (number, text)
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["text"] == found.text


def test_what_is_no_number_is_none_in_json() -> None:
    assert [plain(each) for each in (NAN, math.inf, 0.5, 3, "none")] == [None, None, 0.5, 3, "none"]


def test_a_short_verdict_needs_no_heavy_library() -> None:
    code = (
        "import sys; from engine import verdict, gates, luck; "
        "sys.exit(len({'scipy', 'statsmodels', 'arch', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0
