"""The numbers on the tear sheet: those of statistics.json, with their basis, adding up."""

from __future__ import annotations

import html
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from engine.result import Outcome, Result, open_result, write_result
from engine.tearsheet.page import page
from engine.tearsheet.rolling import rolling
from engine.tearsheet.scales import days
from tests.engine.outcomes import flat, rotation

MINUS, DAGGER = "\N{MINUS SIGN}", "\N{DAGGER}"


def drawn(outcome: Outcome, root: Path) -> tuple[Result, str]:
    result = open_result(write_result(outcome, root))
    return result, page(result)


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
