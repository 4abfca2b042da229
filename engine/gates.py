"""Gates: whether a run reached what its config asks of it.

What a run calls, in order, once the result is there::

    evidence = Evidence(result, deflations, inference, overfitting_of(result, trials))
    outcomes = judged(experiment.gates, evidence)
    check_gates(outcomes)                         # GateError, exit code 5
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.luck import hardest
from engine.notices import FEW_ROTATIONS
from engine.regimes import rotations
from engine.said import plain
from engine.verdict import years
from engine.wording import count
from feeds.errors import EngineError

if TYPE_CHECKING:
    from engine.config.gates import Gates
    from engine.inference.findings import Finding, Inference
    from engine.inference.overfitting import Overfitting
    from engine.result import Result
    from engine.trials import Deflations

TRIALS = ("dsr_min", "luck_max", "pbo_max")
"""Gates that ask the trials ledger."""
INFERENCE = ("shift_p_max", "rotation_p_max", "spa_p_max")
"""Gates that ask for an inference."""


class GateError(EngineError):
    """A run that is whole and does not reach what its config asks of it."""

    exit_code = 5
    after_results = True


@dataclass(frozen=True)
class Evidence:
    """What gates are held against; what was not computed is None, and its gates are missed."""

    result: Result
    deflations: Deflations | None = None
    inference: Inference | None = None
    overfitting: Overfitting | None = None


@dataclass(frozen=True)
class Figure:
    """A value, which of several it is where there is a choice, and why it is undefined."""

    value: float
    of: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """One gate after a run.

    Attributes
    ----------
    name : str
    limit, value : float
        The value is NaN where undefined.
    kept : bool
    of : str
        Which of several figures it is, such as `over btc`; blank where there is one only.
    reason : str
        Why the value is undefined.
    """

    name: str
    limit: float
    value: float
    kept: bool
    of: str = ""
    reason: str = ""

    def __str__(self) -> str:
        if math.isnan(self.value):
            return f"{self.name} {self.limit:g}: undefined; {self.reason}".removesuffix("; ")
        where = f" {self.of}" if self.of else ""
        return f"{self.name} {self.limit:g}: {self.value:.6g}{where}"

    def as_json(self) -> dict[str, Any]:
        """The fields by name; an undefined value is None."""
        return {name: plain(value) for name, value in asdict(self).items()}


def judged(gates: Gates | None, evidence: Evidence) -> tuple[Outcome, ...]:
    """Every gate that the config sets, in the order of the section.

    A name that ends in `_min` asks for at least the limit, any other for at most that.
    """
    if gates is None:
        return ()
    out = []
    for name, figure in _FIGURES.items():
        limit = getattr(gates, name)
        if limit is None:
            continue
        found = figure(evidence)
        # NaN compares false on both sides.
        kept = found.value >= limit if name.endswith("_min") else found.value <= limit
        out.append(Outcome(name, float(limit), found.value, kept, found.of, found.reason))
    return tuple(out)


def missed(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Those that were not kept."""
    return tuple(each for each in outcomes if not each.kept)


def check_gates(outcomes: Iterable[Outcome]) -> None:
    """Stop where a gate was missed.

    Raises
    ------
    GateError
        With the value and the limit of each.
    """
    every = tuple(outcomes)
    lost = missed(every)
    if lost:
        lines = "\n".join(f"  {each}" for each in lost)
        raise GateError(
            f"{len(lost)} of {count(len(every), 'gate')} missed; the results are written\n{lines}"
        )


def asked(gates: Gates | None, names: Iterable[str]) -> bool:
    """Whether any of these gates is set, as those of `TRIALS` or `INFERENCE`."""
    return gates is not None and any(getattr(gates, name) is not None for name in names)


def _statistic(name: str) -> Callable[[Evidence], Figure]:
    def figure(evidence: Evidence) -> Figure:
        reason = evidence.result.statistics[name].reason
        return Figure(evidence.result.value(name), reason=reason)

    return figure


def _drawdown(evidence: Evidence) -> Figure:
    found = _statistic("max_drawdown")(evidence)
    return Figure(-found.value, reason=found.reason)


def _lead(evidence: Evidence) -> Figure:
    result = evidence.result
    own = _statistic("cagr")(evidence)
    leads = {}
    for name in sorted(result.benchmarks):
        other = result.statistics[f"{name}.cagr"]
        gap = own.value - result.value(f"{name}.cagr")
        leads[f"over {name}"] = Figure(gap, reason=own.reason or other.reason)
    return _weakest(leads, min, "the config names no benchmark")


def _events(evidence: Evidence) -> Figure:
    if not len(evidence.result.decisions):
        return Figure(math.nan, reason="the run took no decisions: there are no targets to count")
    return Figure(float(rotations(evidence.result)))


def _deflated(evidence: Evidence) -> Figure:
    found = evidence.deflations
    if found is None:
        return Figure(math.nan, reason=_NO_TRIALS)
    every = {"raw": found.raw, **{f"over {name}": each for name, each in found.active.items()}}
    figures = {name: Figure(each.probability, reason=each.reason) for name, each in every.items()}
    return _weakest(figures, min, "")


def _luck(evidence: Evidence) -> Figure:
    found = evidence.deflations
    if found is None:
        return Figure(math.nan, reason=_NO_TRIALS)
    unknown = next((each.reason for each in found.active.values() if each.reason), "")
    if unknown:
        return Figure(math.nan, reason=unknown)
    name = hardest(found)
    each = found.active[name] if name else found.raw
    return Figure(each.luck, f"over {name}" if name else "raw", each.reason)


def _overfitting(evidence: Evidence) -> Figure:
    found = evidence.overfitting
    if found is None:
        return Figure(math.nan, reason=_NO_TRIALS)
    few = ", too few for its rank to say much" * bool(found.caution)
    return Figure(found.pbo, f"of {count(found.variants, 'variant')}{few}", found.reason)


def _p_value(of: Callable[[Inference], Finding]) -> Callable[[Evidence], Figure]:
    def figure(evidence: Evidence) -> Figure:
        if evidence.inference is None:
            return Figure(math.nan, reason=_NO_INFERENCE)
        found, changes = of(evidence.inference), rotations(evidence.result)
        if changes < FEW_ROTATIONS and len(evidence.result.decisions):
            few = f"{count(changes, 'switch', 'switches')}, fewer than {FEW_ROTATIONS}"
            return Figure(math.nan, reason=f"{few}: no p-value of timing, look at each")
        return Figure(found.p_value, reason=found.reason)

    return figure


def _superior(evidence: Evidence) -> Figure:
    found = evidence.inference
    if found is None:
        return Figure(math.nan, reason=_NO_INFERENCE)
    figures = {
        f"over {name}": Figure(each.superior.p_value, reason=each.superior.reason)
        for name, each in sorted(found.against.items())
    }
    return _weakest(figures, max, "the config names no benchmark")


def _weakest(figures: Mapping[str, Figure], choose: Callable[..., str], without: str) -> Figure:
    """The figure that decides for all of them; undefined as soon as one is."""
    if not figures:
        return Figure(math.nan, reason=without)
    for name, each in figures.items():
        if math.isnan(each.value):
            return Figure(math.nan, name, f"{name}: {each.reason}")
    name = choose(figures, key=lambda each: figures[each].value)
    return Figure(figures[name].value, name)


_NO_TRIALS = "the trials ledger was not asked"
_NO_INFERENCE = "it takes `run --inference`"
_FIGURES: Mapping[str, Callable[[Evidence], Figure]] = {
    "sharpe_min": _statistic("sharpe"),
    "cagr_min": _statistic("cagr"),
    "lead_min": _lead,
    "max_drawdown": _drawdown,
    "turnover_max": _statistic("ann_one_way_turnover"),
    "events_min": _events,
    "years_min": lambda evidence: Figure(years(evidence.result)),
    "psr_min": _statistic("psr_vs_0"),
    "dsr_min": _deflated,
    "luck_max": _luck,
    "pbo_max": _overfitting,
    "shift_p_max": _p_value(lambda found: found.shift),
    "rotation_p_max": _p_value(lambda found: found.rotations),
    "spa_p_max": _superior,
}
