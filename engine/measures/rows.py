"""Whether the arguments of `summary` belong to the same bars, as far as they say so."""

from __future__ import annotations

from typing import Any

import numpy as np

from feeds.arrays import Instants, instants, text
from feeds.errors import DataError


def check_rows(returns: Any, benchmark: Any, timestamps: Any, labels: Instants | None) -> None:
    """Stop where arguments that say which bars they belong to do not say the same.

    What has an `index`, as a series of pandas has, says so; an array without one has the rows 0, 1,
    2, ... Nothing is ever joined by position against its own stamps.

    Parameters
    ----------
    returns, benchmark, timestamps
        As they were given.
    labels : datetime64 (T,) or None
        `timestamps`, checked.

    Raises
    ------
    DataError
        For timestamps other than the stamps in the index of the returns, and for a benchmark whose
        index is neither that of the returns nor the timestamps.
    """
    own, stamped, other = (_index(each) for each in (returns, timestamps, benchmark))
    if own is not None and labels is not None and not _same(own, stamped):
        stamps = _stamps(own)
        if stamps is not None and not _same(stamps, labels):
            raise DataError(
                "the timestamps are not those of the returns' own index"
                f"{_first_difference(stamps, labels)}; give the one or the other"
            )
    if other is None:
        return
    rows = np.arange(len(other)) if own is None else own
    if not any(_same(other, each) for each in (rows, stamped, labels)):
        raise DataError(
            "the benchmark's index is neither that of the returns nor the timestamps"
            f"{_first_difference(_stamps(other), labels if own is None else _stamps(own))}; "
            "nothing is joined by position: align it by its stamps first "
            "(`engine.measures.aligned_benchmark`)"
        )


def _index(values: Any) -> Any:
    """The labels of the rows, None without any; `index` of a list is a method."""
    found = getattr(values, "index", None)
    return None if found is None or callable(found) else np.asarray(found)


def _stamps(index: Any) -> Instants | None:
    """The labels as instants, None where they are none: numbers of rows, names."""
    if index is None:
        return None
    try:
        return instants(index)
    except DataError:
        return None


def _same(one: Any, other: Any) -> bool:
    if one is None or other is None or len(one) != len(other):
        return False
    if np.array_equal(one, other):
        return True
    stamps, others = _stamps(one), _stamps(other)
    return stamps is not None and others is not None and np.array_equal(stamps, others)


def _first_difference(one: Instants | None, other: Instants | None) -> str:
    if one is None or other is None or one.shape != other.shape:
        return ""
    place = int(np.argmax(one != other))
    return f" ({text(one[place])} and {text(other[place])} at place {place})"
