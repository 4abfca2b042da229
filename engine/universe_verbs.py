"""What the verbs of `universe` do: who was a member when, and what hindsight would have earned."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from engine.data_words import instant
from engine.printed import print_json, print_table
from engine.progress import Progress
from feeds.errors import ConfigError

if TYPE_CHECKING:
    from engine.config import Experiment
    from engine.inputs import Inputs
    from feeds.arrays import Instant


def universe_show(options: Namespace) -> None:
    """Show who was in the universe at a date, and why the others were not."""
    from feeds.arrays import text

    experiment, inputs = _read(options)
    at = instant(options.date, "DATE")
    if at > inputs.clock.known_at[-1]:
        last = text(inputs.clock.known_at[-1])
        raise ConfigError(f"{options.date} is after the period, which ends at {last}")
    rows = _chosen(experiment, inputs, at)
    if options.json:
        print_json(rows)
    elif rows:
        print_table([list(rows[0]), *([str(cell) for cell in row.values()] for row in rows)])
    else:
        print(f"nobody was in the universe at {options.date}")


def _chosen(experiment: Experiment, inputs: Inputs, at: Instant) -> list[dict[str, Any]]:
    """The candidates at the last choice, down to the last member; or the ids of a picked list."""
    from engine.universe import coins_of, last_choice, market_of
    from feeds.arrays import instants
    from feeds.universe import candidates

    rules = experiment.universe.members
    if rules is None:
        row = int(inputs.clock.count_known(instants([at]))[0]) - inputs.first_row - 1
        return [
            {"id": id, "held": "may be" if row >= 0 and inputs.eligible[row, column] else "no"}
            for column, id in enumerate(inputs.clock.ids)
        ]
    chosen_at = last_choice(experiment, rules, inputs.panels, inputs.clock, at)
    if chosen_at is None:
        return []
    market = market_of(experiment, rules, inputs.panels, inputs.clock)
    found = candidates(market, chosen_at, rules, coins_of(experiment, rules.caps))
    last = max((each.rank for each in found if not each.reason), default=rules.top)
    return [
        {
            "rank": each.rank,
            "coin": each.coin,
            "market_cap": round(each.market_cap),
            "why": each.reason or "member",
        }
        for each in found
        if each.rank <= last
    ]


def universe_audit(options: Namespace) -> None:
    """Run a strategy on the members of the time and on those of the end, and compare."""
    from engine.runs import growth_with
    from feeds.membership import Membership

    experiment, inputs = _read(options)
    if inputs.members is None:
        raise ConfigError(
            f"{options.config}: the ids were picked by hand, and nobody can say what else could "
            "have been picked. Give `universe.members` a panel of market caps to choose by"
        )
    at_the_end = inputs.members.at(inputs.clock.known_at[-1])
    today = Membership.constant(at_the_end, "members at the end of the period")
    progress = Progress(options.quiet)
    then, later = (
        growth_with(experiment, inputs, stays, options.output, progress)
        for stays in (inputs.members, today)
    )
    gap = 100 * (later - then)
    if options.json:
        print_json({"at_the_time": then, "at_the_end": later, "gap_points": gap})
        return
    print_table(
        [
            ("members", "CAGR"),
            ("at the time", f"{100 * then:.2f} %"),
            ("at the end of the period", f"{100 * later:.2f} %"),
        ]
    )
    print(f"survivorship gap: {gap:+.2f} points a year by hindsight alone")


def _read(options: Namespace) -> tuple[Experiment, Inputs]:
    from engine.config import load_config
    from engine.inputs import load_inputs

    experiment = load_config(options.config, options.overrides)
    cache = options.output / ".cache" / "panels"
    return experiment, load_inputs(experiment, cache, Progress(options.quiet))
