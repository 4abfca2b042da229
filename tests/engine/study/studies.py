"""Studies on small markets, and sleeves with a known course."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.config import Experiment, load_config
from engine.study.held import Held
from engine.study.made import Study, examine
from engine.study.question import question
from feeds.arrays import DAY
from tests.engine.markets import EVERYTHING, QUIET, prepared


def held(nav: Mapping[str, ArrayLike], start: str = "2020-01-02", entry: int = 0) -> Held:
    """Sleeves of a daily 24/7 clock whose first close is at `start`."""
    table = {name: np.asarray(values, dtype=np.float64) for name, values in nav.items()}
    rows = len(next(iter(table.values())))
    closes = np.datetime64(start, "ns") + np.arange(rows) * DAY
    return Held(closes, closes, entry, table, dict.fromkeys(table, ()))


OFTEN = {**EVERYTHING["signals"]["channel"], "sessions": 5, "fresh_days": 2, "rearm_sessions": 2}
SIGNALS = {**EVERYTHING["signals"], "often": OFTEN}


def config(**changes: Any) -> Experiment:
    return load_config({**EVERYTHING, "signals": SIGNALS, **changes})


@cache
def studied(signal: str = "risk_on") -> Study:
    """The study of a signal of the small simulated market."""
    of = config()
    return examine(of, prepared(of), question(of, signal), None, QUIET)
