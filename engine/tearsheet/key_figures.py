"""The key figures: six cards, and tables with a column for the strategy and each benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.statistics import SHORT
from engine.tearsheet.markup import Html, block, figure_text, joined, note, table, tag
from engine.tearsheet.rows import SHORT_MARK, Row, basis_cell, own_basis, written
from engine.verdict import is_short
from engine.wording import money, percent, ratio, signed_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.result import Result

_CARDS = (
    Row("Growth a year", "cagr", signed_percent),
    Row("Deepest fall", "max_drawdown", percent),
    Row("Sharpe ratio", "sharpe", ratio),
    Row("Volatility a year", "ann_vol", percent),
    Row(
        "Turnover a year",
        "ann_one_way_turnover",
        lambda value: f"{ratio(value, 1)} \N{MULTIPLICATION SIGN}",
    ),
    Row("Time invested", "exposure_time_fraction", lambda value: percent(value, 0)),
)
_OF_SHORT = Row("Total return", "total_return", signed_percent)
_OWN = (
    Row("Total return", "total_return", signed_percent),
    Row("Growth a year (CAGR)", "cagr", signed_percent),
    Row("Volatility a year", "ann_vol", percent),
    Row("Sharpe ratio", "sharpe", ratio),
    Row("\N{EM SPACE}standard error", "sharpe_se_mertens_annual", ratio),
    Row("Chance that it is above 0 (PSR)", "psr_vs_0", percent),
    Row("Sortino ratio", "sortino", ratio),
    Row("Deepest fall", "max_drawdown", percent),
    Row("Calmar ratio", "calmar", ratio),
    Row("Ulcer index", "ulcer_index", percent),
    Row("Time under water", "time_underwater_fraction", percent),
    Row("Longest drawdown, bars", "max_drawdown_duration", lambda value: ratio(value, 0)),
    Row("Loss exceeded on 5 % of bars", "var_hist_95", percent),
    Row("\N{EM SPACE}mean loss on those", "cvar_hist_95", percent),
    Row("Winning bars of those that moved", "hit_rate_nonzero", percent),
)
_RELATIVE = (
    Row("Beta to it", "beta", ratio),
    Row("Alpha a year over it", "alpha_ann_arith", signed_percent),
    Row("Correlation with it", "correlation", ratio),
    Row("Tracking error a year", "tracking_error", percent),
    Row("Information ratio", "information_ratio", ratio),
    Row("Mean difference, standard errors", "mean_difference_t", ratio),
)
_IN_CARDS = 2
_EVEN = 4
"""Benchmarks up to which columns of equal width have room."""


def key_figures_block(result: Result) -> Html:
    """Cards, the strategy beside its benchmarks, and against them; each with its basis."""
    lead = ""
    if is_short(result):
        said = result.statistics["cagr"].basis.split("; ")
        short = next((part for part in said if part.startswith(SHORT)), SHORT)
        lead = f"{SHORT_MARK} {short}; figures per year are extrapolated."
    tail = note("Reasons for every n/a, and unrounded values: see Statistics below.")
    parts = [_cards(result), _own(result), _relative(result), tail]
    return block("figures", "Key figures", *parts, lead=lead)


def _own(result: Result) -> Html:
    names = sorted(result.benchmarks)
    common = result.statistics["total_return"].basis
    final = [money(float(result.curves[name][-1])) for name in ("", *names)]
    rows = [_line("Final NAV", final, "")]
    for title, key, write in _OWN:
        cells = [written(result, prefix + key, write) for prefix in ("", *(f"{n}." for n in names))]
        rows.append(_line(title, cells, basis_cell(own_basis(result, key, common))))
    header = _line("", ["strategy", *names], _basis_head(common))
    return table(header, rows, css=f"own{_even(names)}")


def _relative(result: Result) -> Html:
    """An empty second column keeps each benchmark below itself in the table above."""
    names = sorted(result.benchmarks)
    if not names:
        return Html("")
    first = f"vs_{names[0]}"
    common = result.statistics[f"{first}.tracking_error"].basis.partition(f"; {SHORT}")[0]
    rows = []
    for title, key, write in _RELATIVE:
        cells = [written(result, f"vs_{name}.{key}", write) for name in names]
        basis = basis_cell(own_basis(result, f"{first}.{key}", common))
        rows.append(_line(title, ["", *cells], basis))
    header = _line("Strategy against", ["", *names], _basis_head(common))
    return table(header, rows, css=f"against{_even(names)}")


def _line(title: str, cells: Sequence[str], basis: str) -> list[str]:
    """A row with its basis last or, where that would be out of sight, beside the strategy."""
    place = len(cells) if len(cells) <= 1 + _EVEN else 1
    return [title, *cells[:place], basis, *cells[place:]]


def _basis_head(common: str) -> Html:
    return Html(f'<th class="basis" scope="col">{figure_text(f"basis: {common}; besides")}</th>')


def _even(names: Sequence[str]) -> str:
    return " even" * (len(names) <= _EVEN)


def _cards(result: Result) -> Html:
    first = _OF_SHORT if is_short(result) else _CARDS[0]
    cards = [_card(result, row) for row in (first, *_CARDS[1:])]
    basis = note(f"Figures a year rest on {result.statistics['sharpe'].basis}.")
    return joined([tag("div", joined(cards), css="cards"), basis])


def _card(result: Result, row: Row) -> Html:
    parts = [
        tag("dt", row.title),
        tag("dd", figure_text(written(result, row.key, row.write)), css="big"),
    ]
    if row.key == "sharpe" and result.statistics["sharpe_se_mertens_annual"].value is not None:
        error = written(result, "sharpe_se_mertens_annual", ratio)
        parts.append(tag("dd", f"standard error {error}", css="small"))
    for name in sorted(result.benchmarks)[:_IN_CARDS]:
        if f"{name}.{row.key}" in result.statistics:
            other = written(result, f"{name}.{row.key}", row.write)
            parts.append(tag("dd", figure_text(f"{name} {other}"), css="small"))
    if row.key == "ann_one_way_turnover":
        cost = written(result, "ann_cost", lambda value: percent(value, 2))
        parts += [tag("dd", each, css="small") for each in ("of NAV, one way", f"costs {cost}")]
    if row.key == "exposure_time_fraction":
        gross = percent(result.value("avg_gross_exposure"), 0)
        parts.append(tag("dd", f"mean exposure {gross}", css="small"))
    return tag("dl", joined(parts), css="card", attributes='style="margin:0"')
