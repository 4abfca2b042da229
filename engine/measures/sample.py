"""`Sample`: one series of returns and all that measures are taken of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from engine.measures.calendar import by_calendar
from engine.measures.checks import checked_labels, checked_returns
from engine.measures.growth import curve
from feeds.arrays import Float, Instants
from feeds.errors import DataError


@dataclass(frozen=True, eq=False)
class Sample:
    """The arguments of all measures, by the names that their parameters have.

    Attributes
    ----------
    returns : float64 (T,)
    nav : float64 (T + 1,)
        Equity curve, the start capital as point 0.
    periods_per_year, risk_free : float
    benchmark : float64 (T,) or None
        Returns of the benchmark on the same bars.
    benchmark_nav : float64 (T + 1,) or None
    labels : datetime64[ns] (T,) or None
        When each bar begins, or any other instant inside it.
    """

    returns: Float
    nav: Float
    periods_per_year: float
    risk_free: float
    benchmark: Float | None = None
    benchmark_nav: Float | None = None
    labels: Instants | None = None

    @cached_property
    def months(self) -> Float:
        """Returns of the calendar months, float64 (M,)."""
        assert self.labels is not None
        return by_calendar(self.returns, self.labels, "M")

    @cached_property
    def benchmark_months(self) -> Float:
        """Returns of the benchmark in the calendar months, float64 (M,)."""
        assert self.labels is not None
        assert self.benchmark is not None
        return by_calendar(self.benchmark, self.labels, "M")

    @property
    def has(self) -> frozenset[str]:
        """The names that measures may ask for."""
        missing = set[str]()
        if self.benchmark is None:
            missing |= {"benchmark", "benchmark_nav", "benchmark_months"}
        if self.labels is None:
            missing |= {"months", "benchmark_months"}
        return _ARGUMENTS - missing


_ARGUMENTS = frozenset(
    {
        *("returns", "nav", "periods_per_year", "risk_free"),
        *("benchmark", "benchmark_nav", "months", "benchmark_months"),
    }
)


def checked_sample(
    returns: Any,
    periods_per_year: float,
    risk_free: float = 0.0,
    benchmark: Any = None,
    timestamps: Any = None,
) -> Sample:
    """A sample of what a user gave, once it has passed its checks.

    Raises
    ------
    DataError
        For returns that no account can have, and for a benchmark or timestamps of other bars.
    """
    if not (np.isfinite(periods_per_year) and periods_per_year > 0.0):
        raise DataError(f"periods_per_year is {periods_per_year}; it must be above 0, such as 365")
    if not (np.isfinite(risk_free) and risk_free > -1.0):
        raise DataError(f"risk_free is {risk_free}; give an annual rate, 0.03 for 3 %")
    labels = None if timestamps is None else checked_labels(timestamps, np.size(returns))
    own = checked_returns(returns, "the returns", labels)
    per_year, rate = float(periods_per_year), float(risk_free)
    if benchmark is None:
        return Sample(own, curve(own), per_year, rate, labels=labels)
    if np.shape(benchmark)[:1] != own.shape:
        raise DataError(
            f"the benchmark has the shape {np.shape(benchmark)} for {len(own)} bars; align it by "
            "its stamps first (`engine.measures.aligned_benchmark`)"
        )
    other = checked_returns(benchmark, "the benchmark's returns", labels)
    return Sample(own, curve(own), per_year, rate, other, curve(other), labels)
