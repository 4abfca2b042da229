"""Event studies: what is planted is found, few events get no stars, faulty ones are named."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.inference.event_study import EventStudy, event_study
from feeds.errors import DataError

ESTIMATED, COLUMNS, DAY = 60, 67, 63


def drawn(events: int, jump: float = 0.0, common: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Returns and market of events; `jump` is planted on the day, `common` noise is shared."""
    random = np.random.default_rng(events)
    market = random.normal(0.0, 0.02, (events, COLUMNS))
    noise = random.normal(0.0, 0.01, (events, COLUMNS))
    returns = 0.001 + 1.5 * market + noise + common * random.normal(0.0, 0.01, COLUMNS)
    returns[:, DAY] += jump
    return returns, market


def studied(events: int, jump: float = 0.0, common: float = 0.0) -> EventStudy:
    return event_study(*drawn(events, jump, common), estimated=ESTIMATED, day=DAY)


def test_a_planted_jump_is_found_by_every_test_of_the_day() -> None:
    found = studied(30, jump=0.05)
    assert found.aar_day == pytest.approx(0.05, abs=0.006)
    for name in ("patell_z_day", "bmp_t_day", "kolari_pynnonen_t_day", "corrado_rank_t_day"):
        assert found.tests[name].p_value < 0.01
        assert found.tests[name].stars == "***"
    assert found.reason == ""


def test_without_an_effect_few_of_many_studies_reject() -> None:
    random = np.random.default_rng(5)
    rejected = 0
    for _ in range(100):
        market = random.normal(0.0, 0.02, (20, COLUMNS))
        returns = market + random.normal(0.0, 0.01, (20, COLUMNS))
        found = event_study(returns, market, estimated=ESTIMATED, day=DAY)
        rejected += found.tests["bmp_t_day"].p_value < 0.05
    # 5 of 100 are expected, with an error of 2.2.
    assert rejected <= 12


@pytest.mark.parametrize(("events", "judged"), [(9, False), (10, True)])
def test_fewer_than_ten_events_have_neither_p_values_nor_stars(events: int, judged: bool) -> None:
    found = studied(events, jump=0.05)
    assert found.tests["bmp_t_day"].statistic > 3.0
    assert any(test.stars for test in found.tests.values()) == judged
    assert all(math.isnan(test.p_value) != judged for test in found.tests.values())
    assert found.reason == (
        "" if judged else "9 events, fewer than 10: no p-values, look at each event"
    )
    assert len(found.cumulative) == events


def test_events_that_share_their_noise_count_for_less() -> None:
    found = studied(20, jump=0.01, common=2.0)
    assert found.mean_residual_correlation > 0.5
    shared, alone = found.tests["kolari_pynnonen_t_day"], found.tests["bmp_t_day"]
    assert abs(shared.statistic) < 0.4 * abs(alone.statistic)
    # sqrt((1 - r) / (1 + 19 r))
    r = found.mean_residual_correlation
    factor = math.sqrt((1 - r) / (1 + 19 * r))
    assert shared.statistic == pytest.approx(alone.statistic * factor)


def test_the_mean_correlation_is_that_of_the_residuals() -> None:
    returns, market = drawn(6, common=1.0)
    residuals = []
    for own, other in zip(returns[:, :ESTIMATED], market[:, :ESTIMATED], strict=True):
        slope, level = np.polyfit(other, own, 1)
        residuals.append(own - level - slope * other)
    table = np.corrcoef(residuals)
    found = event_study(returns, market, estimated=ESTIMATED, day=DAY)
    assert found.mean_residual_correlation == pytest.approx((table.sum() - 6) / 30, rel=1e-9)


def test_what_students_t_judges_is_judged_more_mildly_than_by_the_normal() -> None:
    found = studied(12, jump=0.004)
    bmp, patell = found.tests["bmp_t_day"], found.tests["patell_z_day"]
    normal = math.erfc(abs(bmp.statistic) / math.sqrt(2.0))
    assert bmp.p_value > normal
    assert patell.p_value == pytest.approx(math.erfc(abs(patell.statistic) / math.sqrt(2.0)))


def test_patell_of_the_window_is_that_of_a_regression_in_matrices() -> None:
    returns, market = drawn(11, jump=0.01)
    scaled = []
    for own, other in zip(returns, market, strict=True):
        table = np.column_stack((np.ones(COLUMNS), other))
        before, after = table[:ESTIMATED], table[ESTIMATED:]
        beta, rest = np.linalg.lstsq(before, own[:ESTIMATED], rcond=None)[:2]
        ones = np.ones(len(after))
        # Var of a sum of errors of prediction: s^2 1'(I + X0 (X'X)^-1 X0') 1.
        spread = np.eye(len(after)) + after @ np.linalg.inv(before.T @ before) @ after.T
        error = math.sqrt(rest[0] / (ESTIMATED - 2) * (ones @ spread @ ones))
        scaled.append(np.sum(own[ESTIMATED:] - after @ beta) / error)
    # A t with 58 degrees of freedom has variance 58 / 56.
    expected = sum(scaled) / math.sqrt(11 * 58 / 56)
    found = event_study(returns, market, estimated=ESTIMATED, day=DAY)
    assert found.tests["patell_z_caar"].statistic == pytest.approx(expected, rel=1e-9)


def test_a_single_event_is_shown_and_not_tested() -> None:
    found = studied(1, jump=0.05)
    assert found.aar_day == pytest.approx(0.05, abs=0.03)
    assert math.isnan(found.mean_residual_correlation)
    assert math.isnan(found.tests["bmp_t_day"].statistic)
    assert math.isnan(found.tests["t_cross_sectional_caar"].statistic)


def test_a_faulty_event_is_named() -> None:
    returns, market = drawn(12)
    gap = returns.copy()
    gap[7, 3] = math.nan
    with pytest.raises(DataError, match="event 7: a return is not finite; leave it out"):
        event_study(gap, market, estimated=ESTIMATED, day=DAY)
    still = market.copy()
    still[4] = 0.01
    with pytest.raises(DataError, match="event 4: the market does not vary"):
        event_study(returns, still, estimated=ESTIMATED, day=DAY)
    same = returns.copy()
    same[2] = 2.0 * market[2]
    with pytest.raises(DataError, match="event 2: the market explains all"):
        event_study(same, market, estimated=ESTIMATED, day=DAY)


def test_windows_that_do_not_fit_are_refused() -> None:
    returns, market = drawn(12)
    for estimated, day in ((5, DAY), (ESTIMATED, ESTIMATED - 1), (ESTIMATED, COLUMNS)):
        with pytest.raises(ValueError, match="event window follows"):
            event_study(returns, market, estimated=estimated, day=day)
    with pytest.raises(ValueError, match="event window follows"):
        event_study(returns, market[:, 1:], estimated=ESTIMATED, day=DAY)
