"""What a signal reads is part of a run's identity, whoever is traded."""

from __future__ import annotations

import numpy as np

from engine.fingerprint import panels_read
from strategies.signals import Momentum
from tests.panels import coins


def test_an_id_that_only_a_signal_reads_counts():
    whole, other = (coins({"A": [1.0, 2.0], "OUT": [1.0, last]}) for last in (2.0, 3.0))
    clock = whole.pick(("A",))
    watching = {"out": Momentum(panel="coins", id="OUT", days=1)}

    def digests(panel, signals):
        return {
            name: each.digest
            for name, each in panels_read(signals, {"coins": panel}, clock).items()
        }

    assert digests(whole, watching) != digests(other, watching)
    assert digests(whole, {}) == digests(other, {})
    assert np.array_equal(clock.close[:, 0], other.close[:, 0])
