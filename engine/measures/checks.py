"""What is not a series of returns stops here, with its place and its date.

Returns are never guessed to be prices or percents, and nothing is dropped or filled.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from feeds.arrays import Float, Instants, instants, text
from feeds.errors import DataError


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
        For no return at all, and for one that is not a number, infinite or below -1. Exactly -1 is
        the loss of everything, after which the curve stays at 0.
    """
    found = np.asarray(values, dtype=np.float64)
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

    Texts may end in Z.

    Raises
    ------
    DataError
        For another number of labels, one that is no time, or labels that do not ascend.
    """
    found = np.asarray(values)
    try:
        if found.dtype.kind == "U":
            found = np.char.rstrip(found, "Z")
        labels = instants(found)
    except (ValueError, TypeError) as error:
        raise DataError(f"the timestamps are no times ({error}); give UTC times") from error
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


def _why(value: float) -> str:
    if np.isnan(value):
        return "a return is missing (NaN)"
    if np.isinf(value):
        return f"a return is infinite ({value:g})"
    return f"a return of {value:g} is below -1, more than everything: returns are fractions,"


def _when(place: int, labels: Instants | None) -> str:
    return f"place {place}" if labels is None else text(labels[place])
