"""How far a series has fallen from its highest value."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Float, Instants
from feeds.panel import Panel
from strategies.registry import register
from strategies.series import SeriesSignal
from strategies.windows import (
    MOST_DAYS,
    first_rows,
    is_whole,
    on_known,
    relative,
    trailing_highest,
)


@register("drawdown")
class Drawdown(SeriesSignal):
    """How far the number is below its highest of the last `days` days.

    The number over the highest, the current one included, minus 1. Without `days` the highest is
    that of all rows so far: give the series its full history. Rows in which the number is blank are
    left out.

    Panel: values or bars of one id. Range: 0 and below; NaN where the number is blank, where the
    highest is not above 0, and, with `days`, until the first known row is `days` old.
    """

    days: int | None = Field(
        None, ge=1, le=MOST_DAYS, description="days in the window; blank: all rows so far"
    )

    example: ClassVar[dict[str, Any]] = {"panel": "coins", "id": "BTC"}

    @property
    def warm_up(self) -> int:
        """Days in the window; without one the first row is known."""
        return self.days or 0

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        return on_known(self.series(seen), seen.label, self._of)

    def _of(self, number: Float, label: Instants) -> Float:
        if self.days is None:
            return relative(number, np.maximum.accumulate(number))
        highest = trailing_highest(number, first_rows(label, self.days))
        return np.where(is_whole(label, self.days), relative(number, highest), np.nan)
