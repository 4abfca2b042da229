"""The README shows what the commands print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.config import load_config
from engine.runs import run
from engine.weighing import weighed

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str = "") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_screen_is_the_one_of_the_demo(tmp_path: Path) -> None:
    result = run(ROOT / "configs" / "demo.yaml", output=tmp_path, tearsheet=False, trial=False)
    # The id stands for the sources, and is left out of the README.
    printed = (
        result.summary(weighed(result, tmp_path).deflations)
        .replace(f"{result.id[:12]}  ", " ")
        .rstrip()
    )
    shown = next(block for block in blocks() if "SIMULATED DATA" in block).rstrip()
    assert [line.split() for line in shown.splitlines()] == [
        line.split() for line in printed.splitlines()
    ]


def test_the_hypothesis_is_a_config_of_thirty_lines() -> None:
    (text,) = blocks("yaml")
    assert len(text.splitlines()) <= 30
    assert load_config(text).name == "small-caps-lead"


def test_the_first_block_is_the_two_commands() -> None:
    assert blocks()[0].split("\n") == ["make demo", "make test", ""]


@pytest.mark.parametrize("name", re.findall(r"\]\((docs/[a-z_]+\.md)\)", README))
def test_every_page_it_links_to_exists(name: str) -> None:
    assert (ROOT / name).is_file()
