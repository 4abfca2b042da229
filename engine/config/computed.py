"""Panels that are computed from others: market caps, totals and dominance, the altcoin season."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from engine.config.fields import Name, Section
from engine.config.universe import Members
from feeds.alt_season import Season
from feeds.dominance import Definition


class SupplyCaps(Section):
    """Market caps as price times the last supply known then, in `market_cap` by coin."""

    kind: Literal["caps"]
    prices: Name = Field(description="the panel with `close`")
    supply: Name = Field(description="the panel with `circulating_supply`, one id a coin")
    max_age_days: float = Field(gt=0, description="age from which on a supply is too old")

    @property
    def words(self) -> str:
        """The definition as a phrase for a reader of results."""
        return f"price times the last supply known, at most {self.max_age_days:g} days old"


class Dominance(Definition):
    """Totals and shares of the market, with the definition that they follow."""

    model_config = ConfigDict(defer_build=True)

    kind: Literal["dominance"]
    caps: Name = Field(description="the panel with the field `market_cap`, one id a coin")
    supplied: Name | None = Field(
        None, description="the panel with the field `total`, where the total is supplied"
    )


class AltSeason(Season):
    """The share of the largest coins that have beaten BTC, in `index`, in percent."""

    model_config = ConfigDict(defer_build=True)

    kind: Literal["alt_season"]
    prices: Name = Field(description="the panel with daily bars, BTC among them")
    universe: Members = Field(description="which coins are compared")

    @property
    def words(self) -> str:
        """The definition as a phrase for a reader of results."""
        when = "at the end" if self.members == "now" else "at the start"
        return (
            f"percent of the {self.universe.top} largest coins {when} of {self.days} days that "
            "beat BTC over them"
        )


Computed = Annotated[SupplyCaps | Dominance | AltSeason, Field(discriminator="kind")]
