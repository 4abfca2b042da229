"""How far a series is above or below its mean."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

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
    trailing_mean,
)


@register("trend")
class Trend(SeriesSignal):
    """How far the number is above its mean of the last `mean_days` days.

    The number over its mean, minus 1: above 0 in a rising trend. With `fast_days` it is the mean of
    that shorter window over the mean of the longer one, minus 1. A row belongs to a window when its
    label is later than the current label minus the days. Rows in which the number is blank are left
    out.

    Panel: values or bars of one id. Range: any number, 0 where the difference is rounding; NaN
    where the number is blank, where the mean is not above 0, and until the first known row is
    `mean_days` old.
    """

    mean_days: int = Field(ge=1, le=MOST_DAYS, description="days in the mean")
    fast_days: int | None = Field(
        None, ge=1, le=MOST_DAYS, description="days in the mean that is compared; blank: no mean"
    )

    example: ClassVar[dict[str, Any]] = {"panel": "equities", "mean_days": 200}

    @model_validator(mode="after")
    def _in_order(self) -> Trend:
        if self.fast_days is not None and not self.fast_days < self.mean_days:
            raise ValueError(
                f"`fast_days` is {self.fast_days}, not below `mean_days` {self.mean_days}"
            )
        return self

    @property
    def warm_up(self) -> int:
        """Days in the mean."""
        return self.mean_days

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        return on_known(self.series(seen), seen.label, self._of)

    def _of(self, number: Float, label: Instants) -> Float:
        slow = trailing_mean(number, first_rows(label, self.mean_days))
        fast = (
            number
            if self.fast_days is None
            else trailing_mean(number, first_rows(label, self.fast_days))
        )
        return np.where(is_whole(label, self.mean_days), relative(fast, slow), np.nan)
