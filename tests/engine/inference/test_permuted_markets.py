"""Permuted markets: the same bars in another order, and everything run again."""

from __future__ import annotations

import numpy as np
import pytest

from engine.inference.permuted_markets import permuted, permuted_inputs, permuted_market_test
from tests.engine import markets
from tests.panels import coins

CLOSES: dict[str, list[float | None]] = {
    "A": [10.0, 11.0, 22.0, 11.0, 33.0],
    "B": [None, 4.0, 2.0, None, 8.0],
}


def test_bars_are_taken_from_other_rows_relative_to_the_close_before() -> None:
    panel = coins({"A": CLOSES["A"]}, open_={"A": [9.0, 10.0, 11.0, 20.0, 11.0]})
    # A grows by 1.1, 2, 0.5, 3: in the order 3, 0.5, 2, 1.1 from 10 on.
    other = permuted(panel, np.array([0, 4, 3, 2, 1]))
    np.testing.assert_allclose(other.close[:, 0], [10.0, 30.0, 15.0, 30.0, 33.0])
    # Opens over the close before are 1, 1, 10/11, 1.
    np.testing.assert_allclose(other.open[:, 0], [9.0, 10.0, 300 / 11, 15.0, 30.0])
    assert np.all(other.high >= np.maximum(other.open, other.close))
    assert np.all(other.low <= np.minimum(other.open, other.close))


def test_a_bar_that_is_missing_stays_missing() -> None:
    panel = coins(CLOSES)
    other = permuted(panel, np.array([0, 4, 3, 2, 1]))
    np.testing.assert_array_equal(other.has_bar, panel.has_bar)
    # B's bars after its first grow by 0.5 at row 2 and 4 at row 4. Row 4 asks for row 1 and row 2
    # for row 3, which have none to give: both take what is left, in the order 4, 2.
    np.testing.assert_allclose(other.close[[1, 2, 4], 1], [4.0, 16.0, 8.0])


def test_the_same_order_gives_the_same_market() -> None:
    panel = markets.market()[0]["coins"]
    same = permuted(panel, np.arange(len(panel)))
    for key, values in panel.fields.items():
        np.testing.assert_allclose(same[key], values, rtol=1e-9, err_msg=key)


def test_a_market_is_permuted_from_the_period_on_and_keeps_its_growth() -> None:
    inputs = markets.prepared(markets.experiment())
    other = permuted_inputs(inputs, 15, np.random.default_rng(2))
    first = inputs.first_row
    for one, two in (
        (inputs.clock, other.clock),
        (inputs.panels["coins"], other.panels["coins"]),
    ):
        np.testing.assert_array_equal(two.has_bar, one.has_bar)
        np.testing.assert_allclose(two.close[:first], one.close[:first], rtol=1e-12)
        last = [np.flatnonzero(has)[-1] for has in one.has_bar.T]
        columns = np.arange(len(one.ids))
        np.testing.assert_allclose(two.close[last, columns], one.close[last, columns], rtol=1e-9)
    btc = inputs.clock.ids.index("BTC")
    assert not np.allclose(other.clock.close[first:, btc], inputs.clock.close[first:, btc])
    assert other.panels["caps"] is inputs.panels["caps"]


def test_coins_that_are_there_together_move_together() -> None:
    inputs = markets.prepared(markets.experiment())
    other = permuted_inputs(inputs, 15, np.random.default_rng(2))
    whole = np.flatnonzero(inputs.clock.has_bar.all(axis=0))[:2]
    first = inputs.first_row

    def moves(panel: object) -> set[tuple[float, float]]:
        close = panel.close[first - 1 :, whole]  # type: ignore[attr-defined]
        return {tuple(row) for row in np.round(np.log(close[1:] / close[:-1]), 9).tolist()}

    assert moves(other.clock) == moves(inputs.clock)


def test_the_test_reruns_the_experiment_by_seed() -> None:
    of = markets.experiment()
    inputs = markets.prepared(of)
    run = markets.simulation(of, inputs)
    found = permuted_market_test(of, inputs, run, seed=3, count=3)
    again = permuted_market_test(of, inputs, run, seed=3, count=3)
    np.testing.assert_array_equal(found.null, again.null)
    assert len(set(found.null.tolist())) == 3
    above = sum(each >= found.observed for each in found.null.tolist())
    assert found.p_value == pytest.approx((1 + above) / 4)
