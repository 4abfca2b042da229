"""The files of a result directory: from a run's outcome to text, and from text to arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from engine.archive import MANIFEST, json_text
from engine.drawdowns import drawdown
from engine.ledger import Ledger, Order
from engine.statistics import Statistic
from engine.tables import Column, from_csv, numbers, texts, times, to_csv
from feeds.arrays import Float, Instants, Int, frozen

CASH = "cash"
"""How the target that holds nothing is written; a blank is a decision that could not be taken."""


@dataclass(frozen=True, eq=False)
class DecisionTable:
    """The decision log in columns of length D.

    Attributes
    ----------
    time : datetime64[ns] (D,)
        Close at which the decision was taken.
    signals, ages : mapping of str to float64 (D,)
        Value of each signal, NaN where unknown, and its age in days.
    target : tuple of (mapping of str to float) or None
        Share of NAV by sleeve; None where no decision could be taken, so that holdings stay.
    reason : tuple of str
        `initial`, `scheduled`, `changed`, `warm_up`, `signal_unknown`.
    """

    time: Instants
    signals: Mapping[str, Float]
    ages: Mapping[str, Float]
    target: tuple[Mapping[str, float] | None, ...]
    reason: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that a run hands over to be written; see `engine.result` for what each part becomes."""

    name: str
    id: str
    experiment_yaml: str
    manifest: Mapping[str, Any]
    ledger: Ledger
    sleeves: Mapping[str, Float]
    benchmarks: Mapping[str, Float]
    decisions: DecisionTable
    statistics: tuple[Statistic, ...]


def texts_of(outcome: Outcome) -> dict[str, str]:
    """The text of every file that is equal on all machines, by file name."""
    identity = {"id": outcome.id, "name": outcome.name}
    return {
        "experiment.yaml": outcome.experiment_yaml,
        "equity.csv": to_csv(_equity(outcome)),
        "decisions.csv": to_csv(_decisions(outcome.decisions)),
        "orders.csv": to_csv(_orders(outcome.ledger)),
        "positions.csv": to_csv(_positions(outcome.ledger)),
        "statistics.json": _statistics(outcome.statistics),
        MANIFEST: json_text({**outcome.manifest, **identity}),
    }


def _equity(outcome: Outcome) -> list[Column]:
    ledger = outcome.ledger
    start = [ledger.start_cash]
    nav = np.concatenate((start, ledger.nav))
    columns: list[Column] = [
        ("time", np.concatenate(([ledger.start], ledger.time)).astype("datetime64[ns]")),
        ("nav", nav),
        ("cash", np.concatenate((start, ledger.cash))),
        ("return", np.concatenate(([np.nan], nav[1:] / nav[:-1] - 1.0))),
        ("drawdown", drawdown(nav)),
    ]
    for name, share in sorted(outcome.sleeves.items()):
        columns.append((f"share_{name}", np.concatenate(([0.0], share))))
    for name, values in sorted(outcome.benchmarks.items()):
        columns.append((f"benchmark_{name}", np.concatenate((start, values))))
    return columns


def _decisions(log: DecisionTable) -> list[Column]:
    columns: list[Column] = [("time", log.time)]
    for name in sorted(log.signals):
        columns += [(name, log.signals[name]), (f"{name}_age_days", log.ages[name])]
    return [
        *columns,
        ("target", [target_text(target) for target in log.target]),
        ("reason", log.reason),
    ]


def _orders(ledger: Ledger) -> list[Column]:
    log = ledger.log
    return [
        ("decided_at", log.decided_at),
        ("filled_at", log.filled_at),
        ("id", _named(ledger.ids, log.column)),
        ("shares", log.shares),
        ("price", log.price),
        ("fee", log.fee),
        ("status", _named(log.words, log.status)),
        ("reason", _named(log.words, log.reason)),
        ("ordered", log.ordered),
        ("slippage", log.slippage),
    ]


def _named(names: Sequence[str], places: Int) -> list[str]:
    return [names[place] for place in places.tolist()]


def _positions(ledger: Ledger) -> list[Column]:
    before = np.vstack((np.zeros((1, len(ledger.ids))), ledger.shares[:-1]))
    rows, columns = np.nonzero(ledger.shares != before)
    return [
        ("time", ledger.time[rows]),
        ("id", _named(ledger.ids, columns)),
        ("shares", ledger.shares[rows, columns]),
    ]


def _statistics(rows: Sequence[Statistic]) -> str:
    """A JSON list with one statistic a line, so that two runs compare line by line."""
    lines = [json.dumps(asdict(row), ensure_ascii=False, allow_nan=False) for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def target_text(target: Mapping[str, float] | None) -> str:
    """`alts:0.6 btc:0.4`, `cash` for nothing, blank for no decision."""
    if target is None:
        return ""
    parts = [
        f"{name.replace('%', '%25').replace(' ', '%20')}:{float(share)!r}"
        for name, share in sorted(target.items())
    ]
    return " ".join(parts) or CASH


def target_of(text: str) -> dict[str, float] | None:
    """The target that `target_text` wrote."""
    if not text:
        return None
    parts = [] if text == CASH else text.split(" ")
    pairs = (part.rsplit(":", 1) for part in parts)
    return {name.replace("%20", " ").replace("%25", "%"): float(share) for name, share in pairs}


def read_columns(path: Path) -> list[tuple[str, list[str]]]:
    """The columns of a CSV file as text."""
    with path.open(encoding="utf-8", newline="") as file:
        return from_csv(file.read(), str(path))


def read_equity(path: Path) -> tuple[Instants, dict[str, Float]]:
    """Instants and columns of `equity.csv`, point 0 included, read-only."""
    (_, time), *columns = read_columns(path)
    return frozen(times(time)), {name: frozen(numbers(cells)) for name, cells in columns}


def read_decisions(path: Path) -> DecisionTable:
    """The decision log from `decisions.csv`."""
    (_, time), *pairs, (_, target), (_, reason) = read_columns(path)
    return DecisionTable(
        frozen(times(time)),
        {name: frozen(numbers(cells)) for name, cells in pairs[::2]},
        {
            name: frozen(numbers(cells))
            for (name, _), (_, cells) in zip(pairs[::2], pairs[1::2], strict=True)
        },
        tuple(target_of(cell) for cell in texts(target)),
        tuple(texts(reason)),
    )


def read_orders(path: Path) -> tuple[Order, ...]:
    """The orders from `orders.csv`."""
    cells = dict(read_columns(path))
    figures = ("ordered", "shares", "price", "fee", "slippage")
    columns = chain(
        (times(cells["decided_at"]), times(cells["filled_at"]), texts(cells["id"])),
        (numbers(cells[name]).tolist() for name in figures),
        (texts(cells["status"]), texts(cells["reason"])),
    )
    return tuple(Order(*row) for row in zip(*columns, strict=True))


def read_positions(path: Path, time: Instants) -> dict[str, Float]:
    """Shares of every id that was ever held at every close, from `positions.csv`."""
    cells = dict(read_columns(path))
    rows = np.searchsorted(time, times(cells["time"]))
    held: dict[str, Float] = {}
    for row, name, shares in zip(
        rows.tolist(), texts(cells["id"]), numbers(cells["shares"]).tolist(), strict=True
    ):
        held.setdefault(name, np.zeros(len(time)))[row:] = shares
    return {name: frozen(held[name]) for name in sorted(held)}


def read_statistics(path: Path) -> dict[str, Statistic]:
    """The statistics by name from `statistics.json`."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {row["name"]: Statistic(**row) for row in rows}
