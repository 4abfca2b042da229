"""The stationary bootstrap against its exact variance, and intervals against plain loops."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from engine import measures
from engine.drawdowns import max_drawdown
from engine.inference import resampled
from engine.inference.bootstrap import (
    block_length,
    drawdown_block_length,
    interval,
    paired,
    row_chunks,
    stationary_rows,
    stationary_variance,
)

TOY = np.array([0.02, -0.01, 0.03, 0.005, -0.02, 0.015, 0.01, -0.03, 0.025, 0.0, 0.01, -0.005])
RETURNS = np.random.default_rng(4).normal(0.001, 0.02, 300)


def curve(returns: np.ndarray) -> np.ndarray:
    return np.concatenate(([1.0], np.cumprod(1.0 + returns)))


def test_rows_are_drawn_with_the_variance_that_is_known_exactly() -> None:
    for length in (1, 3, 6):
        means = TOY[stationary_rows(len(TOY), length, 20_000, seed=1)].mean(axis=1)
        expected = stationary_variance(TOY, length)
        assert np.var(math.sqrt(len(TOY)) * means) == pytest.approx(expected, rel=0.03)


def test_blocks_of_one_row_are_independent_draws() -> None:
    # With p = 1 the formula leaves R0 alone: the population variance.
    assert stationary_variance(TOY, 1) == pytest.approx(np.var(TOY), rel=1e-12)


def test_a_block_goes_on_row_by_row_and_round_the_end() -> None:
    rows = stationary_rows(50, 10.0, 400, seed=2)
    assert rows.dtype == np.int32
    assert rows.min() == 0
    assert rows.max() == 49
    goes_on = (rows[:, 1:] - rows[:, :-1]) % 50 == 1
    # 9 in 10 go on, and 1 in 50 of the others does so by chance: 0.902.
    assert goes_on.mean() == pytest.approx(0.902, abs=0.01)
    assert np.any((rows[:, :-1] == 49) & (rows[:, 1:] == 0))


def test_rows_do_not_depend_on_how_many_are_held_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = stationary_rows(40, 4.0, 30, seed=3)
    monkeypatch.setattr("engine.inference.bootstrap._CELLS", 7 * 40)
    parts = list(row_chunks(40, 4.0, 30, seed=3))
    assert len(parts) == 5
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(stationary_rows(40, 4.0, 5, seed=3), whole[:5])


def test_statistics_of_rows_are_those_of_one_series() -> None:
    table = np.random.default_rng(5).normal(0.0, 0.03, (4, 60))
    cases = {
        "sharpe": (
            resampled.sharpe(365.0, 0.03)(table),
            [measures.sharpe(row, 365.0, 0.03) for row in table],
        ),
        "cagr": (
            resampled.cagr(365.0)(table),
            [measures.cagr(curve(row), 365.0) for row in table],
        ),
        "max_drawdown": (
            resampled.max_drawdown(table),
            [max_drawdown(curve(row)) for row in table],
        ),
    }
    for name, (found, expected) in cases.items():
        np.testing.assert_allclose(found, expected, rtol=1e-11, err_msg=name)


def test_ruin_and_standing_still_are_not_made_up() -> None:
    flat, ruin = np.zeros((1, 5)), np.array([[0.1, -1.0, 0.2]])
    assert math.isnan(resampled.sharpe(365.0)(flat)[0])
    assert resampled.cagr(365.0)(ruin)[0] == -1.0
    assert resampled.max_drawdown(ruin)[0] == -1.0
    assert resampled.max_drawdown(flat)[0] == 0.0


def test_an_interval_is_made_of_the_percentiles_of_resamples() -> None:
    found = interval(resampled.sharpe(365.0), RETURNS, seed=9, resamples=200, length=5.0)
    rows = stationary_rows(300, 5.0, 200, seed=9)
    each = [measures.sharpe(RETURNS[row], 365.0, 0.0) for row in rows]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(each, [0.025, 0.975])))
    assert found.estimate == pytest.approx(measures.sharpe(RETURNS, 365.0, 0.0))
    assert (found.seed, found.resamples, found.n, found.undefined) == (9, 200, 300, 0)
    assert found == interval(resampled.sharpe(365.0), RETURNS, seed=9, resamples=200, length=5.0)


def test_an_undefined_statistic_has_no_interval_but_a_reason() -> None:
    found = interval(resampled.sharpe(365.0), np.zeros(50), seed=1, resamples=50)
    assert math.isnan(found.low)
    assert found.reason == "the statistic is undefined on these returns"
    short = interval(resampled.mean, RETURNS[:9], seed=1, resamples=50)
    assert math.isnan(short.low)
    assert "9 returns" in short.reason
    once = np.zeros(50)
    once[3] = 0.1  # about a third of the resamples miss the only bar that moves
    assert interval(resampled.sharpe(365.0), once, seed=1, resamples=50, length=1.0).undefined > 5


def test_returns_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="row 2 is nan"):
        interval(resampled.mean, np.array([0.1, 0.2, np.nan]), seed=1)
    with pytest.raises(ValueError, match="row 0 is inf"):
        paired(resampled.mean, TOY, np.full(12, np.inf), seed=1)


def test_a_loss_of_more_than_everything_is_refused_by_its_row() -> None:
    too_much = np.append(RETURNS, -1.5)
    with pytest.raises(ValueError, match=r"row 300 is -1\.5.*below -1"):
        interval(resampled.max_drawdown, too_much, seed=1)
    with pytest.raises(ValueError, match="row 300"):
        paired(resampled.mean, np.append(RETURNS, 0.0), too_much, seed=1)
    with pytest.raises(ValueError, match="row 300"):
        drawdown_block_length(too_much)
    # Exactly everything is ruin, and allowed.
    assert interval(resampled.max_drawdown, np.append(RETURNS, -1.0), seed=1).estimate == -1.0


@pytest.mark.parametrize("wrong", [{"level": -0.5}, {"level": 95.0}, {"resamples": 0}])
def test_levels_and_draws_that_are_none_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one, and between 0 and 1"):
        interval(resampled.mean, RETURNS, seed=1, **wrong)
    with pytest.raises(ValueError, match="at least one, and between 0 and 1"):
        paired(resampled.mean, RETURNS, RETURNS, seed=1, **wrong)


def test_no_values_have_no_variance_and_no_block_is_shorter_than_a_row() -> None:
    assert math.isnan(stationary_variance(np.array([]), 3.0))
    with pytest.raises(ValueError, match="at least 1"):
        stationary_variance(TOY, 0.0)


def test_a_series_is_no_better_than_itself() -> None:
    same = paired(resampled.mean, RETURNS, RETURNS, seed=1, resamples=100, length=3.0)
    assert (same.interval.estimate, same.interval.low, same.interval.high) == (0.0, 0.0, 0.0)
    assert same.p_value == 1.0


def test_pairs_are_drawn_together() -> None:
    # The difference is a constant on every bar, whatever is drawn; apart they would differ.
    ahead = paired(resampled.mean, RETURNS + 0.001, RETURNS, seed=1, resamples=99, length=3.0)
    assert ahead.interval.low == pytest.approx(0.001, rel=1e-9)
    assert ahead.interval.high == pytest.approx(0.001, rel=1e-9)
    # No resample is as far from the difference as it is from 0: 1 / (1 + 99).
    assert ahead.p_value == pytest.approx(0.01)


def test_series_that_do_not_vary_have_blocks_of_one() -> None:
    assert block_length(np.zeros(100)) == (1.0, 1.0)
    late = np.concatenate((RETURNS[:40], np.zeros(200)))  # in cash to the end
    assert all(1.0 <= length < 240.0 for length in block_length(late))
    for count in range(1, 30):
        assert min(block_length(RETURNS[:count])) >= 1.0


def test_drawdowns_are_resampled_in_long_blocks() -> None:
    # Under water for 10 bars and for 30: a bar is in one of (100 + 900) / 40 = 25 on average.
    falls = [-0.1, *[0.0] * 9, 0.2], [-0.1, *[0.0] * 29, 0.2]
    assert drawdown_block_length(np.array([*falls[0], *falls[1]])) == pytest.approx(5.0)
    assert drawdown_block_length(np.full(10, 0.01)) == 1.0
