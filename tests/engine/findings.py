"""Made-up trials and inferences for the tests of words and gates."""

from __future__ import annotations

import math

import numpy as np

from engine.inference.deflated import Deflated
from engine.inference.findings import Against, Finding, Inference
from engine.trials import Deflations


def deflation(probability: float, luck: float, trials: int = 48, reason: str = "") -> Deflated:
    """A deflated ratio of which only what is told matters."""
    return Deflated(
        probability=probability,
        alone=0.97,
        luck=luck,
        ratio=0.05,
        count=2300,
        skew=-0.3,
        kurtosis=6.0,
        trials=trials,
        correlation=0.6,
        effective=17.26,
        variance=0.0004,
        spread=0.001,
        expected_best=0.04,
        min_years_at_1=3.3,
        reason=reason,
    )


def deflations(raw: Deflated, trials: int = 48, total: int = 210, **active: Deflated) -> Deflations:
    """Trials of one hypothesis, over the benchmarks that are named."""
    return Deflations("rut-breakout", trials, total, "ab" * 32, True, raw, active, {})


def against(superior: float, ledoit_wolf: float = 0.41, reason: str = "") -> Against:
    """The tests against one benchmark."""
    drawn = {"n": 2300, "count": 1000, "seed": 5, "block_length": 18.4}
    return Against(
        sharpe=Finding(0.24, -0.31, 0.8, 0.4, **drawn, reason=reason),  # type: ignore[arg-type]
        cagr=Finding(0.061, -0.201, 0.35, 0.6, **drawn, reason=reason),  # type: ignore[arg-type]
        ledoit_wolf=Finding(0.24, -0.3, 0.8, ledoit_wolf, n=2300, count=1000, seed=5),
        superior=Finding(0.0002, p_value=superior, n=2300, count=1000, seed=5, reason=reason),
    )


def inference(
    shift: float = 0.23, rotations: float = 0.31, markets: float = math.nan, **found: Against
) -> Inference:
    """An inference with these p-values."""
    drawn = {"n": 2300, "count": 1000, "seed": 5, "block_length": 18.4}
    return Inference(
        sharpe=Finding(0.9, 0.35, 1.42, **drawn),  # type: ignore[arg-type]
        cagr=Finding(0.393, -0.08, 0.73, **drawn),  # type: ignore[arg-type]
        max_drawdown=Finding(-0.6, -0.8, -0.4, **drawn),  # type: ignore[arg-type]
        adjusted_sharpe=Finding(0.8, 0.1, 1.5, n=2300),
        min_track_record=Finding(3.14, n=2300),
        shift=Finding(
            0.001, p_value=shift, n=2300, count=999, seed=5, reason="no shares" * (shift != shift)
        ),
        rotations=Finding(0.001, p_value=rotations, n=2300, count=200, seed=5),
        markets=Finding(0.001, p_value=markets, n=2300, count=39 * (markets == markets), seed=5),
        against=found,
        shift_null=np.zeros(3),
        rotation_null=np.zeros(3),
        market_null=np.empty(0),
        n=2300,
        periods_per_year=365.0,
        seed=5,
    )
