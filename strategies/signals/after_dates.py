"""The time after dates that somebody picked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field

from feeds.arrays import DAY, Float, instants
from feeds.panel import Panel
from strategies.base import Signal
from strategies.registry import register
from strategies.windows import MOST_DAYS


def _date(value: Any) -> Any:
    """Dates are text in a config."""
    return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else value


def _once_in_order(values: tuple[date, ...]) -> tuple[date, ...]:
    return tuple(sorted(set(values)))


@register("after_dates")
class AfterDates(Signal):
    """1 for `fresh_days` after each of `dates`, else 0.

    What happened on a date is known when the date is over in UTC. The value is 1 in rows that are
    known at that midnight or less than `fresh_days` days after it. That these dates mattered was
    known later, to whoever wrote the config: such a signal can explain, but hardly test.

    Panel: any. Range: 1, 0; never NaN.
    """

    dates: Annotated[
        tuple[Annotated[date, BeforeValidator(_date)], ...],
        Field(strict=False, min_length=1),
        AfterValidator(_once_in_order),
    ] = Field(description="dates such as 2020-12-22")
    fresh_days: int = Field(60, ge=1, le=MOST_DAYS, description="days for which the value stays 1")

    example: ClassVar[dict[str, Any]] = {
        "panel": "coins",
        "dates": ["2017-09-04", "2020-12-22"],
        "fresh_days": 180,
    }

    @property
    def lookback(self) -> int:
        """One row: nothing but its instant."""
        return 1

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        known = instants(np.array(self.dates, dtype="datetime64[D]") + DAY)
        last = np.searchsorted(known, seen.known_at, side="right") - 1
        fresh = (last >= 0) & (seen.known_at - known[last] < self.fresh_days * DAY)
        return fresh.astype(np.float64)
