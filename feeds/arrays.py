"""The array types every module speaks, and the clock arithmetic they share."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]
Instants = NDArray[np.datetime64]
Instant = Any
"""A `numpy.datetime64` scalar, whose stubs make the unit part of the type."""

DAY = np.timedelta64(1, "D")
HOUR = np.timedelta64(1, "h")
NS_PER_DAY = 86_400 * 10**9
NEVER = np.int64(-(10**9))
"""A day number far before any data: `day - NEVER` is never fresh."""


def frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """A read-only C-contiguous array with the values of `array`, which nobody can write to."""
    out = np.array(array, order="C", copy=True)
    out.flags.writeable = False
    return out


def read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """`array` itself, which nobody can write to any more."""
    array.flags.writeable = False
    return array


def instants(values: object) -> Instants:
    """`values` as UTC instants in nanoseconds, the only unit used inside the engine."""
    return np.asarray(values).astype("datetime64[ns]")


def day_number(times: Instants) -> Int:
    """Whole days since 1970-01-01 of each instant (floor)."""
    return times.astype("datetime64[D]").astype(np.int64)


def text(time: Instant) -> str:
    """`2020-03-12` for a midnight, else `2020-03-12T20:00Z`, with seconds where they matter."""
    seconds = np.datetime64(time, "s")
    if seconds == seconds.astype("datetime64[D]"):
        return str(seconds.astype("datetime64[D]"))
    if seconds == seconds.astype("datetime64[m]"):
        return f"{seconds.astype('datetime64[m]')}Z"
    return f"{seconds}Z"
