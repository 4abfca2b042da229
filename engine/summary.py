"""The end-of-run screen and the notebook view: verdict, key figures, warnings."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.notices import notices
from engine.verdict import is_short, period, verdict
from engine.wording import percent, ratio, signed_percent

if TYPE_CHECKING:
    from engine.result import Result

_WIDTH = 79
_MOST_BENCHMARKS = 4

KEY_FIGURES: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("total return", "total_return", signed_percent),
    ("growth a year", "cagr", signed_percent),
    ("volatility a year", "ann_vol", percent),
    ("Sharpe ratio", "sharpe", ratio),
    ("  standard error", "sharpe_se_mertens_annual", ratio),
    ("deepest fall", "max_drawdown", percent),
    ("turnover a year", "ann_one_way_turnover", ratio),
)


def key_figures(result: Result) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the key figures as text: strategy first, then up to 4 benchmarks."""
    names = sorted(result.benchmarks)[:_MOST_BENCHMARKS]
    rows = []
    for title, name, shown in KEY_FIGURES:
        values = [result.value(name), *(result.value(f"{other}.{name}") for other in names)]
        own_only = name == "ann_one_way_turnover"
        cells = ["" if own_only and column else shown(v) for column, v in enumerate(values)]
        rows.append([title, *cells])
    return ["", "strategy", *names], rows


def summary(result: Result) -> str:
    """At most 20 lines of at most 79 characters, for a terminal."""
    header, rows = key_figures(result)
    lines = [f"{result.name} {result.id[:12]}  {period(result)}"]
    if result.simulated:
        lines[0] += "  SIMULATED DATA"
    words = verdict(result)[:2]
    lines += textwrap.wrap(" ".join(words), _WIDTH, max_lines=5, placeholder=" ...")
    lines += ["", *(_line(row) for row in [header, *rows])]
    if is_short(result):
        lines.append("  (less than a year: figures per year are extrapolated)")
    found = notices(result)
    if found:
        titles = "; ".join(dict.fromkeys(notice.title for notice in found))
        noun = "warning" if len(found) == 1 else "warnings"
        text = f"{len(found)} {noun}: {titles}"
        lines += ["", *textwrap.wrap(text, _WIDTH, max_lines=3, placeholder=" ...")]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    first, *others = cells
    return f"{first:<18}" + "".join(f"{_short(cell):>13}" for cell in others)


def _short(cell: str) -> str:
    return cell if len(cell) <= 12 else f"{cell[:9]}..."


def summary_html(result: Result) -> str:
    """A small table for notebooks, everything escaped."""
    header, rows = key_figures(result)
    cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    title = f"{html.escape(result.name)} <small>{html.escape(result.id[:12])}</small>"
    words = html.escape(" ".join(verdict(result)))
    return f"<h4>{title}</h4><p>{words}</p><table><tr>{cells}</tr>{body}</table>"
