"""Which ids a run may hold: those with data, old enough, and members at the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from engine.config import Experiment
from engine.config.universe import Delisting, Members
from feeds.arrays import DAY, Bool, Instant, Instants, read_only, text
from feeds.coins import Coins, by_coin, read_coins
from feeds.errors import ConfigError, DataError
from feeds.events import Event
from feeds.files import file_bytes, unzipped
from feeds.gaps import too_many_missing
from feeds.membership import Membership, read_membership
from feeds.panel import Panel
from feeds.quality import QualitySpec
from feeds.universe import Market, top_by_cap
from strategies.breadth import ELIGIBLE


def coins_of(experiment: Experiment, panel: str) -> Coins:
    """What the ids of a panel stand for."""
    data = experiment.data
    vendor = data.panels[panel].vendor if panel in data.panels else ""
    return read_coins(data.coins, data.root).of(vendor)


def membership(
    experiment: Experiment, panels: Mapping[str, Panel], clock: Panel
) -> Membership | None:
    """Who belongs to the universe when; None for all ids at all times.

    Parameters
    ----------
    experiment : Experiment
    panels : mapping of str to Panel
    clock : Panel
        The traded ids, from their first rows on.
    """
    universe, root = experiment.universe, experiment.data.root
    if universe.members_file is not None:
        if root is None:
            raise ConfigError("universe.members_file: data.root is not set")
        content = file_bytes(root / universe.members_file, universe.members_file)
        return read_membership(unzipped(content, universe.members_file), universe.members_file)
    rules = universe.members
    if rules is None:
        return None
    return chosen_by(experiment, rules, panels, clock)


def chosen_by(
    experiment: Experiment, rules: Members, panels: Mapping[str, Panel], clock: Panel
) -> Membership:
    """The members that rules choose, on their schedule over the closes of `clock`."""
    market, coins = market_of(experiment, rules, panels, clock), coins_of(experiment, rules.caps)
    return top_by_cap(market, _choices(rules, market, clock), rules, coins, source=rules.caps)


def last_choice(
    experiment: Experiment, rules: Members, panels: Mapping[str, Panel], clock: Panel, at: Instant
) -> Instant | None:
    """When the members of an instant were chosen; None before the first choice."""
    choices = _choices(rules, market_of(experiment, rules, panels, clock), clock)
    before = choices[choices <= at]
    return before[-1] if len(before) else None


def large_but_not_here(
    experiment: Experiment, panels: Mapping[str, Panel], clock: Panel
) -> tuple[str, ...]:
    """Coins that were large enough at some time, but that no id of the clock stands for.

    The rules choose among the ids of the config; who picked those knew how it ended.
    """
    rules = experiment.universe.members
    if rules is None:
        return ()
    coins, own = coins_of(experiment, rules.caps), coins_of(experiment, clock.name)
    market = Market(by_coin(panels[rules.caps], coins))
    by_size = rules.model_copy(update={"min_median_quote_volume": 0.0})
    stays = top_by_cap(market, _choices(rules, market, clock), by_size, coins)
    here = {span.coin for id in clock.ids for span in own.spans(id)}
    return tuple(sorted({stay.coin for stay in stays.stays} - here))


def named_but_not_here(experiment: Experiment, clock: Panel, stays: Membership) -> tuple[str, ...]:
    """Coins of a table of members that no id of the clock stands for: misspelt, or without bars."""
    if experiment.universe.members_file is None:
        return ()
    own = coins_of(experiment, clock.name)
    here = {span.coin for id in clock.ids for span in own.spans(id)}
    return tuple(sorted({stay.coin for stay in stays.stays} - here))


def _choices(rules: Members, market: Market, clock: Panel) -> Instants:
    """When members are chosen: at closes of the clock, once there are caps."""
    due = rules.schedule.due(clock.known_at)
    due[0] = False  # nobody knows whether the first close is the first of its month
    when, caps = clock.known_at[due], market.caps
    return when[when >= caps.known_at[0]] if len(caps) else when[:0]


def market_of(
    experiment: Experiment, rules: Members, panels: Mapping[str, Panel], clock: Panel
) -> Market:
    """What the members are chosen from: caps and, of a daily clock, bars, both by coin."""
    caps = by_coin(panels[rules.caps], coins_of(experiment, rules.caps))
    daily = bool(np.all(clock.known_at - clock.label == DAY))
    bars = by_coin(clock, coins_of(experiment, clock.name)) if daily else None
    return Market(caps, bars)


def settled(events: Sequence[Event], policy: Delisting) -> tuple[Event, ...]:
    """The events with what a holder gets under the policy, and when."""
    share = {"last_price": 1.0, "haircut": 1.0 - policy.haircut, "zero": 0.0}.get(policy.policy)
    return tuple(
        replace(
            event,
            recovery=event.recovery if share is None else share,
            frozen_days=policy.freeze_days,
        )
        if event.ends
        else event
        for event in events
    )


def chosen(
    panel: Panel, ids: Sequence[str], events: Sequence[Event]
) -> tuple[Panel, tuple[str, ...]]:
    """The panel for the ids of the universe, and those that no bar has been listed for."""
    missing = sorted(set(ids) - set(panel.ids) - set(panel.left_out))
    unlisted = tuple(name for name in missing if name in {event.successor for event in events})
    unknown = sorted(set(missing) - set(unlisted))
    if unknown:
        raise DataError(
            f"universe.ids names {', '.join(unknown)}, which panel '{panel.name}' does not have"
        )
    there = tuple(sorted(set(ids) - set(unlisted) - set(panel.left_out)))
    if not there:
        raise DataError(f"no id of the universe has data: {_words(panel.left_out)}")
    return panel.pick(there) if ids else panel, unlisted


def listed(clock: Panel, unlisted: Sequence[str]) -> tuple[Panel, tuple[str, ...]]:
    """Leave out ids without any bar up to the end of the period, and say so."""
    has: Bool = np.any(clock.has_bar, axis=0)
    listed = tuple(name for name, any_bar in zip(clock.ids, has, strict=True) if any_bar)
    absent = tuple(sorted({*unlisted, *clock.ids} - set(listed)))
    if not listed:
        raise DataError(f"no id of the universe has a bar up to {text(clock.label[-1])}")
    if not absent:
        return clock, ()
    note = f"no bar by the end of the period, left out: {', '.join(absent)}"
    return clock.pick(listed), (note,)


def without_gaps(clock: Panel, policy: QualitySpec) -> tuple[Panel, tuple[str, ...]]:
    """Stop for ids that lack too many bars, or leave them out and say so."""
    found = too_many_missing(clock, policy)
    if not found:
        return clock, ()
    words = "; ".join(found.values())
    if policy.missing_bars != "skip":
        raise DataError(
            f"{words}. Get the bars, declare what happened in a file under data.events, leave the "
            "id out, or set `data.quality.missing_bars: skip` or a higher limit"
        )
    kept = tuple(name for name in clock.ids if name not in found)
    if not kept:
        raise DataError(f"every id of the universe lacks too many bars: {words}")
    return clock.pick(kept), (f"left out: {words}",)


def left_out(panels: Mapping[str, Panel]) -> tuple[str, ...]:
    """What was left out while reading, panel by panel."""
    return tuple(
        f"left out of '{name}': {_words(panel.left_out)}"
        for name, panel in sorted(panels.items())
        if panel.left_out
    )


def _words(left_out: Mapping[str, str]) -> str:
    """The first reasons, and how many ids there are besides."""
    some = "; ".join(f"{id} ({reason})" for id, reason in list(left_out.items())[:3])
    return some + (f", and {len(left_out) - 3} more" if len(left_out) > 3 else "")


def allowed(experiment: Experiment, clock: Panel, stays: Membership | None) -> Bool:
    """What baskets may hold at each close: ids with a bar, old enough, and members, bool (T, N)."""
    found = _old_enough(clock, experiment.universe.min_age_days)
    if stays is None:
        return found
    return found & stays.mask(clock.ids, clock.known_at, coins_of(experiment, experiment.clock))


def with_eligible(panel: Panel, clock: Panel, eligible: Bool) -> Panel:
    """The traded panel as signals see it: with a field that says which ids the universe allows.

    Parameters
    ----------
    panel : Panel
        All ids of the traded panel, up to the end of the period.
    clock : Panel
        The same rows for the ids of the universe.
    eligible : bool (T, N)
        By row and id of `clock`.
    """
    table = np.zeros((len(panel), len(panel.ids)))
    columns = [panel.ids.index(id) for id in clock.ids]
    table[:, columns] = eligible
    fields = MappingProxyType({**panel.fields, ELIGIBLE: read_only(table)})
    return replace(panel, fields=fields)


def _old_enough(clock: Panel, min_age_days: int) -> Bool:
    """Ids with a bar at this close whose first bar is at least `min_age_days` old."""
    first = np.argmax(clock.has_bar, axis=0)
    age = clock.label[:, None] - clock.label[first][None, :]
    return clock.has_bar & (age >= min_age_days * DAY)
