"""Fetches in processes of their own: killed, interrupted, two at once. Nothing is ever lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feeds.store import Store
from tests.servers.binance import HOST, Binance, klines
from tests.servers.proxy import Answer, Loopback, Question

BTC, ETH = "binance/BTCUSDT/1d", "binance/ETHUSDT/1d"
CLOSES = [float(100 + day) for day in range(20)]
SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from feeds.fetching import fetch_series
from feeds.store import Store
now = np.datetime64("2024-01-21", "ns")
report = fetch_series(sys.argv[2:], Store(Path(sys.argv[1])), now)
print(report.goes_on, *report.failed.values(), *report.refused.values())
"""


class Signalled:
    """Binance, which sends a signal to the asking process at one of its questions for bars."""

    def __init__(self, vendor: Binance, at: int, which: signal.Signals) -> None:
        self.vendor, self.left, self.which = vendor, at, which
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, question: Question) -> Answer:
        self.left -= question.path.endswith("klines")
        if self.left == 0 and self.process is not None:
            self.left = -1
            self.process.send_signal(self.which)
        return self.vendor(question)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


@pytest.fixture
def binance() -> Binance:
    """Answers of five rows: four pages a market."""
    names = ("BTCUSDT", "ETHUSDT")
    return Binance({name: klines("2024-01-01", CLOSES) for name in names}, most=5)


@pytest.fixture
def start(store: Store) -> Callable[[], subprocess.Popen[str]]:
    def some() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SCRIPT, str(store.root.parent), BTC, ETH]
        return subprocess.Popen(
            command, env=dict(os.environ), stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )

    return some


def whole(store: Store) -> bool:
    """Whether both series are there, complete, and every file is as it was written."""
    return not list(store.verify()) and all(
        list(store.read(key).fields["close"]) == CLOSES for key in (BTC, ETH)
    )


@pytest.mark.parametrize("at", [1, 3, 6])
def test_a_killed_fetch_leaves_a_valid_store_and_the_next_one_goes_on(
    at: int,
    loopback: Loopback,
    binance: Binance,
    store: Store,
    start: Callable[[], subprocess.Popen[str]],
) -> None:
    vendor = Signalled(binance, at, signal.SIGKILL)
    loopback.play(HOST, vendor)
    vendor.process = start()
    vendor.process.communicate(timeout=60)
    assert vendor.process.returncode == -signal.SIGKILL
    assert list(store.verify()) == []
    again = start()
    assert again.communicate(timeout=60) == ("\n", None)
    assert whole(store)


def test_ctrl_c_leaves_a_valid_store_and_names_the_command_that_goes_on(
    loopback: Loopback,
    binance: Binance,
    store: Store,
    start: Callable[[], subprocess.Popen[str]],
) -> None:
    vendor = Signalled(binance, 3, signal.SIGINT)
    loopback.play(HOST, vendor)
    vendor.process = start()
    said, _ = vendor.process.communicate(timeout=60)
    assert vendor.process.returncode == 0
    assert said == f"data fetch {BTC} {ETH}\n"
    assert list(store.verify()) == []
    assert store.manifest(BTC).newest.rows == 10  # the pages that had come


def test_two_fetches_at_once_end_with_one_whole_store(
    loopback: Loopback,
    binance: Binance,
    store: Store,
    start: Callable[[], subprocess.Popen[str]],
) -> None:
    loopback.play(HOST, binance)
    both = [start(), start()]
    assert [process.communicate(timeout=60)[0] for process in both] == ["\n", "\n"]
    assert whole(store)
