"""The tear sheet: one offline HTML page for one run, made from its results alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.archive import replace_file

if TYPE_CHECKING:
    from engine.result import Result

TEARSHEET = "tearsheet.html"


def report(result: Result) -> Path:
    """Write `tearsheet.html` into the result directory and return its path.

    Equal results give equal bytes. Nothing but the result is read.

    Raises
    ------
    OutputError
        When the directory cannot be written to.
    """
    from engine.tearsheet.page import page

    path = result.path / TEARSHEET
    replace_file(path, page(result))
    return path
