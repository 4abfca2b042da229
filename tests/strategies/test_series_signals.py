"""Signals of one series: level, trend, momentum, volatility, drawdown, percentile, record."""

from __future__ import annotations

import json
import math
import statistics
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from feeds.align import carry
from feeds.arrays import DAY, day_number, instants
from feeds.cache import load_panel
from feeds.panel_spec import PanelSpec
from strategies.signals import (
    DistanceToRecord,
    Drawdown,
    Level,
    Momentum,
    Percentile,
    Trend,
    Volatility,
)
from tests.strategies.panels import days, value_panel

NAN = np.nan
# The 1st, 2nd, 4th (blank), 5th, 6th and 9th of January.
LABEL = days(9)[[0, 1, 3, 4, 5, 8]]


def of(signal, numbers, label=None, **parameters):
    label = days(len(numbers)) if label is None else label
    return signal(panel="test", value="x", **parameters).values(value_panel(label, x=numbers))


def test_a_level_is_the_number_itself():
    panel = value_panel(days(3), inflow=[5.0, NAN, 2.0], outflow=[1.0, 1.0, 3.0])
    found = Level(panel="test", value="inflow - outflow").values(panel)
    np.testing.assert_array_equal(found, [4.0, NAN, -1.0])


def test_a_trend_is_the_number_over_its_mean():
    # Three days up to day 3: 2, 3, 7, mean 4; up to day 4: 3, 7, 2, mean 4.
    np.testing.assert_array_equal(
        of(Trend, [1, 2, 3, 7, 2], mean_days=3), [NAN, NAN, NAN, 0.75, -0.5]
    )


def test_a_fast_mean_takes_the_place_of_the_number():
    # Day 3: mean of 3, 7 over mean of 2, 3, 7: 5 / 4; day 4: 4.5 / 4.
    found = of(Trend, [1, 2, 3, 7, 2], mean_days=3, fast_days=2)
    np.testing.assert_array_equal(found, [NAN, NAN, NAN, 0.25, 0.125])
    with pytest.raises(ValidationError, match="`fast_days` is 3, not below `mean_days` 3"):
        Trend(panel="test", mean_days=3, fast_days=3)


def test_a_mean_that_is_not_above_zero_has_no_trend():
    np.testing.assert_array_equal(
        of(Trend, [1, -1, -2, 8], mean_days=2), [NAN, NAN, NAN, 8 / 3 - 1]
    )


def test_blank_rows_are_left_out_of_windows_and_are_unknown():
    numbers = [4.0, 8.0, NAN, 6.0, 2.0, 3.0]
    # Four days up to the 5th: 8, 6, mean 7; to the 6th: 6, 2, mean 4; to the 9th: 2, 3.
    found = of(Trend, numbers, LABEL, mean_days=4)
    np.testing.assert_allclose(found, [NAN, NAN, NAN, 6 / 7 - 1, -0.5, 0.2], rtol=1e-15)
    # Highest of these windows: 8, then 6, then 3.
    found = of(Drawdown, numbers, LABEL, days=4)
    np.testing.assert_allclose(found, [NAN, NAN, NAN, -0.25, 2 / 6 - 1, 0.0], rtol=1e-15)
    # 6 is at most itself of (8, 6); 2 of (6, 2); both of (2, 3).
    np.testing.assert_array_equal(
        of(Percentile, numbers, LABEL, days=4), [NAN, NAN, NAN, 0.5, 0.5, 1.0]
    )


def test_momentum_is_the_change_since_the_last_number_so_many_days_ago():
    numbers = [4.0, 8.0, NAN, 6.0, 2.0, 3.0]
    # Three days before the 5th is the 2nd; before the 6th the 3rd, known is the 2nd; before the
    # 9th the 6th.
    relative = of(Momentum, numbers, LABEL, days=3)
    np.testing.assert_array_equal(relative, [NAN, NAN, NAN, -0.25, -0.75, 0.5])
    absolute = of(Momentum, numbers, LABEL, days=3, change="absolute")
    np.testing.assert_array_equal(absolute, [NAN, NAN, NAN, -2.0, -6.0, 1.0])


def test_momentum_takes_no_number_that_was_too_old_by_then():
    # Two days before the 10th nothing newer is known than the 1st, seven days old.
    label = days(10)[[0, 9]]
    assert of(Momentum, [1, 2], label, days=2, max_age_days=7.0)[1] == 1.0
    assert np.isnan(of(Momentum, [1, 2], label, days=2, max_age_days=6.0)[1])


def test_a_relative_change_of_what_is_not_above_zero_is_unknown():
    np.testing.assert_array_equal(of(Momentum, [0, 1, -1, 3], days=1), [NAN, NAN, -2, NAN])
    found = of(Momentum, [0, 1, -1, 3], days=1, change="absolute")
    np.testing.assert_array_equal(found, [NAN, 1, -2, 4])


def test_volatility_is_the_deviation_of_log_returns_times_the_root_of_a_years_rows():
    # Log returns 1, -1, 1 times log 2: mean 1/3, variance ((2/3)^2 * 2 + (4/3)^2) / 2 = 4/3.
    found = of(Volatility, [1, 2, 1, 2], days=3, periods_per_year=100)
    expected = math.log(2) * math.sqrt(4 / 3 * 100)
    np.testing.assert_allclose(found, [NAN, NAN, NAN, expected], rtol=1e-14)


def test_constant_growth_has_no_volatility_and_prices_of_zero_are_left_out():
    assert of(Volatility, 1.1 ** np.arange(9), days=4, periods_per_year=365)[-1] == 0.0
    found = of(Volatility, [1, 2, 0, 1, 2], days=4, periods_per_year=1)
    # Returns of the 2nd, the 4th (over the 3rd) and the 5th: 1, -1, 1 times log 2.
    assert np.isnan(found[2])
    assert found[4] == pytest.approx(math.log(2) * math.sqrt(4 / 3), rel=1e-14)


def test_volatility_needs_the_rows_of_a_year():
    with pytest.raises(ValidationError, match="periods_per_year"):
        Volatility(panel="test", days=30)


def test_drawdowns_are_from_the_highest_so_far_or_of_the_window():
    numbers = [10, 8, 9, 12, 6]
    np.testing.assert_allclose(of(Drawdown, numbers), [0, -0.2, -0.1, 0, -0.5], rtol=1e-15)
    # The 10 has left a window of two days in row 2: 9 is the highest of 8, 9.
    np.testing.assert_array_equal(of(Drawdown, numbers, days=2), [NAN, NAN, 0, 0, -0.5])


def test_the_highest_of_a_window_is_at_one_and_ties_count():
    # (5, 5, 4): 4 is at most itself; (5, 4, 5): all; (4, 5, 5): all.
    found = of(Percentile, [5, 5, 5, 4, 5, 5], days=3)
    np.testing.assert_array_equal(found, [NAN, NAN, NAN, 1 / 3, 1, 1])


def test_the_distance_to_the_record_is_positive_exactly_at_one():
    np.testing.assert_allclose(
        of(DistanceToRecord, [NAN, 10, 12, NAN, 12, 6]), [NAN, NAN, 0.2, NAN, 0, -0.5], rtol=1e-15
    )


@pytest.mark.shared
def test_the_toys_distances_to_the_record_are_reproduced(shared):
    toy = json.loads((shared / "reference/domain/breakout_toy.json").read_text())
    expected = np.array(toy["distance_to_prior_max"], float)
    np.testing.assert_allclose(of(DistanceToRecord, toy["close"]), expected, atol=5e-13)


def by_hand(name: str, numbers, label, days: int) -> list[float]:
    """The definitions as loops over lists."""
    out = []
    rows = list(zip(map(float, numbers), day_number(label).tolist(), strict=True))
    known = [(n, t) for n, t in rows if not math.isnan(n)]
    for number, time in rows:
        inside = [n for n, t in known if time - days < t <= time]
        if math.isnan(number) or time - known[0][1] < days:
            out.append(NAN)
        elif name == "trend":
            out.append(number / statistics.fmean(inside) - 1)
        elif name == "drawdown":
            out.append(number / max(inside) - 1)
        elif name == "percentile":
            out.append(sum(n <= number for n in inside) / len(inside))
        else:
            seen = [n for n, t in known if t <= time]
            moves = [math.log(b / a) for a, b in pairwise(seen)][-len(inside) :]
            out.append(statistics.stdev(moves) * math.sqrt(365) if len(moves) > 1 else NAN)
    return out


@given(
    numbers=st.lists(st.sampled_from([1.0, 1.5, 2.0, 3.0, 7.0, NAN]), min_size=1, max_size=40),
    days_back=st.integers(2, 12),
    data=st.data(),
)
def test_windows_agree_with_the_definitions_as_loops(numbers, days_back, data):
    places = data.draw(st.permutations(range(60)))[: len(numbers)]
    label = days(60)[np.sort(places)]
    for name, signal, more in (
        ("trend", Trend, {"mean_days": days_back}),
        ("drawdown", Drawdown, {"days": days_back}),
        ("percentile", Percentile, {"days": days_back}),
        ("volatility", Volatility, {"days": days_back, "periods_per_year": 365}),
    ):
        found = of(signal, numbers, label, **more)
        expected = by_hand(name, numbers, label, days_back)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.shared
def test_a_series_with_revisions_shows_what_was_known_at_each_time(shared, tmp_path):
    toy = json.loads((shared / "reference/domain/macro_asof_toy.json").read_text())
    spec = PanelSpec(files="m.csv", stamp="release", calendar="24/7", fields=["value"])
    for series in ("M2SL", "WALCL"):
        rows = sorted(
            (f"{row['period']}-01"[:10], row["release"].replace("Z", ":00Z"), row["value"])
            for row in toy["observations"]
            if row["series"] == series
        )
        lines = [f"{period},{release},{value}" for period, release, value in rows]
        (tmp_path / "m.csv").write_text("\n".join(("date,known_at,value", *lines)))
        panel = load_panel(series, spec, tmp_path, [], None)
        level = Level(panel=series, value="value").values(panel)
        for query in toy["queries"]:
            # One of an older period by name is no row of the panel; see tests/feeds/test_as_of.py.
            if query["series"] == series and "period" not in query:
                at = instants([np.datetime64(query["at"].removesuffix("Z"))])
                found = carry(panel.known_at, level, at, 60.0).values[0]
                expected = query["expected"] or {"value": NAN}
                np.testing.assert_equal(found, expected["value"])


@pytest.mark.shared
def test_the_change_of_a_series_with_revisions_is_that_of_the_figures_of_the_day(shared, tmp_path):
    toy = json.loads((shared / "reference/domain/macro_asof_toy.json").read_text())
    rows = [row for row in toy["observations"] if row["series"] == "M2SL"]
    lines = sorted(
        f"{row['period']}-01,{row['release'].replace('Z', ':00Z')},{row['value']}" for row in rows
    )
    (tmp_path / "m.csv").write_text("\n".join(("date,known_at,value", *lines)))
    spec = PanelSpec(files="m.csv", stamp="release", calendar="24/7", fields=["value"])
    panel = load_panel("m2", spec, tmp_path, [], None)
    momentum = Momentum(panel="m2", value="value", days=21, change="absolute", max_age_days=40.0)
    # On 26 March 20783.4 was the newest figure, and 20785.0 the newest three weeks before.
    np.testing.assert_allclose(momentum.values(panel), [NAN, 20783.4 - 20785.0])
    assert (panel.known_at[1] - panel.known_at[0]) / DAY > 21
