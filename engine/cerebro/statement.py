"""From an account to its ledger, and the two states in which a run cannot go on."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.cerebro.market import ReplayMarket
from engine.codes import DELAYED, END_OF_PERIOD, FILLED, NONE, OPEN, SKIPPED, WORDS, WRITTEN_OFF
from engine.ledger import Ledger, OrderLog
from feeds.arrays import DAY, Int, text
from feeds.errors import DataError, EngineError

_RUIN = 1e-9
"""Share of the start cash below which nothing but rounding is left."""

_NEVER = np.datetime64("NaT", "ns")


def ledger_of_account(account: Any, market: ReplayMarket, start_cash: float) -> Ledger:
    """The ledger of a replay that ran through an `Account`: every bar from a log of changes.

    Parameters
    ----------
    account : engine.arithmetic.Account
    market : ReplayMarket
    start_cash : float
    """
    panel = market.panel
    rows, cash, shares, _ = zip(*account.changes, strict=True)
    change = np.searchsorted(rows, np.arange(len(panel)), side="right") - 1
    held = np.frombuffer(b"".join(shares)).reshape(-1, len(panel.ids))
    stale = np.zeros(market.has_bar.shape, dtype=bool)
    if not market.has_bar.all():
        stale = (held != 0)[change] & ~market.has_bar
    return Ledger(
        panel.opened_at[0],
        start_cash,
        panel.known_at,
        panel.ids,
        np.frombuffer(account.values(change)),
        np.array(cash)[change],
        held,
        change,
        market.marks,
        stale,
        _log(account, market),
    )


def _log(account: Any, market: ReplayMarket) -> OrderLog:
    """The account's orders in the order of a ledger: by the bar that opens next, endings first."""
    panel = market.panel
    fields = [np.frombuffer(values, kind) for kind, values in account.log()]
    column, decided, placed, filled, status, reason, ordered, shares, price, fee = fields
    opening = market.opening[placed]
    ended, skipped, open_ = status == WRITTEN_OFF, status == SKIPPED, status == OPEN
    reason = np.where((status == FILLED) & (reason == NONE) & (filled > opening), DELAYED, reason)
    reason = np.where(open_, END_OF_PERIOD, reason)
    is_fill = filled >= 0
    slippage = np.abs(shares) * np.abs(price - panel.open[filled, column])
    decided_at = panel.known_at[decided]
    if ended.any():
        decided_at = np.where(ended, panel.opened_at[decided], decided_at)
    log = OrderLog(
        decided_at,
        np.where(is_fill, panel.opened_at[filled], _NEVER),
        column,
        ordered,
        shares,
        price,
        fee,
        np.where(is_fill & ~ended, slippage, 0.0),
        status,
        reason,
        WORDS,
    )
    row = np.where(ended, placed, np.where(skipped, placed + 1, opening))
    key = 3 * row + np.where(ended, 0, np.where(skipped, 2, 1))
    return log if np.all(key[:-1] <= key[1:]) else log.take(np.argsort(key, kind="stable"))


def check_going(
    market: ReplayMarket, ledger: Ledger, rows: int, start_cash: float, max_stale_days: float
) -> None:
    """Stop a run at the first close at which it could not go on.

    Parameters
    ----------
    ledger : Ledger
    rows : int
        How far the run went.
    start_cash : float
    max_stale_days : float
        Infinity for a run that may hold what has no bars.

    Raises
    ------
    EngineError
        When nothing is left to run with.
    DataError
        When an id is held that has been without a bar for too long.
    """
    nav = ledger.nav[:rows]
    panel = market.panel
    ruined = ~(nav > _RUIN * start_cash)
    first_ruin = int(np.argmax(ruined)) if ruined.any() else len(nav)
    at = columns = np.zeros(0, dtype=np.int64)
    if ledger.stale.any():
        at, columns = np.nonzero(ledger.stale[:first_ruin] & ~market.halted[:first_ruin])
    last = _last_bar(market, at, columns)
    days = (panel.label[at] - panel.label[last]) / DAY
    for place in np.flatnonzero(days > max_stale_days)[:1]:
        name = panel.ids[columns[place]]
        raise DataError(
            f"{name} is held at {text(panel.label[at[place]])} but has had no bar since "
            f"{text(panel.label[last[place]])}, {days[place]:g} days. If it was delisted or "
            "halted, declare the event in a file under `data.events`; if the data just "
            "end there, leave the id out or raise `execution.max_stale_days`"
        )
    if first_ruin < len(nav):
        raise EngineError(
            f"ruined at {text(panel.known_at[first_ruin])}: NAV is {nav[first_ruin]:g}; "
            "there is nothing left to run with"
        )


def _last_bar(market: ReplayMarket, rows: Int, columns: Int) -> Int:
    """The last row with a bar before each of some rows of some ids."""
    last = np.zeros(len(rows), dtype=np.int64)
    for column in sorted(set(columns.tolist())):
        bars = np.flatnonzero(market.has_bar[:, column])
        of_column = columns == column
        last[of_column] = bars[np.searchsorted(bars, rows[of_column]) - 1]
    return last
