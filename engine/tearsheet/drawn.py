"""The blocks of the page that hold figures: equity, drawdown, signals, allocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.drawdowns import deepest
from engine.regimes import risk_on, spells
from engine.tearsheet import figures
from engine.tearsheet.marks import NARROW, WIDE, area
from engine.tearsheet.markup import Html, block, esc, joined, note, tag
from engine.tearsheet.scales import plain
from engine.tearsheet.vector import inline_svg
from engine.tearsheet.widths import (
    BOTTOM,
    LEFT,
    RIGHT,
    both,
    curve_keys,
    fractions,
    key,
    legend,
)
from engine.wording import bar_day, count, holdings, listed, money, percent
from feeds.arrays import DAY

if TYPE_CHECKING:
    from engine.result import Result

_MOST_LANES = 12


def equity_block(result: Result) -> Html:
    """NAV on a logarithmic scale against the benchmarks, risk-on times shaded."""
    end = {name: money(float(nav[-1])) for name, nav in result.curves.items()}
    on = risk_on(result)
    shaded = [spell for spell in spells(result) if dict(spell.target) == on]
    items = curve_keys(result, end)
    lead = "NAV at every close on a logarithmic scale."
    if on is not None and not shaded:
        lead += " Risk-on was never in force."
    elif on is not None:
        length = sum(float((spell.stop - spell.start) / DAY) for spell in shaded)
        whole = float((result.time[-1] - result.start) / DAY)
        items.append(key(f"risk-on: {holdings(on)}", area("shade")))
        lead += (
            f" Risk-on was in force {percent(length / whole)} of the time, "
            f"in {count(len(shaded), 'spell')}."
        )
    drawn = both(result, figures.equity, "equity", 3.6, "Equity against benchmarks")
    return block("equity", "Equity", legend(items), drawn, _not_drawn(result), lead=lead)


def underwater_block(result: Result) -> Html:
    """Distance from the highest NAV so far."""
    worst = deepest(result.curves[""], 1)
    lead = "NAV never fell below an earlier peak."
    if worst:
        peak, trough = (bar_day(result.instants[at]) for at in (worst[0].peak, worst[0].trough))
        under = percent(result.value("time_underwater_fraction"), 0)
        lead = (
            f"The deepest fall was {percent(-worst[0].depth)}, from {peak} to {trough}; "
            f"{under} of all bars closed below an earlier peak."
        )
    drawn = both(result, figures.underwater, "drawdown", 2.0, "Drawdown")
    return block("drawdown", "Drawdown", drawn, lead=lead)


def signals_block(result: Result) -> Html:
    """A lane for each signal."""
    names = list(result.decisions.signals)
    if not names or not len(result.decisions):
        return block("signals", "Signals", note("This run logged no signal values."))
    shown = names[:_MOST_LANES]
    unknown = [
        f"{name} {int(np.isnan(result.decisions.signals[name]).sum())}"
        for name in names
        if np.isnan(result.decisions.signals[name]).any()
    ]
    lead = f"Values at the {count(len(result.decisions), 'decision')}, each held until the next."
    if unknown:
        lead += f" Unknown (grey) at some of them: {listed(unknown)}."
    parts = [_lanes(result, shown)]
    if len(names) > len(shown):
        parts.append(note(f"Not drawn: {listed(names[_MOST_LANES:])}; see decisions.csv."))
    return block("signals", "Signals", *parts, lead=lead)


def allocation_block(result: Result) -> Html:
    """Share of NAV by sleeve, stacked."""
    bands = figures.sleeve_bands(result)
    items = []
    for name, share, _ in bands:
        variable = _variable(result, name)
        items.append(key(name, area(variable, 0.6), f"{percent(float(np.mean(share)))} on average"))
    items.append(key("cash", area("cash"), f"{percent(_mean_cash(result))} on average"))
    drawn = both(result, figures.allocation, "allocation", 1.9, "Share of NAV by sleeve")
    held = round(result.value("exposure_time_fraction") * len(result.time))
    lead = f"Something was held at {held:,} of {count(len(result.time), 'close')}."
    return block("allocation", "Allocation", legend(items), drawn, lead=lead)


def _mean_cash(result: Result) -> float:
    return float(np.mean(result.cash / result.nav))


def _lanes(result: Result, names: list[str]) -> Html:
    """All signal lanes, stacked in one figure for each width."""
    drawn = []
    for css, width in (("wide", WIDE), ("narrow", NARROW)):
        svg = _lanes_svg(result, names, width, f"signals-{css}")
        drawn.append(tag("div", svg, css=css))
    return tag("figure", joined(drawn), attributes='style="margin:0"')


def _lanes_svg(result: Result, names: list[str], width: float, anchor: str) -> Html:
    from matplotlib.figure import Figure

    lane, gap = 0.42, 0.3
    height = len(names) * (lane + gap) + BOTTOM
    figure = Figure(figsize=(width, height))
    for place, name in enumerate(names):
        bottom = height - (place + 1) * (lane + gap)
        lane_box = (LEFT, bottom, width - LEFT - RIGHT, lane)
        axes = figure.add_axes(fractions(lane_box, (width, height)))
        figures.signal_lane(result, name, axes)
        axes.tick_params(labelbottom=place == len(names) - 1)
    titles = ", ".join(plain(name) for name in names)
    return Html(inline_svg(figure, anchor, esc(f"Signals: {titles}")))


def _not_drawn(result: Result) -> Html:
    left = sorted(set(result.benchmarks) - set(figures.names_of(result)))
    return note(f"Not drawn: {listed(left)}; see the table below.") if left else Html("")


def _variable(result: Result, name: str) -> str:
    if not result.sleeves:
        return "strategy"
    slots = figures.names_of(result)
    return f"s{slots[name] + 1}" if name in slots else "muted"
