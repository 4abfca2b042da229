"""Parts of the page that hold figures: the figure for two widths of page, and its legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.tearsheet.marks import NARROW, WIDE
from engine.tearsheet.markup import Html, esc, joined, tag
from engine.tearsheet.vector import inline_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _RIGHT, _TOP, _BOTTOM = 0.58, 0.12, 0.26, 0.28

Draw = Callable[["Axes"], None]
Size = tuple[float, float]


def both(
    key: str,
    title: str,
    draw: Callable[[Size], Figure],
    heights: tuple[float, float],
) -> Html:
    """The figure twice: drawn for a wide page and for a narrow one, with text of one size."""
    sizes = (("wide", (WIDE, heights[0])), ("narrow", (NARROW, heights[1])))
    drawn = (
        tag("div", Html(inline_svg(draw(size), f"{key}-{css}", esc(title))), css=css)
        for css, size in sizes
    )
    return tag("figure", joined(drawn), attributes='style="margin:0"')


def figure_of(size: Size, draws: Sequence[Draw], columns: int) -> Figure:
    """Axes in rows and columns, each with room for its labels."""
    from matplotlib.figure import Figure

    width, height = size
    rows = -(-len(draws) // columns)
    figure = Figure(figsize=size)
    for place, draw in enumerate(draws):
        across, down = width / columns, height / rows
        left = (place % columns) * across + _LEFT
        bottom = height - (place // columns + 1) * down + _BOTTOM
        box = (left, bottom, across - _LEFT - _RIGHT, down - _TOP - _BOTTOM)
        draw(figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height)))
    return figure


def legend(items: Sequence[tuple[Html, str]]) -> Html:
    """Marks and what they stand for."""
    parts = (tag("li", Html(f"{mark}<span>{esc(name)}</span>")) for mark, name in items)
    return tag("ul", joined(parts), css="legend")
