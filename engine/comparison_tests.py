"""The part of a comparison's text that says how sure its differences are."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.comparison_deflated import MEANING, dsr_cells
from engine.comparison_lines import GAP, WIDTH, cut, lined
from engine.likeness import correlations, overlaps
from engine.wording import count, p_value, ratio

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row
    from engine.inference.findings import Finding
    from engine.paired import Gap, Paired

_NAME, _SHORTEST = 26, 12
_BENCHMARKS = 3
_MATRIX = 8
"""Runs up to which all pairs are shown; of more, the pairs that are most alike."""
_PAIRS = 6
MARK = "="


def tests(found: Comparison) -> Iterator[list[str]]:
    """Intervals and differences to the best, differences to benchmarks, likeness of runs."""
    if found.paired is None:
        return
    yield _intervals(found, found.paired)
    benchmarks = _benchmarks(found, found.paired)
    if benchmarks:
        yield benchmarks
    if len(found.runs) > 1:
        yield _likeness(found)


def drawn(found: Paired) -> str:
    """How the intervals were made."""
    own = found.own.values()
    bars = _span([each.sharpe.n or 0 for each in own], ",d")
    blocks = _span([each.sharpe.block_length for each in own], ",.1f")
    falls = _span([each.max_drawdown.block_length for each in own], ",.0f")
    return (
        f"95 % intervals from {found.resamples:,} stationary resamples of {bars} bars in blocks of "
        f"{blocks}, of falls in blocks of {falls} (a fifth of how long they last), seed "
        f"{found.seed}."
    )


def _span(values: Sequence[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"


def marked(found: Paired) -> str:
    """What the mark means; blank where there is no best."""
    if not found.best:
        return ""
    of = f" of the {len(found.contestants)} runs that pair" if found.unpaired else ""
    return (
        f"{MARK} cannot be told from the best Sharpe ratio{of} ({found.best}) at the "
        f"{100 * found.level:g} % level; p by Ledoit and Wolf, adjusted for their number by Holm."
    )


def between(found: Finding, percent: bool = False) -> str:
    """`0.35 to 1.42`: an interval, of growth in percent."""
    if not (math.isfinite(found.low) and math.isfinite(found.high)):
        return "n/a"
    return " to ".join(_percent(each) if percent else ratio(each) for each in _ends(found))


def difference(found: Finding, percent: bool = False) -> str:
    """A difference with its sign."""
    if not math.isfinite(found.value):
        return "n/a"
    shown = _percent(found.value) if percent else ratio(found.value)
    return f"+{shown}" if found.value > 0 and shown.strip("0.") else shown


def _ends(found: Finding) -> tuple[float, float]:
    return found.low, found.high


def _percent(value: float) -> str:
    shown = f"{100 * value:,.0f}"
    return shown.removeprefix("-") if not shown.strip("-0") else shown


def _intervals(found: Comparison, tests: Paired) -> list[str]:
    rows = [["", "", "Sharpe /y", "growth %/y", "fall %"], ["", "", "95 %", "95 %", "95 %"]]
    if tests.best:
        rows[0] += ["less", "the best", "", "", ""]
        rows[1] += ["Sharpe", "95 %", "p", "%/y", "95 %"]
    for row in (*found.runs, *found.benchmarks):
        own = tests.own[row.name]
        name = cut(row.name, _NAME) if row.result else f"  {cut(row.name, _NAME - 2)}"
        cells = [name, MARK * (row.name in tests.alike)]
        cells += [between(own.sharpe)]
        cells += [between(each, percent=True) for each in (own.cagr, own.max_drawdown)]
        if tests.best:
            gap = tests.to_best.get(row.name)
            cells += [*_gap(gap), *_growth(gap)] if gap else _no_gap(row.name, tests)
        rows.append([*cells, *[""] * (len(rows[0]) - len(cells))])
    words = [drawn(tests), *filter(None, [marked(tests)])]
    return [*(line for text in words for line in textwrap.wrap(text, WIDTH)), *_fitting(rows, 2)]


def _no_gap(name: str, tests: Paired) -> list[str]:
    return ["best"] if name == tests.best else ["n/a"] * (name in tests.unpaired)


def _gap(gap: Gap) -> list[str]:
    return [difference(gap.sharpe), between(gap.sharpe), p_value(gap.adjusted)]


def _growth(gap: Gap) -> list[str]:
    return [difference(gap.cagr, percent=True), between(gap.cagr, percent=True)]


def _benchmarks(found: Comparison, tests: Paired) -> list[str]:
    """A block of columns a benchmark, for those that most runs have; then trials and DSR."""
    counted = Counter(name for row in found.runs for name in _names(row))
    names = [name for name, _ in counted.most_common()]
    if not (names or found.deflations):
        return []
    lines: list[str] = []
    shown = 0
    for shown in range(min(_BENCHMARKS, len(names)), -1, -1):
        lines = _fitting(_less(found, tests, names[:shown]), 1)
        if max(map(len, lines)) <= WIDTH:
            break
    rest = len(names) - shown
    more = [f"and {count(rest, 'more benchmark')}; --csv and --json have all"] if rest else []
    said = textwrap.wrap(MEANING, WIDTH) if found.deflations else []
    return [*lines, *more, *said]


def _less(found: Comparison, tests: Paired, shown: Sequence[str]) -> list[list[str]]:
    rows = [["Sharpe less that of" if shown else ""], [""]]
    for name in shown:
        rows[0] += [cut(name, 10), "", ""]
        rows[1] += ["Sharpe", "95 %", "p"]
    if found.deflations:
        rows[0] += ["DSR", ""]
        rows[1] += ["%", "trials"]
    for row in found.runs:
        cells = [cut(row.name, _NAME)]
        titles = dict(zip(_names(row), row.benchmarks, strict=True))
        for name in shown:
            there = name in titles
            cells += _gap(tests.to_benchmarks[row.name, titles[name]]) if there else ["", "", ""]
        rows.append([*cells, *(dsr_cells(found, row.name) if found.deflations else [])])
    return rows


def _names(row: Row) -> list[str]:
    return sorted(row.result.benchmarks) if row.result else []


def _fitting(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """The lines, with less space between columns, then shorter names, where there is no room."""
    lines = lined(rows, left=left, gap=GAP)
    if max(map(len, lines)) <= WIDTH:
        return lines
    lines = lined(rows, left=left, gap=1)
    over = max(map(len, lines)) - WIDTH
    if over <= 0:
        return lines
    room = max(_SHORTEST, max(len(row[0]) for row in rows) - over)
    return lined([[cut(row[0], room), *row[1:]] for row in rows], left=left, gap=1)


def _likeness(found: Comparison) -> list[str]:
    names = [row.name for row in found.runs]
    related, held = correlations(found.results), overlaps(found.results)
    if len(names) > _MATRIX:
        return _most_alike(names, related.tolist(), held.tolist())
    rows = [["", "", *(f"{place + 1}" for place in range(len(names)))]]
    for place, name in enumerate(names):
        cells = [
            ratio(related[place, other])
            if other < place
            else (f"{100 * held[place, other]:.0f} %" if held[place, other] >= 0 else "n/a")
            for other in range(len(names))
        ]
        cells[place] = "-"
        rows.append([f"{place + 1}", cut(name, _NAME), *cells])
    words = (
        "Below the diagonal the correlation of returns, above it the mean share of NAV in the same "
        "sleeves."
    )
    return [words, *lined(rows, left=2)]


def _most_alike(
    names: Sequence[str], related: Sequence[Sequence[float]], held: Sequence[Sequence[float]]
) -> list[str]:
    pairs = [
        (related[row][column], held[row][column], names[column], names[row])
        for row in range(len(names))
        for column in range(row)
        if math.isfinite(related[row][column])
    ]
    pairs.sort(key=lambda each: -each[0])
    rows = [["Most alike", "", "returns", "holdings"]]
    for correlation, common, one, two in pairs[:_PAIRS]:
        share = f"{100 * common:.0f} %" if math.isfinite(common) else "n/a"
        rows.append([cut(one, _NAME), cut(two, _NAME), ratio(correlation), share])
    return lined(rows, left=2) if pairs else []
