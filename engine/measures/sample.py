"""`Sample`: one series of returns and all that measures are taken of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.measures.calendar import by_calendar
from engine.measures.checks import (
    checked_labels,
    checked_numbers,
    checked_periods,
    checked_rate,
    checked_returns,
    warn_of_percents,
)
from engine.measures.growth import curve
from engine.measures.rows import check_rows
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
        For returns that no account can have, for a benchmark or timestamps of other bars, and for
        a number of bars a year, or a rate, that nobody can mean.

    Warns
    -----
    UserWarning
        For returns that look like percents or prices.
    """
    per_year = checked_periods(periods_per_year)
    rate = checked_rate(risk_free, per_year)
    own = checked_numbers(returns, "the returns")
    labels = None if timestamps is None else checked_labels(timestamps, own.size)
    own = checked_returns(own, "the returns", labels)
    other = None if benchmark is None else checked_numbers(benchmark, "the benchmark's returns")
    if other is not None and other.shape != own.shape:
        raise DataError(
            f"the benchmark has the shape {other.shape} for {len(own)} bars; align it by its "
            "stamps first (`engine.measures.aligned_benchmark`)"
        )
    check_rows(returns, benchmark, timestamps, labels)
    warn_of_percents(own, "the returns")
    if other is None:
        return Sample(own, curve(own), per_year, rate, labels=labels)
    other = checked_returns(other, "the benchmark's returns", labels)
    warn_of_percents(other, "the benchmark's returns")
    return Sample(own, curve(own), per_year, rate, other, curve(other), labels)
