"""Which of two series moves first."""

from __future__ import annotations

from math import sqrt, tanh
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from feeds.arrays import Float
from feeds.panel import Panel
from strategies.base import Signal
from strategies.comovement import correlations
from strategies.registry import register
from strategies.series import NumberOfFields, number_of
from strategies.windows import MOST_DAYS

_LEVEL = 0.05


@register("lead_lag")
class LeadLag(Signal):
    """The lag at which the returns of two series go together most.

    It is in rows; above 0 `first` leads. Of the correlations of log returns over the last `rows`
    pairs at the lags from -`lags` to `lags`, the one that is largest in size; the smaller lag if
    two are equal. It counts if it is outside of tanh(z / sqrt(rows - 3)), the two-sided 95 % band
    of Fisher for independent returns, with z of 0.05 shared out over all 2 `lags` + 1 of them
    (Bonferroni); otherwise the lag is 0. A steady lead of exactly one row is a wrong stamp until
    proven otherwise. Rows in which one of the two is blank or not above 0 are left out, as for
    `correlation`.

    Panel: values or bars of one id. Range: whole numbers from -`lags` to `lags`; NaN in rows that
    are left out, in the first `rows` + `lags` of the others, and where one of the two does not
    move.
    """

    first: NumberOfFields = Field(description="an expression over the panel's fields")
    second: NumberOfFields = Field(description="an expression over the panel's fields")
    rows: int = Field(ge=10, le=MOST_DAYS, description="pairs of returns in the window")
    lags: int = Field(5, ge=1, le=60, description="rows by which one may lead the other, at most")

    example: ClassVar[dict[str, Any]] = {
        "panel": "caps",
        "first": "total_cap",
        "second": "btc_cap / total_cap",
        "rows": 52,
        "lags": 4,
    }

    @property
    def warm_up(self) -> int:
        """Rows in the window, and the largest lag."""
        return self.rows + self.lags

    @property
    def band(self) -> float:
        """The size that a correlation must exceed."""
        share = _LEVEL / 2 / (2 * self.lags + 1)
        return tanh(NormalDist().inv_cdf(1 - share) / sqrt(self.rows - 3))

    def values(self, seen: Panel) -> Float:
        """The values, float64 (T,)."""
        lags = sorted(range(-self.lags, self.lags + 1), key=lambda lag: (abs(lag), -lag))
        first, second = number_of(self.first, seen), number_of(self.second, seen)
        sizes = np.abs(correlations(first, second, self.rows, lags))
        known, largest = ~np.isnan(sizes).any(axis=0), np.nan_to_num(sizes).argmax(axis=0)
        counts = np.take_along_axis(sizes, largest[None, :], axis=0)[0] > self.band
        return np.where(known, np.where(counts, np.array(lags, dtype=float)[largest], 0.0), np.nan)
