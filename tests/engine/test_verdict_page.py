"""The page of a verdict: its numbers, what it says where one is missing, escaped and offline."""

from __future__ import annotations

import html
import math
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.inference.crossvalidation import Paths
from engine.inference.findings import Finding
from engine.result import Result, open_result, write_result
from engine.tearsheet.vector import drawing
from engine.verdict_figures import Null, Strip, below, quantiles, strips
from engine.verdict_page import page
from engine.verdict_words import in_points
from engine.weighing import Weighed
from engine.wording import chance
from tests.conftest import REPOSITORY
from tests.engine.findings import against, inference
from tests.engine.outcomes import crowded, flat, rotation
from tests.engine.test_tearsheet import EVIL, outline
from tests.engine.verdicts import (
    ANNUAL,
    HEAD,
    PATHS,
    chosen,
    deflated,
    superior,
    trials,
    weighed_of,
)

NAN = math.nan
ROOT = math.sqrt(365.0)
MISSING = re.compile(r"\bnan\b|\binf\b|\bNone\b(?! of)|\bNaT\b")
"""What no page shows; the verdict may say that none of its tests excludes luck."""
BLOCKS = ["verdict", "limits", "gates", "trials", "intervals", "timing", "selection", "computed"]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return open_result(write_result(rotation(), tmp_path_factory.mktemp("verdict")))


@pytest.fixture(scope="module")
def weighed(result: Result) -> Weighed:
    return weighed_of(result)


@pytest.fixture(scope="module")
def whole(weighed: Weighed) -> str:
    return page(weighed)


class Tables(HTMLParser):
    """The cells of every row of every table, by section, with a plain minus."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.section, self.rows, self._cell = "", {}, None  # type: ignore[var-annotated]
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "section":
            self.section = str(dict(attrs)["id"])
            self.rows[self.section] = []
        if tag == "tr":
            self.rows[self.section].append([])
        if tag in ("th", "td"):
            self._cell = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self.rows[self.section][-1].append(str(self._cell).strip())
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell += data.replace("\N{MINUS SIGN}", "-").replace("\N{EM SPACE}", "")


def rows_of(text: str, section: str, title: str) -> list[list[str]]:
    found = [row for row in Tables(text).rows[section] if row[:1] == [title]]
    assert found, (section, title)
    return [row[1:] for row in found]


def row_of(text: str, section: str, title: str) -> list[str]:
    (row,) = rows_of(text, section, title)
    return row


def words_of(text: str) -> str:
    """What a reader sees, without figures and style."""
    seen = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", seen)).replace("\N{MINUS SIGN}", "-")


def test_blocks_come_in_order(whole: str) -> None:
    assert re.findall(r'<section[^>]* id="([^"]+)"', whole) == BLOCKS


def test_the_title_names_the_run_its_hypothesis_and_period(whole: str, result: Result) -> None:
    head = words_of(whole[: whole.index("</header>")])
    for part in ("How far to believe rotation", "rut-breakout-altseason", f"run {result.id}"):
        assert part in head
    assert "2018-01-01 to 2024-04-28" in head


def test_the_whole_verdict_and_its_limits_are_told(whole: str, weighed: Weighed) -> None:
    said = words_of(whole)
    for sentence in weighed.verdict.sentences:
        assert sentence.text in said
    for limit in weighed.verdict.limits:
        assert limit.title in said
        assert limit.text in said


def test_gates_are_kept_or_missed_in_words(whole: str) -> None:
    assert row_of(whole, "gates", "dsr_min") == ["at least 0.95", "0.42", "MISSED", "over alts"]
    assert row_of(whole, "gates", "max_drawdown") == ["at most 0.8", "0.6", "kept", ""]
    assert row_of(whole, "gates", "shift_p_max") == ["at most 0.05", "n/a", "MISSED", "no shares"]
    assert "2 of 3 gates" in words_of(whole)


def test_without_gates_there_is_no_such_block(weighed: Weighed) -> None:
    assert 'id="gates"' not in page(replace(weighed, outcomes=()))


@pytest.mark.parametrize("place", range(4))
def test_the_table_of_trials_has_the_numbers_of_the_deflations(
    whole: str, weighed: Weighed, place: int
) -> None:
    found = weighed.deflations
    assert found is not None
    each = [found.raw, *(found.active[name] for name in sorted(found.active))][place]
    expected = {
        "Sharpe ratio of this run, a year": f"{each.ratio * ROOT:.2f}",
        "Mean correlation of the trials, 0 where unknown": f"{each.correlation:.2f}",
        "Independent trials they count for": f"{each.effective:.2f}",
        "Standard deviation of their ratios, a year": f"{each.variance**0.5 * ROOT:.3f}",
        "of independent ones": f"{each.spread**0.5 * ROOT:.3f}",
        "Expected best of a search without skill, a year": f"{each.expected_best * ROOT:.2f}",
        "Years below which such a search is expected to reach 1 (MinBTL)": "3.3",
        "Chance that the true ratio is above 0, taken alone (PSR)": f"{100 * each.alone:.1f} %",
        "Chance that it is above such luck (DSR)": f"{100 * each.probability:.1f} %",
        "Returns (n)": "2,300",
    }
    for title, shown in expected.items():
        assert row_of(whole, "trials", title)[place] == shown
    luck = "below 0.1 %" if place == 0 else f"{100 * each.luck:.1f} %"
    assert row_of(whole, "trials", "Searches without skill that look this good")[place] == luck


def test_the_ledger_is_counted_and_its_head_can_be_read_whole(whole: str) -> None:
    assert row_of(whole, "trials", "Trials of 'rut-breakout'")[0] == "48"
    assert row_of(whole, "trials", "Trials of any hypothesis")[0] == "210"
    assert row_of(whole, "trials", "Head of the ledger")[0] == HEAD[:12]
    assert f'title="{HEAD}"' in whole
    assert f"Head of the ledger of trials: {HEAD}" in words_of(whole)
    assert "2 trials whose returns are gone (over btc)" in words_of(whole)


def test_the_figure_of_trials_is_told_in_words(whole: str) -> None:
    (shown,) = set(re.findall(r'aria-label="(Sharpe ratios a year of all trials[^"]*)"', whole))
    # Deflated: 0.05 and 0.04 a bar are 0.96 and 0.76 a year; the trials over alts have half.
    raw = "raw: 3 trials: 0.20 to 1.10, this run 0.96, expected best without skill 0.76"
    assert raw in shown
    assert "over alts: 3 trials: 0.10 to 0.55" in shown
    assert "Without a ratio, and not drawn: raw 1, over alts 1" in words_of(whole)
    assert np.isnan(ANNUAL[-1])


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("Sharpe ratio, a year", ["0.90", "0.35", "1.42", "2,300", "1,000", "18.4", "5"]),
        ("adjusted for autocorrelation (Lo)", ["0.80", "0.10", "1.50", "2,300", "", "", ""]),
        ("Growth a year", ["+39.3 %", "-8.0 %", "+73.0 %", "2,300", "1,000", "18.4", "5"]),
        ("Deepest fall", ["-60.0 %", "-80.0 %", "-40.0 %", "2,300", "1,000", "18.4", "5"]),
        ("Years that tell the ratio from 0 (MinTRL)", ["3.1", "", "", "2,300", "", "", ""]),
    ],
)
def test_intervals_are_those_of_the_inference(whole: str, title: str, cells: list[str]) -> None:
    assert rows_of(whole, "intervals", title)[0] == cells


def test_differences_to_each_benchmark_have_intervals_and_p_values(whole: str) -> None:
    drawn = ["2,300", "1,000", "18.4", "5"]
    ratios = rows_of(whole, "intervals", "Sharpe ratio, a year")[1:]
    assert ratios == [["+0.24", "-0.31", "+0.80", "0.40", *drawn]] * 3
    growth = rows_of(whole, "intervals", "Growth a year")[1:]
    assert growth == [["+6.1 points", "-20.1 points", "+35.0 points", "0.60", *drawn]] * 3
    by_ledoit = rows_of(whole, "intervals", "by Ledoit and Wolf")
    assert by_ledoit[0][:5] == ["+0.24", "-0.30", "+0.80", "0.41", "2,300"]
    # 0.0002 a bar times 365 bars.
    hansen = rows_of(whole, "intervals", "Mean return a year (Hansen)")
    assert hansen[0][:5] == ["+7.3 points", "", "", "0.30", "2,300"]


def test_a_lead_that_is_tested_among_all_trials_says_so(weighed: Weighed) -> None:
    assert weighed.inference is not None
    every = weighed.inference.against
    superior = Finding(0.0004, p_value=0.22, n=2304)
    lead = replace(every["btc"], superior=superior, models=3)
    found = replace(weighed.inference, against={**every, "btc": lead})
    text = page(replace(weighed, inference=found))
    row = row_of(text, "intervals", "Mean return a year (p among 3 trials, Hansen)")
    assert row[:4] == ["+14.6 points", "", "", "0.22"]


def test_many_benchmarks_are_folded(weighed: Weighed) -> None:
    many: dict[str, Any] = {f"b{place:02d}": against(0.3) for place in range(12)}
    text = page(replace(weighed, inference=inference(**many)))
    assert "Less 9 more benchmarks" in text
    assert "Not drawn: 4 more benchmarks." in text
    assert len(rows_of(text, "intervals", "by Ledoit and Wolf")) == 12


def test_timing_places_the_run_among_growth_a_year_of_the_others(whole: str) -> None:
    # 365 times -0.001, 0, 0.0005 and 0.002 a bar are -30.6, 0, 20.0 and 107.5 % a year, and the
    # run's 0.001 is 44.1 %; quantiles interpolate: 5 % is 15 % of the way from the first on.
    shift = row_of(whole, "timing", "Circular shifts of the same positions")
    low = math.expm1(-0.365) * 0.85
    high = math.expm1(0.1825) * 0.15 + math.expm1(0.73) * 0.85
    middle = math.expm1(0.1825) / 2
    quantile = [f"{100 * each:+.1f} %" for each in (low, middle, high)]
    assert shift == ["+44.1 %", *quantile, "3 of 4", "0.23", "999", "2,300", "5"]
    rotations = row_of(whole, "timing", "Random rotations with the same turnover")
    # One ran into ruin, a loss of everything; all are below.
    assert rotations[4:] == ["5 of 5", "0.31", "200", "2,300", "5"]
    assert row_of(whole, "timing", "Runs on permuted markets")[4:6] == ["n/a", "n/a"]
    assert "p 0.23 against 999, seed 5" in words_of(whole)
    labels = " ".join(re.findall(r'aria-label="(Growth a year at other times[^"]*)"', whole))
    assert "is above 3 of 4 of them" in labels


def test_a_test_of_all_shifts_has_no_seed(weighed: Weighed) -> None:
    assert weighed.inference is not None
    shift = replace(weighed.inference.shift, seed=None)
    text = page(replace(weighed, inference=replace(weighed.inference, shift=shift)))
    assert row_of(text, "timing", "Circular shifts of the same positions")[-1] == "all"


def test_what_cannot_be_tested_says_why(weighed: Weighed) -> None:
    assert weighed.inference is not None
    none = Finding(NAN, n=2300, count=0, reason="a raw strategy has no shares")
    found = replace(
        weighed.inference,
        shift=none,
        rotations=none,
        shift_null=np.empty(0),
        rotation_null=np.empty(0),
        sharpe=replace(none, reason="too few bars"),
    )
    text = page(replace(weighed, inference=found))
    said = words_of(text)
    assert "n/a, circular shifts of the same positions: a raw strategy has no shares." in said
    assert "Timing cannot be tested." in said
    assert "n/a, Sharpe ratio: too few bars." in said
    assert "No interval of the Sharpe ratio is known: too few bars." in said
    outline(text)


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        (
            "Probability of overfitting (PBO)",
            ["18.6 %", "12,870 splits of 16 blocks, n 2,304 bars, 3 splits left out"],
        ),
        ("of", ["3 trials", "2 different trials, 1 equal to another"]),
        ("Chance that the pick loses", ["25.0 %", "a ratio below 0 in the other half"]),
        (
            "Sharpe ratio a year, lowest path (CPCV)",
            [f"{min(PATHS):.2f}", "3 paths through 45 splits, n 2,309 bars"],
        ),
        ("Sharpe ratio a year, median path (CPCV)", ["0.47", ""]),
        ("Sharpe ratio a year, highest path (CPCV)", [f"{max(PATHS):.2f}", ""]),
        ("Bonferroni", ["0.47", "0.23", "74.6 %"]),
        ("Holm", ["0.41", "0.26", "71.1 %"]),
        ("BHY", ["0.17", "0.44", "52.2 %"]),
    ],
)
def test_the_choice_has_its_numbers(whole: str, title: str, cells: list[str]) -> None:
    assert row_of(whole, "selection", title) == cells


def test_the_best_of_all_trials_is_tested_over_each_benchmark(whole: str) -> None:
    assert row_of(whole, "selection", "Slope in the other half")[0] == "-0.73"
    assert "2 variants: with fewer than 10 the rank says little" in words_of(whole)
    for name in ("alts", "btc", "half_and_half"):
        row = row_of(whole, "selection", f"over {name}")
        assert row[:6] == ["rotation/c", "+14.6 points", "0.33", "0.11", "0.22", "0.33"]
        assert row[6:] == ["3", "2,304", "12", "1,000", "5"]


def test_seeds_counts_and_sources_are_told(whole: str) -> None:
    row = row_of(whole, "computed", "Intervals of ratio and growth")
    assert row == ["Politis, Romano 1994; Politis, White 2004; Patton et al. 2009",
                   "2,300", "1,000", "18.4", "5"]  # fmt: skip
    assert row_of(whole, "computed", "Overfitting (PBO)")[1:3] == ["2,304", "12,870 splits"]
    said = words_of(whole)
    assert "A year has 365 bars, and the risk-free rate is 0.00 % a year." in said
    assert "docs/inference.md" in said


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ({"deflations": None, "note": "the ledger is damaged"}, "The ledger is damaged."),
        ({"deflations": None}, "The ledger of trials was not asked."),
        ({"trials": None}, "The ratios of single trials are not at hand"),
        ({"inference": None}, "It takes `run --inference`."),
        ({"selection": None}, "The trials were not laid beside each other."),
        ({"selection": None, "inference": None}, "It takes `run --inference`."),
        ({"haircuts": {}}, "No haircut of the Sharpe ratio was computed."),
    ],
)
def test_blocks_that_lack_data_say_why(
    weighed: Weighed, without: dict[str, Any], words: str
) -> None:
    text = page(replace(weighed, **without))
    assert re.findall(r'<section[^>]* id="([^"]+)"', text) == BLOCKS
    said = words_of(text)
    assert words in said
    assert not MISSING.search(said)
    outline(text)


def test_one_variant_says_that_there_is_no_choice(weighed: Weighed) -> None:
    one = chosen(("btc",))
    why = "1 different variant: there is no choice"
    halves = replace(one.overfitting, pbo=NAN, loss=NAN, slope=NAN, variants=1, reason=why)
    none = Paths(np.empty(0), np.empty(0, dtype=np.int64), 0, 1, 0, 0, "one variant")
    tests = {"btc": superior("no model differs from the benchmark but by a constant")}
    alone = replace(one, overfitting=halves, paths=none, superior=tests, reality=tests, reason=why)
    text = page(replace(weighed, selection=alone))
    assert row_of(text, "selection", "Probability of overfitting (PBO)") == ["n/a", why]
    assert row_of(text, "selection", "Sharpe ratio a year, lowest path (CPCV)")[1] == "one variant"
    assert "n/a, over btc: no model differs" in words_of(text)
    assert "nan" not in words_of(text)


@pytest.mark.parametrize(
    "made", [flat(1), flat(400), rotation(bars=40, every=5), crowded()], ids=str
)
def test_degenerate_runs_have_a_whole_page(made: Any, tmp_path: Path) -> None:
    text = page(weighed_of(open_result(write_result(made, tmp_path))))
    found = outline(text)
    assert len(found.ids) == len(set(found.ids))
    assert not MISSING.search(words_of(text))
    assert len(text.encode()) < 2_000_000


def test_a_run_that_is_no_trial_and_one_without_others(weighed: Weighed) -> None:
    assert weighed.deflations is not None
    alone = replace(weighed.deflations, trials=1, listed=False)
    text = page(replace(weighed, deflations=alone, trials=trials((), ())))
    said = words_of(text)
    assert "this run, which is not on the ledger, too" in said
    assert "It is the only trial of 'rut-breakout': nothing is deflated." in said


def test_of_many_benchmarks_those_nearest_to_luck_are_drawn(weighed: Weighed) -> None:
    names = tuple(f"b{place:02d}" for place in range(11))
    # The later, the less luck: the last three are left out.
    text = page(replace(weighed, deflations=deflated(names), trials=trials(names)))
    shown = " ".join(re.findall(r'aria-label="(Sharpe ratios a year of all[^"]*)"', text))
    assert "over b07:" in shown
    assert "over b08:" not in shown
    assert "Not drawn: 3 benchmarks that luck beats less often." in words_of(text)


def test_many_trials_become_bars(weighed: Weighed) -> None:
    names = tuple(sorted(weighed.result.benchmarks))
    spread = tuple(np.random.default_rng(2).normal(0.4, 0.3, 500).tolist())
    text = page(replace(weighed, trials=trials(names, spread)))
    assert "raw: 500 trials" in text
    assert len(text.encode()) < 1_000_000


def test_markup_in_names_is_shown_and_not_read(tmp_path: Path) -> None:
    base = rotation(bars=90, every=9, claim=EVIL, warnings=[EVIL])
    evil = replace(
        base,
        benchmarks={EVIL: base.benchmarks["btc"]},
        statistics=tuple(
            replace(one, name=one.name.replace("btc.", f"{EVIL}.")) for one in base.statistics
        ),
    )
    found = weighed_of(open_result(write_result(evil, tmp_path)))
    assert found.deflations is not None
    assert found.selection is not None
    hostile = replace(
        found,
        deflations=replace(found.deflations, hypothesis=EVIL, head=EVIL, apart={EVIL: {EVIL: 1}}),
        selection=replace(found.selection, names=(EVIL, "$x$ </svg>", r"back\1slash")),
        outcomes=tuple(replace(each, of=EVIL, reason=EVIL) for each in found.outcomes),
    )
    text = page(hostile)
    assert "<img" not in text
    assert html.escape(EVIL) in text
    outline(text)


def test_the_page_asks_nothing_of_the_network_and_runs_nothing(whole: str) -> None:
    found = outline(whole)
    assert all(address.startswith("#") for address in found.addresses)
    assert not found.names & {"script", "link", "img", "iframe", "object"}
    assert "default-src 'none'" in whole
    assert not re.search(r"@import|url\((?!#)|https?://", whole)
    assert len(found.ids) == len(set(found.ids))


def test_figures_take_their_colours_from_the_page(whole: str) -> None:
    drawn = "".join(re.findall(r"<svg.*?</svg>", whole, flags=re.DOTALL))
    assert not re.search(r"#[0-9a-f]{6}\b", drawn)


def test_equal_values_give_equal_bytes(whole: str, result: Result) -> None:
    assert page(weighed_of(result)) == whole


def test_simulated_data_are_named_at_the_top(tmp_path: Path) -> None:
    made = rotation(bars=40, every=5, simulated=True)
    text = page(weighed_of(open_result(write_result(made, tmp_path))))
    assert text.index("SIMULATED DATA</p>") < text.index("<h1>")
    assert '@bottom-left{content:"SIMULATED DATA"' in text


def test_places_among_others_are_counted() -> None:
    values = np.array([-math.inf, 1.0, 2.0, 2.0, NAN, 5.0])
    # Of the four that are finite one is below 2; their median is 2.
    assert below(values, 2.0) == "1 of 4"
    assert below(np.empty(0), 2.0) == "n/a"
    assert quantiles(values)[1] == 2.0
    assert all(map(math.isnan, quantiles(np.array([NAN]))))
    assert "above 1 of 4 of them" in Null("Shifts", values, 2.0).words


def test_a_line_without_values_is_drawn_all_the_same() -> None:
    with drawing():
        shown = strips("none", "Nothing", [Strip("raw", np.array([NAN]), NAN)])
    assert shown.count("<svg") == 2
    assert "raw: this run n/a" in shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0.0 %"), (0.0002, "below 0.1 %"), (0.42, "42.0 %"), (0.99998, "above 99.9 %"),
     (1.0, "100.0 %"), (NAN, "n/a")],
)  # fmt: skip
def test_a_chance_is_certain_only_where_it_is(value: float, shown: str) -> None:
    assert chance(value) == shown


def test_differences_of_percentages_are_points() -> None:
    assert [in_points(each) for each in (0.061, -0.201, NAN)] == [
        "+6.1 points",
        "-20.1 points",
        "n/a",
    ]


def test_drawing_imports_no_pyplot_and_no_pandas(result: Result, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from engine.result import open_result;"
        "from engine.weighing import weighed; from engine.verdict_page import page;"
        f"result = open_result(Path({str(result.path)!r}));"
        f"assert '<svg' in page(weighed(result, Path({str(tmp_path)!r})));"
        "print([m for m in ('matplotlib.pyplot', 'pandas', 'scipy', 'arch') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert done.stdout.strip() == "[]"
