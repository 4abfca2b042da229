"""Missing bars: how many an id may have before it is no history any more."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from feeds.arrays import DAY, Instants, text
from feeds.panel import MISSING_BARS, Panel
from feeds.quality import QualitySpec


def too_many_missing(panel: Panel, policy: QualitySpec) -> Mapping[str, str]:
    """Ids that lack more bars than the policy bears, and how many.

    Bars that a declared event explains are not missing.

    Parameters
    ----------
    panel : Panel
        Split by its events.
    policy : QualitySpec
    """
    found = {}
    missing = panel.quality.get(MISSING_BARS, {})
    for column, id in enumerate(panel.ids):
        labels = missing.get(id, np.empty(0, dtype="datetime64[ns]"))
        if not len(labels):
            continue
        share = len(labels) / (len(labels) + int(panel.has_bar[:, column].sum()))
        first, days = _longest(panel, column, labels)
        worst = f"{len(labels)} missing bars ({share:.1%}), {days:g} days in a row from {first}"
        limits = (share > policy.max_missing_share, days > policy.max_missing_days)
        if policy.missing_bars == "stop" or any(limits):
            found[id] = f"{id} has {worst}"
    return found


def _longest(panel: Panel, column: int, missing: Instants) -> tuple[str, float]:
    """The first label of the longest run of missing bars, and the days between its two bars."""
    bars = panel.label[panel.has_bar[:, column]]
    after = np.searchsorted(bars, missing)
    inside = (after > 0) & (after < len(bars))
    if not inside.any():
        return text(missing[0]), 0.0
    length = bars[after[inside]] - bars[after[inside] - 1]
    longest = int(np.argmax(length))
    step = panel.known_at[0] - panel.label[0]
    return text(missing[inside][longest]), float((length[longest] - step) / DAY)
