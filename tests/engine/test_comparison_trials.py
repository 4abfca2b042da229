"""How much of what was tried a comparison tells, and results that have no row."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.compare_verbs import _plain
from engine.comparison import Failure, beside, compare
from engine.comparison_trials import Search, search_words
from engine.result import Outcome, Result, open_result, write_result
from engine.statistics import Statistic
from engine.trials import LEDGER, record, trials_of
from engine.trials.trial import returns_from
from feeds.errors import EngineError
from tests.conftest import REPOSITORY
from tests.engine.outcomes import rotation
from tests.engine.trials.made import drawn, made

IDEA = "rut-breakout-altseason"


def written(root: Path, *outcomes: Outcome) -> list[Result]:
    return [open_result(write_result(each, root)) for each in outcomes]


def tried(root: Path, result: Result) -> None:
    """Put the trial that a result is on the ledger beside it."""
    record(root, made(returns_from(result.start_cash, result.nav), IDEA))


def search(name: str, shown: int, trials: int, **more: Any) -> Search:
    return Search(name, ("run",), (), shown, trials, 9, "ab" * 32, **more)


def test_runs_are_counted_among_the_trials_of_their_hypothesis(tmp_path: Path) -> None:
    one, two, new = written(
        tmp_path, rotation(400), rotation(400, every=9, name="b"), rotation(400, every=5, name="c")
    )
    for result in (one, two):
        tried(tmp_path, result)
    for seed in range(3):
        record(tmp_path, made(drawn(seed), IDEA))
    for seed in range(4):
        record(tmp_path, made(drawn(seed), "another"))
    head = trials_of(tmp_path, IDEA).head
    found = beside([one, two, new])
    (known,) = found.searches
    assert (known.shown, known.trials, known.total, known.head) == (2, 5, 9, head)
    assert (known.off, known.tries) == (("c",), 6)
    text = found.summary()
    assert f"- 2 of 5 trials of {IDEA}, 9 in all; ledger {head[:12]}\n" in text
    assert "- No trials on a ledger: c\n" in text
    assert "Of 6 tries, 3 of them here, the best looks better" in text
    assert f"2 of 5 trials of {IDEA}, 9 in all" in found.page()
    (plain,) = json.loads(json.dumps(_plain(found), allow_nan=False))["trials"]
    assert (plain["shown"], plain["trials"], plain["ledger"]) == (2, 5, head)


def test_a_trial_that_two_runs_are_is_shown_once(tmp_path: Path) -> None:
    one, two = written(tmp_path, rotation(400), rotation(400, name="again"))
    tried(tmp_path, one)
    (known,) = beside([one, two]).searches
    assert (known.shown, known.trials, known.off) == (1, 1, ())


def test_a_damaged_ledger_is_told_and_stops_nothing(tmp_path: Path) -> None:
    (result,) = written(tmp_path, rotation(400))
    tried(tmp_path, result)
    ledger = tmp_path / LEDGER
    ledger.write_bytes(ledger.read_bytes().replace(b"alts", b"beta", 1).replace(b"0", b"1", 3))
    found = beside([result, result])
    assert [row.name for row in found.runs] == ["rotation/abc123 (1)", "rotation/abc123 (2)"]
    assert "- The trials behind these runs are not known: " in found.summary()
    assert found.searches[0].note
    assert "Of 2 tries the best looks better" in found.summary()


def test_without_a_ledger_no_run_is_a_trial(tmp_path: Path) -> None:
    results = written(tmp_path, rotation(400), rotation(400, every=9, name="b"))
    assert "- No trials on a ledger: all runs\n" in beside(results).summary()


def test_of_many_hypotheses_those_with_most_unseen_are_told_and_the_rest_summed_up() -> None:
    searches = [search("a", 1, 1), search("b", 2, 7), search("c", 1, 3), search("d", 1, 2)]
    assert search_words(searches, 2) == [
        "2 of 7 trials of b, 9 in all; ledger abababababab",
        "1 of 3 trials of c, 9 in all; ledger abababababab",
        "2 of 3 trials of 2 more hypotheses; --json has each",
    ]
    assert len(search_words(searches)) == 4


def test_a_run_of_another_hypothesis_is_no_trial_of_this_one(tmp_path: Path) -> None:
    outcome = rotation(400, name="b")
    other = replace(outcome, experiment_yaml=outcome.experiment_yaml.replace(IDEA, "another"))
    one, two = written(tmp_path, rotation(400), other)
    tried(tmp_path, one)
    tried(tmp_path, two)
    assert [(each.hypothesis, each.shown, each.off) for each in beside([one, two]).searches] == [
        (IDEA, 1, ()),
        ("another", 0, ("b",)),
    ]


# Results that another version wrote


def without(*keys: str) -> Callable[[Outcome], Outcome]:
    """Leave a key out of the manifest."""

    def change(made: Outcome) -> Outcome:
        manifest = json.loads(json.dumps(made.manifest))
        place = manifest
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]
        return replace(made, manifest=manifest)

    return change


def with_config(old: str, new: str) -> Callable[[Outcome], Outcome]:
    return lambda made: replace(made, experiment_yaml=made.experiment_yaml.replace(old, new))


def without_statistic(name: str) -> Callable[[Outcome], Outcome]:
    def known(each: Statistic) -> bool:
        return each.name != name

    return lambda made: replace(made, statistics=tuple(filter(known, made.statistics)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without("digests"), "'digests'"),
        (without("digests", "package"), "'package'"),
        (without("digests", "panels"), "'panels'"),
        (without("universe"), "'universe'"),
        (with_config("report: {periods_per_year: 365.0, risk_free: 0.0}", ""), "'report'"),
        (with_config("periods_per_year: 365.0, ", ""), "'periods_per_year'"),
        (with_config("fee_bps: 10.0", "fees: 10.0"), "'fee_bps'"),
        (with_config("clock: coins", ""), "'clock'"),
        (without_statistic("sharpe"), "no statistic is named 'sharpe'"),
        (without_statistic("btc.sharpe"), "no statistic is named 'btc.sharpe'"),
        (without_statistic("ann_one_way_turnover"), "no statistic is named 'ann_one_way"),
    ],
)
def test_a_result_that_lacks_something_is_named_and_stops_no_other(
    change: Callable[[Outcome], Outcome], why: str, tmp_path: Path
) -> None:
    (old,) = written(tmp_path, change(rotation(400, name="old")))
    whole = written(tmp_path, rotation(400), rotation(400, every=9, name="b"))
    earlier = Failure("c.yaml", EngineError("c"))
    for found in (beside([old, *whole], [earlier]), compare(old, *whole, seed=None)):
        assert [row.name for row in found.runs] == ["rotation", "b"]
        failure = found.failed[-1]
        assert f"{old.path} cannot be compared: " in str(failure.error)
        assert why in str(failure.error)
        assert failure.error.exit_code == 4
        assert f"\n  {old.path} cannot be" in found.summary().replace("\n    ", " ")
        assert found.page()


def test_a_rate_that_is_not_told_is_none(tmp_path: Path) -> None:
    (old,) = written(tmp_path, with_config(", risk_free: 0.0", "")(rotation(400)))
    assert beside([old]).runs[0].curve.risk_free == 0.0


def test_gates_that_are_not_looked_at_are_told(tmp_path: Path) -> None:
    text = (REPOSITORY / "configs" / "demo.yaml").read_text(encoding="utf-8")
    plain, gated = tmp_path / "plain.yaml", tmp_path / "gated.yaml"
    plain.write_text(text, encoding="utf-8")
    gated.write_text(f"{text}\ngates: {{sharpe_min: 9.0}}\n", encoding="utf-8")
    short = ["period.end=2017-01-31"]
    found = compare(plain, output=tmp_path, overrides=short, seed=None)
    assert "Gates" not in found.summary()
    found = compare(gated, output=tmp_path, overrides=short, seed=None)
    assert "- Gates are not looked at here, `run` does that: demo\n" in found.summary()
