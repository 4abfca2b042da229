"""Intervals and paired differences of a comparison, against one curve or pair at a time."""

from __future__ import annotations

import csv
import json
import math
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from engine.compare_verbs import _plain, _print, _written
from engine.comparison import Failure, beside
from engine.inference import bootstrap, resampled
from engine.inference.multiple import holm
from engine.inference.sharpe_difference import bootstrap_difference
from engine.likeness import correlations, overlaps
from engine.paired import Curve, Paired, paired
from engine.result import Outcome, Result, open_result, write_result
from feeds.arrays import Float, instants
from feeds.errors import EngineError
from tests.engine.outcomes import crowded, flat, rotation

B = 100
WIDTH = 120
EVIL = "<img src=x onerror=alert(1)>"


def results_of(made: Sequence[Outcome], root: Path) -> list[Result]:
    return [open_result(write_result(each, root / str(place))) for place, each in enumerate(made)]


def curve(name: str, returns: Float, first: str = "2020-01-01", year: float = 365.0) -> Curve:
    times = np.datetime64(first, "ns") + np.arange(len(returns) + 1) * np.timedelta64(1, "D")
    return Curve(name, instants(times), returns, year, 0.0)


def moves(seed: int, drift: float = 0.0, bars: int = 400) -> Float:
    return drift + 0.02 * np.random.default_rng(seed).standard_normal(bars)


@pytest.fixture(scope="module")
def three() -> tuple[list[Curve], list[Curve]]:
    """Three runs and two benchmarks on the same closes; the second run is far ahead."""
    market = moves(1)
    runs = [
        curve("low", market + moves(2) / 9),
        curve("top", market + moves(3) / 9 + 0.004),
        curve("near", market + moves(4) / 9 + 0.0038),
    ]
    return runs, [curve("btc", market), curve("alts", 1.3 * market)]


@pytest.fixture(scope="module")
def found(three: tuple[list[Curve], list[Curve]]) -> Paired:
    """Their tests."""
    return paired(*three, OF, seed=7, resamples=B)


OF = {"low": ("btc",), "top": ("btc", "alts"), "near": ()}


def test_intervals_are_those_of_the_bootstrap_of_one_curve(
    three: tuple[list[Curve], list[Curve]], found: Paired
) -> None:
    runs, benchmarks = three
    length = max(bootstrap.block_length(each.returns)[0] for each in (*runs, *benchmarks))
    for each in (*runs, *benchmarks):
        for name, statistic in (("sharpe", resampled.sharpe(365)), ("cagr", resampled.cagr(365))):
            alone = bootstrap.interval(statistic, each.returns, seed=7, resamples=B, length=length)
            own = getattr(found.own[each.name], name)
            assert (own.value, own.low, own.high) == (alone.estimate, alone.low, alone.high)
            assert (own.n, own.count, own.seed, own.block_length) == (400, B, 7, length)


def test_the_deepest_fall_is_drawn_in_blocks_as_long_as_falls_need(
    three: tuple[list[Curve], list[Curve]], found: Paired
) -> None:
    for each in (*three[0], *three[1]):
        own = found.own[each.name].max_drawdown
        length = max(
            found.own[each.name].sharpe.block_length, bootstrap.drawdown_block_length(each.returns)
        )
        alone = bootstrap.interval(
            resampled.max_drawdown, each.returns, seed=7, resamples=B, length=length
        )
        assert (own.low, own.high, own.block_length) == (alone.low, alone.high, length)
        curve_of = np.concatenate(([1.0], np.cumprod(1.0 + each.returns)))
        worst = min(curve_of[k] / curve_of[: k + 1].max() - 1.0 for k in range(len(curve_of)))
        assert own.value == pytest.approx(worst)
        assert own.low <= own.high <= 0.0


def test_differences_are_those_of_the_paired_bootstrap_of_two_curves(
    three: tuple[list[Curve], list[Curve]], found: Paired
) -> None:
    runs, benchmarks = three
    gap = found.to_benchmarks["top", "alts"]
    for name, statistic in (("sharpe", resampled.sharpe(365)), ("cagr", resampled.cagr(365))):
        one = getattr(gap, name)
        two = bootstrap.paired(
            statistic, runs[1].returns, benchmarks[1].returns,
            seed=7, resamples=B, length=one.block_length,
        )  # fmt: skip
        assert (one.value, one.low, one.high) == pytest.approx(
            (two.interval.estimate, two.interval.low, two.interval.high), rel=1e-12
        )
        assert one.p_value == two.p_value
    test = bootstrap_difference(
        runs[1].returns, benchmarks[1].returns,
        block=int(gap.ledoit_wolf.block_length), seed=7, resamples=B,
    )  # fmt: skip
    assert gap.ledoit_wolf.p_value == test.p_value
    assert gap.ledoit_wolf.value == pytest.approx(test.difference * math.sqrt(365))


def test_each_run_is_held_against_the_best_and_its_own_benchmarks(found: Paired) -> None:
    assert found.best == "top"
    assert set(found.to_best) == {"low", "near"}
    assert set(found.to_benchmarks) == {("low", "btc"), ("top", "btc"), ("top", "alts")}
    p_values = [gap.ledoit_wolf.p_value for gap in found.to_benchmarks.values()]
    adjusted = [gap.adjusted for gap in found.to_benchmarks.values()]
    assert adjusted == holm(np.array(p_values)).tolist()
    assert found.alike == ("top", "near")
    assert found.to_best["low"].adjusted < 0.05


def test_a_copy_of_the_best_cannot_be_told_from_it() -> None:
    one = moves(5, 0.002)
    found = paired([curve("a", one), curve("b", one)], [], {}, seed=1, resamples=B)
    assert found.alike == ("a", "b")
    assert math.isnan(found.to_best["b"].adjusted)
    assert "move as one" in found.to_best["b"].ledoit_wolf.reason
    assert found.to_best["b"].sharpe.value == 0.0


def test_only_runs_on_the_same_closes_are_paired() -> None:
    runs = [
        curve("odd", moves(1, 0.01), "2021-01-01"),
        curve("one", moves(2)),
        curve("two", moves(3)),
        curve("short", moves(4, bars=300)),
    ]
    found = paired(runs, [], {}, seed=1, resamples=B)
    assert found.best in ("one", "two")
    assert len(found.to_best) == 1
    assert found.unpaired == {"odd": "other closes", "short": "other closes"}
    assert set(found.own) == {"odd", "one", "two", "short"}


def test_runs_made_annual_in_other_ways_are_not_paired() -> None:
    one = moves(2, 0.004)
    rate, year = replace(curve("rate", one), risk_free=0.3), curve("year", one, year=252.0)
    runs = [rate, curve("one", one), year, curve("two", moves(3))]
    benchmarks = [curve("btc", moves(1)), replace(curve("btc of rate", moves(1)), risk_free=0.3)]
    of = {"one": ("btc",), "rate": ("btc of rate",)}
    found = paired(runs, benchmarks, of, seed=1, resamples=B)
    assert (found.best, found.contestants) == ("one", ("one", "two"))
    assert found.unpaired == {"rate": "another risk-free rate", "year": "other bars a year"}
    # A run less its benchmark is the same whoever else is compared.
    alone = paired([rate], benchmarks[1:], {"rate": ("btc of rate",)}, seed=1, resamples=B)
    key = ("rate", "btc of rate")
    assert found.to_benchmarks[key].sharpe.value == alone.to_benchmarks[key].sharpe.value
    with pytest.raises(ValueError, match="made annual in other ways"):
        paired(runs, benchmarks, {"rate": ("btc",)}, seed=1, resamples=B)


def test_the_same_seed_gives_the_same_and_order_changes_nothing(
    three: tuple[list[Curve], list[Curve]], found: Paired
) -> None:
    runs, benchmarks = three
    again = paired(runs[::-1], benchmarks[::-1], OF, seed=7, resamples=B)
    other = paired(runs[:2], [], {}, seed=2, resamples=B)
    assert found.own["top"] == again.own["top"]
    assert found.to_best == again.to_best
    assert found.own["top"].sharpe.low != other.own["top"].sharpe.low


def test_runs_that_never_trade_or_are_too_short_have_reasons() -> None:
    flat_run, few = np.zeros(400), moves(1, bars=5)
    found = paired([curve("flat", flat_run), curve("some", moves(2))], [], {}, seed=1, resamples=B)
    assert found.best == "some"
    assert found.own["flat"].sharpe.reason == "undefined on these returns"
    assert math.isnan(found.own["flat"].sharpe.low)
    short = paired([curve("a", few), curve("b", -few)], [], {}, seed=1, resamples=B)
    (gap,) = short.to_best.values()
    assert "5 returns, fewer than 10" in gap.ledoit_wolf.reason
    nothing = paired([curve("a", flat_run), curve("b", flat_run)], [], {}, seed=1, resamples=B)
    assert (nothing.best, nothing.alike, nothing.unpaired) == ("", (), {})


# How alike runs are


def test_correlation_is_that_of_numpy_and_needs_the_same_closes(tmp_path: Path) -> None:
    made = [rotation(400), rotation(400, every=9, name="b"), rotation(380, name="c"), flat(400)]
    results = results_of(made, tmp_path)
    found = correlations(results)
    assert found[0, 1] == pytest.approx(np.corrcoef(results[0].returns, results[1].returns)[0, 1])
    assert found[0, 0] == pytest.approx(1.0)
    assert np.isnan(found[0, 2])
    assert np.isnan(found[0, 3])


def test_holdings_in_common_are_the_smaller_shares(tmp_path: Path) -> None:
    # One holds a alone, the other half a, half b: half in common, at each of four closes.
    (result,) = results_of([flat(4)], tmp_path)
    none = np.zeros(4)
    one = replace(result, cash=none, sleeves={"a": np.ones(4), "b": none})
    two = replace(result, cash=none, sleeves={"a": np.full(4, 0.5), "b": np.full(4, 0.5)})
    idle = replace(result, sleeves={"a": none})
    found = overlaps([one, two, idle, replace(one, sleeves={})])
    assert found[0].tolist() == pytest.approx([1.0, 0.5, 0.0, math.nan], nan_ok=True)
    assert found[2, 2] == 1.0


# The comparison


def test_a_comparison_has_its_tests_in_text_csv_and_json(tmp_path: Path) -> None:
    made = [rotation(400, every=7, name="one"), rotation(400, every=9, name="two"),
            rotation(380, name="later")]  # fmt: skip
    found = beside(results_of(made, tmp_path), seed=3, resamples=B)
    tests = found.paired
    assert tests is not None
    text = found.summary()
    told = " ".join(text.split())
    assert "95 % intervals from 100 stationary resamples of 380 to 400 bars in blocks of" in told
    assert "seed 3." in told
    assert f"from the best Sharpe ratio of the 2 runs that pair ({tests.best}) at the" in text
    assert "- On other closes than the best, and so not paired with it: later\n" in text
    assert "No difference between rows is tested here" not in text
    rows = {row["name"]: row for row in csv.DictReader(found.to_csv().splitlines())}
    own = tests.own["one"].sharpe
    assert float(rows["one"]["sharpe.low"]) == own.low
    assert float(rows["one"]["vs_btc.holm_p"]) == tests.to_benchmarks["one", "btc of one"].adjusted
    assert float(rows["one"]["vs_btc.growth"]) == pytest.approx(
        float(rows["one"]["vs_btc.cagr"]), rel=1e-9
    )
    (other,) = tests.to_best
    assert float(rows[other]["to_best.sharpe"]) == tests.to_best[other].sharpe.value
    assert rows[tests.best]["to_best.sharpe"] == ""
    assert rows["later"]["indistinguishable_from_best"] == ""
    assert rows["later"]["seed"] == "3.0"
    plain = json.loads(json.dumps(_plain(found), allow_nan=False))["tests"]
    assert plain["own"]["one"]["sharpe"]["low"] == own.low
    assert plain["unpaired"] == {"later": "other closes"}
    assert next(pair["runs"] for pair in plain["likeness"]) == ["two", "one"]
    assert plain["likeness"][1]["correlation_of_returns"] is None


def test_a_run_has_the_benchmarks_of_its_own_rate_and_year(tmp_path: Path) -> None:
    def with_report(name: str, report: str) -> Outcome:
        made = rotation(400, name=name)
        text = made.experiment_yaml.replace("periods_per_year: 365.0, risk_free: 0.0", report)
        return replace(made, experiment_yaml=text)

    made = [rotation(400), rotation(400, every=9, name="other"),
            with_report("rate", "periods_per_year: 365.0, risk_free: 0.3"),
            with_report("year", "periods_per_year: 252.0, risk_free: 0.0")]  # fmt: skip
    results = results_of(made, tmp_path)
    found = beside(results, seed=3, resamples=B)
    assert [row.benchmarks[1] for row in found.runs] == [
        "btc of rotation", "btc of rotation", "btc of rate", "btc of year",
    ]  # fmt: skip
    assert found.paired is not None
    for row, result in zip(found.runs, results, strict=True):
        alone = beside([result], seed=3, resamples=B).paired
        assert alone is not None
        value = found.paired.to_benchmarks[row.name, row.benchmarks[1]].sharpe.value
        assert value == alone.to_benchmarks[row.name, "btc"].sharpe.value
    text = found.summary()
    assert "NOT IN COMMON: bars a year and risk-free rates. Rows" in text
    assert "- With another risk-free rate than the best, and so not paired with it: rate\n" in text
    assert "- With other bars a year than the best, and so not paired with it: year\n" in text
    assert "n/a, another risk-free rate" in found.page()
    assert "of one risk-free rate and bars a year, 2 here" in found.page()


def test_without_a_seed_nothing_is_tested(tmp_path: Path) -> None:
    found = beside(results_of([rotation(400)], tmp_path))
    assert found.paired is None
    assert _plain(found)["tests"] is None
    assert not any(name.startswith("to_best") for name in found.columns())


@pytest.mark.parametrize("runs", [1, 2, 10])
def test_the_tests_keep_to_120_columns(runs: int, tmp_path: Path) -> None:
    made = [crowded(), *(rotation(400, every=7 + k, name=f"run{'-long' * k}") for k in range(9))]
    found = beside(results_of(made[:runs], tmp_path), seed=1, resamples=20)
    lines = found.summary().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert all(line == line.rstrip() for line in lines)
    assert any(" more benchmarks; --csv and --json have all" in line for line in lines)


def test_results_of_one_name_and_id_have_rows_of_their_own(tmp_path: Path) -> None:
    found = beside(results_of([rotation(400)] * 2, tmp_path), seed=1, resamples=20)
    assert [row.name for row in found.runs] == ["rotation/abc123 (1)", "rotation/abc123 (2)"]
    assert found.paired is not None
    assert len(found.paired.alike) == 2


def test_a_benchmark_with_the_name_of_a_run_is_told_apart(tmp_path: Path) -> None:
    found = beside(results_of([rotation(400, name="btc")], tmp_path), seed=1, resamples=20)
    assert [row.name for row in found.benchmarks] == ["alts", "benchmark btc", "half_and_half"]
    assert found.paired is not None
    assert ("btc", "benchmark btc") in found.paired.to_benchmarks


# The page


class Tags(HTMLParser):
    """Every tag, and the text outside the style sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_is_one_offline_document_with_every_block(tmp_path: Path) -> None:
    made = [rotation(400, every=7, name="one"), rotation(400, every=9, name="two")]
    found = beside(results_of(made, tmp_path), seed=3, resamples=B)
    text = found.page()
    assert text == found.page()
    read = Tags()
    read.feed(text)
    assert not {"script", "link", "img", "iframe"} & set(read.tags)
    assert not {"src", "href"} & set(read.attributes)
    for key in ("configs", "figures", "best", "benchmarks", "trading", "likeness", "warnings"):
        assert f'id="{key}"' in text
    assert "seed 3" in text


def test_what_comes_from_a_config_is_text_on_the_page(tmp_path: Path) -> None:
    made = [rotation(400, name="one"), rotation(400, every=9, name="two", warnings=[EVIL])]
    found = beside(results_of(made, tmp_path), [Failure(EVIL, EngineError(EVIL))], seed=1,
                   resamples=20)  # fmt: skip
    one, *others = found.runs
    evil = replace(found, runs=(replace(one, name=EVIL), *others), paired=None)
    for text in (found.page(), evil.page()):
        read = Tags()
        read.feed(text)
        assert "img" not in read.tags
        assert any(EVIL in words for words in read.words)


@pytest.mark.parametrize("made", [[flat(400)], [flat(1)], [crowded()], [flat(40), rotation(60)]])
def test_a_page_is_drawn_of_anything(made: list[Outcome], tmp_path: Path) -> None:
    found = beside(results_of(made, tmp_path), seed=1, resamples=20)
    assert "nan" not in found.page().replace("--nan", "")
    assert found.summary()


def test_the_verb_writes_a_table_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = beside(results_of([rotation(400)], tmp_path), seed=1, resamples=20)
    table, page = tmp_path / "t.csv", tmp_path / "p.html"
    options = Namespace(csv=table, html=page, json=False)
    _print(found, options, _written(found, options))
    assert capsys.readouterr().out.endswith(f"table  {table}\npage   {page}\n")
    assert page.read_text(encoding="utf-8") == found.page()
    assert table.read_text(encoding="utf-8") == found.to_csv()
