"""Abnormal returns in sentences and cells, as the screen and the page both say them."""

from __future__ import annotations

from engine.inference.event_study import STARS, EventTest
from engine.study.abnormal import ESTIMATED, TESTS
from engine.study.made import Study
from engine.study.words import BLANK, in_percent
from engine.wording import count

CAAR = "CAAR, points"
_SMALLEST = 0.0005


def over(study: Study) -> str:
    """`7 bars`: how long the event window is."""
    return count(study.abnormal.bars, "bar")


def test_cells(study: Study) -> list[tuple[str, str, str, str]]:
    """Name, value, p-value and stars of the mean and of every test; no rows below ten events."""
    found = study.abnormal
    if not found.tests:
        return []
    mean = (CAAR, in_percent(found.caar, 2), "", "")
    return [mean, *(_cells(TESTS[name], test) for name, test in found.tests.items())]


def about(study: Study) -> list[str]:
    """How the abnormal returns are measured, which events are left out, and what they may mean."""
    found, asked = study.abnormal, study.question
    mean = "" if found.tests or not found.events else f", {in_percent(found.caar)} points"
    said = [
        f"Abnormal: the return of '{asked.alts}' less a + b times that of '{asked.base}', its "
        f"market, by least squares over the {ESTIMATED} bars before the event's. CAR: its sum over "
        f"the first {over(study)} of the forward returns (the shortest horizon, "
        f"{count(found.days, 'day')}). CAAR: its mean over {count(found.events, 'event')}{mean}.",
        _left_out(study),
        _sharing(study),
        _mixed(study),
        _tested(study) if found.tests else f"{_capital(found.why_no_p_values)}.",
    ]
    return [each for each in said if each]


def _left_out(study: Study) -> str:
    reasons = study.abnormal.reasons
    if not reasons:
        return ""
    missing = f"{sum(reasons.values())} of {count(len(study.events), 'event')}"
    told = [f"{why} ({number})" for why, number in reasons.items()]
    return f"Left out, {missing}: {', '.join(told if len(told) > 1 else reasons)}."


def _sharing(study: Study) -> str:
    found = study.abnormal
    if not found.sharing:
        return ""
    judged = (
        "p is too small for them, because every test takes events for independent "
        "(Kolari-Pynnonen compares windows bar by bar, and these share bars out of step)"
        if found.tests
        else "these are not as many events as they look"
    )
    return (
        f"{found.sharing} of {found.events} windows share bars with another: {judged}. "
        f"`merge_days: {found.days}` merges such events."
    )


def _mixed(study: Study) -> str:
    found = study.abnormal
    if not found.mixed:
        return ""
    return (
        f"{found.mixed} of {found.events} models are estimated on bars of another event's window: "
        "what followed that event counts as normal for this one."
    )


def _tested(study: Study) -> str:
    tests = study.abnormal.tests
    levels = ", ".join(f"{mark} below {level:.2f}" for level, mark in reversed(STARS))
    undefined = any(each.statistic != each.statistic for each in tests.values())
    unknown = f" {BLANK}: the events do not differ, so that there is no error." * undefined
    return (
        f"p: two-sided; {levels}. BMP lets events vary more than the bars before them; "
        "Kolari-Pynnonen takes off what their residuals share (mean correlation "
        f"{study.abnormal.correlation:+.2f}); Patell is too optimistic where events vary more. "
        f"{len(tests)} tests of the same events are one finding at the most.{unknown}"
    )


def _cells(name: str, test: EventTest) -> tuple[str, str, str, str]:
    if test.statistic != test.statistic:
        return (name, BLANK, BLANK, "")
    p_value = f"{test.p_value:.3f}" if test.p_value >= _SMALLEST else "<0.001"
    return (name, f"{test.statistic:+.2f}", p_value, test.stars)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
