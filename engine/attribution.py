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
    split = np.zeros((sleeves, len(ledger.ids)))
    out = np.zeros((sleeves, len(ledger.time)))
    value = ledger.shares * np.nan_to_num(ledger.marks) / ledger.nav[:, None]
    rows = [decision.row for decision in decisions if decision.weights is not None]
    at = dict(zip(rows, (d.weights for d in decisions if d.weights is not None), strict=True))
    for start, stop in zip([0, *(row + 1 for row in rows)], [*(r + 1 for r in rows), len(value)],
                           strict=True):  # fmt: skip
        if start - 1 in at:
            weights = at[start - 1]
            total = weights.sum(axis=0)
            asked = total > 0
            split[:, asked] = weights[:, asked] / total[asked]
        out[:, start:stop] = split @ value[start:stop].T
    return out
