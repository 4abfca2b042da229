"""A run in a few sentences, built from its numbers and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.ledger import WRITTEN_OFF
from engine.notices import FEW_ROTATIONS
from engine.regimes import rotations
from engine.statistics import SHORT_SAMPLE_DAYS
from engine.wording import bar_day, count, listed, money, percent, points, ratio, signed_percent
from feeds.arrays import DAY

if TYPE_CHECKING:
    from engine.result import Result

_CHANCE = 2.0
"""Standard errors within which chance alone often takes a mean difference."""
_NAMED = 4
"""Benchmarks that fit into a sentence."""
_SAME = 0.0005
"""A difference that would be shown as 0.0 points."""


def verdict(result: Result) -> tuple[str, ...]:
    """The growth, the comparison with each benchmark, what it rests on; a sentence each."""
    told = (*what_happened(result), _difference(result), _sharpe(result), _rests(result))
    return _sentences(*told)


def what_happened(result: Result) -> tuple[str, ...]:
    """The sentences of the verdict that tell growth and comparisons."""
    return _sentences(_growth(result), _against(result))


def caution(result: Result) -> tuple[str, ...]:
    """The sentences of the verdict that tell what chance could do, and what the run rests on."""
    return _sentences(_difference(result), _rests(result))


def _sentences(*parts: str) -> tuple[str, ...]:
    return tuple(part for part in parts if part)


def headline(result: Result) -> str:
    """The comparison alone, or the growth where there is no benchmark."""
    return _against(result) or _growth(result)


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


def _growth(result: Result) -> str:
    if is_short(result):
        pace = f"{signed_percent(result.value('total_return'))} in all"
    else:
        pace = f"{signed_percent(result.value('cagr'))} a year"
    fall = result.value("max_drawdown")
    deepest = f"the deepest fall was {percent(-fall)}" if fall < 0 else "it never fell"
    return (
        f"{money(result.start_cash)} became {money(float(result.nav[-1]))} over {length(result)}: "
        f"{pace} after fees and slippage; {deepest}."
    )


def _against(result: Result) -> str:
    """Points a year (in all, for a short run) above or below each benchmark."""
    name_of, span = ("total_return", "in all") if is_short(result) else ("cagr", "a year")
    own = result.value(name_of)
    above: list[str] = []
    below: list[str] = []
    equal: list[str] = []
    for name in sorted(result.benchmarks):
        other = result.value(f"{name}.{name_of}")
        words = f"{name} by {points(own - other)} ({signed_percent(other)} {span})"
        if abs(own - other) < _SAME:
            equal.append(name)
        else:
            (above if own > other else below).append(words)
    if len(result.benchmarks) > _NAMED:
        many = len(result.benchmarks)
        return f"It beat {len(above)} and trailed {len(below)} of {many} benchmarks ({span})."
    clauses = [
        f"{verb} {listed(names)}"
        for verb, names in (("beat", above), ("trailed", below), ("equalled", equal))
        if names
    ]
    return f"It {'; it '.join(clauses)}." if clauses else ""


def _difference(result: Result) -> str:
    found = {
        name: result.value(f"vs_{name}.mean_difference_t") for name in sorted(result.benchmarks)
    }
    known = {name: size for name, size in found.items() if size == size}
    if not known:
        return ""
    if len(known) > _NAMED:
        clear = sum(abs(size) >= _CHANCE for size in known.values())
        return (
            f"The mean difference per bar is beyond {_CHANCE:g} standard errors for {clear} of "
            f"{len(known)} benchmarks; with so many, some are by chance alone."
        )
    sizes = listed(
        [f"{ratio(size, 1)} for {name}{_drag(result, name, size)}" for name, size in known.items()]
    )
    within = [name for name, size in known.items() if abs(size) < _CHANCE]
    if len(within) == len(known):
        tail = "chance alone often gives as much"
    elif within:
        tail = f"for {listed(within)} chance alone often gives as much"
    else:
        tail = "more than chance usually gives, if no other variant was tried"
    return f"The mean difference per bar, in standard errors, is {sizes}: {tail}."


def _drag(result: Result, name: str, size: float) -> str:
    """Why growth and mean disagree: of equal means the curve with larger swings grows less."""
    of = "total_return" if is_short(result) else "cagr"
    ahead = result.value(of) - result.value(f"{name}.{of}")
    if not ahead * size < 0 or abs(ahead) < _SAME:
        return ""
    return " (its larger swings cost it growth)" if ahead > 0 else " (larger swings cost growth)"


def _sharpe(result: Result) -> str:
    known = result.value("psr_vs_0")
    if known != known:
        return ""
    return (
        f"Taken alone, the chance that the true Sharpe ratio is above 0 is {percent(known)}; "
        "that figure knows nothing of other variants tried."
    )


def _rests(result: Result) -> str:
    if not any(order.shares for order in result.orders):
        return "Nothing was ever traded, so there is nothing to judge."
    if not len(result.decisions):
        filled = sum(bool(o.shares) and o.status != WRITTEN_OFF for o in result.orders)
        return f"It rests on {count(filled, 'fill')}."
    changes = rotations(result)
    if not changes:
        return "The target never changed: the run says nothing about timing."
    times = count(changes, "time")
    if changes < FEW_ROTATIONS:
        return (
            f"The target changed {times}: a lucky switch or two could make all of this, and "
            "standard errors that count bars cannot tell."
        )
    return f"The target changed {times}; whatever timing shows rests on those."
