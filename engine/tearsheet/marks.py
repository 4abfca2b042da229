"""Marks that stand for what a figure draws: lines, areas, rings; and how wide figures are."""

from __future__ import annotations

from engine.tearsheet.markup import Html

# One unit of a figure is one pixel of the page: 10 inches at 72 points fill a wide page.
WIDE, NARROW = 10.0, 3.7
"""Widths of a figure in inches, for a wide page and for a narrow one."""


def line(variable: str, width: float, dashes: str = "", opacity: float = 1.0) -> Html:
    """A piece of a line."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return Html(
        '<svg width="30" height="8" aria-hidden="true"><line x1="0" y1="4" x2="30" y2="4" '
        f'style="stroke:var(--{variable});stroke-width:{width:g}{_faint(opacity)}"{dashed}/></svg>'
    )


def area(variable: str, opacity: float = 1.0) -> Html:
    """A filled box."""
    return Html(
        '<svg width="14" height="12" aria-hidden="true"><rect width="14" height="12" '
        f'style="fill:var(--{variable}){_faint(opacity)}"/></svg>'
    )


def ring(variable: str) -> Html:
    """A ring."""
    return Html(
        '<svg width="14" height="12" aria-hidden="true"><circle cx="7" cy="6" r="4" '
        f'style="fill:none;stroke:var(--{variable});stroke-width:1.5"/></svg>'
    )


def _faint(opacity: float) -> str:
    return "" if opacity == 1.0 else f";opacity:{opacity:g}"
