"""Series of several panels on the rows of one: what was known of each of them then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from feeds.align import carry
from feeds.arrays import Float, Instants, Int
from feeds.calendars import ALWAYS
from feeds.panel import Panel

ALIGNED = "aligned"
"""The one id of an aligned panel."""


class Source(NamedTuple):
    """Values of one series, float64 (R,), with the instants at which they became known."""

    calendar: str
    known_at: Instants
    values: Float
    max_age_days: float


def is_published_later(calendar: str, other: str) -> bool:
    """Whether a close of `calendar` is out a moment too late for a tied close of `other`.

    An exchange publishes its closing price when the auction is done; a coin that trades on cannot
    be bought at that very instant because of it.
    """
    return calendar not in (ALWAYS, other)


def aligned(rows: Panel, at: Panel | None, sources: Mapping[str, Source]) -> Panel:
    """One row for each row of `rows`, with the last value of every source known then.

    Parameters
    ----------
    rows : Panel
        Says which rows there are: sessions, weeks, publications.
    at : Panel or None
        A row is taken at the first close of this panel at or after it; of several rows in one
        close there is the last. None takes it at the instant at which it becomes known itself.
    sources : mapping of str to Source
        The fields. A value is unknown when it is older than its `max_age_days`, or blank.

    Returns
    -------
    Panel
        Of the one id `aligned`, known at those closes, with the calendar of `at`. A row that no
        close has seen yet is not there.
    """
    closes = rows if at is None else at
    taken = np.arange(len(rows)) if at is None else _closes_that_see(rows, at)
    label, known_at = closes.label[taken], closes.known_at[taken]
    fields = {
        name: carry(
            source.known_at,
            source.values,
            known_at,
            source.max_age_days,
            strictly=is_published_later(source.calendar, closes.calendar),
        ).values[:, None]
        for name, source in sources.items()
    }
    return Panel.build(rows.name, closes.calendar, label, known_at, known_at, (ALIGNED,), fields)


def _closes_that_see(rows: Panel, at: Panel) -> Int:
    """The rows of `at` that are the first to see some row of `rows`, ascending."""
    side = "right" if is_published_later(rows.calendar, at.calendar) else "left"
    first = np.searchsorted(at.known_at, rows.known_at, side=side)  # type: ignore[call-overload]
    return np.unique(first[first < len(at)]).astype(np.int64)
