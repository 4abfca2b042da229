"""What a finished run is held against: its trials, an inference on request, its gates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.archive import replace_file
from engine.choice import overfitting_of
from engine.gates import TRIALS, Evidence, Outcome, asked, judged
from engine.progress import Progress
from engine.said import plain
from engine.trials import Deflations, Trials, deflated, hypothesis_of, trials_of
from engine.verdict import Verdict, weigh
from feeds.errors import DataError

if TYPE_CHECKING:
    from engine.config import Experiment
    from engine.inference.findings import Counts, Inference
    from engine.inference.haircut import Haircut
    from engine.inference.selection import Selection
    from engine.result import Result


PAGE, VALUES = "verdict.html", "verdict.json"


@dataclass(frozen=True)
class Weighed:
    """A result with what it was held against.

    Attributes
    ----------
    result : Result
    trials : Trials or None
        Of its hypothesis; None where the ledger cannot be read, and `note` says why.
    deflations : Deflations or None
        None where `trials` is.
    inference : Inference or None
        None unless asked for, as is `selection`, what choosing among the trials is worth.
    selection : Selection or None
    haircuts : mapping of str to Haircut
        Of the Sharpe ratio, by method; empty without an inference.
    outcomes : tuple of Outcome
        Of the gates of the config.
    note : str
    """

    result: Result
    trials: Trials | None = None
    deflations: Deflations | None = None
    inference: Inference | None = None
    selection: Selection | None = None
    haircuts: Mapping[str, Haircut] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
    note: str = ""

    @property
    def verdict(self) -> Verdict:
        """The verdict on all of it."""
        return weigh(self.result, self.deflations, self.inference, self.selection)

    def as_json(self) -> dict[str, Any]:
        """The verdict, the gates, and on what both rest, JSON-able."""
        out: dict[str, Any] = {
            "verdict": self.verdict.as_json(),
            "gates": [outcome.as_json() for outcome in self.outcomes],
            "note": self.note,
        }
        if self.selection is not None:
            out["selection"] = self.selection.as_json()
        if self.haircuts:
            out["haircuts"] = {
                name: {key: plain(value) for key, value in asdict(each).items()}
                for name, each in self.haircuts.items()
            }
        return out


def weighed(result: Result, output: Path) -> Weighed:
    """A result and its trials; a ledger that cannot be read is told, and stops nothing."""
    try:
        trials = trials_of(output, hypothesis_of(result.experiment))
    except DataError as error:
        return Weighed(result, note=f"the trials behind this run are not known: {error}")
    return Weighed(result, trials, deflated(result, trials))


def weighed_run(
    experiment: Experiment,
    result: Result,
    output: Path,
    progress: Progress,
    *,
    inference: bool = False,
    seed: int = 1,
    markets: int = 0,
) -> Weighed:
    """A run of just now: its trials, on request the whole inference, and its gates.

    Raises
    ------
    DataError
        When the ledger of trials is damaged.
    """
    trials = trials_of(output, hypothesis_of(result.experiment))
    found = Weighed(result, trials, deflated(result, trials))
    if inference:
        from engine.inference.findings import Counts

        counts = Counts(markets=markets)
        found = _examined(found, experiment, output, trials, progress, counts, seed)
    overfit = overfitting_of(result, trials) if asked(experiment.gates, TRIALS[-1:]) else None
    evidence = Evidence(result, found.deflations, found.inference, overfit)
    return replace(found, outcomes=judged(experiment.gates, evidence))


def write_verdict(found: Weighed) -> Path:
    """Write `verdict.html` and `verdict.json` into the result directory; the path of the page.

    They rest on the ledger of trials as it is now, so they are no part of the run's equal files.

    Raises
    ------
    OutputError
        When the directory cannot be written to.
    """
    from engine.verdict_page import page

    path = found.result.path / PAGE
    text = json.dumps(found.as_json(), indent=2, sort_keys=True, allow_nan=False)
    replace_file(found.result.path / VALUES, f"{text}\n")
    replace_file(path, page(found))
    return path


def _examined(
    found: Weighed,
    experiment: Experiment,
    output: Path,
    trials: Trials,
    progress: Progress,
    counts: Counts,
    seed: int,
) -> Weighed:
    """Everything about luck; the run is simulated again, which takes less than reading it would."""
    from engine.choice import haircuts_of, selection_of
    from engine.inference.full import full_inference
    from engine.runs import simulate_again

    def step(what: str) -> None:
        progress.step(what, 0, 1)

    step("choosing among the trials")
    choice = selection_of(found.result, trials, seed=seed, resamples=counts.resamples)
    inputs, simulation = simulate_again(experiment, output, progress)
    luck = full_inference(
        experiment,
        inputs,
        simulation,
        seed=seed,
        counts=counts,
        superior=choice.superior,
        step=step,
    )
    cut = haircuts_of(found.result, trials, luck.adjusted_sharpe.value)
    return replace(found, inference=luck, selection=choice, haircuts=cut)
