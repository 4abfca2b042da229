"""What every built-in signal promises, whatever the data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.registry import kinds
from strategies.signals import AltDominance, EquityBreakout, Hysteresis, When
from tests.strategies.panels import days, value_panel

PRICE = st.sampled_from([1.0, 1.5, 2.0, 2.5, 3.0, np.nan])
BUILT_IN = {
    "equity_breakout": st.builds(
        EquityBreakout,
        panel=st.just("test"),
        rule=st.sampled_from(["record", "donchian"]),
        drought_days=st.integers(0, 9),
        fresh_days=st.integers(1, 9),
        confirm=st.integers(1, 4),
        price=st.sampled_from(["close", "high"]),
        sessions=st.integers(1, 6),
        rearm_drawdown=st.sampled_from([None, 0.1]),
        rearm_sessions=st.sampled_from([None, 3]),
    ),
    "alt_dominance": st.builds(
        AltDominance,
        panel=st.just("test"),
        share=st.just("close / (high + close)"),
        mean_days=st.integers(1, 9),
    )
    | st.builds(
        AltDominance,
        panel=st.just("test"),
        share=st.just("(close - 1) / (high - 1)"),
        slope_days=st.sampled_from([None, 2, 9]),
    ),
    "expression": st.just(When(when="close > 2 or not high / close > 1 and low < 2")),
    "hysteresis": st.just(Hysteresis(signal="close", enter=2.2, leave=1.4)),
}


def test_every_built_in_signal_is_here():
    built_in = {name for name, kind in kinds("signal").items() if "strategies." in kind.__module__}
    assert built_in == set(BUILT_IN)


@pytest.mark.parametrize("kind", BUILT_IN)
@given(data=st.data())
def test_values_are_those_of_every_prefix_to_the_last_bit(kind, data):
    signal = data.draw(BUILT_IN[kind])
    bars = data.draw(st.lists(st.tuples(PRICE, PRICE), min_size=1, max_size=25))
    close, high = np.array(bars).T
    label = days(40)[np.sort(data.draw(st.permutations(range(40)))[: len(bars)])]
    panel = value_panel(label, close=close, high=high, low=close)
    whole = signal.values(panel)
    assert whole.dtype == np.float64
    assert whole.shape == (len(bars),)
    assert not np.isinf(whole).any()
    prefixes = [signal.values(panel.head(t))[-1] for t in range(1, len(bars) + 1)]
    np.testing.assert_array_equal(whole, prefixes)


@pytest.mark.parametrize("kind", BUILT_IN)
def test_every_parameter_is_described_and_every_kind_documented(kind):
    cls = kinds("signal")[kind]
    own = set(cls.__annotations__)
    missing = [name for name in own if not cls.model_fields[name].description]
    assert missing == []
    assert len(cls.__doc__) > 60
