"""Opening prices that were never printed: the close before, told again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from feeds.calendars import ALWAYS
from feeds.panel import Panel

_TOO_MANY = 0.25
"""Share of a year's opens equal to the close before; an index that has opens has a few percent."""


def repeated_opens(panel: Panel) -> Mapping[str, tuple[int, ...]]:
    """Years in which an id of an exchange opens where it closed too often to be true.

    Vendors fill in an open that they do not have; an order that fills there gets the price of the
    evening before. Markets that never close open where they closed by nature.
    """
    found: dict[str, tuple[int, ...]] = {}
    if panel.calendar == ALWAYS or not panel.tradable:
        return found
    year = panel.label.astype("datetime64[Y]").astype(np.int64) + 1970
    for column, id in enumerate(panel.ids):
        bars = np.flatnonzero(panel.has_bar[:, column])[1:]
        before = np.flatnonzero(panel.has_bar[:, column])[:-1]
        same = panel.open[bars, column] == panel.close[before, column]
        years = year[bars]
        of_id = tuple(int(one) for one in np.unique(years) if same[years == one].mean() > _TOO_MANY)
        if of_id:
            found[id] = of_id
    return found
