"""The change of a series over so many days."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from feeds.arrays import DAY, Float, Instants
from feeds.panel import Panel
from strategies.registry import register
from strategies.series import SeriesSignal
from strategies.windows import MOST_DAYS, first_rows, on_known, relative


@register("momentum")
class Momentum(SeriesSignal):
    """The change of the number over the last `days` days.

    Compared with is the last number labelled `days` days before the row or earlier, by at most
    `max_age_days`: what is too old to be used now was too old then. The change is relative (the
    number over the earlier one, minus 1) or absolute (their difference). On a panel of releases
    that are revised, both are the newest figures of their day, each as it was known then.

    Panel: values or bars of one id. Range: any number, 0 where a relative change is rounding; NaN
    where the number is blank, where there is no earlier one, and, for relative changes, where the
    earlier one is not above 0.
    """

    days: int = Field(ge=1, le=MOST_DAYS, description="days over which the change is taken")
    change: Literal["relative", "absolute"] = Field(
        "relative", description="relative: a share of the earlier number; absolute: a difference"
    )

    example: ClassVar[dict[str, Any]] = {"panel": "coins", "id": "BTC", "days": 90}

    @property
    def warm_up(self) -> int:
        """Days of the change."""
        return self.days

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        return on_known(self.series(seen), seen.label, self._of)

    def _of(self, number: Float, label: Instants) -> Float:
        row = first_rows(label, self.days) - 1
        age = (label - self.days * DAY - label[row]) / DAY
        earlier = np.where((row >= 0) & (age <= self.max_age_days), number[row], np.nan)
        return relative(number, earlier) if self.change == "relative" else number - earlier
