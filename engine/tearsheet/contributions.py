"""What each id, year, target and state of a signal added to the total return."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.attribution import OFF, ON, UNKNOWN
from engine.regimes import spell_of_bars, spells
from engine.tearsheet.markup import Html, block, joined, note, table, tag
from engine.wording import count, holdings, money, signed_percent
from feeds.arrays import Bool, Float

if TYPE_CHECKING:
    from engine.result import Result

_OF_ID, _OF_YEAR, _OF_SIGNAL = "contribution.", "contribution_year.", "contribution_signal."
_STATES = (ON, OFF, UNKNOWN)
_BEFORE = "before the first"
_EACH_WAY = 8
"""Gains, and losses, that have a row of their own."""
_MOST_SIGNALS, _MOST_TARGETS = 12, 8
_CLOSE = 1e-6


class Part(NamedTuple):
    """A row: what it is of, its share of the start capital, and over how many bars."""

    name: str
    value: float
    bars: str = ""


def contributions_block(result: Result) -> Html:
    """Tables with a bar for each part; the parts of a table add up to the total return."""
    ids = named(result, _OF_ID)
    if not ids:
        return block("contributions", "Contributions", note("Nothing was ever traded."))
    title = f"By id, {count(len(ids), 'id')} traded"
    years = [Part(*each) for each in sorted(named(result, _OF_YEAR).items())]
    tables = [
        _table(result, title, largest(ids)),
        _table(result, "By year", years),
        _table(result, "By target in force", _by_target(result)),
        _by_signal(result),
    ]
    lead = (
        f"Money net of all costs over the start capital of {money(result.start_cash)}: the parts "
        f"of each table add up to the total return of {_total(result)}."
    )
    tail = note(
        "The larger NAV has grown, the more money the same move makes: what comes late weighs more "
        "here than its own return would."
    )
    return block("contributions", "Contributions", *tables, tail, lead=lead)


def named(result: Result, prefix: str) -> dict[str, float]:
    """The statistics of a prefix by the rest of their name.

    Those of a benchmark of that name are no parts of anything.
    """
    others = prefix.removesuffix(".") in result.benchmarks
    return {
        name.removeprefix(prefix): each.value
        for name, each in result.statistics.items()
        if name.startswith(prefix)
        and each.value is not None
        and not (others and "add up" not in each.basis)
    }


def largest(found: Mapping[str, float]) -> list[Part]:
    """The largest gains and the largest losses, with all others in a row between them."""
    order = sorted(found, key=lambda name: (-found[name], name))
    gains = [name for name in order if found[name] > 0.0][:_EACH_WAY]
    losses = [name for name in order if found[name] < 0.0][-_EACH_WAY:]
    rest = [found[name] for name in order if name not in {*gains, *losses}]
    parts = [[Part(name, found[name]) for name in names] for names in (gains, losses)]
    between = [Part(count(len(rest), "other"), math.fsum(rest))] if rest else []
    return [*parts[0], *between, *parts[1]]


def _by_target(result: Result) -> list[Part]:
    """The change of NAV over the bars of each target, those with most bars first."""
    every = spells(result)
    if not every:
        return []
    gained = np.diff(result.curves[""]) / result.start_cash
    of_bar = spell_of_bars(result)
    places: dict[str, list[int]] = {_BEFORE: [-1]}
    for place, spell in enumerate(every):
        places.setdefault(holdings(spell.target), []).append(place)
    inside = {name: np.isin(of_bar, where) for name, where in places.items()}
    order = sorted(inside, key=lambda name: -int(inside[name].sum()))
    order = [name for name in order if inside[name].any()]
    out = [_part(name, gained, inside[name]) for name in order[:_MOST_TARGETS]]
    if rest := order[_MOST_TARGETS:]:
        rarer = np.any([inside[name] for name in rest], axis=0)
        out.append(_part(count(len(rest), "other"), gained, rarer))
    return out


def _part(name: str, gained: Float, inside: Bool) -> Part:
    return Part(name, math.fsum(gained[inside].tolist()), f"{np.count_nonzero(inside):,}")


def _by_signal(result: Result) -> Html:
    """A table for each signal that is on or off."""
    found = named(result, _OF_SIGNAL)
    signals = list(dict.fromkeys(name.rpartition(".")[0] for name in found))
    tables: list[str] = []
    for signal in signals[:_MOST_SIGNALS]:
        rows = []
        for state in _STATES:
            said = result.statistics[f"{_OF_SIGNAL}{signal}.{state}"].basis
            rows.append(Part(state, found[f"{signal}.{state}"], said.partition(" bar")[0]))
        tables.append(_table(result, f"By signal {signal} at the close before", rows))
    if left := signals[_MOST_SIGNALS:]:
        tables.append(note(f"{count(len(left), 'more signal')}: see Statistics."))
    return joined(tables)


def _table(result: Result, title: str, parts: Sequence[Part]) -> Html:
    """Name, bar, share of the start capital, money; the sum below them."""
    if not parts:
        return Html("")
    values = [part.value for part in parts]
    low, high, total = min(0.0, *values), max(0.0, *values), math.fsum(values)
    with_bars = any(part.bars for part in parts)
    rows: list[Sequence[str]] = [
        [part.name, _bar(part.value, low, high), *_amounts(result, part.value), part.bars]
        for part in parts
    ]
    rows.append(["sum", "", *_amounts(result, total), ""])
    header = ["", "", "of start capital", "money", "bars"]
    cut = 5 if with_bars else 4
    shown = [tag("h3", title), table(header[:cut], [row[:cut] for row in rows], css="parts")]
    if not math.isclose(total, result.value("total_return"), rel_tol=_CLOSE, abs_tol=_CLOSE):
        shown.append(note(f"This is not the total return, {_total(result)}."))
    return joined(shown)


def _total(result: Result) -> str:
    return signed_percent(result.value("total_return"))


def _amounts(result: Result, value: float) -> tuple[str, str]:
    gained = value * result.start_cash
    return signed_percent(value), f"{'+' * (gained > 0)}{money(gained)}"


def _bar(value: float, low: float, high: float) -> Html:
    """A bar to the right of a line for a gain, to the left of it for a loss."""
    width = (high - low) or 1.0
    zero, end = (100.0 * (each - low) / width for each in (0.0, value))
    fill = "gain" if value > 0.0 else "loss"
    return Html(
        '<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="{fill}" x="{min(zero, end):.2f}" y="1" width="{abs(end - zero):.2f}" '
        f'height="8"/><line x1="{zero:.2f}" x2="{zero:.2f}" y1="0" y2="10"/></svg></td>'
    )
