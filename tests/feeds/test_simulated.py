"""A simulated market that could be one, and in which nothing can be found unless planted."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
import pytest
from pydantic import ValidationError

from feeds.arrays import Bool, Float
from feeds.events import Event, split_by_events
from feeds.files import Rows
from feeds.panel import Panel
from feeds.quality import check_rows
from feeds.simulated import SimulatedSpec, simulate

Market = tuple[dict[str, Panel], tuple[Event, ...]]


@pytest.fixture(scope="module")
def market() -> Market:
    return simulate(SimulatedSpec())


def breakouts(index: Panel) -> list[int]:
    """Days of record closes after a drought of a year, by the plain definition."""
    top, since, found = index.close[0, 0], int(index.day[0]), []
    for row in range(1, len(index)):
        if index.close[row, 0] > top:
            day = int(index.day[row])
            if row > 1 and day - since >= 365 and since != int(index.day[0]):
                found.append(day)
            top, since = index.close[row, 0], day
    return found


def alt_share(caps: Panel) -> Float:
    total = caps.column("total_cap")
    return (total - caps.column("btc_cap") - caps.column("usdt_cap")) / total


def test_the_panels_have_the_shape_of_real_ones(market: Market) -> None:
    panels, _ = market
    index, coins, caps = (panels[name] for name in ("equities", "coins", "caps"))
    assert index.ids == ("SMALLCAP",)
    assert index.calendar == "XNYS"
    assert coins.ids == ("BTC", *(f"SIM{i:02d}" for i in range(1, 24)))
    assert len(coins) == 3000
    assert coins.label[0] == np.datetime64("2016-01-01")
    assert np.all(coins.known_at - coins.label == np.timedelta64(1, "D"))
    # Ten years of the index come before the coins.
    assert coins.label[0] - index.label[0] >= np.timedelta64(3650, "D")
    assert set(caps.fields) == {"total_cap", "btc_cap", "usdt_cap"}
    assert np.all(np.diff(caps.label) == np.timedelta64(7, "D"))
    assert {t.item().weekday() for t in caps.label.astype("datetime64[D]")} == {6}  # Sundays
    assert np.array_equal(caps.known_at, caps.label)


def test_sessions_close_when_the_exchange_does(market: Market) -> None:
    index = market[0]["equities"]
    close = {str(t)[:10]: str(t)[11:16] for t in index.known_at}
    # Winter, summer, the half day after Thanksgiving, and the day of mourning without session.
    assert close["2020-01-15"] == "21:00"
    assert close["2020-07-15"] == "20:00"
    assert close["2020-11-27"] == "18:00"
    assert "2018-12-05" not in close


def test_every_bar_passes_the_checks_at_the_border(market: Market) -> None:
    for name in ("equities", "coins"):
        panel = market[0][name]
        for column, id in enumerate(panel.ids):
            rows = panel.has_bar[:, column]
            values = {key: field[rows, column] for key, field in panel.fields.items()}
            checked = check_rows(Rows(id, panel.label[rows], None, values), tradable=True)
            assert not checked.findings
            assert len(checked.rows.time) == rows.sum()


def test_prices_volumes_and_caps_have_eight_digits(market: Market) -> None:
    for panel in market[0].values():
        for values in panel.fields.values():
            known = values[~np.isnan(values)]
            np.testing.assert_array_equal([float(f"{x:.7e}") for x in known[:5000]], known[:5000])


def test_bars_open_near_the_close_before(market: Market) -> None:
    coins = market[0]["coins"]
    gap = np.abs(np.log(coins.open[1:] / coins.close[:-1]))
    assert np.nanquantile(gap, 0.99) < 0.005


def test_volatility_and_falls_are_those_of_such_markets(market: Market) -> None:
    panels, _ = market
    index, coins = panels["equities"], panels["coins"]
    yearly = np.diff(np.log(index.close[:, 0])).std() * np.sqrt(252)
    assert 0.15 < yearly < 0.25
    daily = np.nanstd(np.diff(np.log(coins.close), axis=0), axis=0) * np.sqrt(365)
    assert 0.55 < daily[0] < 0.80
    assert 0.80 < np.median(daily[1:]) < 1.15
    btc = coins.close[:, 0]
    assert -0.95 < (btc / np.maximum.accumulate(btc) - 1).min() < -0.6


def test_small_caps_break_out_after_droughts_in_the_period(market: Market) -> None:
    panels, _ = market
    inside = [day for day in breakouts(panels["equities"]) if day >= panels["coins"].day[0]]
    assert 2 <= len(inside) <= 5


def test_coins_list_over_time_die_and_halt(market: Market) -> None:
    panels, events = market
    coins = panels["coins"]
    assert coins.has_bar[:, 0].all()
    first = coins.has_bar.argmax(axis=0)
    assert (first == 0).sum() >= 4
    assert len(np.unique(first)) > 10
    ends = {e.id: e for e in events if e.kind == "delisting"}
    assert len(ends) >= 3
    for id, event in ends.items():
        rows = np.flatnonzero(coins.has_bar[:, coins.ids.index(id)])
        assert coins.label[rows[-1]] == event.last_bar
        assert 0 <= event.recovery <= 0.1
        close = coins.close[rows, coins.ids.index(id)]
        assert close[-1] < 0.2 * close[-20]
    alive = coins.has_bar[-1]
    assert {id for id, a in zip(coins.ids, alive, strict=True) if not a} == set(ends)
    assert [e.kind for e in events].count("halt") == 1


def test_the_events_fit_the_bars(market: Market) -> None:
    panels, events = market
    coins = split_by_events(panels["coins"], events)
    assert coins.ids == panels["coins"].ids
    assert coins.counts["missing_bars"] == 0  # every gap is the halt
    assert coins.counts["explained_bars"] > 10


def test_caps_follow_the_prices(market: Market) -> None:
    panels, _ = market
    coins, caps = panels["coins"], panels["caps"]
    row = np.searchsorted(coins.known_at, caps.known_at)
    assert np.array_equal(coins.known_at[row], caps.known_at)
    supply = caps.column("btc_cap") / coins.close[row, 0]
    np.testing.assert_allclose(supply, 16e6, rtol=1e-6)
    share = alt_share(caps)
    assert share.min() > 0.1
    assert share.max() < 0.7
    assert np.all(caps.column("usdt_cap") > 0)


def test_equal_specs_are_equal_and_other_seeds_are_not(market: Market) -> None:
    again, events = simulate(SimulatedSpec())
    other, _ = simulate(SimulatedSpec(seed=2))
    for name, panel in market[0].items():
        assert panel.digest == again[name].digest
        assert panel.digest != other[name].digest
    assert repr(events) == repr(market[1])


def test_the_effect_moves_alts_and_nothing_else(market: Market) -> None:
    none, _ = simulate(SimulatedSpec(effect=0.0))
    panels, _ = market
    assert none["equities"].digest == panels["equities"].digest
    assert np.array_equal(none["coins"].close[:, 0], panels["coins"].close[:, 0])
    ratio = np.log(panels["coins"].close[-1, 1:] / none["coins"].close[-1, 1:])
    assert np.nanmin(ratio) > 0.2
    assert np.nanmax(ratio) - np.nanmin(ratio) < 1e-6


def pooled(effect: float, seeds: int) -> tuple[float, float]:
    """Yearly return of alts over BTC, over many markets: on the effect's days, and on others."""
    on_sum = on_days = off_sum = off_days = 0.0
    for seed in range(seeds):
        panels, _ = simulate(SimulatedSpec(seed=seed, effect=effect))
        coins = panels["coins"]
        on = _favourable(panels)[1:]
        growth = coins.close[1:] / coins.close[:-1]
        beyond = np.nanmean(growth[:, 1:], axis=1) - growth[:, 0]
        on_sum, on_days = on_sum + beyond[on].sum(), on_days + on.sum()
        off_sum, off_days = off_sum + beyond[~on].sum(), off_days + (~on).sum()
    return on_sum / on_days * 365, off_sum / off_days * 365


def _favourable(panels: Mapping[str, Panel]) -> Bool:
    """Fresh breakout, and share above its 13-week mean, both known when the day starts."""
    coins, caps = panels["coins"], panels["caps"]
    share = alt_share(caps)
    mean = np.convolve(share, np.ones(13) / 13)[: len(share)]
    rising = (share > mean) & (np.arange(len(share)) >= 12)
    row = np.searchsorted(caps.known_at, coins.label, side="right") - 1
    fresh = np.zeros(len(coins), dtype=bool)
    for day in breakouts(panels["equities"]):
        fresh |= (coins.day > day) & (coins.day - day < 180)
    return fresh & (row >= 0) & rising[row]


def test_a_planted_effect_is_there_and_no_effect_is_none() -> None:
    # Pooled over 400 seeds: -0.08 against -0.10 a year without effect (standard error 0.03),
    # 0.90 with an effect of 1. Forty seeds have a standard error of about 0.1 to 0.16.
    on, off = pooled(0.0, 40)
    assert abs(on - off) < 0.4
    on, off = pooled(1.0, 40)
    assert 0.5 < on - off < 1.5


@pytest.mark.parametrize("coins", [8, 120])
def test_small_and_large_markets_work(coins: int) -> None:
    start = datetime.date(1995, 6, 1)
    panels, events = simulate(SimulatedSpec(seed=9, start=start, days=400, coins=coins))
    assert len(panels["coins"].ids) == coins
    assert panels["coins"].ids == tuple(sorted(panels["coins"].ids))
    split_by_events(panels["coins"], events)


def test_a_spec_may_hold_its_date_as_text_and_refuses_nonsense() -> None:
    assert SimulatedSpec.model_validate({"start": "2016-01-01"}) == SimulatedSpec()
    for wrong in ({"days": 10}, {"coins": 2}, {"effect": -1.0}, {"seed": -1}, {"speed": 1}):
        with pytest.raises(ValidationError):
            SimulatedSpec.model_validate(wrong)
