"""Weights with equal contributions to risk."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from feeds.arrays import Float
from feeds.errors import EngineError
from strategies.baskets.covariance import in_units, shrunk_covariance
from strategies.baskets.weighted import OfReturns
from strategies.registry import register

_STEPS, _NEAR, _CLOSE = 1000, 0.25, 1e-6
_RIDGE = 1e-8
"""Added to every variance: without it assets that cancel out have no finite answer."""


@register("risk_parity")
class RiskParity(OfReturns):
    """Eligible assets weighted so that each contributes the same to the variance of the sleeve.

    With the covariance S of the simple returns of the last `days` days, shrunk by Ledoit and Wolf,
    the contribution of asset i is w_i (S w)_i. An asset without a bar in a row of the window is
    left out. Weights are rounded to 1e-9; `max_weight` is applied afterwards.

    Source: Maillard, Roncalli and Teiletche (2010), The properties of equally weighted risk
    contribution portfolios; Spinu (2013), An algorithm for computing risk parity weights.
    """

    example: ClassVar[dict[str, Any]] = {"exclude": ["BTC"], "days": 90, "max_weight": 0.25}

    def split(self, past: Float) -> Float:
        """Weights of ids with these returns, float64 (M,)."""
        covariance = shrunk_covariance(past)
        risk = np.sqrt(np.diag(covariance))
        weights = equal_contributions(covariance / np.outer(risk, risk)) / risk
        return in_units(weights / weights.sum())


def equal_contributions(correlation: Float) -> Float:
    """The z > 0 with z_i (C z)_i = 1 for every i, float64 (M,).

    It minimises z'Cz / 2 - sum(log z), which is convex and self-concordant: Newton's method with
    steps of 1 / (1 + decrement) ends at the minimum from anywhere (Spinu 2013).

    Parameters
    ----------
    correlation : float64 (M, M)
        Positive semidefinite.
    """
    matrix = correlation + _RIDGE * np.eye(len(correlation))
    z, before = np.ones(len(matrix)), np.inf
    for _ in range(_STEPS):
        slope = matrix @ z - 1.0 / z
        step = np.linalg.solve(matrix + np.diag(z**-2.0), slope)
        decrement = np.sqrt(max(0.0, float(slope @ step)))
        z -= step if decrement < _NEAR else step / (1.0 + decrement)
        # The step that was just taken squares the decrement; if the one before that did not even
        # halve it, it is rounding.
        if decrement < _CLOSE or (before < _NEAR and decrement > before / 2):
            return z
        before = decrement
    raise EngineError(f"no weights of equal risk found for {len(correlation)} ids; lengthen `days`")
