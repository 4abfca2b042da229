"""Returns by month and year, and the deepest drawdowns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.drawdowns import Drawdown, deepest
from engine.tearsheet.markup import Html, block, note, table, tinted
from engine.tearsheet.periods import PeriodReturn, monthly_returns, yearly_returns
from engine.wording import bar_day, count, percent, signed_percent
from feeds.arrays import DAY

if TYPE_CHECKING:
    from engine.result import Result

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TINTS = (0.005, 0.03, 0.08, 0.15, 0.30)
"""Absolute returns at which the tint of a month gets stronger."""
_PARTIAL = "* a part of it only: the run starts or ends inside."
_NEVER_CLOSES = 365
_SESSION_SLACK_DAYS = 4
_DEEPEST = 5


def months_block(result: Result) -> Html:
    """Years down, months across, the year's return at the end."""
    months = monthly_returns(result.instants, result.curves[""], _slack(result))
    years = yearly_returns(result.instants, result.curves[""], _slack(result))
    by_label = {month.label: month for month in months}
    rows = []
    for year in years:
        cells = [_month(by_label.get(f"{year.label}-{number:02d}")) for number in range(1, 13)]
        rows.append([year.label, *cells, f"{_percent(year.value)}{'*' * year.partial}"])
    best = max(months, key=lambda each: each.value)
    worst = min(months, key=lambda each: each.value)
    up = sum(month.value > 0 for month in months)
    lead = f"{up} of {count(len(months), 'month')} ended higher"
    if best.value > worst.value:
        lead += f"; best {best.label} ({signed_percent(best.value)})"
        lead += f", worst {worst.label} ({signed_percent(worst.value)})"
    partial = any(each.partial for each in (*months, *years))
    tail = note("In percent." + f" {_PARTIAL}" * partial)
    parts = [table(["", *_MONTHS, "Year"], rows, css="months"), tail]
    return block("months", "Months", *parts, lead=f"{lead}.")


def years_block(result: Result) -> Html:
    """Each year against each benchmark."""
    names = sorted(result.benchmarks)
    of = {
        name: yearly_returns(result.instants, result.curves[name], _slack(result))
        for name in ("", *names)
    }
    rows = []
    for place, year in enumerate(of[""]):
        others = [of[name][place].value for name in names]
        gaps = [tinted(_points(year.value - other), _level(year.value - other)) for other in others]
        rows.append(
            [
                year.label + "*" * year.partial,
                signed_percent(year.value),
                *(signed_percent(other) for other in others),
                *gaps,
            ]
        )
    header = ["", "strategy", *names, *(f"ahead of {name}" for name in names)]
    tail = [note(_PARTIAL)] if any(year.partial for year in of[""]) else []
    parts = [table(header, rows, css="own"), *tail]
    lead = ""
    if names:
        ahead = [f"{_better(of[''], of[name])} against {name}" for name in names]
        lead = f"Better years out of {len(of[''])}: {', '.join(ahead)}. Differences are in points."
    return block("years", "Years", *parts, lead=lead)


def _better(own: tuple[PeriodReturn, ...], other: tuple[PeriodReturn, ...]) -> int:
    return sum(mine.value > its.value for mine, its in zip(own, other, strict=True))


def drawdowns_block(result: Result) -> Html:
    """The deepest falls with their dates and lengths."""
    found = deepest(result.curves[""], _DEEPEST)
    if not found:
        return block("drawdowns", "Deepest drawdowns", note("NAV never fell below a peak."))
    header = ["", "depth", "peak", "trough", "recovered", "days down", "days up", "days in all"]
    rows = [_fall(result, place, fall) for place, fall in enumerate(found, start=1)]
    title = "Deepest drawdown" if len(found) == 1 else f"The {len(found)} deepest drawdowns"
    tail = note("Days are named by the UTC day a bar covers; the start capital counts as a peak.")
    return block("drawdowns", title, table(header, rows), tail)


def _fall(result: Result, place: int, fall: Drawdown) -> list[str]:
    time = result.instants
    stop = len(time) - 1 if fall.recovery is None else fall.recovery
    dates = [_day(result, fall.peak), _day(result, fall.trough)]
    if fall.recovery is None:
        dates.append("not yet")
        up = f"{_days(time[fall.trough], time[stop])} so far"
    else:
        dates.append(_day(result, fall.recovery))
        up = _days(time[fall.trough], time[stop])
    down, whole = _days(time[fall.peak], time[fall.trough]), _days(time[fall.peak], time[stop])
    return [str(place), percent(fall.depth), *dates, down, up, whole]


def _day(result: Result, position: int) -> str:
    return "start" if position == 0 else bar_day(result.instants[position])


def _days(start: np.datetime64, stop: np.datetime64) -> str:
    return f"{float((stop - start) / DAY):,.0f}"


def _month(month: PeriodReturn | None) -> Html:
    if month is None:
        return Html("<td></td>")
    return tinted(_percent(month.value) + "*" * month.partial, _level(month.value))


def _level(value: float) -> int:
    strength = sum(abs(value) >= bound for bound in _TINTS)
    return strength if value > 0 else -strength


def _percent(value: float) -> str:
    """Percent without the sign, to fit a cell: the caption says what the unit is."""
    return percent(value).removesuffix(" %")


def _points(value: float) -> str:
    return signed_percent(value).removesuffix(" %")


def _slack(result: Result) -> int:
    """Days that may be missing at the ends of a whole month on this clock."""
    per_year = float(result.experiment.get("report", {}).get("periods_per_year") or 0.0)
    return 0 if per_year >= _NEVER_CLOSES else _SESSION_SLACK_DAYS
