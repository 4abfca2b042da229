"""Breakouts of one price series: records and Donchian channels, with drought and re-arming."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from feeds.arrays import DAY, Bool, Float, Int
from feeds.panel import Panel
from strategies.base import Signal
from strategies.registry import register
from strategies.windows import MOST_DAYS, trailing_max


@register("equity_breakout")
class EquityBreakout(Signal):
    """1 for `fresh_days` after a breakout ended a drought of `drought_days`, else 0.

    The level of a row is the highest `price` of all earlier rows (`record`) or of the last
    `sessions` rows before it that have one (`donchian`). A row above its level (strictly) is a
    breakout; it counts when `drought_days` whole days have passed between its label and that of
    the breakout before it, or, where there was none, of the last row without a level.

    A breakout is confirmed by the last of `confirm` rows in turn above the level, which is frozen
    at the first of them, or at once by the first of these rows that is above it by the share
    `buffer` or more. That row is the signal row. The value is 1 in rows whose label is at least
    `lag_days`, and less than `lag_days` + `fresh_days`, whole days after that of a signal row.

    Panel: bars of one id. Range: 1, 0; NaN in the rows of a donchian without a level or a price.
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
    buffer: float | None = Field(
        None, gt=0, le=1, description="share above the level that confirms at once; blank: none"
    )
    lag_days: int = Field(
        0, ge=0, le=MOST_DAYS, description="whole days after the signal row before the value is 1"
    )
    price: Literal["close", "high"] = Field("close", description="field that makes a breakout")
    sessions: int = Field(
        252, ge=1, le=MOST_DAYS, description="prices in a donchian window, current one excluded"
    )
    rearm_drawdown: float | None = Field(
        None, gt=0, lt=1, description="after a signal none before a close this far below the max"
    )
    rearm_sessions: int | None = Field(
        None, ge=1, le=MOST_DAYS, description="after a signal none before so many rows have passed"
    )

    example: ClassVar[dict[str, Any]] = {
        "panel": "equities",
        "drought_days": 365,
        "fresh_days": 180,
    }

    @model_validator(mode="after")
    def _has_something_to_confirm(self) -> EquityBreakout:
        if self.buffer is not None and self.confirm == 1:
            raise ValueError("`buffer` shortens `confirm`, which is 1; raise it, or leave one out")
        return self

    @property
    def warm_up(self) -> int:
        """Rows of a donchian without a level."""
        return self.sessions if self.rule == "donchian" else 0

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        fired = seen.label[self.events(seen)]
        last = np.searchsorted(fired, seen.label - self.lag_days * DAY, side="right") - 1
        fresh = last >= 0
        since = seen.label[fresh] - fired[last[fresh]]
        fresh[fresh] = since < (self.lag_days + self.fresh_days) * DAY
        unknown = np.isnan(self.levels(seen)) | np.isnan(seen.column(self.price))
        return np.where(unknown & (self.rule == "donchian"), np.nan, fresh.astype(np.float64))

    def levels(self, seen: Panel) -> Float:
        """The level that each row has to exceed, float64 (T,); NaN where there is none."""
        known = ~np.isnan(seen.column(self.price))
        price = seen.column(self.price)[known]
        if self.rule == "record":
            highest, rows = np.maximum.accumulate(price), 1
        else:
            highest, rows = trailing_max(price, self.sessions), self.sessions
        by_prices_before = np.append(np.full(rows, np.nan), highest)
        return by_prices_before[np.cumsum(known) - known]

    def events(self, seen: Panel) -> Bool:
        """The rows at which the signal fires, bool (T,)."""
        price, level, label = _known(seen.column(self.price)), self.levels(seen), seen.label
        rows = np.arange(len(price))
        above = price > level
        # A row without a level could hide a breakout, so a drought is counted from there.
        reset = np.maximum.accumulate(np.where(above | np.isnan(level), rows, 0))
        before = reset[np.maximum(rows - 1, 0)]
        ended = above & (label - label[before] >= self.drought_days * DAY)
        fired = self._confirmed(np.flatnonzero(ended), price, level)
        if self.rearm_drawdown is None and self.rearm_sessions is None:
            return fired
        return self._rearmed(fired, seen.column("close"), np.maximum.accumulate(price))

    def _confirmed(self, pending: Int, price: Float, level: Float) -> Bool:
        """Where the breakouts that began in the rows `pending` are confirmed, bool (T,)."""
        fired = np.zeros(len(price), dtype=bool)
        enough = np.inf if self.buffer is None else 1 + self.buffer
        for row in range(self.confirm):
            pending = pending[pending + row < len(price)]
            pending = pending[price[pending + row] > level[pending]]
            sure = price[pending + row] >= level[pending] * enough
            if row == self.confirm - 1:
                sure[:] = True
            fired[pending[sure] + row] = True
            pending = pending[~sure]
        return fired

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
