"""Which sleeve a holding belongs to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.decisions import Decision
from engine.ledger import Ledger
from feeds.arrays import Float


def sleeve_shares(ledger: Ledger, decisions: Sequence[Decision], sleeves: int) -> Float:
    """Share of NAV held in each sleeve, float64 (S, T).

    A holding belongs to the sleeves that last asked for it, in proportion to their weights; one
    that no sleeve asks for any more stays where it was until it is sold.
    """
    split = np.zeros((len(ledger.time), sleeves, len(ledger.ids)))
    now = np.zeros((sleeves, len(ledger.ids)))
    at = {d.row: d.weights for d in decisions if d.weights is not None}
    for row in range(len(ledger.time)):
        split[row] = now
        weights = at.get(row)
        if weights is not None:  # from the next bar on, when its orders fill
            total = weights.sum(axis=0)
            asked = total > 0
            now = now.copy()
            now[:, asked] = weights[:, asked] / total[asked]
    out = np.zeros((sleeves, len(ledger.time)))
    # Summed id by id: a matrix product adds in an order that depends on the processor.
    for column in range(len(ledger.ids)):
        value = ledger.shares[:, column] * np.nan_to_num(ledger.marks[:, column]) / ledger.nav
        out += split[:, :, column].T * value
    return out
