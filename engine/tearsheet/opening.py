"""The first blocks of the page: title, verdict, warnings, key figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.notices import notices
from engine.tearsheet.markup import Html, block, esc, figure_text, joined, note, table, tag
from engine.verdict import is_short, length, period, verdict
from engine.wording import count, money, percent, ratio, signed_percent

if TYPE_CHECKING:
    from engine.result import Result

Shown = Callable[[float], str]

_CARDS: tuple[tuple[str, str, Shown], ...] = (
    ("Growth a year", "cagr", signed_percent),
    ("Deepest fall", "max_drawdown", percent),
    ("Sharpe ratio", "sharpe", ratio),
    ("Volatility a year", "ann_vol", percent),
    (
        "Turnover a year",
        "ann_one_way_turnover",
        lambda value: f"{ratio(value, 1)} \N{MULTIPLICATION SIGN}",
    ),
    ("Time invested", "exposure_time_fraction", lambda value: percent(value, 0)),
)
_OWN: tuple[tuple[str, str, Shown], ...] = (
    ("Total return", "total_return", signed_percent),
    ("Growth a year (CAGR)", "cagr", signed_percent),
    ("Volatility a year", "ann_vol", percent),
    ("Sharpe ratio", "sharpe", ratio),
    ("\N{EM SPACE}standard error", "sharpe_se_mertens_annual", ratio),
    ("Chance that it is above 0 (PSR)", "psr_vs_0", percent),
    ("Sortino ratio", "sortino", ratio),
    ("Deepest fall", "max_drawdown", percent),
    ("Calmar ratio", "calmar", ratio),
    ("Ulcer index", "ulcer_index", percent),
    ("Time under water", "time_underwater_fraction", percent),
    ("Longest drawdown, bars", "max_drawdown_duration", lambda value: ratio(value, 0)),
    ("Loss exceeded on 5 % of bars", "var_hist_95", percent),
    ("\N{EM SPACE}mean loss on those", "cvar_hist_95", percent),
    ("Winning bars of those that moved", "hit_rate_nonzero", percent),
)
_RELATIVE: tuple[tuple[str, str, Shown], ...] = (
    ("Beta to it", "beta", ratio),
    ("Alpha a year over it", "alpha_ann_arith", signed_percent),
    ("Correlation with it", "correlation", ratio),
    ("Tracking error a year", "tracking_error", percent),
    ("Information ratio", "information_ratio", ratio),
    ("Mean difference, standard errors", "mean_difference_t", ratio),
)
_IN_CARDS = 2
_EVEN = 4
"""Benchmarks up to which columns of equal width have room."""


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


def key_figures_block(result: Result) -> Html:
    """Six cards, and a table with a column for the strategy and for each benchmark."""
    names = sorted(result.benchmarks)
    rows = [
        [title, shown(result.value(key)), *(shown(result.value(f"{each}.{key}")) for each in names)]
        for title, key, shown in _OWN
    ]
    final = ["Final NAV", *(money(float(result.curves[name][-1])) for name in ("", *names))]
    even = " even" * (len(names) <= _EVEN)
    parts = table(["", "strategy", *names], [final, *rows], css=f"own{even}")
    relative = [
        [title, *(shown(result.value(f"vs_{each}.{key}")) for each in names)]
        for title, key, shown in _RELATIVE
    ]
    against = Html("")
    if names:
        # An empty second column keeps each benchmark below itself in the table above.
        header = ["Strategy against", "", *names]
        spaced = [[title, "", *cells] for title, *cells in relative]
        against = table(header, spaced, css=f"against{even}")
    lead = "Less than a year of data: figures per year are extrapolated." * is_short(result)
    tail = note("Reasons for n/a, and what every figure rests on: see Statistics below.")
    return block("figures", "Key figures", _cards(result), parts, against, tail, lead=lead)


def _cards(result: Result) -> Html:
    names = sorted(result.benchmarks)[:_IN_CARDS]
    cards = []
    growth = ("Total return", "total_return", signed_percent)
    first = growth if is_short(result) else _CARDS[0]
    for title, key, shown in (first, *_CARDS[1:]):
        parts = [
            tag("dt", title),
            tag("dd", figure_text(shown(result.value(key))), css="big"),
        ]
        error = result.value("sharpe_se_mertens_annual")
        if key == "sharpe" and error == error:
            parts.append(tag("dd", f"standard error {ratio(error)}", css="small"))
        parts += [
            tag("dd", figure_text(f"{name} {shown(result.value(f'{name}.{key}'))}"), css="small")
            for name in names
            if f"{name}.{key}" in result.statistics
        ]
        if key == "ann_one_way_turnover":
            cost = percent(result.value("ann_cost"), 2)
            parts += [tag("dd", each, css="small") for each in ("of NAV, one way", f"costs {cost}")]
        if key == "exposure_time_fraction":
            gross = percent(result.value("avg_gross_exposure"), 0)
            parts.append(tag("dd", f"mean exposure {gross}", css="small"))
        cards.append(tag("dl", joined(parts), css="card", attributes='style="margin:0"'))
    return tag("div", joined(cards), css="cards")
