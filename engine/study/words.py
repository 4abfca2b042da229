"""A study in sentences and cells, as the screen and the page both say it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.inference.event_study import FEWEST_EVENTS
from engine.study.forward import ALTS, BASE, DIFFERENCE
from engine.study.made import Study
from engine.study.sessions import SessionLeadLag
from engine.wording import bar_day, count, listed

BLANK = "-"
_MANY = 9.9995


def period(study: Study) -> str:
    """`2018-01-01 to 2024-04-28`: the days that the bars cover."""
    return f"{study.start.astype('datetime64[D]')} to {bar_day(study.end)}"


def titles(study: Study) -> dict[str, str]:
    """What each series is called."""
    asked = study.question
    return {
        ALTS: asked.alts,
        BASE: asked.base,
        DIFFERENCE: f"{asked.alts} minus {asked.base}",
    }


def opening(study: Study) -> list[str]:
    """What was asked, how many events there were, and what may be said of them."""
    asked, events = study.question, len(study.events)
    said = [
        f"What happened after signal '{asked.signal}' came on: '{asked.alts}' against "
        f"'{asked.base}', each held throughout without costs."
    ]
    merged = (
        f" ({count(study.events.merged, 'more')} within {asked.merge_days} days of one)"
        if study.events.merged
        else ""
    )
    if not events:
        return [
            *said,
            f"There is no event: the signal was never seen to come on in the period{merged}.",
        ]
    said.append(f"{count(events, 'event')}{merged}.")
    if study.why_no_p_values:
        said.append(f"{study.why_no_p_values[0].upper()}{study.why_no_p_values[1:]}.")
    return said


def reading(study: Study) -> list[str]:
    """How to read the tests; nothing where there are none."""
    if not study.evidence:
        return []
    tested = len(study.evidence)
    by_luck = 1.0 - 0.95**tested
    return [
        "p: share of all circular shifts of the dates, the true ones included, after which the "
        "mean difference is at least as high; near 1, it was lower than after most. t: mean "
        "difference a bar while any window is open, in standard errors (Newey-West).",
        f"{count(tested, 'horizon')} were looked at: the smallest of so many independent p-values "
        f"is below 0.05 by luck in {100 * by_luck:.0f} of 100 cases.",
    ]


def cut_off(study: Study) -> str:
    """Why some returns are blank, and some horizons have no p-value; blank if all are there."""
    few = [
        f"{days} days"
        for days in study.forward
        if not study.why_no_p_values and days not in study.evidence
    ]
    said = f"{BLANK}: {', or '.join(study.why_blank)}. " if study.why_blank else ""
    if few:
        said += f"No p-value for {listed(few)}: fewer than {FEWEST_EVENTS} whole windows."
    return said.strip()


def in_percent(value: float, digits: int = 1) -> str:
    """`+12.3`, in percent or points, without decimals from 1,000 on; `-` where it is not known."""
    if not math.isfinite(value):
        return BLANK
    digits = 0 if abs(value) >= _MANY else digits
    shown = f"{100.0 * value:+,.{digits}f}"
    return shown[1:] if not shown.strip("+-0.,") else shown


def share(value: float) -> str:
    """`60 %`, `-` where it is not known."""
    return BLANK if not math.isfinite(value) else f"{100.0 * value:.0f} %"


def days_on(days: float) -> str:
    """`182 d`, `to the end` where the data end before the signal does."""
    return "to the end" if math.isnan(days) else f"{days:,.0f} d"


def lead_lag_words(found: SessionLeadLag) -> str:
    """What the correlations of one pair say."""
    right, who = found.right, f"{found.id} and '{found.sleeve}'"
    peak, at_once = f"{right.at(right.peak):+.2f}", f"{right.at(0):+.2f}"
    if right.looks_misdated:
        return (
            f"{who}: the correlation is {peak} with {_lag(right.peak, found.id)} and {at_once} at "
            "the same session: a stamp error until proven otherwise. Check which instant the dates "
            "of each file stand for."
        )
    if math.isnan(right.largest):
        return (
            f"{who}: {at_once} in the same session; {count(right.returns, 'session')} are too few "
            f"to tell what luck makes of {len(right.lags)} lags."
        )
    luck = f"chance alone gives a peak beyond {right.largest:.2f} once in 20"
    among = f"{luck}, over {len(right.lags)} lags and {count(right.returns, 'session')}"
    if not right.is_clear:
        return f"{who}: no clear lead or lag, {peak} at the most ({among})."
    if right.peak == 0:
        return f"{who} move together, {at_once} in the same session ({among})."
    return (
        f"{who}: {peak} with {_lag(right.peak, found.id)}, {at_once} in the same session ({among})."
    )


def trap_words(found: SessionLeadLag) -> str:
    """What the same series would show if the dates of the sleeve were a day late."""
    wrong = found.misdated
    caught = ", and is reported as a stamp error, as it must be" if wrong.looks_misdated else ""
    return (
        f"Self-check, the dates of '{found.sleeve}' moved by a day on purpose: the peak is "
        f"{wrong.at(wrong.peak):+.2f} with {_lag(wrong.peak, found.id)}{caught}."
    )


def session_words(found: Sequence[SessionLeadLag]) -> list[str]:
    """What all pairs say, and what a stamp error would have made of those that are correlated."""
    return [*map(lead_lag_words, found), *(trap_words(e) for e in found if e.misdated.is_clear)]


def _lag(lag: int, first: str) -> str:
    if lag == 0:
        return "no lag"
    return f"{first} {count(abs(lag), 'session')} {'ahead' if lag > 0 else 'behind'}"
