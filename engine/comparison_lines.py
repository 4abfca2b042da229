"""How the text of a comparison is laid out."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 120
GAP = 2


def lined(rows: Sequence[Sequence[str]], left: int, gap: int = GAP) -> list[str]:
    """Rows with columns lined up: the first `left` of them to the left, numbers to the right."""
    wide = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        (" " * gap)
        .join(
            f"{cell:<{width}}" if place < left else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(row, wide, strict=True))
        )
        .rstrip()
        for row in rows
    ]


def filled(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Header and rows without a last column that no row fills, such as that of reasons."""
    stop = None if any(row[-1] for row in rows) else -1
    return [list(row[:stop]) for row in (header, *rows)]


def cut(text: str, most: int) -> str:
    """`text`, at most so many letters of it: what sets names apart is as often at their end."""
    if len(text) <= most:
        return text
    end = (most - 3) // 2
    return f"{text[: most - 3 - end]}...{text[len(text) - end :]}"
