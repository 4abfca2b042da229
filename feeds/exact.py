"""Arithmetic whose results are equal bits on every machine, for what is simulated.

NumPy's exp and log differ in the last bit between processors, because each has its own vector
instructions. Sums, products, quotients and roots do not: they are rounded correctly everywhere.
"""

from __future__ import annotations

import numpy as np

from feeds.arrays import Float

_LN2 = 0.6931471805599453
_LN2_HIGH = 6.93147180369123816490e-01
"""The logarithm of 2 in 33 bits, so that its product with a small whole number is exact."""
_LN2_LOW = 1.90821492927058770002e-10
_TERMS = 13
_SIGNIFICANT_DIGITS = 8
_POWERS = np.array([float(10**k) for k in range(16)])
"""Exact powers of ten: NumPy's own may differ in the last bit from machine to machine."""


def exp(values: Float) -> Float:
    """The exponential function to about 1 part in 10^15, of values between -700 and 700.

    `2^k exp(r)` with `|r| <= log(2) / 2` by its Taylor polynomial.
    """
    twos = np.rint(values / _LN2)
    rest = (values - twos * _LN2_HIGH) - twos * _LN2_LOW
    out = np.ones_like(rest)
    for term in range(_TERMS, 0, -1):
        out *= rest
        out /= term
        out += 1.0
    return np.ldexp(out, twos.astype(np.int32))


def rounded(values: Float) -> Float:
    """Positive values to eight significant digits.

    Random draws may differ in the last bit too; fewer digits make it rarer that a difference
    of the last bit crosses the border between two rounded values.
    """
    digits = _SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(values)).astype(np.int64)
    up, down = _POWERS[np.clip(digits, 0, 15)], _POWERS[np.clip(-digits, 0, 15)]
    return np.maximum(np.rint(values * up / down), 1.0) * down / up
