"""A seeded market for demos and tests: nothing in it is real, and every page says so.

A small-cap index in bull and bear regimes, coins that list, halt and die, and their market caps.
Alts neither beat nor trail BTC in a way that can be foretold, but for the planted effect: after a
drought breakout of the index, and while the alts' share of all caps is above its mean, their
drift relative to BTC is raised. With `effect: 0` no rule has an edge, so that the same market
measures how often a test cries wolf.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from feeds import market_paths as paths
from feeds.align import fill_forward
from feeds.arrays import DAY, NEVER, Bool, Float, Instants, Int, day_number, instants
from feeds.cache import calendars_version, digest_of, remember
from feeds.calendars import ALWAYS, sessions
from feeds.coin_lives import CoinLives
from feeds.event_table import Event
from feeds.exact import rounded
from feeds.panel import MISSING_BARS, Panel, found
from feeds.validate import missing_bars

EXCHANGE = "XNYS"
INDEX_ID, CAPS_ID, BTC = "SMALLCAP", "MARKET", "BTC"
PREHISTORY_DAYS = 3653
"""Ten years of the index before the coins, so that droughts and records have a past."""


class SimulatedSpec(BaseModel):
    """A simulated market: an index (`equities`), `coins`, and caps: `caps`, `market_caps`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    seed: int = Field(1, ge=0, description="another seed gives another market")
    start: datetime.date = Field(
        datetime.date(2016, 1, 1),
        ge=datetime.date(1980, 1, 1),
        le=datetime.date(2040, 1, 1),
        strict=False,
        description="first day of the coins; the index begins ten years before",
    )
    days: int = Field(3000, ge=400, le=15_000, description="days of the coins")
    coins: int = Field(24, ge=8, le=500, description="coins, BTC included")
    effect: float = Field(
        1.0,
        ge=0,
        le=10,
        description="yearly log drift that alts gain on BTC after a drought breakout while their "
        "share rises; 0: no effect",
    )


def simulate(
    spec: SimulatedSpec, cache: Path | None = None
) -> tuple[dict[str, Panel], tuple[Event, ...]]:
    """The panels and the market events of a simulated market.

    Parameters
    ----------
    spec : SimulatedSpec
    cache : Path or None
        Where the trading sessions are kept, so that a second run need not work them out.

    Returns
    -------
    dict of str to Panel
        `equities` (sessions), `coins` (days), `caps` (totals, weekly) and `market_caps` (of each
        coin, daily), stamped as real files of their kind are.
    tuple of Event
        The delistings and the halt, in order of date.
    """
    # One stream a part: the number of coins changes nothing about the index.
    index_random, coin_random, life_random, bar_random = (
        np.random.default_rng([spec.seed, part]) for part in range(4)
    )
    first = np.datetime64(spec.start, "D")
    days = first + np.arange(spec.days) * DAY
    times = _session_times(first - PREHISTORY_DAYS * DAY, days[-1], cache)
    index = paths.index_path(index_random, len(times))
    fresh = _fresh_days(index, day_number(times.label), day_number(days))
    lives = CoinLives.draw(life_random, spec.days, spec.coins)
    log_price = paths.coin_paths(coin_random, spec.days, spec.coins)
    for coin in lives.dies:
        log_price[:, coin] += paths.collapse(spec.days, int(lives.last[coin]))
    alive = lives.has_bar
    supply = paths.supplies(life_random, log_price, lives.first)
    log_price[:, 1:] += paths.planted_effect(log_price, supply, alive, fresh, spec.effect)[:, None]
    coins = _coin_panel(bar_random, days, log_price, alive)
    panels = {
        "equities": _index_panel(bar_random, times, index),
        "coins": coins,
        "caps": _caps_panel(days, coins, supply),
        "market_caps": _coin_caps_panel(coins, supply),
    }
    return panels, lives.events(days, coins.ids)


def _session_times(first: np.datetime64, last: np.datetime64, cache: Path | None) -> Panel:
    """The sessions of the exchange as a panel without values."""

    def build() -> Panel:
        found = sessions(EXCHANGE, first, last)
        return Panel.build(
            "sessions", EXCHANGE, found.label, found.opened_at, found.closed_at, (), {}
        )

    described = {
        "sessions": [EXCHANGE, str(first), str(last)],
        "calendars": calendars_version() if cache else "",
    }
    return remember("sessions", digest_of(described), build, cache)


def _fresh_days(index: Float, session: Int, day: Int) -> Bool:
    """Whether a drought breakout was known at the start of each day and not long ago, (D,)."""
    record = np.append(False, index[1:] > np.maximum.accumulate(index)[:-1])
    at = session[record]
    fired = at[1:][np.diff(at) >= paths.DROUGHT_DAYS]
    # A session's close is known before the next day starts, not before its own does.
    last = np.searchsorted(np.append(NEVER, fired), day, side="left") - 1
    return day - np.append(NEVER, fired)[last] < paths.FRESH_DAYS


def _coin_panel(
    random: np.random.Generator, days: Instants, log_price: Float, alive: Bool
) -> Panel:
    coins = log_price.shape[1]
    bars = paths.bars(random, log_price, volume=2e7, gap=0.0005)
    ids = (BTC, *(f"SIM{i:0{max(2, len(str(coins - 1)))}d}" for i in range(1, coins)))
    label = instants(days)
    return Panel.build(
        "coins",
        ALWAYS,
        label,
        label,
        label + DAY,
        ids,
        {key: np.where(alive, values, np.nan) for key, values in bars.items()},
        found({MISSING_BARS: dict(zip(ids, missing_bars(label, label, alive), strict=True))}),
    )


def _index_panel(random: np.random.Generator, times: Panel, log_price: Float) -> Panel:
    bars = paths.bars(random, log_price[:, None], volume=1e11, gap=0.002)
    return Panel.build(
        "equities",
        EXCHANGE,
        times.label,
        times.opened_at,
        times.known_at,
        (INDEX_ID,),
        bars,
    )


def _caps_panel(days: Instants, coins: Panel, supply: Float) -> Panel:
    """Market caps at Sunday 00:00 UTC, from the closes known at that instant."""
    last_close = fill_forward(coins.close)
    caps = np.nan_to_num(last_close * supply)
    caps[(np.arange(len(days))[:, None] > _last_bar(coins))] = 0.0
    btc = caps[:, 0]
    total = caps.sum(axis=1)
    usdt = paths.stablecoin_cap(total)
    closes = days + DAY
    sunday = (day_number(closes) + 4) % 7 == 0  # 1970-01-01 was a Thursday
    label = instants(closes[sunday])
    values = {"total_cap": total + usdt, "btc_cap": btc, "usdt_cap": usdt}
    return Panel.build(
        "caps",
        ALWAYS,
        label,
        label,
        label,
        (CAPS_ID,),
        {key: rounded(value[sunday])[:, None] for key, value in values.items()},
    )


def _coin_caps_panel(coins: Panel, supply: Float) -> Panel:
    """Market caps of the coins at their closes."""
    times = coins.label, coins.opened_at, coins.known_at
    alive = coins.has_bar
    caps = np.where(alive, rounded(np.where(alive, coins.close * supply, 1.0)), np.nan)
    return Panel.build("market_caps", ALWAYS, *times, coins.ids, {"market_cap": caps})


def _last_bar(coins: Panel) -> Int:
    return len(coins) - 1 - coins.has_bar[::-1].argmax(axis=0)
