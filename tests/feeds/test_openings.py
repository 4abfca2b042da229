"""Opens that are the close before are told, year by year."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feeds.cache import load_panel
from feeds.openings import repeated_opens
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec
from tests.panels import coins


def on_exchange(panel: Panel) -> Panel:
    return Panel.build(
        "equities", "XNYS", panel.label, panel.opened_at, panel.known_at, panel.ids, panel.fields
    )


def test_a_year_of_opens_that_repeat_the_close_is_told() -> None:
    close = [10.0 + day % 7 for day in range(731)]
    # 2020 repeats the close before; 2021 opens elsewhere.
    open_ = [close[max(day - 1, 0)] + (0.5 if day >= 366 else 0.0) for day in range(731)]
    panel = coins({"A": close}, open_={"A": open_})
    assert repeated_opens(on_exchange(panel)) == {"A": (2020,)}
    assert repeated_opens(panel) == {}  # a market that never closes opens where it closed


@pytest.mark.shared
def test_the_opens_of_the_russell_are_not_to_be_trusted_before_2007(shared: Path) -> None:
    spec = PanelSpec(
        files="equities/RUT.csv.gz", stamp="session_close", calendar="XNYS", fields="ohlcv"
    )
    (years,) = repeated_opens(load_panel("equities", spec, shared / "data", (), None)).values()
    assert set(range(1987, 2007)) <= set(years)
    assert max(years) == 2006
    assert np.all(np.diff(years) == 1)
