"""docs/signals.md is what the classes say, and every signal has its picture."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from engine.catalogue import entry
from strategies.registry import kinds

DOCS = Path(__file__).resolve().parents[2] / "docs"
SIGNALS = [name for name, kind in kinds("signal").items() if kind.__module__.startswith("strat")]


@pytest.fixture(scope="module")
def make():
    spec = importlib.util.spec_from_file_location("docs_make", DOCS / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_the_one_of_the_classes(make):
    page = (DOCS / "signals.md").read_text(encoding="utf-8")
    # In a process of its own: other tests register kinds.
    program = "from engine.catalogue import markdown; print(markdown(), end='')"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=DOCS.parent, capture_output=True, text=True, check=True)
    assert page == make.HEAD + done.stdout, "write it again with `python docs/make.py`"


@pytest.mark.parametrize("name", SIGNALS)
def test_every_signal_has_a_picture(name):
    picture = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
    assert picture.startswith("<?xml")
    assert f">{name}<" in picture


def test_pictures_of_signals_that_are_gone_are_gone():
    assert {path.stem for path in (DOCS / "pictures").glob("*.svg")} == set(SIGNALS)


def test_a_picture_is_drawn_the_same_twice(make):
    panels = make.market()
    once, again = (make.picture("falling_wedge", panels) for _ in range(2))
    assert once == again
    assert "total_cap / btc_cap" in once


def test_an_entry_tells_parameters_example_and_warm_up():
    found = entry("signal", "alt_dominance")
    assert found["warm_up_rows"] == 91  # the window of the example
    assert found["example"]["mean_days"] == 91
    share = next(row for row in found["parameters"] if row["key"] == "share")
    assert share["default"] == "required"
