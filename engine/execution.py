"""`ExecutionSpec`: how decisions become orders and what a fill costs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ExecutionSpec(BaseModel):
    """Costs and order rules of a run; fills are always at the next open of the asset itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    cash: float = Field(100_000.0, gt=0, description="start capital, in the quote currency")
    fee_bps: float = Field(10.0, ge=0, lt=10_000, description="fee on every fill's notional")
    slippage_bps: float = Field(
        5.0, ge=0, lt=10_000, description="buys pay this above the open, sells get it below"
    )
    reserve: float = Field(0.02, ge=0, lt=1, description="share of NAV kept in cash")
    band: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="a change of weight below it is skipped, unless target or holding is 0",
    )
    lot_size: float = Field(0.0, ge=0, description="orders are whole multiples; 0: fractional")
    min_notional: float = Field(0.0, ge=0, description="smaller orders are skipped")
    on_shortfall: Literal["scale", "reject"] = Field(
        "scale", description="buys that cost more than the cash: all shrunk, or refused in turn"
    )
    delay_bars: int = Field(0, ge=0, description="clock bars between a decision and its orders")
    max_stale_days: int = Field(
        30, ge=0, description="a position without bars for longer stops the run"
    )
