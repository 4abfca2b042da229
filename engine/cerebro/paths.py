"""The two ways through backtrader: on the merged clock, and stock for what that does not cover."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast

from engine.cerebro.batch import BatchBroker, BatchWeights
from engine.cerebro.broker import ReplayBroker
from engine.cerebro.cerebros import ClockCerebro, StockCerebro
from engine.cerebro.clock import Clock, NotCoveredError
from engine.cerebro.feed import ClockFeed, PanelFeed
from engine.cerebro.market import ReplayMarket
from engine.cerebro.recorder import Recorder
from engine.cerebro.statement import check_going, ledger_of_account
from engine.cerebro.stock_statement import ledger_of_stock, recorder_of
from engine.execution import ExecutionSpec
from engine.ledger import Ledger
from feeds.errors import EngineError
from feeds.user_code import blame

Analyzers = Mapping[str, Callable[..., Any]]
"""bt.Analyzer classes, or partial ones, by the name under which their results are found."""


def on_the_clock(
    market: ReplayMarket,
    targets: Mapping[str, Any],
    spec: ExecutionSpec,
    analyzers: Analyzers,
    stale_days: float,
) -> Ledger:
    """Replay target weights on the merged clock.

    Raises
    ------
    NotCoveredError
        When an analyzer asks for something that only stock backtrader does.
    """
    clock = Clock(market.instants, listened=bool(analyzers))
    cerebro = ClockCerebro(stdstats=False, clock=clock)
    make = partial(cast(Any, ClockFeed), clock=clock)  # its metaclass takes the parameters
    first = make()
    feeds = _add_feeds(cerebro, market, make if clock.listened else first.another)
    broker = BatchBroker(execution=spec, market=market, feeds=feeds, clock=clock)
    cerebro.setbroker(broker)
    cerebro.addstrategy(BatchWeights, clock=clock, **targets)
    _add_analyzers(cerebro, analyzers)

    def ledger() -> Ledger:
        return ledger_of_account(broker.account, market, spec.cash)

    check = partial(check_going, market, start_cash=spec.cash, max_stale_days=stale_days)
    try:
        with _uncollected(), blame("an analyzer" if analyzers else "the replay"):
            strategy = cerebro.run()[0]
    except NotCoveredError:
        raise
    except EngineError:
        check(ledger(), broker.last_row() + 1)  # why it could not go on, if that came first
        raise
    if clock.refused:
        clock.refuse(clock.refused)
    found = ledger()
    check(found, len(market.panel))
    analyses = _analyses(strategy, analyzers)
    if not clock.listened:
        _let_go(strategy, broker, first, *cerebro.datas, cerebro)
    return replace(found, analyses=analyses)


def on_stock(
    market: ReplayMarket,
    strategy: type,
    parameters: Mapping[str, Any],
    spec: ExecutionSpec,
    analyzers: Analyzers,
    stale_days: float,
    *,
    raw: str = "",
) -> Ledger:
    """Replay on stock backtrader.

    Bars are not preloaded where code of a user runs: reading ahead raises an IndexError then.

    Parameters
    ----------
    raw : str
        What to call the strategy, if it is a user's own.
    """
    cerebro = StockCerebro(stdstats=False)
    feeds = _add_feeds(cerebro, market, PanelFeed)
    broker = ReplayBroker(execution=spec, market=market, feeds=feeds)
    cerebro.setbroker(broker)
    cerebro.addstrategy(strategy, **parameters)
    cerebro.addanalyzer(Recorder, _name="_recorder", market=market)
    _add_analyzers(cerebro, analyzers)
    check = partial(check_going, market, start_cash=spec.cash, max_stale_days=stale_days)
    ahead = not raw and not analyzers
    try:
        with blame(raw or ("an analyzer" if analyzers else "the replay")):
            done = cerebro.run(preload=ahead, runonce=ahead)[0]
    except EngineError:
        if getattr(cerebro, "runningstrats", None):  # it was not even made otherwise
            check(ledger_of_stock(broker), recorder_of(broker).rows)
        raise
    found = ledger_of_stock(broker)
    check(found, len(market.panel))
    return replace(found, analyses=_analyses(done, analyzers))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage: a replay makes many objects, and drops none of them."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _let_go(*objects: Any) -> None:
    """Empty objects that point at each other, which else stay until Python looks for cycles.

    A replay of a wide panel leaves tens of megabytes behind, and the next one comes before that
    (tests/engine/test_tricks.py).
    """
    for each in objects:
        vars(each).clear()


def _add_feeds(cerebro: Any, market: ReplayMarket, make: Callable[..., Any]) -> dict[int, Any]:
    """Add a feed for every id with a bar; return those that can be traded by column."""
    feeds = {}
    for column, bars in market.traded.items():
        feeds[column] = make(bars=bars)
        cerebro.adddata(feeds[column], name=market.panel.ids[column])
    for name, bars in market.beside.items():
        cerebro.adddata(make(bars=bars, tradable=False), name=name)
    return feeds


def _add_analyzers(cerebro: Any, analyzers: Analyzers) -> None:
    # Under names of our own: backtrader makes attributes of them.
    for place, analyzer in enumerate(analyzers.values()):
        cerebro.addanalyzer(analyzer, _name=f"analyzer{place}")


def _analyses(strategy: Any, analyzers: Analyzers) -> dict[str, Any]:
    made = (strategy.analyzers.getbyname(f"analyzer{place}") for place in range(len(analyzers)))
    return {name: each.get_analysis() for name, each in zip(analyzers, made, strict=True)}
