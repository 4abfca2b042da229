"""Panels computed from others, as the config asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.config import Experiment
from engine.config.computed import AltSeason, Computed, Dominance, SupplyCaps
from engine.universe import chosen_by, coins_of
from feeds.alt_season import alt_season
from feeds.coins import by_coin
from feeds.dominance import dominance
from feeds.events import Event
from feeds.market_caps import caps_from_supply
from feeds.panel import Panel


def computed_panels(
    experiment: Experiment,
    panels: Mapping[str, Panel],
    events: Mapping[str, Sequence[Event]],
) -> dict[str, Panel]:
    """Every panel of `data.computed`, caps first: others may be made of them.

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
    for name in sorted(specs, key=lambda name: (not isinstance(specs[name], SupplyCaps), name)):
        made = _computed(experiment, specs[name], {**panels, **found}, events)
        found[name] = replace(made, name=name)
    return found


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
    assert isinstance(spec, AltSeason)
    prices, coins = panels[spec.prices], coins_of(experiment, spec.prices)
    stays = chosen_by(experiment, spec.universe, panels, prices)
    members = stays.mask(prices.ids, prices.known_at, coins)
    return alt_season(prices, members, spec, coins, events.get(spec.prices, ()))
