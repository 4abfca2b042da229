"""What baskets see beside the bars of the clock: market caps, joined by coin."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from engine.config import Experiment
from engine.inputs import Inputs
from engine.universe import coins_of
from feeds.align import last_seen
from feeds.arrays import DAY, Float, read_only
from feeds.calendars import ALWAYS
from feeds.coins import Coins, by_coin
from feeds.panel import Panel
from feeds.universe import Market
from strategies.baskets import CapWeight
from strategies.baskets.cap_weight import MARKET_CAP


def sleeve_panels(experiment: Experiment, inputs: Inputs) -> dict[str, Panel]:
    """The clock with the field `market_cap`, by sleeve, for those that are weighted by it.

    Parameters
    ----------
    experiment : Experiment
    inputs : Inputs
    """
    found = {}
    for name, basket in sorted(experiment.sleeves.items()):
        if isinstance(basket, CapWeight) and basket.caps is not None:
            caps = by_coin(inputs.panels[basket.caps], coins_of(experiment, basket.caps))
            own = coins_of(experiment, experiment.clock)
            table = joined_caps(inputs.clock, own, caps, basket.max_age_days)
            fields = {**inputs.clock.fields, MARKET_CAP: read_only(table)}
            found[name] = replace(inputs.clock, fields=MappingProxyType(fields))
    return found


def joined_caps(clock: Panel, coins: Coins, caps: Panel, max_age_days: float) -> Float:
    """The market cap of each traded id as known at each close, float64 (T, N).

    Parameters
    ----------
    clock : Panel
        The traded ids.
    coins : Coins
        What those ids stand for, and when.
    caps : Panel
        `market_cap` by coin; NaN and 0 are unknown.
    max_age_days : float
        Days from when a cap became known on after which it is unknown.
    """
    out = np.full((len(clock), len(clock.ids)), np.nan)
    # What an exchange publishes at its close is out a moment later, as for signals.
    later = caps.calendar not in (ALWAYS, clock.calendar)
    row = last_seen(caps.known_at, clock.known_at, strictly=later)
    newest = np.vstack((np.full(len(caps.ids), -1), Market(caps).newest))[row + 1]
    fresh = newest >= 0
    fresh &= clock.known_at[:, None] - caps.known_at[newest] <= max_age_days * DAY
    known = np.where(fresh, np.take_along_axis(caps[MARKET_CAP], np.maximum(newest, 0), 0), np.nan)
    for column, id in enumerate(clock.ids):
        for span in coins.spans(id):
            if span.coin in caps.ids:
                at = span.covers(clock.label)
                out[at, column] = known[at, caps.ids.index(span.coin)]
    return out
