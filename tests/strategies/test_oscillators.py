from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from strategies.oscillators import FIRST_MACD, FIRST_RSI, macd_histogram, rsi, smoothed


def walk(bars: int = 120, ids: int = 3) -> np.ndarray:
    return np.exp(np.cumsum(np.random.default_rng(8).normal(0, 0.05, (bars, ids)), axis=0))


def plain_rsi(close: list[float]) -> list[float]:
    """Wilder's own bookkeeping, one number after the other."""
    changes = [b - a for a, b in pairwise(close)]
    gain = sum(max(change, 0) for change in changes[:14]) / 14
    loss = sum(max(-change, 0) for change in changes[:14]) / 14
    out = [float("nan")] * 14 + [100 - 100 / (1 + gain / loss)]
    for change in changes[14:]:
        gain = (gain * 13 + max(change, 0)) / 14
        loss = (loss * 13 + max(-change, 0)) / 14
        out.append(100 - 100 / (1 + gain / loss))
    return out


def plain_mean(numbers: list[float], bars: int) -> list[float]:
    mean = sum(numbers[:bars]) / bars
    out = [float("nan")] * (bars - 1) + [mean]
    for number in numbers[bars:]:
        mean = mean * (1 - 2 / (bars + 1)) + number * 2 / (bars + 1)
        out.append(mean)
    return out


@pytest.mark.shared
def test_the_rsi_of_the_worked_example(shared):
    example = json.loads((shared / "reference/domain/divergence_toy.json").read_text())
    found = rsi(np.array(example["close"])[:, None])[:, 0]
    expected = np.array([np.nan if x is None else x for x in example["rsi14"]])
    np.testing.assert_allclose(found, expected, atol=6e-9)


def test_the_rsi_is_wilders():
    close = walk()
    expected = np.array([plain_rsi(column) for column in close.T.tolist()]).T
    np.testing.assert_allclose(rsi(close), expected, rtol=1e-10)
    assert np.isnan(rsi(close)).sum(axis=0).tolist() == [FIRST_RSI - 1] * 3


def test_only_gains_are_100_only_losses_0_and_no_change_50():
    bars = np.arange(20.0)
    table = np.stack((1 + bars, 100 - bars, np.full(20, 7.0)), axis=1)
    assert rsi(table)[-1].tolist() == [100, 0, 50]


def test_the_histogram_is_the_line_less_its_own_mean():
    for column in walk().T:
        numbers = column.tolist()
        line = np.subtract(plain_mean(numbers, 12), plain_mean(numbers, 26))[25:]
        expected = np.append(np.full(25, np.nan), line - plain_mean(line.tolist(), 9))
        found = macd_histogram(column[:, None])[:, 0]
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-14)
        assert np.isnan(found).sum() == FIRST_MACD - 1


@pytest.mark.parametrize("oscillator", [rsi, macd_histogram])
def test_blanks_are_passed_over_and_a_late_id_counts_its_own_bars(oscillator):
    close = walk()
    gaps = np.full((140, 3), np.nan)
    kept = np.sort(np.random.default_rng(1).choice(140, 120, replace=False))
    gaps[kept] = close
    gaps[:, 1] = np.append(np.full(20, np.nan), close[:, 1])
    expected = oscillator(close)
    np.testing.assert_array_equal(oscillator(gaps)[kept][:, [0, 2]], expected[:, [0, 2]])
    np.testing.assert_array_equal(oscillator(gaps)[20:, 1], expected[:, 1])
    blank = np.setdiff1d(np.arange(140), kept)
    assert np.isnan(oscillator(gaps)[blank][:, [0, 2]]).all()


@pytest.mark.parametrize("bars", [0, 1, 8, 20, 30])
def test_too_few_bars_are_unknown(bars):
    close = walk(bars)
    for oscillator, first in ((rsi, FIRST_RSI), (macd_histogram, FIRST_MACD)):
        assert oscillator(close).shape == (bars, 3)
        assert np.isnan(oscillator(close)).all() == (bars < first)


def test_a_mean_starts_plain_and_moves_by_its_weight():
    # (1 + 3) / 2 = 2, then 2 + 0.25 * (6 - 2) = 3.
    found = smoothed(np.array([[1.0], [3.0], [6.0]]), 2, 0.25)[:, 0]
    np.testing.assert_array_equal(found, [np.nan, 2, 3])


def test_few_ids_and_many_get_the_same_bits():
    close = walk(ids=20)
    for oscillator in (rsi, macd_histogram):
        np.testing.assert_array_equal(oscillator(close)[:, :3], oscillator(close[:, :3]))
