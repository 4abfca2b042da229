"""The back of the page: every statistic, the config, where it all comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from engine.statistics import Statistic
from engine.tearsheet.markup import Html, block, esc, fold, note, table, tag
from engine.wording import NOT_AVAILABLE, amount, count, money, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.result import Result


def statistics_block(result: Result) -> Html:
    """Every statistic with its unit and basis, or the reason why it is undefined."""
    rows = [
        [each.name, _value(each), each.unit, Html(f'<td class="l wrap">{esc(_basis(each))}</td>')]
        for each in result.statistics.values()
    ]
    parts = table(["name", "value", "unit", "rests on, or why it is undefined"], rows, texts=(0, 3))
    tail = note("Unrounded values are in statistics.json.")
    title = f"All {count(len(rows), 'statistic')}"
    return block("statistics", "Statistics", fold(title, parts, tail))


def origin_block(result: Result) -> Html:
    """Universe, data quality, digests, the resolved config, and the files beside the page."""
    manifest = result.manifest
    universe = manifest.get("universe", {})
    ids = ", ".join(map(str, universe.get("ids", ())))
    held = ", ".join(result.positions) or "nothing"
    config = (result.path / "experiment.yaml").read_text(encoding="utf-8")
    kept = {key: value for key, value in manifest.items() if key != "warnings"}
    text = json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False)
    parts = [
        fold("Universe", note(f"Allowed: {ids or 'not listed'}."), note(f"Held: {held}.")),
        _sources(manifest.get("sources", {})),
        _members(universe.get("members", ())),
        _quality(manifest.get("quality", {})),
        *(
            note(f"{name}: {definition}.")
            for name, definition in sorted(manifest.get("definitions", {}).items())
        ),
        fold("Config of this run (experiment.yaml)", tag("pre", config)),
        fold("Digests and data quality (manifest.json)", tag("pre", text)),
        note(f"Digests: {_digests(manifest)}." if manifest.get("digests") else ""),
    ]
    return block("origin", "Where it comes from", *parts)


def _sources(sources: Mapping[str, str]) -> Html | str:
    """Where each panel was read."""
    read = "; ".join(f"{name} from {place}" for name, place in sorted(sources.items()))
    return note(f"Read: {read}.") if read else ""


def _members(members: Sequence[Mapping[str, str]]) -> Html | str:
    """Who belonged to the universe when, where it was chosen at the time."""
    if not members:
        return ""
    rows = [
        [each["coin"], each["since"], each["until"] or "the end", each["source"]]
        for each in members
    ]
    stays = table(["coin", "member from", "until", "by"], rows, texts=(0, 1, 2, 3))
    return fold(f"Members of the universe ({count(len(members), 'stay')})", stays)


def _quality(found: Mapping[str, Mapping[str, int]]) -> Html | str:
    """What was found and repaired in the data, panel by panel."""
    rows = [
        [panel, kind.replace("_", " "), f"{number:,}"]
        for panel, kinds in sorted(found.items())
        for kind, number in sorted(kinds.items())
        if number
    ]
    if not rows:
        return ""
    return fold("Data quality", table(["panel", "what was found", "rows"], rows, texts=(0, 1)))


def _digests(manifest: Mapping[str, object]) -> str:
    digests = manifest["digests"]
    if not isinstance(digests, dict):
        return str(digests)
    flat = {key: value for key, value in digests.items() if isinstance(value, str)}
    return ", ".join(f"{key} {value[:12]}" for key, value in sorted(flat.items()))


def _value(each: Statistic) -> str:
    if each.value is None:
        return NOT_AVAILABLE
    if each.unit == "fraction":
        return percent(each.value, 3)
    if each.unit == "money":
        return money(each.value)
    if each.unit in ("count", "bars", "index"):
        return f"{each.value:,.0f}"
    return amount(each.value)


def _basis(each: Statistic) -> str:
    return each.basis if each.value is not None else f"{NOT_AVAILABLE}: {each.reason}"
