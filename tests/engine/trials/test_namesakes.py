"""An id that is renamed begins at no trials; that is told, by whatever of it is still the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.trials import Trial, every_trial, record, trials_of
from tests.engine.trials.made import drawn, made


def told(output: Path, hypothesis: str, *trials: Trial) -> tuple[str, ...]:
    for trial in trials:
        record(output, trial)
    return trials_of(output, hypothesis).notes


@pytest.mark.parametrize("other", ["Alts-Rise", "alts_rise", "ALTS RISE", "altsrise!"])
def test_ids_that_differ_in_case_or_punctuation_only_are_told(tmp_path: Path, other: str) -> None:
    trials = [made(drawn(seed), "alts-rise") for seed in range(3)]
    assert told(tmp_path, other, *trials, made(drawn(9), other)) == (
        f"the hypothesis 'alts-rise' (3 trials) differs in case or punctuation only; its trials "
        f"are not counted for '{other}': one idea needs one id",
    )


def test_the_same_config_and_data_under_another_id_is_told_to_both(tmp_path: Path) -> None:
    trials = [made(drawn(seed), key=seed) for seed in range(3)]
    # Another version of the program: the same configs with other returns.
    again = [made(drawn(seed + 10), "quite-other", key=seed) for seed in (1, 2)]
    (note,) = told(tmp_path, "alts", *trials, *again)
    assert note.startswith(
        "the hypothesis 'quite-other' (2 trials) has the same config, data and plugins or the same "
        "returns in 2 of the trials of 'alts'; "
    )
    (note,) = trials_of(tmp_path, "quite-other").notes
    assert note.startswith("the hypothesis 'alts' (3 trials) has the same config")


def test_the_same_returns_under_another_id_are_told(tmp_path: Path) -> None:
    (note,) = told(tmp_path, "alts", made(drawn(1), key=1), made(drawn(1), "other", key=2))
    assert "in 1 of the trials of 'alts'" in note


def test_other_trials_of_other_hypotheses_are_nothing_to_tell(tmp_path: Path) -> None:
    still = np.zeros(50)  # two that never moved have the same returns, and nothing in common
    trials = made(drawn(1)), made(drawn(2), "btc"), made(still, key=1), made(still, "btc", key=2)
    assert told(tmp_path, "alts", *trials) == ()
    # The config alone is not enough: on other data it is another trial.
    other = replace(made(drawn(3), "btc", key=5), config=made(drawn(1)).config, data="0" * 16)
    assert told(tmp_path, "alts", other) == ()


def test_of_many_namesakes_those_with_most_in_common_are_named(tmp_path: Path) -> None:
    trials = [made(drawn(seed), f"h{n}", key=seed) for n in range(5) for seed in range(n + 1)]
    notes = told(tmp_path, "h4", *trials)
    assert [note.split("'")[1] for note in notes[:3]] == ["h3", "h2", "h1"]
    assert notes[3:] == ("1 more hypothesis looks like 'h4' in these ways",)


def test_one_pass_over_the_ledger_gives_what_each_hypothesis_gives_alone(tmp_path: Path) -> None:
    told(tmp_path, "", made(drawn(1)), made(drawn(1), "btc"), made(drawn(2), "Alts"))
    for found in every_trial(tmp_path):
        alone = trials_of(tmp_path, found.hypothesis)
        assert (found.notes, found.count, found.total, found.head) == (
            alone.notes, alone.count, alone.total, alone.head,
        )  # fmt: skip
        assert [each.entry() for each in found.trials] == [each.entry() for each in alone.trials]
