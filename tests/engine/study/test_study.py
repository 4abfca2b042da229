"""`study` from a config to its files, its text and its page."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import study_verbs
from engine.result import find_results
from engine.study import study
from engine.study.files import as_json, texts_of, write_study
from engine.study.page import page
from engine.tables import from_csv
from tests.engine.markets import EVERYTHING, prepared
from tests.engine.study.studies import config, studied

FEW, MANY = "risk_on", "often"


def test_the_events_are_the_closes_at_which_the_signal_comes_on() -> None:
    found = studied(FEW)
    assert 0 < len(found.events) < 10
    inputs = prepared(config())
    closes = inputs.period.known_at
    assert np.all(np.isin(found.known_at, closes))
    # Known at a 24/7 close one can buy at once.
    assert found.entered_at.tolist() == found.known_at.tolist()


def test_a_forward_return_is_that_of_the_sleeve_itself() -> None:
    found = studied(FEW)
    inputs = prepared(config())
    close = inputs.period.close[:, inputs.period.ids.index("BTC")]
    row = int(found.events.row[0])
    assert found.forward[30]["base"][0] == pytest.approx(close[row + 30] / close[row] - 1, rel=1e-6)
    gap = found.forward[30]["alts"][0] - found.forward[30]["base"][0]
    assert found.forward[30]["difference"][0] == gap


def test_paths_pass_through_the_forward_returns_and_begin_at_zero() -> None:
    found = studied(FEW)
    column = {int(day): place for place, day in enumerate(found.days)}
    assert found.paths[:, column[0]].tolist() == [0.0] * len(found.events)
    for days, each in found.forward.items():
        here = found.paths[:, column[days]]
        assert here.tolist() == pytest.approx(each["difference"].tolist(), nan_ok=True)
    assert (found.days[0], found.days[-1]) == (-30, 180)


def test_fewer_than_ten_events_carry_no_p_value_anywhere() -> None:
    found = studied(FEW)
    assert found.evidence == {}
    written = as_json(found)
    assert "fewer than 10 events" in written["why_no_p_values"]
    assert all(each["evidence"] is None for each in written["horizons"].values())
    assert "p_value" not in json.dumps(written["horizons"])
    for text in (found.summary(), page(found)):
        assert "ewer than 10 events" in text
        assert "Newey" not in text
        assert "*" not in re.sub("<style>.*</style>", "", text, flags=re.DOTALL)


def test_ten_or_more_events_have_exact_shifts_and_a_calendar_time_portfolio() -> None:
    found = studied(MANY)
    assert len(found.events) >= 10
    written = as_json(found)
    assert written["why_no_p_values"] is None
    week = written["horizons"]["7"]["evidence"]
    # Every close whose week ends within the data is a shift.
    assert week["shifts"]["method"] == "all_shifts"
    assert week["shifts"]["arrangements"] == found.others[7]["difference"].count + week["events"]
    assert week["free"]["seed"] == 1
    assert week["calendar"]["lag"] == 6
    assert "Newey" in found.summary()
    assert "Newey" in page(found)


def test_the_text_fits_into_a_hundred_columns() -> None:
    for found in map(studied, (FEW, MANY, "record")):
        assert max(map(len, found.summary().splitlines())) <= 100


def test_the_files_are_whole_equal_each_time_and_no_run(tmp_path: Path) -> None:
    first = study(EVERYTHING, output=tmp_path, signal=FEW)
    assert first.path == tmp_path / "everything" / f"study-{first.id}"
    files = {path.name: path.read_bytes() for path in first.path.iterdir()}
    assert set(files) == {
        "events.csv", "experiment.yaml", "manifest.json", "study.html", "study.json",
    }  # fmt: skip
    again = study(EVERYTHING, output=tmp_path, signal=FEW)
    assert again.path is not None
    assert {path.name: path.read_bytes() for path in again.path.iterdir()} == files
    assert find_results(tmp_path) == ()
    assert not list(tmp_path.glob(".tmp-*"))


def test_another_question_has_another_id(tmp_path: Path) -> None:
    found = {study(EVERYTHING, output=tmp_path, signal=name).id for name in (FEW, "slope")}
    assert len(found) == 2


def test_events_csv_has_a_line_for_each_event() -> None:
    found = studied(FEW)
    columns = dict(from_csv(texts_of(found)["events.csv"], "events.csv"))
    assert list(columns)[:5] == ["known_at", "entered_at", "age_days", "days_on", "state_at_end"]
    assert list(columns)[5:8] == ["alts_7d", "base_7d", "difference_7d"]
    assert len(columns["known_at"]) == len(found.events)
    assert columns["known_at"][0].endswith("Z")


def test_the_page_needs_nothing_from_elsewhere_and_escapes_all_names() -> None:
    claim = "<img src=x onerror=alert(1)>"
    text = page(replace(studied(FEW), claim=claim))
    assert claim not in text
    assert "&lt;img src=x" in text
    assert "<script" not in text
    assert not re.search(r'(src|href)="(?!#)', text)
    assert text.count("SIMULATED DATA") >= 2
    assert text.count("<svg viewBox") == 4  # two figures, each for two widths


def test_a_signal_of_many_values_is_told_to_count_as_on_above_zero() -> None:
    many = [each for each in studied("slope").manifest["warnings"] if "many values" in each]
    assert many == [
        "'slope' takes many values, and counts as on above 0: study a switch made of it, such as "
        "a hysteresis"
    ]
    assert not any("many values" in each for each in studied(FEW).manifest["warnings"])


def test_below_three_events_no_share_of_them_is_told() -> None:
    found = studied(FEW)
    two = replace(found, events=replace(found.events, row=found.events.row[:2]))
    assert "above 0" in found.summary()
    assert "above 0" not in two.summary()


def test_a_signal_that_never_came_on_says_so(tmp_path: Path) -> None:
    found = study(EVERYTHING, output=tmp_path, signal="record")
    assert len(found.events) == 0
    assert "There is no event" in found.summary()
    assert found.path is not None
    assert "There is no event" in (found.path / "study.html").read_text()


def options(tmp_path: Path, **changes: Any) -> Namespace:
    file = tmp_path / "everything.json"
    file.write_text(json.dumps(EVERYTHING))
    given = {"config": file, "overrides": [], "output": tmp_path / "out", "json": False}
    return Namespace(**{**given, "signal": None, "quiet": True, **changes})


def test_the_verb_prints_what_happened_and_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study_verbs.study(options(tmp_path))
    shown = capsys.readouterr().out
    assert "What happened after signal 'risk_on' came on: 'alts' against 'btc'" in shown
    assert "study.html" in shown
    assert "--signal above_mean" in shown


def test_the_verb_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study_verbs.study(options(tmp_path, json=True, signal=FEW))
    shown = json.loads(capsys.readouterr().out)
    written = json.loads((Path(shown.pop("path")) / "study.json").read_text())
    assert shown == written


def test_writing_where_one_cannot_leaves_nothing(tmp_path: Path) -> None:
    from feeds.errors import OutputError

    (tmp_path / "everything").write_text("a file in the way")
    with pytest.raises(OutputError):
        write_study(studied(FEW), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["everything"]
