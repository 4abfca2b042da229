"""The frame that every page of this project stands in: one file, offline, without scripts."""

from __future__ import annotations

from engine.tearsheet.markup import Html, joined, tag
from engine.tearsheet.style import style_sheet

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is fetched, and nothing runs, whatever a config puts into a name."""


def document(title: str, body: Html, *, simulated: bool) -> str:
    """The whole document; equal content gives equal text."""
    head = joined(
        [
            Html('<meta charset="utf-8">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            tag("title", title),
            tag("style", Html(style_sheet(simulated))),
        ]
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n'
        f"{tag('main', body)}\n</body>\n</html>\n"
    )
