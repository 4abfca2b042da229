"""The normal distribution against printed tables and against SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from engine.measures.normal import normal_cdf
from engine.measures.ratios import psr_vs_0


@pytest.mark.parametrize(
    ("value", "expected"),
    # Abramowitz and Stegun (1964), table 26.1.
    [(0.0, 0.5), (1.0, 0.841344746068543), (2.0, 0.977249868051821), (-math.inf, 0.0)],
)
def test_the_distribution_has_the_digits_of_the_tables(value: float, expected: float) -> None:
    assert normal_cdf(value) == pytest.approx(expected, rel=1e-14)


def test_far_tails_keep_their_digits() -> None:
    for value in np.linspace(-37.0, 9.0, 185).tolist():
        assert normal_cdf(value) == pytest.approx(float(ndtr(value)), rel=1e-12)
    assert math.isnan(normal_cdf(math.nan))


def test_the_probability_of_a_hopeless_ratio_is_small_and_not_zero() -> None:
    # -0.03 and -0.01 in turn: mean -0.02, variance 0.01^2 * 200 / 199, no skew, kurtosis 1, so that
    # the spread of the ratio is 1 and z = -2 * sqrt(199 / 200) * sqrt(199) = -28.1. Mills' ratio:
    # Phi(-x) = pdf(x) / x * (1 - 1 / x^2 + 3 / x^4 - ...).
    x = 2.0 * 199.0 / math.sqrt(200.0)
    mills = (1.0 - x**-2 + 3.0 * x**-4 - 15.0 * x**-6) / x
    expected = math.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi) * mills
    assert psr_vs_0(np.tile([-0.03, -0.01], 100), 365.0, 0.0) == pytest.approx(expected, rel=1e-6)
