"""Where the configs of a comparison differ, as lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from engine.comparison_lines import GAP, WIDTH, cut, lined
from engine.differences import MISSING
from engine.printed import printable
from engine.wording import count

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.differences import Difference

_NAME, _KEY, _NARROWEST = 26, 32, 16
"""Letters of a name, of a key, and of the narrowest column of differences."""
_MOST_DIFFERENCES, _MOST_LINES = 24, 3


def config_lines(found: Comparison) -> list[str]:
    """A column a config where they fit; else what sets each apart from most."""
    if not found.differences:
        return ["The configs differ in their names only."]
    names = [row.name for row in found.runs]
    room = (WIDTH - _KEY) // len(names) - GAP
    if room < _NARROWEST:
        return _apart(found.differences, names)
    head, rest = found.differences[:_MOST_DIFFERENCES], found.differences[_MOST_DIFFERENCES:]
    lines = [["config", *(cut(name, room) for name in names)]]
    for each in head:
        cells = [[cut(each.key, _KEY)], *(_wrapped(value, room) for value in each.values)]
        lines += [list(line) for line in zip_longest(*cells, fillvalue="")]
    more = [f"and {count(len(rest), 'more key')}; --json has all"] if rest else []
    return [*lined(lines, left=len(names) + 1), *more]


def apart(found: Sequence[Difference], place: int) -> str:
    """What sets one config apart from most of them."""
    own = [
        each
        for each in found
        if each.values[place] not in (each.usual, MISSING if _is_part(each.key) else "")
    ]
    return "; ".join(f"{each.key}: {each.values[place]}" for each in own) or "nothing"


def _wrapped(text: str, wide: int) -> list[str]:
    return textwrap.wrap(printable(text), wide, max_lines=_MOST_LINES, placeholder=" ...")


def _apart(found: Sequence[Difference], names: Sequence[str]) -> list[str]:
    wide = min(max(map(len, names)), _NAME)
    lines = ["What sets each config apart from most of them:"]
    for place, name in enumerate(names):
        lines += textwrap.wrap(
            printable(apart(found, place)),
            WIDTH,
            initial_indent=f"  {cut(name, wide):<{wide}}  ",
            subsequent_indent=" " * (wide + 4),
            max_lines=_MOST_LINES,
            placeholder=" ...",
        )
    return lines


def _is_part(key: str) -> bool:
    """Whether a key belongs to one kind of strategy: another kind lacks it, which says nothing."""
    return key.startswith("strategy.")
