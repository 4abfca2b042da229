from __future__ import annotations

import json

import numpy as np
import pytest

from feeds.arrays import DAY
from feeds.panel import Panel
from strategies.signals import Outperformers
from tests.strategies.panels import coin_panel, days


def panel(**closes):
    return coin_panel(np.array(list(closes.values()), float).T, tuple(closes))


def test_only_strictly_higher_returns_than_the_benchmark_count():
    # Over two days BTC +20 %; A +30 %, B +20 %, C -10 %, D is new: one of three.
    seen = panel(A=[10, 1, 13], B=[10, 1, 12], BTC=[100, 1, 120], C=[10, 1, 9], D=[np.nan, 1, 9])
    values = Outperformers(panel="coins", benchmark="BTC", days=2).values(seen)
    np.testing.assert_array_equal(values, [np.nan, np.nan, 1 / 3])


def test_an_equal_return_does_not_count_whatever_the_rounding():
    # 0.3 / 0.25 and 120 / 100 differ in the last bit.
    seen = panel(A=[0.25, 0.3], B=[0.1, 0.12], BTC=[100, 120], C=[7, 8.4])
    assert Outperformers(panel="coins", benchmark="BTC", days=1).values(seen)[1] == 0


def test_without_the_benchmark_nothing_is_known():
    seen = panel(A=[1, 2, 3], BTC=[1, np.nan, 2])
    values = Outperformers(panel="coins", benchmark="BTC", days=1).values(seen)
    assert np.isnan(values).all()


def test_a_benchmark_that_has_not_been_listed_is_unknown():
    seen = panel(A=[1, 2, 3], BTC=[1, 1, 2])
    assert np.isnan(Outperformers(panel="coins", benchmark="ETH", days=1).values(seen)).all()


def test_an_earlier_close_may_not_be_older_than_a_value_may():
    label = days(40)[[0, 20, 39]]
    close = {"close": np.array([[1.0, 1.0], [2.0, 3.0], [3.0, 9.0]])}
    seen = Panel.build("coins", "24/7", label, label, label + DAY, ("BTC", "X"), close)
    signal = Outperformers(panel="coins", benchmark="BTC", days=10)
    # Ten days before day 20 is day 10: the row of day 0 is just not too old. Before day 39 it is
    # day 29, nine days after the row of day 20.
    np.testing.assert_array_equal(signal.values(seen), [np.nan, 1, 1])
    strict = Outperformers(panel="coins", benchmark="BTC", days=10, max_age_days=9)
    np.testing.assert_array_equal(strict.values(seen), [np.nan, np.nan, 1])


@pytest.mark.shared
def test_it_is_the_altcoin_season_index_of_the_worked_example(shared):
    example = json.loads((shared / "reference/domain/altseason_toy.json").read_text())
    ids = tuple(example["price_now"])
    then, now = ([example[key][name] for name in ids] for key in ("price_90d_ago", "price_now"))
    close = np.full((91, len(ids)), np.nan)
    close[0], close[90] = np.array(then, float), now
    signal = Outperformers(panel="coins", benchmark="BTC", exclude=["USDT", "WBTC"])
    assert 100 * signal.values(coin_panel(close, ids))[90] == example["index"]
    counted = Outperformers(panel="coins", benchmark="BTC", exclude=["USDT", "WBTC"], min_ids=5)
    assert not np.isnan(counted.values(coin_panel(close, ids))[90])  # five: without NEW
    more = counted.model_copy(update={"min_ids": 6})
    assert np.isnan(more.values(coin_panel(close, ids))[90])
