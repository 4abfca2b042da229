"""How many coins are traded far more than before while their price is weak."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.breadth import Breadth
from strategies.registry import register
from strategies.rolling import count_known, earlier, rank_share, robust_score, window_sum

QUOTE_VOLUME = "quote_volume"


@register("volume_surge")
class VolumeSurge(Breadth):
    """The share of ids whose volume surged in weakness in the last `fresh_days`.

    Volume is that in money: the field `quote_volume`, or volume times close. By `score`, a is the
    share of the last `rank_days` in which the mean volume of `short_days` over that of `long_days`
    was at most today's, w is 1 minus the same share of the return over `return_days`, and a surge
    is a day with a * w above `min_score` and a return of at most 0. By `robust_z` it is a day
    whose log volume is `min_z` times 1.4826 MAD or more above its median of `long_days`, with a
    return of at most its own median of `long_days` (MAD: median absolute difference to the
    median). A share of fewer than `min_bars` known days is unknown; for `robust_z` so many days
    of the last `rank_days` must have a volume. An id counts from there on.

    A row counts as a day: daily bars are meant. One venue, or a set of venues that stays the
    same: a listing on another venue would look like a surge.

    Panel: bars with volume of any number of ids. Range: 0 to 1; NaN where fewer than `min_ids` ids
    that count are known; a day without volume makes all windows that contain it unknown.
    """

    rule: Literal["score", "robust_z"] = Field("score", description="what a surge is")
    short_days: int = Field(7, ge=1, le=1_000, description="days in the mean that may surge")
    long_days: int = Field(90, ge=2, le=1_000, description="days in the mean it is compared with")
    return_days: int = Field(30, ge=1, le=1_000, description="days of the return")
    rank_days: int = Field(365, ge=2, le=1_500, description="days that a day is ranked among")
    min_bars: int = Field(180, ge=1, le=1_500, description="known days that a rank needs")
    min_score: float = Field(0.81, ge=0, lt=1, description="a * w above which it is a surge")
    min_z: float = Field(2.0, gt=0, le=100, description="robust z from which on it is a surge")
    fresh_days: int = Field(30, ge=1, le=1_000, description="days for which a surge counts")

    example: ClassVar[dict[str, Any]] = {"panel": "coins", "exclude": ["BTC"]}

    @property
    def lookback(self) -> int:
        """Rows of the longest chain of windows, and those in which a surge counts."""
        if self.rule == "score":
            longest = self.rank_days + max(self.long_days - 1, self.return_days)
        else:
            longest = max(self.rank_days, self.long_days + self.return_days)
        return longest + self.fresh_days - 1

    @property
    def warm_up(self) -> int:
        """Rows until an id that is there from the first row on has a known state."""
        if self.rule == "score":
            return max(self.long_days - 1, self.return_days) + self.min_bars - 1
        return max(self.long_days - 1 + self.return_days, self.min_bars - 1)

    @model_validator(mode="after")
    def _in_order(self) -> VolumeSurge:
        for less, more in (("short_days", "long_days"), ("min_bars", "rank_days")):
            if getattr(self, less) > getattr(self, more):
                raise ValueError(f"`{less}` is {getattr(self, less)}, above `{more}`")
        return self

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        surge, known = self._surges(seen)
        row = np.arange(len(seen))[:, None]
        last = np.maximum.accumulate(np.where(surge, row, -self.fresh_days), axis=0)
        return self.share(np.where(known, row - last < self.fresh_days, np.nan), seen)

    def events(self, seen: Panel) -> Bool:
        """The rows in which the volume of an id surged, bool (T, N)."""
        return self._surges(seen)[0]

    def _surges(self, seen: Panel) -> tuple[Bool, Bool]:
        volume = quote_volume(seen)
        before = earlier(seen.close, self.return_days)
        change = seen.close / np.where(before > 0, before, np.nan) - 1
        if self.rule == "robust_z":
            return self._by_median(volume, change)
        ratio = window_sum(volume, self.short_days) / self.short_days
        ratio /= window_sum(volume, self.long_days) / self.long_days
        active = rank_share(ratio, self.rank_days, self.min_bars)
        weak = 1 - rank_share(change, self.rank_days, self.min_bars)
        surge = (active * weak > self.min_score) & (change <= 0)
        return surge, ~np.isnan(active) & ~np.isnan(weak)

    def _by_median(self, volume: Float, change: Float) -> tuple[Bool, Bool]:
        log, days = np.log(volume), self.long_days
        # At most the median: more than half of the window is at least as high.
        weak, active = rank_share(-change, days, days), rank_share(log, days, days)
        history = count_known(~np.isnan(volume), self.rank_days) >= self.min_bars
        known = ~np.isnan(weak) & ~np.isnan(active) & history
        wanted = known & (weak > 0.5) & (active > 0.5)
        return robust_score(log, days, wanted) >= self.min_z, known


def quote_volume(seen: Panel) -> Float:
    """The volume in money of each bar, float64 (T, N); NaN where it is missing or 0."""
    known = seen[QUOTE_VOLUME] if QUOTE_VOLUME in seen.fields else seen.volume * seen.close
    return np.where(known > 0, known, np.nan)
