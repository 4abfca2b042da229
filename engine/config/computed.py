"""Panels computed from others: market caps, dominance, the altcoin season, aligned series."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from engine.config.fields import Id, Name, Section
from engine.config.universe import Members
from feeds.alt_season import Season
from feeds.dominance import Definition
from strategies.series import NumberOfFields


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


class AlignedField(Section):
    """A series of some panel, as it was known at the rows of an aligned one."""

    panel: Name = Field(description="the panel that it is read from")
    value: NumberOfFields = Field(
        "close", description="the number taken: an expression over the panel's fields"
    )
    id: Id | None = Field(None, description="the id, where the panel has more than one")
    max_age_days: float = Field(
        10.0, gt=0, description="days after which a value is too old, and unknown"
    )


def _by_name(fields: dict[str, AlignedField]) -> dict[str, AlignedField]:
    return dict(sorted(fields.items()))


class Aligned(Section):
    """Series of several panels on the rows of one of them, each as it was known then."""

    kind: Literal["aligned"]
    rows: Name = Field(description="the panel whose rows there are: sessions, weeks, publications")
    at: Name | None = Field(
        None,
        description="the panel at whose first close at or after a row the row is taken and known; "
        "of several in one close the last. Blank: at the row itself",
    )
    fields: Annotated[dict[Name, AlignedField], AfterValidator(_by_name)] = Field(
        min_length=1, description="the fields by name"
    )

    @property
    def panels(self) -> dict[tuple[str, ...], str]:
        """The panels that it reads, by the keys that name them."""
        found: dict[tuple[str, ...], str] = {("rows",): self.rows}
        if self.at is not None:
            found["at",] = self.at
        return found | {("fields", key, "panel"): of.panel for key, of in self.fields.items()}

    @property
    def words(self) -> str:
        """The definition as a phrase for a reader of results."""
        when = "" if self.at is None else f", at the first close of {self.at} that sees it"
        parts = ", ".join(
            f"{name} = {of.value} of {of.panel}{'' if of.id is None else f'.{of.id}'}"
            for name, of in self.fields.items()
        )
        return f"a row for each row of {self.rows}{when}: {parts}"


Computed = Annotated[SupplyCaps | Dominance | AltSeason | Aligned, Field(discriminator="kind")]
