"""Numbers of the page of a verdict as its cells show them, and why some are missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.tearsheet.markup import Html, joined, note
from engine.wording import NOT_AVAILABLE, points, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.result import Result

ASK = "It takes `run --inference`."


def conventions(result: Result) -> tuple[float, float]:
    """Bars a year, and the effective annual risk-free rate."""
    report = result.experiment["report"]
    return float(report["periods_per_year"]), float(report["risk_free"])


def in_points(value: float) -> str:
    """A difference of two percentages, with its sign."""
    if not math.isfinite(value):
        return NOT_AVAILABLE
    return f"{'-' if value < 0.0 else '+'}{points(value)}"


def signed(value: float) -> str:
    """A ratio with the sign of gains written out."""
    shown = ratio(value)
    return f"+{shown}" if value > 0.0 and shown.strip("0.") else shown


def in_years(value: float) -> str:
    """`3.3`, and two digits of less than one."""
    return f"{value:.2g}" if 0.0 < value < 1.0 else ratio(value, 1)


def sentence(text: str) -> str:
    """A clause that begins with a capital and ends with a full stop; blank of a blank."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def reasons(found: Mapping[str, str]) -> Html:
    """Why figures are undefined, by what they are of; nothing where all are known."""
    return joined(note(f"n/a, {name}: {why}.") for name, why in found.items() if why)
