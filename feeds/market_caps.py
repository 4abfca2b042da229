"""Market caps from prices, where no vendor gives caps often enough."""

from __future__ import annotations

import numpy as np

from feeds.align import last_seen
from feeds.errors import DataError
from feeds.panel import Panel


def caps_from_supply(prices: Panel, supplies: Panel, max_age_days: float) -> Panel:
    """Market caps as price times the last supply known when the price became known.

    Parameters
    ----------
    prices : Panel
        With `close` (T, N).
    supplies : Panel
        With `circulating_supply` (R, M); a blank is a supply that was not told in that row.
    max_age_days : float
        Age in days from which on a supply is too old to be used.

    Returns
    -------
    Panel
        The rows of `prices` for the ids that both panels have, with the field `market_cap`; NaN
        without a price, and without a supply of that age.
    """
    ids = tuple(name for name in prices.ids if name in supplies.ids)
    if not ids:
        raise DataError(
            f"panels '{prices.name}' and '{supplies.name}' have no id in common; name both by "
            "coin (feeds.coins.by_coin)"
        )
    price, supply = prices.pick(ids), supplies.pick(ids)["circulating_supply"]
    told = np.where(np.isnan(supply), -1, np.arange(len(supply))[:, None])
    newest = np.vstack((np.full(len(ids), -1), np.maximum.accumulate(told, axis=0)))
    row = newest[last_seen(supplies.known_at, price.known_at) + 1]
    age = price.known_at[:, None] - supplies.known_at[row]
    fresh = (row >= 0) & (age <= np.timedelta64(round(max_age_days * 86_400), "s"))
    cap = np.where(fresh, np.take_along_axis(supply, np.maximum(row, 0), axis=0), np.nan)
    return Panel.build(
        prices.name,
        prices.calendar,
        prices.label,
        prices.opened_at,
        prices.known_at,
        ids,
        {"market_cap": cap * price.close},
    )
