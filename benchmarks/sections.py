"""From the lines of the processes to the tables of the page."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.rounds import Case, Line, Lines, Measured
from benchmarks.tables import (
    NOTHING,
    Table,
    fastest,
    figures,
    first,
    megabytes,
    middle,
    milliseconds,
    processor,
    ratio,
    text,
    wall,
    whole,
)
from benchmarks.whole_process import Process

OURS = ("interpreted", "compiled")
SPEED_HEADER = (
    "run",
    "processor ms",
    "wall ms",
    "first call ms",
    "x plain",
    "x vectorbt",
    "peak MB",
    "NAV differs by",
    "fills",
)
TITLES = {
    "W1": "W1: a daily rotation, 31 assets x 2,922 bars",
    "W2": "W2: an hourly rotation, 11 assets x 17,520 bars",
}


def vectorbt_lines(lines: Lines) -> list[Line]:
    """The fastest engine of each round; no rounds where vectorbt is not installed."""
    engines = [of_case for key, of_case in lines.items() if key.startswith("vectorbt ")]
    return fastest(engines) if engines else []


def speed_table(measured: Measured) -> Table:
    """One workload: every case, how many times faster than the peers, agreement of results."""
    lines = measured.lines
    plain, peer = lines["plain"], vectorbt_lines(lines)
    final = next((line["final"] for line in plain if line), measured.expected["final"])
    rows: list[tuple[str, ...]] = []
    for case in measured.cases:
        of_case = lines[case.key]
        apart = NOTHING if case.key == "plain" else _apart(of_case, final)
        against_plain = text(ratio(plain, of_case)) if case.key != "plain" else NOTHING
        against_peer = text(ratio(peer, of_case)) if case.is_ours else NOTHING
        cells = (
            milliseconds(middle(of_case, processor)),
            milliseconds(middle(of_case, wall)),
            milliseconds(middle(of_case, first)),
            against_plain,
            against_peer,
            whole(middle(of_case, megabytes)),
            apart,
            _fills(of_case),
        )
        rows.append((_label(case, of_case), *cells))
    if not peer:
        rows.append(("vectorbt: not installed", *[NOTHING] * (len(SPEED_HEADER) - 1)))
    expected = measured.expected
    notes = (
        f"{expected['decisions']:,} decisions, {expected['fills']:,} fills. {_counted(plain)}",
        "`NAV differs by` is relative to the final NAV of plain backtrader, which differs by "
        f"{_apart(plain, expected['final']) or '?'} from that of the NumPy reference.",
        *_form(lines),
    )
    return Table(TITLES[measured.size.name], SPEED_HEADER, tuple(rows), notes)


def _counted(lines: Sequence[Line]) -> str:
    if len(lines) == 1:
        return "One round."
    return f"Medians of {len(lines)} rounds; in brackets the least and the most of any round."


def _apart(of_case: Sequence[Line], final: float) -> str:
    """The largest relative difference of a round's final NAV from `final`."""
    apart = [abs(line["final"] / final - 1) for line in of_case if line]
    return f"{max(apart):.0e}".replace("0e+00", "0") if apart else NOTHING


def _fills(of_case: Sequence[Line]) -> str:
    """Fills, once if they are the same in all rounds."""
    return ", ".join(
        f"{count:,}" for count in sorted({int(line["fills"]) for line in of_case if line})
    )


def in_form(lines: Sequence[Line], *, compiled: bool) -> list[Line]:
    """Lines of a process of ours that ran in the form it was to run in, blank ones elsewhere."""
    return [line if line and line["compiled"] == compiled else {} for line in lines]


def _label(case: Case, of_case: Sequence[Line]) -> str:
    if not any(of_case):
        return f"{case.label}: failed"
    if case.is_compiled and not any(in_form(of_case, compiled=True)):
        return f"{case.label}: not built"
    return case.label


def _form(lines: Lines) -> tuple[str, ...]:
    """What has to be said when a row did not run in the form that it is named after."""
    why = {line["why"] for line in in_form(lines["compiled"], compiled=False) if line}
    notes = [f"What is called compiled ran interpreted: {reason}." for reason in sorted(why)]
    if any(in_form(lines["interpreted"], compiled=True)):
        notes.append("What is called interpreted ran compiled.")
    return tuple(notes)


def growth_table(sizes: Sequence[Measured]) -> Table:
    """W4: time and memory of each size, beside the fastest engine of vectorbt."""
    header = ("assets x years", "processor ms", "ns per asset-bar", "x vectorbt", "peak MB")
    rows: list[tuple[str, ...]] = []
    apart: list[float] = []
    for measured in sizes:
        peer = vectorbt_lines(measured.lines)
        ours = [measured.lines[form] for form in OURS]
        for form, lines in zip(("vectorbt", *OURS), (peer, *ours), strict=True):
            seconds = middle(lines, processor)
            each = None if seconds is None else seconds * 1e9 / measured.asset_bars
            ahead = NOTHING if form == "vectorbt" else text(ratio(peer, lines))
            times = (milliseconds(seconds), whole(each), ahead, whole(middle(lines, megabytes)))
            if any(lines):
                rows.append((f"{measured.size.label}, {form}", *times))
        final = measured.expected["final"]
        apart += [abs(line["final"] / final - 1) for of in ours for line in of if line]
    notes = (
        _counted(sizes[0].lines["compiled"]),
        f"Our final NAVs differ from the NumPy reference by {max(apart, default=0):.0e} at most.",
        *(() if any(vectorbt_lines(m.lines) for m in sizes) else ("vectorbt: not installed.",)),
        *_form(sizes[0].lines),
    )
    return Table("W4: W1 with more assets and years", header, tuple(rows), notes)


def linearity_table(sizes: Sequence[Measured]) -> Table:
    """How time grows with bars, assets and fills, against the smallest size of the same round."""
    base = sizes[0]
    header = ("assets x years", "x asset-bars", "x fills", *(f"x time, {form}" for form in OURS))
    rows: list[tuple[str, ...]] = []
    for measured in sizes[1:]:
        bars, fills = measured.growth(base)
        grown = [text(ratio(measured.lines[form], base.lines[form])) for form in OURS]
        rows.append((measured.size.label, figures(bars), figures(fills), *grown))
    title = f"W4: growth against {base.size.label}"
    note = "`x time` below `x asset-bars` or `x fills`: no dearer than linear in the work."
    return Table(title, header, tuple(rows), (note,))


def process_table(commands: Sequence[Process], lines: Lines) -> Table:
    """Whole processes beside the bare import."""
    header = (
        "process",
        "processor s",
        "wall s",
        "x imports, processor",
        "x imports, wall",
        "peak MB",
    )
    base = lines["imports"]
    rows: list[tuple[str, ...]] = []
    for command in commands:
        of_command = lines[command.key]
        seconds = (middle(of_command, processor), middle(of_command, wall))
        against = [NOTHING, NOTHING]
        if command.key != "imports":
            against = [text(ratio(of_command, base, figure)) for figure in (processor, wall)]
        cells = ("" if value is None else figures(value) for value in seconds)
        rows.append((command.label, *cells, *against, whole(middle(of_command, megabytes))))
    return Table(
        "The whole process, panels cached",
        header,
        tuple(rows),
        (f"`run` is given `--force -q`. {_counted(base)}",),
    )
