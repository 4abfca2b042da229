"""How much of what was tried a comparison shows: its runs among the trials of their hypotheses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.trials import Deflations, Trials, deflated, trials_of
from engine.trials.series import content_of, digest
from engine.trials.trial import returns_from
from engine.wording import count, listed
from feeds.errors import DataError

if TYPE_CHECKING:
    from engine.comparison_rows import Row
    from engine.result import Result

_SHORT = 12
"""Hex digits of the hash of a ledger."""


@dataclass(frozen=True)
class Search:
    """The runs of one hypothesis, and what the ledger beside them says of it.

    Attributes
    ----------
    hypothesis : str
    runs : tuple of str
        Those of the comparison.
    off : tuple of str
        Those of them that are no trial on the ledger.
    shown, trials, total : int
        Trials that the runs are, trials of the hypothesis, trials of all hypotheses.
    head : str
        Hash of the last line of the ledger; blank if there is none.
    note : str
        Why the trials are not known; blank if they are.
    deflations : mapping of str to Deflations
        Of each run, by the trials that were made; none where they are not known.
    """

    hypothesis: str
    runs: tuple[str, ...]
    off: tuple[str, ...]
    shown: int
    trials: int
    total: int
    head: str
    note: str = ""
    deflations: Mapping[str, Deflations] = field(default_factory=dict)

    @property
    def tries(self) -> int:
        """How often the hypothesis was tried, as far as is known."""
        return self.trials + len(self.off)

    def words(self) -> str:
        """`2 of 5 trials of X, 9 in all; ledger 0123456789ab`."""
        return (
            f"{self.shown} of {count(self.trials, 'trial')} of {self.hypothesis}, {self.total:,} "
            f"in all; ledger {self.head[:_SHORT]}"
        )

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "hypothesis": self.hypothesis,
            "runs": list(self.runs),
            "not_on_the_ledger": list(self.off),
            "shown": self.shown,
            "trials": self.trials,
            "in_all": self.total,
            "ledger": self.head or None,
            "note": self.note,
            "deflated": {name: each.as_json() for name, each in self.deflations.items()},
        }


def searches_of(rows: Sequence[Row]) -> tuple[Search, ...]:
    """The searches that the runs are part of: one a hypothesis and output directory."""
    groups: dict[tuple[Path, str], list[Row]] = {}
    for row in rows:
        if row.result is not None:
            root = row.result.path.parent.parent
            groups.setdefault((root, row.hypothesis), []).append(row)
    return tuple(_search(root, name, group) for (root, name), group in groups.items())


def search_words(searches: Sequence[Search], most: int | None = None) -> list[str]:
    """A line a hypothesis, those with most that is not shown first; then what is not known."""
    told = [each for each in searches if each.trials]
    told.sort(key=lambda each: (each.shown - each.trials, -each.trials))
    shown, rest = told[:most], told[most:] if most else []
    lines = [each.words() for each in shown]
    if rest:
        here, made = sum(each.shown for each in rest), sum(each.trials for each in rest)
        others = count(len(rest), "more hypothesis", "more hypotheses")
        lines.append(f"{here:,} of {count(made, 'trial')} of {others}; --json has each")
    notes = dict.fromkeys(each.note for each in searches if each.note)
    lines += [f"The trials behind these runs are not known: {note}" for note in notes]
    off = [name for each in searches if not each.note for name in each.off]
    everything = len(off) == sum(len(each.runs) for each in searches) > 1
    words = "all runs" if everything else listed(off)
    return [*lines, *([f"No trials on a ledger: {words}"] if off else [])]


def _search(root: Path, hypothesis: str, rows: Sequence[Row]) -> Search:
    names = tuple(row.name for row in rows)
    try:
        trials = trials_of(root, hypothesis)
    except DataError as error:
        return Search(hypothesis, names, names, 0, 0, 0, "", str(error))
    found = {row.name: _trials_of(row.result, trials) for row in rows if row.result is not None}
    return Search(
        hypothesis,
        names,
        tuple(name for name, own in found.items() if not own),
        len({key for own in found.values() for key in own}),
        trials.count,
        trials.total,
        trials.head,
        deflations=_deflations(rows, trials),
    )


def _deflations(rows: Sequence[Row], trials: Trials) -> dict[str, Deflations]:
    """The deflated ratios of runs whose config states a risk-free rate, as all but old ones do."""
    results = {row.name: row.result for row in rows if row.result is not None}
    return {
        name: deflated(result, trials)
        for name, result in results.items()
        if "risk_free" in result.experiment["report"]
    }


def _trials_of(result: Result, trials: Trials) -> list[str]:
    """The keys of the trials that a run is: by its id, else the first with the same returns.

    The ledger names the newest run of a trial; a run of an earlier version of the program has the
    same returns if it has another id.
    """
    own = [trial.key for trial in trials.trials if trial.run == result.id]
    if own:
        return own
    returns = digest(content_of(returns_from(result.start_cash, result.nav)))
    return [trial.key for trial in trials.trials if trial.series["returns"] == returns][:1]
