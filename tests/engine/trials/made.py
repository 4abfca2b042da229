"""Made-up trials and results for the tests of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.fingerprint import digest_of
from engine.trials import Figures, Trial
from engine.trials.series import content_of, digest
from feeds.arrays import Float, Instants, instants

DAY = np.timedelta64(1, "D")


def days(count: int, start: str = "2020-01-01", every: int = 1) -> Instants:
    """Point 0 and the closes of `count` bars of `every` days."""
    first = np.datetime64(start, "ns")
    return instants(first + np.arange(count + 1) * every * DAY)


def drawn(seed: int, bars: int = 50) -> Float:
    return np.random.default_rng(seed).normal(0.001, 0.02, bars)


def made(
    returns: Float,
    hypothesis: str = "alts",
    key: object = None,
    times: Instants | None = None,
    periods_per_year: float = 365.0,
    **benchmarks: Float,
) -> Trial:
    """A trial with these returns; another key makes another trial."""
    times = days(len(returns)) if times is None else times
    contents = {"returns": content_of(returns), "times": content_of(times)}
    contents |= {f"vs {name}": content_of(other) for name, other in benchmarks.items()}
    return Trial(
        key=digest_of([hypothesis, [returns.tolist(), str(times)] if key is None else key]),
        hypothesis=hypothesis,
        name=f"{hypothesis}-variant",
        run="0123456789abcdef",
        time="2024-05-01T00:00:00Z",
        config=digest_of([returns.tolist(), str(times)] if key is None else key)[:16],
        data="d" * 16,
        plugins="e" * 16,
        engine="f" * 16,
        periods_per_year=periods_per_year,
        bars=len(returns),
        raw=Figures.of(returns),
        active={name: Figures.of(returns - other) for name, other in benchmarks.items()},
        series={name: digest(content) for name, content in contents.items()},
        values=tuple(contents.values()),
    )


@dataclass
class Shown:
    """As much of a result as deflation looks at."""

    nav: Float
    benchmarks: dict[str, Float] = field(default_factory=dict)
    start_cash: float = 1.0
    periods_per_year: float = 365.0
    risk_free: float = 0.0
    times: Instants | None = None

    @property
    def instants(self) -> Instants:
        return days(len(self.nav)) if self.times is None else self.times

    @property
    def experiment(self) -> dict[str, Any]:
        report = {"periods_per_year": self.periods_per_year, "risk_free": self.risk_free}
        return {"name": "alts-variant", "report": report}


def growing(returns: Float) -> Float:
    """The curve from 1 whose returns are these, up to rounding."""
    return np.cumprod(1.0 + returns)
