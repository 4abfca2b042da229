from __future__ import annotations

import backtrader as bt
import numpy as np
import pandas as pd
import pytest

from strategies.raw import SmaCross
from strategies.registry import find


class Beside(bt.feeds.PandasData):
    """Bars of a panel that is not traded."""

    params = (("tradable", False),)


class Noted(SmaCross):
    """The strategy with a note of every filled order and of the bars it was called at."""

    def __init__(self):
        super().__init__()
        self.fills, self.calls = [], []

    def next(self):
        self.calls.append(self.datetime_of_now())
        super().next()

    def datetime_of_now(self):
        return max(data.datetime.date(0).isoformat() for data in self.datas if len(data))

    def notify_order(self, order):
        if order.status == order.Completed:
            when = bt.num2date(order.executed.dt).date().isoformat()
            self.fills.append((when, order.data._name, order.executed.size, order.executed.price))


def run(prices: dict[str, tuple[str, list[float]]], **parameters) -> Noted:
    cerebro = bt.Cerebro(stdstats=False, preload=False, runonce=False)
    cerebro.broker.setcash(1000.0)
    for name, (start, close) in prices.items():
        index = pd.date_range(start, periods=len(close))
        frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), close), index=index)
        kind = Beside if "." in name else bt.feeds.PandasData
        cerebro.adddata(kind(dataname=frame.assign(volume=1.0)), name=name)
    cerebro.addstrategy(Noted, **({"fast": 1, "slow": 2, "share": 0.5} | parameters))
    return cerebro.run()[0]


def test_it_is_registered_as_a_raw_strategy():
    assert find("raw", "sma_cross") is SmaCross
    assert set(SmaCross.params._getkeys()) == {"fast", "slow", "share"}


def test_it_buys_after_a_rise_and_sells_after_a_fall_at_the_next_open():
    # Fast is the close, slow the mean of two: rising from the close of the 2nd, falling on the 5th.
    fills = run({"A": ("2020-01-01", [10, 12, 15, 16, 11, 8, 8])}).fills
    # Half of 1000 at the close of 12 is 41.67 coins; filled at the open of the 3rd, 15.
    assert fills == [
        ("2020-01-03", "A", pytest.approx(500 / 12), 15.0),
        ("2020-01-06", "A", pytest.approx(-500 / 12), 8.0),
    ]


def test_a_late_listing_neither_blocks_the_others_nor_trades_early():
    strategy = run(
        {"A": ("2020-01-01", [10, 11, 12, 13, 14, 15, 16, 17]), "B": ("2020-01-05", [5, 6, 7, 8])}
    )
    assert strategy.calls[0] == "2020-01-01"
    # A: decided on the 2nd. B has two bars on the 6th and fills on the 7th.
    assert [(when, name) for when, name, _, _ in strategy.fills] == [
        ("2020-01-03", "A"),
        ("2020-01-07", "B"),
    ]


def test_an_asset_whose_bars_have_ended_gets_no_orders():
    strategy = run(
        {"A": ("2020-01-01", [10, 11, 12]), "B": ("2020-01-01", [9, 8, 7, 6, 5, 6, 7, 8])}
    )
    names = [(when, name) for when, name, _, _ in strategy.fills]
    assert names == [("2020-01-03", "A"), ("2020-01-07", "B")]


def test_bars_of_other_panels_are_not_traded():
    rising = [10, 11, 12, 13]
    fills = run({"A": ("2020-01-01", rising), "equities.X": ("2020-01-01", rising)}).fills
    # The slot is the whole half of 1000, at the close of 11.
    assert fills == [("2020-01-03", "A", pytest.approx(500 / 11), pytest.approx(12.0))]


def test_sells_are_ordered_before_buys():
    strategy = run(
        {
            "A": ("2020-01-01", [10, 9, 8, 7, 8, 9]),
            "B": ("2020-01-01", [5, 6, 7, 8, 7, 6]),
        },
        share=1.0,
    )
    assert [(name, np.sign(size)) for _, name, size, _ in strategy.fills] == [
        ("B", 1),
        ("B", -1),
        ("A", 1),
    ]


@pytest.mark.parametrize(("fast", "slow"), [(0, 5), (5, 5), (6, 5)])
def test_averages_in_the_wrong_order_are_refused(fast, slow):
    with pytest.raises(ValueError, match="it lies between 0 and slow"):
        run({"A": ("2020-01-01", [1, 2, 3])}, fast=fast, slow=slow)


def test_the_first_paragraph_of_its_module_states_the_hazards():
    import strategies.raw.sma_cross as module

    text = " ".join((module.__doc__ or "").split())
    for hazard in ("not yet listed", "prenext", "preload=False", "keeps its last price"):
        assert hazard in text
