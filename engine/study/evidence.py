"""What chance could do with the dates, where there are events enough to ask.

Fewer than ten events carry no p-value: with so few, look at each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.inference.calendar_time import CalendarTime, calendar_time
from engine.inference.event_study import FEWEST_EVENTS
from engine.inference.permutation import Permutation, circular_shifts, free_permutation
from engine.study.events import mask
from engine.study.forward import windows
from engine.study.held import Held
from feeds.arrays import Float, Int


@dataclass(frozen=True)
class Evidence:
    """Tests of the difference between alts and base over one horizon.

    Attributes
    ----------
    events : int
        Events whose window ends within the data.
    shifts : Permutation
        The mean difference against all circular shifts of the dates.
    free : Permutation
        Against any dates: too optimistic where events come in clusters.
    calendar : CalendarTime
        One difference of returns a bar over all open windows.
    """

    events: int
    shifts: Permutation
    free: Permutation
    calendar: CalendarTime


def why_none(events: int) -> str:
    """Why there are no p-values; blank where there are."""
    if events >= FEWEST_EVENTS:
        return ""
    return (
        f"fewer than {FEWEST_EVENTS} events: no p-values are given, because so few dates carry "
        "none; look at each event"
    )


def evidence(
    held: Held,
    rows: Int,
    outcomes: Mapping[int, Float],
    differences: Float,
    seed: int,
) -> dict[int, Evidence]:
    """The tests by horizon in days; a horizon with fewer than ten whole windows has none.

    Parameters
    ----------
    held : Held
    rows : int64 (E,)
        Closes of the events.
    outcomes : mapping of int to float64 (T,)
        Forward difference from every close of the period, by horizon in days.
    differences : float64 (T,)
        Difference of returns at each close.
    seed : int
    """
    found = {}
    for days, outcome in outcomes.items():
        known = ~np.isnan(outcome)
        chosen = mask(rows, len(outcome))[known]
        count = int(np.count_nonzero(chosen))
        # The dates that could have been drawn are those whose window ends within the data.
        if count >= FEWEST_EVENTS:
            starts, stops = windows(held, rows, days)
            found[days] = Evidence(
                count,
                circular_shifts(chosen, outcome[known]),
                free_permutation(chosen, outcome[known], seed),
                calendar_time(starts, stops, differences),
            )
    return found
