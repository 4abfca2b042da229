"""What the runs of a comparison have in common, what to mind about them, and what could not run."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.comparison_lines import WIDTH
from engine.notices import NOTE, notices
from engine.printed import bullet, printable
from engine.verdict import period
from engine.wording import count, listed
from feeds.arrays import Instant

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.comparison_rows import Row
    from engine.result import Result

_MOST_WARNINGS, _MOST_LINES = 8, 3
_LATE = np.timedelta64(30, "D")
_EACH = 4
"""Names in a warning before they are only counted."""


def common(found: Comparison) -> list[str]:
    """What all runs share, and what makes their figures hard to compare, in lines."""
    return [line for text in common_words(found) for line in textwrap.wrap(text, WIDTH)]


def common_words(found: Comparison) -> list[str]:
    """The same, a sentence each."""
    results = found.results
    facts = [_same(results, each) for each in (_market, _costs, _schedule)]
    lines = [f"In common: {'; '.join(filter(None, facts))}."] if any(facts) else []
    unlike = [
        words
        for words, of in (
            ("periods", period),
            ("bars a year", lambda result: result.experiment["report"]["periods_per_year"]),
            ("data", _data),
            ("versions of the program", lambda result: result.manifest["digests"]["package"]),
        )
        if len({str(of(result)) for result in results}) > 1
    ]
    if unlike:
        lines.append(f"NOT IN COMMON: {listed(unlike)}. Rows differ by that too.")
    return [*lines, *_late(found)]


def _late(found: Comparison) -> list[str]:
    """Which runs stayed in cash long after the first one had decided."""
    first = {row.name: _first_decision(_result(row)) for row in found.runs}
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


def _first_decision(result: Result) -> Instant:
    """When the first target was set; NaT for never. A raw strategy has no decisions to wait for."""
    decided = [target is not None for target in result.decisions.target]
    if not decided:
        return result.time[0]
    return result.decisions.time[decided][0] if any(decided) else np.datetime64("NaT")


def _same(results: Sequence[Result], of: Callable[[Result], str]) -> str:
    told = {of(result) for result in results}
    return told.pop() if len(told) == 1 else ""


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


def _data(result: Result) -> str:
    """The rows that are traded; panels that only one run reads are no matter of comparison."""
    return str(result.manifest["digests"]["panels"].get(result.experiment["clock"]))


def warnings(found: Comparison) -> list[str]:
    """What to mind, in lines: the gravest of the notices, then the caution."""
    told = notice_words(found)
    lines, rest = told[:_MOST_WARNINGS], told[_MOST_WARNINGS:]
    if rest:
        lines.append(f"{count(len(rest), 'more warning')}; `show NAME` has all of a run")
    lines += cautions(found)
    return [line for text in lines for line in bullet(printable(text), WIDTH, _MOST_LINES)]


def notice_words(found: Comparison) -> list[str]:
    """Each notice once, the gravest first, with the runs it is about."""
    about: dict[str, list[str]] = {}
    gravity: dict[str, int] = {}
    for row in found.runs:
        for place, notice in enumerate(notices(_result(row))):
            words = notice.text.split(". ")[0] if notice.title == NOTE else notice.title
            names = about.setdefault(words, [])
            gravity[words] = min(place, gravity.get(words, place))
            if row.name not in names:
                names.append(row.name)
    told = sorted(about, key=lambda words: gravity[words])
    return [f"{words.rstrip('.')}: {_who(about[words], len(found.runs))}" for words in told]


def cautions(found: Comparison) -> list[str]:
    """Runs that are the same, those that are not paired, and what many tries do."""
    return [*_alike(found), *_unpaired(found), _caution(found)]


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
    tried = len(found.runs)
    if tried == 1:
        return "One run: a second config or result makes it a comparison."
    if found.paired is not None:
        return (
            f"Of {tried} tries the best looks better than it is, and the same data chose it: a "
            "mark is safe to give, its absence says less than its level."
        )
    return (
        f"No difference between rows is tested here. Of {tried} tries the best looks better than "
        "it is; `show NAME` tells how far to believe one."
    )


def _unpaired(found: Comparison) -> list[str]:
    """Runs that cannot be paired with the best, because their closes are others."""
    names = found.paired.unpaired if found.paired is not None else ()
    if not names:
        return []
    return [f"On other closes than the best, and so not paired with it: {listed(names)}"]


def failed(found: Comparison) -> list[str]:
    """The configs that could not be run, each error once, by its first line."""
    about: dict[str, list[str]] = {}
    for failure in found.failed:
        first, *_ = str(failure.error).splitlines() or [""]
        about.setdefault(first, []).append(failure.source)
    lines = [f"Not run ({len(found.failed)}):"]
    for error, sources in about.items():
        text = printable(f"{', '.join(sources)}: {error}")
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
