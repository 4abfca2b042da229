"""A run in a few sentences, built from its numbers and nothing else.

Two lengths: after a plain `run` the growth, the comparisons, what a lucky search as wide would
show, and what it rests on; after an inference also intervals, tests and limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.ledger import WRITTEN_OFF
from engine.luck import chosen, counted, examined, quoted, searched
from engine.notices import FEW_ROTATIONS, NOTE, Notice, notices
from engine.regimes import rotations
from engine.said import NOTHING, Quoted, Said, told
from engine.statistics import SHORT_SAMPLE_DAYS
from engine.wording import (
    bar_day,
    chance,
    count,
    listed,
    money,
    percent,
    points,
    ratio,
    signed_percent,
)
from feeds.arrays import DAY

if TYPE_CHECKING:
    from engine.inference.findings import Inference
    from engine.inference.selection import Selection
    from engine.result import Result
    from engine.trials import Deflations

_CHANCE = 2.0
"""Standard errors within which chance alone often takes a mean difference."""
_NAMED = 4
"""Benchmarks that fit into a sentence."""
_SAME = 0.0005
"""A difference that would be shown as 0.0 points."""


@dataclass(frozen=True)
class Verdict:
    """What the numbers of a run say, with the numbers.

    Attributes
    ----------
    sentences : tuple of Said
    limits : tuple of Notice
        What keeps it from being believed, the gravest first.
    sources : mapping of str to Any
        `trials` and `inference` that it was built from, as plain values, where there were any.
    """

    sentences: tuple[Said, ...]
    limits: tuple[Notice, ...]
    sources: Mapping[str, Any]

    @property
    def text(self) -> str:
        """One paragraph."""
        return " ".join(each.text for each in self.sentences)

    @property
    def figures(self) -> Mapping[str, Quoted | None]:
        """Every number that the paragraph quotes, by name; None where it is undefined."""
        return quoted(self.sentences)

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "text": self.text,
            "sentences": [each.text for each in self.sentences],
            "figures": dict(self.figures),
            "limits": [{"title": each.title, "text": each.text} for each in self.limits],
            **self.sources,
        }


def weigh(
    result: Result,
    deflations: Deflations | None = None,
    inference: Inference | None = None,
    selection: Selection | None = None,
) -> Verdict:
    """The verdict on a run.

    Parameters
    ----------
    result : Result
    deflations : Deflations, optional
        What the trials ledger makes of it. Without it the chance of a true Sharpe ratio above 0 is
        that of this one series, and the text says so.
    inference : Inference, optional
        Intervals and tests; the limits are then part of the text.
    selection : Selection, optional
        What choosing among the trials is worth.
    """
    limits = notices(result)
    alone = told(_sharpe(result)) if deflations is None else told(searched(deflations))
    ledger = told(counted(deflations)) if deflations is not None else ()
    choice = told(chosen(selection)) if selection is not None else ()
    tests: tuple[Said, ...] = ()
    if inference is not None:
        tests = examined(inference, is_short(result), years(result), _few(result))
    end = told(_limits(limits)) if inference is not None else ()
    parts = (_growth(result), _against(result), _difference(result))
    sentences = (*told(*parts), *alone, *ledger, *choice, *tests, *told(_rests(result)), *end)
    sources: dict[str, Any] = {}
    if deflations is not None:
        sources["trials"] = deflations.as_json()
    if inference is not None:
        sources["inference"] = inference.as_json()
    return Verdict(sentences, limits, sources)


def verdict(
    result: Result, deflations: Deflations | None = None, inference: Inference | None = None
) -> tuple[str, ...]:
    """The growth, the comparison with each benchmark, luck, what it rests on; a sentence each."""
    return tuple(each.text for each in weigh(result, deflations, inference).sentences)


def what_happened(result: Result) -> tuple[str, ...]:
    """The sentences of the verdict that tell growth and comparisons."""
    return tuple(each.text for each in told(_growth(result), _against(result)))


def caution(result: Result, deflations: Deflations | None = None) -> tuple[str, ...]:
    """The sentences of the verdict that tell what chance could do, and what the run rests on.

    With the trials, what a lucky search could do takes the place of what chance could do to this
    run alone.
    """
    lucky = searched(deflations) if deflations is not None else NOTHING
    first = lucky if lucky.text else _difference(result)
    return tuple(each.text for each in told(first, _rests(result)))


def headline(result: Result) -> str:
    """The comparison alone, or the growth where there is no benchmark."""
    return _against(result).text or _growth(result).text


def period(result: Result) -> str:
    """`2018-01-01 to 2024-04-28`: the days that the bars cover."""
    first = str(result.start.astype("datetime64[D]"))
    return f"{first} to {bar_day(result.time[-1])}"


def years(result: Result) -> float:
    """Length of the run in years of 365 days."""
    return float((result.time[-1] - result.start) / DAY) / 365.0


def length(result: Result) -> str:
    """`6.3 years`, or days for a run shorter than one."""
    if is_short(result):
        return count(max(1.0, round(365.0 * years(result))), "day")
    return f"{years(result):.1f} years"


def is_short(result: Result) -> bool:
    """Whether the run is too short to speak of years."""
    return years(result) * 365.0 < SHORT_SAMPLE_DAYS


def _growth(result: Result) -> Said:
    name, span = _pace(result)
    pace = f"{signed_percent(result.value(name))} {span}"
    fall, final = result.value("max_drawdown"), float(result.nav[-1])
    deepest = f"the deepest fall was {percent(-fall)}" if fall < 0 else "it never fell"
    figures = {"start_cash": result.start_cash, "final_nav": final, name: result.value(name)}
    return Said(
        f"{money(result.start_cash)} became {money(final)} over {length(result)}: "
        f"{pace} after fees and slippage; {deepest}.",
        figures | {"max_drawdown": fall, "years": years(result)},
    )


def _pace(result: Result) -> tuple[str, str]:
    """How growth is told: in all for a short run, else a year."""
    return ("total_return", "in all") if is_short(result) else ("cagr", "a year")


def _against(result: Result) -> Said:
    """Points a year (in all, for a short run) above or below each benchmark."""
    name_of, span = _pace(result)
    own = result.value(name_of)
    above: list[str] = []
    below: list[str] = []
    equal: list[str] = []
    figures: dict[str, Quoted] = {}
    for name in sorted(result.benchmarks):
        other = result.value(f"{name}.{name_of}")
        words = f"{name} by {points(own - other)} ({signed_percent(other)} {span})"
        figures |= {f"{name}.{name_of}": other, f"vs_{name}.{name_of}": own - other}
        if abs(own - other) < _SAME:
            equal.append(name)
        else:
            (above if own > other else below).append(words)
    if len(result.benchmarks) > _NAMED:
        many = {"benchmarks": len(result.benchmarks), "beaten": len(above), "trailed": len(below)}
        many |= {"equalled": len(equal)} if equal else {}
        even = f"; it equalled {len(equal)}" * bool(equal)
        return Said(
            f"It beat {len(above)} and trailed {len(below)} of {len(result.benchmarks)} "
            f"benchmarks ({span}){even}.",
            figures | many,
        )
    clauses = [
        f"{verb} {listed(names)}"
        for verb, names in (("beat", above), ("trailed", below), ("equalled", equal))
        if names
    ]
    return Said(f"It {'; it '.join(clauses)}." if clauses else "", figures)


def _difference(result: Result) -> Said:
    found = {
        name: result.value(f"vs_{name}.mean_difference_t") for name in sorted(result.benchmarks)
    }
    known = {name: size for name, size in found.items() if size == size}
    if not known:
        return NOTHING
    figures: dict[str, Quoted] = {f"vs_{name}.mean_difference_t": t for name, t in known.items()}
    figures["standard_errors_of_chance"] = _CHANCE
    if len(known) > _NAMED:
        clear = sum(abs(size) >= _CHANCE for size in known.values())
        some = "; with so many, some are by chance alone" * bool(clear)
        return Said(
            f"The mean difference per bar is beyond {_CHANCE:g} standard errors for {clear} of "
            f"{len(known)} benchmarks{some}.",
            figures | {"benchmarks.tested": len(known), "benchmarks.clear": clear},
        )
    sizes = listed(
        [f"{ratio(size, 1)} for {name}{_drag(result, name, size)}" for name, size in known.items()]
    )
    within = [name for name, size in known.items() if abs(size) < _CHANCE]
    if len(within) == len(known):
        tail = "chance alone often gives as much"
    elif within:
        tail = f"for {listed(within)} chance alone often gives as much"
    elif min(known.values()) > 0:
        tail = "more than chance usually gives, if no other variant was tried"
    elif max(known.values()) < 0:
        tail = "behind by more than chance usually gives"
    else:
        tail = "ahead and behind by more than chance usually gives"
    return Said(f"The mean difference per bar, in standard errors, is {sizes}: {tail}.", figures)


def _drag(result: Result, name: str, size: float) -> str:
    """Why growth and mean disagree: of equal means the curve with larger swings grows less."""
    of = "total_return" if is_short(result) else "cagr"
    ahead = result.value(of) - result.value(f"{name}.{of}")
    if not ahead * size < 0 or abs(ahead) < _SAME:
        return ""
    return " (its larger swings cost it growth)" if ahead > 0 else " (larger swings cost growth)"


def _sharpe(result: Result) -> Said:
    known = result.value("psr_vs_0")
    if known != known:
        return NOTHING
    return Said(
        f"Taken alone, the chance that the true Sharpe ratio is above 0 is {chance(known)}; "
        "that figure knows nothing of other variants tried.",
        {"psr_vs_0": known},
    )


def _rests(result: Result) -> Said:
    if not any(order.shares for order in result.orders):
        return Said("Nothing was ever traded, so there is nothing to judge.", {"fills": 0})
    if not len(result.decisions):
        filled = sum(bool(o.shares) and o.status != WRITTEN_OFF for o in result.orders)
        return Said(f"It rests on {count(filled, 'fill')}.", {"fills": filled})
    changes = rotations(result)
    figures: dict[str, Quoted] = {"switches": changes}
    if not changes:
        return Said("The target never changed: the run says nothing about timing.", figures)
    times = count(changes, "time")
    if changes < FEW_ROTATIONS:
        return Said(
            f"The target changed {times}: a lucky switch or two could make all of this, and "
            "standard errors that count bars cannot tell.",
            figures,
        )
    return Said(f"The target changed {times}; whatever timing shows rests on those.", figures)


def _few(result: Result) -> int:
    """How often the target changed, where that is less than tests can rest on; else 0."""
    changes = rotations(result) if len(result.decisions) else 0
    return changes if changes < FEW_ROTATIONS else 0


def _limits(found: tuple[Notice, ...]) -> Said:
    titles = dict.fromkeys(each.title for each in found if each.title != NOTE)
    words = "; ".join(f"{title[:1].lower()}{title[1:]}" for title in titles)
    return Said(f"To know with it: {words}.") if words else NOTHING
