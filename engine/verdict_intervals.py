"""How sure figures are and whether dates matter: two blocks of the page of a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.study.drawn import legend
from engine.tearsheet.marks import area, line
from engine.tearsheet.markup import Html, block, fold, joined, note, table
from engine.verdict import years
from engine.verdict_figures import Null, Span, below, disc, histograms, quantiles, spans
from engine.verdict_words import ASK, in_points, reasons, signed
from engine.wording import count, listed, p_value, percent, ratio, signed_percent

if TYPE_CHECKING:
    from engine.inference.findings import Against, Finding, Inference
    from engine.weighing import Weighed
    from feeds.arrays import Float

_AT_ONCE = 3
"""Benchmarks whose tests are shown at once; those of more are folded."""
_DRAWN = 8
_BASIS = ("n, bars", "resamples", "block, bars", "seed")
Shown = Callable[[float], str]


def intervals_block(weighed: Weighed) -> Html:
    """Sharpe ratio, growth and deepest fall with intervals, alone and less each benchmark."""
    found = weighed.inference
    if found is None:
        return block("intervals", "Intervals", note(ASK))
    named = sorted(found.against.items())
    less = [_less(name, each, found.periods_per_year) for name, each in named]
    shown = joined(less[:_AT_ONCE]) if less else note("The config names no benchmark.")
    more = [fold(f"Less {count(len(less) - _AT_ONCE, 'more benchmark')}", *less[_AT_ONCE:])]
    said = note(
        "In 95 % of draws with returns resampled in blocks the figure lies between the two ends; "
        "those of the adjusted ratio, and of Ledoit and Wolf, are 1.96 standard errors away. p is "
        "two-sided, that of Hansen's test one-sided."
    )
    tail = more if len(less) > _AT_ONCE else []
    parts = [_own(found, years(weighed.result)), _pictures(found), shown, *tail, said]
    return block("intervals", "Intervals", *parts, lead=_reach(found))


def _own(found: Inference, length: float) -> Html:
    record = found.min_track_record
    rows = [
        _row("Sharpe ratio, a year", found.sharpe, ratio),
        _row("\N{EM SPACE}adjusted for autocorrelation (Lo)", found.adjusted_sharpe, ratio),
        _row("Growth a year", found.cagr, signed_percent),
        _row("Deepest fall", found.max_drawdown, percent),
    ]
    needed = [ratio(record.value, 1), "", "", f"{record.n:,}", *[""] * (len(_BASIS) - 1)]
    rows.append(["Years that tell the ratio from 0 (MinTRL)", *needed])
    rows.append(["\N{EM SPACE}years there are", ratio(length, 1), *[""] * (2 + len(_BASIS))])
    why = {
        "Sharpe ratio": found.sharpe.reason,
        "growth": found.cagr.reason,
        "deepest fall": found.max_drawdown.reason,
        "adjusted ratio": found.adjusted_sharpe.reason,
        "MinTRL": record.reason,
    }
    header = ["", "value", "95 %, from", "to", *_BASIS]
    return joined([table(header, rows, caption="The run alone", css="told"), reasons(why)])


def _less(name: str, each: Against, year: float) -> Html:
    lead = each.superior
    among = f"p among {each.models:,} trials, " if each.models > 1 else ""
    rows = [
        _row("Sharpe ratio, a year", each.sharpe, signed, test=True),
        _row("\N{EM SPACE}by Ledoit and Wolf", each.ledoit_wolf, signed, test=True),
        _row("Growth a year", each.cagr, in_points, test=True),
        [
            f"Mean return a year ({among}Hansen)",
            in_points(lead.value * year),
            *("", "", p_value(lead.p_value)),
            *_basis(lead),
        ],
    ]
    why = {
        "Sharpe ratio": each.sharpe.reason,
        "Ledoit and Wolf": each.ledoit_wolf.reason,
        "growth": each.cagr.reason,
        "Hansen": lead.reason,
    }
    header = ["", "difference", "95 %, from", "to", "p", *_BASIS]
    caption = f"The run less {name}"
    return joined([table(header, rows, caption=caption, css="against told"), reasons(why)])


def _row(title: str, found: Finding, shown: Shown, *, test: bool = False) -> list[str]:
    cells = [title, shown(found.value), shown(found.low), shown(found.high)]
    return [*cells, *([p_value(found.p_value)] if test else []), *_basis(found)]


def _basis(found: Finding) -> list[str]:
    """What a figure rests on, blank where nothing was drawn."""
    drawn = "" if found.count is None else f"{found.count:,}"
    seed = "" if found.seed is None else f"{found.seed}"
    length = ratio(found.block_length, 1) if math.isfinite(found.block_length) else ""
    return [f"{found.n:,}", drawn, length, seed]


def _reach(found: Inference) -> str:
    """Which of the intervals leave out 0."""
    own = found.sharpe
    if not _bounded(own):
        return f"No interval of the Sharpe ratio is known: {own.reason}."
    clear = "leaves out 0" if own.low > 0.0 or own.high < 0.0 else "holds 0"
    said = f"From {ratio(own.low)} to {ratio(own.high)} a year, the Sharpe ratio's interval {clear}"
    gaps = [gap for each in found.against.values() for gap in (each.sharpe, each.cagr)]
    known = [gap for gap in gaps if _bounded(gap)]
    if not known:
        return f"{said}."
    out = sum(gap.low > 0.0 or gap.high < 0.0 for gap in known)
    return f"{said}; of {count(len(known), 'difference')} to benchmarks, {out} leave it out."


def _pictures(found: Inference) -> Html:
    """Ratios and growth with whiskers."""
    named = sorted(found.against.items())[:_DRAWN]
    ratios = [
        _span("this run", found.sharpe),
        _span("this run, adjusted for autocorrelation", found.adjusted_sharpe),
        *(_span(f"less {name}", each.sharpe) for name, each in named),
    ]
    growth = [
        _span("this run", found.cagr, 100.0),
        _span("its deepest fall", found.max_drawdown, 100.0),
        *(_span(f"less {name}", each.cagr, 100.0) for name, each in named),
    ]
    if not any(math.isfinite(each.value) for each in (*ratios, *growth)):
        return Html("")
    panels = [("Sharpe ratio, a year", ratios), ("Growth a year, and deepest fall, %", growth)]
    drawn = spans("spans", "Values with 95 % intervals", panels)
    left = len(found.against) - len(named)
    tail = [note(f"Not drawn: {count(left, 'more benchmark')}.")] if left > 0 else []
    items = [(disc("strategy"), "value"), (line("strategy", 1.8), "95 % interval")]
    return joined([legend(items), drawn, *tail])


def _span(title: str, found: Finding, scale: float = 1.0) -> Span:
    return Span(title, *(scale * each for each in (found.value, found.low, found.high)))


def timing_block(weighed: Weighed) -> Html:
    """Where the strategy's own dates stand among others."""
    found = weighed.inference
    if found is None:
        return block("timing", "Timing", note(ASK))
    year = found.periods_per_year
    kinds = (
        ("Circular shifts of the same positions", found.shift, found.shift_null),
        ("Random rotations with the same turnover", found.rotations, found.rotation_null),
        ("Runs on permuted markets", found.markets, found.market_null),
    )
    rows, nulls, why = [], [], {}
    for title, test, values in kinds:
        null = Null(title, growth_of(values, year), float(growth_of(np.array(test.value), year)))
        rows.append(_place(null, test))
        why[title[0].lower() + title[1:]] = test.reason
        if np.isfinite(null.values).any() and math.isfinite(null.own):
            nulls.append((null, test))
    header = ["Growth a year", "own", "others: 5 %", "median", "95 %", "others below", "p"]
    shown = table([*header, "drawn", "n, bars", "seed"], rows, css="told")
    parts = [_histograms(nulls), shown, reasons(why), *([_how_p(found)] if nulls else [])]
    return block("timing", "Timing", *(each for each in parts if each), lead=_beaten(nulls))


def growth_of(logs: Float, year: float) -> Float:
    """Growth a year, as a fraction, of mean log growth a bar; -1 for ruin."""
    with np.errstate(over="ignore"):
        return np.asarray(np.expm1(year * logs))


def _place(null: Null, test: Finding) -> list[str]:
    seed = "all" if test.seed is None else f"{test.seed}"
    return [
        null.title,
        signed_percent(null.own),
        *map(signed_percent, quantiles(null.values)),
        below(null.values, null.own),
        p_value(test.p_value),
        f"{test.count or 0:,}",
        f"{test.n:,}",
        seed if test.count else "",
    ]


def _histograms(nulls: Sequence[tuple[Null, Finding]]) -> Html:
    if not nulls:
        return Html("")
    items = [
        (area("cash"), "other arrangements, by growth a year in %"),
        (line("ink", 1.1, "4 2"), "95 % of them are below"),
        (line("strategy", 2.6), "the strategy's own"),
    ]
    told = "; ".join(
        f"{null.title}: p {p_value(test.p_value)} against {test.count or 0:,}"
        + (f", seed {test.seed}" if test.seed is not None else ", all there are")
        for null, test in nulls
    )
    title = "Growth a year at other times"
    drawn = histograms("nulls", title, [null for null, _ in nulls])
    return joined([legend(items), drawn, note(f"{told}.")])


def _how_p(found: Inference) -> Html:
    return note(
        "p = (1 + those at least as high) / (1 + all), one-sided and net of costs; what ran into "
        "ruin is at -100 %, and an arrangement without a figure counts as high. Shifts hold the "
        "target shares of the sleeves from the first decision on, which is why their mark is not "
        "quite the growth of the account. A year has "
        f"{found.periods_per_year:g} bars."
    )


def _beaten(nulls: Sequence[tuple[Null, Finding]]) -> str:
    if not nulls:
        return "Timing cannot be tested."
    parts = [
        f"{below(null.values, null.own)} {null.title[0].lower()}{null.title[1:]}"
        for null, _ in nulls
    ]
    return f"The strategy as it was grew more than {listed(parts)}."


def _bounded(found: Finding) -> bool:
    return math.isfinite(found.low) and math.isfinite(found.high)
