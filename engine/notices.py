"""What a reader must know before believing a run, found in its results."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.ledger import CANCELLED, OPEN, REJECTED, SKIPPED, WRITTEN_OFF, Order
from engine.regimes import rotations
from engine.statistics import SHORT_SAMPLE_DAYS
from engine.wording import amount, count, instant, listed
from feeds.arrays import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.result import Result

_BY_CHOICE = ("band", "lot_size", "min_notional")
"""Orders left out because the config says so; they are counted but are no surprise."""
_GAPS = {
    "blank_rows": "blank rows",
    "explained_bars": "bars missing because of a known event",
    "missing_bars": "missing bars",
}
_REPAIRS = {
    "bad_bars": ("bar", " that cannot be, left out"),
    "coverage_jumps": ("row", " where more than 0.5 % of the market enters or leaves the data"),
    "cut_off": ("last line", " cut off in the file, left out"),
    "of_no_coin": ("row", " of a ticker while no coin had it, left out"),
    "out_of_order": ("row", " out of order, sorted"),
    "partial_days": ("bar", " of a part of a day around the end of a coin, left out"),
    "repeated_rows": ("row", " told twice, counted once"),
    "spikes": ("open or close", " ten times away from the closes around it (policy: {})"),
    "unclosed": ("bar", " still open when it was read, left out"),
    "wicks": ("high or low", " ten times away from the closes around it (policy: {})"),
}
"""What was found in the data; `{}` is the policy about it."""
NOTE = "Note of the run"
FEW_ROTATIONS = 10
"""Below this each rotation is looked at by itself."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A title of a few words and one or two sentences."""

    title: str
    text: str


def notices(result: Result) -> tuple[Notice, ...]:
    """All notices of a run, the gravest first."""
    return tuple(
        notice
        for part in (_data, _sample, _signals, _trading, _gaps, _repairs, _written)
        for notice in part(result)
    )


def faults(result: Result) -> int:
    """Rows of the data with a fault that was met by policy: repaired, flagged or left out."""
    return _found(result, _REPAIRS)


def gaps(result: Result) -> int:
    """Bars and rows that are missing or blank in the data."""
    return _found(result, _GAPS)


def _found(result: Result, kinds: Iterable[str]) -> int:
    quality = result.manifest.get("quality", {}).values()
    return sum(int(found.get(kind, 0)) for found in quality for kind in kinds)


def _data(result: Result) -> Iterator[Notice]:
    universe = result.manifest.get("universe", {})
    if result.simulated:
        yield Notice(
            "Simulated data",
            f"Prices come from a seeded generator {_planted(result)}. "
            "Nothing here says anything about a market.",
        )
    elif not universe.get("point_in_time", False):
        ids = count(len(universe.get("ids", ())), "id was", "ids were")
        yield Notice(
            "Survivorship-biased universe",
            f"{ids} picked by hand with hindsight. What died, or was never picked, is missing, "
            "which flatters every basket.",
        )


def _sample(result: Result) -> Iterator[Notice]:
    days = float((result.time[-1] - result.start) / DAY)
    if days < SHORT_SAMPLE_DAYS:
        yield Notice(
            "Short history",
            f"{count(len(result.time), 'bar')} over {days:.3g} day{'s' * (days != 1)}: figures per "
            "year are extrapolated, and no ratio is worth much.",
        )
    changes = rotations(result)
    if len(result.decisions) and not changes and result.experiment.get("signals"):
        yield Notice(
            "Never switched",
            "The target never changed: the signal was on, or off, throughout. This is the sleeve "
            "alone, and says nothing about the signal.",
        )
    if len(result.decisions) and 0 < changes < FEW_ROTATIONS:
        yield Notice(
            "Few switches",
            f"The target changed {count(changes, 'time')}: look at each, not at averages.",
        )
    execution = result.experiment.get("execution", {})
    if execution.get("fee_bps") == 0 and execution.get("slippage_bps") == 0:
        yield Notice("No costs", "Fees and slippage are both set to 0.")


def _signals(result: Result) -> Iterator[Notice]:
    if result.experiment.get("strategy", {}).get("kind") == "raw":
        yield Notice(
            "Raw strategy",
            "Nothing proves that it does not read the future. The prefix proof covers signals, "
            "not backtrader strategies.",
        )
    reasons = Counter(result.decisions.reason)
    if reasons["signal_unknown"]:
        unknown = count(reasons["signal_unknown"], "scheduled decision")
        yield Notice(
            "Signals unknown",
            f"{unknown} could not be taken because a signal had no value or one too old; "
            "holdings stayed as they were.",
        )
    if reasons["warm_up"]:
        yield Notice(
            "Warm-up inside the period",
            f"{count(reasons['warm_up'], 'scheduled decision')} passed in cash before every signal "
            "had its first value.",
        )


def _trading(result: Result) -> Iterator[Notice]:
    lost = [order for order in result.orders if order.status == WRITTEN_OFF]
    if lost:
        yield Notice("Written off", listed([_write_off(order) for order in lost]) + ".")
    stale = result.statistics.get("stale_bars")
    if stale is not None and stale.value:
        yield Notice(
            "Stale positions",
            f"Held at closes without a bar of their own, at their last price: {stale.basis}.",
        )
    failed = [
        order
        for order in result.orders
        if order.status in (CANCELLED, OPEN, REJECTED, SKIPPED) and order.reason not in _BY_CHOICE
    ]
    if failed:
        yield Notice("Orders not filled", f"{count(len(failed), 'order')}: {_why(failed)}.")
    shrunk = [order for order in result.orders if _is_shrunk(order)]
    if shrunk:
        yield Notice(
            "Orders shrunk",
            f"{count(len(shrunk), 'buy was', 'buys were')} filled in part because cash was short.",
        )


def _gaps(result: Result) -> Iterator[Notice]:
    for panel, found in sorted(result.manifest.get("quality", {}).items()):
        parts = [f"{found[kind]:,} {what}" for kind, what in _GAPS.items() if found.get(kind)]
        if parts:
            clock = panel == result.experiment.get("clock")
            effect = (
                "Positions are marked at the last close there, and orders wait."
                if clock
                else "Signals carry their last value over them until it is too old."
            )
            yield Notice(f"Gaps in panel '{panel}'", f"{listed(parts)}. {effect}")


def _repairs(result: Result) -> Iterator[Notice]:
    policies = (result.experiment.get("data") or {}).get("quality") or {}
    for panel, found in sorted(result.manifest.get("quality", {}).items()):
        parts = [
            count(found[kind], noun) + rest.format(policies.get(kind, "repair"))
            for kind, (noun, rest) in _REPAIRS.items()
            if found.get(kind)
        ]
        if parts:
            yield Notice(f"Faults in panel '{panel}'", f"{listed(parts)}.")


def _written(result: Result) -> Iterator[Notice]:
    for text in result.manifest.get("warnings", ()):
        words = str(text).rstrip(".")
        yield Notice(NOTE, f"{words[:1].upper()}{words[1:]}.")


def _planted(result: Result) -> str:
    data = result.experiment.get("data") or {}
    effect = (data.get("simulated") or {}).get("effect")
    return "with no effect in it" if effect == 0 else "with a planted effect"


def _write_off(order: Order) -> str:
    when = instant(order.filled_at if not np.isnat(order.filled_at) else order.decided_at)
    return f"{amount(abs(order.shares))} {order.id} at {amount(order.price)} each on {when} UTC"


def _is_shrunk(order: Order) -> bool:
    return order.status not in (WRITTEN_OFF, SKIPPED) and 0.0 < order.shares < order.ordered * (
        1.0 - 1e-6
    )


def _why(orders: Sequence[Order]) -> str:
    found = Counter((order.status, order.reason) for order in orders)
    return listed(
        [
            f"{number} {status}" + (f" ({reason.replace('_', ' ')})" if reason else "")
            for (status, reason), number in sorted(found.items())
        ]
    )
