from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.base import names_marked
from strategies.baskets import EqualWeight, Single
from strategies.registry import kinds
from tests.strategies.panels import coin_panel

SEEN = coin_panel(np.ones((1, 4)), ("A", "B", "C", "D"))


def test_single_puts_all_in_its_asset():
    assert Single(asset="C").weights(SEEN, np.ones(4, bool)).tolist() == [0, 0, 1, 0]


def test_single_stays_in_cash_while_its_asset_is_not_eligible():
    eligible = np.array([True, True, False, True])
    assert Single(asset="C").weights(SEEN, eligible).tolist() == [0, 0, 0, 0]


def test_equal_weight_shares_among_the_eligible_that_are_not_excluded():
    eligible = np.array([True, True, False, True])
    found = EqualWeight(exclude=["A"]).weights(SEEN, eligible)
    assert found.tolist() == [0, 0.5, 0, 0.5]


def test_equal_weight_stays_in_cash_when_nothing_is_left():
    eligible = np.array([True, False, False, False])
    assert EqualWeight(exclude=["A"]).weights(SEEN, eligible).tolist() == [0, 0, 0, 0]


def test_equal_weight_does_not_write_to_eligible():
    eligible = np.ones(4, bool)
    eligible.flags.writeable = False
    EqualWeight(exclude=["B"]).weights(SEEN, eligible)
    assert eligible.all()


@given(st.lists(st.booleans(), min_size=1, max_size=99))
def test_weights_are_nonnegative_and_sum_to_one_or_are_all_zero(eligible):
    ids = tuple(f"C{i:02}" for i in range(len(eligible)))
    found = EqualWeight().weights(coin_panel(np.ones((1, len(ids))), ids), np.array(eligible))
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(float(any(eligible)), abs=1e-12)
    assert not found[~np.array(eligible)].any()


def test_an_asset_that_has_not_been_listed_is_neither_held_nor_missed():
    all_of_them = np.ones(4, bool)
    assert Single(asset="Z").weights(SEEN, all_of_them).tolist() == [0, 0, 0, 0]
    assert EqualWeight(exclude=["Z"]).weights(SEEN, all_of_them).tolist() == [0.25] * 4
    found = EqualWeight(exclude=["A", "Z"]).weights(SEEN, all_of_them)
    assert found.tolist() == [0, 1 / 3, 1 / 3, 1 / 3]


def test_the_assets_of_a_basket_can_be_checked_when_the_config_is_read():
    assert names_marked(Single(asset="C"), "asset") == ("C",)
    assert names_marked(EqualWeight(exclude=["A", "B"]), "asset") == ("A", "B")


def test_the_order_of_excluded_ids_does_not_matter():
    assert EqualWeight(exclude=["B", "A"]) == EqualWeight(exclude=["A", "B"])
    assert EqualWeight(exclude=["B", "A"]).exclude == ("A", "B")


def test_the_built_in_baskets_are_registered():
    assert {"equal_weight", "single"} <= set(kinds("basket"))
