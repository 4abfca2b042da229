"""The end-of-run screen and the notebook view: verdict, key figures, warnings."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.notices import Notice, notices
from engine.printed import bullet
from engine.verdict import caution, is_short, period, verdict, what_happened
from engine.wording import percent, ratio, signed_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.result import Result
    from engine.trials import Deflations

_WIDTH = 79
_MOST_LINES = 20
"""With the five lines of the command line below it, a run ends on 25 lines."""
_MOST_BENCHMARKS = 4


def key_figures(result: Result) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the key figures as text: strategy first, then up to 4 benchmarks.

    The header begins with how many bars a year the annual figures take; a risk-free rate other than
    0 is told with the Sharpe ratio.
    """
    names = sorted(result.benchmarks)[:_MOST_BENCHMARKS]
    growth = ("total return", "total_return") if is_short(result) else ("growth a year", "cagr")
    report = result.experiment["report"]
    free = f" over {100 * report['risk_free']:g} %" * bool(report["risk_free"])
    shown: tuple[tuple[str, str, Callable[[float], str]], ...] = (
        (*growth, signed_percent),
        ("volatility a year", "ann_vol", percent),
        (f"Sharpe{free or ' ratio'}", "sharpe", ratio),
        ("  standard error", "sharpe_se_mertens_annual", ratio),
        ("  chance above 0", "psr_vs_0", percent),
        ("deepest fall", "max_drawdown", percent),
    )
    rows = [
        [title, *(text(result.value(f"{of}{name}")) for of in ("", *(f"{n}." for n in names)))]
        for title, name, text in shown
    ]
    turnover = ratio(result.value("ann_one_way_turnover"))
    basis = f"{report['periods_per_year']:g} bars a year"
    return [basis, "strategy", *names], [*rows, ["turnover a year", turnover, *("" for _ in names)]]


def summary(result: Result, deflations: Deflations | None = None, *, words: bool = True) -> str:
    """What happened, how far to believe it, key figures, warnings: at most 20 lines of 79.

    Without `words` only the figures and the warnings, for where the whole verdict follows.
    """
    simulated = "  SIMULATED DATA" * result.simulated
    rest = f" {result.id[:12]}  {period(result)}{simulated}"
    lines = [_short(result.name, _WIDTH - len(rest)) + rest]
    # Each half has its own limit, so that long names never push the caution off the screen.
    if words:
        lines += _wrapped(" ".join(what_happened(result)), 4)
        lines += _wrapped(" ".join(caution(result, deflations)), 5)
    header, rows = key_figures(result)
    lines += ["", *(_line(row) for row in [header, *rows])]
    found = notices(result)
    if found:
        room = _MOST_LINES - len(lines)
        told = _warnings(found, room)
        lines += [""] * (len(told) < room) + told
    return "\n".join(lines) + "\n"


def _warnings(found: Sequence[Notice], room: int) -> list[str]:
    """As much of the notices as `room` lines hold: whole, in a sentence each, or the titles.

    Where there is no room for all sentences the gravest keep theirs.
    """
    whole = [line for notice in found for line in _item(f"{notice.title}. {notice.text}")]
    if len(whole) <= room:
        return whole
    for kept in range(len(found), 0, -1):
        lines = [
            line
            for notice in found[:kept]
            for line in _item(f"{notice.title}. {_first_sentence(notice.text)}")
        ]
        if kept < len(found):
            lines += _item(f"Also: {_titles(found[kept:])}")
        if len(lines) <= room:
            return lines
    # The gravest keeps its sentence, and the others what is left.
    first = _item(f"{found[0].title}. {_first_sentence(found[0].text)}", max(1, room - 1))
    return [*first, *_item(f"Also: {_titles(found[1:])}", max(1, room - len(first)))]


def _titles(found: Sequence[Notice]) -> str:
    return "; ".join(dict.fromkeys(notice.title for notice in found))


def _item(text: str, most: int | None = None) -> list[str]:
    return bullet(text, _WIDTH, most)


def _first_sentence(text: str) -> str:
    return text.split(". ")[0].removesuffix(".") + "."


def _wrapped(text: str, most: int) -> list[str]:
    return textwrap.wrap(text, _WIDTH, max_lines=most, placeholder=" ...")


def _line(cells: list[str]) -> str:
    first, *others = cells
    return (f"{first:<18}" + "".join(f"{_short(cell, 11):>12}" for cell in others)).rstrip()


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def summary_html(result: Result) -> str:
    """A small table for notebooks, everything escaped."""
    import html

    header, rows = key_figures(result)
    cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    title = f"{html.escape(result.name)} <small>{html.escape(result.id[:12])}</small>"
    words = html.escape(" ".join(verdict(result)))
    return f"<h4>{title}</h4><p>{words}</p><table><tr>{cells}</tr>{body}</table>"
