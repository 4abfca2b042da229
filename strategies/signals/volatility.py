"""How much a series moves."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Float, Instants
from feeds.panel import Panel
from strategies.registry import register
from strategies.series import SeriesSignal
from strategies.windows import MOST_DAYS, ROUNDING, first_rows, is_whole, on_known, trailing_sum


@register("volatility")
class Volatility(SeriesSignal):
    """The yearly volatility of the number over the last `days` days.

    The standard deviation (divisor n - 1) of the log returns in the window, times the square root
    of `periods_per_year`. A return belongs to the row that it ends in; rows in which the number is
    blank or not above 0 are left out, so that a return spans them.

    Panel: values or bars of one id. Range: 0 and above; NaN where the number is blank or not above
    0, where the window has fewer than two returns, and until the first known row is `days` old.
    """

    days: int = Field(ge=2, le=MOST_DAYS, description="days in the window")
    periods_per_year: float = Field(
        gt=0, le=1_000_000, description="rows in a year: 365 for daily coins, 252 for sessions"
    )

    example: ClassVar[dict[str, Any]] = {
        "panel": "coins",
        "id": "BTC",
        "days": 30,
        "periods_per_year": 365,
    }

    @property
    def warm_up(self) -> int:
        """Days in the window."""
        return self.days

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        number = self.series(seen)
        return on_known(np.where(number > 0, number, np.nan), seen.label, self._of)

    def _of(self, number: Float, label: Instants) -> Float:
        log, first = np.log(number), first_rows(label, self.days)
        # Row 0 has no return; a whole window begins after it.
        returns = np.diff(log, prepend=log[:1])
        count = np.arange(len(log)) - first + 1
        total, squares = trailing_sum(returns, first), trailing_sum(returns * returns, first)
        spread = squares - total * total / count
        variance = np.where(spread > ROUNDING * squares, spread, 0.0) / np.maximum(count - 1, 1)
        known = is_whole(label, self.days) & (count > 1)
        return np.where(known, np.sqrt(variance * self.periods_per_year), np.nan)
