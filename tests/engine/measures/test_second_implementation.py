"""Measures against plain loops and against NumPy's own, on random series."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.drawdowns import deepest, episodes, max_dd_peak_index, n_drawdowns
from engine.measures import (
    longest_loss_streak,
    longest_win_streak,
    max_dd_recovery_index,
    max_dd_trough_index,
    max_drawdown_duration,
    rolling_beta,
    rolling_maxdd,
    rolling_return,
    rolling_sharpe,
    rolling_sortino,
    rolling_vol,
    varies,
    yearly_table,
)
from engine.measures import rolling as rolling_module
from engine.measures.growth import curve
from engine.measures.moments import deviation, mean
from engine.measures.summary import summary
from feeds.arrays import instants
from feeds.errors import DataError


def rounded(seed: int, bars: int) -> np.ndarray:
    """Returns among which ties, zeros and full recoveries are common."""
    return np.random.default_rng(seed).integers(-2, 3, bars) / 8.0


def loop(nav: np.ndarray) -> list[tuple[int, int, int | None, int]]:
    """Peak, trough, recovery and bars of every drawdown, point by point."""
    found, peak, trough = [], 0, 0
    for place in range(1, len(nav)):
        if nav[place] >= nav[peak] * (1 - 1e-12):
            if trough > peak:
                found.append((peak, trough, place, place - peak))
            peak = trough = place
        elif trough == peak or nav[place] / nav[peak] < nav[trough] / nav[peak]:
            trough = place
    if trough > peak:
        found.append((peak, trough, None, len(nav) - 1 - peak))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_drawdowns_are_those_of_a_plain_loop(seed: int) -> None:
    nav = curve(rounded(seed, 3 + 5 * seed))
    expected = loop(nav)
    assert [(d.peak, d.trough, d.recovery, d.bars) for d in episodes(nav)] == expected
    assert n_drawdowns(nav) == len(expected)
    assert max_drawdown_duration(nav) == max((each[3] for each in expected), default=0)
    order = sorted(episodes(nav), key=lambda each: (each.depth, each.peak))
    assert deepest(nav, 3) == tuple(order[:3])
    if order:
        places = (max_dd_peak_index(nav), max_dd_trough_index(nav), max_dd_recovery_index(nav))
        worst = order[0]
        recovery = math.nan if worst.recovery is None else worst.recovery
        np.testing.assert_equal(places, (worst.peak, worst.trough, recovery))


@pytest.mark.parametrize("seed", range(10))
def test_streaks_are_those_of_a_plain_loop(seed: int) -> None:
    returns = rounded(seed, 1 + 7 * seed)
    longest = {1: 0, -1: 0, 0: 0}
    run, last = 0, 0
    for sign in np.sign(returns).astype(int).tolist():
        run, last = (run + 1 if sign == last else 1), sign
        longest[sign] = max(longest[sign], run)
    assert longest_win_streak(returns) == longest[1]
    assert longest_loss_streak(returns) == longest[-1]


def test_mean_and_deviation_are_those_of_numpy_to_the_last_bit() -> None:
    rng = np.random.default_rng(3)
    for count in (2, 3, 17, 1000):
        values = 0.01 * rng.standard_normal(count)
        assert mean(values) == np.mean(values)
        assert deviation(values) == np.std(values, ddof=1)
    assert not varies(np.full(100, 0.001))


def test_windows_are_measured_like_samples_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # Small pieces, so that several are needed.
    monkeypatch.setattr(rolling_module, "_CELLS", 50)
    rng = np.random.default_rng(4)
    returns, benchmark = 0.02 * rng.standard_normal((2, 30))
    returns[10:20] = 0.0
    window = 7
    found = {
        "sharpe": rolling_sharpe(returns, window, 365.0),
        "ann_vol": rolling_vol(returns, window, 365.0),
        "sortino": rolling_sortino(returns, window, 365.0),
        "beta": rolling_beta(returns, benchmark, window),
        "total_return": rolling_return(returns, window),
        "max_drawdown": rolling_maxdd(returns, window),
    }
    for name, values in found.items():
        assert np.isnan(values[: window - 1]).all()
        for stop in range(window, 31):
            piece = slice(stop - window, stop)
            own = summary(returns[piece], periods_per_year=365.0, benchmark=benchmark[piece])
            expected = pytest.approx(own[name], rel=1e-9, abs=1e-12, nan_ok=True)
            assert values[stop - 1] == expected, (name, stop)


def test_a_window_longer_than_the_series_gives_nothing() -> None:
    assert np.isnan(rolling_vol(np.zeros(3), 4, 365.0)).all()
    with pytest.raises(DataError, match="a window of 0 bars"):
        rolling_return(np.zeros(3), 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.5])
def test_windows_of_what_no_account_can_have_stop_with_the_place(value: float) -> None:
    good = np.array([0.01, -0.02, 0.03, 0.01])
    bad = np.array([0.01, -0.02, value, 0.01])
    calls = (
        lambda: rolling_sharpe(bad, 2, 365.0),
        lambda: rolling_vol(bad, 2, 365.0),
        lambda: rolling_sortino(bad, 2, 365.0),
        lambda: rolling_return(bad, 2),
        lambda: rolling_maxdd(bad, 2),
        lambda: rolling_beta(bad, good, 2),
    )
    for call in calls:
        with pytest.raises(DataError, match=r"the returns: a return .* at place 2"):
            call()
    with pytest.raises(DataError, match=r"the benchmark's returns: a return .* at place 2"):
        rolling_beta(good, bad, 2)


def test_windows_of_other_bars_or_of_no_year_stop() -> None:
    returns = np.array([0.01, -0.02, 0.03])
    with pytest.raises(DataError, match="2 returns of the benchmark for 3 bars"):
        rolling_beta(returns, returns[1:], 2)
    for measure in (rolling_sharpe, rolling_vol, rolling_sortino):
        for per_year in (0.0, -5.0, np.nan):
            with pytest.raises(DataError, match="periods_per_year is"):
                measure(returns, 2, per_year)


def test_years_compound_to_the_total() -> None:
    days = instants(np.datetime64("2019-11-01") + np.arange(500))
    returns = rounded(1, 500) / 10.0
    found = yearly_table(returns, days)
    assert list(found) == ["2019", "2020", "2021"]
    # November and December 2019 have 61 days, 2020 has 366.
    pieces = [returns[:61], returns[61:427], returns[427:]]
    for value, piece in zip(found.values(), pieces, strict=True):
        assert value == pytest.approx(math.prod((1 + piece).tolist()) - 1, rel=1e-12)
