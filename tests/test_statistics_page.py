"""Every number that is shown has a row in docs/statistics.md or docs/inference.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.choice import haircuts_of, overfitting_of, selection_of
from engine.cli import main
from engine.comparison import Comparison, beside
from engine.comparison_columns import paired_plain
from engine.config import load_config
from engine.config.gates import Gates
from engine.gates import Evidence, judged
from engine.inference.findings import Counts
from engine.inference.full import full_inference
from engine.measures.table import MEAN_DIFFERENCE_T, MEASURES
from engine.measures.trades import trade_statistics
from engine.progress import Progress
from engine.result import Outcome, Result, open_result, write_result
from engine.runs import run, simulate_again
from engine.trials import deflated, trials_of
from engine.verdict import weigh
from engine.weighing import Weighed
from tests.conftest import REPOSITORY
from tests.engine.findings import deflation, deflations
from tests.engine.outcomes import crowded, flat, rotation
from tests.engine.verdicts import weighed_of

STATISTICS, INFERENCE = (
    (REPOSITORY / "docs" / name).read_text(encoding="utf-8")
    for name in ("statistics.md", "inference.md")
)
IDEA = "alts-after-records"
CONFIG: dict[str, Any] = {
    "version": 1,
    "name": "paged",
    "hypothesis": {"id": IDEA, "claim": "Alts beat BTC."},
    "period": {"start": "2016-06-01", "end": "2016-11-20"},
    "data": {"simulated": {"seed": 5, "days": 700, "coins": 8}},
    "clock": "coins",
    "universe": {"min_age_days": 20},
    "signals": {
        "trend": {"kind": "trend", "panel": "equities", "mean_days": 50},
        "up": {"kind": "expression", "when": "trend > 0"},
    },
    "sleeves": {
        "btc": {"kind": "single", "asset": "BTC"},
        "alts": {"kind": "equal_weight", "exclude": ["BTC"]},
    },
    "strategy": {"kind": "rotation", "signal": "up", "on": {"alts": 1.0}, "off": {"btc": 1.0}},
    "schedule": {"kind": "weekly", "or_on_change": True},
    "benchmarks": {"btc": {"sleeve": "btc"}, "alts": {"sleeve": "alts"}},
}
GATES = Gates(**{name: 1 if name == "events_min" else 0.5 for name in Gates.model_fields})
FAMILIES = {
    "studentised": "test",
    "min_years_at_1": "deflated",
    "draws": "haircut",
    "p_value": "finding",
}
"""By a field that only they have, what several places share: their fields have one table."""
WORDS = ("text", "sentences", "limits", "trials", "inference")
"""What a verdict holds beside its figures."""
CURVE = (
    *("Growth", "Risk and shape", "Ratios", "Bars", "Drawdowns", "Months and years", "Benchmarks"),
)


def sections(page: str) -> dict[str, str]:
    """The text below each heading of the second level, by heading."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def tables(text: str) -> Iterator[dict[str, str]]:
    """The rows of all tables, a cell a column."""
    header: list[str] = []
    for line in text.splitlines():
        cells = [each.strip() for each in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            header = []
        elif not header:
            header = cells
        elif not set(cells[0]) <= {"-"}:
            assert len(cells) == len(header), line
            yield dict(zip(header, cells, strict=True))


def quoted(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def named(text: str) -> list[str]:
    """The names that the rows of the tables begin with."""
    return [name for row in tables(text) for name in quoted(next(iter(row.values())))]


def without_row(names: Iterable[str], rows: Iterable[str]) -> list[str]:
    """The names that no row has; `<benchmark>` and the like stand for any word."""
    parts = (re.split(r"<\w+>", row) for row in rows)
    patterns = re.compile("|".join("[^.]*".join(map(re.escape, each)) for each in parts))
    literal = set(rows)
    return sorted({n for n in names if n not in literal and not patterns.fullmatch(n)})


def check(names: Iterable[str], rows: Iterable[str]) -> None:
    """Stop with the names that no row has."""
    missing = without_row(names, rows)
    assert not missing, f"without a row: {', '.join(missing)}"


def shown(node: Any, path: str = "") -> Iterator[str]:
    """The names of all that a JSON document holds."""
    if isinstance(node, Mapping):
        family = next((name for field, name in FAMILIES.items() if field in node), "")
        if family:
            yield path
        prefix = f"<{family}>." if family else f"{path}." if path else ""
        for key, value in node.items():
            yield from shown(value, f"{prefix}{key}")
    elif isinstance(node, list) and any(isinstance(each, Mapping) for each in node):
        for each in node:
            yield from shown(each, f"{path}[]")
    else:
        yield path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("paged")


@pytest.fixture(scope="module")
def runs(folder: Path) -> list[Result]:
    out = []
    for days in (50, 20):
        signals = {**CONFIG["signals"], "trend": {**CONFIG["signals"]["trend"], "mean_days": days}}
        config = {**CONFIG, "signals": signals, "name": f"paged-{days}"}
        out.append(run(config, output=folder, tearsheet=False))
    return out


@pytest.fixture(scope="module")
def weighed(runs: list[Result], folder: Path) -> Weighed:
    """All that `run --inference` finds, with few draws."""
    result, trials = runs[0], trials_of(folder, IDEA)
    choice = selection_of(result, trials, seed=1, resamples=20)
    experiment = load_config(result.path / "experiment.yaml")
    inputs, simulation = simulate_again(experiment, folder, Progress(quiet=True))
    luck = full_inference(
        experiment,
        inputs,
        simulation,
        seed=1,
        counts=Counts(resamples=20, shifts=10, rotations=2, markets=1),
        superior=choice.superior,
    )
    found = deflated(result, trials)
    cut = haircuts_of(result, trials, luck.adjusted_sharpe.value)
    evidence = Evidence(result, found, luck, overfitting_of(result, trials))
    outcomes = judged(GATES, evidence)
    return Weighed(result, trials, found, luck, choice, cut, outcomes)


@pytest.fixture(scope="module")
def compared(runs: list[Result]) -> Comparison:
    return beside(runs, seed=1, resamples=20)


def test_a_number_without_a_row_is_named() -> None:
    rows = ["sharpe", "<benchmark>.cagr", "share_<sleeve>"]
    assert without_row(["sharpe", "btc.cagr", "share_alts"], rows) == []
    assert without_row(["sharpes", "btc.calmar", "a.b.cagr"], rows) == [
        *("a.b.cagr", "btc.calmar", "sharpes"),
    ]
    found = {"a": {"p_value": 1.0, "new": 2.0}, "b": [{"c": 1}], "d": {"e": [1, 2]}}
    assert list(shown(found)) == ["a", "<finding>.p_value", "<finding>.new", "b[].c", "d.e"]


def test_every_statistic_of_a_run_has_a_row(runs: list[Result]) -> None:
    found = sections(STATISTICS)
    of_curves = [name for title in CURVE for name in named(found[title])]
    of_benchmarks, every = named(found["Benchmarks"]), named(STATISTICS)
    for result in runs:
        for name in result.statistics:
            of, _, rest = name.partition(".")
            if of in result.benchmarks:
                check([rest], of_curves)
            elif of.removeprefix("vs_") in result.benchmarks:
                check([rest], of_benchmarks)
            else:
                check([name], every)
    # What the config was made for is there.
    names = runs[0].statistics.keys()
    assert {"contribution_signal.up.on", "decisions_changed", "closes_warm_up"} <= names


def test_every_figure_of_a_verdict_has_a_row(weighed: Weighed, tmp_path: Path) -> None:
    names = {*weighed.verdict.figures}
    made: list[Outcome] = [rotation(), rotation(bars=100), rotation(bars=800, every=200)]
    for place, outcome in enumerate((*made, crowded(8, 60), flat(400))):
        result = open_result(write_result(outcome, tmp_path / str(place)))
        full = weighed_of(result)
        assert full.deflations is not None
        names |= {*full.verdict.figures, *weigh(result).figures}
        active = {name: deflation(0.9, 0.1, trials=1) for name in result.benchmarks}
        names |= {*weigh(result, deflations(deflation(0.9, 0.1), trials=1, **active)).figures}
        names |= {*weigh(result, replace(full.deflations, active={})).figures}
    check(names, named(sections(INFERENCE)["The verdict"]))
    assert {"shift.beaten", "benchmarks.clear", "fills", "total_return", "luck"} <= names


@pytest.mark.parametrize(
    ("part", "title"),
    [("inference", "Intervals and tests of a run"), ("trials", "The trials behind a run")],
)
def test_what_a_verdict_rests_on_has_a_row(weighed: Weighed, part: str, title: str) -> None:
    document = weighed.as_json()["verdict"]
    check(shown(document[part]), named(sections(INFERENCE)[title]))
    assert set(document) == {"figures", *WORDS}


def test_what_a_choice_is_worth_has_a_row(weighed: Weighed) -> None:
    document, found = weighed.as_json(), sections(INFERENCE)
    choice = [*shown(document["selection"]), *shown({"haircuts": document["haircuts"]})]
    check(choice, named(found["Choosing among the trials"]))
    assert {*document} == {"verdict", "gates", "note", "selection", "haircuts"}


def test_every_field_of_a_gate_is_told(weighed: Weighed) -> None:
    gates = [each.as_json() for each in weighed.outcomes]
    assert len(gates) == len(Gates.model_fields)
    check(shown({"gates": gates}), quoted(sections(INFERENCE)["Gates"]))


def test_every_gate_has_a_row() -> None:
    check(Gates.model_fields, named(sections(INFERENCE)["Gates"]))


@pytest.mark.parametrize("about", [[], [IDEA]])
def test_what_the_ledger_shows_has_a_row(
    about: list[str], runs: list[Result], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trials", "show", *about, "-o", str(folder), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = named(sections(INFERENCE)["The trials behind a run"].partition("### ")[2])
    check(shown(document), rows)
    assert len(document["trials" if about else "hypotheses"]) == (len(runs) if about else 1)


def test_every_column_of_a_comparison_has_a_row(compared: Comparison) -> None:
    rows = [*named(sections(INFERENCE)["Runs beside each other"]), *named(STATISTICS)]
    header = compared.to_csv().splitlines()[0].split(",")
    check(header, rows)
    assert "to_best.holm_p" in header


def test_every_test_of_a_comparison_has_a_row(compared: Comparison) -> None:
    rows = named(sections(INFERENCE)["Runs beside each other"])
    rows += named(sections(INFERENCE)["Intervals and tests of a run"])
    rows += named(sections(INFERENCE)["The trials behind a run"])
    check(shown(paired_plain(compared)), rows)
    check(shown({"trials": [each.as_json() for each in compared.searches]}), rows)


def test_what_a_choice_among_runs_is_worth_has_a_row(compared: Comparison) -> None:
    assert compared.selection is not None
    check(
        shown(compared.selection.as_json()), named(sections(INFERENCE)["Choosing among the trials"])
    )


def test_units_and_bases_are_those_of_the_measures() -> None:
    measures, found = {**MEASURES, **MEAN_DIFFERENCE_T}, sections(STATISTICS)
    for row in (row for title in CURVE for row in tables(found[title])):
        names = quoted(row["name"])
        for column in ("unit", "basis"):
            told = row[column].split(", ")
            told = told * len(names) if len(told) == 1 else told
            assert told == [getattr(measures[name], column) for name in names], names


def test_rows_of_trades_are_those_that_are_computed() -> None:
    pnl = np.array([1.0, -1.0])
    text = sections(STATISTICS)["Trading"].partition("### Trades")[2].partition("### ")[0]
    known = {*trade_statistics(pnl, pnl), "open_positions", "open_profit"}
    assert {*named(text)} <= known


@pytest.mark.parametrize("page", [STATISTICS, INFERENCE], ids=["statistics", "inference"])
def test_every_test_that_is_named_exists(page: str) -> None:
    files = set(re.findall(r"`((?:tests|benchmarks)/[^`]*)`", page))
    assert files
    assert [name for name in sorted(files) if not (REPOSITORY / name).is_file()] == []


def test_every_function_that_is_named_exists() -> None:
    functions = [
        f"engine.inference.{name}"
        for row in tables(INFERENCE)
        if "function" in row
        for name in quoted(row["function"])
    ]
    functions += re.findall(r"`(engine(?:\.\w+)+)", STATISTICS)
    assert len(functions) > 30
    for name in functions:
        module, _, attribute = name.rpartition(".")
        try:
            import_module(name)
        except ModuleNotFoundError:
            assert hasattr(import_module(module), attribute), name


@pytest.mark.parametrize("page", [STATISTICS, INFERENCE], ids=["statistics", "inference"])
def test_every_page_it_links_to_exists(page: str) -> None:
    links = re.findall(r"\]\(([\w.]*)(#[\w-]+)?\)", page)
    assert links
    for name, anchor in links:
        text = (REPOSITORY / "docs" / name).read_text(encoding="utf-8") if name else page
        heads = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
        anchors = {f"#{head.lower().replace(' ', '-').replace(':', '')}" for head in heads}
        assert not anchor or anchor in anchors, (name, anchor)


def test_every_section_says_what_tests_it() -> None:
    pages = {**sections(STATISTICS), **sections(INFERENCE)}
    silent = [
        title
        for title, text in pages.items()
        if "|---" in text and not re.search(r"tests/|Test: ", text)
    ]
    assert silent == []
