"""How many coins have made a lower low in price and a higher low in an oscillator."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from feeds.arrays import Bool, Float
from feeds.panel import Panel
from strategies.breadth import Breadth
from strategies.oscillators import FIRST_MACD, FIRST_RSI, macd_histogram, rsi
from strategies.pivots import divergences
from strategies.registry import register
from strategies.weeks import BarLength, Bars, bars_of
from strategies.windows import MOST_DAYS


@register("bullish_divergence")
class BullishDivergence(Breadth):
    """The share of ids with a bullish divergence in the last `fresh_days`.

    A bar is a complete week (`week`) or a row of the panel (`row`). A pivot low is a bar whose
    `price` is less than that of each of the `half_width` bars before it and at most that of those
    after it; it is known `half_width` bars later. Two lows in turn, i and j, `min_bars` to
    `max_bars` bars apart, are a divergence when the price at j is below (1 - `depth`) times that
    at i and the oscillator at j is above that at i, by more than rounding. It becomes known when
    j does: a mark at j itself is hindsight. The oscillator is Wilder's RSI of 14 closes or the
    MACD histogram (12, 26, 9), and unknown until the id has `min_history` bars, because both
    depend on where the data begin.

    Panel: bars of any number of ids; one id gives 1 or 0. Range: 0 to 1; NaN where fewer than
    `min_ids` ids that count have a known oscillator at the last complete bar.

    Source: J. Welles Wilder (1978), New Concepts in Technical Trading Systems, on divergence.
    """

    bars: BarLength = Field("week", description="what a bar is: a complete week, or a row")
    oscillator: Literal["rsi", "macd"] = Field("rsi", description="what must not confirm the low")
    price: Literal["close", "low"] = Field("close", description="field whose lows are compared")
    half_width: int = Field(
        2, ge=1, le=12, description="bars on each side that make a low, and its delay"
    )
    min_bars: int = Field(4, ge=1, le=1_000, description="bars between the two lows, at least")
    max_bars: int = Field(60, ge=1, le=1_000, description="bars between the two lows, at most")
    depth: float = Field(
        0.0, ge=0, lt=1, description="share by which the second low must be below the first"
    )
    min_history: int = Field(
        150, ge=1, le=10_000, description="bars of an id before its oscillator is used"
    )
    fresh_days: int = Field(
        90, ge=1, le=MOST_DAYS, description="whole days for which a divergence counts"
    )

    example: ClassVar[dict[str, Any]] = {"panel": "coins", "exclude": ["BTC"]}

    @property
    def warm_up(self) -> int:
        """Rows until the oscillator of an id that is there from the first row on is used."""
        first = max(self.min_history, FIRST_RSI if self.oscillator == "rsi" else FIRST_MACD)
        return first - 1 if self.bars == "row" else 7 * first - 1

    @model_validator(mode="after")
    def _in_order(self) -> BullishDivergence:
        if self.min_bars > self.max_bars:
            raise ValueError(f"`min_bars` is {self.min_bars}, above `max_bars` {self.max_bars}")
        return self

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        bars, oscillator, events = self._bars(seen)
        fresh = bars.is_fresh(events, seen.label, self.fresh_days)
        known = bars.at_rows(~np.isnan(oscillator))
        return self.share(np.where(known, fresh, np.nan), seen)

    def events(self, seen: Panel) -> Bool:
        """The rows with which a divergence of an id became known, bool (T, N)."""
        bars, _, events = self._bars(seen)
        bar, column = np.nonzero(events)
        fired = np.zeros(seen.close.shape, dtype=bool)
        fired[bars.row[bar], column] = True
        return fired

    def _bars(self, seen: Panel) -> tuple[Bars, Float, Bool]:
        """Bars, the oscillator at each, and whether a divergence becomes known with it."""
        bars = bars_of(seen, self.bars)
        close = bars.last(seen.close)
        price = close if self.price == "close" else bars.lowest(seen.low)
        of_rsi = self.oscillator == "rsi"
        value, unit = (rsi(close), 100.0) if of_rsi else (macd_histogram(close), close)
        history = np.cumsum(~np.isnan(close), axis=0)
        value = np.where(history >= self.min_history, value, np.nan)
        apart = (self.min_bars, self.max_bars)
        return bars, value, divergences(price, value, self.half_width, apart, self.depth, unit)
