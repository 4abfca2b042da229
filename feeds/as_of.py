"""Values as they were known at a time: published late, and revised later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from feeds.align import last_seen
from feeds.arrays import Float, Instants, Int, frozen, instants, text
from feeds.errors import DataError


class Observed(NamedTuple):
    """A value for each asked instant and the period it is about; NaN and NaT where none is."""

    period: Instants
    value: Float


@dataclass(frozen=True, eq=False)
class Vintages:
    """Every figure ever published of one series, in order of publication.

    Attributes
    ----------
    period : datetime64[ns] (R,)
        What a figure is about; FRED labels a month by its first day.
    known_at : datetime64[ns] (R,)
        When it was published.
    value : float64 (R,)
    """

    period: Instants
    known_at: Instants
    value: Float

    @classmethod
    def build(cls, period: Instants, known_at: Instants, value: Float) -> Vintages:
        """Check the figures and put them in order.

        Raises
        ------
        DataError
            For a figure published before its period began, two of one period at one instant, and
            arrays of different lengths.
        """
        period, known_at = instants(period), instants(known_at)
        value = np.asarray(value, dtype=np.float64)
        if not len(period) == len(known_at) == len(value):
            raise DataError(
                f"{len(period)} periods, {len(known_at)} instants of publication and {len(value)} "
                "values; a figure has one of each"
            )
        early = np.flatnonzero(known_at < period)
        if len(early):
            first = early[0]
            raise DataError(
                f"the figure of {text(period[first])} was known at {text(known_at[first])}, before "
                "its period began; known_at is the instant of publication"
            )
        order = np.lexsort((period, known_at))
        period, known_at, value = period[order], known_at[order], value[order]
        twice = np.flatnonzero((period[1:] == period[:-1]) & (known_at[1:] == known_at[:-1]))
        if len(twice):
            raise DataError(
                f"two figures of {text(period[twice[0]])} were published at "
                f"{text(known_at[twice[0]])}; keep the one that is right"
            )
        return cls(frozen(period), frozen(known_at), frozen(value))

    def as_of(self, at: Instants) -> Observed:
        """The figure of the latest period known at each instant, in the vintage of that instant.

        Parameters
        ----------
        at : datetime64[ns] (T,)

        Returns
        -------
        Observed
            (T,) each. A figure is known from the very instant of its publication on.
        """
        if not len(self.period):
            return _nothing(len(at))
        # Rows that are about the latest period so far; figures that revise an older one are not.
        newest = self.period == np.maximum.accumulate(self.period)
        latest = np.maximum.accumulate(np.where(newest, np.arange(len(newest)), 0))
        seen = last_seen(self.known_at, instants(at))
        row = np.where(seen >= 0, latest[seen], -1)
        return self._rows(row)

    def of_period(self, period: Instants, at: Instants) -> Observed:
        """The figure of a given period in the vintage of each instant, (T,) each."""
        rows = np.flatnonzero(self.period == instants(period))
        if not len(rows):
            return _nothing(len(at))
        seen = last_seen(self.known_at[rows], instants(at))
        return self._rows(np.where(seen >= 0, rows[seen], -1))

    def history(self, at: Instants) -> Observed:
        """Every period known at one instant, ascending, each in the vintage of that instant.

        What is computed over time (a year's change of M2) is computed from this.
        """
        known = int(np.searchsorted(self.known_at, instants(at), side="right"))
        # The last figure of a period: the first one of it from the end.
        periods, from_end = np.unique(self.period[:known][::-1], return_index=True)
        return Observed(periods, self.value[:known][::-1][from_end])

    def _rows(self, row: Int) -> Observed:
        there = row >= 0
        return Observed(
            np.where(there, self.period[row], np.datetime64("NaT", "ns")),
            np.where(there, self.value[row], np.nan),
        )


def _nothing(count: int) -> Observed:
    return Observed(np.full(count, np.datetime64("NaT", "ns")), np.full(count, np.nan))
