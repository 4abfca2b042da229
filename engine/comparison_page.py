"""A comparison as one plain HTML document, in the look of the tear sheet."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.comparison_choice_page import choice_block
from engine.comparison_lines import filled
from engine.comparison_notes import cautions, common_words, notice_words
from engine.comparison_tests import between, difference, drawn
from engine.likeness import correlations, overlaps
from engine.tearsheet.document import document
from engine.tearsheet.markup import Html, block, esc, figure_text, fold, joined, note, table, tag
from engine.wording import chance, count, p_value, percent, ratio, signed_percent

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row
    from engine.inference.findings import Finding
    from engine.paired import Gap, Paired

_SHOWN: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("total return", "total_return", signed_percent),
    ("growth a year", "cagr", signed_percent),
    ("volatility a year", "ann_vol", percent),
    ("Sharpe ratio", "sharpe", ratio),
    ("standard error", "sharpe_se_mertens_annual", ratio),
    ("chance above 0", "psr_vs_0", chance),
    ("deepest fall", "max_drawdown", percent),
    ("Sortino", "sortino", ratio),
    ("Calmar", "calmar", ratio),
    ("turnover a year", "ann_one_way_turnover", ratio),
    ("cost a year", "ann_cost", lambda value: percent(value, 2)),
    ("switches", "switches", lambda value: ratio(value, 0)),
    ("fills", "fills", lambda value: ratio(value, 0)),
)


def page(found: Comparison) -> str:
    """The whole document; equal comparisons give equal text, and nothing in it is fetched."""
    simulated = [result.simulated for result in found.results]
    words = "SIMULATED DATA" if all(simulated) else f"{sum(simulated)} RUNS ON SIMULATED DATA"
    banner = tag("p", words, css="simulated") if any(simulated) else Html("")
    tests = found.paired
    parts = [banner, _header(found), _differences(found), _figures(found)]
    if tests is not None:
        parts += [_intervals(found, tests), _to_best(tests), _to_benchmarks(tests)]
    if found.selection is not None:
        parts.append(choice_block(found.selection))
    parts += [_likeness(found), _warnings(found), _failed(found), _footer()]
    body = joined(part for part in parts if part)
    return document(_title(found), body, simulated=any(simulated))


def _title(found: Comparison) -> str:
    names = [row.name for row in found.runs]
    return f"{count(len(names), 'run')}: {', '.join(names[:4])}{', ...' if len(names) > 4 else ''}"


def _header(found: Comparison) -> Html:
    periods = dict.fromkeys(row.known.period for row in found.runs)
    meta = [*list(periods)[:3], *(["..."] if len(periods) > 3 else [])]
    words = tag("p", " \N{MIDDLE DOT} ".join(meta), css="meta")
    said = [tag("p", figure_text(text)) for text in common_words(found)]
    return tag("header", joined([tag("h1", _title(found)), words, *said]))


def _differences(found: Comparison) -> Html:
    if len(found.runs) < 2:
        return Html("")
    if not found.differences:
        return block("configs", "Configs", note("The configs differ in their names only."))
    header = ["key", *(row.name for row in found.runs)]
    rows = [[each.key, *map(esc, each.values)] for each in found.differences]
    shown = table(header, rows, texts=range(len(header)))
    return block("configs", "Where the configs differ", shown)


def _figures(found: Comparison) -> Html:
    """A row a curve; the columns of benchmarks that only runs have are blank."""
    leads = dict.fromkeys(
        name for row in found.runs for name in row.figures if name.endswith(".cagr")
    )
    header = ["", *(title for title, _, _ in _SHOWN)]
    header += [f"growth {name.removesuffix('.cagr').replace('vs_', 'vs ', 1)}" for name in leads]
    rows = []
    for row in (*found.runs, *found.benchmarks):
        cells = [_cell(row, name, shown) for _, name, shown in _SHOWN]
        cells += [_cell(row, name, signed_percent) for name in leads]
        rows.append([_name(row), *cells])
    return block("figures", "Figures", table(header, rows))


def _cell(row: Row, name: str, shown: Callable[[float], str]) -> str:
    return shown(row.figures[name]) if name in row.figures else ""


def _name(row: Row) -> str:
    return row.name if row.result else f"benchmark {row.name}"


def _intervals(found: Comparison, tests: Paired) -> Html:
    rows = []
    for row in (*found.runs, *found.benchmarks):
        own = tests.own[row.name]
        cells = [ratio(own.sharpe.value), between(own.sharpe)]
        for each in (own.cagr, own.max_drawdown):
            cells += [signed_percent(each.value), _percents(each)]
        cells.append(_mark(row.name, tests))
        rows.append([_name(row), *cells, own.sharpe.reason])
    header = ["", "Sharpe ratio", "95 %", "growth a year", "95 %", "deepest fall", "95 %"]
    header, *rows = filled([*header, "against the best", ""], rows)
    blocks = [own.max_drawdown.block_length for own in tests.own.values()]
    said = f"{drawn(tests)} Falls are drawn in blocks of {ratio(min(blocks), 0)} to "
    said += f"{ratio(max(blocks), 0)} bars, a fifth of how long they last."
    return block("intervals", "How sure the figures are", table(header, rows), lead=said)


def _percents(found: Finding) -> str:
    """An interval of percentages."""
    if not math.isfinite(found.low):
        return "n/a"
    return f"{signed_percent(found.low)} to {signed_percent(found.high)}"


def _mark(name: str, tests: Paired) -> str:
    if name == tests.best:
        return f"the best of {len(tests.contestants)}"
    if name in tests.alike:
        return "cannot be told apart"
    if name in tests.unpaired:
        return f"n/a, {tests.unpaired[name]}"
    return "worse" if name in tests.to_best else ""


def _to_best(tests: Paired) -> Html:
    if not tests.to_best:
        return Html("")
    shown = _gaps([(gap.first, gap) for gap in tests.to_best.values()])
    same = "the runs on the same closes, of one risk-free rate and bars a year"
    lead = (
        f"It has the highest Sharpe ratio of {same}, {len(tests.contestants)} here. A run "
        f"with an adjusted p above {tests.level:g} cannot be told from it."
    )
    return block("best", f"Less {tests.best}, the best", shown, lead=lead)


def _to_benchmarks(tests: Paired) -> Html:
    if not tests.to_benchmarks:
        return Html("")
    gaps = [(f"{gap.first} less {gap.second}", gap) for gap in tests.to_benchmarks.values()]
    lead = "Holm adjusts the p-values by Ledoit and Wolf for the number of these differences."
    return block("benchmarks", "Less the benchmarks", _gaps(gaps), lead=lead)


def _gaps(gaps: list[tuple[str, Gap]]) -> Html:
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
            gap.ledoit_wolf.reason,
        ]
        for title, gap in gaps
    ]
    header = ["", "Sharpe", "95 %", "p, resampled", "p, Ledoit-Wolf", "Holm", "growth, points"]
    header, *rows = filled([*header, "95 %", "p, resampled", ""], rows)
    return table(header, rows)


def _likeness(found: Comparison) -> Html:
    if len(found.runs) < 2:
        return Html("")
    names = [row.name for row in found.runs]
    related, held = correlations(found.results).tolist(), overlaps(found.results).tolist()
    tables = [
        table(
            ["", *names],
            [[name, *map(shown, line)] for name, line in zip(names, values, strict=True)],
            caption=title,
        )
        for title, values, shown in (
            ("Correlation of returns", related, ratio),
            ("Mean share of NAV in the same sleeves", held, lambda value: percent(value, 0)),
        )
    ]
    return block("likeness", "How alike the runs are", *tables)


def _warnings(found: Comparison) -> Html:
    items = [tag("li", figure_text(words)) for words in (*notice_words(found), *cautions(found))]
    each = [
        fold(
            row.name,
            tag("ul", joined(tag("li", figure_text(f"{n.title}. {n.text}")) for n in told)),
        )
        for row in found.runs
        if (told := row.known.notices)
    ]
    listed = tag("ul", joined(items), css="warnings")
    return block("warnings", "To know before believing it", listed, *each)


def _failed(found: Comparison) -> Html:
    if not found.failed:
        return Html("")
    items = joined(tag("li", f"{each.source}: {each.error}") for each in found.failed)
    return block("failed", "Not run", tag("ul", items))


def _footer() -> Html:
    return tag("footer", note("All times are UTC. Figures are net of fees and slippage."))
