"""The tear sheet: every block, in order, escaped, offline, equal bytes, whatever the run."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.drawdowns import drawdown
from engine.ledger import OrderLog
from engine.result import Outcome, Result, open_result, write_result
from engine.statistics import core_statistics
from engine.tearsheet import report
from engine.tearsheet.figures import sleeve_bands
from engine.tearsheet.palette import DARK, DASHES, LIGHT
from engine.tearsheet.periods import monthly_returns, yearly_returns
from engine.tearsheet.scales import date_ticks, even_ticks, money_ticks, plain, thinned
from feeds.arrays import instants
from feeds.errors import OutputError
from tests.engine.outcomes import crowded, flat, rotation
from tests.engine.test_statistics import curve, sample

BLOCKS = [
    "verdict",
    "warnings",
    "standing",
    "figures",
    "equity",
    "drawdown",
    "signals",
    "allocation",
    "months",
    "years",
    "drawdowns",
    "rolling",
    "contributions",
    "targets",
    "decisions",
    "trading",
    "orders",
    "statistics",
    "origin",
]
EVIL = "<img src=x onerror=alert(1)>"


def made(outcome: Outcome, root: Path) -> tuple[Result, str]:
    result = open_result(write_result(outcome, root))
    return result, report(result).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, str]:
    return made(rotation(), tmp_path_factory.mktemp("typical"))


class Outline(HTMLParser):
    """Checks that elements close in order and collects ids and addresses."""

    VOID = frozenset(("meta", "br", "hr", "line", "rect", "path", "use"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.names: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(str(value))
            if key in ("src", "href", "xlink:href", "action", "data"):
                self.addresses.append(str(value))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag, (tag, self.getpos())


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    assert found.open == []
    return found


def test_blocks_come_in_order(typical: tuple[Result, str]) -> None:
    assert re.findall(r'<section[^>]* id="([^"]+)"', typical[1]) == BLOCKS


def test_the_page_asks_nothing_of_the_network_and_runs_nothing(typical: tuple[Result, str]) -> None:
    page = typical[1]
    found = outline(page)
    assert all(address.startswith("#") for address in found.addresses)
    assert not found.names & {"script", "link", "img", "iframe", "object"}
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\((?!#)|https?://", page)


def test_ids_are_unique_and_every_reference_has_its_target(typical: tuple[Result, str]) -> None:
    found = outline(typical[1])
    assert len(found.ids) == len(set(found.ids))
    references = found.addresses + re.findall(r"url\((#[^)]+)\)", typical[1])
    assert {each[1:] for each in references} <= set(found.ids)


def test_equal_results_give_equal_bytes(typical: tuple[Result, str], tmp_path: Path) -> None:
    _, again = made(rotation(), tmp_path)
    assert again == typical[1]


def test_the_page_is_made_from_the_result_directory_alone(tmp_path: Path) -> None:
    result, page = made(rotation(bars=90, every=9), tmp_path / "here")
    moved = tmp_path / "there"
    result.path.rename(moved)
    assert report(open_result(moved)).read_text(encoding="utf-8") == page


def test_the_page_stays_below_two_megabytes(typical: tuple[Result, str], tmp_path: Path) -> None:
    assert len(typical[1].encode()) < 1_000_000
    assert len(made(crowded(), tmp_path)[1].encode()) < 2_000_000


def test_colours_come_from_variables_with_a_value_for_light_and_dark(
    typical: tuple[Result, str],
) -> None:
    body = typical[1].partition("</style>")[2]
    used = set(re.findall(r"var\(--([a-z0-9]+)\)", typical[1]))
    assert set(LIGHT) == set(DARK)
    assert used - {"paper", "raised", "warn", "warnback"} <= set(LIGHT)
    # Black and white would not follow the page: nothing in a figure has a colour of its own.
    drawn = "".join(re.findall(r"<svg.*?</svg>", body, flags=re.DOTALL))
    assert not re.search(r"#[0-9a-f]{6}\b", drawn)


def test_lines_differ_in_dashes_as_well_as_colour() -> None:
    assert len(set(DASHES)) == len(DASHES)


def test_markup_in_names_is_shown_and_not_read(tmp_path: Path) -> None:
    base = rotation(bars=90, every=9, claim=EVIL, warnings=[EVIL])
    log = replace(
        base.decisions,
        signals={EVIL: base.decisions.signals["risk_on"]},
        ages={EVIL: base.decisions.ages["risk_on"]},
        reason=(EVIL, *base.decisions.reason[1:]),
    )
    orders = (replace(base.ledger.orders[1], reason=EVIL), *base.ledger.orders)
    ids = ("BTCUSDT", EVIL)
    evil = replace(
        base,
        decisions=log,
        sleeves={EVIL: base.sleeves["alts"], "$x$ </svg>": base.sleeves["btc"]},
        benchmarks={EVIL: base.benchmarks["btc"], r"back\1slash": base.benchmarks["alts"]},
        ledger=replace(base.ledger, ids=ids, log=OrderLog.of(orders, base.ledger.ids)),
        statistics=tuple(
            replace(
                one, name=one.name.replace("btc.", f"{EVIL}.").replace("alts.", r"back\1slash.")
            )
            for one in base.statistics
        ),
    )
    _, page = made(evil, tmp_path)
    assert "<img" not in page
    assert html.escape(EVIL) in page
    outline(page)


def test_markup_in_ids_and_states_is_shown_and_not_read(tmp_path: Path) -> None:
    base = rotation(bars=400, every=9)
    ids = (EVIL, "E</td>")
    orders = [
        replace(order, id=ids[base.ledger.ids.index(order.id)]) for order in base.ledger.orders
    ]
    ledger = replace(base.ledger, ids=ids, log=OrderLog.of(orders, ids))
    benchmarks = {EVIL: base.benchmarks["btc"]}
    signals = {f"{EVIL}.on": np.ones(400)}
    found = core_statistics(ledger, 365.0, 0.0, benchmarks, {}, signals)
    evil = replace(base, ledger=ledger, benchmarks=benchmarks, statistics=found)
    _, page = made(evil, tmp_path)
    assert "<img" not in page
    escaped = html.escape(EVIL)
    for shown in (f"By signal {escaped}.on at", f"beta to {escaped} ", f">{escaped}</th>"):
        assert shown in page, shown
    outline(page)


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(lambda: flat(1), id="one bar"),
        pytest.param(lambda: flat(400), id="no trades"),
        pytest.param(lambda: rotation(bars=2, every=1), id="two bars"),
        pytest.param(lambda: rotation(bars=40, every=5), id="short"),
        pytest.param(crowded, id="20 long names"),
        pytest.param(lambda: crowded(30, 60), id="30 long names"),
        pytest.param(lambda: replace(rotation(bars=60), benchmarks={}, sleeves={}), id="alone"),
    ],
)
def test_degenerate_runs_have_a_whole_page(outcome, tmp_path: Path) -> None:
    _, page = made(outcome(), tmp_path)
    outline(page)
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<pre>.*?</pre>", "", page, flags=re.DOTALL)
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b|\bNaT\b", text)


def test_a_run_without_sleeves_shows_positions_against_cash(tmp_path: Path) -> None:
    base = rotation(bars=60)
    result, page = made(replace(base, sleeves={}), tmp_path)
    ((name, share, _),) = sleeve_bands(result)
    assert name == "positions"
    assert share == pytest.approx(np.append(0.0, np.full(59, 0.98)))
    assert "positions" in page


def test_nearly_ruined_runs_have_a_whole_page(tmp_path: Path) -> None:
    base = rotation(bars=300)
    ledger = replace(base.ledger, nav=base.ledger.nav * np.exp(-0.05 * np.arange(300)))
    outline(made(replace(base, ledger=ledger), tmp_path)[1])


def test_simulated_data_are_named_at_the_top_and_on_every_printed_page(tmp_path: Path) -> None:
    _, page = made(rotation(bars=40, every=5, simulated=True), tmp_path)
    assert page.index("SIMULATED DATA</p>") < page.index("<h1>")
    assert '@bottom-left{content:"SIMULATED DATA"' in page
    assert "Survivorship" not in page


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    result, _ = made(flat(3), tmp_path)
    gone = replace(result, path=tmp_path / "gone")
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "experiment.yaml").write_text("x: 1\n")
    (tmp_path / "gone" / "tearsheet.html").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        report(gone)
    assert not list((tmp_path / "gone").glob(".tmp-*"))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["crypto_365", "nasdaq_vs_sp500_252"])
def test_monthly_returns_equal_the_reference(shared: Path, name: str) -> None:
    expected, r, _ = sample(shared, name)
    rows = (shared / "reference" / "metrics" / f"{name}.csv").read_text().splitlines()[1:]
    days = np.array([row.split(",")[0] for row in rows], dtype="datetime64[D]")
    # Each close is stamped with the end of its day, as a market that never closes does.
    closes = instants(days + np.timedelta64(1, "D"))
    time = np.concatenate((instants(days[:1]), closes))
    found = monthly_returns(time, curve(r), 0)
    reference = {month: row["ret"] for month, row in expected["monthly_returns"].items()}
    assert {each.label: each.value for each in found} == pytest.approx(reference, rel=1e-9)


def test_months_are_those_of_the_statistics(typical: tuple[Result, str]) -> None:
    result = typical[0]
    months = [each.value for each in monthly_returns(result.instants, result.curves[""], 0)]
    assert len(months) == result.value("n_months")
    assert max(months) == pytest.approx(result.value("best_month"), rel=1e-12)
    assert min(months) == pytest.approx(result.value("worst_month"), rel=1e-12)


def test_a_close_at_midnight_belongs_to_the_day_before() -> None:
    # Bars of 2024-01-31 (close 02-01 00:00) and 2024-02-01: 100 -> 110 -> 99.
    time = instants(np.array(["2024-01-31", "2024-02-01", "2024-02-02"], dtype="M8[D]"))
    january, february = monthly_returns(time, np.array([100.0, 110.0, 99.0]), 0)
    assert (january.label, january.value) == ("2024-01", pytest.approx(0.1))
    assert (february.label, february.value) == ("2024-02", pytest.approx(-0.1))
    assert january.partial
    assert february.partial


def test_parts_of_periods_are_explained_where_there_are_any(tmp_path: Path) -> None:
    star = "the run starts or ends inside"
    assert star not in made(flat(365), tmp_path / "whole")[1]  # 2018-01-01 to 2018-12-31
    assert made(flat(380), tmp_path / "more")[1].count(star) == 2


def test_months_and_years_that_are_covered_are_whole() -> None:
    days = np.arange("2023-01-01", "2024-01-02", dtype="M8[D]")
    time = instants(days)
    nav = np.linspace(100.0, 150.0, len(time))
    assert not any(each.partial for each in monthly_returns(time, nav, 0))
    (year,) = yearly_returns(time, nav, 0)
    assert (year.label, year.value, year.partial) == ("2023", pytest.approx(0.5), False)
    sessions = time[2:-3]  # first session opens on 3 January, last closes on 30 December
    (session_year,) = yearly_returns(sessions, nav[2:-3], 4)
    assert not session_year.partial
    assert yearly_returns(sessions, nav[2:-3], 0)[0].partial


def test_thinning_keeps_ends_peaks_and_troughs() -> None:
    values = np.sin(np.arange(5000) / 40.0)
    values[1234], values[4321] = 9.0, -9.0
    kept = thinned(values, 400)
    assert len(kept) <= 402
    assert {0, 1234, 4321, 4999} <= set(kept.tolist())


def test_thinning_takes_the_first_lowest_and_highest_of_each_stretch() -> None:
    values = np.random.default_rng(3).integers(0, 9, 1003).astype(np.float64)
    edges = np.linspace(0, 1003, 51).astype(int).tolist()
    places = {0, 1002}
    for start, stop in pairwise(edges):
        part = values[start:stop].tolist()
        places |= {start + part.index(min(part)), start + part.index(max(part))}
    assert thinned(values, 100).tolist() == sorted(places)


def test_ticks_are_round_and_inside() -> None:
    assert money_ticks(4_000.0, 700_000.0, 9) == [5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5]
    assert money_ticks(98_000.0, 104_000.0, 9) == [98e3, 100e3, 102e3, 104e3]
    assert even_ticks(-0.63, 0.0, 5) == [-0.6, -0.4, -0.2, 0.0]
    start, stop = np.datetime64("2018-01-01", "ns"), np.datetime64("2024-04-29", "ns")
    assert date_ticks(start, stop, 10)[1] == [str(year) for year in range(2018, 2025)]
    stop = np.datetime64("2018-02-10", "ns")
    assert date_ticks(start, stop, 10)[1][:2] == ["1 Jan 2018", "6 Jan 2018"]


def test_names_in_figures_are_short_and_drawable() -> None:
    assert plain("risk_on") == "risk_on"
    assert plain("\N{ROCKET}" * 3) == "???"
    assert len(plain("x" * 100)) <= 28


def test_the_drawdown_column_is_the_drawdown_of_the_curve(typical: tuple[Result, str]) -> None:
    result = typical[0]
    assert np.array_equal(result.drawdown, drawdown(result.curves[""])[1:])


def test_the_page_shows_the_numbers_of_the_statistics_file(typical: tuple[Result, str]) -> None:
    result, page = typical
    rows = json.loads((result.path / "statistics.json").read_text())
    for row in rows:
        assert html.escape(row["name"]) in page
    shown = f"{100 * result.value('cagr'):+.1f} %".replace("-", "\N{MINUS SIGN}")
    assert shown in page


def test_drawing_imports_no_pyplot_and_no_pandas(tmp_path: Path) -> None:
    result, _ = made(flat(3), tmp_path)
    code = (
        "import sys; from pathlib import Path; from engine.result import open_result;"
        "from engine.tearsheet import report;"
        f"report(open_result(Path({str(result.path)!r})));"
        "print([m for m in ('matplotlib.pyplot', 'pandas', 'scipy') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.strip() == "[]"
