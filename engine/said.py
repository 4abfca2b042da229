"""Sentences with the numbers that they quote."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Quoted = float | int | str


@dataclass(frozen=True)
class Said:
    """A sentence, and every number that it quotes.

    Attributes
    ----------
    text : str
        Blank where there is nothing to say.
    figures : mapping of str to float, int or str
        By the name of the statistic, behind that of the benchmark where it is one; as computed,
        not as rounded in the text.
    """

    text: str
    figures: Mapping[str, Quoted] = field(default_factory=dict)

    def as_json(self) -> dict[str, Quoted | None]:
        """The figures, None in place of what is not a finite number."""
        return {name: plain(value) for name, value in self.figures.items()}


NOTHING = Said("")


def plain(value: Quoted) -> Quoted | None:
    """A figure as JSON knows it."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def told(*parts: Said) -> tuple[Said, ...]:
    """The parts that say something."""
    return tuple(part for part in parts if part.text)
