"""Colours, by role, for a light and a dark page; figures use the light ones.

The hues are told apart with the common forms of colour blindness; lines differ in dashes as well.
"""

from __future__ import annotations

from collections.abc import Iterable

INK = "#1c2126"
MUTED = "#5d6771"
RULE = "#d9dee3"
SHADE = "#e3eefb"
STRATEGY = "#0b5cad"
FALL = "#c9dcf2"
CASH = "#cfd5da"
UNKNOWN = "#eceef0"

LIGHT = {
    "ink": INK,
    "muted": MUTED,
    "rule": RULE,
    "shade": SHADE,
    "strategy": STRATEGY,
    "fall": FALL,
    "cash": CASH,
    "unknown": UNKNOWN,
    "s1": "#c4560a",
    "s2": "#1a7f5e",
    "s3": "#8b4aa8",
    "s4": "#8a6d00",
    "s5": "#b32657",
    "s6": "#3d7d91",
    "s7": "#6b5b4b",
}
DARK = {
    "ink": "#e8ebee",
    "muted": "#a0aab4",
    "rule": "#353c44",
    "shade": "#22354b",
    "strategy": "#62aef5",
    "fall": "#2a4a6b",
    "cash": "#4a525b",
    "unknown": "#2a3037",
    "s1": "#f59a54",
    "s2": "#4fc79d",
    "s3": "#cb96e6",
    "s4": "#d9bd45",
    "s5": "#f2789f",
    "s6": "#7fc0d4",
    "s7": "#b9a793",
}

DASHES: tuple[tuple[float, ...], ...] = (
    (5, 2),
    (2, 1.5),
    (7, 2, 1.5, 2),
    (9, 3),
    (1, 1.5),
    (5, 1.5, 1, 1.5, 1, 1.5),
    (3, 3),
)
"""Dash patterns of the seven series colours, in line widths."""

SERIES = len(DASHES)
"""How many names a figure can tell apart."""


def slots(names: Iterable[str]) -> dict[str, int]:
    """Which of the seven colours each name has; the first seven names in sorted order get one."""
    return {name: place for place, name in enumerate(sorted(set(names))[:SERIES])}


def colour(slot: int) -> str:
    """The light colour of a slot."""
    return LIGHT[f"s{slot + 1}"]
