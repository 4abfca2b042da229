"""The number itself, for series that say something as they are."""

from __future__ import annotations

from typing import Any, ClassVar

from feeds.arrays import Float
from feeds.panel import Panel
from strategies.registry import register
from strategies.series import SeriesSignal


@register("level")
class Level(SeriesSignal):
    """The number `value` itself, as it stands in each row.

    For series that mean something as they are: flows into funds, a rate, a spread, a share. When a
    row is known is said by its panel: `stamp`, and `publish_lag_hours` for what comes out late.

    Panel: values or bars of one id. Range: any number; NaN where a field of `value` is blank.
    """

    example: ClassVar[dict[str, Any]] = {"panel": "caps", "value": "usdt_cap / total_cap"}

    @property
    def lookback(self) -> int:
        """One row: nothing but the row itself."""
        return 1

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        return self.series(seen)
