"""One command has the data of a config, the next one runs it: against the vendors' wire formats."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.result import open_result
from feeds.calendars import sessions
from feeds.store import Store
from tests.conftest import REPOSITORY
from tests.servers import binance, coinmetrics
from tests.servers.proxy import TOO_MANY, Loopback
from tests.servers.yahoo import INDEX, Chart, Yahoo

CONFIG = "configs/rotation.yaml"
FIRST, LAST = np.datetime64("2022-01-01"), np.datetime64("2024-02-09")
DAYS = int((LAST - FIRST) / np.timedelta64(1, "D")) + 1
CAPS = "data.panels.dominance.otherwise.otherwise.ids=[btc, eth, usdt]"
PERIOD = ("--set", "period.start=2023-06-01", "--set", "period.end=2024-02-09")


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    """Yahoo, Binance and Coin Metrics with two years of three coins and an index."""
    rng = np.random.default_rng(5)
    walks = 100 * np.exp(np.cumsum(0.02 * rng.standard_normal((3, DAYS)), axis=1))
    days = [str(FIRST + day) for day in range(DAYS)]
    labels = sessions("XNYS", FIRST, LAST).label.astype("datetime64[D]")
    # A record on 2023-07-03 after 18 months without one, then up and up.
    slope = np.where(labels < np.datetime64("2023-07-03"), -0.1, 0.2).cumsum()
    index = 2000.0 + slope - slope.min() * (labels >= np.datetime64("2023-07-03"))
    closes = {str(day): round(float(close), 2) for day, close in zip(labels, index, strict=True)}
    markets = {
        name: binance.klines(str(FIRST), [round(float(price), 4) for price in walk])
        for name, walk in zip(("BTCUSDT", "ETHUSDT", "LTCUSDT"), walks, strict=True)
    }
    caps = {
        coin: {day: ("1", str(round(size * price))) for day, price in zip(days, walk, strict=True)}
        for coin, size, walk in zip(("btc", "eth", "usdt"), (9e9, 4e9, 1e8), walks, strict=True)
    }
    with Loopback() as playing:
        Yahoo({"^RUT": Chart(INDEX, closes)}).play(playing)
        playing.play(binance.HOST, binance.Binance(markets))
        playing.play(coinmetrics.HOST, coinmetrics.CoinMetrics(caps))
        yield playing


def typed(folder: Path, playing: Loopback, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run_backtest.py", *words]
    environment = {**os.environ, **playing.environment(folder)}
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300
    )


def test_fetch_and_run_are_one_command_each(tmp_path: Path, loopback: Loopback) -> None:
    loopback.answer_next("/api/v3/klines", TOO_MANY)
    root = ("--set", f"data.root={tmp_path}", "--set", CAPS)
    fetched = typed(tmp_path, loopback, "data", "fetch", CONFIG, *root, "--until", "2024-02-10")
    assert (fetched.returncode, fetched.stderr.count("error")) == (0, 0), fetched.stderr
    lines = fetched.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:8]] == [
        "binance/BTCUSDT/1d",
        "binance/ETHUSDT/1d",
        "binance/LTCUSDT/1d",
        "coinmetrics/btc/1d",
        "coinmetrics/eth/1d",
        "coinmetrics/usdt/1d",
        "yahoo/^RUT/1d",
    ]
    # 34 ids of the config, of which Binance plays three.
    assert lines[8] == "31 left out:"
    assert list(Store(tmp_path).verify()) == []

    run = ("run", CONFIG, *root, *PERIOD, "-o", str(tmp_path / "results"), "--no-tearsheet", "-q")
    ran = typed(tmp_path, loopback, *run)
    assert ran.returncode == 0, ran.stderr
    (path,) = (tmp_path / "results" / "rotation").iterdir()
    result = open_result(path)
    assert set(result.positions) <= {"BTCUSDT", "ETHUSDT", "LTCUSDT"}
    assert result.manifest["universe"]["ids"] == ["BTCUSDT", "ETHUSDT", "LTCUSDT"]
    assert any("there is no series binance/" in str(text) for text in result.manifest["warnings"])

    asked = len(loopback.questions)
    there = typed(tmp_path, loopback, "data", "fetch", CONFIG, *root, "--offline")
    assert there.returncode == 4  # 31 ids that nobody offers
    assert "error: 7 series are there, 31 are not; go on with `" in there.stderr
    assert len(loopback.questions) == asked


def test_a_vendor_that_is_down_is_exit_8_and_the_store_stays(
    tmp_path: Path, loopback: Loopback
) -> None:
    key = "binance/BTCUSDT/1d"
    words = ("data", "fetch", key, "--root", str(tmp_path), "--until", "2022-03-01")
    assert typed(tmp_path, loopback, *words).returncode == 0
    before = Store(tmp_path).manifest(key)
    with Loopback() as nobody:  # every host answers 502 through it
        failed = typed(tmp_path, nobody, *words[:-1], "2022-04-01")
    assert failed.returncode == 8
    assert "error: 0 series fetched, 1 could not be; go on with `" in failed.stderr
    assert Store(tmp_path).manifest(key) == before
