"""The numbers on the tear sheet: those of statistics.json, with their basis, adding up."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from engine.result import Outcome, Result, open_result, write_result
from engine.runs import run
from engine.tearsheet.contributions import largest, named
from engine.tearsheet.page import page
from engine.tearsheet.rolling import rolling
from engine.tearsheet.scales import days
from engine.wording import money, signed_percent
from tests.engine.markets import EVERYTHING, QUIET
from tests.engine.outcomes import crowded, flat, manifest, outcome, rotation

MINUS, DAGGER = "\N{MINUS SIGN}", "\N{DAGGER}"


def drawn(outcome: Outcome, root: Path) -> tuple[Result, str]:
    result = open_result(write_result(outcome, root))
    return result, page(result)


def shown(text: str) -> str:
    return text.replace("-", MINUS)


def number(cell: str) -> float:
    """The number of a cell such as `+1,234.5 %`."""
    return float(re.sub(r"[ %,+]", "", cell).replace(MINUS, "-"))


def tables(text: str, key: str) -> dict[str, list[list[str]]]:
    """The rows of every table of a section that has a heading of its own."""
    out = {}
    for title, body in re.findall(
        r"<h3>(.*?)</h3>.*?<tbody>(.*?)</tbody>", section(text, key), flags=re.DOTALL
    ):
        out[html.unescape(title)] = [
            [
                html.unescape(re.sub(r"<[^>]+>", "", cell))
                for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)
            ]
            for row in re.findall(r"<tr.*?</tr>", body, flags=re.DOTALL)
        ]
    return out


def section(text: str, key: str) -> str:
    found = re.search(rf'<section[^>]* id="{key}">.*?</section>', text, flags=re.DOTALL)
    assert found is not None
    return found.group()


def rows(text: str, key: str) -> dict[str, list[str]]:
    """The cells of every row of a section's tables as plain text, by the text of the first."""
    out = {}
    for row in re.findall(r"<tr.*?</tr>", section(text, key), flags=re.DOTALL):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)
        plain = [html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in cells]
        out[plain[0]] = plain[1:]
    return out


@pytest.fixture(scope="module")
def typical(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, str]:
    return drawn(rotation(), tmp_path_factory.mktemp("typical"))


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, str]:
    """A run with real accounting: its parts add up."""
    root = tmp_path_factory.mktemp("market")
    result = run(EVERYTHING, output=root, tearsheet=False, progress=QUIET)
    return result, page(result)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, str]:
    return drawn(rotation(bars=40, every=5), tmp_path_factory.mktemp("short"))


def test_every_key_figure_says_what_it_rests_on(typical: tuple[Result, str]) -> None:
    found = rows(typical[1], "figures")
    assert found[""][-1] == "basis: 2310 daily returns, 365 a year; besides"
    assert found["Strategy against"][-1] == "basis: 2310 daily returns, 365 a year; besides"
    assert found["Growth a year (CAGR)"][-1] == ""
    assert found["Sharpe ratio"][-1] == "risk-free rate 0 a year"
    assert found["Alpha a year over it"][-1] == "risk-free rate 0 a year"
    assert found["Longest drawdown, bars"][-1] == "longest of all, from peak to regain"


def test_figures_a_year_of_a_short_sample_are_marked_one_by_one(
    typical: tuple[Result, str], short: tuple[Result, str]
) -> None:
    assert DAGGER not in typical[1]
    found = rows(short[1], "figures")
    for title in ("Growth a year (CAGR)", "Volatility a year", "Sharpe ratio", "Calmar ratio"):
        *numbers, basis = found[title]
        assert all(each.endswith(DAGGER) for each in numbers), title
        assert "short sample: 0.11 years" in basis
    for title in ("Total return", "Deepest fall", "Ulcer index", "Beta to it"):
        assert not any(DAGGER in each for each in found[title]), title
    assert all(each.endswith(DAGGER) for each in found["Tracking error a year"][1:-1])
    assert f"{DAGGER} short sample: 0.11 years" in section(short[1], "figures")
    small = re.findall(r'<dd class="small">(.*?)</dd>', section(short[1], "figures"))
    marked = [each for each in small if DAGGER in each]
    # Two benchmarks of Sharpe ratio and volatility, a standard error, a cost.
    assert len(marked) == 6


def test_with_many_benchmarks_the_basis_stands_beside_the_strategy(tmp_path: Path) -> None:
    _, text = drawn(crowded(6, 60), tmp_path)
    found = rows(text, "figures")
    assert found["Sharpe ratio"][1].endswith("risk-free rate 0 a year")
    assert found["Strategy against"][1].startswith("basis: ")
    assert len(found["Sharpe ratio"]) == len(found["Beta to it"]) == 8


def test_undefined_figures_tell_the_reason_beside_them(tmp_path: Path) -> None:
    _, text = drawn(flat(400), tmp_path)
    *numbers, basis = rows(text, "figures")["Sharpe ratio"]
    assert numbers == ["n/a", "n/a"]
    assert basis == "n/a: returns do not vary"


def test_the_latest_window_of_a_year_is_told(typical: tuple[Result, str]) -> None:
    result, text = typical
    own, other = (
        np.diff(curve)[-365:] / curve[-366:-1]
        for curve in (result.curves[""], result.curves["alts"])
    )
    sharpe = np.sqrt(365.0) * np.mean(own) / np.std(own, ddof=1)
    volatility = 100.0 * np.sqrt(365.0) * np.std(own, ddof=1)
    beta = np.cov(own, other)[0, 1] / np.var(other, ddof=1)
    said = (
        f"Sharpe ratio {sharpe:.2f}, volatility a year {volatility:.1f} %, beta to alts {beta:.2f}"
    )
    assert said.replace("-", MINUS) in section(text, "rolling")


def test_a_window_longer_than_the_run_gives_the_reason(short: tuple[Result, str]) -> None:
    assert "n/a: a year is 365 bars of this clock, and the run has 40." in section(
        short[1], "rolling"
    )


def test_windows_in_which_nothing_moved_are_gaps(tmp_path: Path) -> None:
    _, text = drawn(flat(400), tmp_path)
    assert "Sharpe ratio n/a, volatility a year 0.0 %, beta to cash n/a" in section(text, "rolling")
    assert "<svg" in section(text, "rolling")


def test_rolling_lines_begin_with_the_first_whole_window(typical: tuple[Result, str]) -> None:
    axes = Figure(figsize=(10.0, 4.0)).add_subplot()
    rolling(typical[0], axes)
    starts = {float(np.asarray(line.get_xdata())[0]) for line in axes.get_lines()}
    assert starts == {float(days(typical[0].time[364]))}


def test_parts_of_every_table_add_up_to_the_total_return(market: tuple[Result, str]) -> None:
    result, text = market
    total = float(result.nav[-1]) / result.start_cash - 1.0
    profit = float(result.nav[-1]) - result.start_cash
    found = tables(text, "contributions")
    assert {"By year", "By target in force"} < set(found)
    assert sum(title.startswith("By signal") for title in found) >= 2
    for title, every in found.items():
        *parts, last = every
        assert last[0] == "sum"
        assert last[2] == shown(signed_percent(total)), title
        # Each cell is rounded to 0.1 percent, or to 1 or 0.01 in money.
        assert sum(number(part[2]) for part in parts) == pytest.approx(100 * total, abs=2.0), title
        assert sum(number(part[3]) for part in parts) == pytest.approx(profit, abs=20.0), title
    assert "not the total return" not in text
    assert f"add up to the total return of {shown(signed_percent(total))}" in text


def test_contributions_are_those_of_the_statistics(market: tuple[Result, str]) -> None:
    result, text = market
    found = tables(text, "contributions")
    for title, prefix in (("By year", "contribution_year."),):
        for name, _, share, gained in found[title][:-1]:
            value = result.value(prefix + name)
            assert share == shown(signed_percent(value))
            assert number(gained) == pytest.approx(value * result.start_cash, abs=0.51)
    (of_ids,) = (rows for title, rows in found.items() if title.startswith("By id"))
    for name, _, share, _ in of_ids[:-1]:
        assert share == shown(signed_percent(result.value(f"contribution.{name}")))


def test_the_largest_gains_and_losses_have_a_row_and_the_rest_one() -> None:
    # 12 gains of 1 to 12 and 10 losses of 1 to 10: 8 of each stay, 4 + 3 + 2 + 1 - 2 - 1 = 7.
    values = {f"G{size:02d}": float(size) for size in range(1, 13)}
    values |= {f"L{size:02d}": -float(size) for size in range(1, 11)}
    parts = largest(values)
    assert [part.name for part in parts[:8]] == [f"G{size:02d}" for size in range(12, 4, -1)]
    assert (parts[8].name, parts[8].value) == ("6 others", 7.0)
    assert [part.name for part in parts[9:]] == [f"L{size:02d}" for size in range(3, 11)]


def test_a_benchmark_may_have_the_name_of_a_family_of_statistics(tmp_path: Path) -> None:
    base = rotation(bars=60)
    named_so = {"contribution": base.benchmarks["btc"]}
    other = outcome(base.ledger, base.decisions, base.sleeves, named_so)
    result, text = drawn(other, tmp_path)
    assert set(named(result, "contribution.")) == {"BTCUSDT"}
    assert "By id, 1 id traded" in text


def test_figures_of_trades_are_those_of_the_statistics(market: tuple[Result, str]) -> None:
    result, text = market
    found = rows(text, "trading")
    for title, key in (
        ("Expectancy, money per trade", "expectancy"),
        ("Largest win", "largest_win"),
        ("Fees", "fees"),
        ("Profit before costs", "profit_before_costs"),
    ):
        assert found[title][0] == shown(money(result.value(key)))
    assert found["Trades"][0] == f"{result.value('n_trades'):,.0f}"
    gross = result.value("profit_before_costs")
    paid = result.value("fees") + result.value("slippage")
    assert number(found["Profit after costs"][0]) == pytest.approx(gross - paid, abs=1.0)
    assert result.statistics["n_trades"].basis in html.unescape(section(text, "trading"))


def test_costs_of_a_short_run_are_marked(short: tuple[Result, str]) -> None:
    found = rows(short[1], "trading")
    assert found["Costs a year, of mean NAV"][0].endswith(DAGGER)
    assert DAGGER not in found["Fees"][0]


def test_a_run_without_trades_says_so(tmp_path: Path) -> None:
    _, text = drawn(flat(30), tmp_path)
    assert "Nothing was ever traded." in section(text, "contributions")
    assert rows(text, "trading")["Profit factor"] == ["n/a", "n/a: no closed trade"]


def test_what_is_known_of_the_run_stands_near_the_top(
    typical: tuple[Result, str], tmp_path: Path
) -> None:
    found = rows(typical[1], "standing")
    assert found["Universe"] == ["3 ids picked by hand with hindsight: survivorship-biased."]
    # The manifest has 7 missing bars of coins and 2 blank rows of equities.
    assert found["Data"][0].startswith("0 faulty rows repaired, flagged or left out; 9 bars")
    assert "0 closes at which an id was held without a bar" in found["Data"][0]
    assert "all 2,310 bars were open" in found["Sample"][0]
    assert found["Made of"] == ["config c0ffee, package f00d, 1 panel; full digests at the end."]
    quality = {"coins": {"wicks": 2, "bad_bars": 1}, "caps": {"spikes": 4, "missing_bars": 1}}
    stay = {"coin": "a", "since": "2018-01-01", "until": "", "source": "rank"}
    universe = {"ids": ["A"], "point_in_time": True, "members": [stay, stay]}
    base = flat(3)
    told = replace(base, manifest=manifest(quality=quality, universe=universe))
    found = rows(drawn(told, tmp_path)[1], "standing")
    assert found["Universe"] == ["Chosen at the time, from what was known then, 2 stays."]
    assert found["Data"][0].startswith("7 faulty rows repaired, flagged or left out; 1 bar missing")


def test_signals_are_proven_and_raw_strategies_are_not(tmp_path: Path) -> None:
    base = flat(3)
    signals = "signals: {a: {kind: x}, b: {kind: x}}\n"
    two = replace(base, experiment_yaml=base.experiment_yaml + signals)
    raw = replace(base, experiment_yaml=base.experiment_yaml.replace("kind: rotation", "kind: raw"))
    said = [
        rows(drawn(each, tmp_path / name)[1], "standing")["Look-ahead"][0]
        for name, each in (("none", base), ("two", two), ("raw", raw))
    ]
    assert said[0] == "No signal that could read the future."
    assert said[1].startswith("Proven: 2 signals give the same values when all later rows are cut")
    assert said[2] == "Unproven: a raw strategy could read the future."


def test_the_page_tells_where_trials_are_counted_and_counts_none(
    typical: tuple[Result, str],
) -> None:
    result, text = typical
    (search,) = rows(text, "standing")["Search"]
    assert f"run_backtest.py show {result.name}/{result.id} counts them" in search
    assert "run CONFIG --inference tests for luck and writes verdict.html" in search
    assert not re.search(r"deflated|\d+ trials", text)
