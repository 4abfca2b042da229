"""Runs beside each other: what differs, one table, what is in common, what could not run."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import engine
from engine import compare_verbs, reading
from engine.cli import main
from engine.comparison import Failure, beside, compare
from engine.config import load_config
from engine.differences import Difference, differences
from engine.result import Outcome, Result, open_result, write_result
from feeds.errors import EngineError
from tests.conftest import REPOSITORY
from tests.engine.outcomes import crowded, flat, rotation

CONFIGS = REPOSITORY / "configs"
SHORT = ["data.simulated={days: 500, coins: 8}", "period.end=2016-12-31"]
SET = [part for each in SHORT for part in ("--set", each)]
WIDTH = 120


def config_file(folder: Path, name: str, **changes: Any) -> Path:
    """A config that builds on the demo."""
    path = folder / f"{name}.yaml"
    document = {"extends": str(CONFIGS / "demo.yaml"), "name": name, **changes}
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def results_of(made: Sequence[Outcome], root: Path) -> list[Result]:
    return [open_result(write_result(each, root / str(place))) for place, each in enumerate(made)]


def lines_of(text: str, start: str) -> list[str]:
    """The cells of the line that begins with a word."""
    (line,) = (line for line in text.splitlines() if line.startswith(start))
    return line.split()


def rule(signal: str, **more: Any) -> dict[str, Any]:
    return {"kind": "rotation", "signal": signal, "on": {"alts": 1.0}, "off": {}} | more


# What differs


def test_configs_differ_at_the_deepest_key_they_share() -> None:
    one = {"name": "a", "strategy": rule("x"), "execution": {"fee_bps": 10.0, "band": 0.01}}
    two = {"name": "b", "strategy": rule("y"), "execution": {"fee_bps": 30.0, "band": 0.01}}
    assert differences([one, two]) == (
        Difference("strategy.signal", ("x", "y")),
        Difference("execution.fee_bps", ("10", "30")),
    )


def test_another_kind_of_strategy_is_told_by_its_own_keys() -> None:
    one, two = {"strategy": rule("x")}, {"strategy": {"kind": "buy_and_hold", "hold": {"btc": 1.0}}}
    assert differences([one, two]) == (
        Difference("strategy.kind", ("rotation", "buy_and_hold")),
        Difference("strategy.signal", ("x", "-")),
        Difference("strategy.on", ("alts:1", "-")),
        Difference("strategy.off", ("{}", "-")),
        Difference("strategy.hold", ("-", "btc:1")),
    )


def test_an_entry_of_another_kind_is_told_without_what_is_as_by_default() -> None:
    trend = {"kind": "trend", "panel": "p", "mean_days": 50, "max_age_days": 10.0}
    level = {"kind": "level", "panel": "p", "value": "btc_cap", "max_age_days": 10.0}
    found = differences([{"signals": {"s": trend}}, {"signals": {"s": level}}, {"signals": {}}])
    assert found == (
        Difference(
            "signals.s", ("trend (panel=p, mean_days=50)", "level (panel=p, value=btc_cap)", "-")
        ),
    )


def test_an_entry_that_some_lack_is_told_by_its_kind_alone() -> None:
    trend = {"kind": "trend", "panel": "p", "mean_days": 50}
    found = differences([{"signals": {"s": trend}}, {"signals": {"s": trend}}, {"signals": {}}])
    assert found == (Difference("signals.s", ("trend", "trend", "-")),)
    assert found[0].usual == "trend"


def test_what_a_kind_believes_is_told_wherever_the_entry_is() -> None:
    one = {"kind": "outperformers", "panel": "p", "days": 90}
    two = {"kind": "expression", "when": "not x"}
    there, other = {"signals": {"s": one, "t": two}}, {"signals": {"s": two}}
    assert differences([there, {"signals": {}}]) == (
        Difference("signals.s", ("outperformers (days=90)", "-")),
        Difference("signals.t", ("expression (when=not x)", "-")),
    )
    assert differences([{"signals": {"s": one}}, other]) == (
        Difference("signals.s", ("outperformers (days=90, panel=p)", "expression (when=not x)")),
    )


def test_long_lists_are_told_by_what_differs() -> None:
    ids = ["A", "B", "C", "D", "E", "F"]
    found = differences([{"universe": {"ids": ids}}, {"universe": {"ids": [*ids[1:], "G"]}}])
    assert found == (Difference("universe.ids", ("6", "6 +G -A")),)


def test_simulated_and_real_data_are_one_difference() -> None:
    files = {"panels": {"coins": {"files": "a.csv"}}, "quality": {"spikes": "stop"}}
    found = differences([{"data": files}, {"data": {"simulated": {"seed": 2}}}])
    assert found == (Difference("data", ("files", "simulated (seed:2)")),)


def test_names_and_hypotheses_are_no_difference() -> None:
    assert differences([{"name": "a", "hypothesis": {"id": "x"}}, {"name": "b"}]) == ()


# The rows


def test_growth_beyond_a_benchmark_is_the_difference_of_the_two(tmp_path: Path) -> None:
    (result,) = results_of([rotation(400)], tmp_path)
    (row,) = beside([result]).runs
    for name in ("alts", "btc", "half_and_half"):
        gap = result.value("cagr") - result.value(f"{name}.cagr")
        assert row.figures[f"vs_{name}.cagr"] == gap
    assert row.figures["sharpe"] == result.value("sharpe")
    filled = [order for order in result.orders if order.status == "filled"]
    assert row.figures["fills"] == len(filled)


def test_shares_are_means_over_the_closes_and_cash_is_among_them(tmp_path: Path) -> None:
    (result,) = results_of([rotation(400)], tmp_path)
    (row,) = beside([result]).runs
    # All but 2 % is invested from the second close on, and nothing at the first.
    assert row.sleeves["cash"] == pytest.approx((1.0 + 399 * 0.02) / 400)
    assert row.sleeves["alts"] + row.sleeves["btc"] == pytest.approx(399 * 0.98 / 400)


def test_sleeves_are_in_the_order_of_their_names_whoever_holds_them(tmp_path: Path) -> None:
    (first,) = results_of([rotation(400)], tmp_path)
    (row,) = beside([first]).runs
    others = [replace(row, sleeves={"zinc": 0.5, "alts": 0.2, "cash": 0.3}), row]
    orders = set()
    for rows in (others, others[::-1], [*others, others[0]]):
        found = replace(beside([first]), runs=tuple(rows))
        shares = [name for name in found.columns() if name.startswith("share_")]
        assert shares == ["share_alts", "share_btc", "share_zinc", "share_cash"]
        header = next(line for line in found.summary().splitlines() if " cash" in line)
        orders.add(tuple(header.split()[-4:]))
    assert orders == {("alts", "btc", "zinc", "cash")}


def test_equal_benchmarks_are_one_row_and_others_say_whose_they_are(tmp_path: Path) -> None:
    made = [rotation(400), rotation(400, every=14, name="again"), rotation(400, seed=8, name="off")]
    one, two, other = results_of(made, tmp_path)
    assert [row.name for row in beside([one, two]).benchmarks] == ["alts", "btc", "half_and_half"]
    assert [row.name for row in beside([one, other]).benchmarks] == [
        *("alts of rotation", "btc of rotation", "half_and_half of rotation"),
        *("alts of off", "btc of off", "half_and_half of off"),
    ]


def test_rows_are_in_the_order_given_and_equal_names_have_their_ids(tmp_path: Path) -> None:
    made = [
        rotation(400, name="b"),
        rotation(400, name="a"),
        replace(rotation(380, name="b"), id="f00"),
    ]
    found = beside(results_of(made, tmp_path))
    assert [row.name for row in found.runs] == ["b/abc123", "a", "b/f00"]


# The text


def test_the_table_holds_the_figures_of_the_runs(tmp_path: Path) -> None:
    (result,) = results_of([rotation(800)], tmp_path)
    found = beside([result])
    text = found.summary()
    growth = 100 * result.value("cagr")
    cells = lines_of(text, "rotation ")
    assert cells[2] == f"{growth:+.1f}" or cells[2] == f"{growth:+,.0f}"
    assert cells[4] == f"{result.value('sharpe'):.2f}"
    assert cells[5] == f"{result.value('sharpe_se_mertens_annual'):.2f}"
    assert "In common: 3 ids of 'coins', picked by hand; fee 10 bps, slippage 5 bps" in text
    assert "- Survivorship-biased universe: rotation\n" in text


@pytest.mark.parametrize("runs", [1, 2, 4, 9])
def test_the_text_keeps_to_120_columns(runs: int, tmp_path: Path) -> None:
    made = [crowded(), *(rotation(400, every=7 + k, name=f"run{'-long' * k}") for k in range(8))]
    found = beside(results_of(made[:runs], tmp_path))
    lines = found.summary().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert all(line == line.rstrip() for line in lines)


def test_many_configs_are_told_by_what_sets_them_apart(tmp_path: Path) -> None:
    made = [rotation(380, name=f"run{k}") for k in range(8)]
    found = beside(results_of(made, tmp_path))
    rows = tuple("30" if k == 3 else "10" for k in range(8))
    text = replace(found, differences=(Difference("execution.fee_bps", rows),)).summary()
    assert "What sets each config apart from most of them:" in text
    assert "  run3  execution.fee_bps: 30\n" in text
    assert "  run4  nothing\n" in text


def test_few_configs_have_a_column_each(tmp_path: Path) -> None:
    found = beside(results_of([rotation(380), rotation(380, name="other")], tmp_path))
    assert found.differences == ()
    assert "The configs differ in their names only." in found.summary()
    told = replace(found, differences=(Difference("execution.fee_bps", ("10", "30")),)).summary()
    assert lines_of(told, "config ") == ["config", "rotation", "other"]
    assert lines_of(told, "execution.fee_bps ") == ["execution.fee_bps", "10", "30"]


def test_simulated_runs_are_told_apart_from_others(tmp_path: Path) -> None:
    real, made = results_of([rotation(380), rotation(380, name="made", simulated=True)], tmp_path)
    assert beside([made]).summary().splitlines()[0].endswith("SIMULATED DATA")
    assert "1 OF THEM ON SIMULATED DATA" in beside([real, made]).summary().splitlines()[0]
    assert "SIMULATED" not in beside([real]).summary()


def test_what_makes_rows_hard_to_compare_is_told(tmp_path: Path) -> None:
    digests = {"config": "0", "panels": {"coins": "other"}, "package": "f00d"}
    made = [rotation(400), rotation(380, name="later", digests=digests)]
    text = beside(results_of(made, tmp_path)).summary()
    assert "NOT IN COMMON: periods and data. Rows differ by that too." in text


def test_a_comparison_says_that_nothing_is_tested(tmp_path: Path) -> None:
    results = results_of([rotation(400), rotation(400, every=7, name="other")], tmp_path)
    assert "No difference between rows is tested here. Of 2 tries" in beside(results).summary()
    assert "One run" in beside(results[:1]).summary()


def test_runs_that_came_out_the_same_are_told(tmp_path: Path) -> None:
    made = [rotation(400), rotation(400, name="twin"), rotation(400, every=7, name="other")]
    text = beside(results_of(made, tmp_path)).summary()
    assert "- The same result to the last bit: rotation and twin\n" in text
    assert text.count("last bit") == 1


def test_an_error_that_several_configs_have_is_told_once(tmp_path: Path) -> None:
    (result,) = results_of([rotation(400)], tmp_path)
    why = EngineError("X is held without a bar\nsecond line")
    text = beside([result], [Failure("a.yaml", why), Failure("b.yaml", why)]).summary()
    assert text.endswith("\n\nNot run (2):\n  a.yaml, b.yaml: X is held without a bar\n")


def test_short_runs_are_held_against_benchmarks_by_their_whole_return(tmp_path: Path) -> None:
    (result,) = results_of([rotation(60)], tmp_path)
    lines = beside([result]).summary().splitlines()
    assert any("return" in line and "growth" in line for line in lines)
    gap = 100 * (result.value("total_return") - result.value("btc.total_return"))
    assert f"{gap:+.1f}" in lines_of("\n".join(lines), "rotation ")


def test_undefined_figures_are_not_available_and_never_numbers(tmp_path: Path) -> None:
    found = beside(results_of([flat(400)], tmp_path))
    assert "n/a" in lines_of(found.summary(), "flat ")
    assert np.isnan(found.runs[0].figures["sharpe"])
    cells = dict(zip(*csv.reader(found.to_csv().splitlines()[:2]), strict=True))
    assert cells["sharpe"] == ""


# Tables for programs


def test_the_csv_is_exact(tmp_path: Path) -> None:
    (result,) = results_of([rotation(400)], tmp_path)
    run, *benchmarks = csv.DictReader(beside([result]).to_csv().splitlines())
    assert run["run"] == result.id
    assert float(run["sharpe"]) == result.value("sharpe")
    assert float(run["ann_cost"]) == result.value("ann_cost")
    assert [row["name"] for row in benchmarks] == ["alts", "btc", "half_and_half"]
    assert float(benchmarks[1]["cagr"]) == result.value("btc.cagr")
    assert benchmarks[1]["ann_cost"] == ""


def test_the_frame_has_a_row_a_curve(tmp_path: Path) -> None:
    (result,) = results_of([rotation(400)], tmp_path)
    frame = beside([result]).frame()
    assert list(frame.index) == ["rotation", "alts", "btc", "half_and_half"]
    assert frame.loc["rotation", "sharpe"] == result.value("sharpe")


# Runs


def test_panels_are_read_once_for_all_configs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    simulate = reading.simulate
    monkeypatch.setattr(
        reading, "simulate", lambda spec, cache: read.append(spec) or simulate(spec, cache)
    )
    files = [
        config_file(tmp_path, name, strategy={"signal": name}) for name in ("breakout", "dominance")
    ]
    found = compare(*files, output=tmp_path / "out", overrides=SHORT)
    assert [row.name for row in found.runs] == ["breakout", "dominance"]
    assert found.differences == (Difference("strategy.signal", ("breakout", "dominance")),)
    assert len(read) == 1
    again = [engine.run(file, output=tmp_path / "alone", overrides=SHORT, tearsheet=False)
             for file in files]  # fmt: skip
    assert [result.id for result in again] == [result.id for result in found.results]


def test_panels_of_files_are_read_once_for_all_configs_with_equal_sections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(reading, "load_panel", lambda name, *_: read.append(name) or object())
    reader = reading.Reader(None)
    coins = load_config(CONFIGS / "rotation.yaml")
    policy, until = coins.data.quality, np.datetime64("2024-04-29", "ns")
    for ids, name in (
        (["A"], "coins"),
        (["A"], "coins"),
        (["A", "B"], "coins"),
        (["A"], "equities"),
    ):
        reader.panel(name, coins.data.panels[name], tmp_path, ids, policy, until)
    assert read == ["coins", "coins", "equities"]


def test_experiments_results_and_files_may_be_mixed(tmp_path: Path) -> None:
    path = config_file(tmp_path, "file")
    one = load_config(config_file(tmp_path, "loaded"), SHORT)
    two = engine.run(path, output=tmp_path / "out", overrides=SHORT, tearsheet=False)
    found = engine.compare(one, two, two.path, output=tmp_path / "out")
    assert [row.name for row in found.runs] == ["loaded", "file"]
    assert not (tmp_path / "out" / "loaded" / found.results[0].id / "tearsheet.html").exists()


def test_a_config_that_fails_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, other = config_file(tmp_path, "good"), config_file(tmp_path, "other")
    bad = config_file(tmp_path, "bad", strategy={"signal": "brakeout"})
    early = config_file(tmp_path, "early", period={"start": "2010-01-01"})
    arguments = [str(path) for path in (good, early, bad, other)]
    options = [*SET, "-o", str(tmp_path / "out"), "-q"]
    assert main(["compare", *arguments, *options]) == 4  # of the first: dates outside the data
    told = capsys.readouterr()
    table, _, failed = told.out.partition("Not run (2):\n")
    rows = [line.split()[0] for line in table.splitlines() if line.startswith(("good", "other"))]
    assert rows[:2] == ["good", "other"]
    assert f"  {early}: period.start 2010-01-01 is" in failed
    assert failed.index("early.yaml") < failed.index("bad.yaml")
    assert "Did you mean `breakout`?" in told.err
    assert main(["compare", str(bad), str(good), *options, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in found["runs"]] == ["good"]
    assert [failure["exit_code"] for failure in found["failed"]] == [3]
    assert found["failed"][0]["source"] == str(bad)


def test_a_comparison_of_nothing_that_runs_prints_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "no.yaml", "-o", str(tmp_path)]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("there is no config no.yaml") == 1
    assert main(["compare", "no.yaml", "nor.yaml", "-o", str(tmp_path)]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "no.yaml" in told.err
    assert "nor.yaml" in told.err


def test_compare_takes_runs_by_path_id_and_name_and_writes_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, table = tmp_path / "out", tmp_path / "table.csv"
    write_result(rotation(400), output)
    (place,) = output.glob("rotation/*")
    small = {"data": {"simulated": {"days": 500, "coins": 8}}, "period": {"end": "2016-12-31"}}
    config = config_file(tmp_path, "mine", **small)
    for run in (str(place), "rotation", "abc123"):
        assert main(["compare", run, "-o", str(output), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["runs"][0]["name"] == "rotation"
    assert main(["compare", "rotation", str(config), *SET, "-o", str(output)]) == 3
    assert "overrides cannot change the result" in capsys.readouterr().err
    arguments = ["compare", "rotation", str(config), "-o", str(output), "-q"]
    assert main([*arguments, "--csv", str(table)]) == 0
    assert capsys.readouterr().out.endswith(f"table  {table}\n")
    names = [row["name"] for row in csv.DictReader(table.read_text().splitlines())]
    assert names[:2] == ["rotation", "mine"]
    assert main(["compare", "nothing", "-o", str(output)]) == 2
    assert "no run `nothing`" in capsys.readouterr().err


def test_a_table_that_cannot_be_written_stops_before_the_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, output = str(config_file(tmp_path, "mine")), tmp_path / "out"
    arguments = ["compare", config, *SET, "-o", str(output), "-q", "--csv"]
    for place in (tmp_path / "not there" / "table.csv", tmp_path):
        assert main([*arguments, str(place)]) == 2
        told = capsys.readouterr()
        assert f"cannot write the table {place}: " in told.err
        assert "name another file with --csv" in told.err
        assert not output.exists()
    assert main([*arguments, ""]) == 2
    assert "argument --csv: name a file" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.yaml"]


def test_a_table_that_cannot_be_written_later_is_printed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compare_verbs, "replace_whole", full)
    write_result(rotation(400), tmp_path)
    table = tmp_path / "table.csv"
    assert main(["compare", "rotation", "-o", str(tmp_path), "--csv", str(table)]) == 2
    told = capsys.readouterr()
    assert "rotation" in told.out
    assert "table  " not in told.out
    assert f"error: cannot write the table {table}: No space left on device" in told.err


def test_table_and_page_are_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_result(rotation(400), tmp_path)
    place, link = tmp_path / "both", tmp_path / "link"
    link.symlink_to(place)
    for other in (place, link, tmp_path / "." / "both"):
        arguments = ["compare", "rotation", "-o", str(tmp_path), "--csv", str(place)]
        assert main([*arguments, "--html", str(other)]) == 2
        assert f"--csv and --html both name {place}; name two files" in capsys.readouterr().err
        assert not place.exists()


def test_a_pipe_is_written_into_and_stays_one(tmp_path: Path) -> None:
    place = write_result(rotation(400), tmp_path)
    pipe, page = tmp_path / "pipe", tmp_path / "page.html"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        arguments = ["compare", "rotation", "-o", str(tmp_path), "--resamples", "100", "-q"]
        assert main([*arguments, "--csv", str(pipe), "--html", str(page)]) == 0
        content = os.read(reader, 2**20)
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    found = engine.compare(place, resamples=100)
    assert content.decode() == found.to_csv()


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    write_result(rotation(400), tmp_path)
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("before")
    link.symlink_to(target)
    assert main(["compare", "rotation", "-o", str(tmp_path), "-q", "--csv", str(link)]) == 0
    assert link.is_symlink()
    assert target.read_text().startswith("name,run,")


def test_rows_with_long_names_are_told_apart(tmp_path: Path) -> None:
    outcomes = [rotation(30, name=f"run-with-a-rather-long-name-{place:02}") for place in range(40)]
    rows = beside(results_of(outcomes, tmp_path)).summary().splitlines()
    starts = [line.split()[0] for line in rows if line.startswith("run-with")]
    assert len(starts) == len(set(starts)) == 40
    assert "run-with-a-...ng-name-39" in starts


def test_json_of_a_comparison_has_every_difference_and_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [config_file(tmp_path, f"fee{fee}", execution={"fee_bps": fee}) for fee in (1, 50)]
    options = [*SET, "-o", str(tmp_path / "out"), "-q", "--json"]
    assert main(["compare", *map(str, files), *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["differences"] == {"execution.fee_bps": {"fee1": "1", "fee50": "50"}}
    assert [run["simulated"] for run in found["runs"]] == [True, True]
    assert found["runs"][0]["warnings"][0].startswith("Simulated data. ")
    cheap, dear = (run["figures"]["ann_cost"] for run in found["runs"])
    assert cheap < dear


def test_tear_sheets_are_written_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr("engine.tearsheet.report", lambda result: drawn.append(result.name))
    file = str(config_file(tmp_path, "mine"))
    arguments = ["compare", file, *SET, "-o", str(tmp_path / "out"), "-q"]
    assert main(arguments) == 0
    assert drawn == []
    assert main([*arguments, "--tearsheets"]) == 0
    assert drawn == ["mine"]


@pytest.mark.shared
def test_variants_on_real_data_stand_in_one_table(shared: Path, tmp_path: Path) -> None:
    names = ("rotation", "breakout_only", "btc_hold")
    found = compare(
        *(CONFIGS / f"{name}.yaml" for name in names),
        output=tmp_path,
        overrides=[f"data.root={shared / 'data'}", "period.end=2019-12-31"],
    )
    assert [row.name for row in found.runs] == list(names)
    assert found.failed == ()
    assert [row.name for row in found.benchmarks] == ["alts", "btc"]
    # What holds BTC throughout trails the benchmark that does the same by less than two points.
    assert abs(found.runs[2].figures["vs_btc.cagr"]) < 0.02
    assert max(map(len, found.summary().splitlines())) <= WIDTH
