"""Every law catches the ledger that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.cerebro.replay import replay
from engine.execution import ExecutionSpec
from engine.laws import check_laws
from engine.ledger import Ledger
from feeds.errors import EngineError
from tests.panels import coins

PANEL = coins(
    {"A": [10, 11, 12, 13], "B": [5, 5, 6, 6]}, open_={"A": [10, 10, 11, 12], "B": [5, 5, 5, 6]}
)
SPEC = ExecutionSpec(cash=1000.0)


@pytest.fixture
def ledger() -> Ledger:
    return replay(PANEL, np.array([0, 2]), np.array([[0.5, 0.4], [0.0, 0.9]]), SPEC)


def _bump(name: str) -> Callable[[Ledger], Ledger]:
    def change(ledger: Ledger) -> Ledger:
        values = getattr(ledger, name).copy()
        values[2] = values[2] * 1.001 + 0.001
        return replace(ledger, **{name: values})

    return change


def _order(**fields: object) -> Callable[[Ledger], Ledger]:
    def change(ledger: Ledger) -> Ledger:
        first = replace(ledger.orders[0], **fields)
        return replace(ledger, orders=(first, *ledger.orders[1:]))

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
