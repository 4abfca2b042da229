"""Points, ticks and text that figures need: fewer points, dates on an axis, plain names."""

from __future__ import annotations

import math

import numpy as np

from feeds.arrays import DAY, NS_PER_DAY, Float, Instant, Instants, Int

_STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_STEPS_DAYS = (1, 2, 5, 10, 20)
_FEWEST = 3
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def days(time: Instants | Instant) -> Float:
    """Instants as days since 1970-01-01, with fractions: the x of every figure."""
    return np.asarray(time).astype("datetime64[ns]").astype(np.int64) / NS_PER_DAY


def thinned(values: Float, points: int) -> Int:
    """Positions of at most about `points` values that keep every visible peak and trough.

    The lowest and the highest of each of `points / 2` stretches, and both ends.
    """
    count = len(values)
    if count <= points:
        return np.arange(count)
    edges = np.linspace(0, count, max(1, points // 2) + 1).astype(np.int64)
    kept = [np.array([0, count - 1])]
    for extreme in (np.minimum, np.maximum):
        found = np.repeat(extreme.reduceat(values, edges[:-1]), np.diff(edges))
        at = np.flatnonzero(values == found)
        # The first of equals in each stretch.
        kept.append(at[np.searchsorted(at, edges[:-1])])
    return np.unique(np.concatenate(kept))


def evenly(count: int, points: int) -> Int:
    """At most about `points` positions out of `count`, evenly spaced, both ends included."""
    if count <= points:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, points).astype(np.int64))


def date_ticks(start: Instant, stop: Instant, most: int) -> tuple[Float, list[str]]:
    """At most `most` round dates between two instants, and how to write them."""
    first, last = (np.datetime64(end, "M").astype(int) for end in (start, stop))
    for step in _STEPS_MONTHS:
        months = np.arange(-(-first // step) * step, last + 1, step)
        inside = months[months.astype("datetime64[M]") >= np.datetime64(start, "s")]
        if min(_FEWEST, most) <= len(inside) <= most:
            return days(inside.astype("datetime64[M]")), [_month(month, step) for month in inside]
    length = float((stop - start) / DAY)
    step = next((step for step in _STEPS_DAYS if length / step <= most), 60)
    begin = np.datetime64(start, "D") + int(np.datetime64(start, "D") < start) * DAY
    dates = np.arange(begin, np.datetime64(stop, "D") + DAY, step * DAY)
    return days(dates), [_day(date) for date in dates]


def _day(date: Instant) -> str:
    month = int(np.datetime64(date, "M").astype(int)) % 12
    return f"{int(str(date)[8:])} {_MONTHS[month]} {str(date)[:4]}"


def _month(month: int, step: int) -> str:
    year, place = 1970 + month // 12, month % 12
    return f"{year}" if step >= 12 else f"{_MONTHS[place]} {year}"


def money_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values between two amounts on a logarithmic axis: 1, 2, 5, 10 ... or evenly spaced."""
    for digits in ((1, 2, 5), (1, 3), (1,)):
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        found = [digit * 10.0**power for power in powers for digit in digits]
        inside = [value for value in found if low <= value <= high]
        if 3 <= len(inside) <= most:
            return inside
    return even_ticks(low, high, min(most, 5))


def even_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` multiples of 1, 2 or 5 times a power of ten between two values."""
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(digit * power for digit in (1, 2, 5, 10, 20) if digit * power >= rough)
    first = math.ceil(low / step - 1e-9)
    found = [round(place * step, 12) for place in range(first, first + most + 1)]
    return [value for value in found if value <= high * (1 + 1e-9) + 1e-300 or value <= high]


def plain(name: str, most: int = 28) -> str:
    """A name that every font can draw: Latin letters, shortened in the middle if too long."""
    shown = "".join(
        letter if letter.isprintable() and ord(letter) < 256 else "?" for letter in name
    )
    if len(shown) <= most:
        return shown
    half = (most - 3) // 2
    return f"{shown[:half]}...{shown[-half:]}"
