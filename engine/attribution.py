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
    taken = [(d.row, d.weights) for d in decisions if d.weights is not None]
    split = np.zeros((sleeves, len(ledger.ids), len(taken) + 1))
    for number, (_, weights) in enumerate(taken, start=1):
        total = weights.sum(axis=0)
        asked = total > 0
        split[:, :, number] = split[:, :, number - 1]
        split[:, asked, number] = weights[:, asked] / total[asked]
    # A decision counts from the next bar on, when its orders fill.
    latest = np.searchsorted([row for row, _ in taken], np.arange(len(ledger.time)))
    out = np.zeros((sleeves, len(ledger.time)))
    # Summed id by id: a matrix product adds in an order that depends on the processor.
    for column in np.flatnonzero(np.any(ledger.shares != 0.0, axis=0)):
        held = ledger.shares[:, column]
        value = np.where(held == 0.0, 0.0, held * ledger.marks[:, column]) / ledger.nav
        out += split[:, column].take(latest, axis=1) * value
    return out
