"""Missing bars stop a run beyond a limit, and only those that nobody declared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from feeds.arrays import instants
from feeds.gaps import too_many_missing
from feeds.panel import MISSING_BARS, Panel, found
from feeds.quality import QualitySpec
from tests.panels import coins


def panel_with(missing: dict[str, list[int]]) -> Panel:
    """Ten days of two coins from 2020-01-01, with bars of some days missing."""
    prices = {
        name: [None if day in missing.get(name, ()) else 10.0 for day in range(1, 11)]
        for name in ("A", "B")
    }
    panel = coins(prices)
    labels = {
        name: instants([f"2020-01-{day:02d}" for day in days]) for name, days in missing.items()
    }
    return replace(panel, quality=found({MISSING_BARS: labels}))


def test_missing_bars_within_the_limits_are_borne() -> None:
    assert too_many_missing(panel_with({"A": [3, 4]}), QualitySpec()) == {}


def test_an_id_that_misses_too_large_a_share_is_named() -> None:
    panel = panel_with({"A": [2, 4, 6], "B": [5]})
    # 3 of 10 bars of A, one day each time; 1 of 10 of B.
    told = too_many_missing(panel, QualitySpec(max_missing_share=0.2))
    assert told == {"A": "A has 3 missing bars (30.0%), 1 days in a row from 2020-01-02"}


def test_the_longest_run_of_missing_bars_counts_in_days() -> None:
    panel = panel_with({"A": [2, 5, 6, 7]})
    told = too_many_missing(panel, QualitySpec(max_missing_days=2))
    assert told == {"A": "A has 4 missing bars (40.0%), 3 days in a row from 2020-01-05"}
    assert too_many_missing(panel, QualitySpec(max_missing_days=3)) == {}


def test_a_policy_may_bear_no_missing_bar() -> None:
    told = too_many_missing(panel_with({"B": [4]}), QualitySpec(missing_bars="stop"))
    assert list(told) == ["B"]


def test_no_missing_bars_are_no_fault() -> None:
    panel = coins({"A": [1.0, 2.0]})
    assert too_many_missing(panel, QualitySpec(missing_bars="stop")) == {}
    assert np.all(panel.has_bar)
