"""The part of a comparison's text that says how sure its differences are."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.comparison_lines import GAP, WIDTH, cut, lined
from engine.likeness import correlations, overlaps
from engine.wording import count, p_value, ratio

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row
    from engine.inference.findings import Finding
    from engine.paired import Gap, Paired

_NAME = 26
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
    lengths = [own.sharpe.block_length for own in found.own.values()]
    low, high = min(lengths), max(lengths)
    blocks = ratio(high, 1) if low == high else f"{ratio(low, 1)} to {ratio(high, 1)}"
    return (
        f"95 % intervals a year from {found.resamples:,} stationary resamples in blocks of "
        f"{blocks} bars, seed {found.seed}."
    )


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
    rows = [["", "", "Sharpe /y", "growth %/y"], ["", "", "95 %", "95 %"]]
    if tests.best:
        rows[0] += ["", f"less {cut(tests.best, 16)}", "", "", ""]
        rows[1] += ["Sharpe", "95 %", "p", "%/y", "95 %"]
    for row in (*found.runs, *found.benchmarks):
        own = tests.own[row.name]
        name = cut(row.name, _NAME) if row.result else f"  {cut(row.name, _NAME - 2)}"
        cells = [name, MARK * (row.name in tests.alike)]
        cells += [between(own.sharpe), between(own.cagr, percent=True)]
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
    """A block of columns a benchmark, for those that most runs have."""
    counted = Counter(name for row in found.runs for name in _names(row))
    names = [name for name, _ in counted.most_common()]
    if not names:
        return []
    shown = names[:_BENCHMARKS]
    rows = [["Sharpe less that of"], [""]]
    for name in shown:
        rows[0] += [cut(name, 10), "", ""]
        rows[1] += ["Sharpe", "95 %", "p"]
    for row in found.runs:
        cells = [cut(row.name, _NAME)]
        titles = dict(zip(_names(row), row.benchmarks, strict=True))
        for name in shown:
            there = name in titles
            cells += _gap(tests.to_benchmarks[row.name, titles[name]]) if there else ["", "", ""]
        rows.append(cells)
    rest = names[_BENCHMARKS:]
    more = [f"and {count(len(rest), 'more benchmark')}; --csv and --json have all"] if rest else []
    return [*_fitting(rows, 1), *more]


def _names(row: Row) -> list[str]:
    return sorted(row.result.benchmarks) if row.result else []


def _fitting(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """The lines, with less space between columns where there is no room for more."""
    wide = lined(rows, left=left, gap=GAP)
    return wide if max(map(len, wide)) <= WIDTH else lined(rows, left=left, gap=1)


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
