"""What was decided and what became of it: targets, decisions, orders."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from engine.regimes import rotations, spell_of_bars, spells
from engine.tearsheet.markup import Html, block, note, table
from engine.wording import count, holdings, instant, money, percent, signed_percent
from feeds.arrays import Float

if TYPE_CHECKING:
    from engine.result import Result

_ALL_DECISIONS = 60
_MOST_ROWS = 200
_MOST_SIGNALS = 4
_MOST_TARGETS = 8
_BESIDE = 2
_BRIEF = 3
"""Benchmarks that wide tables have room for."""


def targets_block(result: Result) -> Html:
    """What the strategy and the benchmarks did while each target was in force."""
    every = spells(result)
    if not every:
        return Html("")
    of_bar = spell_of_bars(result)
    names = sorted(result.benchmarks)[:_BRIEF]
    bars: dict[str, list[int]] = {}
    for place, spell in enumerate(every):
        bars.setdefault(holdings(spell.target), []).append(place)
    order = sorted(bars, key=lambda each: -int(np.isin(of_bar, bars[each]).sum()))
    rows = []
    for target in order[:_MOST_TARGETS]:
        inside = np.isin(of_bar, bars[target])
        earned = [_compounded(result.curves[name], inside) for name in ("", *names)]
        share = percent(float(np.mean(inside)))
        rows.append([target, f"{len(bars[target]):,}", f"{inside.sum():,}", share, *earned])
    header = ["target", "spells", "bars", "of the time", "strategy", *names]
    parts = [table(header, rows)]
    if len(order) > _MOST_TARGETS:
        parts.append(note(f"{len(order) - _MOST_TARGETS} rarer targets are left out."))
    lead = "What each target earned while it was in force, next to the benchmarks over those bars."
    return block("targets", "By target", *parts, lead=lead)


def _compounded(nav: Float, inside: np.ndarray) -> str:
    growth = nav[1:] / nav[:-1]
    return signed_percent(float(np.prod(growth[inside])) - 1.0)


def decisions_block(result: Result) -> Html:
    """Every decision with the signal values behind it and its reason, or the changes only."""
    log = result.decisions
    if not len(log):
        raw = result.experiment.get("strategy", {}).get("kind") == "raw"
        text = "A raw backtrader strategy places its orders itself." if raw else "There were none."
        return block("decisions", "Decisions", note(text))
    rows = list(range(len(log)))
    lead = f"{_decided(result)}."
    if len(rows) > _ALL_DECISIONS:
        rows = [spell.first for spell in spells(result)]
        lead += " Listed: those that changed the target."
    if len(rows) > _MOST_ROWS:
        lead += f" The last {_MOST_ROWS} of {len(rows)} are shown; decisions.csv has all."
        rows = rows[-_MOST_ROWS:]
    signals = list(log.signals)
    names = sorted(result.benchmarks)[:_BESIDE]
    header = ["decided at (UTC)", "reason", "target"]
    header += signals if len(signals) <= _MOST_SIGNALS else ["signals"]
    header += ["strategy until next", *(f"{name} until next" for name in names)]
    stops = [*(log.time[row] for row in rows[1:]), result.time[-1]]
    cells = []
    for row, stop in zip(rows, stops, strict=True):
        values = _signal_cells(result, row, signals)
        earned = [_between(result, name, row, stop) for name in ("", *names)]
        target = holdings(log.target[row])
        cells.append([instant(log.time[row]), _plain(log.reason[row]), target, *values, *earned])
    tail = note("In brackets: age of the value in days. Until next: to the next row of this table.")
    return block("decisions", "Decisions", table(header, cells, texts=(0, 1, 2)), tail, lead=lead)


def _decided(result: Result) -> str:
    reasons = Counter(result.decisions.reason)
    parts = ", ".join(f"{number} {_plain(name)}" for name, number in sorted(reasons.items()))
    changes = count(rotations(result), "change")
    return f"{count(len(result.decisions), 'decision')} ({parts}) with {changes} of the target"


def _signal_cells(result: Result, row: int, names: list[str]) -> list[str]:
    log = result.decisions
    cells = [_value(log.signals[name][row], log.ages[name][row]) for name in names]
    if len(names) <= _MOST_SIGNALS:
        return cells
    return ["; ".join(f"{name} {cell}" for name, cell in zip(names, cells, strict=True))]


def _value(value: float, age: float) -> str:
    shown = "unknown" if np.isnan(value) else f"{value:.4g}"
    return shown if np.isnan(age) else f"{shown} ({age:.3g})"


def _between(result: Result, name: str, row: int, stop: np.datetime64) -> str:
    start = result.decisions.time[row]
    first, last = np.searchsorted(result.instants, np.array([start, stop]))
    nav = result.curves[name]
    return signed_percent(float(nav[last] / nav[first]) - 1.0)


def orders_block(result: Result) -> Html:
    """Orders by status and reason."""
    if not result.orders:
        return block("orders", "Orders", note("No order was ever placed."))
    found = Counter((order.status, order.reason) for order in result.orders)
    rows = []
    for (status, reason), number in sorted(found.items()):
        some = [
            order for order in result.orders if (order.status, order.reason) == (status, reason)
        ]
        traded = sum(abs(o.shares * o.price) for o in some if o.shares)
        costs = [sum(order.fee for order in some), sum(order.slippage for order in some)]
        shown = [money(traded), *map(money, costs)] if traded else ["", "", ""]
        rows.append([_plain(status), _plain(reason), f"{number:,}", *shown])
    header = ["status", "reason", "orders", "traded", "fees", "slippage"]
    lead = f"{count(len(result.orders), 'order')}, by what became of them."
    return block("orders", "Orders", table(header, rows, texts=(0, 1)), lead=lead)


def _plain(reason: str) -> str:
    return reason.replace("_", " ")
