"""One run of backtrader: feeds, broker, strategy and recorder put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import backtrader as bt
import numpy as np

from engine.cerebro.broker import ReplayBroker
from engine.cerebro.market import ReplayMarket, prepare
from engine.cerebro.recorder import Recorder, ledger_of
from engine.cerebro.strategy import TargetWeights, WeightsAt
from engine.execution import ExecutionSpec
from engine.laws import check_laws
from engine.ledger import Ledger
from feeds.arrays import Bool, Float, Int, text
from feeds.errors import DataError
from feeds.events import Event
from feeds.panel import Panel
from feeds.user_code import blame


def replay(
    panel: Panel,
    decision_bars: Bool | Int,
    weights: Float,
    execution: ExecutionSpec | None = None,
    *,
    events: Sequence[Event] = (),
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

    Raises
    ------
    DataError
        For weights that do not fit, a panel without bars, a position that is stale for too long.
    EngineError
        When the account is ruined.
    """
    given = np.asarray(decision_bars)
    bars: Int = np.flatnonzero(given) if given.dtype == bool else given.astype(np.int64)
    table = np.asarray(weights, dtype=np.float64)
    if table.shape == (len(panel), len(panel.ids)) and len(bars) != len(panel):
        table = table[bars]
    _check_weights(panel, bars, table)
    rows = dict(zip(bars.tolist(), table.tolist(), strict=True))
    return replay_targets(panel, lambda row, _: rows.get(row), execution, events=events)


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
    weights_at: WeightsAt,
    execution: ExecutionSpec | None = None,
    *,
    events: Sequence[Event] = (),
    others: Sequence[Panel] = (),
    reads_held: bool = False,
    stop_when_stale: bool = True,
) -> Ledger:
    """Replay decisions that are asked for close by close; see `replay`.

    Parameters
    ----------
    weights_at : callable
        `weights_at(row, held)` gives target weights or None; `held` is None unless `reads_held`.
    others : sequence of Panel
        Bars of other panels, replayed beside the traded ones.
    stop_when_stale : bool
        Whether a position without bars for `max_stale_days` stops the run.
    """
    spec = execution or ExecutionSpec()
    market = _market(panel, others, events)
    cerebro = _cerebro(market, spec, stop_when_stale)
    cerebro.addstrategy(
        TargetWeights,
        market=market,
        weights_at=weights_at,
        execution=spec,
        reads_held=reads_held,
    )
    strategy = cerebro.run()[0]
    ledger = ledger_of(
        strategy.analyzers.recorder, cerebro.broker, strategy.decided_rows, strategy.skipped
    )
    check_laws(ledger, panel, spec, long_only=True)
    return ledger


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
    market = _market(panel, others, events)
    cerebro = _cerebro(market, spec, stop_when_stale=True)
    cerebro.addstrategy(strategy, **parameters)
    with blame(f"the raw strategy '{strategy.__name__}'"):
        done = cerebro.run(preload=False, runonce=False)[0]
    ledger = ledger_of(done.analyzers.recorder, cerebro.broker, {}, ())
    check_laws(ledger, panel, spec, long_only=False)
    return ledger


def _market(panel: Panel, others: Sequence[Panel], events: Sequence[Event]) -> ReplayMarket:
    if not panel.tradable:
        raise DataError(f"panel '{panel.name}' has no open, high, low and close: nothing fills")
    market = prepare(panel, others, events)
    if not market.feeds:
        raise DataError(f"panel '{panel.name}' has no bar in the period")
    return market


def _cerebro(market: ReplayMarket, spec: ExecutionSpec, stop_when_stale: bool) -> bt.Cerebro:
    cerebro = bt.Cerebro(stdstats=False)
    for column, data in market.feeds.items():
        cerebro.adddata(data, name=market.panel.ids[column])
    for name, data in market.others.items():
        cerebro.adddata(data, name=name)
    volume_matters = "volume" in market.panel.fields
    cerebro.setbroker(ReplayBroker(execution=spec, gaps=market.gaps, volume_matters=volume_matters))
    cerebro.addanalyzer(
        Recorder,
        _name="recorder",
        market=market,
        max_stale_days=spec.max_stale_days,
        stop_when_stale=stop_when_stale,
    )
    return cerebro
