"""A strategy that is left for a while after a loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field

from feeds.errors import EngineError
from strategies.base import Shares
from strategies.held import Held
from strategies.registry import register
from strategies.rules.overlay import Overlay


@register("stop")
class Stop(Overlay):
    """The shares of `of` until NAV falls by `loss`, then `to` for `pause_days`.

    At each close the NAV is compared with a level. `since: peak` takes the highest NAV since the
    start or since the last pause; `since: entry` takes the NAV at the decision that last changed
    which sleeves `of` holds: other shares of the same sleeves are no new entry. NAV at or below
    level x (1 - loss) stops: from this close on the rule wants `to`. At the first close that lies
    `pause_days` whole days after it, the rule wants the shares of `of` again, and the level begins
    anew with that NAV.

    A stop is a decision like any other: with `or_on_change: true` in the schedule it is taken at
    the close that falls below, else at the next one that is due; it fills at the next open, which
    may be lower. Where a signal is unknown no decision is taken; the pause counts on. Costs of the
    entry count as loss.
    """

    reads_held: ClassVar[bool] = True

    loss: float = Field(gt=0, lt=1, description="fall of NAV that stops; 0.2 is 20 %")
    since: Literal["peak", "entry"] = Field("peak", description="what the fall is measured from")
    to: Shares = Field(
        {}, validate_default=True, description="share of NAV by sleeve in the pause; {} is cash"
    )
    pause_days: int = Field(30, ge=1, le=10_000, description="whole days until `of` resumes")

    example: ClassVar[dict[str, Any]] = {
        "of": {"kind": "rotation", "signal": "risk_on", "on": {"alts": 1.0}, "off": {"btc": 1.0}},
        "loss": 0.25,
        "pause_days": 30,
    }

    def remember(self, x: Mapping[str, float], held: Held) -> Mapping[str, float]:
        """The level and what it is taken from, and in a pause the day on which it began."""
        now, before = dict(super().remember(x, held)), held.memory
        level, began = before.get("level", held.nav), before.get("stopped_on")
        if began is not None and held.day - began < self.pause_days:
            return now | {"level": level, "stopped_on": began}
        if began is not None:
            before, level = {}, held.nav
        elif self.since == "peak":
            level = max(level, held.nav)
        if self.since == "entry":
            entered, wanted = before.get("entered", 0), before.get("wanted", 0)
            # The last close took a decision for other shares if its NAV is that of the entry.
            if held.entry_nav == before.get("nav") and wanted != entered:
                entered, level = wanted, held.entry_nav
            if not any(map(math.isnan, x.values())):
                inside = replace(held, memory=MappingProxyType(now))
                wanted = self._sleeves_held(self.shares_inside(x, inside))
            now |= {"entered": entered, "wanted": wanted, "nav": held.nav}
        if held.nav <= level * (1.0 - self.loss):
            now["stopped_on"] = float(held.day)
        return now | {"level": level}

    def _sleeves_held(self, shares: Mapping[str, float]) -> int:
        """The sleeves with a share as a number, a bit each: a memory is made of numbers."""
        return sum(1 << i for i, name in enumerate(self.of.sleeves) if shares.get(name, 0.0) > 0)

    def rule(self, x: Mapping[str, float], held: Held | None = None) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        if held is None or "level" not in held.memory:
            raise EngineError(
                "`stop` was asked without its memory: an overlay around it takes `(x, held=None)` "
                "and calls `self.shares_inside(x, held)`, not `self.of.rule`"
            )
        return self.to if "stopped_on" in held.memory else self.shares_inside(x, held)
