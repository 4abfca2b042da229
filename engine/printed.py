"""Results on stdout: JSON, and tables whose columns line up."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any

_WIDEST = 60


def printable(text: str) -> str:
    """`text` with what could steer a terminal written out; line breaks stay."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text
    )


def bullet(text: str, width: int, most: int | None = None) -> list[str]:
    """`text` as an item of a list, in lines of `width`; of more than `most` the rest is cut."""
    return textwrap.wrap(
        text,
        width,
        initial_indent="- ",
        subsequent_indent="  ",
        max_lines=most,
        placeholder=" ...",
    )


def print_json(value: Any, sort: bool = True) -> None:
    """Print a value as JSON; what is not a number is an error, not NaN."""
    print(json.dumps(value, indent=2, sort_keys=sort, ensure_ascii=False, allow_nan=False))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, the first being the header, if any."""
    wide = [min(max(len(row[i]) for row in rows), _WIDEST) for i in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row[:-1], wide, strict=True)]
        print("  ".join([*cells, row[-1]]).rstrip())
