"""`Trial`: one variant of a hypothesis that was run, and the figures by which it is counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from engine.fingerprint import digest_of
from engine.inference.deflated import shape
from engine.trials.series import content_of, digest
from feeds.arrays import Float, Instant, Instants, instants

if TYPE_CHECKING:
    from engine.config import Experiment

_SAID = ("gates", "hypothesis", "name", "report", "study")
"""Sections of a config that say how a run is called, judged and shown, not what it does."""
_DATA = ("panels", "quality", "universe", "events")
_SHORT = 16
"""Hex digits of digests that serve to tell what changed."""


class Curve(Protocol):
    """What a ledger and a result have in common: NAV at closes, from the start capital on."""

    @property
    def start(self) -> Instant: ...  # noqa: D102
    @property
    def start_cash(self) -> float: ...  # noqa: D102
    @property
    def time(self) -> Instants: ...  # noqa: D102
    @property
    def nav(self) -> Float: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Figures:
    """Moments of returns per bar; NaN where undefined.

    `deviation` has ddof 1; `skew` and `kurtosis` (3 for a normal) are those of the population;
    `sharpe` is mean over deviation, per bar, with no risk-free rate.
    """

    sharpe: float
    mean: float
    deviation: float
    skew: float
    kurtosis: float

    @classmethod
    def of(cls, returns: Float) -> Figures:
        """The moments of returns, float64 (T,)."""
        sharpe, skew, kurtosis = shape(returns)
        mean = float(np.mean(returns)) if len(returns) else math.nan
        deviation = float(np.std(returns, ddof=1)) if len(returns) > 1 else math.nan
        return cls(sharpe, mean, deviation, skew, kurtosis)

    def above(self, rate: float) -> float:
        """The Sharpe ratio per bar over a rate per bar."""
        return math.nan if math.isnan(self.sharpe) else (self.mean - rate) / self.deviation


@dataclass(frozen=True, eq=False)
class Trial:
    """An entry of the ledger.

    Attributes
    ----------
    key : str
        Digest of hypothesis, config, data and plugins: what makes it a trial of its own.
    hypothesis, name, run, time : str
        The id of the hypothesis, or the name of the experiment if it has none; that name; the id
        of the run, and when it was written, UTC.
    config, data, plugins, engine : str
        Digests, of which that of the engine makes no new trial.
    periods_per_year : float
    bars : int
        Number of returns T.
    raw : Figures
        Of the returns, net of costs.
    active : mapping of str to Figures
        Of the returns minus those of each benchmark, by name.
    series : mapping of str to str
        Digests of ``returns``, of ``times`` (point 0 and all closes) and of each ``vs <benchmark>``
        (that benchmark's returns).
    values : tuple of bytes
        The series themselves, of a trial that is to be written.
    """

    key: str
    hypothesis: str
    name: str
    run: str
    time: str
    config: str
    data: str
    plugins: str
    engine: str
    periods_per_year: float
    bars: int
    raw: Figures
    active: Mapping[str, Figures]
    series: Mapping[str, str]
    values: tuple[bytes, ...] = field(default=(), repr=False)

    def entry(self) -> dict[str, Any]:
        """What the line of the ledger says; `from_entry` reads it back."""
        out: dict[str, Any] = {"trial": self.key, "hypothesis": self.hypothesis}
        out |= {name: getattr(self, name) for name in _PLAIN}
        out["raw"] = _written(self.raw)
        out["active"] = {name: _written(figures) for name, figures in self.active.items()}
        out["returns"], out["times"] = self.series["returns"], self.series["times"]
        out["benchmarks"] = {name: self.series[f"vs {name}"] for name in self.active}
        return out

    @classmethod
    def from_entry(cls, said: Mapping[str, Any]) -> Trial:
        """The trial that a line of the ledger tells of, without its series."""
        series = {f"vs {name}": place for name, place in said["benchmarks"].items()}
        return cls(
            key=said["trial"],
            hypothesis=said["hypothesis"],
            **{name: said[name] for name in _PLAIN},
            raw=_read(said["raw"]),
            active={name: _read(figures) for name, figures in said["active"].items()},
            series={"returns": said["returns"], "times": said["times"], **series},
        )


_PLAIN = (
    *("name", "run", "time", "config", "data", "plugins", "engine"),
    *("periods_per_year", "bars"),
)


def _written(figures: Figures) -> dict[str, float | None]:
    return {name: v if math.isfinite(v) else None for name, v in asdict(figures).items()}


def _read(said: Mapping[str, float | None]) -> Figures:
    return Figures(**{name: math.nan if v is None else v for name, v in said.items()})


def hypothesis_of(config: Mapping[str, Any]) -> str:
    """What a resolved config is a variant of: its hypothesis, or itself if it names none."""
    hypothesis = config.get("hypothesis")
    return str(hypothesis["id"] if hypothesis else config["name"])


def trial_of(
    experiment: Experiment,
    digests: Mapping[str, Any],
    run: str,
    curve: Curve,
    benchmarks: Mapping[str, Float],
) -> Trial:
    """The trial that a run is.

    Parameters
    ----------
    experiment : Experiment
    digests : mapping
        As of `engine.fingerprint.run_digests`.
    run : str
        Id of the run.
    curve : Ledger or Result
        The NAV of the strategy, net of costs.
    benchmarks : mapping of str to float64 (T,)
        NAV of each benchmark at the same closes, from the same start cash.
    """
    said = experiment.resolved()
    hypothesis = hypothesis_of(said)
    parts: dict[str, Any] = {
        "config": digest_of({key: value for key, value in said.items() if key not in _SAID}),
        "data": digest_of({key: digests[key] for key in _DATA}),
        "plugins": digest_of(digests["plugins"]),
    }
    own = returns_from(curve.start_cash, curve.nav)
    others = {name: returns_from(curve.start_cash, nav) for name, nav in sorted(benchmarks.items())}
    times = instants(np.concatenate(([curve.start], curve.time)))
    contents = {"returns": content_of(own), "times": content_of(times)}
    contents |= {f"vs {name}": content_of(other) for name, other in others.items()}
    return Trial(
        key=digest_of({"hypothesis": hypothesis, **parts}),
        hypothesis=hypothesis,
        name=experiment.name,
        run=run,
        time=now(),
        **{name: part[:_SHORT] for name, part in parts.items()},
        engine=str(digests["package"])[:_SHORT],
        periods_per_year=experiment.report.periods_per_year,
        bars=len(own),
        raw=Figures.of(own),
        active={name: Figures.of(own - other) for name, other in others.items()},
        series={name: digest(content) for name, content in contents.items()},
        values=tuple(contents.values()),
    )


def now() -> str:
    """The time of the machine, UTC, in whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def returns_from(start_cash: float, nav: Float) -> Float:
    """Simple returns per bar of a curve that begins with the start cash, float64 (T,)."""
    curve = np.concatenate(([start_cash], nav))
    return curve[1:] / curve[:-1] - 1.0
