"""The altcoin season index."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feeds.alt_season import Season, alt_season
from feeds.arrays import instants
from feeds.coins import read_coins
from feeds.errors import DataError
from feeds.event_table import Event
from feeds.panel import Panel

COINS = read_coins()
DAY = np.timedelta64(1, "D")


def prices(**closes: list[float | None]) -> Panel:
    close = np.array(list(closes.values()), dtype=float).T
    label = instants(np.datetime64("2020-01-01") + np.arange(len(close)))
    return Panel.build("coins", "24/7", label, label, label + DAY, tuple(closes), {"close": close})


def everybody(panel: Panel) -> np.ndarray:
    return np.ones((len(panel), len(panel.ids)), dtype=bool)


def test_only_strictly_higher_returns_than_btc_count() -> None:
    # Over two days BTC +20 %; A +30 %, B +20 %, C -10 %: one of three.
    panel = prices(A=[10, 1, 13], B=[10, 1, 12], BTC=[100, 1, 120], C=[10, 1, 9])
    found = alt_season(panel, everybody(panel), Season(days=2, members="now"), COINS)
    np.testing.assert_allclose(found.column("index"), [np.nan, np.nan, 100 / 3])
    assert list(found.column("eligible")) == [0, 0, 3]
    np.testing.assert_array_equal(found.known_at, panel.known_at)


def test_members_of_then_and_now_differ() -> None:
    # R rose into the list, F fell out of it.
    panel = prices(BTC=[100, 110], F=[10, 5], R=[1, 9])
    members = np.array([[True, True, False], [True, False, True]])
    for which, index in (("now", 100.0), ("then", 0.0)):
        season = Season(days=1, members=which)  # type: ignore[arg-type]
        assert alt_season(panel, members, season, COINS).column("index")[1] == index


def test_a_coin_without_a_price_then_is_counted_but_not_eligible() -> None:
    panel = prices(A=[10, 30], BTC=[100, 110], N=[None, 5])
    found = alt_season(panel, everybody(panel), Season(days=1, members="now"), COINS)
    assert (found.column("members")[1], found.column("eligible")[1]) == (2, 1)
    assert found.column("index")[1] == 100


@pytest.mark.parametrize(("recovery", "index"), [(0.0, 0.0), (2.0, 100.0)])
def test_what_ended_stays_with_its_recovery(recovery: float, index: float) -> None:
    panel = prices(BTC=[100, 100, 101], D=[10, 9, None])
    gone = Event(
        "D", "migration", np.datetime64("2020-01-02"), np.datetime64("NaT", "D"), recovery, "", ""
    )
    found = alt_season(panel, everybody(panel), Season(days=2), COINS, [gone])
    assert found.column("index")[2] == index
    assert found.column("eligible")[2] == 1


def test_without_btc_there_is_nothing_to_beat() -> None:
    panel = prices(A=[1, 2])
    with pytest.raises(DataError, match="panel 'coins' has no BTC"):
        alt_season(panel, everybody(panel), Season(), COINS)


@pytest.mark.parametrize("which", ["now", "then"])
def test_cutting_the_future_changes_nothing(which: str) -> None:
    random = np.random.default_rng(2)
    close = np.exp(np.cumsum(random.normal(0, 0.05, (200, 6)), axis=0))
    close[random.random(close.shape) < 0.05] = np.nan
    names = ("A", "B", "BTC", "C", "D", "E")
    panel = prices(**{name: list(close[:, i]) for i, name in enumerate(names)})
    members = random.random(close.shape) < 0.7
    end = Event("D", "delisting", np.datetime64("2020-05-01"), np.datetime64("NaT", "D"), 0, "", "")
    season = Season(days=30, members=which)  # type: ignore[arg-type]
    full = alt_season(panel, members, season, COINS, [end])
    for cut in (1, 40, 120, 125, 199):
        part = alt_season(panel.head(cut), members[:cut], season, COINS, [end])
        for key in full.fields:
            np.testing.assert_array_equal(part[key], full[key][:cut])


@pytest.mark.shared
def test_the_worked_example_is_reproduced(shared: Path) -> None:
    toy = json.loads((shared / "reference/domain/altseason_toy.json").read_text())
    names = sorted(toy["price_now"])
    close = np.full((91, len(names)), np.nan)
    for column, name in enumerate(names):
        close[0, column] = toy["price_90d_ago"][name] or np.nan
        close[90, column] = toy["price_now"][name]
    panel = prices(**{name: list(close[:, i]) for i, name in enumerate(names)})
    members = ~COINS.excluded(panel.ids, panel.known_at, ["stablecoin", "wrapped"])
    found = alt_season(panel, members, Season(days=90, members="now"), COINS)
    last = {key: values[90, 0] for key, values in found.fields.items()}
    assert last == {
        "index": toy["index"],
        "members": len(toy["eligible"]) + 1,  # NEW
        "eligible": len(toy["eligible"]),
        "outperforming": len(toy["outperform"]),
    }
