"""How far a series is from its record."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from feeds.arrays import Float, Instants
from feeds.panel import Panel
from strategies.registry import register
from strategies.series import SeriesSignal
from strategies.windows import on_known, relative


@register("distance_to_record")
class DistanceToRecord(SeriesSignal):
    """How far the number is above its highest of all earlier rows.

    The number over the highest, minus 1: above 0 exactly at a record. Rows in which the number is
    blank are left out. Records are "since the first row": give the series its full history.

    Panel: values or bars of one id. Range: above -1; NaN in the first known row, where the number
    is blank and where the highest is not above 0.
    """

    example: ClassVar[dict[str, Any]] = {"panel": "equities"}

    @property
    def warm_up(self) -> int:
        """One row: the first has none before it."""
        return 1

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        return on_known(self.series(seen), seen.label, _distance)


def _distance(number: Float, label: Instants) -> Float:
    highest = np.maximum.accumulate(number)
    return relative(number, np.append(np.nan, highest)[: len(number)])
