"""The share of altcoins in the market: its level, its distance to its mean, or its slope."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field, model_validator

from feeds.arrays import DAY, Float, Instants, Int
from feeds.panel import Panel
from strategies.base import Signal
from strategies.registry import register
from strategies.series import NumberOfFields, number_of
from strategies.windows import MOST_DAYS, ROUNDING, first_rows, trailing_sum


@register("alt_dominance")
class AltDominance(Signal):
    """The share of altcoins: its level, its distance to its mean, or its slope.

    Without `mean_days` and `slope_days` the value is the share itself. With `mean_days` it is the
    share minus its mean over the rows of the last `mean_days` days, the current one included; with
    `slope_days` the least squares slope per day over those rows. Blank rows are left out.

    Panel: values of one id. Range: any number, 0 where the difference is rounding; NaN where the
    share is blank and until the first known row is a whole window old.
    """

    share: NumberOfFields = Field(description="expression over the panel's fields")
    mean_days: int | None = Field(
        None, ge=1, le=MOST_DAYS, description="window of the mean; blank: no mean"
    )
    slope_days: int | None = Field(
        None, ge=2, le=MOST_DAYS, description="window of the slope; blank: no slope"
    )

    example: ClassVar[dict[str, Any]] = {
        "panel": "caps",
        "share": "(total_cap - btc_cap - usdt_cap) / total_cap",
        "mean_days": 91,
    }

    @property
    def warm_up(self) -> int:
        """Days in the window."""
        return self.mean_days or self.slope_days or 0

    @model_validator(mode="after")
    def _one_window(self) -> AltDominance:
        if self.mean_days is not None and self.slope_days is not None:
            raise ValueError("`mean_days` and `slope_days` exclude each other; leave one out")
        return self

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        share = number_of(self.share, seen)
        days = self.mean_days or self.slope_days
        if days is None or not len(share):
            return share
        first = first_rows(seen.label, days)
        if self.mean_days is not None:
            out = share - _mean(share, first)
            out[np.abs(out) <= ROUNDING * np.abs(share)] = 0.0
        else:
            out = _slope(seen.label, share, first, days)
        known = ~np.isnan(share)
        full = known[: len(share)] & (seen.label - seen.label[int(np.argmax(known))] >= days * DAY)
        return np.where(full, out, np.nan)


def _mean(share: Float, first: Int) -> Float:
    known = ~np.isnan(share)
    count = trailing_sum(known.astype(np.float64), first)
    return trailing_sum(np.where(known, share, 0.0), first) / np.maximum(count, 1)


def _slope(label: Instants, share: Float, first: Int, days: int) -> Float:
    known = ~np.isnan(share)
    one, x = known.astype(np.float64), np.where(known, share, 0.0)
    # Days since the last of the instants that lie `days` apart: since the first row, they would
    # grow from year to year, and a short window lose its digits. A window lies in two such blocks.
    block = (label - label[:1]) // (days * DAY)
    time = (label - label[:1]) / DAY - block * days
    own = np.maximum(first, np.searchsorted(block, block))

    def total(number: Float, power: int) -> Float:
        now, before = number * time**power, number * (time - days) ** power
        return trailing_sum(now, own) + trailing_sum(before, first) - trailing_sum(before, own)

    n, sx = trailing_sum(one, first), trailing_sum(x, first)
    st, stt, stx = total(one, 1), total(one, 2), total(x, 1)
    rise, spread = n * stx - st * sx, n * stt - st * st
    rise[np.abs(rise) <= ROUNDING * n * n * days * np.abs(share)] = 0.0
    return np.where(n < 2, np.nan, rise / np.where(n < 2, 1.0, spread))
