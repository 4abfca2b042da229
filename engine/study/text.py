"""A study on the screen: at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from engine.inference.event_study import FEWEST_EVENTS
from engine.printed import bullet
from engine.study.abnormal_words import about, over, test_cells
from engine.study.forward import ALTS, BASE, DIFFERENCE, SERIES, Spread, spread, without_largest
from engine.study.made import Study
from engine.study.words import (
    BLANK,
    cut_off,
    days_on,
    in_percent,
    opening,
    period,
    reading,
    session_words,
    share,
    titles,
)
from engine.wording import count, instant

_WIDTH = 100
_FIRST, _CELL, _LAST = 30, 8, 11
_MOST_EVENTS = 40
_MOST_HORIZONS = 6
_FEWEST_FOR_A_SHARE = 3


def summary(study: Study) -> str:
    """Events, horizons, regimes and lead-lag, a block each."""
    simulated = "  SIMULATED DATA" * study.simulated
    lines = [f"{study.name}  study {study.id}  {period(study)}{simulated}"]
    lines += _wrapped(" ".join(opening(study)))
    if len(study.events):
        lines += ["", *_differences(study)]
        if len(study.events) < FEWEST_EVENTS:
            for series in (ALTS, BASE):
                lines += ["", *_singles(study, series)]
        lines += _notes((cut_off(study), *reading(study)))
        lines += ["", *_abnormal(study)]
    lines += ["", *_regimes(study)]
    told = session_words(study.lead_lags)
    lines += _items("lead and lag of returns from session to session", told)
    lines += _items("to know before believing it", study.manifest["warnings"], 4)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _differences(study: Study) -> list[str]:
    """The difference after each event, beside what the other closes and chance make of it."""
    days = _shown(study)
    found = {each: spread(study.forward[each][DIFFERENCE]) for each in days}
    others = {each: study.others[each][DIFFERENCE] for each in days}
    largest = [without_largest(study.forward[each][DIFFERENCE]) for each in days]
    told = len(study.events) >= _FEWEST_FOR_A_SHARE
    lines = [*_singles(study, DIFFERENCE), ""]
    if len(study.events) > 1:
        lines += [
            _row("mean of the events", (in_percent(found[each].mean) for each in days)),
            _row("  without the largest", map(in_percent, largest)),
        ]
    if told:
        lines.append(_row("  above 0", (share(found[each].positive) for each in days)))
    lines.append(_row("mean of all other closes", (in_percent(others[each].mean) for each in days)))
    if told:
        lines.append(_row("  above 0", (share(others[each].positive) for each in days)))
    if study.evidence:
        tests = [study.evidence.get(each) for each in days]
        lines += [
            _row("p", (f"{each.shifts.p_value:.3f}" if each else BLANK for each in tests)),
            _row("t", (_ratio(each.calendar.t) if each else BLANK for each in tests)),
        ]
    return lines


def _singles(study: Study, series: str) -> list[str]:
    """A line for each event: when it was known, what followed, how it went on."""
    days, events = _shown(study), study.events
    unit = "points" if series == DIFFERENCE else "%"
    heading = f"{titles(study)[series]}, {unit}"
    last = ("on for", "at the end") if series == DIFFERENCE else ()
    lines = [_row(heading, (f"{each} d" for each in days), last)]
    for place in range(min(len(events), _MOST_EVENTS)):
        first = f"{instant(study.known_at[place])}  age {events.age_days[place]:.1f} d"
        cells = (in_percent(float(study.forward[each][series][place])) for each in days)
        end = (days_on(float(events.days_on[place])), events.state[place])
        lines.append(_row(first, cells, end if last else ()))
    if len(events) > _MOST_EVENTS:
        lines.append(f"and {count(len(events) - _MOST_EVENTS, 'more event')}, see events.csv")
    return lines


def _abnormal(study: Study) -> list[str]:
    """What followed beyond the market model: the tests of it or, of few events, each of them."""
    found, tests = study.abnormal, test_cells(study)
    if tests:
        lines = [_row("abnormal returns", (over(study), "p"))]
        lines += [
            _row(name, (value, p_value)) + f"  {stars}" for name, value, p_value, stars in tests
        ]
    else:
        lines = [_row("abnormal returns, points", (over(study),))]
        for place, each in enumerate(found.cumulative.tolist()):
            if not found.left_out[place]:
                lines.append(_row(instant(study.known_at[place]), (in_percent(each),)))
    return [*lines, *_notes(about(study))]


def _regimes(study: Study) -> list[str]:
    """Returns a bar by the state of the signal."""
    columns = ("closes", "mean", "median", "std", "5 %", "25 %", "75 %", "95 %", "> 0")
    heading = "returns from close to close, %"
    lines = [f"{heading:<32}" + "".join(f"{each:>7}" for each in columns).rstrip()]
    for series in SERIES:
        for state, found in study.regimes.items():
            each = found[series]
            if each.count:
                first = f"{titles(study)[series][:22]}, {state}"
                lines.append(f"{first:<32}" + "".join(f"{cell:>7}" for cell in _spread(each)))
    return lines


def _spread(found: Spread) -> list[str]:
    deviation = in_percent(found.deviation, 2).removeprefix("+")
    quantiles = (found.q05, found.q25, found.q75, found.q95)
    return [
        f"{found.count:,}",
        in_percent(found.mean, 2),
        in_percent(found.median, 2),
        deviation,
        *(in_percent(each, 2) for each in quantiles),
        share(found.positive),
    ]


def _shown(study: Study) -> list[int]:
    """As many horizons as a line has room for; all of them are in the files."""
    every = list(study.forward)
    return every if len(every) <= _MOST_HORIZONS else [*every[: _MOST_HORIZONS - 1], every[-1]]


def _row(first: str, cells: Iterable[str], last: Sequence[str] = ()) -> str:
    shown = "".join(f"{cell:>{_CELL}}" for cell in cells)
    return f"{first[:_FIRST]:<{_FIRST}}{shown}" + "".join(f"{cell:>{_LAST}}" for cell in last)


def _ratio(value: float) -> str:
    return BLANK if value != value else f"{value:+.2f}"


def _notes(said: Iterable[str]) -> list[str]:
    lines = [line for each in said if each for line in _wrapped(each)]
    return ["", *lines] if lines else []


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH)


def _items(heading: str, said: Sequence[str], most: int | None = None) -> list[str]:
    """A list below a heading; nothing for an empty one."""
    lines = [line for each in said for line in _item(each, most)]
    return ["", heading, *lines] if lines else []


def _item(text: str, most: int | None) -> list[str]:
    return bullet(text, _WIDTH, most)
