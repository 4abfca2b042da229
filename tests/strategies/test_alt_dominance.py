from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from feeds.errors import DataError
from strategies.signals import AltDominance
from tests.strategies.panels import days, read_panel, value_panel

NAN = np.nan


def dominance(share: str = "alt / total", **parameters) -> AltDominance:
    return AltDominance(panel="test", share=share, **parameters)


def shares(values, label=None):
    return value_panel(days(len(values)) if label is None else label, x=values)


def test_without_a_window_the_value_is_the_share():
    panel = value_panel(days(3), alt=[1.0, 2.0, NAN], total=[4.0, 4.0, 4.0])
    np.testing.assert_equal(dominance().values(panel), [0.25, 0.5, NAN])


def test_a_share_of_nothing_is_unknown():
    panel = value_panel(days(2), alt=[1.0, 0.0], total=[0.0, 0.0])
    assert np.isnan(dominance().values(panel)).all()


def test_the_mean_covers_the_last_days_and_the_current_row():
    # Two-day means: rows 1-2 give 2.5, rows 2-3 give 3.5; full from the row 2 days after the first.
    values = dominance("x", mean_days=2).values(shares([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_equal(values, [NAN, NAN, 0.5, 0.5])


def test_weekly_rows_in_a_window_of_91_days_are_thirteen():
    x = np.arange(20.0) ** 2
    values = dominance("x", mean_days=91).values(shares(x, days(20, step=7)))
    # Row 13 is day 91; its window is rows 1 to 13, the mean of whose squares is 819 / 13 = 63.
    assert np.isnan(values[:13]).all()
    assert values[13] == 169 - 63


def test_the_slope_of_a_line_is_its_slope_per_day():
    x = 0.3 + 0.002 * 7 * np.arange(20)
    values = dominance("x", slope_days=28).values(shares(x, days(20, step=7)))
    assert np.isnan(values[:4]).all()
    np.testing.assert_allclose(values[4:], 0.002, rtol=1e-10)


def test_the_slope_is_least_squares():
    # Days 1, 2, 3 with 1, 0, 2: slope = sum((t - 2) * x) / 2 = (2 - 1) / 2.
    values = dominance("x", slope_days=3).values(shares([7.0, 1.0, 0.0, 2.0]))
    assert values[3] == pytest.approx(0.5, rel=1e-12)


def test_blank_rows_are_left_out_and_a_blank_now_is_unknown():
    values = dominance("x", mean_days=3).values(shares([0.0, 1.0, NAN, 3.0, NAN, 5.0]))
    # Row 3 sees 1 and 3 (mean 2), row 5 sees 3 and 5 (mean 4).
    np.testing.assert_equal(values, [NAN, NAN, NAN, 1.0, NAN, 1.0])


def test_the_window_is_full_a_window_after_the_first_known_row():
    values = dominance("x", mean_days=2).values(shares([NAN, NAN, 1.0, 1.0, 4.0]))
    np.testing.assert_equal(values, [NAN, NAN, NAN, NAN, 1.5])


@pytest.mark.parametrize("window", [{"mean_days": 7}, {"slope_days": 7}])
def test_a_share_that_stands_still_is_exactly_zero(window):
    # 0.1 is no double: naive running sums leave 1e-17 of either sign, and `> 0` would flicker.
    x = np.where(np.arange(2000) < 1000, 0.7, 0.1)
    values = dominance("x", **window).values(shares(x))
    assert (values[7:1000] == 0).all()
    assert (values[1010:] == 0).all()


@pytest.mark.parametrize("days_in_window", [2, 3, 7, 91, 364])
@pytest.mark.parametrize("step", [1 / 24, 1, 7])
def test_the_slope_of_a_share_that_stands_still_is_zero_however_short_the_window(
    days_in_window, step
):
    rows = 4000
    noise = np.random.default_rng(1).choice([0.0, 1e-16], rows)  # the last bit of the share
    label = np.datetime64("2017-01-01", "ns") + (np.arange(rows) * step * 86_400e9).astype(int)
    gaps = np.flatnonzero(np.random.default_rng(2).random(rows) < 0.8)
    for kept in (np.arange(rows), gaps):
        panel = shares((0.37 + noise)[kept], label[kept])
        values = dominance("x", slope_days=days_in_window).values(panel)
        assert (values[~np.isnan(values)] == 0).all()


def test_a_slope_keeps_its_digits_after_many_years():
    rows = 20_000
    x = 0.3 + np.cumsum(np.random.default_rng(3).normal(0, 1e-4, rows))
    values = dominance("x", slope_days=3).values(shares(x))
    # Over days t - 2, t - 1 and t the slope is half the difference of the outer ones.
    np.testing.assert_allclose(values[3:], (x[3:] - x[1:-2]) / 2, rtol=1e-9, atol=1e-12)


def test_a_slope_of_a_single_row_is_unknown():
    panel = shares([1.0, 2.0, 3.0], days(3, step=10))
    assert np.isnan(dominance("x", slope_days=5).values(panel)).all()


@pytest.mark.parametrize("values", [[], [NAN, NAN], [1.0]])
@pytest.mark.parametrize("window", [{}, {"mean_days": 2}, {"slope_days": 2}])
def test_tiny_panels_are_unknown_or_the_share(values, window):
    found = dominance("x", **window).values(shares(values))
    np.testing.assert_equal(found, np.full(len(values), NAN) if window else np.array(values))


@given(
    x=st.lists(st.sampled_from([0.1, 0.2, 0.35, 0.9, NAN]), min_size=1, max_size=40),
    step=st.integers(1, 7),
    window=st.integers(2, 30),
)
def test_windows_agree_with_a_second_implementation(x, step, window):
    day = [step * i for i in range(len(x))]
    mean, slope = [], []
    for t in range(len(x)):
        rows = [i for i in range(t + 1) if day[i] > day[t] - window and x[i] == x[i]]
        known = [i for i in range(len(x)) if x[i] == x[i]]
        full = bool(known) and x[t] == x[t] and day[known[0]] <= day[t] - window
        mean.append(x[t] - sum(x[i] for i in rows) / len(rows) if full else NAN)
        fits = full and len(rows) > 1
        slope.append(
            np.polyfit([day[i] for i in rows], [x[i] for i in rows], 1)[0] if fits else NAN
        )
    panel = shares(x, days(len(x), step))
    np.testing.assert_allclose(dominance("x", mean_days=window).values(panel), mean, atol=1e-12)
    np.testing.assert_allclose(dominance("x", slope_days=window).values(panel), slope, atol=1e-12)


@pytest.mark.shared
def test_the_weekly_share_of_alts_equals_one_computed_by_pandas(shared):
    import pandas as pd

    path = shared / "data/dominance/cmc_weekly_market_caps_2013-2024.csv.gz"
    table = pd.read_csv(path, index_col="date", parse_dates=True)
    share = (table.total_cap - table.btc_cap - table.usdt_cap) / table.total_cap
    expected = (share - share.rolling("91D").mean()).to_numpy().copy()
    known = np.flatnonzero(share.notna())[0]
    days_since = (table.index - table.index[known]).days
    expected[days_since < 91] = np.nan
    signal = dominance("(total_cap - btc_cap - usdt_cap) / total_cap", mean_days=91)
    np.testing.assert_allclose(signal.values(read_panel(path)), expected, atol=1e-13)


def test_an_unknown_field_is_named():
    with pytest.raises(DataError, match="no field 'total'"):
        dominance().values(value_panel(days(1), alt=[1.0]))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"share": "alt > total"}, "must be a number made of fields"),
        ({"share": "0.5"}, "must be a number made of fields"),
        ({"share": "alt ** 2"}, "column 1: not allowed"),
        ({"share": "alt", "mean_days": 7, "slope_days": 7}, "exclude each other"),
        ({"share": "alt", "mean_days": 0}, "greater than or equal to 1"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters, message):
    with pytest.raises(ValidationError, match=message):
        AltDominance(panel="test", **parameters)
