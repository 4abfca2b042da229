"""The section `universe` of a config: what baskets may hold, and what becomes of what ends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from engine.config.fields import Ids, Name, Section, Source, derived
from engine.schedule import Monthly, Weekly
from feeds.universe import UniverseRules


class Members(UniverseRules):
    """Members chosen anew on a schedule, with what is known then and nothing else."""

    caps: Name = Field(description="the panel with the field `market_cap`, one id a coin")
    schedule: Annotated[Monthly | Weekly, Field(discriminator="kind")] = Field(
        default_factory=lambda: Monthly(kind="monthly"), description="when they are chosen"
    )


class Delisting(Section):
    """What a holder gets for a coin that ends, where the run is not to go by the event table."""

    policy: Literal["declared", "last_price", "haircut", "zero"] = Field(
        "declared",
        description="the recovery of the event, all of the last price, that less a haircut, or "
        "nothing",
    )
    haircut: float = Field(0.5, ge=0, le=1, description="share of the last price that is lost")
    freeze_days: int = Field(
        0,
        ge=0,
        description="days that the position stays at its last price, untraded, before it is paid",
    )


class Universe(Section):
    """The ids that baskets may hold."""

    model_config = ConfigDict(json_schema_extra=derived("ids"))

    ids: Ids = Field(description="ids of the clock panel; left out: all ids it names")
    min_age_days: int = Field(0, ge=0, description="days since its first bar before an id counts")
    members: Members | None = Field(
        None, description="of the ids, those that were among the largest coins at the time"
    )
    members_file: Source | None = Field(
        None, description="CSV table of members with coin, since, until and source, in their place"
    )
    delisting: Delisting = Field(
        default_factory=lambda: Delisting.model_validate({}),
        description="what a holder gets for a coin that ends",
    )
    point_in_time: bool = Field(
        False, description="whether the list was drawn up without hindsight; shown in the report"
    )
