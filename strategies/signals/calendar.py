"""Months, weekdays and days of the month."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from feeds.arrays import Float, day_number
from feeds.panel import Panel
from strategies.base import Signal
from strategies.registry import register

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_THURSDAY = 3  # 1970-01-01, day number 0
_Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _once_in_order(values: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(values)))


def _once_in_week(values: tuple[_Weekday, ...]) -> tuple[_Weekday, ...]:
    return tuple(sorted(set(values), key=_WEEKDAYS.index))


@register("calendar")
class Calendar(Signal):
    """1 on the named months, weekdays and days of the month, else 0.

    Of those that are named, all must hold at once. The date is that of the instant at which a row
    is known, in UTC: the daily bar of 31 October is known at 00:00 UTC of 1 November, so that its
    value says what is held in November. What is left blank is not looked at.

    Panel: any. Range: 1, 0; never NaN.
    """

    months: Annotated[
        tuple[Annotated[int, Field(ge=1, le=12)], ...], AfterValidator(_once_in_order)
    ] = Field((), strict=False, description="months, 1 to 12; blank: all")
    weekdays: Annotated[tuple[_Weekday, ...], AfterValidator(_once_in_week)] = Field(
        (), strict=False, description="weekdays, such as monday; blank: all"
    )
    days_of_month: Annotated[
        tuple[Annotated[int, Field(ge=1, le=31)], ...], AfterValidator(_once_in_order)
    ] = Field((), strict=False, description="days of the month, 1 to 31; blank: all")

    example: ClassVar[dict[str, Any]] = {"panel": "coins", "months": [1, 11, 12]}

    @model_validator(mode="after")
    def _names_something(self) -> Calendar:
        if not (self.months or self.weekdays or self.days_of_month):
            raise ValueError(
                "name `months`, `weekdays` or `days_of_month`: without, all days are 1"
            )
        return self

    @property
    def lookback(self) -> int:
        """One row: nothing but its date."""
        return 1

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        day, month = seen.known_at.astype("datetime64[D]"), seen.known_at.astype("datetime64[M]")
        on = np.ones(len(seen), dtype=bool)
        if self.months:
            on &= np.isin(month.astype(np.int64) % 12 + 1, self.months)
        if self.weekdays:
            weekdays = [_WEEKDAYS.index(name) for name in self.weekdays]
            on &= np.isin((day_number(seen.known_at) + _THURSDAY) % 7, weekdays)
        if self.days_of_month:
            on &= np.isin((day - month).astype(np.int64) + 1, self.days_of_month)
        return on.astype(np.float64)
