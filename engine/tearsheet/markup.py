"""HTML text from plain values: everything is escaped unless it is `Html` already."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_MINUS = re.compile(r"(?<![\w.])-(?=[\d.])")


class Html(str):
    """Text that is markup: it was built here from escaped parts."""

    __slots__ = ()


def esc(text: str) -> Html:
    """`text` as markup: `<`, `>`, `&` and quotes are shown, not read."""
    return text if isinstance(text, Html) else Html(html.escape(str(text), quote=True))


def figure_text(text: str) -> Html:
    """Escaped text with a typographic minus before numbers."""
    return Html(_MINUS.sub("\N{MINUS SIGN}", esc(text)))


def tag(name: str, inner: str = "", *, css: str = "", attributes: str = "") -> Html:
    """One element; `attributes` are trusted, `inner` is escaped unless it is `Html`."""
    classes = f' class="{css}"' if css else ""
    return Html(f"<{name}{classes}{' ' + attributes if attributes else ''}>{esc(inner)}</{name}>")


def joined(parts: Iterable[str]) -> Html:
    """Parts one after the other."""
    return Html("\n".join(esc(part) for part in parts))


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    css: str = "",
    caption: str = "",
    texts: Sequence[int] = (0,),
) -> Html:
    """A table that scrolls sideways on a narrow screen; columns in `texts` are set left.

    The first cell of each row is its heading; a row that is `Html`, such as a `band`, stays as it
    is.
    """
    left = set(texts)

    def line(cells: Sequence[str], element: str) -> Html:
        if isinstance(cells, Html):
            return cells
        out = []
        for place, each in enumerate(cells):
            name = "th" if element == "th" or place == 0 else "td"
            scope = "" if name == "td" else f'scope="{"col" if element == "th" else "row"}"'
            shown = each if isinstance(each, Html) else figure_text(each)
            if isinstance(each, Html) and each.startswith(("<td", "<th")):
                out.append(each)
            else:
                out.append(tag(name, shown, css="l" if place in left else "", attributes=scope))
        return tag("tr", Html("".join(out)))

    head = tag("thead", line(header, "th")) if any(header) else Html("")
    body = tag("tbody", joined(line(row, "td") for row in rows))
    title = tag("caption", caption) if caption else Html("")
    return tag("div", tag("table", Html(title + head + body), css=css), css="scroll")


def band(text: str, columns: int) -> Html:
    """A row that heads the rows below it."""
    cell = tag("th", figure_text(text), css="l", attributes=f'colspan="{columns}" scope="colgroup"')
    return tag("tr", cell, css="band")


def tinted(text: str, level: int) -> Html:
    """A cell whose background says how far below (-5) or above (+5) zero it is."""
    css = "" if level == 0 else f"{'p' if level > 0 else 'n'}{abs(level)}"
    return tag("td", figure_text(text), css=css)


def block(key: str, title: str, *parts: str, lead: str = "") -> Html:
    """A section with an anchor, a heading and, where it helps, a sentence built from numbers."""
    words = tag("p", figure_text(lead), css="lead") if lead else ""
    inner = joined([tag("h2", title), *filter(None, (words, *parts))])
    return tag("section", inner, attributes=f'id="{key}"')


def note(text: str) -> Html:
    """A small grey paragraph."""
    return tag("p", figure_text(text), css="note")


def fold(title: str, *parts: str) -> Html:
    """A fold-out that is closed at first."""
    return tag("details", joined([tag("summary", title), *parts]))
