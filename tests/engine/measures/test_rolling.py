"""Rolling measures at chosen bars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.measures import (
    rolling_beta,
    rolling_maxdd,
    rolling_return,
    rolling_sharpe,
    rolling_sortino,
    rolling_vol,
)

DRAWN = np.random.default_rng(11).normal(0.001, 0.02, (2, 700))
MEASURES: dict[str, Callable[..., np.ndarray]] = {
    "return": lambda at: rolling_return(DRAWN[0], 90, at),
    "vol": lambda at: rolling_vol(DRAWN[0], 90, 365.0, at),
    "sharpe": lambda at: rolling_sharpe(DRAWN[0], 90, 365.0, at),
    "sortino": lambda at: rolling_sortino(DRAWN[0], 90, 365.0, at),
    "beta": lambda at: rolling_beta(DRAWN[0], DRAWN[1], 90, at),
    "maxdd": lambda at: rolling_maxdd(DRAWN[0], 90, at),
}


@pytest.mark.parametrize("name", MEASURES)
def test_windows_that_end_at_chosen_bars_are_those_of_all_bars(name: str) -> None:
    at = np.array([0, 88, 89, 90, 333, 698, 699])
    every = MEASURES[name](None)
    assert len(every) == 700
    assert MEASURES[name](at) == pytest.approx(every[at], rel=1e-12, nan_ok=True)


def test_a_window_holds_its_own_bar_and_none_later() -> None:
    at = np.array([300])
    window = DRAWN[0, 211:301]
    expected = np.sqrt(365.0) * np.mean(window) / np.std(window, ddof=1)
    assert rolling_sharpe(DRAWN[0], 90, 365.0, at)[0] == pytest.approx(expected, rel=1e-12)
    later = np.concatenate((DRAWN[0, :301], np.full(399, 9.0)))
    assert rolling_sharpe(later, 90, 365.0, at)[0] == pytest.approx(expected, rel=1e-12)


def test_bars_before_the_first_whole_window_have_no_value() -> None:
    assert np.isnan(rolling_vol(DRAWN[0], 90, 365.0, np.array([0, 88]))).all()
