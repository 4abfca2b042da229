"""The section `study` of a config: what is asked about what happened after a signal."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from engine.config.fields import Section

_MOST = 1000


def _horizons(days: list[int]) -> list[int]:
    """Whole days in ascending order."""
    wrong = [each for each in days if not 1 <= each <= _MOST]
    if wrong or not days:
        raise ValueError(f"name at least one horizon of 1 to {_MOST} days")
    if len(set(days)) != len(days):
        raise ValueError("a horizon is named twice")
    return sorted(days)


class StudySpec(Section):
    """What `study` looks at: a signal, two sleeves, and how long after."""

    signal: Annotated[str | None, "signal"] = Field(
        None, description="the signal; blank: the first that the strategy reads"
    )
    alts: Annotated[str | None, "shares"] = Field(
        None,
        description="the sleeve that should gain; blank: the heaviest of the strategy's `on`, "
        "or else the sleeve `alts`",
    )
    base: Annotated[str | None, "shares"] = Field(
        None,
        description="the sleeve to compare with; blank: the heaviest of the strategy's `off`, or "
        "else the sleeve `btc`",
    )
    horizons_days: Annotated[list[int], AfterValidator(_horizons)] = Field(
        [7, 14, 30, 60, 90, 180],
        max_length=12,
        description="days from an event to the ends of its forward returns",
    )
    merge_days: int = Field(
        0,
        ge=0,
        le=_MOST,
        description="an event that follows another in fewer days is part of it",
    )
    seed: int = Field(1, ge=0, description="of the draws of the free permutation test")
