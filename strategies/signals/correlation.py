"""Whether two series move together."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from feeds.arrays import Float
from feeds.panel import Panel
from strategies.base import Signal
from strategies.comovement import correlations
from strategies.registry import register
from strategies.series import NumberOfFields, number_of
from strategies.windows import MOST_DAYS


@register("correlation")
class Correlation(Signal):
    """The correlation of the returns of two series over the last `rows` rows.

    Pearson's correlation of log returns from row to row, never of levels. With `lag`, a return of
    `second` goes with the return of `first` that many rows earlier. Rows in which one of the two is
    blank or not above 0 are left out, so that a return spans them: for an index and a coin take the
    rows of an `aligned` panel (`data.computed`), not days that the index did not have.

    Panel: values or bars of one id. Range: -1 to 1; NaN in rows that are left out, in the first
    `rows` + `lag` of the others, and where one of the two does not move.
    """

    first: NumberOfFields = Field(description="an expression over the panel's fields")
    second: NumberOfFields = Field(description="an expression over the panel's fields")
    rows: int = Field(ge=3, le=MOST_DAYS, description="pairs of returns in the window")
    lag: int = Field(0, ge=0, le=1_000, description="rows by which `first` is taken earlier")

    example: ClassVar[dict[str, Any]] = {
        "panel": "caps",
        "first": "total_cap",
        "second": "btc_cap / total_cap",
        "rows": 26,
    }

    @property
    def warm_up(self) -> int:
        """Rows in the window, and the lag."""
        return self.rows + self.lag

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        first, second = number_of(self.first, seen), number_of(self.second, seen)
        return correlations(first, second, self.rows, [self.lag])[0]
