"""Tables for the terminal and for Markdown, and the figures that go into them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.rounds import Line

NOTHING = ""


@dataclass(frozen=True)
class Table:
    """A table with its title and what has to be said about it; the first column is text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def terminal(self) -> str:
        """Columns aligned by spaces, a rule below the header."""
        plain = [tuple(cell.replace("`", "") for cell in row) for row in (self.header, *self.rows)]
        head, *body = (("  ".join(cells)).rstrip() for cells in _padded(plain))
        rule = "-" * max(map(len, (head, *body)))
        return "\n".join((self.title, rule, head, rule, *body, rule, *self.notes))

    def markdown(self) -> str:
        """A heading, a table with numbers to the right, and the notes."""
        head, *body = (f"| {' | '.join(cells)} |" for cells in _padded((self.header, *self.rows)))
        widths = [len(cell) for cell in _padded((self.header, *self.rows))[0]]
        first, *others = widths
        rule = "|".join(("-" * (first + 2), *("-" * (width + 1) + ":" for width in others)))
        lines = (f"### {self.title}", "", head, f"|{rule}|", *body)
        notes = ("", *self.notes) if self.notes else ()
        return "\n".join((*lines, *notes))


def _padded(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        tuple(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def processor(line: Line) -> float:
    """Processor seconds of a warm call."""
    return float(statistics.median(seconds[0] for seconds in line["warm"]))


def wall(line: Line) -> float:
    """Seconds on the clock of a warm call."""
    return float(statistics.median(seconds[1] for seconds in line["warm"]))


def first(line: Line) -> float:
    """Processor seconds of the first call in its process."""
    return float(line["first"][0])


def megabytes(line: Line) -> float:
    """Peak resident memory of the process."""
    return float(line["peak_mb"])


Figure = Callable[[Line], float]


def middle(lines: Sequence[Line], figure: Figure) -> float | None:
    """The median over the rounds that gave a line; None if none did."""
    values = [figure(line) for line in lines if line]
    return statistics.median(values) if values else None


def figures(value: float) -> str:
    """Three significant figures, or all digits before the point."""
    if not value:
        return "0"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


@dataclass(frozen=True)
class Ratio:
    """Of two figures of the same round: median, least and most over the rounds."""

    median: float
    least: float
    most: float

    def text(self) -> str:
        """`12.3 (11.0-13.1)`; without the brackets if they say nothing."""
        median, least, most = map(figures, (self.median, self.least, self.most))
        return median if least == most else f"{median} ({least}-{most})"


def ratio(over: Sequence[Line], under: Sequence[Line], figure: Figure = processor) -> Ratio | None:
    """What `over` takes in units of `under`, round by round; None without a common round."""
    pairs = [(figure(o), figure(u)) for o, u in zip(over, under, strict=False) if o and u]
    values = [above / below for above, below in pairs]
    return Ratio(statistics.median(values), min(values), max(values)) if values else None


def fastest(cases: Sequence[Sequence[Line]]) -> list[Line]:
    """Round by round the line of the case that took the least processor time."""
    each = [[line for line in of_round if line] for of_round in zip(*cases, strict=True)]
    return [min(lines, key=processor) if lines else {} for lines in each]


def milliseconds(seconds: float | None) -> str:
    """`12.3`, `6,560`; nothing for None."""
    return NOTHING if seconds is None else figures(seconds * 1000)


def whole(value: float | None) -> str:
    """A rounded number; nothing for None."""
    return NOTHING if value is None else f"{value:,.0f}"


def text(value: Ratio | None) -> str:
    """A ratio; nothing for None."""
    return NOTHING if value is None else value.text()
