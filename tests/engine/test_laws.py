"""Every law catches the ledger that breaks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.cerebro.replay import replay
from engine.execution import ExecutionSpec
from engine.laws import check_laws
from engine.ledger import Ledger, Order, OrderLog
from feeds.arrays import text
from feeds.errors import EngineError
from feeds.panel import Panel
from tests.panels import coins

PANEL = coins(
    {"A": [10, 11, 12, 13], "B": [5, 5, 6, 6]}, open_={"A": [10, 10, 11, 12], "B": [5, 5, 5, 6]}
)
SPEC = ExecutionSpec(cash=1000.0)


@pytest.fixture
def ledger() -> Ledger:
    return replay(PANEL, np.array([0, 2]), np.array([[0.5, 0.4], [0.0, 0.9]]), SPEC)


def _with(ledger: Ledger, name: str, values: Any) -> Ledger:
    if name == "shares":
        return replace(ledger, held=values, held_at=np.arange(len(values)))
    return replace(ledger, **{name: values})


def _bump(name: str) -> Callable[[Ledger], Ledger]:
    def change(ledger: Ledger) -> Ledger:
        values = getattr(ledger, name).copy()
        values[2] = values[2] * 1.001 + 0.001
        return _with(ledger, name, values)

    return change


def _order(**fields: object) -> Callable[[Ledger], Ledger]:
    def change(ledger: Ledger) -> Ledger:
        first = replace(ledger.orders[0], **fields)
        return replace(ledger, log=OrderLog.of((first, *ledger.orders[1:]), ledger.ids))

    return change


def test_an_honest_ledger_passes(ledger: Ledger) -> None:
    check_laws(ledger, PANEL, SPEC, long_only=True)


@pytest.mark.parametrize(
    ("change", "law"),
    [
        (_bump("nav"), "cash plus positions is NAV"),
        (_bump("cash"), "cash plus positions is NAV"),
        (_bump("shares"), "cash plus positions is NAV"),
        (_order(fee=0.0), "cash changes by fills, fees"),
        (_order(price=10.2), "cash changes by fills, fees"),
        (_order(shares=1.0), "cash changes by fills"),
        (_order(decided_at=np.datetime64("2020-01-04", "ns")), "a fill precedes its decision"),
        (_order(ordered=1.0), "more is filled than ordered"),
    ],
)
def test_a_broken_law_stops_the_run(
    ledger: Ledger, change: Callable[[Ledger], Ledger], law: str
) -> None:
    with pytest.raises(EngineError, match=law):
        check_laws(change(ledger), PANEL, SPEC, long_only=True)


def test_short_positions_and_debts_break_the_law_of_a_long_only_run(ledger: Ledger) -> None:
    # The same account seen from a start with less cash: everything balances but cash.
    poorer = replace(
        ledger,
        start_cash=ledger.start_cash - 500,
        cash=ledger.cash - 500,
        nav=ledger.nav - 500,
    )
    with pytest.raises(EngineError, match="cash is never negative"):
        check_laws(poorer, PANEL, SPEC, long_only=True)
    check_laws(poorer, PANEL, SPEC, long_only=False)


def test_a_fill_needs_a_bar_with_volume_that_contains_its_price(ledger: Ledger) -> None:
    silent = coins(
        {"A": [10, 11, 12, 13], "B": [5, 5, 6, 6]},
        open_={"A": [10, 10, 11, 12], "B": [5, 5, 5, 6]},
        volume={"A": [1, 0, 1, 1], "B": [1, 1, 1, 1]},
    )
    with pytest.raises(EngineError, match="a fill has no volume"):
        check_laws(ledger, silent, SPEC, long_only=True)
    elsewhere = coins({"A": [20, 21, 22, 23], "B": [5, 5, 6, 6]})
    with pytest.raises(EngineError, match="a fill is outside its bar"):
        check_laws(ledger, elsewhere, SPEC, long_only=True)


def test_the_laws_find_what_a_plain_loop_finds() -> None:
    rng = np.random.default_rng(11)
    walk = 10 * np.exp(np.cumsum(0.05 * rng.standard_normal((60, 3)), axis=0))
    close = {"A": walk[:, 0], "B": walk[:, 1], "C": [*[None] * 20, *walk[20:, 2]]}
    panel = coins(close, open_={name: np.roll(close[name], 1) for name in "AB"} | {"C": close["C"]})
    rows = np.arange(0, 60, 4)
    weights = rng.dirichlet(np.ones(4), len(rows))[:, :3]
    weights[:6, 2] = 0.0
    honest = replay(panel, rows, weights, SPEC)
    found = set()
    for _ in range(300):
        ledger, bars, spec = _tampered(honest, panel, rng)
        expected = plain_law(ledger, bars, spec)
        try:
            check_laws(ledger, bars, spec, long_only=True)
            law = ("", "")
        except EngineError as error:
            told = re.match(r"ledger law broken at (\S+): (.*?) \(", str(error))
            assert told
            law = (told[2], told[1])
        assert law == expected
        found.add(law[0])
    assert len(found) == 10


def _tampered(
    ledger: Ledger, panel: Panel, rng: np.random.Generator
) -> tuple[Ledger, Panel, ExecutionSpec]:
    """A cell of an honest run changed, often by less than what counts as rounding."""
    part, name = str(rng.choice(PARTS)).split(".")
    factor = float(rng.choice([-1.5, 0.5, 1 + 1e-12, 1 + 1e-5, 1.5]))
    if part == "spec":
        return ledger, panel, SPEC.model_copy(update={"fee_bps": 10 * abs(factor)})
    log = ledger.log
    order = rng.choice(np.flatnonzero(log.shares))
    if part == "panel":
        row = list(panel.opened_at).index(log.filled_at[order])
        fields = {key: table.copy() for key, table in panel.fields.items()}
        for key in ("open", "high", "low") if name == "prices" else (name,):
            fields[key][row] *= {"volume": 0.0, "close": np.nan}.get(name, factor)
        return ledger, replace(panel, fields=fields), SPEC
    if part == "ledger":
        values = getattr(ledger, name).copy()
        if name == "held_at":
            values[rng.integers(len(values))] = rng.integers(len(ledger.held))
        else:
            values.flat[rng.integers(values.size)] *= factor
        return _with(ledger, name, values), panel, SPEC
    values = getattr(log, name).copy()
    values[order] += (
        np.timedelta64(2, "D") if name == "decided_at" else values[order] * (factor - 1)
    )
    changed = {name: values}
    if name == "shares" and rng.random() < 0.5:  # for the same money
        changed["price"] = log.price * log.shares / values
    return replace(ledger, log=replace(log, **changed)), panel, SPEC


PARTS = (
    *("ledger.nav", "ledger.cash", "ledger.shares", "ledger.held_at", "ledger.marks"),
    *("log.shares", "log.price", "log.fee", "log.ordered", "log.decided_at"),
    *("panel.prices", "panel.close", "panel.volume", "spec.fee_bps"),
)


LAWS = (
    "cash plus positions is NAV",
    "NAV is positive",
    "cash changes by fills, fees and write-offs only",
    "holdings change by fills and write-offs only",
    "cash is never negative",
    "no short positions",
)


def plain_law(ledger: Ledger, panel: Panel, spec: ExecutionSpec) -> tuple[str, str]:
    """The law that is broken, and when: bar by bar, order by order."""
    bars = range(len(ledger.time))
    cash, held = np.zeros(len(bars)), np.zeros(ledger.shares.shape)
    fills = [order for order in ledger.orders if order.shares]
    for order in fills:
        row = list(panel.opened_at).index(order.filled_at)
        cash[row] -= order.shares * order.price + order.fee
        held[row, ledger.ids.index(order.id)] += order.shares
    cash, held = ledger.start_cash + np.cumsum(cash), np.cumsum(held, axis=0)
    most = np.maximum(1.0, np.abs(ledger.shares).max(axis=0))
    value = np.nansum(ledger.shares * np.nan_to_num(ledger.marks), axis=1)

    def balances(row: int, left: float, right: float) -> bool:
        return abs(left - right) <= 1e-8 * max(abs(ledger.nav[row]), 1.0)

    def holds(law: str, t: int) -> bool:
        nav, money = ledger.nav[t], ledger.cash[t]
        match law:
            case "cash plus positions is NAV":
                return balances(t, money + value[t], nav)
            case "NAV is positive":
                return balances(t, min(nav, 0.0), 0.0)
            case "cash changes by fills, fees and write-offs only":
                return balances(t, cash[t], money)
            case "holdings change by fills and write-offs only":
                return bool(np.all(np.abs(held[t] - ledger.shares[t]) <= 1e-8 * most))
            case "cash is never negative":
                return balances(t, min(money, 0.0), 0.0)
        return bool(np.all(ledger.shares[t] >= -1e-8))

    for law in LAWS:
        for t in bars:
            if not holds(law, t):
                return law, text(ledger.time[t])
    for order in fills:
        if law := _plain_problem(order, panel, spec):
            return law, text(order.filled_at)
    return "", ""


def _plain_problem(order: Order, panel: Panel, spec: ExecutionSpec) -> str:
    row, column = list(panel.opened_at).index(order.filled_at), panel.ids.index(order.id)
    slip = spec.slippage_bps / 10_000 + 1e-8
    prices = [panel[key][row, column] for key in ("open", "low", "high")]
    fee = abs(order.shares) * order.price * spec.fee_bps / 10_000
    if order.filled_at < order.decided_at:
        return "a fill precedes its decision"
    if not panel.has_bar[row, column]:
        return "a fill has no bar"
    if panel.volume[row, column] == 0:
        return "a fill has no volume"
    if not min(prices) * (1 - slip) <= order.price <= max(prices) * (1 + slip):
        return "a fill is outside its bar"
    if abs(order.shares) > abs(order.ordered) * (1 + 1e-8):
        return "more is filled than ordered"
    if not abs(order.fee - fee) <= 1e-8 * abs(fee):
        return "a fee is not the rate times the notional"
    return ""
