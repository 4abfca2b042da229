"""Weights of least variance and of equal risk: by hand, by their conditions, by a second solver."""

from __future__ import annotations

import numpy as np
import pytest

from strategies.baskets import MinimumVariance, RiskParity
from strategies.baskets.covariance import in_units, shrunk_covariance
from strategies.baskets.minimum_variance import least_variance
from strategies.baskets.risk_parity import equal_contributions
from tests.panels import coins


def drawn_returns(seed: int, rows: int = 120, ids: int = 12) -> np.ndarray:
    """Returns with a common part, some ids wilder than others."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.03, (rows, 1))
    return common + rng.normal(0, 1, (rows, ids)) * rng.uniform(0.01, 0.08, ids)


@pytest.mark.parametrize(
    ("covariance", "most", "first"),
    [
        # (s2^2 - c) / (s1^2 + s2^2 - 2 c) = 0.084 / 0.118
        ([[0.04, 0.006], [0.006, 0.09]], 1.0, 0.084 / 0.118),
        ([[0.04, 0.006], [0.006, 0.09]], 0.6, 0.6),
        # 0.04 / 0.03 = 1.33 without a limit: all in the calmer one
        ([[0.04, 0.05], [0.05, 0.09]], 1.0, 1.0),
    ],
)
def test_least_variance_of_two_assets_by_hand(covariance, most, first):
    found = least_variance(np.array(covariance), most)
    assert found == pytest.approx([first, 1 - first], abs=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_least_variance_meets_the_conditions_of_a_minimum(seed):
    covariance, most = shrunk_covariance(drawn_returns(seed)), 0.25
    weights = in_units(least_variance(covariance, most))
    slope = covariance @ weights
    slope /= slope @ weights
    full = weights > most - 1e-7  # the largest gives back what rounding adds to the sum
    inside = (weights > 0) & ~full
    assert weights.sum() == pytest.approx(1.0, abs=1e-8)
    assert inside.any()
    # Inside the limits every id adds the same to the variance; one at 0 would add more, one at
    # the upper limit less.
    level = slope[inside].mean()
    assert slope[inside] == pytest.approx(level, abs=1e-6)
    assert (slope[weights == 0] >= level - 1e-6).all()
    assert (slope[full] <= level + 1e-6).all()


def test_two_assets_of_equal_risk_are_weighted_by_the_inverse_of_their_risk():
    # Whatever the correlation: w1 (w1 s1^2 + w2 c) = w2 (w2 s2^2 + w1 c) gives w1 s1 = w2 s2.
    for correlation in (-0.9, 0.0, 0.5, 0.99):
        z = equal_contributions(np.array([[1.0, correlation], [correlation, 1.0]]))
        assert z[0] == pytest.approx(z[1], rel=1e-12)
        assert z[0] * (z[0] + correlation * z[1]) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_every_asset_contributes_the_same_risk(seed):
    past = drawn_returns(seed, rows=40, ids=20)
    weights = RiskParity().split(past)
    parts = weights * (shrunk_covariance(past) @ weights)
    assert parts / parts.sum() == pytest.approx(np.full(20, 1 / 20), abs=1e-7)
    assert weights.sum() == pytest.approx(1.0, abs=2e-8)


def test_equal_risk_is_what_a_conic_solver_finds():
    import clarabel
    from scipy import sparse

    covariance = shrunk_covariance(drawn_returns(3))
    ids = len(covariance)
    risk = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(risk, risk)
    # min z'Cz / 2 - sum(t) with exp(t) <= z: the cone has (t, 1, z).
    quadratic = sparse.block_diag((np.triu(correlation), np.zeros((ids, ids))), format="csc")
    place = 3 * np.arange(ids)
    limits = sparse.csc_matrix(
        (np.full(2 * ids, -1.0), np.r_[place + 2, place], np.arange(2 * ids + 1)),
        shape=(3 * ids, 2 * ids),
    )
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    solved = clarabel.DefaultSolver(
        quadratic,
        np.r_[np.zeros(ids), -np.ones(ids)],
        limits,
        np.tile([0.0, 1.0, 0.0], ids),
        [clarabel.ExponentialConeT()] * ids,
        settings,
    ).solve()
    theirs = np.array(solved.x[:ids])
    assert equal_contributions(correlation) == pytest.approx(theirs, rel=1e-6)


def test_equal_risk_of_assets_that_move_as_one_is_found_as_well():
    z = equal_contributions(np.ones((5, 5)))
    assert z == pytest.approx(np.full(5, 1 / np.sqrt(5)), rel=1e-7)


@pytest.mark.parametrize("seed", range(6))
def test_assets_that_cancel_out_share_the_risk_that_is_not_there(seed):
    # Two returns only: the sample has one direction, along which some assets hedge others for good.
    past = np.random.default_rng(seed).normal(0, 0.05, (2, 8))
    weights = RiskParity().split(past)
    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(1.0, abs=1e-8)
    cancels = equal_contributions(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    assert cancels[0] == pytest.approx(cancels[1])


def test_shrinking_takes_from_the_sample_and_adds_to_the_diagonal():
    past = drawn_returns(5, rows=15, ids=6)
    sample = np.cov(past, rowvar=False, bias=True)
    found = shrunk_covariance(past)
    off = ~np.eye(6, dtype=bool)
    kept = (found / sample)[off]
    assert kept == pytest.approx(kept[0])
    assert 0 < kept[0] < 1
    wanted = kept[0] * np.diag(sample) + (1 - kept[0]) * np.diag(sample).mean()
    assert np.diag(found) == pytest.approx(wanted)


def test_weights_in_units_sum_to_at_most_one():
    third = in_units(np.full(3, 1 / 3))
    assert third.tolist() == [0.333333333] * 3
    above = in_units(np.array([0.1428571425, 0.1428571425, 0.7142857154]))
    # The two small ones round up by half a unit each, which the largest gives back.
    assert (above * 1e9).round().astype(int).sum() <= 10**9
    assert in_units(np.array([1.0, -1e-13])).tolist() == [1.0, 0.0]


def test_the_last_bits_of_the_returns_do_not_show_in_the_weights():
    past = drawn_returns(7)
    shaken = past * (1 + np.random.default_rng(1).choice([-2e-16, 2e-16], past.shape))
    for basket in (RiskParity(), MinimumVariance(max_weight=0.3)):
        assert basket.split(past).tolist() == basket.split(shaken).tolist()


def test_a_limit_that_so_few_assets_cannot_keep_leaves_cash():
    rng = np.random.default_rng(2)
    closes = np.exp(np.cumsum(rng.normal(0, 0.03, (30, 3)), axis=0)).T
    seen = coins({name: column.tolist() for name, column in zip("ABC", closes, strict=True)})
    every = np.ones(3, bool)
    basket = MinimumVariance(days=20, max_weight=0.2)
    assert basket.weights(seen, every).tolist() == [0.2] * 3
