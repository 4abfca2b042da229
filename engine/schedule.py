"""When decisions are due: a mask over the closes of the clock."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from feeds.arrays import Bool, Instants, Int, day_number

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_THURSDAY = 3  # 1970-01-01, day number 0


class _Schedule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    or_on_change: bool = Field(
        False, description="decide as well at any close where the rule's shares change"
    )


class Weekly(_Schedule):
    """The first close of each week that starts at `weekday` 00:00 UTC."""

    kind: Literal["weekly"]
    weekday: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = Field("monday", description="day on which the week starts")

    def due(self, closes: Instants, first_row: int = 0) -> Bool:
        """Where a decision is due from `first_row` on, bool (T - first_row,)."""
        first = WEEKDAYS.index(self.weekday) - _THURSDAY
        return _first_of_each((day_number(closes) - first) // 7)[first_row:]


class Monthly(_Schedule):
    """The first close of each month, counted from `day` 00:00 UTC."""

    kind: Literal["monthly"]
    day: int = Field(1, ge=1, le=28, description="day of the month on which the count starts")

    def due(self, closes: Instants, first_row: int = 0) -> Bool:
        """Where a decision is due from `first_row` on, bool (T - first_row,)."""
        shifted = closes - np.timedelta64(self.day - 1, "D")
        return _first_of_each(shifted.astype("datetime64[M]").astype(np.int64))[first_row:]


class EveryBars(_Schedule):
    """Every `bars` closes, from the first of the period on."""

    kind: Literal["every_bars"]
    bars: int = Field(ge=1, description="closes from one decision to the next")

    def due(self, closes: Instants, first_row: int = 0) -> Bool:
        """Where a decision is due from `first_row` on, bool (T - first_row,)."""
        return np.arange(len(closes) - first_row) % self.bars == 0


class OnChange(_Schedule):
    """Only where the rule's shares change."""

    kind: Literal["on_change"]
    or_on_change: Literal[True] = Field(True, description="always true: there is nothing else")

    def due(self, closes: Instants, first_row: int = 0) -> Bool:
        """Nowhere, bool (T - first_row,): changes are found from the rule."""
        return np.zeros(len(closes) - first_row, dtype=bool)


Schedule = Annotated[Weekly | Monthly | EveryBars | OnChange, Field(discriminator="kind")]


def _first_of_each(period: Int) -> Bool:
    return np.diff(period, prepend=period[:1] - 1) != 0
