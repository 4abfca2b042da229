"""Where the return came from: by sleeve, by id, by year, by the state of a signal.

Contributions are money net of all costs over the start capital, so that those of all ids, of all
years or of all states add up to the total return, whatever compounded in between.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.decisions import Decision
from engine.ledger import Ledger
from engine.trading import fill_bars
from feeds.arrays import Float, Int
from feeds.errors import EngineError

ON, OFF, UNKNOWN = "on", "off", "unknown"


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


def contributions(ledger: Ledger, starts: Int) -> Float:
    """Contribution of each id in each stretch of bars, float64 (K, N).

    Parameters
    ----------
    ledger : Ledger
    starts : int64 (K,)
        The first bar of each stretch, ascending, from 0: `calendar_starts` has those of years.

    Raises
    ------
    EngineError
        For other starts, or one past the last bar.
    """
    bars = len(ledger.time)
    if not len(starts) or np.any(np.diff(starts, prepend=-1, append=bars) < 1) or starts[0]:
        raise EngineError(f"stretches that start at {starts}; they ascend from 0 below {bars}")
    ends = np.append(starts[1:], bars) - 1
    shares = ledger.held[ledger.held_at[ends]]
    value = np.where(shares == 0.0, 0.0, shares * ledger.marks[ends])
    before = np.concatenate((np.zeros((1, len(ledger.ids))), value[:-1]))
    log = ledger.log
    fills = log.shares != 0.0
    stretch = np.searchsorted(starts, fill_bars(ledger)[fills], side="right") - 1
    paid = np.zeros_like(value)
    cost = log.shares[fills] * log.price[fills] + log.fee[fills]
    np.add.at(paid, (stretch, log.column[fills]), cost)
    return (value - before - paid) / ledger.start_cash


def by_id(ledger: Ledger) -> dict[str, float]:
    """Contribution of every id that was ever traded, in the order of the ledger."""
    traded = np.flatnonzero(np.bincount(ledger.log.column[ledger.log.shares != 0.0])).tolist()
    found = contributions(ledger, np.zeros(1, dtype=np.int64))[0].tolist()
    return {ledger.ids[column]: found[column] for column in traded}


def by_year(ledger: Ledger) -> dict[str, float]:
    """Contribution of every calendar year in UTC; a close at midnight ends its day."""
    years = (ledger.time - np.timedelta64(1, "ns")).astype("datetime64[Y]")
    names, place = np.unique(years, return_inverse=True)
    found = np.bincount(place, _gained(ledger), len(names)).tolist()
    return dict(zip(names.astype(str).tolist(), found, strict=True))


def by_state(ledger: Ledger, signal: Float) -> dict[str, float]:
    """Contribution of the bars that began with a signal on (not 0), off (0) or unknown (NaN).

    Parameters
    ----------
    ledger : Ledger
    signal : float64 (T,)
        Its values at the closes. A bar belongs to the value at the close before it; the first
        bar, before which no close lies, counts as unknown.
    """
    found = np.bincount(_states(ledger, signal), _gained(ledger), 3).tolist()
    return dict(zip((ON, OFF, UNKNOWN), found, strict=True))


def bars_by_state(ledger: Ledger, signal: Float) -> dict[str, int]:
    """How many bars began with a signal on, off or unknown; see `by_state`."""
    found = np.bincount(_states(ledger, signal), minlength=3).tolist()
    return dict(zip((ON, OFF, UNKNOWN), found, strict=True))


def _states(ledger: Ledger, signal: Float) -> Int:
    if signal.shape != ledger.time.shape:
        raise EngineError(f"{len(signal)} values of a signal for {len(ledger.time)} closes")
    before = np.concatenate(([np.nan], signal[:-1]))
    return np.where(np.isnan(before), 2, np.where(before != 0.0, 0, 1))


def _gained(ledger: Ledger) -> Float:
    """Change of NAV over the start capital, per bar."""
    return np.diff(ledger.nav, prepend=ledger.start_cash) / ledger.start_cash
