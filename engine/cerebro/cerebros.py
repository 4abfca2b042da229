"""backtrader's engine, stock and stepping through the merged clock."""

from __future__ import annotations

from typing import Any

import backtrader as bt

StockCerebro = bt.Cerebro


class ClockCerebro(bt.Cerebro):
    """Steps through the merged clock; all else is Cerebro's own `run`.

    Stock asks each feed at each step for its next bar and moves it line by line. The broker is
    called if it has something to do; if somebody listens always, as in stock (test_listening.py).
    """

    params = (("clock", None),)

    def _runonce(self, runstrats: list[Any]) -> None:
        strategy, broker, clock = runstrats[0], self._broker, self.p.clock
        self._check_covered(runstrats)
        if clock.listened:
            for now, time in enumerate(clock.times.tolist()):
                clock.now = now
                self._brokernotify()
                strategy._oncepost(time)
                self._check_covered(runstrats)
            return
        account, ending, next_ = broker.account, broker.ending, strategy.next
        for now in range(len(clock.times)):
            clock.now = now
            if account.live or ending[now]:
                self._brokernotify()
            next_()

    def _check_covered(self, strategies: list[Any]) -> None:
        strategy = strategies[0]
        if self._event_stop:
            self.p.clock.refuse("the run was stopped")
        if self._timers or self._timerscheat or self._pretimers:
            self.p.clock.refuse("a timer was added")
        if any(strategy._lineiterators.values()):
            self.p.clock.refuse("an indicator or an observer was added")
