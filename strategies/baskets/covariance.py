"""The covariance of returns, and weights that machines agree on."""

from __future__ import annotations

import numpy as np

from feeds.arrays import Float

_UNITS = 10**9


def shrunk_covariance(past: Float) -> Float:
    """Covariance (M, M) of the returns `past` (R, M), shrunk towards a multiple of the identity.

    The sample covariance of many ids over few rows is mostly noise, and an optimiser finds the
    noise. By how much to shrink is estimated from the returns themselves.

    References
    ----------
    Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices.
    """
    from sklearn.covariance import ledoit_wolf

    covariance, _ = ledoit_wolf(past)
    return np.asarray(covariance, dtype=np.float64)


def in_units(weights: Float) -> Float:
    """`weights` in whole units of 1e-9, summing to at most 1.

    The last bits of a matrix product depend on the processor, and so do those of all that is made
    of it; equal configs must give equal orders.
    """
    units = np.rint(np.maximum(weights, 0.0) * _UNITS).astype(np.int64)
    units[np.argmax(units)] -= max(int(units.sum()) - _UNITS, 0)
    return units / _UNITS
