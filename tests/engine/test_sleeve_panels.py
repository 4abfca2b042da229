"""Market caps as a basket sees them: by coin, as known at the close, not too old."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.config import load_config
from engine.inputs import load_inputs
from engine.runs import run
from engine.sleeve_panels import joined_caps, sleeve_panels
from feeds.coins import read_coins
from feeds.errors import DataError
from feeds.panel import Panel
from tests.engine.markets import QUIET
from tests.engine.test_members import config, root
from tests.panels import coins

__all__ = ["root"]  # a fixture

NAN = np.nan


def caps_panel(start: str, step_days: int, **columns: list[float]) -> Panel:
    table = np.array(list(columns.values())).T
    times = np.datetime64(start, "ns") + np.arange(len(table)) * np.timedelta64(step_days, "D")
    return Panel.build("caps", "24/7", times, times, times, tuple(columns), {"market_cap": table})


def test_a_cap_is_the_last_one_known_at_the_close_until_it_is_too_old() -> None:
    clock = coins({"BTCUSDT": [1.0] * 8, "XYZUSDT": [1.0] * 8})
    # Known at 00:00 of 3 and 6 January; closes are at 00:00 of 2 to 9 January.
    caps = caps_panel("2020-01-03", 3, bitcoin=[5.0, NAN], ethereum=[1.0, 1.0])
    found = joined_caps(clock, read_coins(), caps, max_age_days=4)
    # The blank of the 6th tells nothing: the cap of the 3rd holds until the 7th.
    np.testing.assert_array_equal(found[:, 0], [NAN, 5, 5, 5, 5, 5, NAN, NAN])
    assert np.isnan(found[:, 1]).all()  # a coin that no cap is known of


def test_a_cap_of_zero_is_unknown() -> None:
    clock = coins({"BTCUSDT": [1.0] * 4})
    caps = caps_panel("2020-01-02", 1, bitcoin=[5.0, 0.0, 7.0])
    found = joined_caps(clock, read_coins(), caps, max_age_days=1)
    assert found[:, 0].tolist() == [5.0, 5.0, 7.0, 7.0]


def test_a_ticker_that_was_taken_over_has_the_cap_of_its_coin_of_the_day() -> None:
    # LUNA is Terra Classic until 28 May 2022 and the new Terra afterwards.
    clock = coins({"LUNAUSDT": [1.0] * 6}, start="2022-05-25")
    known = {span.coin: [10.0 + place] * 9 for place, span in enumerate(read_coins().spans("LUNA"))}
    assert len(known) == 2
    found = joined_caps(clock, read_coins(), caps_panel("2022-05-24", 1, **known), 5)
    assert found[:, 0].tolist() == [10.0, 10.0, 10.0, 11.0, 11.0, 11.0]


def capped(root: Path, **basket: Any) -> dict[str, Any]:
    of = config(root)
    of["universe"] = {"ids": ["AAA", "BBB"]}
    of["sleeves"] = {"all": {"kind": "cap_weight", "caps": "caps", **basket}}
    return of


def test_a_basket_is_weighted_by_the_caps_of_the_day(root: Path, tmp_path: Path) -> None:
    result = run(capped(root), output=tmp_path / "results", tearsheet=False)
    # A has 9 of 12 until the cap of 15 February, then 3 of 12; bought at 10, B is at 20 since the
    # 10th. Decisions: 2 January (close), the month starts.
    first = result.positions
    assert first["AAA"][1] * 10 / result.nav[1] == pytest.approx(0.75)
    assert first["BBB"][1] * 10 / result.nav[1] == pytest.approx(0.25)
    assert first["AAA"][-1] * 10 / result.nav[-1] == pytest.approx(0.25)


def test_what_caps_were_joined_is_part_of_the_id(root: Path, tmp_path: Path) -> None:
    of = capped(root)
    result = run(of, output=tmp_path / "results", tearsheet=False)
    assert "of all" in result.manifest["digests"]["panels"]
    inputs = load_inputs(load_config(of), None, QUIET)
    assert set(sleeve_panels(load_config(of), inputs)) == {"all"}
    assert sleeve_panels(load_config(config(root)), inputs) == {}


def test_a_panel_without_caps_is_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="panel 'supply' has no field 'market_cap'"):
        run(capped(root, caps="supply"), output=tmp_path / "results", tearsheet=False)
