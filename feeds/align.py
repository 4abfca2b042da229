"""Values carried from the rows of one panel to the closes of another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from feeds.arrays import DAY, Float, Instants, Int


class Carried(NamedTuple):
    """Values at each close, float64 (T,), and the age in days of the row they come from."""

    values: Float
    age_days: Float


def last_seen(known_at: Instants, closes: Instants, *, strictly: bool = False) -> Int:
    """Row of the last value known at (unless `strictly`) or before each close, -1 where none is."""
    return np.searchsorted(known_at, closes, side="left" if strictly else "right") - 1


def carry(
    known_at: Instants,
    values: Float,
    closes: Instants,
    max_age_days: float,
    *,
    strictly: bool = False,
) -> Carried:
    """The last value known at or before each close, NaN once it is older than `max_age_days`.

    Parameters
    ----------
    known_at : datetime64[ns] (R,)
        When each row became known, ascending.
    values : float64 (R,)
        One value a row; a row that is NaN says that the value is unknown, and is carried as such.
    closes : datetime64[ns] (T,)
    max_age_days : float
    strictly : bool
        Whether a row that becomes known at the very instant of a close is not seen by it yet.

    Returns
    -------
    Carried
        Both NaN before the first row is known.
    """
    row = last_seen(known_at, closes, strictly=strictly)
    seen = row >= 0
    age = np.full(len(closes), np.nan)
    age[seen] = (closes[seen] - known_at[row[seen]]) / DAY
    fresh = seen & (np.nan_to_num(age, nan=np.inf) <= max_age_days)
    out = np.full(len(closes), np.nan)
    out[fresh] = values[row[fresh]]
    return Carried(out, age)


def fill_forward(values: Float) -> Float:
    """Each column with NaN replaced by its last value before, float64 (T, N)."""
    row = np.where(np.isnan(values), 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(row, axis=0), axis=0)
