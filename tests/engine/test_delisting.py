"""What a holder of a coin that ends gets: the worked example, and every policy."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import ExecutionSpec, Panel, replay
from engine.config.universe import Delisting
from engine.ledger import WRITTEN_OFF, Ledger
from engine.universe import settled
from feeds.events import Event
from tests.panels import coins

FREE = ExecutionSpec(cash=2000.0, fee_bps=0.0, slippage_bps=0.0, reserve=0.0)
# The toy: 100 units, 1000 in cash. Bought at the open of the second bar, at 10.
CLOSES = [10.0, 10.0, 8.0, 2.0, 0.5, None, None]


def panel() -> Panel:
    return coins({"A": CLOSES, "B": [1.0] * 7}, open_={"A": CLOSES, "B": [1.0] * 7})


def ended(recovery: float) -> Event:
    last, none = np.datetime64("2020-01-05"), np.datetime64("NaT", "D")
    return Event("A", "delisting", last, none, recovery, "", "worked example")


def held(event: Event, policy: Delisting | None = None, **more: Any) -> Ledger:
    events = settled([event], policy or Delisting())
    return replay(panel(), np.array([0]), np.array([[0.5, 0.0]]), FREE, events=events, **more)


@pytest.mark.shared
@pytest.mark.parametrize("stock", [False, True])
@pytest.mark.parametrize(("key", "recovery"), [("recovery_0", 0.0), ("recovery_10pct", 0.1)])
def test_the_worked_example_of_a_delisting(
    shared: Path, key: str, recovery: float, stock: bool
) -> None:
    toy = json.loads((shared / "reference/domain/delisting_toy.json").read_text())["expected"]
    ledger = held(ended(recovery), stock=stock)
    assert ledger.nav[1:5].tolist() == toy["equity_before"]
    assert ledger.nav[5:].tolist() == toy[key]["equity_after"]
    (off,) = (order for order in ledger.orders if order.status == WRITTEN_OFF)
    realised = off.price * 100 - 10 * 100
    assert realised == pytest.approx(toy[key]["realised_loss"])


@pytest.mark.parametrize(
    ("policy", "nav"),
    [
        (Delisting(), 1000 + 100 * 0.5 * 0.2),  # as declared: 0.2 of the last close
        (Delisting(policy="last_price"), 1000 + 100 * 0.5),
        (Delisting(policy="haircut", haircut=0.4), 1000 + 100 * 0.5 * 0.6),
        (Delisting(policy="zero"), 1000.0),
    ],
)
def test_a_policy_says_what_a_holder_gets(policy: Delisting, nav: float) -> None:
    assert held(ended(0.2), policy).nav[5:].tolist() == pytest.approx([nav, nav])


@pytest.mark.parametrize("stock", [False, True])
def test_a_frozen_position_stays_at_its_last_price_and_is_paid_days_later(stock: bool) -> None:
    # The last bar is of 2020-01-05; one day frozen, so paid on the 7th.
    ledger = held(ended(0.2), Delisting(freeze_days=1), stock=stock)
    assert ledger.nav[4:].tolist() == pytest.approx([1050.0, 1050.0, 1010.0])
    assert ledger.shares[4:, 0].tolist() == [100.0, 100.0, 0.0]
    (off,) = (order for order in ledger.orders if order.status == WRITTEN_OFF)
    assert str(off.filled_at)[:10] == "2020-01-07"


def test_nothing_fills_while_a_position_is_frozen() -> None:
    events = settled([ended(0.0)], Delisting(freeze_days=1))
    sell = np.array([[0.5, 0.0], [0.0, 0.0]])
    ledger = replay(panel(), np.array([0, 4]), sell, FREE, events=events)
    assert [order.status for order in ledger.orders] == ["filled", "cancelled", WRITTEN_OFF]


def test_a_halt_is_left_as_it_is() -> None:
    halt = replace(ended(0.0), kind="halt", recovery=np.nan)
    assert settled([halt], Delisting(policy="zero", freeze_days=3)) == (halt,)
