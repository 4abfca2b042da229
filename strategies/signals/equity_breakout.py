"""Breakouts of one price series: records and Donchian channels, with drought and re-arming."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from feeds.arrays import DAY, Bool, Float
from feeds.panel import Panel
from strategies.base import Signal
from strategies.registry import register
from strategies.windows import MOST_DAYS, trailing_max


@register("equity_breakout")
class EquityBreakout(Signal):
    """1 for `fresh_days` after a breakout that ended a drought of `drought_days`, else 0.

    The level of a row is the highest `price` of all earlier rows (`record`) or of the `sessions`
    rows before it (`donchian`). A row above its level (strictly) is a breakout; it counts when
    `drought_days` whole days have passed between its label and that of the breakout before it,
    or, where there was none, of the last row without a level.

    Panel: bars of one id. Range: 1, 0; NaN in the rows of a donchian without a level.
    Records are "since the first row": give the series its full history.
    """

    rule: Literal["record", "donchian"] = Field(
        "record", description="level: highest price of all earlier rows, or of `sessions` rows"
    )
    drought_days: int = Field(
        365,
        ge=0,
        le=MOST_DAYS,
        description="whole days without a breakout before one that counts; 0: none",
    )
    fresh_days: int = Field(
        60, ge=1, le=MOST_DAYS, description="whole days for which the value stays 1"
    )
    confirm: int = Field(
        1, ge=1, le=1_000, description="rows in turn above the level frozen at the first of them"
    )
    price: Literal["close", "high"] = Field("close", description="field that makes a breakout")
    sessions: int = Field(
        252, ge=1, le=MOST_DAYS, description="rows in a donchian window, current one excluded"
    )
    rearm_drawdown: float | None = Field(
        None, gt=0, lt=1, description="after a signal none before a close this far below the max"
    )
    rearm_sessions: int | None = Field(
        None, ge=1, le=MOST_DAYS, description="after a signal none before so many rows have passed"
    )

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        rows = np.arange(len(seen))
        last = np.maximum.accumulate(np.where(self.events(seen), rows, -1))
        fresh = (last >= 0) & (seen.label - seen.label[last] < self.fresh_days * DAY)
        warm_up = (rows < self.sessions) & (self.rule == "donchian")
        return np.where(warm_up, np.nan, fresh.astype(np.float64))

    def levels(self, seen: Panel) -> Float:
        """The level that each row has to exceed, float64 (T,); NaN where there is none."""
        price = _known(seen.column(self.price))
        if self.rule == "record":
            highest, rows = np.maximum.accumulate(price), 1
        else:
            highest, rows = trailing_max(price, self.sessions), self.sessions
        levels = np.append(np.full(rows, np.nan), highest[:-1])[: len(price)]
        return np.where(np.isfinite(levels), levels, np.nan)

    def events(self, seen: Panel) -> Bool:
        """The rows at which the signal fires, bool (T,)."""
        price, level, label = _known(seen.column(self.price)), self.levels(seen), seen.label
        rows = np.arange(len(price))
        above = price > level
        # A row without a level could hide a breakout, so a drought is counted from there.
        reset = np.maximum.accumulate(np.where(above | np.isnan(level), rows, 0))
        before = reset[np.maximum(rows - 1, 0)]
        ended = above & (label - label[before] >= self.drought_days * DAY)
        lowest = -trailing_max(-price, self.confirm)
        stays = ended[: len(lowest)] & (lowest > level[: len(lowest)])
        fired = np.append(np.zeros(self.confirm - 1, dtype=bool), stays)[: len(price)]
        if self.rearm_drawdown is None and self.rearm_sessions is None:
            return fired
        return self._rearmed(fired, seen.column("close"), np.maximum.accumulate(price))

    def _rearmed(self, fired: Bool, close: Float, highest: Float) -> Bool:
        never, candidates = len(fired), np.flatnonzero(fired)
        drawdown = self.rearm_drawdown
        dips = np.flatnonzero(close <= (1 - drawdown) * highest) if drawdown else candidates[:0]
        dip = np.append(dips, never)[np.searchsorted(dips, candidates, side="right")]
        pause = candidates + (self.rearm_sessions or never)
        kept, armed_from = np.zeros(len(fired), dtype=bool), 0
        for row, armed in zip(candidates.tolist(), np.minimum(dip, pause).tolist(), strict=True):
            if row >= armed_from:
                kept[row], armed_from = True, armed
        return kept


def _known(price: Float) -> Float:
    """`price` with -inf for blanks: they are never above a level and never raise one."""
    return np.where(np.isnan(price), -np.inf, price)
