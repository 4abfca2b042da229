"""Numbers and dates as people read them: percent signs, thousands, n/a."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from feeds.arrays import Instant, text

NOT_AVAILABLE = "n/a"


def percent(value: float, digits: int = 1) -> str:
    """`39.3 %`; more than 10,000 % without decimals and with thousands separated."""
    if not math.isfinite(value):
        return NOT_AVAILABLE
    scaled = 100.0 * value
    if abs(scaled) >= 1000.0:
        return f"{scaled:,.0f} %"
    return f"{_unsigned_zero(scaled, digits)} %"


def signed_percent(value: float, digits: int = 1) -> str:
    """`+39.3 %`, with the sign of gains written out."""
    shown = percent(value, digits)
    zero = shown.strip("0. %") == ""
    return shown if value < 0 or zero or shown == NOT_AVAILABLE else f"+{shown}"


def chance(value: float) -> str:
    """A probability in percent, which is 0 or 100 only where it is that."""
    if 0.0 < value < 0.0005:
        return "below 0.1 %"
    return "above 99.9 %" if 0.9995 <= value < 1.0 else percent(value)


def p_value(value: float) -> str:
    """`0.23`, three digits below 0.1, and never 0."""
    if not math.isfinite(value):
        return NOT_AVAILABLE
    if value < 0.0005:
        return "below 0.001"
    return f"{value:.3f}" if value < 0.0995 else f"{value:.2f}"


def ratio(value: float, digits: int = 2) -> str:
    """`1.23`, or `n/a`."""
    return _unsigned_zero(value, digits) if math.isfinite(value) else NOT_AVAILABLE


def money(value: float) -> str:
    """`812,345`, with two decimals below 1,000."""
    if not math.isfinite(value):
        return NOT_AVAILABLE
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"


def amount(value: float) -> str:
    """A number of any size in at most 6 significant digits."""
    if not math.isfinite(value):
        return NOT_AVAILABLE
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"


def compact(value: float) -> str:
    """`100k`, `1.5M`: for axes."""
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def points(value: float) -> str:
    """`6.1 points`: a difference of two percentages."""
    return f"{abs(100.0 * value):,.1f} points"


def count(number: float, singular: str, plural: str = "") -> str:
    """`1 order`, `12 orders`."""
    noun = singular if number == 1 else plural or f"{singular}s"
    return f"{number:,.0f} {noun}"


def bar_day(close: Instant) -> str:
    """The UTC day that a bar closing at `close` covers: a midnight belongs to the day before."""
    return str((np.datetime64(close, "ns") - np.timedelta64(1, "ns")).astype("datetime64[D]"))


def instant(time: Instant) -> str:
    """`2020-03-12 00:00`, seconds where they matter; `never` if there is none."""
    if np.isnat(time):
        return "never"
    shown = text(time).removesuffix("Z").replace("T", " ")
    return shown if " " in shown else f"{shown} 00:00"


def holdings(target: Mapping[str, float] | None) -> str:
    """`alts 60 %, btc 40 %`; `cash`; `as before` where no decision could be taken."""
    if target is None:
        return "as before"
    parts = [f"{name} {100 * share:.4g} %" for name, share in sorted(target.items()) if share]
    return ", ".join(parts) or "cash"


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _unsigned_zero(value: float, digits: int) -> str:
    shown = f"{value:,.{digits}f}"
    return shown.removeprefix("-") if not shown.strip("-0.,") else shown
