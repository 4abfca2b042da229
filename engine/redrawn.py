"""Curves on the same closes, drawn again together: intervals and paired differences.

One length of blocks serves all of them, the longest that any of them needs: one drawing then gives
every interval and every difference. Deepest falls alone are drawn in blocks of their own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.inference import resampled
from engine.inference.bootstrap import (
    block_length,
    drawdown_block_length,
    interval,
    row_chunks,
)
from engine.inference.findings import Finding, of_interval
from engine.inference.sharpe_difference import bootstrap_difference
from feeds.arrays import Float, Instants

NAN = math.nan
_REACH = 1.959963984540054
_TINY = 1e-12
_LEVEL = 0.95
_ENDS = ((1.0 - _LEVEL) / 2.0, (1.0 + _LEVEL) / 2.0)


@dataclass(frozen=True, eq=False)
class Curve:
    """Returns per bar of a run or a benchmark, and how its figures are made annual.

    Attributes
    ----------
    name : str
    times : datetime64[ns] (T + 1,)
    returns : float64 (T,)
    periods_per_year, risk_free : float
    """

    name: str
    times: Instants
    returns: Float
    periods_per_year: float
    risk_free: float

    @property
    def convention(self) -> tuple[float, float]:
        """Bars a year and risk-free rate: figures of curves that differ in them do not compare."""
        return self.periods_per_year, self.risk_free

    @property
    def excess(self) -> Float:
        """Returns less the risk-free rate per bar."""
        return self.returns - ((1.0 + self.risk_free) ** (1.0 / self.periods_per_year) - 1.0)


@dataclass(frozen=True)
class Own:
    """Sharpe ratio and growth a year and the deepest fall of one curve, with 95 % intervals."""

    sharpe: Finding
    cagr: Finding
    max_drawdown: Finding


@dataclass(frozen=True)
class Gap:
    """One curve less another on the same bars, a year.

    Attributes
    ----------
    first, second : str
    sharpe, cagr : Finding
        By the paired stationary bootstrap.
    ledoit_wolf : Finding
        The difference of the Sharpe ratios again, by the studentised bootstrap.
    adjusted : float
        Its p-value after Holm, among all differences of the same question.
    """

    first: str
    second: str
    sharpe: Finding
    cagr: Finding
    ledoit_wolf: Finding
    adjusted: float = NAN


@dataclass(frozen=True, eq=False)
class Redrawn:
    """Figures of curves on the same closes, as they are and drawn again together."""

    places: Mapping[str, int]
    observed: Mapping[str, Float]
    drawn: Mapping[str, Float]
    n: int
    length: float
    block: int
    resamples: int
    seed: int

    @classmethod
    def of(cls, curves: Sequence[Curve], seed: int, resamples: int) -> Redrawn:
        """Draw the bars of all the curves, the same ones for each."""
        n = len(curves[0].returns)
        lengths = [block_length(curve.returns) for curve in curves]
        length = max(stationary for stationary, _ in lengths)
        block = min(math.ceil(max(circular for _, circular in lengths)), max(1, n // 2))
        statistics = [
            {
                "sharpe": resampled.sharpe(curve.periods_per_year, curve.risk_free),
                "cagr": resampled.cagr(curve.periods_per_year),
            }
            for curve in curves
        ]
        observed = {
            name: np.array(
                [
                    each[name](curve.returns[np.newaxis])[0]
                    for curve, each in zip(curves, statistics, strict=True)
                ]
            )
            for name in ("sharpe", "cagr")
        }
        drawn = {name: np.empty((resamples, len(curves))) for name in observed}
        done = 0
        for rows in row_chunks(n, length, resamples, seed):
            stop = done + len(rows)
            for place, curve in enumerate(curves):
                taken = curve.returns[rows]
                for name, statistic in statistics[place].items():
                    drawn[name][done:stop, place] = statistic(taken)
            done = stop
        places = {curve.name: place for place, curve in enumerate(curves)}
        return cls(places, observed, drawn, n, length, block, resamples, seed)

    def sharpe(self, name: str) -> Finding:
        """The Sharpe ratio a year of a curve."""
        return self._own("sharpe", name)

    def cagr(self, name: str) -> Finding:
        """The growth a year of a curve."""
        return self._own("cagr", name)

    def max_drawdown(self, curve: Curve) -> Finding:
        """The deepest fall of a curve, drawn by itself in blocks as long as falls need."""
        length = max(self.length, drawdown_block_length(curve.returns))
        return of_interval(
            interval(
                resampled.max_drawdown,
                curve.returns,
                seed=self.seed,
                resamples=self.resamples,
                length=length,
            )
        )

    def gap(self, first: Curve, second: Curve) -> Gap:
        """One curve less another of the same bars a year and risk-free rate."""
        if first.convention != second.convention:
            raise ValueError(f"{first.name} and {second.name} are made annual in other ways")
        sharpe, cagr = (self._difference(each, first.name, second.name) for each in self.drawn)
        return Gap(first.name, second.name, sharpe, cagr, self._ledoit_wolf(first, second))

    def _own(self, statistic: str, name: str) -> Finding:
        place = self.places[name]
        return self._finding(
            float(self.observed[statistic][place]), self.drawn[statistic][:, place], test=False
        )

    def _difference(self, statistic: str, first: str, second: str) -> Finding:
        one, two = self.places[first], self.places[second]
        observed, drawn = self.observed[statistic], self.drawn[statistic]
        with np.errstate(invalid="ignore"):
            return self._finding(
                float(observed[one] - observed[two]), drawn[:, one] - drawn[:, two], test=True
            )

    def _finding(self, value: float, drawn: Float, *, test: bool) -> Finding:
        """Percentile interval and, for a difference, its two-sided p-value.

        p = (1 + #{|d* - d| >= |d|}) / (1 + B), as in `engine.inference.bootstrap.paired`.
        """
        known = drawn[np.isfinite(drawn)]
        low = high = p_value = NAN
        reason = ""
        if not math.isfinite(value):
            reason = "undefined on these returns"
        elif len(known) < max(2, self.resamples // 2):
            reason = f"undefined on {len(drawn) - len(known)} of {self.resamples} resamples"
        else:
            low, high = np.quantile(known, _ENDS).tolist()
            if test:
                far = np.abs(known - value) >= abs(value) - _TINY * max(1.0, abs(value))
                p_value = (1 + int(np.count_nonzero(far))) / (1 + len(known))
        return Finding(
            value, low, high, p_value, self.n, self.resamples, self.seed, self.length, reason
        )

    def _ledoit_wolf(self, first: Curve, second: Curve) -> Finding:
        found = bootstrap_difference(
            first.excess,
            second.excess,
            block=self.block,
            seed=self.seed,
            resamples=self.resamples,
        )
        scale = math.sqrt(first.periods_per_year)
        value, reach = found.difference * scale, _REACH * found.error * scale
        return Finding(
            value,
            value - reach,
            value + reach,
            found.p_value,
            self.n,
            self.resamples,
            self.seed,
            float(self.block),
            found.reason,
        )
