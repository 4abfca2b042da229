"""The end-of-run screen: what happened, how far to believe it, what to know first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.notices import notices
from engine.result import Outcome, Result, open_result, write_result
from engine.verdict import caution, what_happened
from tests.engine.outcomes import crowded, flat, rotation


def result_of(made: Outcome, root: Path) -> Result:
    return open_result(write_result(made, root))


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_screen_says_how_far_to_believe_the_run(tmp_path: Path) -> None:
    result = result_of(rotation(), tmp_path)
    shown = words(result.summary())
    for sentence in (*what_happened(result), *caution(result)):
        assert sentence in shown
    assert "standard errors" in shown
    psr = f"{100 * result.value('psr_vs_0'):.1f} %"
    assert f"chance above 0 {psr}" in shown


def test_warnings_are_written_out_where_there_is_room(tmp_path: Path) -> None:
    result = result_of(flat(400), tmp_path)
    shown = words(result.summary())
    assert len(notices(result)) == 3
    for notice in notices(result):
        assert f"- {notice.title}. {notice.text}" in shown


def test_the_gravest_warnings_keep_their_sentence_where_room_is_short(tmp_path: Path) -> None:
    notes = [f"note {number} is so long that it takes a line of its own" for number in range(9)]
    result = result_of(rotation(warnings=notes), tmp_path)
    shown = result.summary()
    assert "- Survivorship-biased universe. 3 ids were picked by hand with hindsight." in shown
    assert "What died" not in shown
    assert "- Also: " in shown
    assert "Note of the run" in shown.splitlines()[-1]


@pytest.mark.parametrize(
    "made",
    [
        flat(1),
        flat(400),
        crowded(),
        rotation(bars=100),
        rotation(warnings=[f"note {number}" for number in range(40)]),
        rotation(simulated=True, quality={f"panel_{number}": {"gaps": 1} for number in range(40)}),
    ],
)
def test_the_screen_is_at_most_21_lines_of_79_characters(made: Any, tmp_path: Path) -> None:
    lines = result_of(made, tmp_path).summary().splitlines()
    assert len(lines) <= 21
    assert max(map(len, lines)) <= 79
