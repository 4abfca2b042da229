"""`deflated`: a result held against all that was tried for its hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.inference.deflated import Deflated, deflate
from engine.trials.counted import Trials
from engine.trials.series import content_of, digest
from engine.trials.trial import Figures, returns_from

if TYPE_CHECKING:
    from engine.result import Result


@dataclass(frozen=True)
class Deflations:
    """Deflated Sharpe ratios of a result, raw and over each benchmark.

    Attributes
    ----------
    hypothesis : str
    trials : int
        Variants tried for it, this one included.
    total : int
        Variants tried for any hypothesis that the ledger holds; this one only if `listed`.
    head : str
        Hash of the ledger's last line.
    listed : bool
        Whether the result is one of the trials; if not, as for a demo, it counts as one more.
    raw : Deflated
        Of the returns over the risk-free rate. Drift of the market passes any deflation.
    active : mapping of str to Deflated
        Of the returns over each benchmark.
    apart : mapping of str to mapping of str to int
        Trials whose returns could not be laid beside the others', by reason, for `raw` and each
        benchmark: they are taken for independent of all others, which is the cautious answer.
    """

    hypothesis: str
    trials: int
    total: int
    head: str
    listed: bool
    raw: Deflated
    active: Mapping[str, Deflated]
    apart: Mapping[str, Mapping[str, int]]

    def as_json(self) -> dict[str, Any]:
        """The values by name, None in place of NaN."""
        out = asdict(self)
        out["raw"] = self.raw.as_json()
        out["active"] = {name: each.as_json() for name, each in self.active.items()}
        return out


def deflated(result: Result, trials: Trials) -> Deflations:
    """The deflated Sharpe ratios of a result.

    Parameters
    ----------
    result : Result
    trials : Trials
        Of its hypothesis: ``trials_of(output, hypothesis_of(result.experiment))``.

    Notes
    -----
    Count and spread come from the lines of the ledger, correlation from the returns beside it. A
    pair of trials of which that is not known counts as uncorrelated. With one trial the figure is
    `psr_vs_0`.
    """
    report = result.experiment["report"]
    bars, free = float(report["periods_per_year"]), float(report["risk_free"])
    own = returns_from(result.start_cash, result.nav)
    name = digest(content_of(own))
    listed = any(trial.series["returns"] == name for trial in trials.trials)
    every = trials.alike((None, *sorted(result.benchmarks)))

    def against(benchmark: str | None) -> Deflated:
        if benchmark is None:
            rate = (1.0 + free) ** (1.0 / bars) - 1.0
            returns, ratio = own - rate, Figures.of(own).above(rate)
        else:
            returns = own - returns_from(result.start_cash, result.benchmarks[benchmark])
            ratio = Figures.of(returns).sharpe
        ratios = trials.sharpes(bars, benchmark, free, result.instants)
        lengths = trials.years(bars, result.instants)
        if not listed:
            ratios, lengths = np.append(ratios, ratio), np.append(lengths, len(own) / bars)
        made = trials.count + (not listed)
        alike = every[benchmark].correlation(made)
        return deflate(returns, ratios, alike, trials=made, lengths=lengths)

    raw = against(None)
    active = {benchmark: against(benchmark) for benchmark in sorted(result.benchmarks)}
    count = trials.count + (not listed)
    apart = {benchmark or "": each.apart for benchmark, each in every.items()}
    return Deflations(
        trials.hypothesis, count, trials.total, trials.head, listed, raw, active, apart
    )
