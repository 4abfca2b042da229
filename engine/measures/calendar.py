"""Returns by calendar month and year in UTC, and what the months tell.

A bar belongs to the month of its label: the day, or the instant, at which it begins, or any other
inside it. A close at midnight is no label, because it belongs to the day that ends then.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from engine.measures.bars import gain_to_pain, hit_rate_all
from engine.measures.growth import best_period, worst_period
from feeds.arrays import Float, Instants, Int

Unit = Literal["M", "Y"]


def calendar_starts(labels: Instants, unit: Unit) -> Int:
    """Place of the first bar of each calendar month (`M`) or year (`Y`), int64 (K,)."""
    period = labels.astype(f"datetime64[{unit}]").astype(np.int64)
    return np.flatnonzero(np.concatenate(([True], period[1:] != period[:-1])))


def by_calendar(returns: Float, labels: Instants, unit: Unit) -> Float:
    """Compounded return of each calendar month or year that has a bar, float64 (K,)."""
    return np.multiply.reduceat(1.0 + returns, calendar_starts(labels, unit)) - 1.0


def monthly_table(returns: Float, labels: Instants) -> dict[str, float]:
    """The return of every calendar month that has a bar, by its name, such as `2020-03`.

    Parameters
    ----------
    returns : float64 (T,)
    labels : datetime64 (T,)
        The day, or the instant, at which each bar begins, ascending.
    """
    return _table(returns, labels, "M")


def yearly_table(returns: Float, labels: Instants) -> dict[str, float]:
    """The return of every calendar year that has a bar, by its name; see `monthly_table`."""
    return _table(returns, labels, "Y")


def _table(returns: Float, labels: Instants, unit: Unit) -> dict[str, float]:
    starts = calendar_starts(labels, unit)
    names = labels[starts].astype(f"datetime64[{unit}]").astype(str).tolist()
    return dict(zip(names, by_calendar(returns, labels, unit).tolist(), strict=True))


def n_months(months: Float) -> float:
    """Number of calendar months that have a bar."""
    return float(len(months))


def best_month(months: Float) -> float:
    """Largest return of a calendar month."""
    return best_period(months)


def worst_month(months: Float) -> float:
    """Smallest return of a calendar month."""
    return worst_period(months)


def pct_positive_months(months: Float) -> float:
    """Share of calendar months with a return above 0, as a fraction."""
    return hit_rate_all(months)


def gain_to_pain_monthly(months: Float) -> float:
    """Sum of monthly returns over sum of monthly losses (Schwager 2012)."""
    return gain_to_pain(months)
