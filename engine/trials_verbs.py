"""What the verbs of `trials` do: what was tried, and whether the ledger is as it was written."""

from __future__ import annotations

import math
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from engine.printed import print_json, print_table
from engine.wording import count, listed, ratio
from feeds.errors import DataError

if TYPE_CHECKING:
    from engine.trials import Trial, Trials
    from engine.trials.chain import Chain

_DAMAGED = DataError.exit_code
_SHOWN = 20


def trials_show(options: Namespace) -> None:
    """Show the hypotheses and how often each was tried, or every trial of one."""
    if options.hypothesis is None:
        _show_all(options)
    else:
        _show_one(options, options.hypothesis)


def _show_all(options: Namespace) -> None:
    from engine.trials import every_trial
    from engine.trials.chain import START

    every = every_trial(options.output)
    rows = [_hypothesis(found) for found in every]
    head = every[0].head if every else START
    notes = list(dict.fromkeys(note for found in every for note in found.notes))
    if options.json:
        print_json({"head": head, "hypotheses": rows, "notes": notes}, sort=False)
        return
    if not rows:
        print(f"no trials in {options.output}; every `run` is one")
        return
    print_table([list(rows[0]), *(list(map(_cell, row.values())) for row in rows)])
    print(f"\n{count(every[0].total, 'trial')} in all; head of the ledger {head[:_SHOWN]}")
    alike = [f"'{found.hypothesis}'" for found in every if found.notes]
    if alike:
        print(
            f"note: {listed(alike)} look like one idea under several ids, none of which counts the "
            "trials of another; `trials show HYPOTHESIS` says how"
        )


def _hypothesis(found: Trials) -> dict[str, Any]:
    ratios = _Ratios(found)
    best = _best(ratios)
    return {
        "hypothesis": found.hypothesis,
        "trials": found.count,
        "lost": found.lost,
        "first": found.trials[0].time if found.trials else "",
        "last": max((trial.time for trial in found.trials), default=""),
        "best_sharpe": None if best is None else _known(ratios.raw[best]),
        "of_run": "" if best is None else _run(found.trials[best]),
    }


def _show_one(options: Namespace, hypothesis: str) -> None:
    from engine.trials import trials_of

    found = trials_of(options.output, hypothesis)
    if not found.count:
        raise DataError(
            f"no trial of '{hypothesis}' in {options.output.absolute()}; `trials show` lists the "
            "hypotheses, and an experiment that names none goes by its own name"
        )
    ratios = _Ratios(found)
    rows = [_trial(trial, place, ratios) for place, trial in enumerate(found.trials)]
    search = _search(found, ratios)
    if options.json:
        about = {"hypothesis": hypothesis, "total": found.total, "head": found.head}
        notes = {"bars_a_year": _known(ratios.year), "notes": list(found.notes)}
        print_json({**about, **search, **notes, "trials": rows}, sort=False)
        return
    if rows:
        columns = list(dict.fromkeys(key for row in rows for key in row))
        print_table([columns, *([_cell(row.get(key)) for key in columns] for row in rows)])
        print()
    for line in _words(found, search, ratios.year):
        print(line)


class _Ratios:
    """Sharpe ratios of trials, all a year of the same clock: that of the newest of them.

    What a config says of bars a year is no part of a trial, so that ratios by each trial's own
    word could not be laid beside each other.
    """

    def __init__(self, found: Trials) -> None:
        newest = found.trials[-1] if found.trials else None
        self._found = found
        self.year = math.nan if newest is None else newest.periods_per_year
        self._times = None if newest is None else found.instants(newest)
        self.raw = self._a_year(None)
        names = dict.fromkeys(name for trial in found.trials for name in trial.active)
        self.active = {name: self._a_year(name) for name in names}

    def variance(self) -> float:
        """Of the ratios per bar of that clock."""
        return self._found.variance(self.year, times=self._times)

    def _a_year(self, benchmark: str | None) -> list[float]:
        ratios = self._found.sharpes(self.year, benchmark, times=self._times)
        return [float(each) * math.sqrt(self.year) for each in ratios]


def _trial(trial: Trial, place: int, ratios: _Ratios) -> dict[str, Any]:
    """A row: Sharpe ratios a year, raw and over each benchmark."""
    return {
        "written": trial.time,
        "run": _run(trial),
        "bars": trial.bars,
        "sharpe": _known(ratios.raw[place]),
        **{f"vs_{name}": _known(ratios.active[name][place]) for name in trial.active},
        "config": trial.config,
        "data": trial.data,
        "engine": trial.engine,
    }


def _search(found: Trials, ratios: _Ratios) -> dict[str, Any]:
    """How wide the search was, and what the best of such a search has by luck alone, a year."""
    from engine.inference.searches import (
        expected_best,
        independent_trials,
        independent_variance,
    )

    made = found.count
    alike = found.alike()[None]
    correlation = alike.correlation(made)
    effective = independent_trials(made, correlation)
    best, luck = _best(ratios), math.nan
    if best is not None:
        bars = found.trials[best].bars
        spread = independent_variance(ratios.variance(), correlation, bars)
        luck = expected_best(effective, spread) * math.sqrt(ratios.year)
    return {
        "made": made,
        "lost": found.lost,
        "correlation": correlation,
        "independent": effective,
        "best_by_luck": None if math.isnan(luck) else luck,
        "apart": dict(alike.apart),
    }


def _words(found: Trials, search: dict[str, Any], year: float) -> list[str]:
    made = f"{count(found.count, 'trial')} of '{found.hypothesis}'"
    out = [f"{made}, {found.total} of all hypotheses; head of the ledger {found.head[:_SHOWN]}"]
    if found.count > 1:
        out.append(
            f"their returns correlate by {ratio(search['correlation'])} on average: they count for "
            f"{search['independent']:.1f} independent ones"
        )
    luck = search["best_by_luck"]
    if luck:
        out.append(
            f"the best of such a search is expected to show a Sharpe ratio of {ratio(luck)} a year "
            "by luck alone"
        )
    if search["apart"]:
        why = ", ".join(f"{number} {reason}" for reason, number in search["apart"].items())
        out.append(f"not laid beside the others, and taken for independent: {why}")
    if len({trial.periods_per_year for trial in found.trials}) > 1:
        out.append(f"all ratios are a year of {year:g} bars of the newest trial's clock")
    return [*out, *(f"note: {note}" for note in found.notes)]


def _best(ratios: _Ratios) -> int | None:
    """The place of the trial with the largest ratio; None if no ratio is defined."""
    known = [place for place, ratio in enumerate(ratios.raw) if not math.isnan(ratio)]
    return max(known, key=lambda place: ratios.raw[place], default=None)


def _run(trial: Trial) -> str:
    return f"{trial.name}/{trial.run[:6]}"


def _known(ratio: float) -> float | None:
    return None if math.isnan(ratio) else ratio


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return ratio(value)
    return "" if value is None else str(value)


def trials_verify(options: Namespace) -> int:
    """Check every line and every series; with `--accept` have what is wrong on the record."""
    from engine.trials import LEDGER, accept, read_chain
    from engine.trials.head import FOLDER
    from engine.trials.series import is_whole

    chain = accept(options.output) if options.accept else read_chain(options.output)
    names = _series(chain, options)
    gone = sorted({run for name, run in names.items()
                   if not is_whole(options.output / FOLDER, name)})  # fmt: skip
    found = {
        "ledger": str(options.output.absolute() / LEDGER),
        "lines": len(chain.lines),
        "trials": chain.trials,
        "lost": dict(chain.lost),
        "head": chain.hash,
        "faults": [str(fault) for fault in chain.faults],
        "accepted": [str(fault) for fault in chain.accepted],
        "accepted_by_line": chain.since,
        "unfinished": list(chain.unfinished),
        "returns_gone": gone,
    }
    if options.json:
        print_json(found, sort=False)
    else:
        _print_verified(found, options.accept)
    return _DAMAGED if chain.faults and not options.accept else 0


def _series(chain: Chain, options: Namespace) -> dict[str, str]:
    """A run of each series that the ledger names."""
    try:
        return {
            name: f"{entry['name']}/{entry['run'][:6]}"
            for entry in chain.entries()
            for name in (entry["returns"], entry["times"], *entry["benchmarks"].values())
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"a line of the trials ledger in {options.output.absolute()} was written by another "
            f"version of this program: it lacks or has too much of {error}"
        ) from error


def _print_verified(found: dict[str, Any], accepting: bool) -> None:
    made = count(sum(found["trials"].values()), "trial")
    print(f"{found['ledger']}: {count(found['lines'], 'line')}, {made}, head {found['head']}")
    for fault in found["faults"]:
        print(f"damaged: {fault}")
    if found["faults"]:
        print(
            "the damage is on the record now, and runs go on from there"
            if accepting
            else "runs stop until the file is as it was, or until `trials verify --accept` has put "
            "the damage on the record"
        )
    elif found["accepted_by_line"]:
        print(
            f"intact since line {found['accepted_by_line']}, which accepted what was before it: "
            "every later line is as it was written and follows from the one before"
        )
    elif found["lines"]:
        print("intact: every line is as it was written and follows from the one before")
    for fault in found["accepted"]:
        print(f"accepted earlier: {fault}")
    if found["lost"]:
        lost = ", ".join(f"{number} of {name or '?'}" for name, number in found["lost"].items())
        print(f"lost, and counted on: {lost}")
    if found["unfinished"]:
        lines = listed([f"{number}" for number in found["unfinished"]])
        print(
            f"not finished by a process that stopped: line {lines}; "
            + ("that is on the record now" if accepting else "the next trial notes that")
        )
    if found["returns_gone"]:
        print(
            "returns are gone or changed, so that their trials count as independent ones: "
            f"{', '.join(found['returns_gone'][:_SHOWN])}; running their configs again brings them "
            "back"
        )
