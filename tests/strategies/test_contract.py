"""What every registered kind promises, whatever the data; a new kind is tested by being there."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.config.kinds import Registered
from engine.config.loader import parse
from engine.config.model import _Dumper
from feeds.arrays import DAY, Float
from feeds.panel import Panel
from strategies.base import Combination, Signal
from strategies.breadth import ELIGIBLE, Breadth
from strategies.expression import Expression
from strategies.held import Held, Remembers
from strategies.registry import kinds
from tests.strategies.drawn import bounds, outside, parameters

FAMILIES = ("signal", "basket", "strategy")
KINDS = [
    pytest.param(family, name, id=f"{family}-{name}")
    for family in FAMILIES
    for name, kind in kinds(family).items()
    if kind.__module__.startswith("strategies.")
]
SIGNALS = [each.values[1] for each in KINDS if each.values[0] == "signal"]
MONDAY = np.datetime64("2018-01-01", "ns")
IDS = ("BTC", "SIM01", "SIM02", "SIM03")
TOLERANCE = 1e-9


def kind_of(family: str, name: str):
    return kinds(family)[name]


def example(family: str, name: str):
    kind = kind_of(family, name)
    return kind(**kind.example)


def fields_of(signal: Signal) -> list[str]:
    """The fields that a panel needs for `signal`: prices, and what its expressions name."""
    if isinstance(signal, Combination):
        return list(signal.inputs)
    names = {"open", "high", "low", "close", "volume"}
    for name, field in type(signal).model_fields.items():
        if "number" in field.metadata:
            names |= set(Expression(getattr(signal, name)).names)
    return sorted(names)


def panel_for(signal: Signal, label, numbers: dict[str, Float]) -> Panel:
    ids = IDS if isinstance(signal, Breadth) else IDS[:1]
    tables = {name: table[:, : len(ids)] for name, table in numbers.items()}
    if isinstance(signal, Breadth):
        # A market event leaves no price: bars are whole or not there.
        tables = {
            name: np.where(np.isnan(tables["close"]), np.nan, t) for name, t in tables.items()
        }
        tables[ELIGIBLE] = np.where(np.isnan(tables["close"]), 0.0, 1.0)
    return Panel.build("test", "24/7", label, label, label + DAY, ids, tables)


def market(signal: Signal, rows: int, seed: int = 3) -> Panel:
    """A panel without blanks: random walks as prices, switches as signals."""
    random = np.random.default_rng(seed)
    numbers = {}
    for name in fields_of(signal):
        steps = random.normal(0, 0.04, (rows, len(IDS)))
        walk = np.exp(np.cumsum(steps, axis=0))
        numbers[name] = walk if not isinstance(signal, Combination) else np.sign(steps)
    if "volume" in numbers:
        numbers["volume"] = random.lognormal(10, 1, (rows, len(IDS)))
    return panel_for(signal, MONDAY + np.arange(rows) * DAY, numbers)


def same(one: Float, other: Float, signal: Signal) -> bool:
    if signal.lookback is None:
        return np.array_equal(one, other, equal_nan=True)
    return np.allclose(one, other, rtol=TOLERANCE, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize(("family", "name"), KINDS)
def test_every_kind_is_documented_and_has_an_example(family, name):
    kind = kind_of(family, name)
    words = inspect.getdoc(kind) or ""
    assert re.match(r"[^\n]{20,}\.(\n|$)", words), "the first line is one sentence"
    if family == "signal":
        assert "Range:" in words
        assert "NaN" in words
    for each, field in kind.model_fields.items():
        assert field.description, f"`{each}` is not described"
    assert example(family, name).kind == name


@pytest.mark.parametrize(("family", "name"), KINDS)
def test_every_kind_is_frozen_and_closed(family, name):
    made = example(family, name)
    first = next(iter(type(made).model_fields), None)
    if first:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(made, first, None)
    with pytest.raises(ValidationError, match="no_such_parameter"):
        type(made)(**{**type(made).example, "no_such_parameter": 1})


@pytest.mark.parametrize(("family", "name"), KINDS)
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_every_kind_survives_a_round_trip_through_yaml(family, name, data):
    made = kind_of(family, name)(**data.draw(parameters(kind_of(family, name))))
    entry = Registered(family)
    text = yaml.dump(entry.dump(made), Dumper=_Dumper, sort_keys=False)
    again = entry.build(parse(text, "test.yaml").values)
    assert again == made
    assert entry.dump(again) == entry.dump(made)


@pytest.mark.parametrize(("family", "name"), KINDS)
def test_every_bound_refuses_what_lies_outside(family, name):
    kind = kind_of(family, name)
    for parameter, field in kind.model_fields.items():
        for bound in bounds(field):
            wrong = {**kind.example, parameter: outside(field, bound)}
            with pytest.raises(ValidationError, match=parameter):
                kind(**wrong)


def table(random: np.random.Generator, rows: int, blank: float) -> Float:
    """Numbers on a coarse grid, so that ties happen, with blanks."""
    numbers = random.choice([1.0, 1.5, 2.0, 2.5, 3.0], (rows, len(IDS)))
    return np.where(random.random((rows, len(IDS))) < blank, np.nan, numbers)


@pytest.mark.parametrize("name", SIGNALS)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_row_is_that_of_its_prefix(name, data):
    kind = kind_of("signal", name)
    signal = kind(**data.draw(parameters(kind)))
    rows = data.draw(st.integers(0, 30))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    label = MONDAY + np.sort(random.choice(45, rows, replace=False)) * DAY
    blank = data.draw(st.sampled_from([0.0, 0.2, 1.0]))
    panel = panel_for(signal, label, {n: table(random, rows, blank) for n in fields_of(signal)})
    whole = signal.values(panel)
    assert whole.dtype == np.float64
    assert whole.shape == (rows,)
    assert not np.isinf(whole).any()
    for row in range(rows):
        seen = panel.head(row + 1)
        if signal.lookback is not None:
            seen = seen.rows(max(row + 1 - signal.lookback, 0), row + 1)
        assert same(signal.values(seen)[-1:], whole[row : row + 1], signal)


@pytest.mark.parametrize("name", SIGNALS)
def test_no_row_looks_ahead_when_the_future_is_poisoned(name):
    signal = example("signal", name)
    panel = market(signal, 1500)
    whole = signal.values(panel)
    assert np.isfinite(whole[-1]), "1,500 rows suffice for a value of the example"
    random = np.random.default_rng(11)
    for row in random.choice(np.arange(10, 1490), 8, replace=False).tolist():
        for poison in (
            lambda after: after[::-1],
            lambda after: after * random.lognormal(0, 2, after.shape),
            lambda after: np.full(after.shape, np.nan),
        ):
            fields = {
                key: np.vstack((values[:row], poison(values[row:])))
                for key, values in panel.fields.items()
            }
            other = Panel.build(
                "test", "24/7", panel.label, panel.opened_at, panel.known_at, panel.ids, fields
            )
            assert same(signal.values(other)[:row], whole[:row], signal)
        alone = signal.values(panel.head(row))
        assert same(alone[-1:], whole[row - 1 : row], signal)


@pytest.mark.parametrize("name", SIGNALS)
def test_the_warm_up_is_as_long_as_declared(name):
    signal = example("signal", name)
    known = np.flatnonzero(~np.isnan(signal.values(market(signal, 1500))))
    assert known[0] == signal.warm_up
    assert np.array_equal(known, np.arange(signal.warm_up, 1500)), "known from then on"


@pytest.mark.parametrize("name", SIGNALS)
def test_a_late_listing_changes_nothing_before_it(name):
    signal = example("signal", name)
    panel = market(signal, 1400)
    late = 1350
    fields = {key: values.copy() for key, values in panel.fields.items()}
    for values in fields.values():
        values[:late, -1] = np.nan
    if ELIGIBLE in fields:
        fields[ELIGIBLE][:late, -1] = 0.0
    times = panel.label, panel.opened_at, panel.known_at
    found = signal.values(Panel.build("test", "24/7", *times, panel.ids, fields))
    if isinstance(signal, Breadth):
        without = signal.values(panel.pick(panel.ids[:-1]))
        assert same(found[:late], without[:late], signal)
    else:
        values = signal.values(panel)
        read = not np.array_equal(found[:late], values[:late], equal_nan=True)
        # What is read from numbers is not on while there is none.
        assert not read or not (found[:late] > 0).any()


def coins_with(blank: float, seed: int = 5, rows: int = 130, late: int = 0) -> Panel:
    """Coins with caps; the last one is listed in row `late`."""
    random = np.random.default_rng(seed)
    close = np.exp(np.cumsum(random.normal(0, 0.04, (rows, len(IDS))), axis=0))
    close[random.random(close.shape) < blank] = np.nan
    close[:late, -1] = np.nan
    fields = {key: close for key in ("open", "high", "low", "close")}
    fields |= {"volume": 1e6 / close, "market_cap": close * np.arange(4, 0, -1)}
    label = MONDAY + np.arange(rows) * DAY
    return Panel.build("coins", "24/7", label, label, label + DAY, IDS, fields)


@pytest.mark.parametrize("name", kinds("basket"))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_basket_gives_weights_that_a_portfolio_can_have(name, data):
    kind = kind_of("basket", name)
    basket = kind(**data.draw(parameters(kind)))
    seed = data.draw(st.integers(0, 2**16))
    blank = data.draw(st.sampled_from([0.0, 0.02, 0.9]))
    seen = coins_with(blank, seed, rows=data.draw(st.integers(1, 130)))
    allowed = data.draw(st.lists(st.booleans(), min_size=len(IDS), max_size=len(IDS)))
    eligible = np.array(allowed) & seen.has_bar[-1]
    weights = basket.weights(seen, eligible)
    assert weights.dtype == np.float64
    assert weights.shape == (len(IDS),)
    assert (weights >= 0).all()
    assert weights.sum() <= 1 + 1e-9
    assert not weights[~eligible].any()
    excluded = np.isin(IDS, getattr(basket, "exclude", []))
    assert not weights[excluded].any()
    limit = getattr(basket, "max_weight", None)
    assert limit is None or weights.max() <= limit * (1 + 1e-9)
    np.testing.assert_array_equal(weights, basket.weights(seen, eligible))


@pytest.mark.parametrize("name", kinds("basket"))
def test_a_basket_holds_nothing_when_nobody_is_allowed(name):
    weights = example("basket", name).weights(coins_with(0.0), np.zeros(len(IDS), dtype=bool))
    assert not weights.any()


@pytest.mark.parametrize("name", kinds("basket"))
def test_a_late_listing_does_not_keep_a_basket_from_the_others(name):
    seen = coins_with(0.0, late=125)
    weights = example("basket", name).weights(seen, seen.has_bar[-1])
    assert np.count_nonzero(weights[:-1]) >= (1 if name == "single" else 2)


@pytest.mark.parametrize("name", kinds("strategy"))
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_rule_gives_shares_that_an_account_can_have(name, data):
    kind = kind_of("strategy", name)
    strategy = kind(**data.draw(parameters(kind)))
    number = st.sampled_from([-1.0, 0.0, 0.3, 1.0, 5.0])
    x = {signal: data.draw(number) for signal in strategy.signals}
    held = Held({"cash": 1.0}, nav=data.draw(st.sampled_from([0.5, 1.0, 2.0])), day=18_000)
    if isinstance(strategy, Remembers):
        held = replace(held, memory=strategy.remember(x, held))
    shares = strategy.rule(x, held) if strategy.reads_held else strategy.rule(x)
    assert set(shares) <= set(strategy.sleeves)
    assert all(0 <= share <= 1 for share in shares.values())
    assert sum(shares.values()) <= 1 + 1e-9


@pytest.mark.parametrize("name", kinds("raw"))
def test_a_raw_strategy_is_documented(name):
    assert re.match(r"[^\n]{20,}\.(\n|$)", inspect.getdoc(kind_of("raw", name)) or "")
