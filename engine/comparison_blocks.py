"""The blocks of a comparison's page that hold figures and tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from engine.comparison_tests import between, difference, drawn
from engine.likeness import correlations, overlaps
from engine.tearsheet.markup import Html, block, esc, figure_text, joined, note, table
from engine.tearsheet.rows import SHORT_MARK
from engine.verdict import is_short
from engine.wording import NOT_AVAILABLE, chance, listed, p_value, percent, ratio, signed_percent

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row
    from engine.inference.findings import Finding
    from engine.paired import Gap, Paired

Written = Callable[[float], str]
_FIGURES: tuple[tuple[str, str, Written], ...] = (
    ("total return", "total_return", signed_percent),
    ("growth a year", "cagr", signed_percent),
    ("volatility a year", "ann_vol", percent),
    ("Sharpe ratio a year", "sharpe", ratio),
    ("chance above 0", "psr_vs_0", chance),
    ("deepest fall", "max_drawdown", percent),
)
_BESIDE: dict[str, Written] = {
    "sharpe": ratio,
    "cagr": lambda value: signed_percent(value, 0),
    "max_drawdown": lambda value: percent(value, 0),
}
"""Figures with an interval below them."""
_TRADING: tuple[tuple[str, str, Written], ...] = (
    ("Sortino", "sortino", ratio),
    ("Calmar", "calmar", ratio),
    ("turnover a year", "ann_one_way_turnover", ratio),
    ("cost a year", "ann_cost", lambda value: percent(value, 2)),
    ("switches", "switches", lambda value: f"{value:,.0f}" if math.isfinite(value) else ""),
    ("fills", "fills", lambda value: ratio(value, 0)),
)


def figures_block(found: Comparison) -> Html:
    """A row a curve, with intervals below the main figures, and the mark against the best."""
    tests = found.paired
    leads = dict.fromkeys(
        name for row in found.runs for name in row.figures if name.endswith(".cagr")
    )
    header = ["", *(title for title, _, _ in _FIGURES)]
    header += ["against the best"] if tests is not None and tests.best else []
    header += [f"growth {name.removesuffix('.cagr').replace('vs_', 'vs ', 1)}" for name in leads]
    rows = []
    for row in (*found.runs, *found.benchmarks):
        cells: list[str] = [_figure(row, name, shown, tests) for _, name, shown in _FIGURES]
        cells += [_mark(row.name, tests)] if tests is not None and tests.best else []
        cells += [_cell(row, name, signed_percent) for name in leads]
        rows.append([name_cell(row), *cells])
    parts: list[Html] = [table(header, rows)]
    if any(row.result is not None and is_short(row.result) for row in found.runs):
        parts.append(note(f"{SHORT_MARK} shorter than a year: figures a year are extrapolated."))
    if tests is not None:
        parts.append(reasons((name, own.sharpe.reason) for name, own in tests.own.items()))
    lead = drawn(tests) if tests is not None else ""
    return block("figures", "Figures", *(each for each in parts if each), lead=lead)


def trading_block(found: Comparison) -> Html:
    """Further ratios, what trading took, and the mean share of NAV in each sleeve."""
    sleeves = dict.fromkeys(
        name for row in found.runs for name in sorted(row.sleeves) if name != "cash"
    )
    header = ["", *(title for title, _, _ in _TRADING), *(f"in {name}" for name in sleeves)]
    rows = []
    for row in found.runs:
        cells = [_cell(row, name, shown) for _, name, shown in _TRADING]
        shares = [row.sleeves.get(name) for name in (*sleeves, "cash")]
        cells += ["" if share is None else percent(share, 0) for share in shares]
        rows.append([name_cell(row), *cells])
    lead = "Shares are means over the closes, of NAV."
    return block("trading", "Ratios and trading", table([*header, "in cash"], rows), lead=lead)


def to_best_block(tests: Paired) -> Html:
    """Every run less the best of them."""
    if not tests.to_best:
        return Html("")
    same = "the runs on the same closes, of one risk-free rate and bars a year"
    lead = (
        f"It has the highest Sharpe ratio of {same}, {len(tests.contestants)} here. A run "
        f"with an adjusted p above {tests.level:g} cannot be told from it."
    )
    gaps = [(gap.first, gap) for gap in tests.to_best.values()]
    return block("best", f"Less {tests.best}, the best", *_gaps(gaps), lead=lead)


def to_benchmarks_block(tests: Paired) -> Html:
    """Every run less each of its benchmarks."""
    if not tests.to_benchmarks:
        return Html("")
    gaps = [(f"{gap.first} less {gap.second}", gap) for gap in tests.to_benchmarks.values()]
    lead = "Holm adjusts the p-values by Ledoit and Wolf for the number of these differences."
    return block("benchmarks", "Less the benchmarks", *_gaps(gaps), lead=lead)


def likeness_block(found: Comparison) -> Html:
    """Correlation of returns and holdings in common, of every two runs."""
    if len(found.runs) < 2:
        return Html("")
    related, held = correlations(found.results).tolist(), overlaps(found.results).tolist()
    rows = []
    for place, row in enumerate(found.runs):
        cells = [
            ratio(related[place][other]) if other < place else _hundredths(held[place][other])
            for other in range(len(found.runs))
        ]
        cells[place] = "\N{EN DASH}"
        rows.append([f"{place + 1} {row.name}", *cells])
    # Columns by number: names would make a column as wide as its longest word.
    numbers = [
        Html(f'<th scope="col" style="min-width:0">{place + 1}</th>')
        for place in range(len(found.runs))
    ]
    lead = (
        "Below the diagonal the correlation of returns, above it the mean share of NAV in sleeves "
        "of the same name, in percent."
    )
    return block("likeness", "How alike the runs are", table(["", *numbers], rows), lead=lead)


def reasons(pairs: Iterable[tuple[str, str]]) -> Html:
    """Why figures are undefined, each reason once with those it is about."""
    about: dict[str, list[str]] = {}
    for name, reason in pairs:
        if reason:
            about.setdefault(reason, []).append(name)
    return joined(note(f"{listed(names)}: {reason}.") for reason, names in about.items())


def name_cell(row: Row) -> str:
    """The name of a row; a dagger follows a run that is too short to speak of years."""
    if row.result is None:
        return f"benchmark {row.name}"
    return f"{row.name}\N{THIN SPACE}{SHORT_MARK}" if is_short(row.result) else row.name


def _figure(row: Row, name: str, shown: Written, tests: Paired | None) -> str:
    """A figure, and its interval below it where it has one."""
    value = _cell(row, name, shown)
    if tests is None or name not in _BESIDE:
        return value
    found = getattr(tests.own[row.name], name)
    return two_lines(value, _ends(found, _BESIDE[name]))


def two_lines(value: str, below: str) -> Html:
    """A cell with something quiet below the value."""
    return Html(f'{figure_text(esc(value))}<br><small class="note">{figure_text(below)}</small>')


def _ends(found: Finding, write: Written) -> str:
    if not (math.isfinite(found.low) and math.isfinite(found.high)):
        return NOT_AVAILABLE
    low, high = write(found.low).removesuffix(" %"), write(found.high)
    return f"{low} to {high}"


def _cell(row: Row, name: str, shown: Written) -> str:
    return shown(row.figures[name]) if name in row.figures else ""


def _hundredths(value: float) -> str:
    return f"{100 * value:.0f}" if math.isfinite(value) else NOT_AVAILABLE


def _mark(name: str, tests: Paired) -> str:
    if name == tests.best:
        return f"the best of {len(tests.contestants)}"
    if name in tests.alike:
        return "cannot be told apart"
    if name in tests.unpaired:
        return f"n/a, {tests.unpaired[name]}"
    return "worse" if name in tests.to_best else ""


def _gaps(gaps: list[tuple[str, Gap]]) -> list[Html]:
    rows = [
        [
            title,
            difference(gap.sharpe),
            between(gap.sharpe),
            p_value(gap.sharpe.p_value),
            p_value(gap.ledoit_wolf.p_value),
            p_value(gap.adjusted),
            difference(gap.cagr, percent=True),
            between(gap.cagr, percent=True),
            p_value(gap.cagr.p_value),
        ]
        for title, gap in gaps
    ]
    header = ["", "Sharpe", "95 %", "p, resampled", "p, Ledoit-Wolf", "Holm", "growth, points"]
    told = reasons((title, gap.ledoit_wolf.reason) for title, gap in gaps)
    return [table([*header, "95 %", "p, resampled"], rows), *filter(None, [told])]
