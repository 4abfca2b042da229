"""How far the run can be trusted: what was checked, what was not, and where to look further."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.notices import faults, gaps
from engine.tearsheet.markup import Html, block, figure_text, table, tag
from engine.wording import count

if TYPE_CHECKING:
    from engine.result import Result

_PLACES = 12
"""Characters of a digest that are shown."""


def standing_block(result: Result) -> Html:
    """A line for each thing that decides how much a reader may believe."""
    rows = [
        ["Universe", _cell(_universe(result))],
        ["Data", _cell(_data(result))],
        ["Look-ahead", _cell(_proof(result))],
        ["Sample", _cell(_sample(result))],
        ["Search", _search(result)],
        ["Made of", _cell(_digests(result))],
    ]
    return block("standing", "How far to trust it", table([], rows, css="facts"))


def _universe(result: Result) -> str:
    universe = result.manifest.get("universe", {})
    ids, stays = len(universe.get("ids", ())), len(universe.get("members", ()))
    if result.simulated:
        return "Simulated: no market, and so no survivors to pick."
    if not universe.get("point_in_time", False):
        return f"{count(ids, 'id')} picked by hand with hindsight: survivorship-biased."
    chosen = f", {count(stays, 'stay')}" if stays else ""
    return f"Chosen at the time, from what was known then{chosen}."


def _data(result: Result) -> str:
    stale = result.statistics.get("stale_bars")
    held = count(stale.value, "close") if stale and stale.value is not None else "unknown closes"
    return (
        f"{count(faults(result), 'faulty row')} repaired, flagged or left out; "
        f"{count(gaps(result), 'bar')} missing or blank; {held} at which an id was held without a "
        "bar of its own."
    )


def _proof(result: Result) -> str:
    if result.experiment.get("strategy", {}).get("kind") == "raw":
        return "Unproven: a raw strategy could read the future."
    signals = len(result.experiment.get("signals") or ())
    if not signals:
        return "No signal that could read the future."
    each = (
        "1 signal gives the same value"
        if signals == 1
        else f"{signals} signals give the same values"
    )
    return f"Proven: {each} when all later rows are cut off. Fills are at the next open."


def _sample(result: Result) -> str:
    bars = count(len(result.time), "bar")
    return (
        f"In sample only: all {bars} were open to whoever chose the rules; the run holds none back."
    )


def _search(result: Result) -> Html:
    """Where the trials are counted: their ledger lies beside the results, and is none of them."""
    show = tag("code", f"run_backtest.py show {result.name}/{result.id}")
    test = tag("code", "run CONFIG --inference")
    text = Html(
        "How many variants were tried is not on this page, which is made of this one result: "
        f"{show} counts them, and {test} tests for luck and writes verdict.html."
    )
    return Html(f'<td class="l wrap">{text}</td>')


def _digests(result: Result) -> str:
    digests = result.manifest.get("digests", {})
    parts = [
        f"{name} {digests[name][:_PLACES]}"
        for name in ("config", "package")
        if isinstance(digests.get(name), str)
    ]
    panels = digests.get("panels")
    if isinstance(panels, dict):
        parts.append(count(len(panels), "panel"))
    return f"{', '.join(parts) or 'unknown'}; full digests at the end."


def _cell(text: str) -> Html:
    return Html(f'<td class="l wrap">{figure_text(text)}</td>')
