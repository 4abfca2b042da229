"""What was tried for a hypothesis: a block of the page of a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from engine.luck import hardest
from engine.study.drawn import legend
from engine.tearsheet.marks import line
from engine.tearsheet.markup import Html, block, esc, joined, note, table, tag
from engine.verdict_figures import LUCK, Strip, counted_values, disc, strips
from engine.verdict_words import conventions, in_years, reasons, sentence
from engine.wording import NOT_AVAILABLE, chance, count, listed, percent, ratio

if TYPE_CHECKING:
    from engine.inference.deflated import Deflated
    from engine.result import Result
    from engine.trials import Deflations, Trials
    from engine.weighing import Weighed

_DIGITS = 12
_DRAWN = 8
"""Benchmarks that have a line of their own: those nearest to luck."""
_DEFLATED: tuple[tuple[str, Callable[[Deflated, float], str]], ...] = (
    ("Sharpe ratio of this run, a year", lambda each, root: ratio(each.ratio * root)),
    ("Mean correlation of the trials, 0 where unknown", lambda each, _: ratio(each.correlation)),
    ("Independent trials they count for", lambda each, _: ratio(each.effective)),
    (
        "Standard deviation of their ratios, a year",
        lambda each, root: _spread(each.variance, root),
    ),
    ("\N{EM SPACE}of independent ones", lambda each, root: _spread(each.spread, root)),
    (
        "Expected best of a search without skill, a year",
        lambda each, root: ratio(each.expected_best * root),
    ),
    (
        "Years below which such a search is expected to reach 1 (MinBTL)",
        lambda each, _: in_years(each.min_years_at_1),
    ),
    (
        "Chance that the true ratio is above 0, taken alone (PSR)",
        lambda each, _: chance(each.alone),
    ),
    ("Chance that it is above such luck (DSR)", lambda each, _: chance(each.probability)),
    ("Searches without skill that look this good", lambda each, _: chance(each.luck)),
    ("Skew of the returns", lambda each, _: ratio(each.skew)),
    ("Kurtosis, 3 for a normal", lambda each, _: ratio(each.kurtosis)),
    ("Returns (n)", lambda each, _: f"{each.count:,}"),
)


def trials_block(weighed: Weighed) -> Html:
    """What was tried for the hypothesis, and what the best of so many shows by luck."""
    found = weighed.deflations
    if found is None:
        why = weighed.note or "the ledger of trials was not asked"
        return block("trials", "Trials", note(sentence(why)))
    year, rate = conventions(weighed.result)
    root = math.sqrt(year)
    every = {"raw": found.raw, **{f"over {name}": each for name, each in _active(found)}}
    rows = [[title, *(shown(each, root) for each in every.values())] for title, shown in _DEFLATED]
    basis = note(
        "Each trial over its own dates. Ratios are per bar, times the root of "
        f"{year:g} bars a year; raw: of the returns over a "
        f"risk-free rate of {percent(rate, 2)} a year; over a benchmark: of the returns less its "
        "own. Drift of a rising market passes any deflation of raw returns."
    )
    return block(
        "trials",
        "Trials",
        _ledger(found),
        _tried(found, weighed.trials, weighed.result),
        table(["", *every], rows, css="told"),
        reasons({name: each.reason for name, each in every.items()}),
        basis,
        _apart(found),
        lead=_expected(found, root),
    )


def _active(found: Deflations) -> list[tuple[str, Deflated]]:
    return sorted(found.active.items())


def _expected(found: Deflations, root: float) -> str:
    """The ratio of the run beside what the best of the search would show without skill."""
    over = hardest(found)
    each = found.active[over] if over else found.raw
    if not math.isfinite(each.ratio):
        return f"The Sharpe ratio is undefined: {each.reason}."
    where = f" over {over}" if over else " on raw returns"
    where += ", the hardest benchmark" if over and len(found.active) > 1 else ""
    if found.trials == 1:
        return (
            f"It is the only trial of '{found.hypothesis}': nothing is deflated. Its Sharpe ratio"
            f"{where} is {ratio(each.ratio * root)} a year."
        )
    return (
        f"The best of {count(found.trials, 'trial')} without skill is expected to show a Sharpe "
        f"ratio of {ratio(each.expected_best * root)} a year{where}; this run shows "
        f"{ratio(each.ratio * root)}."
    )


def _ledger(found: Deflations) -> Html:
    where = "this run among them" if found.listed else "this run, which is not on the ledger, too"
    head = tag("span", found.head[:_DIGITS], attributes=f'title="{esc(found.head)}"')
    rows = [
        [f"Trials of '{found.hypothesis}'", f"{found.trials:,}", where],
        ["Trials of any hypothesis", f"{found.total:,}", "all that this ledger holds"],
        ["Head of the ledger", head, "hash of its last line; whole in the last block"],
    ]
    return table(["", "", ""], rows, css="told", texts=(0, 2))


def _tried(found: Deflations, trials: Trials | None, result: Result) -> Html:
    """Every trial's ratio on a line, raw and over each benchmark."""
    if trials is None:
        return note("The ratios of single trials are not at hand, so that none is drawn.")
    year, rate = conventions(result)
    root, rows, left_out = math.sqrt(year), [], []
    hard = sorted(_active(found), key=lambda each: -_luck(each[1]))[:_DRAWN]
    of: list[tuple[str | None, Deflated]] = [(None, found.raw), *sorted(hard)]
    for name, each in of:
        ratios = trials.sharpes(year, name, rate, result.instants) * root
        title = f"over {name}" if name is not None else "raw"
        rows.append(
            Strip(
                f"{title}: {counted_values(ratios)}",
                ratios,
                each.ratio * root,
                each.expected_best * root,
            )
        )
        unknown = int(np.count_nonzero(~np.isfinite(ratios)))
        left_out += [f"{title} {unknown:,}"] if unknown else []
    items = [
        (disc("muted"), "each trial"),
        (line("strategy", 2.6), "this run"),
        (line(f"s{LUCK + 1}", 1.6, "4 2"), "expected best of a search without skill"),
    ]
    drawn = strips("sharpes", "Sharpe ratios a year of all trials", rows)
    tail = f"Without a ratio, and not drawn: {listed(left_out)}." if left_out else ""
    more = len(found.active) - len(hard)
    tail += f" Not drawn: {count(more, 'benchmark')} that luck beats less often." if more else ""
    tail += f" Lost with its line: {count(trials.lost, 'trial')}." if trials.lost else ""
    return joined([legend(items), drawn, *([note(tail.strip())] if tail else [])])


def _apart(found: Deflations) -> Html:
    said = [
        f"{count(number, 'trial')} {why} ({f'over {name}' if name else 'raw'})"
        for name, each in sorted(found.apart.items())
        for why, number in sorted(each.items())
    ]
    return note(f"Taken for independent of all others: {listed(said)}.") if said else Html("")


def _luck(found: Deflated) -> float:
    return found.luck if math.isfinite(found.luck) else -math.inf


def _spread(variance: float, root: float) -> str:
    return ratio(math.sqrt(variance) * root, 3) if variance >= 0.0 else NOT_AVAILABLE
