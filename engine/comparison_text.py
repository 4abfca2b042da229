"""The text of a comparison: differences, one table, what is in common, what to mind."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.comparison_choice import choice_lines
from engine.comparison_configs import config_lines
from engine.comparison_lines import GAP, WIDTH, cut, lined
from engine.comparison_notes import common, failed, warnings
from engine.comparison_tests import tests
from engine.verdict import is_short
from engine.wording import count, ratio

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row

_NAME = 26
SHORT = "*"
"""Follows the name of a run that is too short to speak of years."""
_FITS = ((3, 4, GAP), (2, 4, GAP), (2, 4, 1), (2, 3, 1), (2, 2, 1), (1, 2, 1), (1, 1, 1))
"""Benchmarks, sleeves and space between columns, the best choice first."""


@dataclass(frozen=True)
class _Column:
    """A column of the table: two lines of header, and the cell of a row."""

    above: str
    title: str
    cell: Callable[[Row], str]


def summary(found: Comparison) -> str:
    """What a reader sees, in at most 120 columns."""
    blocks = [_title(found)]
    if found.runs:
        if len(found.runs) > 1:
            blocks.append(config_lines(found))
        choice = choice_lines(found.selection) if found.selection is not None else []
        blocks += [_table(found), *tests(found), choice, [*common(found), *warnings(found)]]
    if found.failed:
        blocks.append(failed(found))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _title(found: Comparison) -> list[str]:
    results = found.results
    simulated = sum(result.simulated for result in results)
    words = "  SIMULATED DATA" if simulated else ""
    if 0 < simulated < len(results):
        words = f"  {simulated} OF THEM ON SIMULATED DATA"
    periods = {row.known.period for row in found.runs}
    over = f"  {periods.pop()}" if len(periods) == 1 else ""
    return [f"{count(len(results), 'run')}{over}{words}"]


def _table(found: Comparison) -> list[str]:
    """The table with as many benchmarks and sleeves, and as much space, as there is room for."""
    lines: list[str] = []
    for benchmarks, sleeves, gap in _FITS:
        columns = [*_figures(found, benchmarks), *_sleeves(found, sleeves)]
        rows = [[column.above for column in columns], [column.title for column in columns]]
        rows += [[column.cell(row) for column in columns] for row in found.runs]
        if found.benchmarks:
            rows.append(["benchmarks", *("" for _ in columns[1:])])
            rows += [[column.cell(row) for column in columns] for row in found.benchmarks]
        lines = lined(rows, left=1, gap=gap)
        if max(map(len, lines)) <= WIDTH:
            break
    if any(_is_short(row) for row in found.runs):
        lines.append(f"{SHORT} shorter than a year: figures a year are extrapolated")
    return lines


def _figures(found: Comparison, benchmarks: int) -> Iterator[_Column]:
    """Growth, risk, growth beyond that of benchmarks, and what trading it took."""
    short = any(is_short(result) for result in found.results)
    above, growth = ("return", "total_return") if short else ("growth", "cagr")
    yield _Column("", "", _name)
    yield _Column("total", "%", _figure("total_return", _signed))
    yield _Column("growth", "%/y", _figure("cagr", _signed))
    yield _Column("vola", "%/y", _figure("ann_vol", _percent))
    yield _Column("Sharpe", "/y", _figure("sharpe", ratio))
    yield _Column("std", "err", _figure("sharpe_se_mertens_annual", ratio))
    yield _Column("worst", "fall %", _figure("max_drawdown", _percent))
    for name in _most_used(result.benchmarks for result in found.results)[:benchmarks]:
        title = f"vs {cut(name, 8)}"
        yield _Column(above, title, _figure(f"vs_{name}.{growth}", _signed))
    yield _Column("turn-", "over/y", _figure("ann_one_way_turnover", ratio))
    yield _Column("cost", "%/y", _figure("ann_cost", lambda value: _percent(value, 2)))
    yield _Column("swit-", "ches", _figure("switches", _whole))
    yield _Column("", "fills", _figure("fills", _whole))


def _sleeves(found: Comparison, most: int) -> Iterator[_Column]:
    """Mean share of NAV in the sleeves that most runs hold, by name, in the others, in cash."""
    named = _most_used(_held(row) for row in found.runs)
    shown = sorted(named if len(named) <= most else named[: most - 1])
    for sleeve in shown:
        yield _Column("in %", cut(sleeve, 8), _share((sleeve,)))
    others = set(named) - set(shown)
    if others:
        yield _Column("in %", "others", _share(tuple(sorted(others))))
    yield _Column("in %", "cash", _share(("cash",)))


def _held(row: Row) -> list[str]:
    return [name for name, share in row.sleeves.items() if name != "cash" and share > 0]


def _most_used(names: Iterable[Iterable[str]]) -> list[str]:
    """Names by how many use them, those of the first user first."""
    counted = Counter(name for each in names for name in sorted(each))
    return [name for name, _ in counted.most_common()]


def _share(sleeves: tuple[str, ...]) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        known = [row.sleeves[name] for name in sleeves if name in row.sleeves]
        return f"{100 * math.fsum(known):.0f}" if known else ""

    return cell


def _name(row: Row) -> str:
    if row.result is None:
        return f"  {cut(row.name, _NAME - 2)}"
    return f"{cut(row.name, _NAME - 2)} {SHORT}" if _is_short(row) else cut(row.name, _NAME)


def _is_short(row: Row) -> bool:
    return row.result is not None and is_short(row.result)


def _figure(name: str, write: Callable[[float], str]) -> Callable[[Row], str]:
    """The cell of a statistic; blank where a row does not have it."""
    return lambda row: write(row.figures[name]) if name in row.figures else ""


def _percent(value: float, digits: int = 1) -> str:
    """A share as a number of percent; the sign `%` is in the header."""
    if not math.isfinite(value):
        return "n/a"
    shown = f"{100 * value:,.{0 if abs(value) >= 10 else digits}f}"
    return shown.removeprefix("-") if not shown.strip("-0.") else shown


def _signed(value: float) -> str:
    shown = _percent(value)
    return f"+{shown}" if value > 0 and shown.strip("0.") else shown


def _whole(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else ""
