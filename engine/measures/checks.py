"""What is not a series of returns stops here, with its place and its date.

Returns are never guessed to be prices or percents, and nothing is dropped or filled.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from engine.measures.growth import per_period
from engine.measures.moments import mean
from feeds.arrays import Float, Instants, instants, text
from feeds.errors import DataError

MOST_PERIODS = 1e12
"""Bars a year; a bar a millisecond has 3e10. The fewest are one in a hundred years."""
MOST_RISK_FREE = 100.0
"""As a fraction: beyond it, the returns are less than the rounding of the excess returns."""
_NUMBERS = (int, float, np.integer, np.floating)


def checked_periods(periods_per_year: Any) -> float:
    """The bars a year, once they can be meant.

    Raises
    ------
    DataError
        For what is no number, or none between 0.01 and `MOST_PERIODS`.
    """
    if not isinstance(periods_per_year, _NUMBERS) or not 0.01 <= periods_per_year <= MOST_PERIODS:
        raise DataError(
            f"periods_per_year is {periods_per_year!r}; it must be above 0, such as 365, a number "
            f"of bars from 0.01 to {MOST_PERIODS:g}"
        )
    return float(periods_per_year)


def checked_rate(risk_free: Any, periods_per_year: float) -> float:
    """The annual rate, once it can be meant.

    Raises
    ------
    DataError
        For what is no number, is not above -1, or exceeds `MOST_RISK_FREE` a year or a bar.
    """
    if (
        not isinstance(risk_free, _NUMBERS)
        or not -1.0 < risk_free <= MOST_RISK_FREE
        or per_period(float(risk_free), periods_per_year) > MOST_RISK_FREE
    ):
        raise DataError(
            f"risk_free is {risk_free!r} at {periods_per_year:g} bars a year; give an annual rate, "
            "0.03 for 3 %"
        )
    return float(risk_free)


def checked_numbers(values: Any, title: str) -> Float:
    """The values as float64 of any shape; what is masked is missing, NaN.

    Raises
    ------
    DataError
        For what is no number.
    """
    kind = getattr(getattr(values, "dtype", None), "kind", "f")
    try:
        if kind in "cmM":
            raise TypeError(f"they are {values.dtype}")
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{title} are no numbers ({error}); give one number per bar") from error
    mask = getattr(values, "mask", None)  # that of pandas is a method
    return found if mask is None or callable(mask) else np.where(mask, np.nan, found)


def checked_returns(values: Any, title: str, labels: Instants | None = None) -> Float:
    """The values as simple returns, float64 (T,).

    Parameters
    ----------
    values : array-like (T,)
    title : str
        What they are, for the message: `the returns`.
    labels : datetime64 (T,)
        Names the bar in the message; the place among the values does otherwise.

    Raises
    ------
    DataError
        For no return at all, and for one that is no number, missing, masked, infinite or below -1.
        Exactly -1 is the loss of everything, after which the curve stays at 0.
    """
    found = checked_numbers(values, title)
    if found.ndim != 1 or not len(found):
        shape = "are empty" if found.size == 0 else f"have {found.ndim} dimensions"
        raise DataError(f"{title} {shape}; statistics need one simple return per bar")
    bad = np.flatnonzero(~(found >= -1.0) | np.isinf(found))
    if len(bad):
        place = int(bad[0])
        raise DataError(f"{title}: {_why(found[place])} at {_when(place, labels)}")
    return found


def checked_labels(values: Any, count: int) -> Instants:
    """The values as labels of so many bars, datetime64[ns] (T,).

    Raises
    ------
    DataError
        For another number of labels, one that is no time, or labels that do not ascend.
    """
    labels = instants(values, "the timestamps")
    if labels.shape != (count,):
        raise DataError(f"{labels.shape} timestamps for {count} returns; give one for each")
    if np.isnat(labels).any():
        raise DataError(f"the timestamp at place {int(np.argmax(np.isnat(labels)))} is missing")
    late = np.flatnonzero(labels[1:] <= labels[:-1])
    if len(late):
        place = int(late[0]) + 1
        raise DataError(
            f"the timestamps do not ascend: {text(labels[place])} follows "
            f"{text(labels[place - 1])}; sort the bars and drop repeated ones"
        )
    return labels


def warn_of_percents(returns: Float, title: str) -> None:
    """Warn the caller of `summary` where a bar moves by more than 100 % on average.

    Such returns can be, so that nothing is refused, and nothing is divided by 100.
    """
    typical = mean(np.abs(returns))
    if typical > 1.0:
        warnings.warn(
            f"{title} move by {typical:.0%} a bar on average; returns are fractions, 0.01 for 1 %: "
            "are these percents, or prices?",
            stacklevel=4,
        )


def _why(value: float) -> str:
    if np.isnan(value):
        return "a return is missing (NaN)"
    if np.isinf(value):
        return f"a return is infinite ({value:g})"
    return f"a return of {value:g} is below -1, more than everything: returns are fractions,"


def _when(place: int, labels: Instants | None) -> str:
    return f"place {place}" if labels is None else text(labels[place])
