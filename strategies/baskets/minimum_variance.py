"""Weights with the least variance."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from feeds.arrays import Float
from feeds.errors import EngineError
from strategies.baskets.covariance import in_units, shrunk_covariance
from strategies.baskets.weighted import OfReturns
from strategies.registry import register

_TOLERANCE = 1e-12


@register("minimum_variance")
class MinimumVariance(OfReturns):
    """Eligible assets weighted so that the variance of the sleeve is least, without shorts.

    With the covariance S of the simple returns of the last `days` days, shrunk by Ledoit and Wolf,
    it minimises w'Sw over weights from 0 to `max_weight` that sum to 1; where so many assets
    cannot hold all, each gets `max_weight` and the rest stays in cash. An asset without a bar in a
    row of the window is left out. Weights are rounded to 1e-9.

    Source: Markowitz (1952), Portfolio selection; the solver is Clarabel.
    """

    example: ClassVar[dict[str, Any]] = {"exclude": ["BTC"], "days": 90, "max_weight": 0.25}

    def split(self, past: Float) -> Float:
        """Weights of ids with these returns, float64 (M,)."""
        ids, most = past.shape[1], 1.0 if self.max_weight is None else self.max_weight
        if ids * most <= 1.0:
            return np.full(ids, most)
        return in_units(least_variance(shrunk_covariance(past), most))


def least_variance(covariance: Float, most: float) -> Float:
    """The w that minimises w'Sw with sum(w) = 1 and 0 <= w <= `most`, float64 (M,)."""
    import clarabel
    from scipy import sparse

    ids = len(covariance)
    row, column = np.tril_indices(ids)  # by rows: the upper half of a symmetric matrix by columns
    scaled = covariance[row, column] / np.mean(np.diag(covariance))
    ends = np.cumsum(np.arange(ids + 1))
    quadratic = sparse.csc_matrix((scaled, column, ends), shape=(ids, ids))
    # Each weight is in three rows: the sum, -w <= 0 and w <= most.
    rows = np.column_stack((np.zeros(ids), 1 + np.arange(ids), 1 + ids + np.arange(ids)))
    signs = np.tile([1.0, -1.0, 1.0], ids)
    limits = sparse.csc_matrix(
        (signs, rows.ravel().astype(np.int64), 3 * np.arange(ids + 1)), shape=(1 + 2 * ids, ids)
    )
    bounds = np.concatenate(([1.0], np.zeros(ids), np.full(ids, most)))
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(2 * ids)]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = _TOLERANCE
    found = clarabel.DefaultSolver(
        quadratic, np.zeros(ids), limits, bounds, cones, settings
    ).solve()
    if found.status not in (clarabel.SolverStatus.Solved, clarabel.SolverStatus.AlmostSolved):
        raise EngineError(f"no weights of least variance found for {ids} ids: {found.status}")
    return np.asarray(found.x, dtype=np.float64)
