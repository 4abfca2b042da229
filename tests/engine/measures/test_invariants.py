"""What must not change, or must change in a known way, whatever the numbers are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.measures import cagr
from engine.measures.growth import curve
from engine.measures.summary import reasons, summary

RNG = np.random.default_rng(11)
R = 0.001 + 0.02 * RNG.standard_normal(900)
B = 0.5 * R + 0.015 * RNG.standard_normal(900)


def of(returns: np.ndarray, benchmark: np.ndarray, **changes: float) -> dict[str, float]:
    return summary(returns, benchmark=benchmark, **({"periods_per_year": 365.0} | changes))


def test_against_itself_alpha_is_0_beta_1_and_tracking_error_0() -> None:
    found = of(R, R, risk_free=0.03)
    assert found["beta"] == pytest.approx(1.0, rel=1e-12)
    assert found["alpha_ann_arith"] == pytest.approx(0.0, abs=1e-12)
    assert (found["tracking_error"], found["active_return_cagr_diff"]) == (0.0, 0.0)
    for name in ("correlation", "r_squared", "up_capture_geometric", "down_capture_arith"):
        assert found[name] == pytest.approx(1.0, rel=1e-12), name
    assert math.isnan(found["information_ratio"])
    why = reasons(R, benchmark=R, periods_per_year=365.0)
    assert why["information_ratio"] == "both have the same returns"


@pytest.mark.parametrize("factor", [0.5, 2.0, -1.0])
def test_a_multiple_of_the_benchmark_has_that_beta_and_no_alpha(factor: float) -> None:
    found = of(factor * B, B)
    assert found["beta"] == pytest.approx(factor, rel=1e-12)
    assert found["alpha_ann_arith"] == pytest.approx(0.0, abs=1e-12)
    assert found["correlation"] == pytest.approx(math.copysign(1.0, factor), rel=1e-12)


# Two calendar years (2021 and 2022, 730 days): hours, days, sessions, weeks, months.
@pytest.mark.parametrize(
    ("bars", "per_year"), [(17_520, 8760), (730, 365), (504, 252), (104, 52), (24, 12)]
)
def test_doubling_in_two_calendar_years_is_41_4_percent_whatever_the_bar(
    bars: int, per_year: float
) -> None:
    # 2 ** (1 / 2) - 1 = 0.41421356...
    wavy = np.exp(0.01 * np.sin(np.arange(bars)))
    growth = wavy / np.prod(wavy) ** (1.0 / bars) * 2.0 ** (1.0 / bars)
    found = summary(growth - 1.0, periods_per_year=per_year)
    assert found["total_return"] == pytest.approx(1.0, rel=1e-9)
    assert found["cagr"] == pytest.approx(0.41421356237309515, rel=1e-9)
    assert found["years_periods"] == 2.0


def test_doubling_the_periods_a_year_scales_by_known_factors() -> None:
    once, twice = of(R, B), of(R, B, periods_per_year=730.0)
    root = (
        "ann_vol",
        "sharpe",
        "sortino",
        "tracking_error",
        "information_ratio",
        "ann_downside_dev",
    )
    for name in root:
        assert twice[name] == pytest.approx(once[name] * math.sqrt(2.0), rel=1e-12), name
    for name in ("max_drawdown", "psr_vs_0", "sharpe_period", "beta", "omega", "ulcer_index"):
        assert twice[name] == once[name], name
    assert 1.0 + twice["cagr"] == pytest.approx((1.0 + once["cagr"]) ** 2, rel=1e-12)


def test_the_capital_makes_no_difference() -> None:
    assert cagr(7.0 * curve(R), 365.0) == pytest.approx(cagr(curve(R), 365.0), rel=1e-12)


def test_cash_has_no_volatility_and_no_ratio() -> None:
    found = of(np.zeros(50), B[:50])
    assert (found["ann_vol"], found["beta"], found["cagr"], found["max_drawdown"]) == (0, 0, 0, 0)
    assert math.isnan(found["sharpe"])


def test_appending_bars_never_changes_history() -> None:
    first = summary(R[:500], periods_per_year=365.0)
    again = summary(np.append(R, 0.5)[:500], periods_per_year=365.0)
    assert first == again


def test_identities_between_figures_hold() -> None:
    found = of(R, B, risk_free=0.02)
    assert found["gain_to_pain"] == pytest.approx(found["omega"] - 1.0, rel=1e-12)
    assert found["profit_factor_bars"] == found["omega"]
    assert found["r_squared"] == found["correlation"] ** 2
    assert found["kelly_half"] == found["kelly_continuous"] / 2.0
    # Sharpe over volatility is mean over variance.
    ratio = found["sharpe"] / found["ann_vol"]
    assert found["kelly_continuous"] == pytest.approx(ratio, rel=1e-12)
    # Of the same moments: T / 6 (S^2 + K^2 / 4).
    skew, kurtosis = found["skew_population"], found["excess_kurtosis_population"]
    assert found["jarque_bera"] == pytest.approx(150.0 * (skew**2 + kurtosis**2 / 4.0), rel=1e-12)
