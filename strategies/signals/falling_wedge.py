"""The breakout of one series from a falling wedge, by lines that are never redrawn."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.registry import register
from strategies.series import SeriesSignal
from strategies.wedges import Wedge, breakouts, first_bar, wedges
from strategies.weeks import BarLength, Bars, bars_of
from strategies.windows import MOST_DAYS


@register("falling_wedge")
class FallingWedge(SeriesSignal):
    """1 for `fresh_days` after the number broke out of a falling wedge upwards, else 0.

    A bar is a complete week (`week`) or a row of the panel (`row`); all is computed on the log of
    the number at the end of the bar. A pivot high is above the `half_width` bars before it and not
    below those after it, a pivot low the other way round; both are known `half_width` bars later.
    At each bar a line is fitted by least squares through the highs, and one through the lows, of
    the `window` bars before it, as far as they were known before the bar. They are a falling wedge
    when each goes through `min_pivots` pivots, both fall, the upper one falls faster (each by more
    than 1e-9 a bar, which may be rounding), they meet after the bar, and the width at the bar
    before is at most `max_width_ratio` of that at the first pivot. A breakout is a bar more than
    `buffer` above the upper line when the bar before was not; it is known with the last of
    `confirm` bars in turn above that same line.

    The method `lines` gives the lines as they stood at each bar: draw those, not a refit.

    Panel: values or bars of one id. Range: 1, 0; NaN while the last complete bar is blank or not
    above 0, and until there are enough bars for `min_pivots` pivots on each side.

    Source: a falling wedge is charting lore; pivots that are confirmed late, and lines frozen
    before the bar, make it a rule that could have been followed.
    """

    bars: BarLength = Field("week", description="what a bar is: a complete week, or a row")
    half_width: int = Field(
        2, ge=1, le=6, description="bars on each side that make a pivot, and its delay"
    )
    window: int = Field(60, ge=12, le=520, description="bars before the current one that are used")
    min_pivots: int = Field(3, ge=2, le=10, description="pivots that each line needs")
    max_width_ratio: float = Field(
        0.8, gt=0, le=1, description="width of a wedge over its width at the first pivot, at most"
    )
    buffer: float = Field(
        0.005, ge=0, le=1, description="log distance above the upper line that makes a breakout"
    )
    confirm: int = Field(1, ge=1, le=12, description="bars in turn above the line at the breakout")
    fresh_days: int = Field(
        180, ge=1, le=MOST_DAYS, description="whole days for which the value stays 1"
    )

    example: ClassVar[dict[str, Any]] = {
        "panel": "caps",
        "value": "total_cap / btc_cap",
        "bars": "row",
    }

    @property
    def warm_up(self) -> int:
        """Rows until the first bar before which both lines can have been known."""
        first = first_bar(self.half_width, self.min_pivots)
        return first if self.bars == "row" else 7 * first + 6

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        bars, log, broke = self._bars(seen)
        known = ~np.isnan(log)
        known &= np.cumsum(known) > first_bar(self.half_width, self.min_pivots)
        fresh = bars.is_fresh(broke[:, None], seen.label, self.fresh_days)
        return np.where(bars.at_rows(known[:, None]), fresh, np.nan)[:, 0]

    def events(self, seen: Panel) -> Bool:
        """The rows with which a breakout became known, bool (T,)."""
        bars, _, broke = self._bars(seen)
        fired = np.zeros(len(seen), dtype=bool)
        fired[bars.row[broke]] = True
        return fired

    def lines(self, seen: Panel) -> Wedge:
        """The wedge as it stood at each complete bar."""
        bars = bars_of(seen, self.bars)
        return self._wedge(self._logs(seen, bars), bars)

    def _bars(self, seen: Panel) -> tuple[Bars, Float, Bool]:
        """Bars, the log of the number at each, and whether a breakout is known with it."""
        bars = bars_of(seen, self.bars)
        log = self._logs(seen, bars)
        return bars, log, breakouts(log, self._wedge(log, bars), self.buffer, self.confirm)

    def _wedge(self, log: Float, bars: Bars) -> Wedge:
        return wedges(
            log, bars.row, self.half_width, self.window, self.min_pivots, self.max_width_ratio
        )

    def _logs(self, seen: Panel, bars: Bars) -> Float:
        number = bars.last(self.series(seen)[:, None])[:, 0]
        return np.log(np.where(number > 0, number, np.nan))
