"""Small panels for tests: one id unless told otherwise, known a day after their label."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from feeds.arrays import DAY
from feeds.panel import Panel

START = np.datetime64("2020-01-01", "ns")


def days(count: int, step: int = 1, start: str = "2020-01-01") -> np.ndarray:
    return np.datetime64(start, "ns") + np.arange(count) * step * DAY


def value_panel(label: np.ndarray, **fields: Sequence[float]) -> Panel:
    columns = {key: np.asarray(values, float)[:, None] for key, values in fields.items()}
    return Panel.build("test", "24/7", label, label, label + DAY, ("X",), columns)


def price_panel(close: Sequence[float], label: np.ndarray | None = None, **fields) -> Panel:
    close = np.asarray(close, float)
    label = days(len(close)) if label is None else label
    bars = {"open": close, "high": close, "low": close, "close": close} | fields
    return value_panel(label, **bars)


def coin_panel(close: np.ndarray, ids: tuple[str, ...]) -> Panel:
    label = days(len(close))
    bars = dict.fromkeys(("open", "high", "low", "close"), np.asarray(close, float))
    return Panel.build("coins", "24/7", label, label, label + DAY, ids, bars)


def read_panel(path: Path) -> Panel:
    """A file of the shared data, read in the tests' own way."""
    with gzip.open(path, "rt") as file:
        names = file.readline().strip().split(",")
        rows = [line.strip().split(",") for line in file]
    label = np.array([row[0] for row in rows], "datetime64[ns]")
    table = {
        name: [float(row[i]) if row[i] else np.nan for row in rows]
        for i, name in enumerate(names)
        if i
    }
    return value_panel(label, **table)
