"""The section `gates` of a config: what a run has to reach to be taken further."""

from __future__ import annotations

from pydantic import Field

from engine.config.fields import Section


class Gates(Section):
    """Limits that are looked at after a run; it ends with exit code 5 if one is missed.

    A gate whose figure is undefined is missed. What is left out is not looked at. Gates change
    nothing in a run.
    """

    sharpe_min: float | None = Field(None, description="Sharpe ratio a year, at least")
    cagr_min: float | None = Field(None, gt=-1, description="compound growth a year, at least")
    lead_min: float | None = Field(
        None, description="compound growth a year less that of every benchmark, at least"
    )
    max_drawdown: float | None = Field(
        None, gt=0, le=1, description="deepest fall as a share of NAV, at most"
    )
    turnover_max: float | None = Field(None, ge=0, description="one-way turnover a year, at most")
    events_min: int | None = Field(None, ge=1, description="how often the target changed, at least")
    years_min: float | None = Field(None, gt=0, description="length in years of 365 days, at least")
    psr_min: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="chance that the true Sharpe ratio is above 0, nothing else having been tried",
    )
    dsr_min: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="the same above what the best of all trials finds by luck (deflated), both raw "
        "and over every benchmark",
    )
    luck_max: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="share of lucky searches that look this good over the hardest benchmark (raw "
        "if there is none), at most",
    )
    pbo_max: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="probability of backtest overfitting of the hypothesis's trials, at most",
    )
    shift_p_max: float | None = Field(
        None, gt=0, lt=1, description="p-value against shifts in time, at most; by `--inference`"
    )
    rotation_p_max: float | None = Field(
        None, gt=0, lt=1, description="p-value against random rotations; by `--inference`"
    )
    spa_p_max: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="p-value of the lead over every benchmark (Hansen); by `--inference`",
    )
