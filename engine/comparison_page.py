"""A comparison as one plain HTML document, in the look of the tear sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.comparison_blocks import (
    figures_block,
    likeness_block,
    to_benchmarks_block,
    to_best_block,
    trading_block,
)
from engine.comparison_choice_page import choice_block
from engine.comparison_configs import apart
from engine.comparison_deflated import deflated_block
from engine.comparison_notes import cautions, common_words, notice_words
from engine.differences import MISSING
from engine.tearsheet.document import document
from engine.tearsheet.markup import Html, block, esc, figure_text, fold, joined, note, table, tag
from engine.wording import count

if TYPE_CHECKING:
    from engine.comparison import Comparison

_COLUMNS = 5
"""Runs up to which each has a column of differences; of more, what sets each apart is told."""


def page(found: Comparison) -> str:
    """The whole document; equal comparisons give equal text, and nothing in it is fetched."""
    simulated = [result.simulated for result in found.results]
    words = "SIMULATED DATA" if all(simulated) else f"{sum(simulated)} RUNS ON SIMULATED DATA"
    banner = tag("p", words, css="simulated") if any(simulated) else Html("")
    tests = found.paired
    parts = [banner, _header(found), _differences(found), figures_block(found)]
    if tests is not None:
        parts += [to_best_block(tests), to_benchmarks_block(tests)]
    if found.selection is not None:
        parts.append(choice_block(found.selection))
    parts += [deflated_block(found), trading_block(found), likeness_block(found)]
    parts += [_warnings(found), _failed(found), _footer()]
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
    title, every = "Where the configs differ", found.differences
    if len(found.runs) <= _COLUMNS:
        header = ["key", *(row.name for row in found.runs)]
        rows = [[each.key, *map(_wrapped, each.values)] for each in every]
        return block("configs", title, table(header, rows, css="told", texts=range(len(header))))
    own = [[row.name, _wrapped(apart(every, place))] for place, row in enumerate(found.runs)]
    usual = [[each.key, _wrapped(each.usual)] for each in every if each.usual != MISSING]
    return block(
        "configs",
        title,
        table(["", "what sets it apart from most"], own, css="told", texts=(0, 1)),
        *([fold("What most of them have", _usual(usual))] if usual else []),
    )


def _usual(rows: list[list[str]]) -> Html:
    return table(["key", "usual"], rows, css="told", texts=(0, 1))


def _wrapped(text: str) -> Html:
    """A cell whose text may take several lines."""
    return Html(f'<td class="l wrap">{esc(text)}</td>')


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
