"""`ExecutionSpec`: how decisions become orders and what a fill costs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from engine.codes import Rules

MOST = 1e15
"""Amounts up to here are floats that still tell an eighth of a unit."""


def _zero_or(least: float) -> AfterValidator:
    """A check for 0 or at least `least`: nearer to 0 the arithmetic underflows."""

    def check(value: float) -> float:
        if 0 < value < least:
            raise ValueError(f"must be 0 or at least {least:g}, got {value!r}")
        return value

    return AfterValidator(check)


Bps = Annotated[float, Field(ge=0, lt=10_000), _zero_or(1e-9)]
Size = Annotated[float, Field(ge=0, le=MOST), _zero_or(1e-12)]


class ExecutionSpec(BaseModel):
    """Costs and order rules of a run; fills are always at the next open of the asset itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    cash: float = Field(
        100_000.0, ge=1e-6, le=MOST, description="start capital, in the quote currency"
    )
    fee_bps: Bps = Field(10.0, description="fee on every fill's notional")
    slippage_bps: Bps = Field(5.0, description="buys pay this above the open, sells get it below")
    reserve: float = Field(0.02, ge=0, lt=1, description="share of NAV kept in cash")
    band: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="a change of weight below it is skipped, unless target or holding is 0",
    )
    lot_size: Size = Field(0.0, description="orders are whole multiples; 0: fractional")
    min_notional: Size = Field(0.0, description="smaller orders are skipped")
    on_shortfall: Literal["scale", "reject"] = Field(
        "scale", description="buys that cost more than the cash: all shrunk, or refused in turn"
    )
    delay_bars: int = Field(0, ge=0, description="clock bars between a decision and its orders")
    max_stale_days: int = Field(
        30, ge=0, description="a position without bars for longer stops the run"
    )


def rules_of(spec: ExecutionSpec) -> Rules:
    """An execution spec as the arithmetic takes it."""
    return Rules(
        spec.fee_bps / 10_000,
        spec.slippage_bps / 10_000,
        spec.reserve,
        spec.band,
        spec.lot_size,
        spec.min_notional,
        spec.on_shortfall == "reject",
    )
