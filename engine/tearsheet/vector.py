"""A matplotlib figure as SVG text that lives inside a page: themed, small, equal bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine.tearsheet.palette import LIGHT, MUTED, RULE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "tear sheet",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    # A dollar sign in a name is a dollar sign.
    "text.parse_math": False,
    "text.color": MUTED,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "path.simplify": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
_DECIMALS = re.compile(r"(?<=\.\d\d)\d+")
_PATH = re.compile(r' d="[^"]*"')


@contextmanager
def drawing() -> Iterator[None]:
    """A matplotlib style that does not depend on the user's own settings."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def inline_svg(figure: Figure, key: str, title: str) -> str:
    """The figure as one `<svg>` element; colours become the page's CSS variables.

    Parameters
    ----------
    figure : Figure
        Drawn inside `drawing()`.
    key : str
        Unique on the page: it keeps the ids of several figures apart.
    title : str
        What the figure shows, for screen readers; no markup.
    """
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = _PATH.sub(lambda path: _DECIMALS.sub("", path.group()), text)
    text = re.sub(r' id="([^"]+)"', rf' id="{key}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{key}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{key}-\1)", text)
    for name, colour in LIGHT.items():
        text = text.replace(colour, f"var(--{name})")
    text = re.sub(r"\s*\n\s*", "\n", text)
    opening = re.compile(r'<svg[^>]*viewBox="([^"]*)"[^>]*>', flags=re.DOTALL)

    def head(found: re.Match[str]) -> str:
        return f'<svg viewBox="{found[1]}" role="img" aria-label="{title}" class="figure">'

    return opening.sub(head, text, count=1).strip()
