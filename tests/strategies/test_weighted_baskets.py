"""Baskets that share a sleeve: weights by hand, limits, and who is left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from feeds.errors import DataError
from feeds.panel import Panel
from strategies.base import Basket
from strategies.baskets import (
    CapWeight,
    EqualWeight,
    InverseVolatility,
    MinimumVariance,
    Momentum,
    RiskParity,
)
from strategies.baskets.past import median_quote_volume
from strategies.baskets.weighted import capped
from strategies.registry import build, kinds
from tests.panels import coins
from tests.strategies.panels import days

ALL = np.ones(3, bool)


def panel(**closes) -> Panel:
    return coins(closes)


def with_field(seen: Panel, key: str, rows) -> Panel:
    fields = {**seen.fields, key: np.asarray(rows, float)}
    times = (seen.label, seen.opened_at, seen.known_at)
    return Panel.build(seen.name, seen.calendar, *times, seen.ids, fields)


@pytest.mark.parametrize(
    ("most", "wanted"),
    [
        (None, [0.6, 0.3, 0.1]),
        (0.7, [0.6, 0.3, 0.1]),
        (0.5, [0.5, 0.375, 0.125]),  # what is left of 1 is shared 3 to 1
        (0.4, [0.4, 0.4, 0.2]),  # 0.45 of the second would be above as well
        (0.2, [0.2, 0.2, 0.2]),  # nobody takes the rest: cash
    ],
)
def test_what_is_cut_goes_to_the_others_in_proportion(most, wanted):
    assert capped(np.array([0.6, 0.3, 0.1]), most) == pytest.approx(wanted, abs=1e-15)


def test_an_id_without_weight_takes_nothing_of_what_is_cut():
    assert capped(np.array([0.0, 0.7, 0.3]), 0.4).tolist() == [0.0, 0.4, 0.4]
    assert capped(np.zeros(2), 0.4).tolist() == [0.0, 0.0]


def test_a_limit_above_the_equal_weight_changes_no_bit():
    seen = panel(A=[1], B=[1], C=[1])
    free, limited = EqualWeight(), EqualWeight(max_weight=0.34)
    assert free.weights(seen, ALL).tobytes() == limited.weights(seen, ALL).tobytes()
    assert EqualWeight(max_weight=0.25).weights(seen, ALL).tolist() == [0.25, 0.25, 0.25]


def test_inverse_volatility_by_hand():
    # Returns of A are +-10 %, of B +-20 %: half the spread is twice the weight.
    seen = panel(A=[1, 1.1, 0.99, 1.089, 0.9801], B=[1, 1.2, 0.96, 1.152, 0.9216], C=[2] * 5)
    found = InverseVolatility(days=4).weights(seen, ALL)
    assert found == pytest.approx([2 / 3, 1 / 3, 0.0], abs=1e-12)  # C never moved


@pytest.mark.parametrize("basket", [InverseVolatility, RiskParity, MinimumVariance])
def test_an_id_without_a_full_window_is_left_out_and_the_rest_carries_on(basket):
    rng = np.random.default_rng(1)
    closes = np.exp(np.cumsum(rng.normal(0, 0.03, (30, 3)), axis=0))
    closes[4, 1] = np.nan  # 26 rows before the last: the first close of a window of 25 days
    seen = panel(**{name: column.tolist() for name, column in zip("ABC", closes.T, strict=True)})
    assert basket(days=25).weights(seen, ALL)[1] == 0.0
    assert basket(days=25).weights(seen, ALL).sum() == pytest.approx(1.0, abs=1e-8)
    assert basket(days=24).weights(seen, ALL)[1] > 0.0
    assert not basket(days=30).weights(seen, ALL).any()  # nobody has 31 closes
    assert basket(days=24).weights(seen, np.array([True, False, False])).tolist() == [1, 0, 0]


def test_momentum_holds_the_best_alike():
    seen = panel(A=[4, 1, 1, 1.3], B=[9, 1, 1, 1.1], C=[9, 1, 1, 1.2])
    assert Momentum(count=2, days=2).weights(seen, ALL).tolist() == [0.5, 0.0, 0.5]
    # Four days ago there was no row, three days ago A was at 4 and lost most by now.
    assert not Momentum(count=2, days=4).weights(seen, ALL).any()
    assert Momentum(count=1, days=3).weights(seen, ALL).tolist() == [1.0, 0.0, 0.0]


def test_momentum_wants_more_than_the_least_return_and_a_close_at_both_ends():
    seen = panel(A=[1, 1, 1.25], B=[1, 2, 1.25], C=[None, 1, 9])
    found = Momentum(count=3, days=2, min_return=0.2).weights(seen, ALL)
    assert found.tolist() == [0.5, 0.5, 0.0]
    assert not Momentum(count=3, days=2, min_return=0.25).weights(seen, ALL).any()
    # Of equal returns the first in the alphabet is taken.
    assert Momentum(count=1, days=2).weights(seen, ALL).tolist() == [1.0, 0.0, 0.0]


def test_cap_weight_by_hand():
    seen = with_field(
        panel(A=[1, 1], B=[1, 1], C=[1, 1]), "market_cap", [[9, 9, 9], [3, 1, np.nan]]
    )
    assert CapWeight().weights(seen, ALL).tolist() == [0.75, 0.25, 0.0]
    assert CapWeight(max_weight=0.6).weights(seen, ALL) == pytest.approx([0.6, 0.4, 0.0])
    assert not CapWeight().weights(seen, np.array([False, False, True])).any()


def test_cap_weight_says_what_it_lacks():
    with pytest.raises(DataError, match="has no field 'market_cap'; it has close"):
        CapWeight().weights(panel(A=[1], B=[1], C=[1]), ALL)


def test_thin_ids_are_left_out_by_the_median_of_their_daily_money():
    volume = {"A": [9.0, 1.0, 5.0, 5.0], "B": [5.0, 5.0, 1.0, 9.0], "C": [99.0] * 4}
    seen = coins({"A": [2.0] * 4, "B": [2.0] * 4, "C": [None, None, 2.0, 2.0]}, volume=volume)
    # Over three days: A 2, 10, 10; B 10, 2, 18; C 0 (no bar), 198, 198.
    assert median_quote_volume(seen, 3).tolist() == [10.0, 10.0, 198.0]
    # Over four: A 18, 2, 10, 10; B 10, 10, 2, 18; C 0, 0, 198, 198.
    assert median_quote_volume(seen, 4).tolist() == [10.0, 10.0, 99.0]
    basket = EqualWeight(min_median_quote_volume=50, volume_days=4)
    assert basket.weights(seen, ALL).tolist() == [0.0, 0.0, 1.0]


def test_the_money_of_hours_is_added_up_by_day_and_a_field_of_its_own_is_preferred():
    label = np.datetime64("2020-01-01", "ns") + np.arange(48) * np.timedelta64(1, "h")
    fields = dict.fromkeys(("open", "high", "low", "close"), np.ones((48, 1)))
    fields |= {"volume": np.repeat([[1.0], [3.0]], 24, axis=0)}
    seen = Panel.build("coins", "24/7", label, label, label + 1, ("A",), fields)
    assert median_quote_volume(seen, 30).tolist() == [48.0]  # of 24 and 72
    money = with_field(seen, "quote_volume", np.full((48, 1), 2.0))
    assert median_quote_volume(money, 30).tolist() == [48.0]


def test_a_panel_without_volume_cannot_be_asked_for_it():
    seen = panel(A=[1], B=[1], C=[1])
    fields = {key: values for key, values in seen.fields.items() if key != "volume"}
    bare = Panel.build("coins", "24/7", seen.label, seen.opened_at, seen.known_at, seen.ids, fields)
    with pytest.raises(DataError, match="has no field 'volume'"):
        EqualWeight(min_median_quote_volume=1).weights(bare, ALL)


BASKETS = [
    {"kind": "equal_weight"},
    {"kind": "cap_weight"},
    {"kind": "inverse_volatility", "days": 20},
    {"kind": "risk_parity", "days": 20},
    {"kind": "minimum_variance", "days": 20},
    {"kind": "momentum", "days": 20, "count": 3},
]


@pytest.mark.parametrize("parameters", BASKETS, ids=lambda parameters: parameters["kind"])
@given(
    seed=st.integers(0, 10**6),
    most=st.sampled_from([None, 0.1, 0.3, 0.5, 1.0]),
    exclude=st.sampled_from([[], ["C01"], ["C00", "C03"]]),
)
def test_weights_keep_to_every_limit_and_need_nothing_that_comes_later(
    parameters, seed, most, exclude
):
    rng = np.random.default_rng(seed)
    ids = tuple(f"C{column:02d}" for column in range(int(rng.integers(4, 9))))
    close = np.exp(np.cumsum(rng.normal(0, 0.05, (40, len(ids))), axis=0))
    close[: int(rng.integers(0, 40)), 0] = np.nan
    close[int(rng.integers(1, 40)) :, 1] = np.nan
    label = days(40)
    bars = dict.fromkeys(("open", "high", "low", "close"), close)
    bars |= {"volume": rng.random(close.shape), "market_cap": rng.random(close.shape)}
    whole = Panel.build("coins", "24/7", label, label, label + 1, ids, bars)
    seen = whole.head(int(rng.integers(1, 41)))
    eligible = seen.has_bar[-1] & (rng.random(len(ids)) < 0.8)
    basket = build("basket", {**parameters, "max_weight": most, "exclude": exclude})
    assert isinstance(basket, Basket)
    found = basket.weights(seen, eligible)
    assert (found >= 0).all()
    assert found.sum() <= 1 + 1e-9
    assert not found[~eligible].any()
    assert not found[[ids.index(name) for name in exclude]].any()
    assert found.max(initial=0) <= (1.0 if most is None else most) + 1e-12
    if most in (None, 1.0) and found.any():
        assert found.sum() == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize("kind", [parameters["kind"] for parameters in BASKETS])
def test_limits_outside_their_range_are_refused(kind):
    for wrong in ({"max_weight": 0.0}, {"max_weight": 1.1}, {"min_median_quote_volume": -1.0}):
        with pytest.raises(ValidationError):
            build("basket", {"kind": kind, **wrong})


def test_every_basket_has_an_example_that_builds():
    for name, kind in kinds("basket").items():
        if kind.__module__.startswith("strategies."):
            assert build("basket", {"kind": name, **kind.example}).kind == name
