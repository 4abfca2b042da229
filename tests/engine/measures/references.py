"""The worked examples, by the form of their files: a new file of a known form needs no code."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import SHARED

FOLDER = SHARED / "reference" / "metrics"


@dataclass(frozen=True)
class Example:
    """A JSON file and the form it has: series, cases, trades or ledger."""

    name: str
    form: str
    content: dict[str, Any]

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of the CSV of the same name."""
        return read_rows(FOLDER / f"{self.name}.csv")

    @property
    def arguments(self) -> dict[str, Any]:
        """What `summary` takes, for a series."""
        rows, meta = self.rows, self.content["meta"]
        return {
            "returns": np.array([float(row["ret"]) for row in rows]),
            "benchmark": np.array([float(row["bench"]) for row in rows]),
            "timestamps": [row["timestamp"] for row in rows],
            "periods_per_year": meta["periods_per_year"],
            "risk_free": meta["risk_free_annual"],
        }


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def examples() -> list[Example]:
    """Every JSON file of the folder; none where it is absent."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        content = json.loads(path.read_text())
        found.append(Example(path.stem, _form(content), content))
    return found


def of_form(form: str) -> list[Example]:
    return [each for each in examples() if each.form == form]


def _form(content: dict[str, Any]) -> str:
    if "cases" in content:
        return "cases"
    if "expected_bars" in content:
        return "ledger"
    if "meta" in content and "metrics" in content:
        return "series"
    return "trades" if "metrics" in content else "unknown"
