"""The laws a ledger obeys at every bar; a broken one stops the run instead of a wrong number.

They are checked after every replay, so tables are looked at piece by piece: what is made on the way
stays small, and in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.execution import ExecutionSpec
from engine.ledger import WRITTEN_OFF, Ledger
from feeds.arrays import Bool, Float, Int, text
from feeds.errors import EngineError
from feeds.panel import Panel

RELATIVE = 1e-8
"""Tolerance of sums over a whole run, relative to NAV."""

_PIECE = 1 << 15
"""Cells of a table that are looked at together."""


@dataclass(frozen=True, eq=False)
class _Fills:
    """The orders that changed holdings, in order of the log: where, when, how much, at what."""

    order: Int
    row: Int
    column: Int
    shares: Float
    price: Float
    fee: Float


def check_laws(ledger: Ledger, panel: Panel, spec: ExecutionSpec, *, long_only: bool) -> None:
    """Check that cash, holdings, fills and NAV balance.

    Parameters
    ----------
    ledger : Ledger
    panel : Panel
        The bars that were replayed, of the ids of the ledger.
    spec : ExecutionSpec
    long_only : bool
        Whether cash and holdings must not be negative.

    Raises
    ------
    EngineError
        Naming the law and the first bar that breaks it.
    """
    none = np.zeros(len(ledger.time))
    fills = _fills(ledger, panel)
    _law("cash plus positions is NAV", ledger, ledger.cash + _value(ledger), ledger.nav)
    _law("NAV is positive", ledger, np.minimum(ledger.nav, 0.0), none)
    cash = _cash(ledger, fills)
    _law("cash changes by fills, fees and write-offs only", ledger, cash, ledger.cash)
    _check_holdings(ledger, fills)
    if long_only:
        _law("cash is never negative", ledger, np.minimum(ledger.cash, 0.0), none)
        _check_long(ledger)
    _check_fills(ledger, panel, spec, fills)


def _law(name: str, ledger: Ledger, left: Float, right: Float) -> None:
    scale = np.maximum(np.abs(ledger.nav), 1.0)
    wrong = ~(np.abs(left - right) <= RELATIVE * scale)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _broken(name, ledger, row, left[row], right[row])


def _broken(name: str, ledger: Ledger, row: int, left: object, right: object) -> EngineError:
    return EngineError(
        f"ledger law broken at {text(ledger.time[row])}: {name} "
        f"({left!r} against {right!r}). This is a bug in the engine: no result "
        "was written; please report it with the config"
    )


def _pieces(rows: int, columns: int) -> Iterator[slice]:
    step = max(_PIECE // max(columns, 1), 1)
    return (slice(start, start + step) for start in range(0, rows, step))


def _fills(ledger: Ledger, panel: Panel) -> _Fills:
    log = ledger.log
    order = np.flatnonzero(log.shares != 0.0)
    row = np.searchsorted(panel.opened_at[1:], log.filled_at[order], side="right")
    return _Fills(
        order, row, log.column[order], log.shares[order], log.price[order], log.fee[order]
    )


def _value(ledger: Ledger) -> Float:
    """What all holdings are worth at every close, float64 (T,)."""
    out = np.empty(len(ledger.time))
    unlisted = np.isnan(ledger.marks[0]).any()  # marks are carried: none is missing later on
    for rows in _pieces(*ledger.marks.shape):
        held, marks = ledger.held.take(ledger.held_at[rows], axis=0), ledger.marks[rows]
        # Nothing is held where there is no mark yet.
        if unlisted:
            marks = np.where(held == 0.0, 0.0, marks)
        out[rows] = np.einsum("tn,tn->t", held, marks)
    return out


def _cash(ledger: Ledger, fills: _Fills) -> Float:
    """Cash at every close rebuilt from the order log alone, float64 (T,)."""
    paid = fills.shares * fills.price + fills.fee
    return ledger.start_cash - np.cumsum(_by_place(fills.row, paid, len(ledger.time)))


def _by_place(place: Int, values: Float, places: int) -> Float:
    """The sum of the values at each of so many places, float64 (places,)."""
    return np.bincount(place, values, places).astype(np.float64, copy=False)


def _check_holdings(ledger: Ledger, fills: _Fills) -> None:
    """Holdings are what the order log alone adds up to; they change at bars with fills only."""
    bars, ids = ledger.marks.shape
    latest = np.cumsum(np.bincount(fills.row, minlength=bars) > 0)
    cells = latest[fills.row] * ids + fills.column
    table = _by_place(cells, fills.shares, (latest[-1] + 1) * ids).reshape(-1, ids)
    table = table.astype(np.float64, copy=False)  # without any fill they would be whole numbers
    np.cumsum(table, axis=0, out=table)
    tolerance = RELATIVE * np.maximum(np.abs(table).max(axis=0, initial=0.0), 1.0)
    # Between these bars both stay what they are.
    begins = np.diff(latest, prepend=-1) | np.diff(ledger.held_at, prepend=-1)
    begin = np.flatnonzero(begins)
    for piece in _pieces(len(begin), ids):
        off = table.take(latest[begin[piece]], axis=0)
        off -= ledger.held.take(ledger.held_at[begin[piece]], axis=0)
        right = np.abs(off, out=off) <= tolerance
        if not right.all():
            row = int(begin[piece.start + int(np.argmin(right.all(axis=1)))])
            name = "holdings change by fills and write-offs only"
            raise _broken(name, ledger, row, table[latest[row]], ledger.shares[row])


def _check_long(ledger: Ledger) -> None:
    if ledger.held.min(initial=0.0) >= 0.0:
        return
    short = np.any(ledger.held < 0.0, axis=1)[ledger.held_at]
    if short.any():
        row = int(np.argmax(short))
        held = ledger.shares[row]
        raise _broken("no short positions", ledger, row, np.minimum(held, 0.0), 0 * held)


def _check_fills(ledger: Ledger, panel: Panel, spec: ExecutionSpec, fills: _Fills) -> None:
    """Fills belong to bars: after the decision, inside the bar, never more than was ordered."""
    log = ledger.log
    of = ~log.having(WRITTEN_OFF)[fills.order]
    order, at = fills.order[of], fills.row[of] * len(ledger.ids) + fills.column[of]
    filled_at, size, price = log.filled_at[order], np.abs(fills.shares[of]), fills.price[of]
    slip = spec.slippage_bps / 10_000 + RELATIVE
    first, low, high = (np.ravel(panel[key])[at] for key in ("open", "low", "high"))
    lowest = np.minimum(np.minimum(first, low), high) * (1 - slip)
    highest = np.maximum(np.maximum(first, low), high) * (1 + slip)
    volume = panel.fields.get("volume")
    fee = size * price * spec.fee_bps / 10_000
    problems: dict[str, Bool] = {
        "a fill precedes its decision": filled_at < log.decided_at[order],
        "a fill has no bar": np.isnan(np.ravel(panel.close)[at]) | (filled_at < panel.opened_at[0]),
        "a fill has no volume": np.zeros(len(order), bool)
        if volume is None
        else np.ravel(volume)[at] == 0,
        "a fill is outside its bar": ~((lowest <= price) & (price <= highest)),
        "more is filled than ordered": size > np.abs(log.ordered[order]) * (1 + RELATIVE),
        "a fee is not the rate times the notional": ~(
            np.abs(fills.fee[of] - fee) <= RELATIVE * np.abs(fee)
        ),
    }
    broken = np.logical_or.reduce(list(problems.values()))
    if broken.any():
        place = int(np.argmax(broken))
        problem = next(name for name, where in problems.items() if where[place])
        one = ledger.orders[order[place]]
        raise EngineError(
            f"ledger law broken at {text(one.filled_at)}: {problem} ({one}). This is "
            "a bug in the engine: no result was written; please report it"
        )
