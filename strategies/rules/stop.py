"""A strategy that is left for a while after a loss."""

from __future__ import annotations

from collections.abc import Mapping
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
    the shares. NAV at or below level x (1 - loss) stops: from this close on the rule wants `to`.
    At the first close that lies `pause_days` whole days after it, the rule wants the shares of
    `of` again, and the level begins anew with that NAV.

    A stop is a decision like any other: with `or_on_change: true` in the schedule it is taken at
    the close that falls below, else at the next one that is due; it fills at the next open, which
    may be lower. Where a signal is unknown no decision is taken; the pause counts on. Costs of the
    entry count as loss.
    """

    reads_held: ClassVar[bool] = True

    loss: float = Field(gt=0, lt=1, description="fall of NAV that stops; 0.2 is 20 %")
    since: Literal["peak", "entry"] = Field("peak", description="what the fall is measured from")
    to: Shares = Field({}, description="share of NAV by sleeve in the pause; {} is cash")
    pause_days: int = Field(30, ge=1, le=10_000, description="whole days until `of` resumes")

    example: ClassVar[dict[str, Any]] = {
        "of": {"kind": "rotation", "signal": "risk_on", "on": {"alts": 1.0}, "off": {"btc": 1.0}},
        "loss": 0.25,
        "pause_days": 30,
    }

    def remember(self, x: Mapping[str, float], held: Held) -> Mapping[str, float]:
        """The level, the entry it was taken from, and in a pause the day on which it began."""
        before, inside = held.memory, super().remember(x, held)
        level, began = before.get("level", held.nav), before.get("stopped_on")
        now = {"entry": held.entry_nav}
        if began is not None and held.day - began < self.pause_days:
            return {**inside, **now, "level": level, "stopped_on": began}
        if began is not None:
            level = held.nav
        elif self.since == "peak":
            level = max(level, held.nav)
        elif held.entry_nav != before.get("entry", held.entry_nav):
            level = held.entry_nav
        if held.nav <= level * (1.0 - self.loss):
            now["stopped_on"] = float(held.day)
        return {**inside, **now, "level": level}

    def rule(self, x: Mapping[str, float], held: Held | None = None) -> Mapping[str, float]:
        """Shares of NAV by sleeve."""
        if held is None or "level" not in held.memory:
            raise EngineError(
                "`stop` was asked without its memory: an overlay around it takes `(x, held=None)` "
                "and calls `self.shares_inside(x, held)`, not `self.of.rule`"
            )
        return self.to if "stopped_on" in held.memory else self.shares_inside(x, held)
