"""What an inference finds: frozen values with their counts and seeds, and the same as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from engine.inference.bootstrap import Interval, Paired
from engine.inference.timing import Timing
from engine.said import plain
from feeds.arrays import Float

NAN = math.nan


@dataclass(frozen=True)
class Counts:
    """How many times each Monte Carlo figure is drawn."""

    resamples: int = 1000
    shifts: int = 1000
    rotations: int = 200
    markets: int = 0
    """Permuted markets, each of which takes as long as a run: none unless asked for."""


@dataclass(frozen=True)
class Finding:
    """One figure of the inference; what does not apply to it is NaN or None.

    Attributes
    ----------
    value : float
        The figure; for a test, the statistic as observed.
    low, high : float
        Of its 95 % interval.
    p_value : float
    n : int
        Bars it rests on.
    count, seed : int or None
        Resamples, shifts or rotations, and what they were drawn with.
    block_length : float
        Mean length of a block of the bootstrap, in bars.
    reason : str
        Why it is undefined; blank if it is not.
    """

    value: float
    low: float = NAN
    high: float = NAN
    p_value: float = NAN
    n: int = 0
    count: int | None = None
    seed: int | None = None
    block_length: float = NAN
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fields by name, None in place of what is not a finite number."""
        return {name: plain(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Against:
    """The strategy against one benchmark, on the same bars.

    Attributes
    ----------
    sharpe, cagr : Finding
        Differences a year, by the paired stationary bootstrap.
    ledoit_wolf : Finding
        The difference of the Sharpe ratios a year, by the studentised bootstrap.
    superior : Finding
        The mean lead a bar, by Hansen's test with the strategy as the only model, or with all
        variants that were given.
    """

    sharpe: Finding
    cagr: Finding
    ledoit_wolf: Finding
    superior: Finding


@dataclass(frozen=True, eq=False)
class Inference:
    """What chance could have done to one run.

    Attributes
    ----------
    sharpe, cagr, max_drawdown : Finding
        With stationary-bootstrap intervals; the first two a year.
    adjusted_sharpe : Finding
        A year, with Lo's factor for autocorrelation; its interval is that of the factor.
    min_track_record : Finding
        Years until the Sharpe ratio is above 0 with 95 % confidence.
    shift, rotations : Finding
        Mean log growth a bar against circular shifts and random rotations.
    markets : Finding
        The same of the strategy run anew on markets whose bars were permuted in blocks.
    against : mapping of str to Against
        By benchmark.
    shift_null, rotation_null, market_null : float64
        The null distributions of the three tests.
    n : int
        Bars of the period.
    periods_per_year : float
    seed : int
    """

    sharpe: Finding
    cagr: Finding
    max_drawdown: Finding
    adjusted_sharpe: Finding
    min_track_record: Finding
    shift: Finding
    rotations: Finding
    markets: Finding
    against: Mapping[str, Against]
    shift_null: Float = field(repr=False)
    rotation_null: Float = field(repr=False)
    market_null: Float = field(repr=False)
    n: int
    periods_per_year: float
    seed: int

    def as_json(self, *, nulls: bool = False) -> dict[str, Any]:
        """Everything as plain JSON; the null distributions on request."""
        names = ("sharpe", "cagr", "max_drawdown", "adjusted_sharpe", "min_track_record")
        tests = ("shift", "rotations", "markets")
        findings = {each: getattr(self, each).as_json() for each in (*names, *tests)}
        against = {
            name: {
                each: getattr(other, each).as_json()
                for each in ("sharpe", "cagr", "ledoit_wolf", "superior")
            }
            for name, other in sorted(self.against.items())
        }
        out = {
            "n": self.n,
            "periods_per_year": self.periods_per_year,
            "seed": self.seed,
            **findings,
            "against": against,
        }
        if nulls:
            out["shift_null"] = [plain(value) for value in self.shift_null.tolist()]
            out["rotation_null"] = [plain(value) for value in self.rotation_null.tolist()]
            out["market_null"] = [plain(value) for value in self.market_null.tolist()]
        return out


def of_interval(found: Interval) -> Finding:
    """An interval as a finding."""
    return Finding(
        found.estimate,
        found.low,
        found.high,
        n=found.n,
        count=found.resamples,
        seed=found.seed,
        block_length=found.block_length,
        reason=found.reason,
    )


def of_paired(found: Paired) -> Finding:
    """A paired difference as a finding."""
    return replace(of_interval(found.interval), p_value=found.p_value)


def of_timing(found: Timing) -> Finding:
    """A test of timing as a finding; the null distribution is elsewhere."""
    return Finding(
        found.observed,
        p_value=found.p_value,
        n=found.n,
        count=found.count,
        seed=found.seed,
        reason=found.reason,
    )
