"""The page of a study: one offline document, in the look of the tear sheet."""

from __future__ import annotations

from engine.study import figures
from engine.study.abnormal_words import about, over, test_cells
from engine.study.drawn import both, figure_of, legend
from engine.study.forward import ALTS, BASE, DIFFERENCE, SERIES, spread, without_largest
from engine.study.made import BEFORE_DAYS, Study
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
from engine.tearsheet.document import document
from engine.tearsheet.marks import WIDE, area, line, ring
from engine.tearsheet.markup import Html, block, figure_text, fold, joined, note, table, tag
from engine.tearsheet.vector import drawing
from engine.wording import count, instant


def page(study: Study) -> str:
    """The whole document; equal studies give equal text."""
    banner = tag("p", "SIMULATED DATA", css="simulated") if study.simulated else Html("")
    blocks = (_paths, _events, _horizons, _abnormal, _regimes, _lead_lags, _origin)
    with drawing():
        drawn = [each(study) for each in blocks]
    body = joined([banner, _title(study), _said(study), _warnings(study), *drawn, _footer(study)])
    title = f"{study.name} - study of {study.question.signal}"
    return document(title, body, simulated=study.simulated)


def _title(study: Study) -> Html:
    title = f"After {study.question.signal}: {titles(study)[DIFFERENCE]}"
    meta = [f"study of {study.name}", period(study), f"study-{study.id}"]
    parts = [tag("h1", title), tag("p", " \N{MIDDLE DOT} ".join(meta), css="meta")]
    if study.claim:
        parts.append(tag("p", study.claim, css="claim"))
    return tag("header", joined(parts))


def _said(study: Study) -> Html:
    words = joined(tag("p", figure_text(each)) for each in opening(study))
    return tag("section", words, css="verdict", attributes='id="verdict"')


def _warnings(study: Study) -> Html:
    found = study.manifest["warnings"]
    if not found:
        return Html("")
    items = joined(tag("li", figure_text(each)) for each in found)
    return block("warnings", "To know before believing it", tag("ul", items, css="warnings"))


def _paths(study: Study) -> Html:
    if not len(study.events):
        return Html("")
    items = [
        (line("strategy", 1.0, opacity=0.45), "each event"),
        *([(line("strategy", 2.6), "their mean")] if len(study.events) > 1 else []),
        (area("shade"), "5 to 95 % of all other dates"),
        (line("muted", 1.0, "4 2"), "their median"),
    ]
    lead = (
        f"Return of {study.question.alts} since the event less that of {study.question.base}, in "
        f"points, from {BEFORE_DAYS} days before to {max(study.forward)} days after it. What came "
        "before the event was known at it, and no reason to act."
    )
    drawn = both(
        "paths",
        f"Difference of returns around {count(len(study.events), 'event')}",
        lambda size: figure_of(size, [lambda axes: figures.paths(study, axes)], 1),
        (3.6, 2.9),
    )
    ended = note("The mean is drawn as far as the data of every event go.")
    tail = ended if len(study.events) > 1 else Html("")
    return block("paths", "Around the events", legend(items), drawn, tail, lead=lead)


def _events(study: Study) -> Html:
    events, horizons = study.events, list(study.forward)
    if not len(events):
        return Html("")
    parts: list[Html] = []
    for series in (DIFFERENCE, ALTS, BASE):
        unit = "points" if series == DIFFERENCE else "%"
        beyond = [f"abnormal, {over(study)}"] if series == DIFFERENCE else []
        header = ["known at, UTC", "age", "on for", "at the end", *(f"{d} days" for d in horizons)]
        rows = [
            [
                instant(study.known_at[at]),
                f"{events.age_days[at]:.1f} d",
                days_on(float(events.days_on[at])),
                events.state[at],
                *(in_percent(float(study.forward[d][series][at])) for d in horizons),
                *(in_percent(float(study.abnormal.cumulative[at])) for _ in beyond),
            ]
            for at in range(len(events))
        ]
        title = f"{titles(study)[series]}, {unit}"
        shown = table([*header, *beyond], rows, caption=title, texts=(0, 3))
        parts.append(shown if series == DIFFERENCE else fold(titles(study)[series], shown))
    lead = (
        "Returns run from the close at which the event is known."
        if not _enters_later(study)
        else "Returns run from the first close after the one at which the event is known."
    )
    blanks = [cut_off(study)]
    if study.abnormal.reasons:
        blanks.append(
            "Abnormal returns that are blank: for the reasons see Beyond the market model."
        )
    return block("events", "Each event", *parts, *map(note, filter(None, blanks)), lead=lead)


def _enters_later(study: Study) -> bool:
    return bool((study.entered_at != study.known_at).any())


def _horizons(study: Study) -> Html:
    """Events beside all other closes, and the tests where there are any."""
    if not len(study.events):
        return Html("")
    rows = []
    for series in (DIFFERENCE, ALTS, BASE):
        for days, each in study.forward.items():
            own, other = spread(each[series]), study.others[days][series]
            cells = [
                f"{titles(study)[series]}, {days} days",
                f"{own.count}",
                *map(in_percent, (own.mean, without_largest(each[series]), own.median)),
                share(own.positive),
                *map(in_percent, (other.mean, other.median)),
                share(other.positive),
            ]
            rows.append([*cells, *(_tests(study, days, series) if study.evidence else ())])
    header = ["", "events", "mean", "without the largest", "median", "above 0"]
    header += ["others: mean", "median", "above 0"]
    header += ["p, shifts", "p, any dates", "t"] if study.evidence else []
    parts = [table(header, rows), *map(note, reading(study))]
    if study.evidence:
        parts.append(
            note(
                "p, any dates: against dates drawn freely. Too optimistic where events come in "
                "clusters; shown because others report it."
            )
        )
    said = study.why_no_p_values
    lead = f"{said[0].upper()}{said[1:]}." if said else ""
    return block("horizons", "After events and at other times", *parts, lead=lead)


def _abnormal(study: Study) -> Html:
    """What followed beyond the market model, and the tests where there are any."""
    if not len(study.events):
        return Html("")
    lead, *rest = about(study)
    tests = test_cells(study)
    header = ["", over(study), "p, two-sided", ""]
    shown = [table(header, tests, texts=(0, 3))] if tests else []
    return block("abnormal", "Beyond the market model", *shown, *map(note, rest), lead=lead)


def _tests(study: Study, days: int, series: str) -> tuple[str, ...]:
    if series != DIFFERENCE:
        return ("", "", "")
    if days not in study.evidence:
        return (BLANK, BLANK, BLANK)
    found = study.evidence[days]
    t = found.calendar.t
    shown = f"{t:+.2f}" if t == t else BLANK
    return (f"{found.shifts.p_value:.3f}", f"{found.free.p_value:.3f}", shown)


def _regimes(study: Study) -> Html:
    header = ["", "closes", "mean", "median", "std", "5 %", "25 %", "75 %", "95 %", "above 0"]
    rows = []
    for series in SERIES:
        for state, found in study.regimes.items():
            each = found[series]
            if each.count:
                numbers = (each.mean, each.median, each.deviation)
                quantiles = (each.q05, each.q25, each.q75, each.q95)
                mean, median, deviation, *rest = (in_percent(x, 2) for x in numbers + quantiles)
                cells = [mean, median, deviation.removeprefix("+"), *rest, share(each.positive)]
                rows.append([f"{titles(study)[series]}, {state}", f"{each.count:,}", *cells])
    lead = "Returns from close to close in percent, by what the signal was before."
    return block("regimes", "While it is on and off", table(header, rows), lead=lead)


def _lead_lags(study: Study) -> Html:
    """Bars of correlations, and what they say."""
    found = study.lead_lags
    if not found:
        return Html("")
    items = [
        (area("strategy"), "each series at the closes of the sessions"),
        (ring(f"s{figures.MISDATED + 1}"), "were the sleeve's dates a day late"),
        (area("shade"), "95 % band of one correlation"),
        (line("muted", 1.0, "4 2"), "95 % band of the largest of them"),
    ]
    draws = [lambda axes, each=each: figures.lead_lag_bars(each, axes) for each in found]
    drawn = both(
        "leadlag",
        "Correlation of returns by lag",
        lambda size: figure_of(size, draws, 2 if size[0] == WIDE and len(draws) > 1 else 1),
        (2.2 * -(-len(found) // 2), 2.0 * len(found)),
    )
    words = joined(tag("li", figure_text(each)) for each in session_words(found))
    lead = "Correlation of returns from session to session; right of 0 the exchange leads."
    return block(
        "leadlag",
        "Lead and lag",
        legend(items),
        drawn,
        tag("ul", words),
        lead=lead,
    )


def _origin(study: Study) -> Html:
    config = fold("Config (experiment.yaml)", tag("pre", study.experiment_yaml))
    read = "; ".join(f"{name} from {place}" for name, place in study.manifest["sources"].items())
    return block("origin", "Where it comes from", note(f"Read: {read}." if read else ""), config)


def _footer(study: Study) -> Html:
    text = (
        "All times are UTC. Sleeves are held throughout, without fees and slippage. What happened "
        "after a few dates is no forecast. The numbers behind this page: events.csv, study.json."
    )
    return tag("footer", note(("Prices are simulated. " if study.simulated else "") + text))
