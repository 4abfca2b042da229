"""The page of a verdict: how far to believe one run, as one offline document."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.tearsheet.document import document
from engine.tearsheet.markup import Html, block, esc, figure_text, fold, joined, note, table, tag
from engine.tearsheet.vector import drawing
from engine.verdict import length, period
from engine.verdict_choice import selection_block
from engine.verdict_intervals import intervals_block, timing_block
from engine.verdict_trials import trials_block
from engine.verdict_words import conventions
from engine.wording import count, percent, ratio

if TYPE_CHECKING:
    from engine.gates import Outcome
    from engine.inference.findings import Finding, Inference
    from engine.inference.selection import Selection
    from engine.verdict import Verdict
    from engine.weighing import Weighed

_BLOCKS = (trials_block, intervals_block, timing_block, selection_block)


def page(weighed: Weighed) -> str:
    """The whole document; equal values give equal text, and nothing in it is fetched."""
    result, verdict = weighed.result, weighed.verdict
    banner = tag("p", "SIMULATED DATA", css="simulated") if result.simulated else Html("")
    first = [banner, _title(weighed), _said(verdict), _limits(verdict), _gates(weighed.outcomes)]
    with drawing():
        drawn = [each(weighed) for each in _BLOCKS]
    body = joined([*filter(None, first), *drawn, _computed(weighed), _footer(result.simulated)])
    return document(f"{result.name} - verdict", body, simulated=result.simulated)


def _title(weighed: Weighed) -> Html:
    result = weighed.result
    hypothesis = result.experiment.get("hypothesis") or {}
    bars = f"{count(len(result.time), 'bar')}, {length(result)}"
    meta = [f"{period(result)} ({bars})", f"run {result.id}"]
    if hypothesis.get("id"):
        meta.insert(0, f"hypothesis {hypothesis['id']}")
    title = tag("h1", f"How far to believe {result.name}")
    parts = [title, tag("p", " \N{MIDDLE DOT} ".join(meta), css="meta")]
    if hypothesis.get("claim"):
        parts.append(tag("p", str(hypothesis["claim"]), css="claim"))
    return tag("header", joined(parts))


def _said(verdict: Verdict) -> Html:
    words = joined(tag("p", figure_text(each.text)) for each in verdict.sentences)
    return tag("section", words, css="verdict", attributes='id="verdict"')


def _limits(verdict: Verdict) -> Html:
    title = "What limits it"
    if not verdict.limits:
        return block("limits", title, note("Nothing in the results asks for a warning."))
    items = joined(
        tag("li", Html(f"<b>{esc(each.title)}.</b> {figure_text(each.text)}"))
        for each in verdict.limits
    )
    return block("limits", title, tag("ul", items, css="warnings"))


def _gates(outcomes: tuple[Outcome, ...]) -> Html:
    """What the config asks of the run; no block where it asks nothing."""
    if not outcomes:
        return Html("")
    lost = sum(not each.kept for each in outcomes)
    rows = []
    for each in outcomes:
        sense = "at least" if each.name.endswith("_min") else "at most"
        kept = "kept" if each.kept else tag("td", Html("<b>MISSED</b>"), css="l")
        value = "n/a" if math.isnan(each.value) else f"{each.value:.6g}"
        rows.append([each.name, f"{sense} {each.limit:g}", value, kept, _why(each)])
    shown = table(
        ["gate", "limit", "value", "", "of, or why n/a"], rows, css="told", texts=(0, 3, 4)
    )
    lead = f"{lost} of {count(len(outcomes), 'gate')} of the config missed."
    return block("gates", "Gates", shown, lead=lead)


def _why(outcome: Outcome) -> str:
    return outcome.reason if math.isnan(outcome.value) else outcome.of


def _computed(weighed: Weighed) -> Html:
    """Sources, seeds and counts, folded."""
    year, rate = conventions(weighed.result)
    rows = [*_deflating(weighed), *_inferring(weighed.inference), *_choosing(weighed.selection)]
    header = ["", "by", "n, bars", "drawn", "block, bars", "seed"]
    said = note(
        f"A year has {year:g} bars, and the risk-free rate is {percent(rate, 2)} a year. Block "
        "lengths are means. Formulas, sources and tests: docs/inference.md; the ledger: "
        "docs/trials.md."
    )
    head = Html("")
    if weighed.deflations is not None:
        head = note(f"Head of the ledger of trials: {weighed.deflations.head}")
    rest = [table(header, rows, css="told", texts=(0, 1))] if rows else []
    inside = fold("Sources, seeds and counts", *rest, said, head)
    return block("computed", "How it was computed", inside)


def _deflating(weighed: Weighed) -> list[list[str]]:
    found = weighed.deflations
    if found is None:
        return []
    n = f"{found.raw.count:,}"
    return [
        [
            "Chance above 0 (PSR)",
            "Bailey, Lopez de Prado 2012; error by Mertens 2002",
            n,
            *[""] * 3,
        ],
        ["Chance above luck (DSR)", "Bailey, Lopez de Prado 2014", n, *[""] * 3],
        ["Searches that look this good", "Sidak 1967", n, *[""] * 3],
        ["Years of a search (MinBTL)", "Bailey et al. 2014", *[""] * 4],
        ["Independent trials", "Lopez de Prado 2018, by mean correlation", *[""] * 4],
    ]


def _inferring(found: Inference | None) -> list[list[str]]:
    if found is None:
        return []
    every = found.against.values()
    alone = [found.sharpe, found.cagr, *(x for each in every for x in (each.sharpe, each.cagr))]
    own = "Politis, Romano 1994; Politis, White 2004; Patton et al. 2009"
    longer = "the same, in blocks of a fifth of a fall at least"
    shifts = "Phipson, Smyth 2010"
    rows = [
        _of("Intervals of ratio and growth", own, alone),
        _of("Interval of the deepest fall", longer, [found.max_drawdown]),
        _of("Adjusted ratio", "Lo 2002, Newey, West 1994", [found.adjusted_sharpe]),
        _of("Years of record (MinTRL)", "Bailey, Lopez de Prado 2012", [found.min_track_record]),
        _of("Circular shifts", shifts, [found.shift]),
        _of("Random rotations", f"{shifts}, replayed bar by bar", [found.rotations]),
        _of("Permuted markets", f"{shifts}, replayed bar by bar", [found.markets]),
    ]
    if every:
        rows += [
            _of("Difference of ratios", "Ledoit, Wolf 2008", [x.ledoit_wolf for x in every]),
            _of("Lead over a benchmark", "Hansen 2005", [x.superior for x in every]),
        ]
    return rows


def _choosing(found: Selection | None) -> list[list[str]]:
    if found is None:
        return []
    halves, tests = found.overfitting, [*found.superior.values(), *found.reality.values()]
    splits, paths = f"{halves.splits:,} splits", f"{found.paths.splits} splits"
    rows = [
        ["Overfitting (PBO)", "Bailey et al. 2017", f"{halves.n:,}", splits, "", ""],
        ["Paths (CPCV)", "Lopez de Prado 2018", f"{found.n:,}", paths, "", ""],
        ["Haircuts", "Harvey, Liu 2015; Holm 1979; Benjamini, Yekutieli 2001", *[""] * 4],
    ]
    if tests:
        cells = [
            _range(each.n for each in tests),
            _range(each.resamples for each in tests),
            _range(each.block_length for each in tests),
            _range(each.seed for each in tests),
        ]
        rows.append(["Best of all trials", "Hansen 2005, White 2000", *cells])
    return rows


def _of(title: str, source: str, found: list[Finding]) -> list[str]:
    return [
        title,
        source,
        _range(each.n for each in found),
        _range(each.count for each in found if each.count is not None),
        _range(each.block_length for each in found),
        _range(each.seed for each in found if each.seed is not None),
    ]


def _range(values: Iterable[float]) -> str:
    """`3.6`, or `3.6 to 3.8`; blank where nothing is known."""
    known = [each for each in values if math.isfinite(each)]
    shown = dict.fromkeys(
        f"{each:,}" if isinstance(each, int) else ratio(each, 1) for each in sorted(known)
    )
    ends = list(shown)
    return " to ".join([ends[0], ends[-1]] if len(ends) > 1 else ends)


def _footer(simulated: bool) -> Html:
    text = (
        "All times are UTC. Returns are net of fees and slippage. What was likely in the past is "
        "no forecast. What counts trials is true of the ledger as it was when this page was "
        "written. The numbers behind it: verdict.json."
    )
    return tag("footer", note(("Prices are simulated. " if simulated else "") + text))
