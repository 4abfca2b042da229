"""Panels computed from others, as the config asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.config import Experiment
from engine.config.computed import (
    Aligned,
    AlignedField,
    AltSeason,
    Computed,
    Dominance,
    SupplyCaps,
)
from engine.universe import chosen_by, coins_of
from feeds.aligned import Source, aligned
from feeds.alt_season import alt_season
from feeds.coins import by_coin
from feeds.dominance import dominance
from feeds.errors import ConfigError
from feeds.events import Event
from feeds.market_caps import caps_from_supply
from feeds.panel import Panel
from strategies.series import number_of


def computed_panels(
    experiment: Experiment,
    panels: Mapping[str, Panel],
    events: Mapping[str, Sequence[Event]],
) -> dict[str, Panel]:
    """Every panel of `data.computed`: caps first and aligned ones last, made of the others.

    Parameters
    ----------
    experiment : Experiment
    panels : mapping of str to Panel
        The panels that were read, split by their events.
    events : mapping of str to sequence of Event
        The events of each of them.
    """
    found: dict[str, Panel] = {}
    specs = experiment.data.computed
    for name in sorted(specs, key=lambda name: (_turn(specs[name]), name)):
        made = _computed(experiment, specs[name], {**panels, **found}, events)
        found[name] = replace(made, name=name)
    return found


def _turn(spec: Computed) -> int:
    return 0 if isinstance(spec, SupplyCaps) else 2 if isinstance(spec, Aligned) else 1


def _computed(
    experiment: Experiment,
    spec: Computed,
    panels: Mapping[str, Panel],
    events: Mapping[str, Sequence[Event]],
) -> Panel:
    if isinstance(spec, SupplyCaps):
        prices, supply = (
            by_coin(panels[name], coins_of(experiment, name)) for name in (spec.prices, spec.supply)
        )
        return caps_from_supply(prices, supply, spec.max_age_days)
    if isinstance(spec, Dominance):
        supplied = None if spec.supplied is None else panels[spec.supplied]
        return dominance(panels[spec.caps], spec, coins_of(experiment, spec.caps), supplied)
    if isinstance(spec, Aligned):
        at = None if spec.at is None else panels[spec.at]
        fields = {name: _source(name, field, panels) for name, field in spec.fields.items()}
        return aligned(panels[spec.rows], at, fields)
    assert isinstance(spec, AltSeason)
    prices, coins = panels[spec.prices], coins_of(experiment, spec.prices)
    stays = chosen_by(experiment, spec.universe, panels, prices)
    members = stays.mask(prices.ids, prices.known_at, coins)
    return alt_season(prices, members, spec, coins, events.get(spec.prices, ()))


def _source(name: str, field: AlignedField, panels: Mapping[str, Panel]) -> Source:
    panel = panels[field.panel]
    if field.id is not None:
        if field.id not in panel.ids:
            raise ConfigError(
                f"the aligned field '{name}' reads the id '{field.id}', which panel "
                f"'{panel.name}' does not have; it has {', '.join(panel.ids[:40])}"
            )
        panel = panel.pick((field.id,))
    values = number_of(field.value, panel)
    return Source(panel.calendar, panel.known_at, values, field.max_age_days)
