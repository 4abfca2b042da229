"""A benchmark that keeps another calendar, brought to the bars of a strategy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.measures.checks import checked_numbers
from feeds.arrays import Bool, Float, Instants, instants, text
from feeds.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class AlignedBenchmark:
    """A benchmark on the bars of a strategy.

    Attributes
    ----------
    nav : float64 (T + 1,)
        The latest value known at each instant; NaN before the first.
    returns : float64 (T,)
        NaN on bars that do not match.
    matched : bool (T,)
        Bars that begin with a known value, and before the last value became known: on these, and
        on no others, the two can be compared. The last of them may end later, as one that ends at
        midnight does after a session.
    unmatched : int
        Bars of the strategy that are not matched.
    carried : int
        Matched bars that brought no new value, such as weekends: their return is 0.
    unused : int
        Values of the benchmark that no bar saw: replaced by a later one before a bar ended, or
        known only after the last.
    words : str
        The counts, and the instants from which and to which the two are compared.
    """

    nav: Float
    returns: Float
    matched: Bool
    unmatched: int
    carried: int
    unused: int
    words: str


def aligned_benchmark(times: ArrayLike, known_at: ArrayLike, nav: ArrayLike) -> AlignedBenchmark:
    """The benchmark's value at each instant, as it was known then.

    Values are carried forward until the next one is known, never backward, and never beyond the
    last: a bar that begins when the last value is known, or later, is not matched. Positions do
    not matter, stamps alone do.

    Parameters
    ----------
    times : datetime64 (T + 1,)
        Point 0 and the closes of the strategy's bars, ascending.
    known_at : datetime64 (K,)
        When each value of the benchmark became known, ascending.
    nav : float64 (K,)
        Values of the benchmark, above 0.

    Raises
    ------
    DataError
        For stamps that do not ascend, values that are not above 0, or no bar in common.
    """
    closes, stamps = _ascending(times, "strategy"), _ascending(known_at, "benchmark")
    values = checked_numbers(nav, "the values of the benchmark")
    if len(closes) < 2 or values.shape != stamps.shape:
        raise DataError(
            f"{len(closes)} instants, and {values.size} values of the benchmark with {len(stamps)} "
            "stamps; give point 0 and a close per bar, and a stamp per value"
        )
    bad = np.flatnonzero(~np.isfinite(values) | (values <= 0.0))
    if len(bad):
        where = text(stamps[bad[0]])
        raise DataError(f"the benchmark is {values[bad[0]]:g} at {where}; it must be above 0")
    place = np.searchsorted(stamps, closes, side="right") - 1
    known = np.where(place >= 0, values[place], np.nan)
    matched = (place[:-1] >= 0) & (closes[:-1] < stamps[-1])
    if not matched.any():
        raise DataError(
            f"the benchmark ({text(stamps[0])} to {text(stamps[-1])}) has no bar in common with "
            f"the strategy ({text(closes[0])} to {text(closes[-1])})"
        )
    returns = np.where(matched, known[1:] / known[:-1] - 1.0, np.nan)
    carried = int(np.count_nonzero(matched & (place[1:] == place[:-1])))
    unmatched = int(np.count_nonzero(~matched))
    seen = np.count_nonzero(np.diff(place, prepend=-1))  # places never descend
    unused = len(stamps) - int(seen)
    rows = np.flatnonzero(matched)
    words = (
        f"compared from {text(closes[rows[0]])} to {text(closes[rows[-1] + 1])}: {len(rows)} bars, "
        f"{carried} of them without a new value of the benchmark; {unmatched} bars without a "
        f"benchmark, {unused} values of it unused"
    )
    return AlignedBenchmark(known, returns, matched, unmatched, carried, unused, words)


def _ascending(values: Any, whose: str) -> Instants:
    found = instants(values, f"the stamps of the {whose}")
    if found.ndim != 1:
        raise DataError(
            f"the stamps of the {whose} have {found.ndim} dimensions; give one per value"
        )
    late = np.flatnonzero(~(found[1:] > found[:-1]))  # a missing time compares false
    if len(late) or np.isnat(found).any():
        at = f" after {text(found[late[0]])}" if len(late) else ""
        raise DataError(f"the stamps of the {whose} do not ascend{at}; sort them, one per value")
    if not len(found):
        raise DataError(f"the {whose} has no stamps")
    return found
