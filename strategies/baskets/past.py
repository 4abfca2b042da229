"""What baskets look back on: the returns and the trading of the last days."""

from __future__ import annotations

import numpy as np

from feeds.arrays import DAY, Float
from feeds.panel import Panel

QUOTE_VOLUME = "quote_volume"
"""Field of a panel that has the traded money itself; without it, volume times close is taken."""


def first_row(seen: Panel, days: int) -> int:
    """The first row whose label is later than the last one less `days` days."""
    return int(np.searchsorted(seen.label, seen.label[-1] - days * DAY, side="right"))


def returns(seen: Panel, days: int) -> Float:
    """Simple returns of the rows of the last `days` days, float64 (R, N), NaN without a bar.

    There are none at all where the panel does not reach back that far.
    """
    first = first_row(seen, days)
    if first < 1:
        return np.empty((0, len(seen.ids)))
    close = seen.close[first - 1 :]
    return close[1:] / close[:-1] - 1.0


def growth(seen: Panel, days: int) -> Float:
    """Return from the last row that is `days` days old or older to the last one, float64 (N,)."""
    first = first_row(seen, days)
    if first < 1:
        return np.full(len(seen.ids), np.nan)
    return seen.close[-1] / seen.close[first - 1] - 1.0


def median_quote_volume(seen: Panel, days: int) -> Float:
    """Median of each id's traded money a day over the last `days` days, float64 (N,).

    A day without a bar is one without volume; days on which the panel has no row do not count.
    """
    recent = seen.rows(first_row(seen, days), len(seen))
    known = QUOTE_VOLUME in recent.fields
    money = np.nan_to_num(recent[QUOTE_VOLUME] if known else recent.volume * recent.close)
    begins = np.flatnonzero(np.diff(recent.day, prepend=recent.day[0] - 1))
    return np.median(np.add.reduceat(money, begins, axis=0), axis=0)
