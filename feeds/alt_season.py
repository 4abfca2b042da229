"""The altcoin season index: how many of the largest coins have beaten BTC over a season."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from feeds.align import fill_forward
from feeds.arrays import DAY, Bool, Float
from feeds.coins import Coins
from feeds.dominance import MARKET
from feeds.errors import DataError
from feeds.event_table import Event
from feeds.panel import Panel

ALTCOIN_SEASON, BITCOIN_SEASON = 75.0, 25.0
"""At and above, at and below: blockchaincenter.net's names for the ends of the scale."""


class Season(BaseModel):
    """Over how many days coins are compared, and when they were chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    days: int = Field(90, ge=1, description="length of the season")
    members: Literal["now", "then"] = Field(
        "then",
        description="whose coins are compared: those that are members at the end of the season, as "
        "the sites do it, or at its start; coins that rose into the list flatter the former",
    )


def alt_season(
    prices: Panel, members: Bool, season: Season, coins: Coins, events: Sequence[Event] = ()
) -> Panel:
    """The percentage of eligible members whose return over the season is above that of BTC.

    Parameters
    ----------
    prices : Panel
        Daily bars with `close` (T, N), BTC among them.
    members : bool (T, N)
        Which ids are members at each row; BTC never counts. Leave out stablecoins and wrapped
        coins (`feeds.universe`).
    season : Season
    coins : Coins
        Says which of the ids is BTC.
    events : sequence of Event
        What ended is worth its recovery times the last close from then on, and stays a member.

    Returns
    -------
    Panel
        With the times of `prices`, one id, and the fields `index` in percent, NaN without an
        eligible member; `members`; `eligible`, those of them with a price at both ends of the
        season; `outperforming`, those of them with a return strictly above BTC's.

    References
    ----------
    blockchaincenter.net: altcoin season where 75 % of the top 50 beat BTC over 90 days.
    """
    price = _marks(prices, events)
    then = np.searchsorted(prices.label, prices.label - season.days * DAY, side="right") - 1
    there = (then >= 0) & (prices.label - season.days * DAY - prices.label[then] < DAY)
    now, before = price, np.where(there[:, None], price[then], np.nan)
    chosen = members if season.members == "now" else members[then] & there[:, None]
    is_btc = coins.is_coin(prices.ids, prices.known_at, "bitcoin")
    if not is_btc.any():
        raise DataError(f"panel '{prices.name}' has no BTC to compare coins with; add it")
    chosen = chosen & ~is_btc
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.where(before > 0, now / before, np.nan)
    btc = np.where(is_btc, growth, 0.0).sum(axis=1)
    eligible = chosen & ~np.isnan(growth) & ~np.isnan(btc)[:, None]
    with np.errstate(invalid="ignore"):
        outperforming = (eligible & (growth > btc[:, None])).sum(axis=1)
        index = 100 * outperforming / eligible.sum(axis=1)
    fields = {
        "index": index,
        "members": chosen.sum(axis=1),
        "eligible": eligible.sum(axis=1),
        "outperforming": outperforming,
    }
    return Panel.build(
        prices.name,
        prices.calendar,
        prices.label,
        prices.opened_at,
        prices.known_at,
        (MARKET,),
        {key: values[:, None] for key, values in fields.items()},
    )


def _marks(prices: Panel, events: Sequence[Event]) -> Float:
    """Last closes, and for what has ended its recovery, float64 (T, N)."""
    marks = fill_forward(prices.close)
    day = prices.label.astype("datetime64[D]")
    for event in events:
        if event.id in prices.ids and event.ends:
            column = prices.ids.index(event.id)
            ended = day > event.last_bar
            lived = np.flatnonzero(~ended & prices.has_bar[:, column])
            if len(lived):
                marks[ended, column] = event.recovery * prices.close[lived[-1], column]
    return marks
