"""Equal bits on every machine."""

from __future__ import annotations

import hashlib

import numpy as np

from feeds.exact import exp, rounded


def test_exp_is_the_exponential_function() -> None:
    values = np.linspace(-700, 700, 100_001)
    np.testing.assert_allclose(exp(values), np.exp(values), rtol=1e-15)
    assert exp(np.zeros(1))[0] == 1.0


def test_exp_has_the_same_bits_everywhere() -> None:
    values = (np.arange(20_001) - 10_000) / 1024
    assert hashlib.sha256(exp(values).tobytes()).hexdigest()[:16] == "4214fd497f4d180d"


def test_rounding_keeps_eight_digits_and_order() -> None:
    values = np.array([123456789.0, 0.123456789, 9.99999999e-9, 1.0, 99999999.5, 1e-12])
    expected = [123456790.0, 0.12345679, 1e-8, 1.0, 1e8, 1e-12]
    np.testing.assert_allclose(rounded(values), expected, rtol=1e-15)
    rising = np.sort(np.exp(np.linspace(-20, 20, 5001)))
    assert np.all(np.diff(rounded(rising)) > 0)
