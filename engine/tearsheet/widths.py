"""A figure on the page, drawn for wide and for narrow screens, and its legend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from engine.tearsheet import figures
from engine.tearsheet.marks import NARROW, WIDE, line
from engine.tearsheet.markup import Html, esc, figure_text, joined, tag
from engine.tearsheet.palette import DASHES
from engine.tearsheet.vector import inline_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from engine.result import Result

Draw = Callable[["Result", "Axes"], None]

LEFT, RIGHT, TOP, BOTTOM = 0.58, 0.12, 0.08, 0.28


def both(
    result: Result, draw: Draw, key: str, height: float, title: str, narrow: float | None = None
) -> Html:
    """The figure twice: drawn for a wide page and, with the same size of text, for a narrow one."""
    sizes = (("wide", WIDE, height), ("narrow", NARROW, narrow or 0.75 * height + 0.1))
    return tag(
        "figure",
        joined(
            tag("div", _single(result, draw, f"{key}-{css}", (width, high), title), css=css)
            for css, width, high in sizes
        ),
        attributes='style="margin:0"',
    )


def _single(result: Result, draw: Draw, key: str, size: tuple[float, float], title: str) -> Html:
    from matplotlib.figure import Figure

    width, height = size
    figure = Figure(figsize=size)
    box = (LEFT, BOTTOM, width - LEFT - RIGHT, height - TOP - BOTTOM)
    draw(result, figure.add_axes(fractions(box, size)))
    return Html(inline_svg(figure, key, title))


def fractions(
    box: tuple[float, float, float, float], size: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Left, bottom, width and height in inches as shares of the figure."""
    return (box[0] / size[0], box[1] / size[1], box[2] / size[0], box[3] / size[1])


def legend(items: Iterable[Html]) -> Html:
    """Keys side by side."""
    return tag("ul", joined(items), css="legend")


def key(name: str, mark: Html, end: str = "") -> Html:
    """A mark, the name that it stands for, and a quiet number."""
    tail = tag("span", figure_text(end), css="end") if end else Html("")
    return tag("li", Html(f"{mark}<span>{esc(name)}</span>{tail}"))


def curve_keys(result: Result, end: dict[str, str]) -> list[Html]:
    """The keys of the strategy and of every benchmark that is drawn; `end` by curve."""
    slots = figures.names_of(result)
    return [
        key("strategy", swatch("strategy", ()), end.get("", "")),
        *(
            key(name, swatch(f"s{slots[name] + 1}", DASHES[slots[name]]), end.get(name, ""))
            for name in sorted(result.benchmarks)
            if name in slots
        ),
    ]


def swatch(variable: str, dashes: tuple[float, ...]) -> Html:
    """A piece of the line of a curve: thick if solid, as drawn."""
    return line(variable, 1.6 if dashes else 2.6, ",".join(f"{1.4 * part:g}" for part in dashes))
