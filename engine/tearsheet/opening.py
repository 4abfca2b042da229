"""The first blocks of the page: title, verdict, warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.notices import notices
from engine.tearsheet.markup import Html, block, esc, figure_text, joined, note, tag
from engine.verdict import length, period, verdict
from engine.wording import count

if TYPE_CHECKING:
    from engine.result import Result


def title_block(result: Result) -> Html:
    """Name, hypothesis, claim and period."""
    hypothesis = result.experiment.get("hypothesis") or {}
    bars = f"{count(len(result.time), 'bar')}, {length(result)}"
    meta = [f"{period(result)} ({bars})", f"run {result.id}"]
    if hypothesis.get("id"):
        meta.insert(0, f"hypothesis {hypothesis['id']}")
    parts = [tag("h1", result.name), tag("p", " \N{MIDDLE DOT} ".join(meta), css="meta")]
    if hypothesis.get("claim"):
        parts.append(tag("p", str(hypothesis["claim"]), css="claim"))
    return tag("header", joined(parts))


def simulated_banner(result: Result) -> Html:
    """Says at the top of the page that nothing on it is a market's doing."""
    return tag("p", "SIMULATED DATA", css="simulated") if result.simulated else Html("")


def verdict_block(result: Result) -> Html:
    """What the numbers say, in words."""
    words = joined(tag("p", figure_text(sentence)) for sentence in verdict(result))
    return tag("section", words, css="verdict", attributes='id="verdict"')


def warnings_block(result: Result) -> Html:
    """What limits how far the run can be believed."""
    found = notices(result)
    if not found:
        return block("warnings", "Warnings", note("None: nothing in the results asks for one."))
    items = joined(
        tag("li", Html(f"<b>{esc(each.title)}.</b> {figure_text(each.text)}")) for each in found
    )
    return block("warnings", "Warnings", tag("ul", items, css="warnings"))
