"""Results of a run: written once as plain files, read back as arrays.

What a run calls, in order::

    check_writable(root)                         # before the run: OutputError, exit code 2
    find_result(root, name, run_id)              # Path of a whole earlier result, or None
    write_result(outcome, root, force, log)      # Outcome -> <root>/<name>/<id>/, Path
    open_result(path)                            # digests checked, files read -> Result

`Outcome` (fields in this order, also importable from here):

name, id : str
    Name of the experiment and digest of the run.
experiment_yaml : str
    `Experiment.to_yaml()`; written as it is.
manifest : mapping, JSON-able
    ``digests``: {config, panels, package, plugins: ...}; ``simulated``: bool; ``universe``:
    {ids, min_age_days, point_in_time, members}; ``sources`` and ``definitions`` by panel;
    ``quality``: {panel: {blank_rows: 3, ...}};
    ``warnings``: [text, ...], only what cannot be read off the other files (`engine.notices` finds
    a hand-picked universe, simulated data, blank and missing bars, stale positions, orders not
    filled, unknown signals and short samples by itself). ``id``, ``name``, ``files`` are added.
ledger : Ledger
sleeves, benchmarks : mapping of str to float64 (T,)
    Share of NAV in each sleeve; NAV of each benchmark from the same start cash.
decisions : DecisionTable(time, signals, ages, target, reason)
    Targets are shares by sleeve; None where no decision could be taken.
statistics : tuple of Statistic
    From `engine.statistics.core_statistics(ledger, periods_per_year, risk_free, benchmarks, notes)`
    where `notes` holds further counts, such as ``{"decisions": 62, "decisions.changed": 20}``.

`log` is the text of `run.log`: versions, paths, wall-clock times. All other files are byte-equal
for equal inputs. docs/results.md describes them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.archive import (
    MANIFEST,
    check_writable,
    place,
    read_manifest,
    verify_result,
    write_directory,
)
from engine.ledger import Order
from engine.result_files import (
    DecisionTable,
    Outcome,
    read_decisions,
    read_equity,
    read_orders,
    read_positions,
    read_statistics,
    texts_of,
)
from engine.statistics import Statistic
from feeds.arrays import Float, Instant, Instants, frozen
from feeds.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from engine.trials import Deflations

__all__ = [
    "DecisionTable",
    "Outcome",
    "Result",
    "check_writable",
    "find_result",
    "find_results",
    "open_result",
    "read_manifest",
    "verify_result",
    "write_result",
]

FrameName = Literal["equity", "decisions", "orders", "positions", "statistics"]


@dataclass(frozen=True, eq=False)
class Result:
    """A run as read from its directory; all arrays are read-only.

    Attributes
    ----------
    path : Path
        The result directory.
    id, name : str
    experiment : dict
        The resolved config.
    manifest : dict
        Digests, universe, data quality and warnings.
    start : datetime64[ns]
    start_cash : float
        Point 0 of the curve: the opening of the first bar, with the start capital.
    time : datetime64[ns] (T,)
        Closes of the clock.
    nav, cash, returns, drawdown : float64 (T,)
    sleeves : dict of str to float64 (T,)
        Share of NAV.
    benchmarks : dict of str to float64 (T,)
        NAV from the same start cash.
    decisions : DecisionTable
    orders : tuple of Order
    positions : dict of str to float64 (T,)
        Shares of every id that was ever held.
    statistics : dict of str to Statistic
    """

    path: Path
    id: str
    name: str
    experiment: dict[str, Any]
    manifest: dict[str, Any]
    start: Instant
    start_cash: float
    time: Instants
    nav: Float
    cash: Float
    returns: Float
    drawdown: Float
    sleeves: dict[str, Float]
    benchmarks: dict[str, Float]
    decisions: DecisionTable
    orders: tuple[Order, ...]
    positions: dict[str, Float]
    statistics: dict[str, Statistic]

    @cached_property
    def instants(self) -> Instants:
        """Point 0 and all closes, datetime64[ns] (T + 1,)."""
        return np.concatenate(([self.start], self.time)).astype("datetime64[ns]")

    @cached_property
    def curves(self) -> dict[str, Float]:
        """NAV with point 0, float64 (T + 1,): of the strategy under "", of benchmarks by name."""
        every = {"": self.nav, **self.benchmarks}
        return {name: np.concatenate(([self.start_cash], nav)) for name, nav in every.items()}

    @property
    def simulated(self) -> bool:
        """Whether the data were made by a generator."""
        return bool(self.manifest.get("simulated", False))

    def __repr__(self) -> str:
        return f"Result('{self.path}', {len(self.time)} closes, NAV {self.nav[-1]:.6g})"

    def value(self, name: str) -> float:
        """The value of a statistic, NaN where it is undefined.

        Raises
        ------
        DataError
            For a name that no statistic has, with the nearest one.
        """
        if name not in self.statistics:
            near = difflib.get_close_matches(name, self.statistics, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "see `result.statistics`"
            raise DataError(f"no statistic is named '{name}'; {hint}")
        value = self.statistics[name].value
        return np.nan if value is None else value

    def frame(self, name: FrameName) -> pd.DataFrame:
        """One of the result tables as a pandas DataFrame."""
        from engine.frames import frame

        return frame(self, name)

    def summary(self, deflations: Deflations | None = None) -> str:
        """Verdict, key figures beside those of the benchmarks, and warnings, as text.

        With `deflations` (`engine.trials.deflated`) the verdict knows what else was tried.
        """
        from engine.screen import summary

        return summary(self, deflations)

    def _repr_html_(self) -> str:
        from engine.screen import summary_html

        return summary_html(self)


def find_result(root: Path, name: str, run_id: str) -> Path | None:
    """The directory of an earlier result with this id, once its digests have been checked.

    Raises
    ------
    DataError
        When there is one but it is damaged.
    """
    path = place(root, name, run_id)
    if not path.exists():
        return None
    verify_result(path)
    return path


def find_results(root: Path) -> tuple[Path, ...]:
    """All result directories under `root`, sorted by name and id."""
    found = sorted(root.glob(f"*/*/{MANIFEST}")) if root.is_dir() else []
    runs = (file.parent for file in found if not file.parent.name.startswith("study-"))
    return tuple(path for path in runs if not path.parent.name.startswith("."))


def write_result(outcome: Outcome, root: Path, *, force: bool = False, log: str = "") -> Path:
    """Write all files aside, rename the directory to `<root>/<name>/<id>` and return it.

    Raises
    ------
    OutputError
        When it cannot be written; what was there stays, and nothing else is left behind.
    DataError
        When `force` is false and there is one that is damaged; a whole one is kept.
    """
    target = place(root, outcome.name, outcome.id)
    unlisted = {"run.log": log} if log else {}
    write_directory(root, target, texts_of(outcome), unlisted, force)
    return target


def open_result(path: Path | str) -> Result:
    """Read a result directory after checking its digests.

    Raises
    ------
    DataError
        When the directory holds no results or a file is damaged.
    """
    from engine.config.loader import parse

    path = Path(path)
    manifest = verify_result(path)
    missing = [name for name in _FILES if name not in manifest["files"]]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}; run the experiment again with --force")
    text = (path / "experiment.yaml").read_text(encoding="utf-8")
    time, equity = read_equity(path / "equity.csv")
    after = {name: frozen(values[1:]) for name, values in equity.items()}
    return Result(
        path=path,
        id=manifest["id"],
        name=manifest["name"],
        experiment=parse(text, str(path / "experiment.yaml")).values,
        manifest=manifest,
        start=time[0],
        start_cash=float(equity["nav"][0]),
        time=time[1:],
        nav=after["nav"],
        cash=after["cash"],
        returns=after["return"],
        drawdown=after["drawdown"],
        sleeves=_named(after, "share_"),
        benchmarks=_named(after, "benchmark_"),
        decisions=read_decisions(path / "decisions.csv"),
        orders=read_orders(path / "orders.csv"),
        positions=read_positions(path / "positions.csv", time[1:]),
        statistics=read_statistics(path / "statistics.json"),
    )


_FILES = (
    "experiment.yaml",
    "equity.csv",
    "decisions.csv",
    "orders.csv",
    "positions.csv",
    "statistics.json",
)


def _named(columns: Mapping[str, Float], prefix: str) -> dict[str, Float]:
    return {
        name.removeprefix(prefix): values
        for name, values in columns.items()
        if name.startswith(prefix)
    }
