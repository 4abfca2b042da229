"""One run of backtrader: feeds, broker, strategy and recorder put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from engine.cerebro.market import prepare
from engine.cerebro.paths import Analyzers, on_stock, on_the_clock
from engine.cerebro.strategy import Decisions, TargetWeights
from engine.execution import ExecutionSpec
from engine.laws import check_laws
from engine.ledger import Ledger
from feeds.arrays import Bool, Float, Int, text
from feeds.errors import DataError, EngineError
from feeds.events import Event
from feeds.panel import Panel

FAST = "fast"
STOCK = "stock backtrader"


def replay(
    panel: Panel,
    decision_bars: Bool | Int,
    weights: Float,
    execution: ExecutionSpec | None = None,
    *,
    events: Sequence[Event] = (),
    others: Sequence[Panel] = (),
    analyzers: Analyzers | None = None,
    stock: bool = False,
) -> Ledger:
    """Replay target weights given as arrays.

    Parameters
    ----------
    panel : Panel
        Bars of the traded ids, (T, N).
    decision_bars : bool (T,) or int (D,)
        The rows at whose close a decision is taken.
    weights : float64 (T, N) or (D, N)
        Target share of NAV by id at each row, or at each decision; before the reserve. At least 0;
        what sums to more than 1 is not leverage, but orders that cash does not suffice for.
    execution : ExecutionSpec
        Costs and order rules; the default ones if left out.
    events : sequence of Event
        Delistings and halts of the ids.
    others : sequence of Panel
        Bars of other panels, replayed beside the traded ones.
    analyzers : mapping of str to bt.Analyzer class
        Their results are in the ledger's `analyses`. One that asks for what the fast path does not
        cover is made anew, with the others, and runs from the beginning on stock backtrader.
    stock : bool
        Replay on stock backtrader: the same results, slower.

    Raises
    ------
    DataError
        For weights that do not fit, a panel without bars, a position that is stale for too long.
    EngineError
        When the account is ruined, or an analyzer raises.
    """
    bars = _rows(panel, decision_bars)
    try:
        table = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"weights are no table of numbers: {error}") from error
    if table.shape == (len(panel), len(panel.ids)) and len(bars) != len(panel):
        table = table[bars]
    _check_weights(panel, bars, table)
    return replay_targets(
        panel,
        dict(zip(bars.tolist(), table, strict=True)),
        execution,
        events=events,
        others=others,
        analyzers=analyzers,
        stock=stock,
    )


def _rows(panel: Panel, decision_bars: Bool | Int) -> Int:
    """The rows that are meant by a mask or by numbers."""
    given = np.asarray(decision_bars)
    if given.dtype == bool and given.shape == (len(panel),):
        return np.flatnonzero(given)
    if given.ndim == 1 and (given.dtype.kind in "iu" or not len(given)):
        return given.astype(np.int64)
    raise DataError(
        f"decision bars are {given.dtype} of shape {given.shape}; they are whole numbers of rows, "
        f"or a bool for each of the {len(panel)} rows"
    )


def _check_weights(panel: Panel, bars: Int, table: Float) -> None:
    wanted = (len(bars), len(panel.ids))
    problem = None
    if np.any(np.diff(bars) <= 0) or (len(bars) and not 0 <= bars[0] <= bars[-1] < len(panel)):
        problem = f"decision bars must ascend and lie in 0 to {len(panel) - 1}"
    elif table.shape != wanted:
        problem = (
            f"weights have shape {table.shape}; {len(bars)} decisions on {len(panel)} bars of "
            f"{len(panel.ids)} ids need {wanted}"
        )
    elif not np.all(np.isfinite(table)) or np.any(table < 0):
        row = int(np.argwhere(~(np.isfinite(table) & (table >= 0)))[0][0])
        problem = (
            f"weights at {text(panel.known_at[bars[row]])} are {table[row].tolist()}; they are "
            "numbers of at least 0"
        )
    if problem:
        raise DataError(problem)


def replay_targets(
    panel: Panel,
    decisions: Decisions,
    execution: ExecutionSpec | None = None,
    *,
    events: Sequence[Event] = (),
    others: Sequence[Panel] = (),
    analyzers: Analyzers | None = None,
    stop_when_stale: bool = True,
    stock: bool = False,
) -> Ledger:
    """Replay decisions given by row, or asked for close by close; see `replay`.

    Parameters
    ----------
    decisions : mapping of int to sequence of float, or callable
        Target weights by row of the clock; or `decisions(row, held)`, which gives target weights
        or None at every close, `held` being the share of NAV by id and of `cash`, with the `nav`.
    stop_when_stale : bool
        Whether a position without bars for `max_stale_days` stops the run.
    """
    spec = execution or ExecutionSpec()
    market = prepare(panel, others, events)
    if not callable(decisions):  # nobody who listens can change them
        rows = {row: np.asarray(each, dtype=np.float64) for row, each in decisions.items()}
        views = {row: memoryview(each.tobytes()).cast("d") for row, each in rows.items()}
        decisions = MappingProxyType(views)
    stale_days = spec.max_stale_days if stop_when_stale else np.inf
    targets = {"market": market, "decisions": decisions, "execution": spec}
    found, path = None, f"{STOCK}: asked for"
    if not stock:
        try:
            found, path = on_the_clock(market, targets, spec, analyzers or {}, stale_days), FAST
        except EngineError as error:
            # With analyzers, stock backtrader has the last word: an error may be one of its own.
            if not analyzers:
                raise
            path = f"{STOCK}: {error}"
    if found is None:
        found = on_stock(market, TargetWeights, targets, spec, analyzers or {}, stale_days)
    check_laws(found, panel, spec, long_only=not analyzers)
    return replace(found, path=path)


def replay_raw(
    panel: Panel,
    strategy: type,
    parameters: Mapping[str, Any],
    execution: ExecutionSpec | None = None,
    *,
    events: Sequence[Event] = (),
    others: Sequence[Panel] = (),
) -> Ledger:
    """Replay a user's own `bt.Strategy` bar by bar.

    Feeds are not preloaded, so that reading ahead raises an IndexError; cash is checked the way
    backtrader does it, order by order.

    Raises
    ------
    EngineError
        When the strategy raises, with the place.
    """
    spec = (execution or ExecutionSpec()).model_copy(update={"on_shortfall": "reject"})
    market = prepare(panel, others, events)
    who = f"the raw strategy '{strategy.__name__}'"
    ledger = on_stock(market, strategy, parameters, spec, {}, spec.max_stale_days, raw=who)
    check_laws(ledger, panel, spec, long_only=False)
    return replace(ledger, path=f"{STOCK}: {who}")
