"""What the runs of a comparison have in common, what to mind about them, and what could not run."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.comparison_lines import WIDTH
from engine.comparison_trials import search_words
from engine.notices import NOTE
from engine.paired import OTHER_CLOSES
from engine.printed import bullet, printable
from engine.wording import count, listed

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row
    from engine.result import Result

_MOST_WARNINGS, _MOST_LINES = 8, 3
_LATE = np.timedelta64(30, "D")
_MOST_SEARCHES = 4
_EACH = 4
"""Names in a warning before they are only counted."""


def common(found: Comparison) -> list[str]:
    """What all runs share, and what makes their figures hard to compare, in lines."""
    return [line for text in common_words(found) for line in textwrap.wrap(text, WIDTH)]


def common_words(found: Comparison) -> list[str]:
    """The same, a sentence each."""
    known = [row.known for row in found.runs]
    basis = {
        f"{row.curve.periods_per_year:g} bars a year, risk-free rate {row.curve.risk_free:g}"
        for row in found.runs
    }
    same = ({each.market for each in known}, {each.costs for each in known},
            {each.schedule for each in known}, basis)  # fmt: skip
    facts = list(filter(None, (told.pop() for told in same if len(told) == 1)))
    lines = [f"In common: {'; '.join(facts)}."] if facts else []
    unlike = [
        words
        for words, values in (
            ("periods", {each.period for each in known}),
            ("bars a year", {row.curve.periods_per_year for row in found.runs}),
            ("risk-free rates", {row.curve.risk_free for row in found.runs}),
            ("data", {each.data for each in known}),
            ("versions of the program", {each.version for each in known}),
        )
        if len(values) > 1
    ]
    if unlike:
        lines.append(f"NOT IN COMMON: {listed(unlike)}. Rows differ by that too.")
    return [*lines, *_late(found)]


def _late(found: Comparison) -> list[str]:
    """Which runs stayed in cash long after the first one had decided."""
    first = {row.name: row.known.first_decision for row in found.runs}
    begun = min((at for at in first.values() if not np.isnat(at)), default=None)
    late = {
        name: "never" if np.isnat(at) else str(at.astype("datetime64[D]"))
        for name, at in first.items()
        if begun is not None and not at - begun <= _LATE
    }
    if not late:
        return []
    told = listed([f"{name} {day}" for name, day in late.items()])
    return [
        f"FIRST DECISION LATE: {told}. In cash before, for want of a signal; growth over the whole "
        "period does not compare."
    ]


def warnings(found: Comparison) -> list[str]:
    """What to mind, in lines: the gravest of the notices, then the caution."""
    told = notice_words(found)
    lines, rest = told[:_MOST_WARNINGS], told[_MOST_WARNINGS:]
    if rest:
        lines.append(f"{count(len(rest), 'more warning')}; `show NAME` has all of a run")
    lines += cautions(found, _MOST_SEARCHES)
    return [line for text in lines for line in bullet(printable(text), WIDTH, _MOST_LINES)]


def notice_words(found: Comparison) -> list[str]:
    """Each notice once, the gravest first, with the runs it is about."""
    about: dict[str, list[str]] = {}
    gravity: dict[str, int] = {}
    for row in found.runs:
        for place, notice in enumerate(row.known.notices):
            words = notice.text.split(". ")[0] if notice.title == NOTE else notice.title
            names = about.setdefault(words, [])
            gravity[words] = min(place, gravity.get(words, place))
            if row.name not in names:
                names.append(row.name)
    told = sorted(about, key=lambda words: gravity[words])
    return [f"{words.rstrip('.')}: {_who(about[words], len(found.runs))}" for words in told]


def cautions(found: Comparison, most: int | None = None) -> list[str]:
    """What is the same, what is not paired or judged, how much was tried, and what that does.

    Of more than `most` hypotheses the rest is summed up.
    """
    searches = search_words(found.searches, most)
    return [*_alike(found), *_unpaired(found), *_gates(found), *searches, _caution(found)]


def _result(row: Row) -> Result:
    assert row.result is not None
    return row.result


def _who(names: Sequence[str], all_of: int) -> str:
    if len(names) == all_of:
        return "all runs" if all_of > 1 else names[0]
    if len(names) <= _EACH:
        return ", ".join(names)
    return f"{', '.join(names[:_EACH])} and {len(names) - _EACH} more"


def _caution(found: Comparison) -> str:
    runs, tried = len(found.runs), sum(each.tries for each in found.searches)
    if runs == 1:
        return "One run: a second config or result makes it a comparison."
    tries = f"{tried:,} tries, {runs} of them here," if tried > runs else f"{runs} tries"
    if found.paired is not None:
        return (
            f"Of {tries} the best looks better than it is, and the same data chose it: a "
            "mark is safe to give, its absence says less than its level."
        )
    return (
        f"No difference between rows is tested here. Of {tries} the best looks better than "
        "it is; `show NAME` tells how far to believe one."
    )


def _unpaired(found: Comparison) -> list[str]:
    """Runs that cannot be paired with the best, by why."""
    unpaired = found.paired.unpaired if found.paired is not None else {}
    lines = []
    for why in dict.fromkeys(unpaired.values()):
        names = listed([name for name, own in unpaired.items() if own == why])
        kind = "On" if why == OTHER_CLOSES else "With"
        lines.append(f"{kind} {why} than the best, and so not paired with it: {names}")
    return lines


def _gates(found: Comparison) -> list[str]:
    """Runs whose configs set gates, which only `run` judges."""
    names = [row.name for row in found.runs if row.known.gates]
    if not names:
        return []
    return [f"Gates are not looked at here, `run` does that: {_who(names, len(found.runs))}"]


def failed(found: Comparison) -> list[str]:
    """The configs that could not be run, each error once, by its first line."""
    about: dict[str, list[str]] = {}
    for failure in found.failed:
        first, *_ = str(failure.error).splitlines() or [""]
        about.setdefault(first, []).append(failure.source)
    lines = [f"Not run ({len(found.failed)}):"]
    for error, sources in about.items():
        unnamed = [source for source in sources if source not in error]
        text = printable(": ".join(filter(None, (", ".join(unnamed), error))))
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines


def _alike(found: Comparison) -> list[str]:
    """Runs that came out the same, so that none is taken for a confirmation of another."""
    curves: dict[bytes, list[str]] = {}
    for row in found.runs:
        curves.setdefault(_result(row).nav.tobytes(), []).append(row.name)
    return [
        f"The same result to the last bit: {listed(names)}"
        for names in curves.values()
        if len(names) > 1
    ]
