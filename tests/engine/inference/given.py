"""What the worked examples of inference.json give: their inputs, and the files that they name."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.conftest import SHARED

REFERENCE = SHARED / "reference"
FILE = REFERENCE / "inference.json"
EXAMPLES = {
    example["id"]: example
    for example in (json.loads(FILE.read_text())["examples"] if FILE.is_file() else ())
}
SEED = 20_240_428

Found = Mapping[str, Any]


class Given(dict[str, Any]):
    """The input of an example; a key that it lacks and that is needed fails by name."""

    def __missing__(self, key: str) -> Any:
        pytest.fail(f"the input has no '{key}'")


def offered(given: Given, key: str, *ours: str, more: bool = False) -> None:
    """Fail by name where the input asks for another method than ours.

    With `more` its words may go on after one of ours.
    """
    asked, ends = str(given.get(key, ours[0])), r", | \(|$" if more else "$"
    if not any(re.match(rf"{re.escape(one)}(?:{ends})", asked) for one in ours):
        pytest.fail(f"'{key}' asks for '{asked}', which is not offered: {' or '.join(ours)} is")


def table_of(given: Given, columns: list[str] | None = None) -> dict[str, np.ndarray]:
    """Columns of the file by name, all of them unless some are asked for."""
    with (REFERENCE / given["csv"]).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in columns or rows[0]}


def series_of(given: Given) -> np.ndarray:
    if "x" in given:
        return np.array(given["x"], dtype=float)
    table = table_of(given)
    return table[given["column"]] if "column" in given else next(iter(table.values()))
