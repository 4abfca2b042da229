"""What a finished run is held against: its trials, an inference on request, its gates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.gates import TRIALS, Evidence, Outcome, asked, judged, overfitting_of
from engine.progress import Progress
from engine.trials import Deflations, Trials, deflated, hypothesis_of, trials_of
from engine.verdict import Verdict, weigh
from feeds.errors import DataError

if TYPE_CHECKING:
    from engine.config import Experiment
    from engine.inference.findings import Inference
    from engine.result import Result


@dataclass(frozen=True)
class Weighed:
    """A result with what it was held against.

    Attributes
    ----------
    result : Result
    deflations : Deflations or None
        None where the ledger of trials cannot be read; `note` says why.
    inference : Inference or None
        None unless asked for.
    outcomes : tuple of Outcome
        Of the gates of the config.
    note : str
    """

    result: Result
    deflations: Deflations | None = None
    inference: Inference | None = None
    outcomes: tuple[Outcome, ...] = ()
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        """The verdict on all of it."""
        return weigh(self.result, self.deflations, self.inference)

    def as_json(self) -> dict[str, Any]:
        """The verdict and the gates, JSON-able."""
        return {
            "verdict": self.verdict.as_json(),
            "gates": [outcome.as_json() for outcome in self.outcomes],
        }


def weighed(result: Result, output: Path) -> Weighed:
    """A result and its trials; a ledger that cannot be read is told, and stops nothing."""
    try:
        trials = trials_of(output, hypothesis_of(result.experiment))
    except DataError as error:
        return Weighed(result, note=f"the trials behind this run are not known: {error}")
    return Weighed(result, deflated(result, trials))


def weighed_run(
    experiment: Experiment,
    result: Result,
    output: Path,
    progress: Progress,
    *,
    inference: bool = False,
    seed: int = 1,
) -> Weighed:
    """A run of just now: its trials, on request the whole inference, and its gates.

    Raises
    ------
    DataError
        When the ledger of trials is damaged.
    """
    trials = trials_of(output, hypothesis_of(result.experiment))
    found = _inference(experiment, output, trials, progress, seed) if inference else None
    deflations = deflated(result, trials)
    overfit = overfitting_of(trials) if asked(experiment.gates, TRIALS[-1:]) else None
    evidence = Evidence(result, deflations, found, overfit)
    return Weighed(result, deflations, found, judged(experiment.gates, evidence))


def _inference(
    experiment: Experiment, output: Path, trials: Trials, progress: Progress, seed: int
) -> Inference:
    """Everything about luck; the run is simulated again, which takes less than reading it would."""
    from engine.inference.full import full_inference
    from engine.runs import simulate_again

    inputs, simulation = simulate_again(experiment, output, progress)
    returns = trials.common().returns
    variants = returns if len(returns) == len(simulation.ledger.nav) and returns.size else None
    return full_inference(
        experiment,
        inputs,
        simulation,
        seed=seed,
        variants=variants,
        step=lambda what: progress.step(what, 0, 1),
    )
