"""The trials ledger: every variant that was ever tried, counted against the result.

What a run calls, in order::

    check_trials(output)                              # before the run: DataError if damaged
    record(output, trial_of(experiment, digests, id, ledger, benchmarks))   # before it is written
    trials_of(output, hypothesis)                     # -> Trials: counts, spread, returns, notes
    deflated(result, trials)                          # -> Deflations: raw, and over benchmarks

docs/trials.md says what a trial is, what is written where, and what damage means.
"""

from __future__ import annotations

from engine.trials.counted import Alike, CommonReturns, Trials, every_trial, trials_of
from engine.trials.deflating import Deflations, deflated
from engine.trials.ledger import LEDGER, accept, check_trials, read_chain, record
from engine.trials.trial import Figures, Trial, hypothesis_of, trial_of

__all__ = [
    "LEDGER",
    "Alike",
    "CommonReturns",
    "Deflations",
    "Figures",
    "Trial",
    "Trials",
    "accept",
    "check_trials",
    "deflated",
    "every_trial",
    "hypothesis_of",
    "read_chain",
    "record",
    "trial_of",
    "trials_of",
]
