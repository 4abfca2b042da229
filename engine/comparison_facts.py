"""What a run of a comparison rests on, read once, so that a result that lacks it has no row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.notices import Notice, notices
from engine.result import Result
from engine.trials import hypothesis_of
from engine.verdict import period
from engine.wording import count
from feeds.arrays import Instant


@dataclass(frozen=True)
class Facts:
    """What runs may have in common, and what makes them hard to compare.

    Attributes
    ----------
    hypothesis : str
        Its id, or the name of the run if it has none.
    period, market, costs, schedule : str
        As they are told.
    data : str
        Digest of the rows that are traded; panels that only one run reads are no matter of
        comparison.
    version : str
        Digest of the program.
    first_decision : datetime64[ns]
        When the first target was set; NaT for never.
    gates : bool
        Whether the config that was given sets any; a result does not tell.
    notices : tuple of Notice
    """

    hypothesis: str
    period: str
    market: str
    costs: str
    schedule: str
    data: str
    version: str
    first_decision: Instant
    gates: bool
    notices: tuple[Notice, ...]


def facts_of(result: Result) -> Facts:
    """The facts of a run.

    Raises
    ------
    KeyError, TypeError, ValueError
        For a result of another version of the program that lacks one.
    """
    config, digests = result.experiment, result.manifest["digests"]
    return Facts(
        hypothesis=hypothesis_of(config),
        period=period(result),
        market=_market(result),
        costs=_costs(result),
        schedule=_schedule(result),
        data=str(digests["panels"].get(config["clock"])),
        version=str(digests["package"]),
        first_decision=_first_decision(result),
        gates=False,
        notices=notices(result),
    )


def _market(result: Result) -> str:
    universe, clock = result.manifest["universe"], result.experiment["clock"]
    ids = f"{count(len(universe['ids']), 'id')} of '{clock}'"
    if result.simulated:
        return ids
    return f"{ids}, {'members of the time' if universe['point_in_time'] else 'picked by hand'}"


def _costs(result: Result) -> str:
    execution = result.experiment["execution"]
    return f"fee {execution['fee_bps']:g} bps, slippage {execution['slippage_bps']:g} bps"


def _schedule(result: Result) -> str:
    schedule = dict(result.experiment.get("schedule") or {})
    if not schedule:
        return ""
    on = f" on {schedule['weekday']}s" if "weekday" in schedule else ""
    change = " and on change" if schedule.get("or_on_change") else ""
    return f"decided {schedule['kind'].replace('_', ' ')}{on}{change}"


def _first_decision(result: Result) -> Instant:
    """A raw strategy has no decisions to wait for."""
    decided = [target is not None for target in result.decisions.target]
    if not decided:
        return result.time[0]
    return result.decisions.time[decided][0] if any(decided) else np.datetime64("NaT")
